"""The pages of the lists: filtered, sorted by a field that is kept sorted, in one language."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from zlib import crc32

from sources._sandbox.store import Record, Row, Store, Table
from sources.carecloud.sandbox.asked import Asked, Predicate, is_on, predicate_of
from sources.carecloud.sandbox.phrases import translated
from sources.carecloud.sandbox.play import PROPERTY_RECORDS, Play
from sources.carecloud.sandbox.resources import Resource

REMEMBERED = 32
TIED = ("last_change", "created_at", "payment_time")
FULL, ITEMS_ONLY, NONE = "full", "items-only", "none"
EVERYTHING: Mapping[str, str] = {
    "purchase_items_extension": "true",
    "include_property_records": "true",
    "add_booking_items": FULL,
}


@dataclass(frozen=True)
class Page:
    """A page of a list, and how many rows the whole list has."""

    records: Sequence[Record]
    total: int


class Lists:
    """Answers lists; what a filter found is remembered while nothing changes.

    Args:
        play: how the project is played.
        store: its tables as they are now.
    """

    def __init__(self, play: Play, store: Callable[[], Store]) -> None:
        self._play = play
        self._store = store
        self._asked = 0
        self._known: OrderedDict[tuple[object, ...], list[Record]] = OrderedDict()

    def page(self, resource: Resource, asked: Asked, narrowed: Predicate | None, who: str) -> Page:
        """The rows of a page.

        Args:
            resource: the list.
            asked: what is asked of it.
            narrowed: what besides must hold of its rows.
            who: tells one `narrowed` from another.
        """
        self._asked += 1
        table = self._store().table(resource.table)
        count = min(asked.count, self._play.max_count or asked.count)
        rows = self._rows(resource, table, asked, narrowed, who)
        start, end = asked.offset, asked.offset + count
        if self._play.ties and asked.sort_field in TIED:
            return Page(self._tied(rows, asked.sort_field, start, end), len(rows))
        return Page(rows[start:end], len(rows))

    def sent(self, resource: Resource, row: Row, flags: Mapping[str, str], language: str) -> Row:
        """A row as it is sent: with what was asked for, in a language."""
        if resource.table == "purchases":
            row = self._purchase(row, flags)
        elif resource.table == "bookings":
            row = {**row, "booking_items": _items(row["booking_items"], flags)}
        return translated(resource.table, row, language)

    def _purchase(self, row: Row, flags: Mapping[str, str]) -> Row:
        hidden = set()
        if not is_on(flags, "purchase_items_extension"):
            hidden.add("purchase_items")
        if not is_on(flags, "include_property_records"):
            hidden.add(PROPERTY_RECORDS)
        name = self._play.property_records
        return {
            name if field == PROPERTY_RECORDS else field: value
            for field, value in row.items()
            if field not in hidden
        }

    def _rows(
        self,
        resource: Resource,
        table: Table,
        asked: Asked,
        narrowed: Predicate | None,
        who: str,
    ) -> Sequence[Record]:
        """All rows that a query wants, in its order."""
        if not asked.wanted and narrowed is None:
            return _Ordered(table, asked)
        order = (asked.sort_field, asked.is_descending)
        which = (resource.table, table.version, who, order, tuple(sorted(asked.wanted.items())))
        known = self._known.get(which)
        if known is None:
            wanted = predicate_of(resource, asked.wanted, self._of_source)
            known = [
                record
                for record in _Ordered(table, asked)
                if wanted(record.row) and (narrowed is None or narrowed(record.row))
            ]
            self._known[which] = known
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return known

    def _tied(self, rows: Sequence[Record], field: str, start: int, end: int) -> Sequence[Record]:
        """A slice in which rows of one second stand in another order each time."""

        def time(place: int) -> object:
            return rows[place].row.get(field)

        last = len(rows)
        start, end = min(start, last), min(end, last)
        first, after = start, end
        while 0 < first < last and time(first - 1) == time(first):
            first -= 1
        while 0 < after < last and time(after) == time(after - 1):
            after += 1
        places = {value: place for place, value in _firsts(rows, field, first, after)}
        mixed = sorted(
            (rows[place] for place in range(first, after)),
            key=lambda r: (places[r.row.get(field)], crc32(f"{self._asked}/{r.key}".encode())),
        )
        return mixed[start - first : end - first]

    def _of_source(self, source: str) -> set[str]:
        records = self._store().table("customer_source_records").records()
        return {r.row["customer_id"] for r in records if r.row["customer_source_id"] == source}


class _Ordered(Sequence[Record]):
    """A table's rows in a query's order, without a copy of them all."""

    def __init__(self, table: Table, asked: Asked) -> None:
        self._is_descending = asked.is_descending
        self._field = asked.sort_field
        self._table = table

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._slice(0, len(self)))

    def __getitem__(self, place):  # type: ignore[no-untyped-def]
        if isinstance(place, slice):
            start, stop, _step = place.indices(len(self))
            return self._slice(start, stop)
        return self._slice(place, place + 1)[0]

    def _slice(self, start: int, stop: int) -> list[Record]:
        size = len(self)
        if self._is_descending:
            start, stop = max(size - stop, 0), max(size - start, 0)
        if self._field:
            found = [record for _value, _moved, record in self._table.by(self._field)[start:stop]]
        else:
            found = list(islice(self._table.records(), start, stop))
        return found[::-1] if self._is_descending else found


def _firsts(
    rows: Sequence[Record], field: str, first: int, after: int
) -> Iterator[tuple[int, object]]:
    """Every value there is in a slice, with the place where it comes first."""
    last: object = object()
    for place in range(first, after):
        value = rows[place].row.get(field)
        if value != last:
            yield place, value
        last = value


def _items(items: object, flags: Mapping[str, str]) -> object:
    """A booking's items; without being asked for there are none [A], alone they lack the ticket."""
    how = flags.get("add_booking_items", NONE)
    if how == NONE or not isinstance(items, list):
        return [] if how == NONE else items
    if how == FULL:
        return items
    left_out = ("booking_ticket", "additional_properties")
    return [{name: v for name, v in each.items() if name not in left_out} for each in items]
