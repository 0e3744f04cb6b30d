"""What changed since a day: one open-ended list, read until it was seen whole.

A row that changes while the list is read stays in it, since the list has no end in time: it shows
up again instead of vanishing. What still slips through is asked for again by the next readings, as
long as the look-back reaches it, and by the sweep.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sources._reading.counted import Count, counted_pages
from sources._reading.marks import Position
from sources._reading.paged import Fetch, Limits, NumberedPage

PASSES = 3


@dataclass
class Changes:
    """How far the reading of changes has come; goes into a position and comes back from one.

    Attributes:
        since: the vendor's day on which the last whole reading began.
        begun_on: the vendor's day on which the reading under way began; None between readings.
        count: how far that one has come.
        loose: readings that never saw as many different rows as the list counts.
    """

    since: date
    begun_on: date | None = None
    count: Count = field(default_factory=Count)
    loose: int = 0

    @classmethod
    def of(cls, position: Position) -> Changes:
        """The changes that a position holds."""
        begun_on = position["begun_on"]
        return cls(
            since=date.fromisoformat(position["since"]),
            begun_on=date.fromisoformat(begun_on) if begun_on else None,
            count=Count.of(position["count"]),
            loose=position["loose"],
        )

    def position(self) -> dict[str, Any]:
        """Itself as JSON."""
        return {
            "since": self.since.isoformat(),
            "begun_on": self.begun_on.isoformat() if self.begun_on else None,
            "count": self.count.position(),
            "loose": self.loose,
        }

    @property
    def is_under_way(self) -> bool:
        """Whether the list has not been read to its end."""
        return self.begun_on is not None


async def changed_pages(
    lists: Callable[[date], Fetch],
    limits: Limits,
    key: Sequence[str],
    today: Callable[[], date],
    changes: Changes,
    *,
    lookback: timedelta,
) -> AsyncGenerator[NumberedPage, None]:
    """Every page of what changed; `changes` stands behind a page when it comes.

    A reading that lasts for days goes on where it was: the list has no end in time, and its first
    day stays the same. A clock that ran ahead for a while has put no day behind us that is to come.

    Raises:
        PenstockError: as `numbered_pages`.
    """
    while True:
        if changes.begun_on is None:
            changes.begun_on = today()
        first = min(changes.since, today()) - lookback
        pages = counted_pages(lists(first), limits, key, changes.count)
        async with aclosing(pages):
            async for page in pages:
                if page.is_last:
                    _end(changes)
                yield page
        if not changes.is_under_way:
            return


def _end(changes: Changes) -> None:
    """The pass is over: the list was seen whole, or is read again within reason."""
    count = changes.count
    if not count.is_whole and count.passes < PASSES:
        count.begin_again()
        return
    changes.loose += not count.is_whole
    assert changes.begun_on is not None  # noqa: S101 - set before the pass
    # a clock that was set back takes nothing back: what is asked for never begins after today
    changes.since = max(changes.since, changes.begun_on)
    changes.begun_on, changes.count = None, Count()
