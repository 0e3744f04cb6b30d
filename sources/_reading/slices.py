"""A table's past, newest first, in slices of days that are a few pages each.

Slices are small so that each is read in a moment: a list of one page is one answer, and nothing
moves within it. How many days a slice takes follows from how many rows the last one had. A slice
that moved while it was read is read again, then halved; one day that never holds still is taken as
it is and noted, and left to the sweep.

Days are the vendor's, and how it reads them is not said: whether the last day of a range counts
whole, and when its day begins. So neighbouring slices share a day, and two where the vendor's day
may have changed between them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol

from sources._reading.counted import Count, counted_pages
from sources._reading.marks import Position
from sources._reading.paged import Fetch, Limits, NumberedPage

DAY = timedelta(days=1)
FIRST_WIDTH = 3  # days: the newest are the busiest
GROWTH = 4  # a slice is at most so many times as wide as the one before
PROBE = 2.5  # slices that all that is left may be, and still be read as one
LEAP = 16  # ... or so many, where the one before had no row
PASSES = 3  # over a slice of one day that does not hold still
CALLS_PER_FULL_PAGE = 1.15  # pages that are not full, days that two slices share
MOST_BEFORE_DONE = 0.99  # an estimate is not the end
_DAYS = (
    *("top", "floor", "until", "reached", "site_day", "pass_day", "slice_first"),
    *("slice_oldest", "slice_newest", "oldest_seen"),
)


class DayLists(Protocol):
    """A vendor's lists of what was made between two days, both included."""

    def __call__(self, first: date, last: date) -> Fetch:
        """The list; what "today" is for it holds until the next call."""
        ...


@dataclass
class Load:
    """How far a load has come; goes into a position and comes back from one.

    Attributes:
        top: the newest day it covers.
        floor: the oldest day it reaches back to.
        until: up to which day what is newer than `top` is asked for with the first slice.
        reached: everything made since this day has been read; `top` at the beginning.
        width: days of the next slice.
        slice_first: oldest day of the slice that is being read; None between slices.
        site_day: the vendor's day when the slice before was read.
        pass_day: the vendor's day when the pass over this slice began.
        count: how far the slice has come.
        slice_oldest: the oldest day that a row of this slice showed.
        slice_newest: the newest one.
        oldest_seen: the oldest day that any row showed: an estimate of where the past begins.
        aim: how many rows a slice aims at, less where slices do not hold still; 0 at first.
        rows: read so far.
        kept_rows: of these, in slices that were read whole.
        calls: made so far.
        loose: slices that did not hold still.
        is_probe: whether the slice is all that is left: it ends the load of a small table, and is
            given up where it turns out to be large.
        probes: such slices given up.
        until_probe: slices before the next one may be tried.
    """

    top: date
    floor: date
    until: date
    reached: date
    site_day: date
    pass_day: date
    width: int = FIRST_WIDTH
    slice_first: date | None = None
    count: Count = field(default_factory=Count)
    slice_oldest: date | None = None
    slice_newest: date | None = None
    oldest_seen: date | None = None
    aim: int = 0
    rows: int = 0
    kept_rows: int = 0
    calls: int = 0
    loose: int = 0
    is_probe: bool = True
    probes: int = 0
    until_probe: int = 0

    @classmethod
    def of(cls, position: Position) -> Load:
        """The load that a position holds."""
        held: dict[str, Any] = dict(position)
        for name in _DAYS:
            held[name] = date.fromisoformat(held[name]) if held[name] else None
        return cls(**{**held, "count": Count.of(held["count"])})

    def position(self) -> dict[str, Any]:
        """Itself as JSON."""
        told = {k: v.isoformat() if isinstance(v, date) else v for k, v in vars(self).items()}
        return {**told, "count": self.count.position()}

    @classmethod
    def between(cls, floor: date, top: date, today: date, until: date | None = None) -> Load:
        """A load of the days between the two that has not begun."""
        return cls(
            top=top, floor=floor, until=until or top, reached=top, site_day=today, pass_day=today
        )

    @property
    def is_done(self) -> bool:
        """Whether everything back to the floor has been read."""
        return self.reached <= self.floor

    @property
    def begin(self) -> date:
        """Where the past seems to begin: the oldest day that any row showed."""
        return max(self.floor, min(self.oldest_seen or self.floor, self.reached - DAY))

    def rows_in_slice(self) -> float:
        """How many rows the slice has, as far as the days of those read tell."""
        if not self.slice_oldest or not self.slice_newest:
            return 0
        per_day = self.count.rows / ((self.slice_newest - self.slice_oldest).days + 1)
        return per_day * (self.reached - self.slice_oldest).days

    @property
    def _is_one_slice(self) -> bool:
        """Whether all of it is being read as one slice, and no day is done before the last."""
        return self.is_probe and self.reached == self.top and self.count.has_begun

    @property
    def share(self) -> float:
        """How much of the past is read, by days: 0 to 1, and 1 only when it is done.

        By rows while all of it is read as one slice.
        """
        if self.is_done:
            return 1.0
        if self._is_one_slice:
            rows = self.count.rows
            return min(rows / max(self.rows_in_slice(), rows), MOST_BEFORE_DONE)
        return min((self.top - self.reached) / (self.top - self.begin), MOST_BEFORE_DONE)

    def calls_left(self, page_rows: int) -> int | None:
        """How many calls are still to make if the days to come are like those read; None so far.

        Args:
            page_rows: rows of a full page.
        """
        if self.is_done:
            return 0
        if self._is_one_slice:
            return 1 + round(max(self.rows_in_slice() - self.count.rows, 0) / page_rows)
        if self.reached == self.top:
            return None
        per_day = self.kept_rows / (self.top - self.reached).days
        rows = per_day * (self.reached - self.begin).days
        return 1 + round(rows * CALLS_PER_FULL_PAGE / page_rows)


