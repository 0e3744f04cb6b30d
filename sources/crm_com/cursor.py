"""What a position says of time: the day on which the last whole reading of a list began."""

from __future__ import annotations

from datetime import date
from typing import Final

from sources._reading.marks import Position
from sources._reading.offset import Scan
from sources._vendor import Cursor
from sources.crm_com.lists import Place

_OF_A_LIST: Final = frozenset({"since", "begun_on", "scan", "news"})


def _at(_stream: str, position: Position) -> str | None:
    if not position.keys() >= _OF_A_LIST:
        return None
    since = Place.of(position).since
    return since.isoformat() if since else None


def _back_to(_stream: str, position: Position, day: date) -> Position | None:
    if not position.keys() >= _OF_A_LIST:
        return None
    place = Place.of(position)
    place.since = min(place.since, day) if place.since else None
    place.begun_on, place.scan = None, Scan()
    return place.position()


CURSOR: Final = Cursor(at=_at, back_to=_back_to)
