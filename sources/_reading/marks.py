"""What a reading is asked to do, and the places from which it can go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sources._http.errors import PenstockError

Position = Mapping[str, Any]

LIVE = "live"  # what changes from now on
FIRST_LOAD = "first load"  # what was there before
SWEEP = "sweep"  # the whole list, to see what vanished
LOOK_UP = "look-up"  # one document by its key


def backfill_stream(first: str, last: str) -> str:
    """The stream of one asked-for range (ISO days): it never meets another one's position."""
    return f"backfill {first}..{last}"


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How much of a table's past is here.

    Attributes:
        complete_since: everything made since then is here (UTC); None while nothing is certain.
        share: 0 to 1; an estimate until it is 1.
        expected_at: when it is expected to be 1 (UTC) if reading never pauses; an estimate.
        rows: read for it so far.
        calls: made for it so far.
        calls_left: still to make; an estimate.
        note: what the reading could not make sure of.
    """

    complete_since: datetime | None
    share: float
    expected_at: datetime | None = None
    rows: int = 0
    calls: int = 0
    calls_left: int | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A place in a reading.

    Attributes:
        table: the declared table.
        stream: which of its readings: `LIVE`, `FIRST_LOAD`, `SWEEP` or a backfill's.
        position: where that stream goes on, as JSON; None ends the stream, and it is forgotten.
        coverage: how much of the table is here by now, where this mark changes it.
        is_read: all there is to read of the table for now has been read.
    """

    table: str
    stream: str
    position: Position | None
    coverage: Coverage | None = None
    is_read: bool = False


@dataclass(frozen=True)
class Trouble:
    """A table that could not be read, while the others are.

    Attributes:
        error: why; it names the table.
    """

    error: PenstockError


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What is to be read, and from where.

    Attributes:
        tables: the declared tables to read, in order.
        positions: where each (table, stream) goes on; what is not there begins.
        clock: now, in UTC, naive.
    """

    tables: tuple[str, ...]
    positions: Mapping[tuple[str, str], Position] = field(default_factory=dict)
    clock: Callable[[], datetime]

    def position(self, table: str, stream: str) -> Position | None:
        """Where a stream goes on; None where it begins."""
        return self.positions.get((table, stream))
