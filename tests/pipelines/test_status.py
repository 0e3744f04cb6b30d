"""What `warehouse.status.json` and `penstock status` say of tables that are still being loaded."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from pipelines.ledger import prepare_ops
from pipelines.show import status_table
from pipelines.status import collect
from pipelines.warehouse import Places

PUBLISHED = """
create schema shop; create schema ops;
create table shop.orders as select 'shop' as connection from range(3);
create table ops.unmapped_steps (step varchar)"""
STATE = """
insert into ops.freshness by name select 'shop' as connection, 'shop' as vendor,
    unnest(['orders', 'credits']) as table_name, timestamp '2025-03-10 07:00' as last_change_at;
insert into ops.coverage by name select 'shop' as connection, 'shop' as vendor, * from (values
    ('orders', timestamp '2025-03-03', 0.617, timestamp '2025-03-12 14:00', 'left to sweeps'),
    ('shipments', null, 0.0, null, null), ('credits', timestamp '2000-01-01', 1.0, null, null)
) as t(table_name, complete_since, backfill_share, expected_at, note)"""
RUN = {"run_id": "r1", "outcome": "landed", "exit_code": 0}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = Places(tmp_path, tmp_path / "data", tmp_path / "work")
    found.prepare()
    return found


@pytest.fixture
def said(places: Places) -> Iterator[Mapping[str, Any]]:
    """The status of a run that has begun to load three tables."""
    with duckdb.connect(str(places.published)) as published:
        published.execute(PUBLISHED)
    with duckdb.connect(str(places.raw)) as db:
        prepare_ops(db)
        db.execute(STATE)
        yield collect(db, places, RUN, None, None)


def test_a_table_says_how_far_it_is(said: Mapping[str, Any]) -> None:
    orders = next(row for row in said["tables"] if row["table"] == "orders")
    assert orders["rows"] == 3
    assert orders["complete_since"] == "2025-03-03T00:00:00"
    assert orders["backfill_share"] == 0.617
    assert orders["expected_at"] == "2025-03-12T14:00:00"
    assert orders["note"] == "left to sweeps"


def test_a_table_of_which_nothing_came_yet_is_there(said: Mapping[str, Any]) -> None:
    shipments = next(row for row in said["tables"] if row["table"] == "shipments")
    assert (shipments["vendor"], shipments["connection"]) == ("shop", "shop")
    assert (shipments["backfill_share"], shipments["expected_at"]) == (0.0, None)
    assert shipments["last_read_at"] is None
    assert shipments["rows"] is None  # not published either


def test_the_terminal_tells_the_share_and_the_day(said: Mapping[str, Any]) -> None:
    out = io.StringIO()
    status_table(Console(file=out, width=160, color_system=None), said)
    lines = {
        words[1]: " ".join(words)
        for line in out.getvalue().splitlines()
        if (words := line.split())[1:]
    }
    assert "loaded" in lines["table"]
    assert lines["orders"].endswith(" 2025-03-03 61%")
    assert "shop: the rest is expected by 2025-03-12 14:00 UTC" in out.getvalue()
    assert "never 0%" in lines["shipments"]
    assert " 2000-01-01 100%" in lines["credits"]


def test_a_status_without_expectations_is_shown(said: Mapping[str, Any]) -> None:
    old = [{k: v for k, v in row.items() if k != "expected_at"} for row in said["tables"]]
    out = io.StringIO()
    status_table(Console(file=out, width=160, color_system=None), {**said, "tables": old})
    assert " 61%" in out.getvalue()
    assert "expected" not in out.getvalue()
