"""Rows as they are sent: without what the site keeps to itself, and with what tests did to them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sources._sandbox.store import Record, Row
from sources._sandbox.written import Written

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_MOST_REMEMBERED = 200_000
# what the vendor's other documents show of tables for which the sheet has no fields [P]
EXTRA: Mapping[str, tuple[str, ...]] = {
    "leads": ("probability_to_win", "target_amount"),
    "activities": ("start_date",),
    "subscriptions": ("first_activated_date",),
    "provisioning_requests": ("scheduled_date", "executed_date", "reference_number"),
}


class Pages:
    """Writes rows, and remembers them as long as they stay as they are.

    Args:
        children: where in a table's rows a child table is: its table and the array's name.
        is_extended: whether rows have the fields of `EXTRA`.
    """

    def __init__(self, children: Mapping[str, tuple[str, str]], *, is_extended: bool) -> None:
        self._hidden = {} if is_extended else EXTRA
        self._children = children
        self._written = Written()
        self._planted: dict[tuple[str, str], Row] = {}
        self._known: dict[tuple[str, str, tuple[str, ...]], tuple[Row, bytes]] = {}

    def plant(self, table: str, field: str, value: object) -> None:
        """From now on every row of a table, or child table, carries this field."""
        self._known.clear()
        if table in self._children:
            self._planted.setdefault(self._children[table], {})[field] = value
        else:
            self._written.plant(table, field, value)

    def rename(self, table: str, field: str, to: str) -> None:
        """From now on every row of a table, or child table, writes a field under another name."""
        self._known.clear()
        if table in self._children:
            table, array = self._children[table]
            to = f"{array}.{to}" if to == field else to
            field = f"{array}.{field}"
        self._written.rename(table, field, to)

    def sent(self, table: str, row: Row) -> Row:
        """A row as the site writes it."""
        hidden = self._hidden.get(table, ())
        shown = {
            name: value
            for name, value in row.items()
            if not name.startswith("$") and name not in hidden
        }
        for (parent, array), fields in self._planted.items():
            if parent == table:
                shown[array] = [{**element, **fields} for element in shown[array]]
        return self._written.of(table, shown)

    def row(self, table: str, record: Record, fields: tuple[str, ...]) -> bytes:
        """A row as JSON; of `fields`, if any are wanted, those that it has."""
        which = (table, record.key, fields)
        known = self._known.get(which)
        if known is not None and known[0] is record.row:
            return known[1]
        row = self.sent(table, record.row)
        if fields:
            row = {field: row[field] for field in fields if field in row}
        try:
            body = _encode(row).encode()
        except UnicodeEncodeError:  # half a surrogate pair: only its escape can be sent
            body = json.dumps(row).encode()
        if len(self._known) > _MOST_REMEMBERED:
            self._known.clear()
        self._known[which] = (record.row, body)
        return body
