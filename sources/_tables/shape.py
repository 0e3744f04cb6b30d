"""What is read of one JSON object a row: a table's rows, or the elements of a child table.

Both are typed by the same statements; a shape says on which relations, and what in them is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from sources._tables.declare import Child, Column, Table
from sources._tables.quoting import identifier

Path = tuple[str, ...]  # names from the row's own object to a field


@dataclass(frozen=True)
class Shape:
    """The declared fields of one kind of object.

    Attributes:
        name: of the child table; empty for the table itself.
        columns: the declared columns.
        children: the arrays inside.
        ignored: fields known and not kept, with dots between names.
        mark: what stands before a field's name when people are told: "purchase_items[].".
        key: of the table; empty for elements.
    """

    name: str
    columns: tuple[Column, ...]
    children: tuple[Child, ...] = ()
    ignored: tuple[str, ...] = ()
    mark: str = ""
    key: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The columns that identify a row of the shape's relations."""
        return "page_id, row_number" + (", line_number" if self.name else "")

    def relation(self, step: str) -> str:
        """The temporary relation of a step ("split", "texts", "cells"), quoted."""
        return identifier(f"{step} {self.name}" if self.name else step)

    @cached_property
    def objects(self) -> tuple[Path, ...]:
        """The objects that hold columns, outermost first; never the row itself."""
        found = {c.within[:depth] for c in self.columns for depth in range(1, len(c.within) + 1)}
        return tuple(sorted(found, key=lambda path: (len(path), path)))

    def within(self, path: Path) -> tuple[Column, ...]:
        """The columns that are read somewhere inside an object."""
        return tuple(c for c in self.columns if c.within[: len(path)] == path)

    @cached_property
    def _known(self) -> frozenset[Path]:
        fields = {(*c.within, wire) for c in self.columns for wire in c.wires}
        arrays = {(wire,) for child in self.children for wire in child.wires}
        return frozenset(fields | arrays | set(self.objects))

    def known_at(self, place: Path) -> list[str]:
        """The names of fields at a place that are declared or ignored, sorted."""
        before = "".join(f"{name}." for name in place)
        known = {path[-1] for path in self._known if path[:-1] == place}
        known |= {i.removeprefix(before) for i in self.ignored if i.startswith(before)}
        return sorted(known)

    def unknown(self, paths: Iterable[Path]) -> list[Path]:
        """Those of the paths that are neither declared nor ignored, sorted."""
        return sorted(
            path for path in paths if path not in self._known and ".".join(path) not in self.ignored
        )

    def called(self, path: Path) -> str:
        """A field as people are told of it: `purchase_items[].discount`."""
        return self.mark + ".".join(path)


@dataclass(frozen=True)
class Unknown:
    """Fields that came and are neither declared nor ignored.

    Attributes:
        shape: of the object that has them.
        paths: to each of them; not to all where they are many.
        are_many: more than are looked up one by one.
    """

    shape: Shape
    paths: tuple[Path, ...]
    are_many: bool


def rows_of(table: Table) -> Shape:
    """The shape of a table's rows."""
    return Shape("", table.columns, table.children, table.ignored, key=table.key)


def elements_of(child: Child) -> Shape:
    """The shape of a child table's elements, which are objects."""
    return Shape(child.name, child.columns, (), child.ignored, f"{child.wire}[].")
