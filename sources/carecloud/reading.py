"""What is read of a project, in which order, and where it goes on.

A table that says when its rows changed is read newest first down to where the last reading began,
less an overlap. Its past is the same list to its end, so the place where that began is the first
watermark; what changes while it is read is read before it, in each run. A reading that was stopped
goes on where it was, then reads the top again: what changed meanwhile is there [P: no other order
is safe, see the vendor's sheet].

What no reading here sees, deletes that leave no state behind and changes of what says none, is left
to the sweep.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from datetime import date, datetime, timedelta
from http import HTTPStatus
from urllib.parse import quote

from sources._http.client import Client
from sources._http.errors import Misconfigured, PenstockError
from sources._reading.apart import Apart
from sources._reading.closing import closed
from sources._reading.marks import (
    LIVE,
    LOOK_UP,
    SWEEP,
    Mark,
    Reading,
    Trouble,
    backfill_stream,
)
from sources._reading.offset import Scan
from sources._reading.scanning import scan_pages
from sources._tables.page import Page
from sources._vendor import Looked
from sources.carecloud.lists import ResourceLists
from sources.carecloud.past import Past
from sources.carecloud.recent import Recent
from sources.carecloud.resources import Resource, resources_of
from sources.carecloud.saying import ask, explained, is_missing, read_single
from sources.carecloud.settings import CarecloudSettings
from sources.carecloud.times import newest

Items = AsyncIterator[Page | Mark | Trouble]

_DAY = timedelta(days=1)
MOVING_NOTE = (
    "Of what changed, rows may be missing: the list never held still while it was read. The next "
    "run asks for them again."
)


def resources(settings: CarecloudSettings) -> dict[str, Resource]:
    """Where each table is read from."""
    return resources_of(settings.section())


def only_whole(settings: CarecloudSettings) -> list[str]:
    """The tables that are read whole."""
    return [name for name, r in resources(settings).items() if r.sorted_by is None]


def lists_of(client: Client, settings: CarecloudSettings, table: str) -> ResourceLists:
    """The lists of one table."""
    return ResourceLists(client, settings, resources(settings)[table])


class _Table:
    """One table of a reading: what changed, and its past."""

    def __init__(self, lists: ResourceLists, settings: CarecloudSettings, reading: Reading) -> None:
        self.name = lists.resource.table
        self.has_failed = False
        self._lists = lists
        self._clock: Callable[[], datetime] = reading.clock
        live = reading.position(self.name, LIVE)
        self._recent = None if live is None else Recent.of(live)
        self._overlap = settings.overlap()
        self.past = Past.of(lists, reading)

    @property
    def is_under_way(self) -> bool:
        """Whether a reading of changes was stopped before its end: a long one lets others first."""
        return self._recent is not None and self._recent.is_under_way

    async def changed(self) -> Items:
        """What changed since the last reading; a table that is new begins with its past."""
        if self._recent is None:
            return
        was_loose = self._recent.is_loose
        pages = self._recent.pages(self._lists, self._overlap, self._clock)
        async with aclosing(pages):
            async for page in pages:
                for item in self._lists.pages(page, LIVE):
                    yield item
                yield self._live_mark(self._recent, was_loose=was_loose)

    def _live_mark(self, recent: Recent, *, was_loose: bool = False) -> Mark:
        """Where changes go on; what is said of the table where that is another thing now.

        As long as the past is read, its own marks say it.
        """
        is_read = recent.is_caught_up and self.past.is_loaded
        says = is_read and (was_loose or recent.is_loose)
        return Mark(
            table=self.name,
            stream=LIVE,
            position=recent.position(),
            coverage=self.past.coverage(self._note) if says else None,
            is_read=is_read,
        )

    @property
    def _note(self) -> str:
        return MOVING_NOTE if self._recent is not None and self._recent.is_loose else ""

    async def more_of_the_past(self) -> Items:
        """All that is left of it, with the place behind each page."""
        async with aclosing(self.past.pages()) as pages:
            async for page in pages:
                for item in self._lists.pages(page, self.past.stream):
                    yield item
                if self._recent is None:
                    # before the past goes on: what changes from here on is read by the next run
                    seen = newest(self._lists.change_times(page.rows))
                    self._recent = Recent.since(seen, self._lists.zone, self._clock())
                    yield self._live_mark(self._recent)
                yield self.past.mark(self._note)


async def read(client: Client, settings: CarecloudSettings, reading: Reading) -> Items:
    """What changed since the last reading, then the past, table by table, until none is left.

    One table that cannot be read does not stop the others.

    Raises:
        PenstockError: no table can be read.
    """
    tables = [
        _Table(lists_of(client, settings, name), settings, reading) for name in reading.tables
    ]
    apart = Apart()
    for table in sorted(tables, key=lambda t: t.is_under_way):
        async with closed(_apart(apart, table, table.changed())) as under_way:
            async for item in under_way:
                yield item
    for table in tables:
        if not (table.has_failed or table.past.is_loaded):
            async with closed(_apart(apart, table, table.more_of_the_past())) as under_way:
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
        if not apart.is_of_one_table(error.at(table=table.name)):
            raise
        table.has_failed = True
        yield Trouble(error)


async def backfill(
    client: Client, settings: CarecloudSettings, reading: Reading, first: date, last: date
) -> Items:
    """What was made between two days of the project, both included.

    Raises:
        Misconfigured: the table's list takes no days.
        PenstockError: the vendor cannot be read.
    """
    (table,) = reading.tables
    lists = lists_of(client, settings, table)
    if lists.resource.made is None:
        raise Misconfigured(
            "its list cannot be asked for a range of days; a sweep reads it whole", table=table
        )
    stream = backfill_stream(first.isoformat(), last.isoformat())
    scan = Scan.of(reading.position(table, stream))
    # whether the last second counts is not said
    asked = lists.made_between(f"{first} 00:00:00", f"{last + _DAY} 00:00:00")
    async with aclosing(scan_pages(asked, scan, lists.ahead)) as pages:
        async for page in pages:
            for item in lists.pages(page, stream):
                yield item
            position = None if scan.is_over else scan.position()
            yield Mark(table=table, stream=stream, position=position)


async def read_whole(client: Client, settings: CarecloudSettings, reading: Reading) -> Items:
    """A table's whole list, from where it was left."""
    for table in reading.tables:
        lists = lists_of(client, settings, table)
        scan = Scan.of(reading.position(table, SWEEP))
        async with aclosing(scan_pages(lists.whole(), scan, lists.ahead)) as pages:
            async for page in pages:
                for item in lists.pages(page, SWEEP):
                    yield item
                yield Mark(table=table, stream=SWEEP, position=scan.position())


async def look_up(
    client: Client, settings: CarecloudSettings, table: str, keys: Sequence[tuple[str, ...]]
) -> AsyncIterator[Looked]:
    """Each row by its key; one call each.

    Only a 404 in the vendor's own words says that there is none: another may be the path's.
    """
    lists = lists_of(client, settings, table)
    resource = lists.resource
    tolerated = (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST, HTTPStatus.METHOD_NOT_ALLOWED)
    for key in keys:
        path = f"{resource.path}/{quote(key[0], safe='')}"
        answer = await ask(client, path, resource.params, tolerated)
        if is_missing(answer):
            yield Looked(key)
            continue
        if answer.status in tolerated:
            said = explained(client, answer) or "no reason given"
            yield Looked(key, note=f"GET {answer.url} answered {answer.status} ({said})")
            continue
        row = read_single(answer, resource)
        if row is None or str(row.get(resource.key)).strip() != key[0]:
            yield Looked(key, note=f"asked for by its key, the vendor answers another of {table}")
        elif resource.items is not None and resource.items[0] not in row:
            yield Looked(key, note=f"asked for by its key, it comes without {resource.items[0]}")
        else:
            yield Looked(key, page=lists.page(answer, ("data",), LOOK_UP))
