"""Declarations that contradict themselves are refused where they are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sources._tables.declare import Child, Column, Kind, Table, VersionBy
from sources._tables.joined import joined


def column(name: str, *within: str, **more: Any) -> Column:
    """A column of text, of its own name on the wire."""
    said: dict[str, Any] = {"wire": name, "kind": Kind.TEXT, "description": "Text."}
    return Column(name=name, within=within, **{**said, **more})


def child(*columns: Column, **more: Any) -> Child:
    """A child table of these columns."""
    said = {"name": "parts", "wire": "parts", "description": "Parts."}
    return Child(columns=columns, **{**said, **more})


def table(*columns: Column, children: tuple[Child, ...] = (), **more: Any) -> Table:
    """A table of these columns besides its key."""
    return Table(
        name="things",
        description="Things.",
        key=("id",),
        version_by=VersionBy.SEEN,
        columns=(column("id", required=True), *columns),
        children=children,
        **more,
    )


def test_names_on_the_wire_are_told_with_dots() -> None:
    declared = table(
        column("zip", "person", "address", aliases=("post_code",)),
        column("name", "person"),
        children=(child(column("price"), aliases=("parts_set",)), child(scalar(), **CODES)),
    )
    assert [c.path for c in declared.columns] == ["id", "person.address.zip", "person.name"]
    assert [c.of_objects for c in declared.children] == [True, False]


def scalar(**more: Any) -> Column:
    """The column of a child table of scalars."""
    return column("code", wire="$", **more)


CODES = {"name": "codes", "wire": "codes"}
Made = Callable[[], object]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: column("a", ""), "names of objects are not empty"),
        (lambda: column("a", "b.c"), "have no dot"),
        (lambda: column("a", "b", wire="c.d"), "has no dot in its name"),
        (lambda: column("a", kind=Kind.JSON, patterns=("%Y",)), "patterns belong to"),
        (
            lambda: table(column("a", "x"), column("b", "x", wire="a")),
            "reads one wire field into two columns: x.a",
        ),
        (lambda: table(column("a", "x"), column("b", "x", aliases=("a",))), "columns: x.a"),
        (lambda: table(column("x"), column("a", "x")), "columns: x"),
        (lambda: table(column("p", "x", wire="y"), column("q", "x", "y")), "columns: x.y"),
        (lambda: table(column("xa", wire="x.a"), column("a", "x")), "columns: x.a"),
        (lambda: table(column("a", "parts"), children=(child(column("b")),)), "columns: parts"),
        (lambda: table(children=(child(column("b"), aliases=("id",)),)), "columns: id"),
        (lambda: table(children=(child(column("b")), child(column("b")))), "columns: parts"),
        (
            lambda: table(children=(child(column("b")), child(column("b"), wire="p"))),
            "a child table of the same name, or two",
        ),
        (
            lambda: table(children=(child(column("b"), name="things"),)),
            "a child table of the same name, or two",
        ),
        (lambda: child(), "has no columns"),
        (lambda: child(column("a"), column("a", wire="b")), "declares a column twice"),
        (lambda: child(column("a"), column("b", wire="a")), "two columns: a"),
        (lambda: child(column("a"), key=("b",)), "every key column is declared"),
        (lambda: child(scalar(), column("a")), "one column read at \\$"),
        (lambda: child(scalar(aliases=("b",))), "one column read at \\$"),
        (lambda: child(scalar(volatile=True)), "without within, volatile or zone"),
        (lambda: child(scalar(kind=Kind.JSON)), "without within, volatile or zone"),
        (lambda: child(scalar(kind=Kind.TIMESTAMP, zone="site")), "without within, volatile"),
        (lambda: child(scalar(), key=("code",)), "neither a key nor"),
        (lambda: child(scalar(), ignored=("a",)), "neither a key nor"),
    ],
    ids=[
        *("object-without-name", "dotted-object", "dotted-field", "json-patterns"),
        *("same-field", "same-alias", "field-and-object", "deeper", "flat-with-dot"),
        *("object-and-array", "array-and-field", "array-twice", "child-twice", "child-as-table"),
        *("no-column", "column-twice", "element-field-twice", "unknown-key", "scalar-and-field"),
        *("scalar-alias", "scalar-volatile", "scalar-json", "scalar-of-the-site", "scalar-key"),
        "scalar-ignored",
    ],
)
def test_is_refused(made: Made, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made()


def test_two_connections_read_a_column_from_one_place() -> None:
    one, other = table(column("a", "x")), table(column("a", "y"))
    with pytest.raises(ValueError, match=r"a is text from 'y\.a', not text from 'x\.a'"):
        joined(one, other)
    assert joined(one, table(column("a", "x"), column("b"))).column("b").path == "b"
    assert joined(one, replace(one)) == one
