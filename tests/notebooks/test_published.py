"""The published file as a reader meets it: fresh after a publish, honest about what is missing."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from notebooks.published import (
    Concern,
    Feed,
    Status,
    concerns,
    opened,
    parse_status,
    status_of,
    warehouse_path,
)

from .published import AS_OF, COVERED_SINCE, publish


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
            (feed(backfill_share=0.437, connection="west"),),
            [
                Concern(
                    "warning",
                    "West (cienapps) is incomplete: the first load of orders is 43% done.",
                )
            ],
            id="backfill under way",
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
