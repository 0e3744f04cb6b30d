"""Lists that are read from their head: purchases since a day, jobs by state, leads, and the like.

Each has a stream of its own. What it shows of accounts is noted before its own place is, so that a
stop between the two notes an account twice and never not at all.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sources._http.errors import Drifted
from sources._reading.ahead import lookahead
from sources._reading.marks import Mark, Position
from sources._reading.offset import Ends, ListAnswer, Scan
from sources._reading.scanning import scan_pages
from sources._tables.page import Page
from sources.crm_com.accounts import Accounts
from sources.crm_com.api import Api, Ask, page_of
from sources.crm_com.news import News, Row

DAY: Final = timedelta(days=1)
SINCE: Final = "submitted_after_date"
UNTIL: Final = "submitted_before_date"
ROWS_PER_MARKED_PAGE: Final = 2_000
"""A place in a list without order names every row that was seen: a long list is marked less often.

After so many rows the place is marked every second page, after twice as many every third.
"""
ALL_THERE_IS: Final = datetime(1900, 1, 1)  # noqa: DTZ001 - naive UTC, as everywhere


@dataclass
class Place:
    """How far one list has come; goes into a position and comes back from one.

    Attributes:
        first: the first day of what the list is asked for; None where that is all there is.
        since: the vendor's day on which the last whole reading began; None where there was none.
        begun_on: the vendor's day on which the reading under way began; None between readings.
        read_at: when the list was last read to its end (UTC); None where it never was.
        scan: how far the reading under way has come.
        news: what the last whole reading showed.
        coming: what the one under way has shown, and those before.
        loose: readings since the last whole one in which the list never held still.
    """

    first: date | None = None
    since: date | None = None
    begun_on: date | None = None
    read_at: datetime | None = None
    scan: Scan = field(default_factory=Scan)
    news: News = field(default_factory=News)
    coming: News = field(default_factory=News)
    loose: int = 0

    @classmethod
    def of(cls, position: Position | None) -> Place:
        """The place that a position holds; the beginning without one."""
        if position is None:
            return cls()
        first = position.get("first")
        return cls(
            first=date.fromisoformat(first) if first else None,
            since=date.fromisoformat(position["since"]) if position["since"] else None,
            begun_on=date.fromisoformat(position["begun_on"]) if position["begun_on"] else None,
            read_at=datetime.fromisoformat(position["read_at"]) if position["read_at"] else None,
            scan=Scan.of(position["scan"]),
            news=News.of(position["news"]),
            coming=News.of(position["coming"]),
            loose=position["loose"],
        )

    def position(self) -> dict[str, Any]:
        """Itself as JSON."""
        return {
            "first": self.first.isoformat() if self.first else None,
            "since": self.since.isoformat() if self.since else None,
            "begun_on": self.begun_on.isoformat() if self.begun_on else None,
            "read_at": self.read_at.isoformat() if self.read_at else None,
            "scan": self.scan.position(),
            "news": self.news.position(),
            "coming": self.coming.position(),
            "loose": self.loose,
        }

    def begin(self, today: date) -> None:
        """A reading begins, unless one is under way."""
        if self.begun_on is None:
            self.begun_on, self.scan = today, Scan()

    def reach(self, first: date | None) -> None:
        """The list is asked for from that day on: anew, if what was read begins later.

        A later day changes nothing of a list that has begun.
        """
        if self.since is None and self.begun_on is None:
            self.first = first
        elif self.first is not None and (first is None or first < self.first):
            self.first, self.since, self.begun_on, self.read_at = first, None, None, None
            self.scan, self.loose = Scan(), 0

    def end(self, now: datetime) -> None:
        """The list was read to its end; the next reading begins at its head.

        One that never held still may lack rows: the next one asks for the same days again.
        """
        if self.scan.loose:
            self.loose += 1
        else:
            begun = [day for day in (self.since, self.begun_on) if day is not None]
            self.since, self.read_at, self.loose = max(begun, default=None), now, 0
        self.begun_on, self.scan = None, Scan()
        self.news = News.of(self.coming.position())

    def is_due(self, now: datetime, hours: float) -> bool:
        """Whether so many hours have passed since it was read, or it is being read."""
        if self.read_at is None or self.begun_on is not None:
            return True
        return now - self.read_at >= timedelta(hours=hours)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One list.

    Attributes:
        ask: what is asked for.
        stream: its name among the readings of its table.
        shows_accounts: whether its rows name accounts.
        is_past: it shows accounts, and no news of them.
        is_first: it is read for the first time: only a page without rows is its end.
    """

    ask: Ask
    stream: str
    shows_accounts: bool = False
    is_past: bool = False
    is_first: bool = False


