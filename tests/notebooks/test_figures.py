"""The figures against the same questions asked in plain Python over the rows."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from notebooks import figures
from notebooks.figures import Selection
from notebooks.published import opened

from .published import AS_OF, COVERED_SINCE, NASTY_NAME, UNMAPPED_STEP, changed

Row = dict[str, Any]
MARTS = {"quotation": "quotations", "order": "orders", "work_order": "work_orders"}


@pytest.fixture
def con(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened(warehouse) as connection:
        yield connection


def rows_of(con: duckdb.DuckDBPyConnection, table: str) -> list[Row]:
    result: list[Row] = con.execute(f"FROM {table}").to_arrow_table().to_pylist()
    return result


def test_stages_count_every_document_once(con: duckdb.DuckDBPyConnection) -> None:
    expected = Counter(
        (kind, row["stage"], row["outcome"])
        for kind, mart in MARTS.items()
        for row in rows_of(con, f"sales.{mart}")
    )
    found = figures.stages(con).to_pylist()
    assert {(r["document_type"], r["stage"], r["outcome"]): r["documents"] for r in found} == (
        expected
    )
    assert sum(r["documents"] for r in found) == 480


def test_stages_come_in_their_order_and_unmapped_last(con: duckdb.DuckDBPyConnection) -> None:
    found = figures.stages(con).to_pylist()
    assert [r["stage"] for r in found if r["document_type"] == "quotation"] == [
        "Meeting", "Quoting", "Sent", "Won", "Lost", None,
    ]  # fmt: skip


def test_time_in_step_tells_stays_that_ended_from_those_going_on(
    con: duckdb.DuckDBPyConnection,
) -> None:
    stays: dict[tuple[str, str, bool], list[float]] = defaultdict(list)
    for row in rows_of(con, "sales.document_steps"):
        if not row["is_current"] or row["outcome"] in ("open", None):
            key = (row["document_type"], row["step"], row["is_current"])
            stays[key].append(row["days_in_step"])
    found = figures.time_in_step(con).to_pylist()
    assert {(r["document_type"], r["step"], r["is_still_there"]) for r in found} == set(stays)
    assert ("quotation", UNMAPPED_STEP, True) in stays
    for row in found:
        days = stays[row["document_type"], row["step"], row["is_still_there"]]
        lower, median, upper = statistics.quantiles(days, n=4, method="inclusive")
        assert row["stays"] == len(days)
        assert row["lower_quartile_days"] == pytest.approx(lower)
        assert row["median_days"] == pytest.approx(median)
        assert row["upper_quartile_days"] == pytest.approx(upper)


def test_a_step_is_one_step_however_it_is_typed(warehouse: Path, tmp_path: Path) -> None:
    with opened(warehouse) as con:
        before = figures.time_in_step(con).to_pylist()
    lower = "UPDATE sales.document_steps SET step = lower(step) WHERE document_number LIKE '%1'"
    with changed(warehouse, tmp_path, lower) as con:
        assert figures.time_in_step(con).to_pylist() == before


def test_orders_without_any_date_make_no_months(warehouse: Path, tmp_path: Path) -> None:
    with changed(warehouse, tmp_path, "UPDATE sales.orders SET created_on = NULL") as con:
        found = figures.orders_per_month(con, AS_OF).to_pylist()
    assert [(r["month"], r["orders"]) for r in found] == [(None, 150)]


def test_orders_per_month_keeps_gaps_and_the_undated(con: duckdb.DuckDBPyConnection) -> None:
    made = [row["created_on"] for row in rows_of(con, "sales.orders")]
    per_month = Counter(day.replace(day=1) for day in made if day is not None)
    found = figures.orders_per_month(con, AS_OF).to_pylist()
    months = [r["month"] for r in found if r["month"] is not None]
    assert months[0] == date(2024, 3, 1)
    assert months[-1] == date(2025, 3, 1)
    assert len(months) == len(set(months)) == 13
    assert {r["month"]: r["orders"] for r in found if r["month"]} == {
        month: per_month[month] for month in months
    }
    assert [r["orders"] for r in found if r["month"] is None] == [made.count(None)] == [1]


def test_a_month_says_how_much_of_it_is_known(con: duckdb.DuckDBPyConnection) -> None:
    parts = {r["month"]: r["part"] for r in figures.orders_per_month(con, AS_OF).to_pylist()}
    assert parts[date(2024, 11, 1)] == "before coverage"  # the feed began on the 18th
    assert parts[date(2024, 12, 1)] == "whole"
    assert parts[date(2025, 3, 1)] == "so far"


@pytest.mark.parametrize(
    ("since", "first_whole"),
    [("TIMESTAMP '2025-01-20'", date(2025, 2, 1)), ("NULL", date(2025, 3, 1))],
    ids=["loaded back to a day", "no part is certain"],
)
def test_a_month_that_is_not_loaded_yet_does_not_look_whole(
    warehouse: Path, tmp_path: Path, since: str, first_whole: date
) -> None:
    script = "UPDATE ops.coverage SET backfill_share = 0.5 WHERE table_name = 'orders'; "
    script += f"UPDATE sales.orders SET coverage_since = {since}"
    with changed(warehouse, tmp_path, script) as con:
        found = figures.orders_per_month(con, AS_OF).to_pylist()
        (headline,) = figures.headline(con, AS_OF).to_pylist()
    for row in found[:-2]:
        assert row["part"] == ("not loaded" if row["month"] < first_whole else "whole")
    assert headline["is_last_month_covered"] is (since != "NULL")


def test_a_month_without_orders_is_zero(warehouse: Path, tmp_path: Path) -> None:
    with changed(
        warehouse, tmp_path, "DELETE FROM sales.orders WHERE month(created_on) = 1"
    ) as con:
        found = {r["month"]: r["orders"] for r in figures.orders_per_month(con, AS_OF).to_pylist()}
    assert found[date(2025, 1, 1)] == 0


def test_headline(con: duckdb.DuckDBPyConnection) -> None:
    quotations, orders = rows_of(con, "sales.quotations"), rows_of(con, "sales.orders")
    still = [r for r in rows_of(con, "sales.work_orders") if r["outcome"] == "open"]
    waiting = [
        r["days_in_step"]
        for r in rows_of(con, "sales.document_steps")
        if r["document_type"] == "quotation" and r["is_current"] and r["outcome"] == "open"
    ]
    opened_on = [r["created_on"] for r in quotations if r["outcome"] == "open"]
    made = [r["created_on"] for r in orders if r["created_on"] is not None]
    assert figures.headline(con, AS_OF).to_pylist() == [
        {
            "vendor": "cienapps",
            "document_types": ["order", "quotation", "work_order"],
            "open_quotations": len(opened_on),
            "old_open_quotations": sum((AS_OF.date() - day).days > 30 for day in opened_on),
            "orders_this_month": sum((d.year, d.month) == (2025, 3) for d in made),
            "orders_last_month_by_this_day": sum(
                date(2025, 2, 1) <= d <= date(2025, 2, 10) for d in made
            ),
            "is_last_month_covered": True,
            "open_work_orders": len(still),
            "late_work_orders": sum(r["due_on"] < AS_OF.date() for r in still),
            "quotations_won_in_7_days": moved_lately(con, "won"),
            "quotations_lost_in_7_days": moved_lately(con, "lost"),
            "median_days_in_step": pytest.approx(statistics.median(waiting)),
        }
    ]
    assert moved_lately(con, "won") > 0


def moved_lately(con: duckdb.DuckDBPyConnection, outcome: str) -> int:
    """Quotations that came to an outcome within a week, other than by being first seen in it."""
    by_document: dict[str, list[Row]] = defaultdict(list)
    for row in rows_of(con, "sales.document_steps"):
        if row["document_type"] == "quotation":
            by_document[row["document_key"]].append(row)
    made = {r["quotation_key"]: r["created_on"] for r in rows_of(con, "sales.quotations")}
    moved = 0
    for key, steps in by_document.items():
        steps.sort(key=lambda row: row["step_number"])
        befores: list[Row | None] = [None, *steps[:-1]]
        moved += any(
            step["outcome"] == outcome
            and step["entered_at"] > AS_OF - timedelta(days=7)
            and (before["outcome"] != outcome if before else made[key] > COVERED_SINCE.date())
            for before, step in zip(befores, steps, strict=True)
        )
    return moved


@pytest.mark.parametrize(
    ("made_on", "entered_won", "news"),
    [
        pytest.param("2024-05-01", ["2025-03-08"], 0, id="long won, saved again"),
        pytest.param("2025-03-07", ["2025-03-08"], 1, id="made and won since"),
        pytest.param(
            "2024-12-01", ["2025-01-08", "2025-03-08"], 0, id="from one won step to another"
        ),
    ],
)
def test_only_coming_to_an_outcome_is_news(
    warehouse: Path, tmp_path: Path, made_on: str, entered_won: list[str], news: int
) -> None:
    quotation = f"""
    INSERT INTO sales.quotations BY NAME SELECT 'k' AS quotation_key, 'cienapps' AS vendor,
      DATE '{made_on}' AS created_on, 'won' AS outcome,
      TIMESTAMP '{COVERED_SINCE}' AS coverage_since;
    INSERT INTO sales.document_steps BY NAME SELECT 'quotation' AS document_type,
      'k' AS document_key, 'cienapps' AS vendor, 'won' AS outcome, FALSE AS is_current,
      generate_subscripts({entered_won}, 1) AS step_number,
      unnest({entered_won})::TIMESTAMP AS entered_at
    """
    with opened(warehouse) as con:
        (before,) = figures.headline(con, AS_OF).to_pylist()
    with changed(warehouse, tmp_path, quotation) as con:
        (after,) = figures.headline(con, AS_OF).to_pylist()
    assert after["quotations_won_in_7_days"] - before["quotations_won_in_7_days"] == news


def test_last_month_is_not_compared_before_the_feed_covers_it(
    con: duckdb.DuckDBPyConnection,
) -> None:
    (row,) = figures.headline(con, datetime.fromisoformat("2024-12-20T07:00")).to_pylist()
    assert row["is_last_month_covered"] is False


def test_oldest_open_quotations(con: duckdb.DuckDBPyConnection) -> None:
    still = [r for r in rows_of(con, "sales.quotations") if r["outcome"] == "open"]
    still.sort(key=lambda r: (r["created_on"], r["quotation_key"]))
    found = figures.oldest_open_quotations(con, AS_OF, at_most=5).to_pylist()
    assert [r["quotation_number"] for r in found] == [r["quotation_number"] for r in still[:5]]
    assert found[0]["customer_name"] == NASTY_NAME
    assert found[0]["age_days"] == (AS_OF.date() - still[0]["created_on"]).days


FIRST_DAY, LAST_DAY = date(2025, 1, 2), date(2025, 2, 27)  # something was made on either
PERIOD = Selection(since=FIRST_DAY, until=LAST_DAY)


@pytest.mark.parametrize(
    ("selection", "kept"),
    [
        pytest.param(Selection(connections=("cienapps",)), lambda row: True, id="its connection"),
        pytest.param(Selection(connections=("other",)), lambda row: False, id="another"),
        pytest.param(
            Selection(people=("LÉA THÉBERGE",)),
            lambda row: "LÉA THÉBERGE" in (row["sales_rep"], row["rep"]),
            id="who sold it",
        ),
        pytest.param(
            Selection(people=("VLADISLAV HELLO",)),
            lambda row: row["rep"] == "VLADISLAV HELLO",
            id="who answers for it",
        ),
        pytest.param(
            PERIOD,
            lambda row: (
                row["created_on"] is not None and FIRST_DAY <= row["created_on"] <= LAST_DAY
            ),
            id="both days of a period count, undated documents do not",
        ),
    ],
)
def test_a_selection_keeps(con: duckdb.DuckDBPyConnection, selection: Selection, kept: Any) -> None:
    orders = {row["order_key"]: row for row in rows_of(con, "sales.orders")}
    expected = Counter(
        {
            "quotation": sum(map(kept, rows_of(con, "sales.quotations"))),
            "order": sum(map(kept, orders.values())),
            "work_order": sum(
                kept(orders[w["order_key"]]) for w in rows_of(con, "sales.work_orders")
            ),
        }
    )
    found: Counter[str] = Counter()
    for row in figures.stages(con, selection).to_pylist():
        found[row["document_type"]] += row["documents"]
    assert found == expected


def test_both_ends_of_the_period_are_tried(con: duckdb.DuckDBPyConnection) -> None:
    made = {
        row["created_on"]
        for mart in ("quotations", "orders")
        for row in rows_of(con, f"sales.{mart}")
    }
    assert {FIRST_DAY, LAST_DAY} <= made


def test_a_period_bounds_the_months(con: duckdb.DuckDBPyConnection) -> None:
    found = figures.orders_per_month(con, AS_OF, PERIOD).to_pylist()
    assert [r["month"] for r in found] == [date(2025, 1, 1), date(2025, 2, 1)]


def test_two_vendors_are_never_added_up(warehouse: Path, tmp_path: Path) -> None:
    second = "; ".join(
        f"UPDATE sales.{mart} SET vendor = 'other' WHERE {key[:-4]}_number::VARCHAR LIKE '%1'"
        for mart, key in (("quotations", "quotation_key"), ("orders", "order_key"))
    )
    with changed(warehouse, tmp_path, second) as con:
        headline = {r["vendor"]: r for r in figures.headline(con, AS_OF).to_pylist()}
        months = figures.orders_per_month(con, AS_OF).to_pylist()
        others = con.execute(
            "SELECT count(*) FROM sales.quotations WHERE vendor = 'other' AND outcome = 'open'"
        ).fetchone()
    assert set(headline) == {"cienapps", "other"}
    assert (headline["other"]["open_quotations"],) == others
    assert len([r for r in months if r["month"] == date(2025, 1, 1)]) == 2


def test_choices_name_connections_and_everyone_in_either_role(
    con: duckdb.DuckDBPyConnection,
) -> None:
    connections, people = figures.choices(con)
    assert connections == ["cienapps"]
    assert people == sorted(people)
    assert {"LÉA THÉBERGE", "VLADISLAV HELLO"} < set(people)


def test_an_empty_warehouse_gives_empty_figures(empty_warehouse: Path) -> None:
    with opened(empty_warehouse) as con:
        assert figures.stages(con).num_rows == 0
        assert figures.time_in_step(con).num_rows == 0
        assert figures.orders_per_month(con, AS_OF).num_rows == 0
        assert figures.headline(con, AS_OF).num_rows == 0
        assert figures.oldest_open_quotations(con, AS_OF).num_rows == 0
        assert figures.unmapped_steps(con).num_rows == 0
        assert figures.choices(con) == ([], [])
