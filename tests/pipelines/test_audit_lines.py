"""What is asked of a child table whose elements have a key of their own."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from pipelines.audit.base import base_facts
from pipelines.audit.checks import Fact, Severity
from pipelines.audit.relations import Relations
from sources._tables.declare import Child, Column, Kind, Table, VersionBy


def _column(name: str, **more: Any) -> Column:
    return Column(name=name, wire=name, kind=Kind.INTEGER, description="It.", **more)


LINES = Child(
    name="lines",
    wire="lines",
    description="Lines.",
    key=("place", "half"),
    columns=(_column("place"), _column("half"), _column("price")),
)
SALES = Table(
    name="sales_of_toys",
    description="Sales.",
    key=("number",),
    version_by=VersionBy.SEEN,
    columns=(_column("number", required=True),),
    children=(LINES,),
)


def _fact() -> Fact:
    (fact,) = (f for f in base_facts("toyland", (SALES,)) if f.name == "element_key_unique")
    return fact


@pytest.mark.parametrize(
    ("lines", "failing"),
    [
        ("('k1', 1, 1, 1, 1), ('k1', 1, 2, 1, 2), ('k2', 2, 1, 1, 1)", []),
        ("('k1', 1, 1, 1, 1), ('k1', 1, 2, 1, 1)", [(1, 1), (1, 2)]),
        ("('k1', 1, 1, 1, null), ('k1', 1, 2, 1, null)", []),
    ],
    ids=["unique", "twice", "without-a-key"],
)
def test_elements_with_one_key_are_told(lines: str, failing: list[tuple[int, int]]) -> None:
    with duckdb.connect() as db:
        db.execute("create schema toyland")
        db.execute(
            "create table toyland.lines (_key text, number int, line_number int, place int,"
            " half int, connection text default 'c')"
        )
        db.execute(f"insert into toyland.lines by position select *, 'c' from (values {lines})")
        found = db.execute(_fact().failing).fetchall()
    assert [row[1:3] for row in found] == failing


def test_it_is_a_warning_and_fits_the_tables() -> None:
    assert _fact().severity is Severity.WARNING
    assert Relations("toyland", [SALES], []).objections(_fact()) == []


def test_a_check_may_name_what_is_unknown_of_a_line() -> None:
    said = Fact(
        name="discount",
        vendor="toyland",
        table="lines",
        severity=Severity.WARNING,
        means="A line has a discount.",
        failing="select number from toyland.lines where unknown_fields ->> 'discount' is not null",
    )
    assert Relations("toyland", [SALES], []).objections(said) == []
