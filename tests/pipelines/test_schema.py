"""Declarations that change under a file with rows: migrated, or refused with what to type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

import sources
from pipelines.ledger import columns_of, prepare_ops
from pipelines.project import open_project
from pipelines.schema import Narrowed, hold_keys, prepare_vendor
from pipelines.warehouse import Places
from sources._http.errors import Misconfigured
from sources._tables.declare import Column, Kind, Table

ORDERS = sources.load("cienapps").table("orders")
FILLED = """
    insert into cienapps.orders (connection, _key, sync_id, order_number, customer_last_name,
        due_on) values ('cien', 'cien' || chr(31) || '7', 9007199254740993, '7', '{}',
        '2024-02-29')"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = open_project(tmp_path).places
    found.prepare()
    return found


def _file(places: Places, table: Table = ORDERS, name: str = "12.70") -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(":memory:")
    prepare_ops(db)
    _prepare(db, places, table)
    db.execute(FILLED.format(name))
    return db


def _prepare(db: duckdb.DuckDBPyConnection, places: Places, table: Table) -> list[str]:
    return prepare_vendor(db, "cien", "cienapps", (table,), places)


def _with(column: str, change: Callable[[Column], Column]) -> Table:
    columns = tuple(change(c) if c.name == column else c for c in ORDERS.columns)
    return replace(ORDERS, columns=columns)


def _as(kind: Kind) -> Callable[[Column], Column]:
    return lambda column: replace(column, kind=kind, patterns=())


def test_the_same_declarations_change_nothing(places: Places) -> None:
    assert _prepare(_file(places), places, ORDERS) == []


def test_an_added_column_is_there_and_told_with_what_fills_it(places: Places) -> None:
    db = _file(places)
    more = Column(name="colour", wire="Colour", kind=Kind.TEXT, description="Its colour.")

    (said,) = _prepare(db, places, replace(ORDERS, columns=(*ORDERS.columns, more)))

    assert "orders has colour from now on" in said
    assert "penstock archive replay cien --tables orders" in said
    assert db.execute("select colour, order_number from cienapps.orders").fetchall() == [(None, 7)]


def test_a_removed_column_keeps_what_it_held(places: Places) -> None:
    db = _file(places)

    fewer = tuple(c for c in ORDERS.columns if c.name != "customer_last_name")
    assert _prepare(db, places, replace(ORDERS, columns=fewer)) == []

    assert db.execute("select customer_last_name from cienapps.orders").fetchall() == [("12.70",)]


@pytest.mark.parametrize(
    ("column", "kind", "before", "after"),
    [
        ("due_on", Kind.TIMESTAMP, "DATE", "2024-02-29 00:00:00"),
        ("due_on", Kind.TEXT, "DATE", "2024-02-29"),
        ("sync_id", Kind.TEXT, "BIGINT", "9007199254740993"),
        ("customer_last_name", Kind.INTEGER, "VARCHAR", "7"),
    ],
    ids=["day-to-time", "day-to-text", "number-to-text", "text-that-is-numbers"],
)
def test_a_type_that_holds_what_is_stored_is_migrated(
    places: Places, column: str, kind: Kind, before: str, after: str
) -> None:
    db = _file(places, name="7")

    (said,) = _prepare(db, places, _with(column, _as(kind)))

    assert said == f"orders.{column} is {kind.value} from now on (was {before})"
    assert db.execute(f"select {column}::varchar from cienapps.orders").fetchall() == [(after,)]


@pytest.mark.parametrize(
    ("column", "kind", "lost"),
    [
        ("sync_id", Kind.DECIMAL, "9007199254740993"),
        ("customer_last_name", Kind.DECIMAL, "12.70"),
        ("customer_last_name", Kind.DATE, "12.70"),
        ("sync_id", Kind.FLAG, "9007199254740993"),
    ],
    ids=["beyond-the-digits", "trailing-nought", "no-day", "no-flag"],
)
def test_a_type_that_would_lose_a_value_is_refused(
    places: Places, column: str, kind: Kind, lost: str
) -> None:
    db = _file(places)
    before = columns_of(db, "cienapps", "orders")

    with pytest.raises(Narrowed) as refused:
        _prepare(db, places, _with(column, _as(kind)))

    assert lost in str(refused.value)
    assert "penstock archive replay cien --tables orders --retype" in str(refused.value)
    assert columns_of(db, "cienapps", "orders") == before


def test_a_key_that_changes_is_refused(places: Places) -> None:
    db = _file(places)
    hold_keys(db, "cien", "cienapps", (ORDERS,))
    hold_keys(db, "cien", "cienapps", (ORDERS,))

    with pytest.raises(Misconfigured, match="every row would be there twice"):
        hold_keys(db, "cien", "cienapps", (replace(ORDERS, key=("sync_id",)),))
