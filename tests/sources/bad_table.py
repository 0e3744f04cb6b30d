"""A table with one of everything, a good row of it, and hostile ones beside that."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sources._tables import slices
from sources._tables.declare import Child, Column, Kind, Table, VersionBy
from sources._tables.page import Page
from sources._tables.typer import Typed, Typer

AT = datetime(2024, 1, 8, 12)
GOOD = '{"Id": "good", "Part": "1", "Number": 1, "Amount": 1.5}'


def _column(name: str, kind: Kind, **more: Any) -> Column:
    return Column(name=name, wire=name.title(), kind=kind, description=f"a {name}", **more)


TABLE = Table(
    name="things",
    description="One of everything.",
    key=("id", "part"),
    version_by=VersionBy.NUMBER,
    version="number",
    queue="notifications",
    columns=(
        _column("id", Kind.TEXT, required=True),
        _column("part", Kind.TEXT, required=True),
        _column("number", Kind.INTEGER, required=True),
        _column("amount", Kind.DECIMAL),
        _column("flag", Kind.FLAG),
        _column("day", Kind.DATE),
        _column("moment", Kind.TIMESTAMP, zone="site"),
        _column("free", Kind.JSON),
        _column("field", Kind.TEXT, within=("Inner",)),
        _column("f", Kind.TEXT, within=("Inner",)),
    ),
    children=(
        Child(
            name="lines",
            wire="Lines",
            description="Lines.",
            columns=(_column("price", Kind.DECIMAL), _column("f", Kind.TEXT)),
        ),
        Child(
            name="numbers",
            wire="Numbers",
            description="Numbers.",
            columns=(Column(name="n", wire="$", kind=Kind.INTEGER, description="a number"),),
        ),
    ),
)


def row(**fields: str) -> str:
    """A row beside the good one; values are JSON as they come."""
    said = {"Id": '"x"', "Part": '"1"', "Number": "2"} | fields
    return "{" + ", ".join(f'"{name}": {value}' for name, value in said.items()) + "}"


def read(reader: Typer, *rows: str) -> Typed:
    page = Page(
        table="things",
        body=("[" + ", ".join(rows) + "]").encode("utf-8", "surrogatepass"),
        received_at=AT,
        request="GET /things",
        page_id="p",
    )
    return reader.type_pages(TABLE, [page], "w")


def beside_a_good_one(reader: Typer, bad: str) -> str:
    """Why a row is in quarantine; the good one beside it is typed, and its own text is kept."""
    typed = read(reader, GOOD, bad)
    assert typed.rows["_key"].to_pylist() == ["c\x1fgood\x1f1"]
    assert typed.rows["amount"].to_pylist() == [Decimal("1.5000")]
    assert typed.received == 2
    assert len(set(typed.quarantine["row_number"].to_pylist())) == 1
    (first, *_) = typed.quarantine.to_pylist()
    assert (first["row_number"], first["raw"]) == (1, slices.readable(bad))
    return str(first["reason"])


def nested(levels: int, opens: str = "[", closes: str = "]") -> str:
    return opens * levels + "1" + closes * levels
