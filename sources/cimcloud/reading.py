"""What is read of a site, in which order, and where it goes on.

A table with a change date is read twice over: what changed since the last reading, on each run,
and its past, newest first, with the calls that are left. The live reading begins on the day the
first load does, so what changes behind the load's back is seen by it. Of several first loads the
one that reaches back least goes first, so all tables are complete since about the same day.

What no reading here sees, changes that bypass the change date and deletes, is left to the sweep.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, datetime, timedelta
from http import HTTPStatus

from sources._http.client import Client
from sources._http.errors import Misconfigured, PenstockError, Rejected
from sources._reading.apart import Apart
from sources._reading.changes import Changes, changed_pages
from sources._reading.closing import closed
from sources._reading.marks import (
    FIRST_LOAD,
    LIVE,
    LOOK_UP,
    SWEEP,
    Mark,
    Reading,
    Trouble,
    backfill_stream,
)
from sources._reading.paged import FIRST_PAGE, read_rows
from sources._reading.slices import DAY, Load
from sources._reading.whole import Whole, whole_pages
from sources._tables.page import Page
from sources._vendor import Looked
from sources.cimcloud.lists import ResourceLists
from sources.cimcloud.past import Past, expected_end, first_load
from sources.cimcloud.resources import Resource, resources_of
from sources.cimcloud.settings import CimcloudSettings

Items = AsyncIterator[Page | Mark | Trouble]


def resources(settings: CimcloudSettings) -> dict[str, Resource]:
    """Where each table is read from."""
    return resources_of({"resources": settings.resources or {}})


def only_whole(settings: CimcloudSettings) -> list[str]:
    """The tables without a change date."""
    return [name for name, resource in resources(settings).items() if resource.cursor is None]


def whole_at_first(settings: CimcloudSettings) -> list[str]:
    """The tables whose past cannot be asked for by days."""
    return [name for name, r in resources(settings).items() if r.cursor and r.created is None]


def lists_of(
    client: Client, settings: CimcloudSettings, table: str, clock: Callable[[], datetime]
) -> ResourceLists:
    """The lists of one table."""
    return ResourceLists(client, settings, resources(settings)[table], clock)


class _Table:
    """One table of a reading: what changes, and its past where that can be asked for by days."""

    def __init__(self, lists: ResourceLists, settings: CimcloudSettings, reading: Reading) -> None:
        self.name = lists.resource.table
        self.has_failed = False
        live = reading.position(self.name, LIVE)
        self._is_new = live is None
        self._changes = Changes(lists.today()) if live is None else Changes.of(live)
        self.past: Past | None = None
        if lists.resource.created is not None:
            begins = first_load(lists, settings)
            self.past = Past(lists, settings, begins, reading.position(self.name, FIRST_LOAD))
            self.past.load.floor = settings.first_day()
        self._lists = lists
        self._lookback = timedelta(days=settings.lookback_days)

    @property
    def is_under_way(self) -> bool:
        """Whether a reading of changes was stopped before its end: a long one lets others first."""
        return self._changes.is_under_way

    @property
    def is_loaded(self) -> bool:
        """Whether nothing of its past is left to be read here."""
        return self.past is None or self.past.is_loaded

    async def changed(self) -> Items:
        """What changed since the last reading; a table that is new begins with its past."""
        if self._is_new:
            yield self._live_mark()
        else:
            pages = changed_pages(
                self._lists.changed_since,
                self._lists.limits,
                self._lists.resource.key,
                self._lists.today,
                self._changes,
                lookback=self._lookback,
            )
            async for page in pages:
                for item in self._lists.pages(page, LIVE):
                    yield item
                yield self._live_mark()
        if not self.is_loaded:
            yield self.past_mark(None)

    def _live_mark(self) -> Mark:
        return Mark(
            table=self.name,
            stream=LIVE,
            position=self._changes.position(),
            is_read=not self._changes.is_under_way and self.is_loaded,
        )

    async def more_of_the_past(self, expected_at: Callable[[], datetime | None]) -> Items:
        """A few pages of it, with the place behind each."""
        assert self.past is not None  # noqa: S101 - the caller looked
        async for page in self.past.more():
            for item in self._lists.pages(page, FIRST_LOAD):
                yield item
            yield self.past_mark(expected_at())

    def past_mark(self, expected_at: datetime | None) -> Mark:
        """Where the past goes on, and how much of it is here."""
        assert self.past is not None  # noqa: S101 - the caller looked
        return Mark(
            table=self.name,
            stream=FIRST_LOAD,
            position=self.past.position(),
            coverage=self.past.coverage(expected_at),
            is_read=self.past.is_loaded,
        )


async def read(client: Client, settings: CimcloudSettings, reading: Reading) -> Items:
    """What changed since the last reading, then more of the past, until there is none left.

    One table that cannot be read does not stop the others.

    Raises:
        PenstockError: no table can be read.
    """
    tables = [
        _Table(lists_of(client, settings, name, reading.clock), settings, reading)
        for name in reading.tables
    ]
    apart = Apart()

    def expected_at() -> datetime | None:
        pasts = [table.past for table in tables if table.past and not table.has_failed]
        return expected_end(pasts, settings, reading.clock())

    for table in sorted(tables, key=lambda t: t.is_under_way):
        async with closed(_apart(apart, table, table.changed())) as under_way:
            async for item in under_way:
                yield item
    while behind := [t for t in tables if not (t.has_failed or t.is_loaded)]:
        table = max(behind, key=lambda t: t.past.reached if t.past else date.min)
        async with closed(_apart(apart, table, table.more_of_the_past(expected_at))) as under_way:
            async for item in under_way:
                yield item


async def _apart(apart: Apart, table: _Table, items: Items) -> Items:
    """What is read of one table, unless that fails for this table alone."""
    try:
        async with closed(items) as under_way:
            async for item in under_way:
                if isinstance(item, Page):
                    apart.read()
                yield item
    except PenstockError as error:
        if not apart.is_of_one_table(error):
            raise error.at(table=table.name) from None
        table.has_failed = True
        yield Trouble(error.at(table=table.name))


async def backfill(
    client: Client, settings: CimcloudSettings, reading: Reading, first: date, last: date
) -> Items:
    """What was made between two days, both included; a day of slack on either side.

    Raises:
        Misconfigured: the table has no create date.
        PenstockError: the vendor cannot be read.
    """
    (table,) = reading.tables
    lists = lists_of(client, settings, table, reading.clock)
    if lists.resource.created is None:
        raise Misconfigured(
            "its rows say no create date, so no days can be asked for; a sweep reads it whole",
            table=table,
        )
    stream = backfill_stream(first.isoformat(), last.isoformat())
    begins = Load.between(first - DAY, last + 2 * DAY, lists.today())
    past = Past(lists, settings, begins, reading.position(table, stream))
    while past.load.reached > past.load.floor:
        async for page in past.more():
            for item in lists.pages(page, stream):
                yield item
            position = None if past.load.is_done else past.position()
            yield Mark(table=table, stream=stream, position=position)


async def read_whole(client: Client, settings: CimcloudSettings, reading: Reading) -> Items:
    """A table's whole list, without any search: what a search leaves out shows here too."""
    for table in reading.tables:
        lists = lists_of(client, settings, table, reading.clock)
        whole = Whole.of(reading.position(table, SWEEP))
        async for page in whole_pages(lists.whole(), lists.limits, whole):
            for item in lists.pages(page, SWEEP):
                yield item
            yield Mark(table=table, stream=SWEEP, position=whole.position())


