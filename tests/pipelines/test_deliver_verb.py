"""`penstock deliver`: which periods, from which warehouse, and what it says."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console
from typer.testing import CliRunner

from pipelines import show, status
from pipelines.cli import app
from pipelines.deliver.reach import published
from pipelines.deliver.show import report
from pipelines.lock import Busy, run_lock
from pipelines.release import fingerprint
from sources._http.errors import Misconfigured, PenstockError
from tests.pipelines.deliver_world import NOW, ORDERS, World, clock_at, made, publish

FILE = "orders_2026-11-23.csv"
NEXT_DAY = datetime(2026, 11, 25, 6)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*next(iter(clock_at(NOW).items())))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return made(tmp_path)


def later(world: World, monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    """Time passes, and a run publishes."""
    monkeypatch.setenv(*next(iter(clock_at(at).items())))
    publish(world, as_of=at, run=f"000009-{at:%Y%m%dT%H%M%S}-abcd")


def shown(said: Any) -> str:
    out = io.StringIO()
    report(Console(file=out, width=160, color_system=None), said)
    return out.getvalue()


def test_it_says_what_it_did(world: World) -> None:
    text = shown(world.deliver())
    assert "shop" in text
    assert f"{FILE}: the vendor took it, and lists it with 44 bytes" in text
    assert text.endswith("1 delivered\n")
    assert shown(world.deliver()) == "nothing is due\n"


def test_a_dry_run_sends_and_records_nothing(world: World) -> None:
    text = shown(world.deliver(is_dry=True))
    assert f"shop: {FILE} for 2026-11-23, 1 rows, 44 bytes" in text
    assert "  number | made_on | amount\n  23 | 2026-11-23 | 12.5000\n" in text
    assert "nothing was" in text
    assert (world.box.uploads, world.states(), world.outgoing) == ([], {}, [])


def test_a_dry_run_tells_what_would_be_settled_first(world: World) -> None:
    world.box.set(next=["is not reached"])
    world.deliver()
    assert f"{FILE} is prepared" in shown(world.deliver(is_dry=True))
    assert world.states() == {FILE: "prepared"}


def test_every_day_that_was_missed_is_sent_in_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deliver()
    later(world, monkeypatch, datetime(2026, 11, 27, 6))
    world.deliver()
    days = [name[7:17] for name, _ in world.box.uploads]
    assert days == ["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26"]


def test_a_day_that_is_asked_for_opens_no_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deliver("orders", period="2026-11-01")
    later(world, monkeypatch, NEXT_DAY)
    world.deliver()
    assert [name[7:17] for name, _ in world.box.uploads] == ["2026-11-01", "2026-11-24"]


def test_a_day_that_was_sent_is_not_sent_again(world: World) -> None:
    world.deliver()
    again = world.deliver("orders", period="2026-11-23")
    assert again.exit_code == 0
    assert "was delivered on 2026-11-24 06:00 UTC, and is sent once only" in shown(again)
    assert len(world.box.uploads) == 1


def test_a_warehouse_that_does_not_reach_the_end_is_not_sent(tmp_path: Path) -> None:
    world = made(tmp_path, as_of=datetime(2026, 11, 23, 23, 59))
    ended = world.deliver()
    assert ended.exit_code == 1
    assert "the warehouse is as of 2026-11-23 23:59 UTC for shop" in shown(ended)
    assert "Next: penstock run" in shown(ended)
    assert world.box.uploads == []


def test_every_connection_is_to_reach_the_end_unless_the_extract_says_which(
    world: World,
) -> None:
    world.connections = ("shop", "west")
    ended = world.deliver()
    assert "the warehouse is without anything read to its end for west" in shown(ended)
    world.extract(ORDERS.replace("-- conn", "-- needs: shop\n-- conn"))
    assert world.deliver().exit_code == 0
    world.extract(ORDERS.replace("-- conn", "-- needs: east\n-- conn"), name="z")
    assert "needs 'east', and there is no such connection" in shown(world.deliver())


def test_a_run_that_brought_nothing_reaches_further(world: World) -> None:
    """It read, and would have built the same file; of an older one it says nothing."""
    early = datetime(2026, 11, 23, 5)
    for run in ("000002-r", "000003-r"):
        publish(world, as_of=early, run=run)
    with duckdb.connect(str(world.places.raw)) as db:
        db.execute(
            "insert into ops.publications values ('000003-r', '', null, ?)",
            [fingerprint(db, world.places)],
        )
        db.execute("insert into ops.runs (run_id, started_at) values ('3', ?)", [NOW])
        db.execute(
            "insert into ops.freshness (connection, table_name, last_read_at) "
            "values ('shop', 'orders', ?)",
            [NOW],
        )
        orders, customers = ("shop", "orders"), ("shop", "customers")
        assert published(db, world.places).reach == {orders: NOW, customers: early}

        world.places.published.unlink()
        world.places.published.symlink_to("warehouse-000002-r.duckdb")
        rolled_back = published(db, world.places)
        assert rolled_back.reach == {orders: early, customers: early}

        world.places.published.unlink()
        world.places.published.symlink_to("warehouse-000003-r.duckdb")
        db.execute("update ops.publications set fingerprint = 'another'")
        something_came = published(db, world.places)
        assert something_came.reach == {orders: early, customers: early}


def test_an_extract_that_fails_does_not_stop_the_others(world: World) -> None:
    world.extract("-- connection: shop\nselect nothing", name="a")
    world.extract(ORDERS, name="z")
    ended = world.deliver()
    assert ended.exit_code == 1
    assert [name for name, _ in world.box.uploads] == [FILE, "z_2026-11-23.csv"]
    assert "2 delivered, 1 not" in shown(ended)


def test_two_extracts_never_share_a_name(world: World) -> None:
    world.extract(ORDERS.replace("-- conn", "-- file: ORDERS_{period}.csv\n-- conn"), name="z")
    ended = world.deliver()
    assert "is the name of orders for 2026-11-23" in shown(ended)
    assert len(world.box.uploads) == 1


def test_equal_files_wait_for_each_other(world: World) -> None:
    """Two extracts with the same bytes: the one that is sent leaves the other's."""
    world.extract(ORDERS, name="a")
    world.box.set(next=["is not reached", "takes"])
    world.deliver()
    assert len(world.outgoing) == 1
    assert world.deliver().exit_code == 0
    assert len(world.box.uploads) == 2
    assert world.outgoing == []


