"""What can be done to a vendor whose sandbox keeps tables: its books, and changes to its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

Row = dict[str, Any]
Key = str | int | Sequence[str | int]  # of several fields: in their order
Control = Callable[[str, str, Mapping[str, Any] | None], Any]


class TableBooks:
    """The controls of one vendor's tables; `RunningSandbox.tables` makes one.

    Keys that it answers are texts; those of several fields have U+001F between their parts.
    """

    def __init__(self, control: Control) -> None:
        self._control = control

    def truth(self, table: str | None = None) -> dict[str, Any]:
        """The books: `tables` (rows as sent, by table and key), `deleted` (keys by table)."""
        query = f"?{urlencode({'table': table})}" if table else ""
        books: dict[str, Any] = self._control("GET", f"/truth{query}", None)
        return books

    def rows(self, table: str) -> dict[str, Row]:
        """One table's rows as they would be sent now, by key."""
        rows: dict[str, Row] = self.truth(table)["tables"][table]
        return rows

    def save(self, table: str, key: Key, *, touch: bool = True, **fields: Any) -> Row:
        """Saves a row; the row as it then is. Without `touch` its change date stays as it was."""
        asked = {"table": table, "key": _told(key), "fields": fields, "touch": touch}
        row: Row = self._control("POST", "/save", asked)["row"]
        return row

    def make(self, table: str, **fields: Any) -> Row:
        """Makes a row like the table's last one, with other fields and a key of its own."""
        row: Row = self._control("POST", "/make", {"table": table, "fields": fields})["row"]
        return row

    def delete(self, table: str, keys: Sequence[Key]) -> None:
        """Deletes rows."""
        self._control("POST", "/delete", {"table": table, "keys": [_told(key) for key in keys]})

    def restore(self, table: str, keys: Sequence[Key]) -> None:
        """Brings deleted rows back, as they were."""
        self._control("POST", "/restore", {"table": table, "keys": [_told(key) for key in keys]})

    def change(self, share: float) -> dict[str, list[str]]:
        """Saves a share of the rows of every table with a change date; their keys, by table."""
        changed: dict[str, list[str]] = self._control("POST", "/change", {"share": share})[
            "changed"
        ]
        return changed

    def budget(self) -> dict[str, Any]:
        """What of the call budget was spent, and the most that came at once."""
        spent: dict[str, Any] = self._control("GET", "/budget", None)
        return spent

    def swagger(self) -> dict[str, Any]:
        """The vendor's Swagger document."""
        document: dict[str, Any] = self._control("GET", "/swagger", None)
        return document


def _told(key: Key) -> str | int | list[str | int]:
    return key if isinstance(key, str | int) else list(key)
