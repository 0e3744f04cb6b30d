"""The site's tables: rows that are made, saved, deleted, and listed in an order nobody promised."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from sources._sandbox.chance import dice
from sources._sandbox.written import Written
from sources.cimcloud.sandbox.clock import SiteClock
from sources.cimcloud.sandbox.play import SHUFFLED, STABLE, Play
from sources.cimcloud.sandbox.resources import (
    CREATED,
    MODIFIED,
    Kind,
    Resource,
    Row,
    day_of,
    extra_value,
)

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Predicate = Callable[[Row], bool]


@dataclass(slots=True, eq=False)
class Record:
    """A row of a table.

    Attributes:
        moved: the minute of its last save, whatever its change date says.
        tie: chance that belongs to the row; orders what was saved in the same minute.
        body: the row as it is sent, made once.
    """

    key: str
    row: Row
    moved: int
    tie: int
    body: bytes | None = None


class Table:
    """One resource's rows.

    Dates inside are ISO; `sent` writes them as the site does. A change to a row that is deleted
    goes to the deleted row, so that it comes back as it would be.
    """

    def __init__(self, resource: Resource, play: Play, clock: SiteClock) -> None:
        self.resource = resource
        self.deleted: dict[str, Record] = {}
        self.version = 0
        self.written = Written()
        self._records: dict[str, Record] = {}
        self._play = play
        self._clock = clock
        self._chance = dice("cimcloud order", resource.table, play.seed)
        self._sorted: tuple[int, list[Record]] = (-1, [])
        self._extra = list(resource.extra.values()) if play.extra_fields else []
        declared = [
            *resource.fields.values(),
            *(resource.extra.values() if play.extra_fields else ()),
        ]
        self._names = {field.name: None for field in declared}
        self._blanks = [f.name for f in declared if f.kind in (Kind.TEXT, Kind.DATE)]
        self._days = [f.name for f in declared if f.kind in (Kind.DATE, Kind.TIME)]

    def __len__(self) -> int:
        return len(self._records)

    def insert(self, values: Mapping[str, Any], at: int) -> Record:
        """Makes a row at a minute; what is not told is empty, null or "" as it happens.

        Raises:
            KeyError: a value is for a field that there is not.
            ValueError: there is such a row already.
        """
        if unknown := values.keys() - self._names.keys():
            raise KeyError(*sorted(unknown))
        key = self.resource.key_of(values)
        if key in self._records or key in self.deleted:
            raise ValueError(f"{self.resource.table} has a row {key!r}")
        tie = crc32(f"{self._play.seed}/{self.resource.table}/{key}".encode())
        row: Row = {**self._names, **values}
        for field in self._extra:
            if row[field.name] is None:
                row[field.name] = extra_value(field, key)
        record = Record(key, row, at, tie)
        if self.resource.is_dated:
            stamp = self._clock.stamp(at, tie % 60)
            row[CREATED] = row[CREATED] or stamp
            row[MODIFIED] = row[MODIFIED] or stamp
        for place, name in enumerate(self._blanks):
            if row[name] is None and tie >> place % 31 & 1:
                row[name] = ""
        self._records[key] = record
        self.version += 1
        return record

    def update(
        self, key: str, changes: Mapping[str, Any], at: int, *, touch: bool = True
    ) -> Record:
        """Saves a row at a minute; without `touch` its change date stays, as after an ERP job.

        Raises:
            KeyError: there never was such a row.
        """
        record = self._records.get(key) or self.deleted[key]
        record.row.update(changes)
        record.moved, record.body = at, None
        if touch and self.resource.is_dated and MODIFIED not in changes:
            record.row[MODIFIED] = self._clock.stamp(at, record.tie % 60)
        self.version += 1
        return record

    def delete(self, key: str) -> None:
        """Deletes a row.

        Raises:
            KeyError: there is no such row.
        """
        self.deleted[key] = self._records.pop(key)
        self.version += 1

    def restore(self, key: str) -> None:
        """Brings a deleted row back, as it is.

        Raises:
            KeyError: it is not deleted.
        """
        self._records[key] = self.deleted.pop(key)
        self.version += 1

    def get(self, key: str) -> Record | None:
        """The row of a key, if there is one."""
        return self._records.get(key)

    def has(self, field: str) -> bool:
        """Whether its rows have such a field."""
        return field in self._names

    def knows(self, key: str) -> bool:
        """Whether there is or was a row of a key."""
        return key in self._records or key in self.deleted

    def records(self) -> Iterable[Record]:
        """The rows, in the order in which they came to be."""
        return self._records.values()

    def listed(self) -> list[Record]:
        """The rows in the order in which a list shows them now."""
        if self._play.order == SHUFFLED:
            shuffled = list(self._records.values())
            self._chance.shuffle(shuffled)
            return shuffled
        version, known = self._sorted
        if version != self.version:
            order = _by_key if self._play.order == STABLE else _by_save
            known = sorted(self._records.values(), key=order)
            self._sorted = (self.version, known)
        return known

    def next_key(self, rng: random.Random) -> Row:
        """The key fields of a row that does not exist yet."""
        first, *rest = self.resource.key
        if self.resource.fields[first].kind is Kind.INT:
            numbers = [int(key) for key in (*self._records, *self.deleted) if key.isdecimal()]
            return {first: max(numbers, default=0) + 1}
        return {first: f"NEW-{rng.getrandbits(40):010X}", **dict.fromkeys(rest, "MAIN")}

    def body(self, record: Record) -> bytes:
        """A row as JSON."""
        if record.body is None:
            row = self.sent(record)
            try:
                record.body = _encode(row).encode()
            except UnicodeEncodeError:  # half a surrogate pair: only its escape can be sent
                record.body = json.dumps(row).encode()
        return record.body

    def sent(self, record: Record) -> Row:
        """A row as the site writes it."""
        row = record.row
        if self._play.us_dates:
            days = {name: us_date(row.get(name)) for name in self._days if name in row}
            row = {**row, **days}
        return self.written.of(self.resource.table, row)

    def write_anew(self) -> None:
        """Forgets how rows were written, since they are to be written otherwise."""
        for record in (*self._records.values(), *self.deleted.values()):
            record.body = None


def us_date(value: Any) -> Any:
    """An ISO day or time as M/D/YYYY; anything else as it is."""
    day = day_of(value)
    if day is None or "-" not in value:
        return value
    text = f"{day.month}/{day.day}/{day.year}"
    if len(value) <= 10:
        return text
    hour = int(value[11:13])
    return f"{text} {hour % 12 or 12}{value[13:19]} {'PM' if hour >= 12 else 'AM'}"


def _by_key(record: Record) -> tuple[int, str]:
    return (int(record.key) if record.key.isdecimal() else -1, record.key)


def _by_save(record: Record) -> tuple[int, int, str]:
    return (record.moved, record.tie, record.key)