def test_bytes_that_are_gone_are_made_anew_only_where_nothing_was_sent(world: World) -> None:
    world.box.set(next=["is not reached"])
    world.deliver()
    (world.places.outgoing / world.outgoing[0]).unlink()
    assert world.deliver().exit_code == 0
    assert len(world.box.uploads) == 1


def test_an_extract_that_is_gone_is_settled_all_the_same(world: World) -> None:
    world.box.set(next=["is not reached"])
    world.deliver()
    (world.folder / "deliveries" / "orders.sql").unlink()
    assert world.deliver().exit_code == 0
    assert world.states() == {FILE: "delivered"}


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"settle": "sent"}, "needs one extract"),
        ({"name": "orders", "period": "2026-11-23", "settle": "maybe"}, "sent and again"),
        ({"period": "2026-11-23"}, "needs one extract"),
        ({"name": "nothing"}, "there is no extract 'nothing'"),
    ],
)
def test_what_cannot_be_asked(world: World, wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        world.deliver(**wanted)


def test_a_run_goes_first(world: World) -> None:
    with run_lock(world.places), pytest.raises(Busy):
        world.deliver()


def test_without_a_warehouse_there_is_nothing_to_send(world: World) -> None:
    world.places.published.unlink()
    with pytest.raises(PenstockError, match="nothing is published yet"):
        world.deliver()


def test_status_tells_what_is_open(world: World) -> None:
    world.places.status.write_text(json.dumps({
        "as_of": "2026-11-24T05:00:00", "tables": [],
        "last_run": {"run_id": "r", "outcome": "published", "exit_code": 0},
    }))  # fmt: skip
    world.box.set(next=["loses it"])
    world.deliver()
    out = io.StringIO()
    show.status_table(Console(file=out, width=160, color_system=None), status.read(world.places))
    assert f"shop: {FILE} (orders, 2026-11-23) is unsettled: its answer was lost" in out.getvalue()
    world.deliver("orders", period="2026-11-23", settle="again")
    assert status.read(world.places)["deliveries"] == []


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["deliver", "--project", str(tmp_path)])
    assert isinstance(ended.exception, Misconfigured)
    assert "deliveries/NAME.sql" in str(ended.exception)
