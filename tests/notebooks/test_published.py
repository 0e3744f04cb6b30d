"""The published file as a reader meets it: fresh after a publish, honest about what is missing."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from notebooks.published import (
    Concern,
    Feed,
    Status,
    as_shown,
    concerns,
    opened,
    parse_status,
    partial_vendors,
    status_of,
    warehouse_path,
)

from .published import AS_OF, COVERED_SINCE, changed, publish


def test_a_reader_sees_the_new_generation_while_the_old_one_is_open(tmp_path: Path) -> None:
    count = "SELECT count(*) FROM sales.orders"
    warehouse = publish(tmp_path, run_id="r1")
    with opened(warehouse) as old:
        publish(tmp_path, run_id="r2", empty=True)
        with opened(warehouse) as new:
            assert new.execute(count).fetchone() == (0,)
        assert old.execute(count).fetchone() == (150,)


def test_nothing_published_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="penstock run"), opened(tmp_path / "none.duckdb"):
        pass


def test_where_the_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PENSTOCK_WAREHOUSE", raising=False)
    assert warehouse_path() == Path("data/warehouse.duckdb")
    monkeypatch.setenv("PENSTOCK_WAREHOUSE", "/elsewhere/warehouse.duckdb")
    assert warehouse_path() == Path("/elsewhere/warehouse.duckdb")


def test_a_status_without_its_time_is_refused() -> None:
    with pytest.raises(KeyError, match="as_of"):
        parse_status({"run_id": "r1"})


def test_a_status_may_say_little() -> None:
    assert parse_status({"as_of": "2025-03-10T07:05:00"}) == Status(as_of=AS_OF)


@pytest.mark.parametrize(
    "written", ["2025-03-10T07:05:00", "2025-03-10T07:05:00Z", "2025-03-10T03:05:00-04:00"]
)
def test_times_are_utc(written: str) -> None:
    assert parse_status({"as_of": written}).as_of == AS_OF


def test_the_status_beside_the_file_wins(warehouse: Path) -> None:
    with opened(warehouse) as con:
        status = status_of(warehouse, con)
    assert status is not None
    assert (status.as_of, status.verdict, len(status.feeds)) == (AS_OF, "passed", 3)


def test_a_copied_file_knows_its_time_and_coverage(warehouse: Path, tmp_path: Path) -> None:
    copy = tmp_path / "warehouse.duckdb"
    copy.write_bytes(warehouse.read_bytes())
    with opened(copy) as con:
        status = status_of(copy, con)
    assert status is not None
    assert status.as_of == AS_OF
    assert {feed.complete_since for feed in status.feeds} == {COVERED_SINCE}


def test_a_copied_file_that_was_never_read_has_no_status(
    empty_warehouse: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "warehouse.duckdb"
    copy.write_bytes(empty_warehouse.read_bytes())
    with opened(copy) as con:
        assert status_of(copy, con) is None


def feed(**known: object) -> Feed:
    return Feed(**({"vendor": "cienapps", "connection": "cienapps", "table": "orders"} | known))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("feeds", "expected"),
    [
        pytest.param((feed(is_fresh=True, backfill_share=1.0),), [], id="nothing to worry about"),
        pytest.param(
            (feed(is_fresh=False, last_change_at=AS_OF), feed(is_fresh=True)),
            [
                Concern(
                    "warning",
                    "Cienapps was not read in time: orders. The last change seen is of "
                    "10 March 2025.",
                )
            ],
            id="stale",
        ),
        pytest.param(
            (
                feed(is_fresh=False),
                feed(backfill_share=0.437, connection="west", complete_since=COVERED_SINCE),
                feed(backfill_share=0.1, connection="west", table="order_lines"),
            ),
            [
                Concern(
                    "unfinished",
                    "West (cienapps) is not complete yet: orders and order lines. About 10% to 43% "
                    "of each is loaded, complete since 18 November 2024; no part of order lines is "
                    "complete. When the rest will be here cannot be told yet.",
                ),
                Concern("warning", "Cienapps was not read in time: orders."),
            ],
            id="first load under way, before what is stale",
        ),
        pytest.param(
            (feed(backfill_share=1.0, complete_since=COVERED_SINCE),), [], id="first load done"
        ),
        pytest.param(
            (feed(backfill_share=1.0), feed(table="work_orders", complete_since=COVERED_SINCE)),
            [
                Concern(
                    "note",
                    "Cienapps, as to work orders, is complete since 18 November 2024. Documents "
                    "that were not saved after that day may be missing, and their earlier steps "
                    "are unknown.",
                )
            ],
            id="a limit of some tables",
        ),
        pytest.param(
            (feed(complete_since=COVERED_SINCE),),
            [
                Concern(
                    "note",
                    "Cienapps is complete since 18 November 2024. Documents that were not saved "
                    "after that day may be missing, and their earlier steps are unknown.",
                )
            ],
            id="complete since a day",
        ),
        pytest.param((), [Concern("warning", "No source table has been read yet.")], id="nothing"),
    ],
)
def test_concerns(feeds: tuple[Feed, ...], expected: list[Concern]) -> None:
    assert concerns(Status(as_of=AS_OF, feeds=feeds)) == expected


def test_an_expectation_is_read_where_there_is_one() -> None:
    table = {"vendor": "v", "table": "orders", "backfill_share": 0.5}
    told = table | {"expected_at": "2025-03-12T14:00:00"}
    before, after = parse_status({"as_of": AS_OF.isoformat(), "tables": [table, told]}).feeds
    assert (before.expected_at, after.expected_at) == (
        None,
        AS_OF.replace(day=12, hour=14, minute=0),
    )


LOADING = """UPDATE ops.coverage SET backfill_share = 0.3, complete_since = TIMESTAMP '2025-03-03',
  expected_at = TIMESTAMP '2025-03-12' WHERE table_name = 'orders'"""


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        pytest.param(feed(backfill_share=0.9), 0.3, id="reading went on, the file did not"),
        pytest.param(feed(backfill_share=1.0), 0.3, id="reading is done, the file is not"),
        pytest.param(feed(), 0.3, id="the status does not know"),
        pytest.param(feed(backfill_share=0.2), 0.2, id="loaded anew"),
    ],
)
def test_a_file_is_no_more_complete_than_what_it_holds(
    warehouse: Path, tmp_path: Path, said: Feed, shown: float
) -> None:
    with changed(warehouse, tmp_path, LOADING) as con:
        (orders,) = as_shown(Status(as_of=AS_OF, feeds=(said,)), con).feeds
    assert orders.backfill_share == shown
    if shown == 0.3:
        assert orders.complete_since == datetime.fromisoformat("2025-03-03")
        assert orders.expected_at == datetime.fromisoformat("2025-03-12")


def test_a_table_that_only_the_file_knows_is_told(warehouse: Path, tmp_path: Path) -> None:
    with changed(warehouse, tmp_path, LOADING) as con:
        status = as_shown(Status(as_of=AS_OF, feeds=(feed(table="quotations"),)), con)
    assert [(f.table, f.backfill_share) for f in status.feeds] == [
        ("quotations", None), ("orders", 0.3),
    ]  # fmt: skip


def test_a_file_of_before_there_were_expectations_is_read(warehouse: Path, tmp_path: Path) -> None:
    with changed(warehouse, tmp_path, "ALTER TABLE ops.coverage DROP expected_at") as con:
        status = status_of(tmp_path / "nowhere.duckdb", con)
    assert status is not None
    assert {f.expected_at for f in status.feeds} == {None}


def test_a_part_is_shown_of_vendors_still_being_loaded() -> None:
    feeds = (feed(backfill_share=0.5, connection="west"), feed(), feed(vendor="other"))
    status = Status(as_of=AS_OF, feeds=feeds)
    assert partial_vendors(status) == partial_vendors(status, ["west"]) == {"cienapps"}
    assert partial_vendors(status, ["cienapps"]) == frozenset()


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (timedelta(hours=20), []),
        (timedelta(hours=30), ["Nothing has been read for 1 day."]),
        (timedelta(days=3), ["Nothing has been read for 3 days."]),
    ],
)
def test_an_old_file_is_called_old(later: timedelta, said: list[str]) -> None:
    now: datetime = AS_OF + later
    assert [c.text for c in concerns(Status(as_of=AS_OF, feeds=(feed(),)), now)] == said
