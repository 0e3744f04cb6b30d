"""How far a warehouse reaches: no further than the table that lags behind the most."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from tests.pipelines.deliver_world import NOW, ORDERS, RUN, World, clock_at, made

FILE = "orders_2026-11-23.csv"
EARLY = datetime(2026, 11, 23, 5)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*next(iter(clock_at(NOW).items())))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return made(tmp_path)


def read(world: World, table: str, at: datetime | None) -> None:
    """The published file says that the table was last read to its end then, or never."""
    with duckdb.connect(str(world.places.publish_to / f"warehouse-{RUN}.duckdb")) as db:
        db.execute("insert into ops.runs (run_id, started_at) values ('0', ?)", [EARLY])
        db.execute("delete from ops.freshness where table_name = ?", [table])
        db.execute(
            "insert into ops.freshness (connection, vendor, table_name, last_read_at) "
            "values ('shop', 'shop', ?, ?)",
            [table, at],
        )


def needs(world: World, what: str) -> None:
    world.extract(ORDERS.replace("-- conn", f"-- needs: {what}\n-- conn"))


@pytest.mark.parametrize(
    ("at", "said"),
    [(EARLY, "as of 2026-11-23 05:00 UTC"), (None, "without anything read to its end")],
)
def test_a_table_that_lags_holds_its_connection_back(
    world: World, at: datetime | None, said: str
) -> None:
    """Customers could not be read for days, or never, while orders were."""
    read(world, "customers", at)
    (error,) = world.deliver().errors
    assert f"the warehouse is {said} for shop.customers" in str(error)
    assert world.box.uploads == []
    needs(world, "shop")
    assert "for shop.customers" in str(world.deliver().errors[0])
    needs(world, "shop.orders")
    assert world.deliver().exit_code == 0
    assert world.states() == {FILE: "delivered"}


def test_a_table_that_nothing_is_known_of_holds_its_connection_back(world: World) -> None:
    with duckdb.connect(str(world.places.publish_to / f"warehouse-{RUN}.duckdb")) as db:
        db.execute("delete from ops.freshness where table_name = 'customers'")
    assert "read to its end for shop.customers" in str(world.deliver().errors[0])


@pytest.mark.parametrize("at", [EARLY, None])
def test_a_table_that_need_not_be_read_on_each_run_holds_nothing_back(
    world: World, at: datetime | None
) -> None:
    read(world, "prices", at)
    assert world.deliver().exit_code == 0


def test_a_table_that_is_needed_by_name_counts_however_seldom_it_is_read(world: World) -> None:
    read(world, "prices", EARLY)
    needs(world, "shop.orders, shop.prices")
    assert "as of 2026-11-23 05:00 UTC for shop.prices" in str(world.deliver().errors[0])


def test_a_table_that_there_is_not_cannot_be_needed(world: World) -> None:
    needs(world, "shop.oders")
    ended = world.deliver()
    assert ended.exit_code == 2
    assert "needs 'shop.oders', and there is no such table; shop has orders" in str(ended.errors[0])


def test_a_past_that_is_not_loaded_is_told_of_the_tables_that_are_needed(world: World) -> None:
    with duckdb.connect(str(world.places.publish_to / f"warehouse-{RUN}.duckdb")) as db:
        db.execute(
            "insert into ops.coverage (connection, table_name, backfill_share) "
            "values ('shop', 'orders', 0.5), ('shop', 'prices', 0.25)"
        )
    needs(world, "shop.orders")
    ended = world.deliver()
    assert [note.partition(" so far")[0] for note in ended.notes] == [
        "orders: shop.orders is loaded to 50%"
    ]
