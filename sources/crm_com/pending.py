"""Pending provisioning requests: a list, oldest first, that goes on where the last run left it.

An offset is a place only as long as what stands before it stays, and a pending list loses its front
as requests are done [P]. So the rows before the offset are asked for again: where they are the same
the list goes on behind them, else it is read from its head.

Requests may come in groups, and nothing says whether an offset counts groups or requests [A]. A
page of groups that hold more requests than were asked for counts groups; else requests are counted,
until a page has none: whichever was counted, that is behind the last of them. Such a list is read
from its head every time.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sources._http.errors import Drifted
from sources._reading.ahead import lookahead
from sources._reading.closing import closed
from sources._reading.marks import Mark, Position
from sources._reading.offset import Ends, ListAnswer, OffsetList, Scan
from sources._reading.scanning import scan_pages
from sources._tables.page import Page
from sources.crm_com.api import PENDING, Api, Ask, page_of
from sources.crm_com.identifier import Identifier

TABLE: Final = "provisioning_requests"
NOTE: Final = "Requests that were pending when a run looked; done in between, they never show."
OVERLAP: Final = 10  # rows
MOST_BEGUN: Final = 10  # times that a run begins the list again

Listed = AsyncGenerator[Page | Mark, None]


@dataclass
class Place:
    """Where the list goes on; goes into a position and comes back from one.

    Attributes:
        start: the offset at which the reading under way began, or the last one.
        scan: how far that one has come.
        tail: names of the last rows that were read.
        is_grouped: whether its requests come in groups.
    """

    start: int = 0
    scan: Scan = field(default_factory=Scan)
    tail: list[str] = field(default_factory=list)
    is_grouped: bool = False

    @classmethod
    def of(cls, position: Position | None) -> Place:
        """The place that a position holds; the list's head without one."""
        if position is None:
            return cls()
        return cls(
            start=position["start"],
            scan=Scan.of(position["scan"]),
            tail=list(position["tail"]),
            is_grouped=position.get("is_grouped", False),
        )

    def position(self) -> dict[str, Any]:
        """Itself as JSON."""
        return {
            "start": self.start,
            "scan": self.scan.position(),
            "tail": self.tail,
            "is_grouped": self.is_grouped,
        }

    @property
    def behind(self) -> int:
        """The offset behind all that was read; the scan stands on the last row, not behind it."""
        return self.start + self.scan.offset + bool(self.tail)

    def add(self, names: list[str]) -> None:
        """The rows of another page were read."""
        self.tail = [*self.tail, *(name for name in names if name not in self.tail)][-OVERLAP:]


async def pending(api: Api, provider: Identifier, position: Position | None) -> Listed:
    """What is pending behind where the last run left the list, or all of it.

    Raises:
        PenstockError: as `scan_pages`.
    """
    ask = Ask(table=TABLE, method=PENDING, identifier=provider)
    whole = api.list_of(ask)
    place = Place.of(position)
    first: ListAnswer | None = None
    known: list[str] = []
    if place.scan.is_over:
        place, first, known = await _continued(whole, place)
    for begun in itertools.count():
        if not place.scan.calls and not place.start and first is None:
            first = await whole.fetch(0, whole.page_rows)
            place.is_grouped = "*" in first.rows_at
        try:
            async with closed(_scanned(api, ask, whole, place, first, known)) as under_way:
                async for item in under_way:
                    yield item
        except _Moved:
            if begun >= MOST_BEGUN:
                raise Drifted(
                    f"{PENDING}: the list had to be begun {begun + 1} times, since what was read "
                    "was gone each time",
                    table=TABLE,
                ) from None
            place, first, known = Place(), None, []
        else:
            return


async def _continued(whole: OffsetList, place: Place) -> tuple[Place, ListAnswer | None, list[str]]:
    """Where to go on, the answer from there, and those of its rows that are known.

    That is the list's head, unless the rows before the place are those that were read.
    """
    known = place.tail
    if known and not place.is_grouped:
        start = place.behind - len(known)
        first = await whole.fetch(start, whole.page_rows)
        if _names(first)[: len(known)] == known:
            return Place(start=start, tail=known), first, known
    return Place(), None, []


async def _scanned(
    api: Api,
    ask: Ask,
    whole: OffsetList,
    place: Place,
    first: ListAnswer | None,
    known: list[str],
) -> Listed:
    """The list from the place on; a page of rows that are known alone is left out.

    Raises:
        _Moved: so much of the list's front is gone that rows may stand before the place.
        PenstockError: as `scan_pages`.
    """
    lists = _from(whole, place, first)
    stream = f"pending {ask.identifier.text}" if ask.identifier else ""
    async with aclosing(scan_pages(lists, place.scan, lookahead(api.client))) as pages:
        async for page in pages:
            listed = ListAnswer(page.answer, page.rows, rows_at=page.rows_at)
            names = _names(listed)
            if names != known:
                yield page_of(ask, listed)
            place.add(names)
            yield Mark(table=TABLE, stream=stream, position=place.position())


class _Moved(Exception):  # noqa: N818 - a state of the list
    """The rows that were read are not where they were any more."""


def _from(whole: OffsetList, place: Place, first: ListAnswer | None) -> OffsetList:
    """The part of a list that begins at a place; its first answer, where it is here already."""
    answers = {} if first is None else {0: first}
    is_paged = whole.ends is not Ends.AT_ONCE

    async def fetch(offset: int, count: int) -> ListAnswer:
        if offset == 0 and place.start and place.scan.rows:
            raise _Moved
        listed = answers.pop(offset, None) or await whole.fetch(place.start + offset, count)
        if offset == 0 and place.scan.rows and not listed.rows:
            raise _Moved
        return _requests(listed, count) if place.is_grouped and is_paged else listed

    if place.is_grouped and is_paged:
        return replace(whole, fetch=fetch, ends=Ends.EMPTY, keeps_order=False)
    return replace(whole, fetch=fetch)


def _requests(listed: ListAnswer, most: int) -> ListAnswer:
    """The requests of a page of groups as its rows, unless they are too many to be counted."""
    if "*" not in listed.rows_at:
        return listed
    name = listed.rows_at[-1]
    held = [request for group in listed.rows if group for request in group[name]]
    if len(held) > most:
        return listed
    return replace(listed, rows=tuple(one if isinstance(one, dict) else None for one in held))


def _names(listed: ListAnswer) -> list[str]:
    """A short name of each row as it stands there."""
    return [_name(row) for row in listed.rows if row is not None]


def _name(row: Mapping[str, Any]) -> str:
    text = json.dumps(row, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
