"""Tables that a sandbox keeps: rows that are made, saved, deleted, restored, and kept sorted.

A vendor says what its tables are (`TableKind`); `Store` does to them what people and tests do.
A row is what the vendor sends, objects and arrays in it included; a name with dots means a field
of an object in it.
"""

from __future__ import annotations

import json
import random
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sources._sandbox.chance import dice

UNIT = "\x1f"
Row = dict[str, Any]
SortValue = tuple[int, Any]


@dataclass(frozen=True, kw_only=True)
class TableKind:
    """What a table is.

    Attributes:
        name: as the vendor's sheet calls it.
        key: the fields that tell its rows apart.
        revised: changes that make a row differ as people would, by (dotted) field.
        renewed: what a new row, made like another, has of its own: its key at least.
        changed: the field that says when a row was saved last; "" where there is none.
        created: the fields that say when a row was made.
    """

    name: str
    key: tuple[str, ...]
    revised: Callable[[Row, random.Random], Mapping[str, Any]]
    renewed: Callable[[Row, random.Random], Mapping[str, Any]]
    changed: str = ""
    created: tuple[str, ...] = ()

    def key_of(self, row: Mapping[str, Any]) -> str:
        """The key of a row as one text."""
        return UNIT.join(str(row[name]) for name in self.key)


@dataclass(slots=True, eq=False)
class Record:
    """A row of a table.

    Attributes:
        number: its place in the order in which rows were made, from 0.
        moved: its place in the order of the last saves of all rows of the table.
    """

    key: str
    row: Row
    number: int
    moved: int


class Table:
    """The rows of one table; `stamp` gives what a change time says now.

    A change to a row that is deleted goes to the deleted row, so that it comes back as it would be.

    Attributes:
        spared: keys of rows that chance leaves alone, since nobody can read them.
    """

    def __init__(self, kind: TableKind, stamp: Callable[[], Any]) -> None:
        self.kind = kind
        self.deleted: dict[str, Record] = {}
        self.spared: set[str] = set()
        self.version = 0
        self._stamp = stamp
        self._records: dict[str, Record] = {}
        self._sorted: dict[str, list[tuple[SortValue, int, Record]]] = {}
        self._made = 0
        self._moves = 0

    def __len__(self) -> int:
        return len(self._records)

    def insert(self, row: Row) -> Record:
        """Makes a row, which from now on belongs to the table.

        Raises:
            KeyError: a field of the key is missing.
            ValueError: there is or was such a row.
        """
        key = self.kind.key_of(row)
        if self.knows(key):
            raise ValueError(f"{self.kind.name} has a row {key!r}")
        record = Record(key, row, self._made, self._moves)
        self._made += 1
        self._moves += 1
        self._records[key] = record
        self._enter(record)
        return record

    def update(
        self, key: str, changes: Mapping[str, Any], *, touch: bool = True, at: Any = None
    ) -> Record:
        """Saves a row.

        Args:
            key: of the row.
            changes: new values, by (dotted) field.
            touch: whether its change time is set.
            at: what its change time says; None is now.

        Raises:
            KeyError: there never was such a row.
            ValueError: the changes would make it another one.
        """
        is_deleted = key in self.deleted
        record = self.deleted[key] if is_deleted else self._records[key]
        row = with_changes(record.row, changes)
        changed = self.kind.changed
        if touch and changed and changed not in changes:
            row[changed] = self._stamp() if at is None else at
        if self.kind.key_of(row) != key:
            raise ValueError(f"{key!r} cannot become another row's key")
        if not is_deleted:
            self._leave(record)
        record.row, record.moved = row, self._moves
        self._moves += 1
        if not is_deleted:
            self._enter(record)
        return record

    def delete(self, key: str) -> None:
        """Deletes a row.

        Raises:
            KeyError: there is no such row.
        """
        record = self.deleted[key] = self._records.pop(key)
        self._leave(record)

    def restore(self, key: str) -> None:
        """Brings a deleted row back, as it is.

        Raises:
            KeyError: it is not deleted.
        """
        record = self._records[key] = self.deleted.pop(key)
        self._enter(record)

    def get(self, key: str) -> Record | None:
        """The row of a key, if there is one."""
        return self._records.get(key)

    def knows(self, key: str) -> bool:
        """Whether there is or was a row of a key."""
        return key in self._records or key in self.deleted

    def records(self) -> Iterable[Record]:
        """The rows, in the order in which they were made or came back."""
        return self._records.values()

    def choices(self) -> list[str]:
        """The keys of the rows that chance may choose from, in the order of `records`."""
        return [key for key in self._records if key not in self.spared]

    def last(self) -> Record | None:
        """The row that was made last."""
        return next(reversed(self._records.values()), None)

    def stamped(self) -> dict[str, Any]:
        """The times of a row that is made now."""
        names = (*self.kind.created, *([self.kind.changed] if self.kind.changed else []))
        return {name: self._stamp() for name in names}

    def by(self, field_name: str) -> Sequence[tuple[SortValue, int, Record]]:
        """The rows sorted by a field of the first level, ascending; of equals the last saved last.

        Kept sorted from the first time it is asked for, so that a page of a long list is a slice.
        """
        known = self._sorted.get(field_name)
        if known is None:
            entries = (_entry(field_name, record) for record in self._records.values())
            known = self._sorted[field_name] = sorted(entries)
        return known

    def _enter(self, record: Record) -> None:
        self.version += 1
        for name, entries in self._sorted.items():
            insort(entries, _entry(name, record))

    def _leave(self, record: Record) -> None:
        self.version += 1
        for name, entries in self._sorted.items():
            value, moved, _record = _entry(name, record)
            del entries[bisect_left(entries, (value, moved))]


