"""Reading a list by offset to its end, fetched ahead, while rows come, change and go.

Nothing but the end rule of the list ends a scan: an answer that is empty, short or repeated where
that is no end is an error, or is asked for again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from functools import partial
from typing import Any

from sources._http.errors import Drifted
from sources._reading.ahead import in_order
from sources._reading.counted import Count
from sources._reading.offset import OVERLAP, Ends, ListAnswer, OffsetList, OffsetPage, Scan
from sources._reading.seam import Place, Row, Seam, plain_seam, ranked_seam

MOST_FALLS = 2  # rows of a page that rank above the one before: a clock is set back once a year
STEP_BACK = 8  # rows; the next step is so many times as long
MOST_TURNS = 100  # steps back before a scan gets further than it was
REPEATS = 5  # pages in a row that are like the one before
PASSES = 3  # over a list without order that does not hold still


async def scan_pages(
    lists: OffsetList, scan: Scan, ahead: Callable[[], int] = lambda: 1
) -> AsyncGenerator[OffsetPage, None]:
    """Every page from where `scan` stands, in order; `scan` stands behind a page when that comes.

    Args:
        lists: what is read.
        scan: where it goes on; one that is over yields nothing.
        ahead: how many pages may be asked for before they are needed. Few are at first: most
            readings end with their first page.

    Raises:
        Drifted: the answers are no list that could be read to its end: more rows than were asked
            for, the same page again and again, no total where one belongs, an order that is not
            kept, an end that does not come.
        PenstockError: whatever `fetch` raises.
    """
    reader = _Reader(lists, scan)
    while not scan.is_over:
        plan = reader.plan()
        width = partial(reader.width, ahead)
        async with aclosing(in_order(plan, width)) as answers:
            async for offset, listed in answers:
                page = await reader.take(offset, listed)
                if page is not None:
                    yield page
                if page is None or reader.must_plan_anew:
                    break


def _seam_of(lists: OffsetList, held: dict[str, Any] | None) -> Seam:
    if lists.rank is None:
        return plain_seam(lists.key, held)
    return ranked_seam(lists.key, lists.rank, held)


class _Reader:
    """One scan under way: plans what to ask for, and judges what comes."""

    def __init__(self, lists: OffsetList, scan: Scan) -> None:
        self._lists = lists
        self._scan = scan
        self._taken = 0
        self._missed = 0
        self._alike = 0
        self._empty = 0
        self._nothing_new = 0
        self._before: tuple[Row | None, ...] = ()
        self._seam = scan.seam if scan.seam is not None else _seam_of(lists, scan.held)
        scan.seam = self._seam if lists.keeps_order else None
        self.must_plan_anew = False

    @property
    def _count(self) -> int:
        return min(self._lists.page_rows, self._scan.page_rows or self._lists.page_rows)

    @property
    def _shared(self) -> int:
        return OVERLAP if self._lists.keeps_order else 0

    def width(self, ahead: Callable[[], int]) -> int:
        """How many pages may be under way: doubling with each that was needed."""
        return min(ahead(), 1 << min(self._taken, 10))

    def plan(self) -> Iterator[Callable[[], Awaitable[tuple[int, ListAnswer]]]]:
        """What to ask for from here, as far as is known that there is anything."""
        self.must_plan_anew = False
        offset, count = self._scan.offset, self._count
        while True:
            yield partial(self._ask, offset, count)
            if self._lists.ends is Ends.AT_ONCE:
                return
            offset += count - self._shared
            total = self._scan.total
            if total is not None and offset + self._shared >= total:
                return

    async def _ask(self, offset: int, count: int) -> tuple[int, ListAnswer]:
        if offset > self._lists.most_rows:
            raise self._drifted(
                f"the list goes on behind row {self._lists.most_rows:,}: it may never end"
            )
        return offset, await self._lists.fetch(offset, count)

    async def take(self, offset: int, listed: ListAnswer) -> OffsetPage | None:
        """The page, or None where it cannot follow what was read: the scan then stands elsewhere.

        Raises:
            Drifted: as `scan_pages`.
        """
        lists, scan = self._lists, self._scan
        listed = await self._whole_page(offset, listed)
        self._check(listed)
        scan.calls += 1
        fell = scan.total is not None and (listed.total or 0) < scan.total
        scan.total = listed.total
        if lists.keeps_order and not self._follows(offset, listed):
            return None
        self._missed = 0
        is_last = self._ends(offset, listed)
        if is_last:
            is_last = await self._is_truly_last(offset, listed, total_fell=fell)
        self._taken += 1
        self._before = listed.rows
        scan.rows += len(listed.rows)
        self._move(offset, listed, is_last=is_last)
        page = OffsetPage(
            number=self._taken,
            answer=listed.answer,
            rows=listed.rows,
            rows_at=listed.rows_at,
            total=listed.total,
            is_last=is_last,
        )
        if lists.keeps_order:
            self._seam.move(offset, listed.rows)
            scan.loose, scan.is_over = scan.loose or self._seam.loose, is_last
        else:
            self._tally(page, is_first=offset == 0)
        return page

    def _check(self, listed: ListAnswer) -> None:
        """Refuses what no list that pages answers.

        One page like the one before may be a cache's, or as many rows have come at the list's head
        meanwhile; the seam tells. A list that ignores the offset goes on like that.

        Raises:
            Drifted: the answer holds more rows than were asked for, is not sorted, or is the same
                or nothing again and again.
        """
        if self._lists.ends is Ends.AT_ONCE:
            return
        if self._is_nothing_again(listed):
            raise self._drifted(
                f"{listed.answer.url} answers nothing, again and again, where "
                f"{self._scan.rows} rows were read"
            )
        if len(listed.rows) > self._count:
            raise self._drifted(
                f"{listed.answer.url} answered {len(listed.rows)} rows where {self._count} were "
                "asked for: its end could not be recognised"
            )
        if self._lists.keeps_order and self._seam.falls(listed.rows) > MOST_FALLS:
            raise self._drifted(
                f"{listed.answer.url} is not sorted as it was asked for: rows that changed could "
                "be anywhere in it"
            )
        is_alike = len(listed.rows) > self._shared and listed.rows == self._before
        self._alike = self._alike + 1 if is_alike else 0
        if self._alike >= REPEATS:
            raise self._drifted(
                f"{listed.answer.url} repeats the page before it; the offset seems to be ignored, "
                "and rows behind the first page would never be seen"
            )

    def _is_nothing_again(self, listed: ListAnswer) -> bool:
        """Whether a list that has shown rows has nothing any more, several times in a row."""
        self._empty = self._empty + 1 if not listed.rows and self._scan.rows else 0
        return self._empty >= REPEATS

    def _follows(self, offset: int, listed: ListAnswer) -> bool:
        """Whether nothing can lie between this page and those before; else the scan moves.

        Raises:
            Drifted: the list keeps no order.
        """
        scan = self._scan
        if self._empty:
            # nothing is no end of what had rows: asked for again, and at last refused
            scan.offset = 0 if self._empty > 1 else max(offset - STEP_BACK, 0)
            return False
        is_end = self._ends(offset, listed)
        match self._seam.place(offset, listed.rows, is_end=is_end):
            case Place.NEXT:
                return True
            case Place.AGAIN if (begins := self._seam.back()) is not None:
                self._turn_back(listed)
                scan.offset = begins
                return False
        self._turn_back(listed)
        step = min(STEP_BACK, self._count - OVERLAP) * 4**self._missed
        self._missed += 1
        scan.offset = max(min(offset, scan.offset) - step, 0)
        return False

    def _turn_back(self, listed: ListAnswer) -> None:
        """Counts how often the scan turns back without getting further in the end.

        Raises:
            Drifted: too often.
        """
        self._scan.turns += 1
        if self._scan.turns > MOST_TURNS:
            raise self._drifted(
                f"{listed.answer.url}: the list does not keep its order while it is read; after "
                f"{MOST_TURNS} steps back nothing new had come"
            )

    def _ends(self, offset: int, listed: ListAnswer) -> bool:
        """Whether the list ends with this page, by its own rule.

        Raises:
            Drifted: it does not say, or contradicts itself.
        """
        rows, end = len(listed.rows), offset + len(listed.rows)
        match self._lists.ends:
            case Ends.TOTAL:
                if listed.total is None:
                    raise self._drifted(f"{listed.answer.url} does not say how many rows there are")
                if end < listed.total and rows <= self._shared:
                    raise self._drifted(
                        f"{listed.answer.url} says that there are {listed.total} rows, and shows "
                        f"{rows} from row {offset} on"
                    )
                return end >= listed.total
            case Ends.SHORT:
                return rows < self._count
            case Ends.EMPTY:
                return rows <= self._shared
            case Ends.AT_ONCE:
                return True

    async def _whole_page(self, offset: int, listed: ListAnswer) -> ListAnswer:
        """The page; where it is shorter than the list, asked for once more.

        What is as short twice is all that the vendor answers at a time.
        """
        rows, count = len(listed.rows), self._count
        if self._lists.ends is not Ends.TOTAL or not self._shared < rows < count:
            return listed
        if listed.total is None or offset + rows >= listed.total:
            return listed
        _, again = await self._ask(offset, count)
        if len(again.rows) == rows:
            self._scan.page_rows = max(rows, OVERLAP + 1)
        return again

    async def _is_truly_last(self, offset: int, listed: ListAnswer, *, total_fell: bool) -> bool:
        """Looks behind an end that might be none.

        A total that fell may be a wrong one, and a list that is said to end with a full page may go
        on. Rows were deleted, more often than not: then one call was made in vain.

        Raises:
            Drifted: there is more, where the list was said to be whole.
        """
        if self._lists.ends is not Ends.TOTAL:
            await self._probe(offset, listed)
            return True
        end = offset + len(listed.rows)
        is_doubtful = total_fell or (listed.rows and len(listed.rows) == self._count)
        if not is_doubtful or not listed.rows:
            return True
        _, more = await self._ask(end - self._shared, self._count)
        return len(more.rows) <= self._shared

    async def _probe(self, offset: int, listed: ListAnswer) -> None:
        """The same where no total is said.

        A list said not to page that answers just as many rows as a page has may page after all;
        one that ends with an empty page may answer a single row before the next.

        Raises:
            Drifted: there is more.
        """
        rows, lists = len(listed.rows), self._lists
        is_doubtful = {Ends.AT_ONCE: lists.page_rows, Ends.EMPTY: OVERLAP}.get(lists.ends)
        if offset or rows != is_doubtful:
            return
        more = await lists.fetch(rows, lists.page_rows)
        if more.rows and more.rows != listed.rows:
            raise self._drifted(
                f"{listed.answer.url} was taken for a whole list, and has more rows behind the "
                f"first {rows}"
            )

    def _move(self, offset: int, listed: ListAnswer, *, is_last: bool) -> None:
        """The scan stands behind a page; what was planned holds as long as pages are full."""
        scan, rows = self._scan, len(listed.rows)
        scan.offset = offset + max(rows - self._shared, 0)
        if scan.offset > scan.furthest:
            scan.furthest, scan.turns = scan.offset, 0
        said_to_end = listed.total is not None and offset + rows >= listed.total
        self.must_plan_anew = is_last or said_to_end or rows < self._count
        if said_to_end and not is_last:
            scan.total = None  # it was wrong

    def _tally(self, page: OffsetPage, *, is_first: bool) -> None:
        """Counts the different rows of a list without order; the last page ends a pass."""
        scan, count = self._scan, self._scan.count
        if is_first and count.has_begun:
            count.begin_again()
        known = len(count.keys)
        count.add(page, self._lists.key)
        self._nothing_new = self._nothing_new + 1 if len(count.keys) == known else 0
        if self._nothing_new >= REPEATS and not page.is_last:
            raise self._drifted(
                f"{page.answer.url} shows rows that it showed before, page after page; the offset "
                "seems to be ignored"
            )
        if not page.is_last:
            return
        if not count.is_whole and count.passes < PASSES:
            count.begin_again()
            scan.offset = 0
            self._before = ()
            self.must_plan_anew = True
            return
        scan.loose = not count.is_whole
        scan.is_over, scan.count = True, Count()

    def _drifted(self, message: str) -> Drifted:
        return Drifted(message, table=self._lists.table)