class SlicedLoad:
    """Reads a table's past, slice by slice; each `slice` may be the last of a run.

    Args:
        lists: the vendor's lists.
        limits: of their pages.
        key: wire names of the key.
        day_of: the day that a row was made, as its page tells; None where it does not.
        today: the vendor's day, now.
        slice_rows: how many rows a slice aims at.
        load: how far it has come.
    """

    def __init__(
        self,
        *,
        lists: DayLists,
        limits: Limits,
        key: Sequence[str],
        day_of: Callable[[dict[str, Any]], date | None],
        today: Callable[[], date],
        slice_rows: int,
        load: Load,
    ) -> None:
        self.load = load
        self._lists = lists
        self._limits = limits
        self._key = key
        self._day_of = day_of
        self._today = today
        self._slice_rows = slice_rows

    async def slice(self) -> AsyncGenerator[NumberedPage, None]:
        """Reads one slice; when a page comes, `load` stands behind it.

        Raises:
            PenstockError: as `numbered_pages`.
        """
        load = self.load
        first, last = self._bounds()
        if not load.count.has_begun:
            load.pass_day = self._today()
        pages = counted_pages(self._lists(first, last), self._limits, self._key, load.count)
        async with aclosing(pages):
            async for page in pages:
                self._note(page)
                is_over = page.is_last or self._is_too_long(first)
                if page.is_last:
                    self._end(first)
                elif is_over:
                    self._give_up(first)
                yield page
                if is_over:
                    return

    def _bounds(self) -> tuple[date, date]:
        """First and last day of the slice; one that was begun keeps its own."""
        load = self.load
        if load.slice_first is None:
            most = (load.reached - load.floor).days
            load.slice_first = load.reached - min(most if load.is_probe else load.width, most) * DAY
        if load.reached == load.top:
            return load.slice_first, load.until
        may_have_shifted = self._today() != load.site_day
        return load.slice_first, load.reached + may_have_shifted * DAY

    def _is_too_long(self, first: date) -> bool:
        """Whether the slice turns out to be too long to be read as one.

        A slice of all that is left is worth being read on while it seems to be small: beginning
        again costs its pages twice.
        """
        load, rows = self.load, self.load.count.rows
        if load.is_probe:
            return max(rows, load.rows_in_slice()) > PROBE * self._slice_rows
        is_long = rows >= GROWTH * max(self._slice_rows, self._limits.page_rows)
        return is_long and (load.reached - first).days > 1

    def _days(self, page: NumberedPage) -> list[date]:
        return [day for row in page.rows if row is not None and (day := self._day_of(row))]

    def _note(self, page: NumberedPage) -> None:
        load = self.load
        load.calls += 1
        load.rows += len(page.rows)
        days = self._days(page)
        load.slice_oldest = min([*days, *_known(load.slice_oldest)], default=None)
        load.slice_newest = max([*days, *_known(load.slice_newest)], default=None)
        load.oldest_seen = min([*days, *_known(load.oldest_seen)], default=None)

    def _end(self, first: date) -> None:
        """The pass is over: the slice is whole, is read again, or is halved."""
        load, count = self.load, self.load.count
        days = (load.reached - first).days
        has_moved = not count.is_whole or self._today() != load.pass_day
        # where a tenth of the rows moves, another pass is not worth its calls
        is_hopeless = count.passes >= PASSES or count.repeats * 10 > (count.total or 0)
        if has_moved and is_hopeless and days > 1:
            # a slice of one page is one answer: nothing moves within it
            load.aim = max(self._aim // 2, self._limits.page_rows // 2)
            self._narrow(days // 2)
        elif has_moved and count.passes < PASSES:
            count.begin_again()
        else:
            load.loose += has_moved
            if not has_moved and (count.total or 0) >= self._limits.page_rows:
                load.aim = min(self._aim * 2, self._slice_rows)
            load.kept_rows += count.total or 0
            load.width = self._next_width(days, count.total or 0)
            load.reached, load.site_day = first, load.pass_day
            self._clear()
            load.until_probe = max(load.until_probe - 1, 0)
            # nothing older has shown: the past may end here
            is_end_near = load.oldest_seen is None or first <= load.oldest_seen
            load.is_probe = is_end_near and load.until_probe == 0

    def _give_up(self, first: date) -> None:
        """The slice is too long to be one: a narrower one takes its place."""
        load = self.load
        if load.is_probe:
            load.is_probe = False
            self._clear()
            load.until_probe = 2**load.probes
            load.probes += 1
        else:
            self._narrow((load.reached - first).days // GROWTH)

    def _narrow(self, days: int) -> None:
        load = self.load
        load.is_probe = False
        load.width = max(days, 1)
        self._clear()

    def _clear(self) -> None:
        load = self.load
        load.slice_first = load.slice_oldest = load.slice_newest = None
        load.count = Count()

    @property
    def _aim(self) -> int:
        return self.load.aim or self._slice_rows

    def _next_width(self, days: int, rows: int) -> int:
        if not rows:
            return days * LEAP
        return max(min(days * self._aim // rows, days * GROWTH), 1)


def _known(day: date | None) -> list[date]:
    return [] if day is None else [day]
