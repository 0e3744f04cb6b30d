"""How rows are written on the wire: with fields that nobody knows, or under other names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = dict[str, Any]


class Written:
    """What is done to the rows of each table before they are sent.

    A field's name is dotted where it is nested; on the way are objects, and arrays, which stand for
    each of their elements.
    """

    def __init__(self) -> None:
        self._planted: dict[str, Row] = {}
        self._renamed: dict[str, dict[str, str]] = {}

    def plant(self, table: str, field: str, value: object) -> None:
        """Every row of the table carries this field; one of that name is replaced."""
        self._planted.setdefault(table, {})[field] = value

    def rename(self, table: str, field: str, to: str) -> None:
        """Every row of the table writes `field` as `to`, in the same place; its own name undoes it.

        Raises:
            ValueError: `to` is a path.
        """
        if "." in to and to != field:
            raise ValueError(f"{field} stays where it is: {to!r} is to be a name")
        self._renamed.setdefault(table, {})[field] = to.rpartition(".")[2]

    def of(self, table: str, row: Row) -> Row:
        """The row as it is sent; the one given stays as it is."""
        for field, to in self._renamed.get(table, {}).items():
            row = _renamed(row, tuple(field.split(".")), to)
        planted = self._planted.get(table)
        return {**row, **planted} if planted else row


def _renamed(value: Any, path: tuple[str, ...], to: str) -> Any:
    if isinstance(value, list):
        return [_renamed(element, path, to) for element in value]
    if not isinstance(value, Mapping):
        return value
    first, *rest = path
    if rest:
        return {
            name: _renamed(part, tuple(rest), to) if name == first else part
            for name, part in value.items()
        }
    return {to if name == first else name: part for name, part in value.items()}