Listed = AsyncGenerator[Page | Mark, None]


class Lists:
    """Reads lists for one connection.

    Args:
        api: its calls.
        accounts: where accounts are noted.
        clock: now, in UTC, naive.
    """

    def __init__(self, api: Api, accounts: Accounts, clock: Callable[[], datetime]) -> None:
        self.api = api
        self.accounts = accounts
        self.clock = clock
        self._zone = ZoneInfo(api.settings.timezone)

    def today(self) -> date:
        """The vendor's day, as far as the timezone setting tells."""
        return self.now_there().date()

    def now_there(self) -> datetime:
        """The vendor's local time, as far as the timezone setting tells; naive."""
        return self.clock().replace(tzinfo=UTC).astimezone(self._zone).replace(tzinfo=None)

    async def read(
        self,
        listing: Listing,
        place: Place,
        *,
        seen: Callable[[Row], list[Mark]] = lambda _: [],
    ) -> Listed:
        """Every page of a list, with marks for what it shows, and its place behind them.

        Args:
            listing: the list.
            place: where its reading stands; it moves on.
            seen: told of every row; its marks go before the page's.

        Raises:
            PenstockError: as `scan_pages`.
        """
        ask = listing.ask
        place.begin(self.today())
        unmarked = 0
        lists = self.api.list_of(ask)
        if listing.is_first and lists.ends is Ends.SHORT and not lists.keeps_order:
            lists = replace(lists, ends=Ends.EMPTY)
        try:
            async with aclosing(scan_pages(lists, place.scan, lookahead(self.api.client))) as pages:
                async for page in pages:
                    if page.rows:
                        listed = ListAnswer(page.answer, page.rows, rows_at=page.rows_at)
                        yield page_of(ask, listed, listing.stream)
                    for row in page.rows:
                        for mark in self._noted(listing, place, row or {}, seen):
                            yield mark
                    unmarked += 1
                    if place.scan.is_over:
                        place.end(self.clock())
                    elif unmarked * ROWS_PER_MARKED_PAGE < place.scan.rows:
                        continue
                    unmarked = 0
                    yield Mark(
                        table=ask.table,
                        stream=listing.stream,
                        position=place.position(),
                    )
        except Drifted as error:
            if type(error) is not Drifted or "offset seems" not in error.message:
                raise
            raise Drifted(
                f"{error.message}. If the method does not page, name {ask.table} in unpaged",
                table=ask.table,
            ) from None

    def _noted(
        self, listing: Listing, place: Place, row: Row, seen: Callable[[Row], list[Mark]]
    ) -> list[Mark]:
        marks = seen(row)
        if listing.shows_accounts:
            is_news = not listing.is_past and place.news.has(row)
            marks += self.accounts.note(row, is_news=is_news)
            place.coming.add(row, self.now_there() + DAY)
        return marks

    def purchases_since(self, ask: Ask, day: date | None) -> Ask:
        """Purchases submitted since a day, less a day of overlap; all of them without one.

        A clock that ran ahead for a while has put no day behind us that is to come.
        """
        if day is None:
            return ask
        first = min(day, self.today()) - DAY
        more = {**ask.more, SINCE: first.strftime(self.api.settings.day_pattern)}
        return Ask(table=ask.table, method=ask.method, identifier=ask.identifier, more=more)
