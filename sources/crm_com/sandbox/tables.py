"""The site's tables: the store's, with what is found by what kept at hand.

Names with `$` are what the site knows of a row and does not show: `$account` is the account that
it belongs to, `$submitted` the minute when a purchase came in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sources._sandbox.store import Record, Row, Table, TableKind
from sources.crm_com.sandbox.play import SHUFFLED, STABLE

UPDATED, CREATED = "log_information.updated_date", "log_information.created_date"
Group = Callable[[Row], str | None]


def nested(*path: str) -> Group:
    """A group by the value at a path in the row."""

    def value_of(row: Row) -> str | None:
        value: Any = row
        for name in path:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return None if value is None else str(value)

    return value_of


class ServiceTable(Table):
    """Rows, and groups of them by whatever a list can be filtered by.

    Args:
        kind: what the table is.
        stamp: what a change time says now.
        groups: how rows fall into groups, by the groups' name.
    """

    def __init__(
        self, kind: TableKind, stamp: Callable[[], Any], groups: Mapping[str, Group]
    ) -> None:
        super().__init__(kind, stamp)
        self._stamps = stamp
        self._by = {"number": nested("number"), **groups}
        self._groups: dict[tuple[str, str], dict[str, Record]] = {}

    def insert(self, row: Row) -> Record:
        """Makes a row."""
        record = super().insert(row)
        self._join(record)
        return record

    def update(
        self, key: str, changes: Mapping[str, Any], *, touch: bool = True, at: Any = None
    ) -> Record:
        """Saves a row."""
        record = self.get(key)
        if touch and self.kind.changed and UPDATED not in changes:
            changes = {**changes, UPDATED: self._stamps() if at is None else at}
        if record is None:
            return super().update(key, changes, touch=False)
        self._part(record)
        try:
            return super().update(key, changes, touch=False)
        finally:
            self._join(record)

    def delete(self, key: str) -> None:
        """Deletes a row."""
        record = self.get(key)
        super().delete(key)
        if record is not None:
            self._part(record)

    def restore(self, key: str) -> None:
        """Brings a deleted row back."""
        super().restore(key)
        if (record := self.get(key)) is not None:
            self._join(record)

    def held(self, key: str) -> Row:
        """The row of a key, deleted or not.

        Raises:
            KeyError: there never was one.
        """
        return (self.get(key) or self.deleted[key]).row

    def group(self, name: str, value: str) -> list[Record]:
        """The rows of a group, in no order."""
        return list(self._groups.get((name, value), {}).values())

    def called(self, number: str) -> list[Record]:
        """The rows of a number, of which there should be one."""
        return self.group("number", number)

    def _join(self, record: Record) -> None:
        for group in self._of(record.row):
            self._groups.setdefault(group, {})[record.key] = record

    def _part(self, record: Record) -> None:
        for group in self._of(record.row):
            del self._groups[group][record.key]

    def _of(self, row: Row) -> Iterable[tuple[str, str]]:
        for name, value_of in self._by.items():
            if (value := value_of(row)) is not None:
                yield name, value


def in_order(records: list[Record], order: str, shuffle: Callable[[list[Record]], None]) -> None:
    """Puts rows into the order in which a list shows them where none is promised."""
    if order == SHUFFLED:
        shuffle(records)
    elif order == STABLE:
        records.sort(key=lambda record: record.key)
    else:
        records.sort(key=lambda record: record.moved)
