"""What can be done to any vendor's sandbox from outside, in the language that all of them have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Control = Callable[[str, str, Mapping[str, Any] | None], Any]


@dataclass(frozen=True)
class About:
    """What a vendor's books are like; see `sources._sandbox.books.Books`."""

    routes: Mapping[str, str]
    plant_settings: Mapping[str, str]
    every_table: Mapping[str, str]
    can_delete: bool
    can_stir: bool
    order_promised: bool
    derived: Sequence[str]


class BooksClient:
    """One vendor's books; `RunningSandbox.books` makes one."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def about(self) -> About:
        """What its books are like."""
        return About(**self._control("GET", "/books/about", None))

    def keys(self) -> dict[str, list[str]]:
        """The keys of the documents that a client can see now, by table."""
        keys: dict[str, list[str]] = self._control("GET", "/books/keys", None)
        return keys

    def issued(self) -> list[str]:
        """The tokens that were handed out."""
        tokens: list[str] = self._control("GET", "/books/issued", None)
        return tokens

    def change(self, table: str) -> str:
        """Saves one document of a table, so that its content differs; its key."""
        return self._key("/books/change", {"table": table})

    def make(self, table: str) -> str:
        """Makes one document of a table; its key."""
        return self._key("/books/make", {"table": table})

    def delete(self, table: str, keys: Sequence[str]) -> None:
        """Takes documents away, as if they had never been."""
        self._control("POST", "/books/delete", {"table": table, "keys": list(keys)})

    def plant(self, table: str, field: str, value: object) -> None:
        """From now on every row of a table carries this field."""
        self._control("POST", "/books/plant", {"table": table, "field": field, "value": value})

    def rename(self, table: str, field: str, to: str) -> None:
        """From now on every row of a table writes a field under another name; its own undoes it."""
        self._control("POST", "/books/rename", {"table": table, "field": field, "to": to})

    def stir(self, every: int) -> None:
        """After every so many lists one row is saved, one made and one deleted; 0 is never."""
        self._control("POST", "/books/stir", {"every": every})

    def _key(self, path: str, order: Mapping[str, Any]) -> str:
        key: str = self._control("POST", path, order)["key"]
        return key