async def look_up(
    client: Client, settings: CimcloudSettings, table: str, keys: Sequence[tuple[str, ...]]
) -> AsyncIterator[Looked]:
    """Each document by its key; one call each [P: one record by searchexact].

    Only an empty list says that there is none: a 404 or a 400 may be the path's.
    """
    lists = lists_of(client, settings, table, lambda: datetime.min)  # noqa: DTZ901 - no day is said
    for key in keys:
        try:
            answer = await lists.one(key)(FIRST_PAGE, ())
        except ValueError as error:  # no search says it, or the key had other fields once
            yield Looked(key, note=str(error))
            continue
        except Rejected as error:
            yield Looked(key, note=error.message)
            continue
        rows = read_rows(answer, table) if answer.status != HTTPStatus.NO_CONTENT else ()
        if not rows:
            yield Looked(key)
        elif any(_is_row(row, lists.resource.key, key) for row in rows):
            yield Looked(key, page=lists.page(answer, LOOK_UP))
        else:
            yield Looked(key, note=f"asked for by its key, the vendor answers other {table}")


def _is_row(row: dict[str, object] | None, fields: Sequence[str], key: Sequence[str]) -> bool:
    if row is None:
        return False
    return all(str(row.get(f)).strip() == value for f, value in zip(fields, key, strict=True))
