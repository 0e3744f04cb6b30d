"""The club's desk: gives ids and writes into the project's tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from zlib import crc32

from sources._sandbox.store import Row, Store, Table
from sources.carecloud.sandbox.clock import ProjectClock
from sources.carecloud.sandbox.resources import ID_DIGITS, Resource

ABSENT = object()  # the value of a field that a row does not have at all
ACTIVE, NOT_ACTIVE, DELETED = 1, 2, 0


class Desk:
    """Writes rows at moments of the past; what is made now goes through the store alone.

    Attributes:
        seed: of all that is chance.
        clock: the project's.
        store: where the rows are.
    """

    def __init__(self, declared: Mapping[str, Resource], clock: ProjectClock, seed: int) -> None:
        self.seed = seed
        self.clock = clock
        self.store = Store("carecloud", seed, self._tables(declared.values()))
        self._fields = {name: dict.fromkeys(each.fields) for name, each in declared.items()}
        self._ids: dict[tuple[object, ...], str] = {}

    def id(self, *what: object) -> str:
        """The id of something: 26 hexadecimal digits, always the same."""
        known = self._ids.get(what)
        if known is None:
            text = "/".join(map(str, ("carecloud", self.seed, *what)))
            known = hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]
            self._ids[what] = known
        return known

    def insert(self, table: str, at: int, **values: Any) -> Row:
        """Makes a row at a moment.

        Raises:
            KeyError: a value is for a field that there is not.
        """
        fields = self._fields[table]
        if unknown := values.keys() - fields.keys():
            raise KeyError(*sorted(unknown))
        row = {**fields, **values}
        changed = self.store.tables[table].kind.changed
        if changed and row[changed] is None:
            row[changed] = stamp_of(table, self.clock.text(at))
        for name in [name for name, value in row.items() if value is ABSENT]:
            del row[name]
        self.store.tables[table].insert(row)
        return row

    def update(self, table: str, key: str, at: int, changes: Mapping[str, Any]) -> None:
        """Saves a row at a moment, if it is still there: tests delete rows."""
        rows = self.store.tables[table]
        if rows.knows(key):
            rows.update(key, changes, at=stamp_of(table, self.clock.text(at)))

    def row(self, table: str, key: str) -> Row | None:
        """A row as it is now; None where there is none."""
        record = self.store.tables[table].get(key)
        return None if record is None else record.row

    def _tables(self, declared: Iterable[Resource]) -> Iterable[Table]:
        for each in declared:
            yield Table(each.kind, self._stamp(each.table))

    def _stamp(self, table: str) -> Any:
        return lambda: stamp_of(table, self.clock.saved_now())


def stamp_of(table: str, text: str) -> str:
    """A moment as a table's change time says it: product groups show five digits of a second."""
    return f"{text}.{crc32(text.encode()) % 100_000:05}" if table == "product_groups" else text


def money(cents: int) -> float | int:
    """An amount as the API writes it: a JSON number, without a fraction where there is none."""
    return cents // 100 if cents % 100 == 0 else cents / 100