class Store:
    """A vendor's tables, and what people and tests do to them.

    The same seed and the same calls change the same rows.
    """

    def __init__(self, vendor: str, seed: int, tables: Iterable[Table]) -> None:
        self.tables = {table.kind.name: table for table in tables}
        self._chance = dice(f"{vendor} changes", seed)

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())

    def table(self, name: str) -> Table:
        """The table of that name.

        Raises:
            ValueError: there is none.
        """
        if name not in self.tables:
            raise ValueError(f"no table {name!r}; there are {sorted(self.tables)}")
        return self.tables[name]

    def change(self, share: float) -> dict[str, list[str]]:
        """Saves a share of the rows of every table with a change time; their keys, by table."""
        changed = {}
        for name, table in self.tables.items():
            if table.kind.changed:
                keys = table.choices()
                chosen = self._chance.sample(keys, round(len(keys) * share))
                for key in chosen:
                    self.amend(table, key)
                changed[name] = sorted(chosen)
        return changed

    def amend(self, table: Table, key: str) -> Record:
        """Saves a row as people do: something in it differs.

        Raises:
            KeyError: there is no such row.
        """
        record = table.get(key)
        if record is None:
            raise KeyError(key)
        return table.update(key, table.kind.revised(record.row, self._chance))

    def amend_one(self, table: Table) -> Record:
        """Saves any row of a table.

        Raises:
            ValueError: it has none.
        """
        keys = table.choices()
        if not keys:
            raise ValueError(f"{table.kind.name} has no rows")
        return self.amend(table, self._chance.choice(keys))

    def make(self, table: Table, fields: Mapping[str, Any]) -> Record:
        """Makes a row like the table's last one, with other `fields` and a key of its own.

        Raises:
            ValueError: there is such a row already, or none to take after.
        """
        last = table.last()
        if last is None:
            raise ValueError(f"{table.kind.name} has no row to make another one like")
        row = with_changes(last.row, table.stamped())
        for _ in range(100):
            fresh = with_changes(row, table.kind.renewed(row, self._chance))
            if not table.knows(table.kind.key_of(fresh)):
                break
        return table.insert(with_changes(fresh, fields))

    def stir(self, table: Table) -> None:
        """Saves a row, makes one and deletes one, as people do while a list is read."""
        keys = table.choices()
        if len(keys) > 1:
            saved, gone = self._chance.sample(keys, 2)
            self.amend(table, saved)
            self.make(table, {})
            table.delete(gone)


def with_changes(row: Row, changes: Mapping[str, Any]) -> Row:
    """A row with other values, by field; `a.b` is the field `b` of the object `a`.

    Nothing of the row itself is changed.
    """
    changed = dict(row)
    for name, value in changes.items():
        first, dot, rest = name.partition(".")
        if dot:
            inner = changed.get(first)
            changed[first] = with_changes(inner if isinstance(inner, dict) else {}, {rest: value})
        else:
            changed[name] = value
    return changed


def sort_value(value: Any) -> SortValue:
    """What a value sorts by: nothing, then numbers, then texts, then everything else."""
    if value is None:
        return (0, 0)
    if isinstance(value, int | float):
        return (1, value)
    if isinstance(value, str):
        return (2, value)
    return (3, json.dumps(value, sort_keys=True))


def _entry(field_name: str, record: Record) -> tuple[SortValue, int, Record]:
    return (sort_value(record.row.get(field_name)), record.moved, record)
