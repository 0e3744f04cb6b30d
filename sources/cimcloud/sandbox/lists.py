"""The site's lists: fifty rows a page, found by a searchstring, in whatever order there is."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date

from sources.cimcloud.sandbox.clock import SiteClock
from sources.cimcloud.sandbox.play import SHUFFLED, Play
from sources.cimcloud.sandbox.searchstring import Reading, predicate_of
from sources.cimcloud.sandbox.store import Record, Table

PAGE = 50
REMEMBERED = 32


@dataclass(frozen=True)
class Asked:
    """What of a list is asked for; page 0 is page 1 [P]."""

    searchstring: str
    page: int


def asked_of(segments: list[str]) -> Asked:
    """What the segments after the resource ask for.

    A last segment of digits is the page, so a date at the end of a searchstring loses its year to
    it [sheet]; slashes before it belong to the searchstring.
    """
    segments, page = list(segments), 0
    if segments and segments[-1].isascii() and segments[-1].isdecimal():
        page = int(segments.pop()[:9])
    return Asked("/".join(segments), max(page, 1))


class Lists:
    """Answers searches, and remembers the last of them while nothing changes."""

    def __init__(self, play: Play, clock: SiteClock) -> None:
        self._play = play
        self._clock = clock
        self._known: OrderedDict[tuple[str, str, date, int], list[Record]] = OrderedDict()

    def matching(self, table: Table, searchstring: str) -> list[Record]:
        """The rows that a searchstring wants, in the order of the list.

        Raises:
            MalformedError: it is none.
        """
        if not searchstring:
            return table.listed()
        today = self._clock.today()
        which = (table.resource.table, searchstring, today, table.version)
        known = self._known.get(which)
        if known is None:
            fields = {**table.resource.fields, **table.resource.extra}
            wanted = predicate_of(searchstring, Reading(fields, today, self._play.whole_days))
            known = [record for record in table.listed() if wanted(record.row)]
            if self._play.order != SHUFFLED:
                self._known[which] = known
                if len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
        return known


def body_of(table: Table, records: list[Record], page: int) -> bytes:
    """A page as a bare JSON array."""
    shown = records[(page - 1) * PAGE : page * PAGE]
    return b"[" + b",".join(map(table.body, shown)) + b"]"


def reduced(records: list[Record], share: float) -> list[Record]:
    """The same share of the rows every time, as when a part of the vendor's servers is down."""
    return [record for record in records if record.tie % 10_000 < share * 10_000]
