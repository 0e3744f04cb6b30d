"""What a position says of time: the day since which changes are asked for."""

from __future__ import annotations

from datetime import date
from typing import Final

from sources._reading.changes import Changes
from sources._reading.marks import LIVE, Position
from sources._vendor import Cursor


def _at(stream: str, position: Position) -> str | None:
    return Changes.of(position).since.isoformat() if stream == LIVE else None


def _back_to(stream: str, position: Position, day: date) -> Position | None:
    if stream != LIVE:
        return None
    return Changes(since=min(Changes.of(position).since, day)).position()


CURSOR: Final = Cursor(at=_at, back_to=_back_to)
