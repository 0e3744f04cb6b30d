"""What a position says of time: the newest change that was seen, on the project's clock."""

from __future__ import annotations

from datetime import date
from typing import Final

from sources._reading.marks import LIVE, Position
from sources._vendor import Cursor
from sources.carecloud.recent import Recent


def _at(stream: str, position: Position) -> str | None:
    return Recent.of(position).watermark if stream == LIVE else None


def _back_to(stream: str, position: Position, day: date) -> Position | None:
    if stream != LIVE:
        return None
    seen = Recent.of(position).watermark
    begin = f"{day.isoformat()} 00:00:00"
    return Recent(begin if seen is None else min(seen, begin)).position()


CURSOR: Final = Cursor(at=_at, back_to=_back_to)
