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
from sources._http.errors import Misconfigured, PenstockError
from sources._reading.apart import is_of_one_table
from sources._reading.changes import Changes, changed_pages
from sources._reading.marks import (
    FIRST_LOAD,
    LIVE,
    SWEEP,
    Mark,
    Reading,
    backfill_stream,
)
from sources._reading.paged import FIRST_PAGE, read_rows
from sources._reading.slices import DAY, Load
from sources._reading.whole import Whole, whole_pages
from sources._tables.page import Page
from sources._vendor import Looked
from sources.cimcloud.lists import ResourceLists
from sources.cimcloud.past import Past, SlicedPast, WholePast, expected_end
from sources.cimcloud.resources import Resource, resources_of
from sources.cimcloud.search import Unspeakable
from sources.cimcloud.settings import CimcloudSettings

Items = AsyncIterator[Page | Mark]


def resources(settings: CimcloudSettings) -> dict[str, Resource]:
    """Where each table is read from."""
    return resources_of({"resources": settings.resources or {}})


def read_whole_only(settings: CimcloudSettings) -> list[str]:
    """The tables without a change date."""
    return [name for name, resource in resources(settings).items() if resource.cursor is None]


def lists_of(
    client: Client, settings: CimcloudSettings, table: str, clock: Callable[[], datetime]
) -> ResourceLists:
    """The lists of one table."""
    return ResourceLists(client, settings, resources(settings)[table], clock)


class _Table:
    """One table of a reading: what changes, and its past."""

    def __init__(self, lists: ResourceLists, settings: CimcloudSettings, reading: Reading) -> None:
        self.name = lists.resource.table
        self.has_failed = False
        live = reading.position(self.name, LIVE)
        self.is_new = live is None
        self._changes = Changes(lists.today()) if live is None else Changes.of(live)
        loaded = reading.position(self.name, FIRST_LOAD)
        self.past: Past = (
            WholePast(lists, loaded)
            if lists.resource.created is None
            else SlicedPast(lists, settings, loaded)
        )
        self._lists = lists
        self._lookback = timedelta(days=settings.lookback_days)

    async def changed(self) -> Items:
        """What changed since the last reading; a table that is new begins with its past."""
        if self.is_new:
            yield self._live_mark()
            return
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

    def _live_mark(self) -> Mark:
        return Mark(
            table=self.name,
            stream=LIVE,
            position=self._changes.position(),
            is_read=not self._changes.is_under_way and self.past.is_loaded,
        )

    async def more_of_the_past(self, expected_at: Callable[[], datetime | None]) -> Items:
        """A few pages of it, with the place behind each."""
        async for page in self.past.more():
            for item in self._lists.pages(page, FIRST_LOAD):
                yield item
            yield self.past_mark(expected_at())

    def past_mark(self, expected_at: datetime | None) -> Mark:
        """Where the past goes on, and how much of it is here."""
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
        PenstockError: the first that a table failed of, once the others are read.
    """
    tables = [
        _Table(lists_of(client, settings, name, reading.clock), settings, reading)
        for name in reading.tables
    ]
    failed: list[PenstockError] = []

    def expected_at() -> datetime | None:
        pasts = [table.past for table in tables if not table.has_failed]
        return expected_end(pasts, settings, reading.clock())

    for table in tables:
        async for item in _apart(failed, table, table.changed()):
            yield item
        if not table.past.is_loaded:
            yield table.past_mark(None)
    while behind := [t for t in tables if not (t.has_failed or t.past.is_loaded)]:
        table = max(behind, key=lambda t: t.past.reached)
        async for item in _apart(failed, table, table.more_of_the_past(expected_at)):
            yield item
    if failed:
        raise failed[0]


async def _apart(failed: list[PenstockError], table: _Table, items: Items) -> Items:
    """What is read of one table, unless that fails for this table alone."""
    try:
        async for item in items:
            yield item
    except PenstockError as error:
        if not is_of_one_table(error.at(table=table.name)):
            raise
        table.has_failed = True
        failed.append(error)


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
            next_command="penstock sweep",
        )
    stream = backfill_stream(first.isoformat(), last.isoformat())
    load = reading.position(table, stream) or Load.between(
        first - DAY, last + 2 * DAY, lists.today()
    )
    past = SlicedPast(lists, settings, load)
    while not past.is_loaded:
        async for page in past.more():
            for item in lists.pages(page, stream):
                yield item
            yield Mark(table=table, stream=stream, position=past.open_position())


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
    """Each document by its key; one call each [P: one record by searchexact]."""
    lists = lists_of(client, settings, table, lambda: datetime.min)  # noqa: DTZ901 - no day is said
    for key in keys:
        try:
            fetch = lists.one(key)
        except Unspeakable as error:
            yield Looked(key, note=str(error))
            continue
        answer = await fetch(FIRST_PAGE, (HTTPStatus.NOT_FOUND,))
        rows = () if answer.status == HTTPStatus.NOT_FOUND else read_rows(answer, table)
        if not rows:
            yield Looked(key)
        elif any(_is_row(row, lists.resource.key, key) for row in rows):
            yield Looked(key, page=lists.page(answer, SWEEP))
        else:
            yield Looked(key, note=f"asked for by its key, the vendor answers other {table}")


def _is_row(row: dict[str, object] | None, fields: Sequence[str], key: Sequence[str]) -> bool:
    if row is None:
        return False
    return all(str(row.get(f)).strip() == value for f, value in zip(fields, key, strict=True))
