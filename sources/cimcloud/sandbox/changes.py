"""What tests and other people do to the site's rows: small changes that keep the books in order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sources._sandbox.chance import dice
from sources.cimcloud.sandbox.catalogue import names
from sources.cimcloud.sandbox.clock import SiteClock
from sources.cimcloud.sandbox.distributor import Distributor
from sources.cimcloud.sandbox.resources import CREATED, MODIFIED, Kind, Row, day_of, money
from sources.cimcloud.sandbox.store import Record, Table

COUNTED = {"inventory_levels": "quantity_on_hand", "product_prices": "price"}  # without a note
_REVISION = re.compile(r"(.*?)(?: REV (\d+))?", re.DOTALL)


class Changes:
    """Saves, makes and deletes rows; the same seed and calls change the same rows."""

    def __init__(self, distributor: Distributor, clock: SiteClock, seed: int) -> None:
        self._distributor = distributor
        self._clock = clock
        self._chance = dice("cimcloud changes", seed)

    def table(self, name: str) -> Table:
        """The table of that name.

        Raises:
            ValueError: there is none.
        """
        tables = self._distributor.tables
        if name not in tables:
            raise ValueError(f"no table {name!r}; there are {sorted(tables)}")
        return tables[name]

    def change(self, share: float) -> dict[str, list[str]]:
        """Saves a share of the rows of every table with a change date; their keys, by table."""
        changed = {}
        for name, table in self._distributor.tables.items():
            if table.resource.is_dated:
                keys = sorted(record.key for record in table.records())
                chosen = self._chance.sample(keys, round(len(keys) * share))
                for key in chosen:
                    self._amend(table, key)
                changed[name] = sorted(chosen)
        return changed

    def make(self, table: Table, fields: Mapping[str, Any]) -> Record:
        """Makes a row like the table's last one, with other `fields` and a key of its own.

        Fields that the table does not have are the row's alone.

        Raises:
            ValueError: there is such a row already.
        """
        last = next(reversed(list(table.records())), None)
        row: Row = dict(last.row) if last else {}
        for name in (CREATED, MODIFIED):
            row.pop(name, None)
        known = {name: value for name, value in fields.items() if table.has(name)}
        values = {**row, **table.next_key(self._chance), **known}
        record = table.insert({n: v for n, v in values.items() if table.has(n)}, self._clock.now)
        record.row.update(fields)
        return record

    def save(self, table: Table, key: str, fields: Mapping[str, Any], *, touch: bool) -> Record:
        """Saves a row.

        Raises:
            KeyError: there is no such row.
            ValueError: the fields would make it another one.
        """
        record = table.get(key)
        if record is None:
            raise KeyError(key)
        if table.resource.key_of({**record.row, **fields}) != key:
            raise ValueError(f"{key!r} cannot become another row's key")
        return table.update(key, fields, self._clock.now, touch=touch)

    def amend_one(self, table: Table) -> str:
        """Changes the content of one row of a table; its key.

        Raises:
            ValueError: no row of it can be changed.
        """
        records = sorted(table.records(), key=lambda record: record.key)
        for record in self._chance.sample(records, len(records)):
            changes = self._amended(table, record)
            if any(record.row[name] != value for name, value in changes.items()):
                table.update(record.key, changes, self._clock.now)
                return record.key
        raise ValueError(f"no row of {table.resource.table} can be changed")

    def stir(self, table: Table) -> None:
        """Saves a row, makes one and deletes one, as people do while a list is read."""
        keys = sorted(record.key for record in table.records())
        if len(keys) > 1:
            saved, gone = self._chance.sample(keys, 2)
            self._amend(table, saved)
            self.make(table, {})
            table.delete(gone)

    def _amend(self, table: Table, key: str) -> None:
        """Changes the one field of a row on which nothing else hangs, if it has one."""
        record = table.get(key)
        if record is None:
            raise KeyError(key)
        table.update(
            key, self._amended(table, record) if table.resource.note else {}, self._clock.now
        )

    def _amended(self, table: Table, record: Record) -> Row:
        note = table.resource.note
        if not note:
            field = COUNTED[table.resource.table]
            old = record.row[field]
            return {
                field: old + 1 if isinstance(old, int) else money(self._chance.randrange(10**6))
            }
        kind, old = table.resource.fields[note].kind, record.row[note]
        return {note: _next_day(old) if kind is Kind.DATE else _revised(note, old)}


def _next_day(old: object) -> object:
    day = day_of(old)
    return old if day is None else (day + timedelta(days=1)).isoformat()


def _revised(note: str, old: object) -> str:
    if note == "sales_rep":
        reps = names()["reps"]
        return str(reps[(reps.index(old) + 1) % len(reps)] if old in reps else reps[0])
    found = _REVISION.fullmatch(str(old or ""))
    text, revision = found.groups() if found else ("", None)
    return f"{text} REV {int(revision or 0) + 1}".strip()
