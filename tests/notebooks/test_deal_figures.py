"""The figures of deals and money against the same questions asked in plain Python over the rows."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from notebooks import figures
from notebooks.figures import Selection
from notebooks.published import opened

from .published import AS_OF, changed
from .test_figures import rows_of

Row = dict[str, Any]
Money = dict[Any, Decimal]
LEA = Selection(people=("Lea Theberge",))  # as she is typed elsewhere
LATELY = Selection(since=date(2025, 1, 1), until=date(2025, 2, 28))
SELECTIONS = [
    pytest.param(Selection(), id="everything"),
    pytest.param(LEA, id="a rep"),
    pytest.param(LATELY, id="a period"),
    pytest.param(Selection(connections=("elsewhere",)), id="another connection"),
]


@pytest.fixture
def con(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened(warehouse) as connection:
        yield connection


def is_chosen(selection: Selection, row: Row, made_on: date | None, reps: list[str]) -> bool:
    """Whether a row is in one of the selections above."""
    if selection.connections and row["connection"] not in selection.connections:
        return False
    if selection.people and "LÉA THÉBERGE" not in reps:
        return False
    if selection.since is None or selection.until is None:
        return True
    return made_on is not None and selection.since <= made_on <= selection.until


def deals_of(con: duckdb.DuckDBPyConnection, selection: Selection) -> list[Row]:
    """The selected deals: a rep's are those with a quotation or order of theirs."""
    reps: dict[str, list[str]] = defaultdict(list)
    for mart in ("quotations", "orders"):
        for row in rows_of(con, f"sales.{mart}"):
            reps[row["deal_key"]] += [row["sales_rep"], row["rep"]]
    return [
        deal
        for deal in rows_of(con, "sales.sales_pipeline")
        if is_chosen(selection, deal, deal["opened_on"], reps[deal["deal_key"]])
    ]


def orders_of(con: duckdb.DuckDBPyConnection, selection: Selection) -> list[Row]:
    """The selected orders that were not cancelled."""
    return [
        order
        for order in rows_of(con, "sales.orders")
        if order["outcome"] != "lost"
        and is_chosen(selection, order, order["created_on"], [order["sales_rep"], order["rep"]])
    ]


@pytest.mark.parametrize("selection", SELECTIONS)
def test_funnel(con: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    expected: Counter[tuple[bool, str]] = Counter()
    for deal in deals_of(con, selection):
        quoted = deal["quotation_count"] > 0
        came_to = {
            "Quoted": quoted,
            "Ordered": deal["order_count"] > 0,
            "Work order made": deal["work_order_count"] > 0,
            "Invoiced": deal["invoice_count"] > 0,
            "Order cancelled": deal["order_count"] > 0 and deal["outcome"] == "lost",
        }
        if not deal["order_count"]:
            waiting = {
                "open": "Open, no order yet",
                "won": "Won, no order seen",
                "lost": "Lost before an order",
                None: "Step not mapped",
            }
            came_to[waiting[deal["outcome"]]] = True
        expected.update((quoted, name) for name, is_there in came_to.items() if is_there)
    found = figures.funnel(con, selection).to_pylist()
    assert {(r["is_quoted"], r["reached"]): r["deal_count"] for r in found} == expected
    for row in found:
        first = expected[row["is_quoted"], "Quoted" if row["is_quoted"] else "Ordered"]
        assert row["share"] == pytest.approx(row["deal_count"] / first)


def test_a_funnel_in_which_nothing_was_ordered_says_so(warehouse: Path, tmp_path: Path) -> None:
    script = "DELETE FROM sales.sales_pipeline WHERE order_count > 0"
    with changed(warehouse, tmp_path, script) as con:
        found = {r["reached"]: r["deal_count"] for r in figures.funnel(con).to_pylist()}
    assert found["Ordered"] == 0
    assert "Invoiced" not in found


@pytest.mark.parametrize("selection", SELECTIONS)
def test_quotation_ageing(con: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    ends = (7, 30, 60, 90)
    expected: Counter[int] = Counter()
    for row in rows_of(con, "sales.quotations"):
        if row["outcome"] == "open" and is_chosen(
            selection, row, row["created_on"], [row["sales_rep"], row["rep"]]
        ):
            age = (AS_OF.date() - row["created_on"]).days
            expected[1 + sum(age > end for end in ends)] += 1
    found = figures.quotation_ageing(con, AS_OF, selection).to_pylist()
    assert {r["bucket_order"]: r["quotation_count"] for r in found if r["quotation_count"]} == (
        expected
    )
    assert [r["bucket_order"] for r in found] == ([1, 2, 3, 4, 5] if expected else [])


@pytest.mark.parametrize("selection", SELECTIONS)
def test_win_rates(con: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    outcomes: dict[str, list[str | None]] = defaultdict(list)
    settled: dict[str, list[int]] = defaultdict(list)
    for deal in deals_of(con, selection):
        if deal["quotation_count"]:
            outcomes[deal["sales_rep"]].append(deal["outcome"])
            if deal["outcome"] in ("won", "lost"):
                settled[deal["sales_rep"]].append(deal["age_days"])
    found = figures.win_rates(con, selection).to_pylist()
    assert {r["sales_rep"] for r in found} == set(outcomes)
    for row in found:
        theirs = outcomes[row["sales_rep"]]
        won, lost = theirs.count("won"), theirs.count("lost")
        assert (row["deal_count"], row["open_count"]) == (len(theirs), theirs.count("open"))
        assert (row["won_count"], row["lost_count"]) == (won, lost)
        assert row["win_rate"] == (pytest.approx(won / (won + lost)) if won + lost else None)
        assert row["median_days_to_settle"] == statistics.median(settled[row["sales_rep"]])


@pytest.mark.parametrize("selection", SELECTIONS)
def test_lead_times(con: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    chosen = {
        order["order_key"]
        for order in rows_of(con, "sales.orders")
        if is_chosen(selection, order, order["created_on"], [order["sales_rep"], order["rep"]])
    }
    rows = [r for r in rows_of(con, "sales.order_lead_times") if r["order_key"] in chosen]
    spans = {
        "Quotation to order": [r["days_quote_to_order"] for r in rows],
        "Order to delivery": [r["days_order_to_delivery"] for r in rows],
        "Order to invoice": [r["days_order_to_invoice"] for r in rows],
        "Late, past the due day": [r["days_late"] for r in rows if (r["days_late"] or 0) > 0],
    }
    known = {name: [d for d in days if d is not None] for name, days in spans.items()}
    judged = sum(r["days_late"] is not None for r in rows)
    found = figures.lead_times(con, selection).to_pylist()
    assert [r["span"] for r in found] == [name for name, days in known.items() if days]
    for row in found:
        days = known[row["span"]]
        assert row["order_count"] == len(days)
        assert row["median_days"] == statistics.median(days)
        assert row["of_count"] == (judged if row["span"].startswith("Late") else len(days))


@pytest.mark.parametrize("selection", SELECTIONS)
def test_order_value(con: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    expected: Money = defaultdict(Decimal)
    for order in orders_of(con, selection):
        made = order["created_on"]
        if order["total_amount"] is not None and (made is None or made >= date(2024, 3, 1)):
            month = made.replace(day=1) if made else None
            expected[order["currency_code"], month] += order["total_amount"]
    found = figures.order_value(con, AS_OF, selection).to_pylist()
    values = {(r["currency_code"], r["month"]): r["value_amount"] for r in found}
    assert {key: value for key, value in values.items() if value} == expected
    if selection == Selection():
        assert {"CAD", "USD"} == {code for code, _ in values}
        assert len([m for code, m in values if code == "USD" and m]) == 13  # gaps are there, as 0
        assert {r["part"] for r in found} == {"before coverage", "whole", "so far", "undated"}


TWIN = """INSERT INTO sales.orders BY NAME
  SELECT * EXCLUDE (order_key, vendor, connection, is_twin, counted_amount),
    'twin' || order_key AS order_key, 'edi' AS vendor, 'edi' AS connection, TRUE AS is_twin
  FROM sales.orders WHERE sales_rep = 'SAM OKAFOR'"""


def test_a_sale_in_two_systems_counts_once_unless_one_of_them_is_asked(
    con: duckdb.DuckDBPyConnection, warehouse: Path, tmp_path: Path
) -> None:
    before = figures.order_value(con, AS_OF), figures.top_customers(con)
    running = figures.pipeline_value(con)
    with changed(warehouse, tmp_path, TWIN) as twice:
        assert figures.order_value(twice, AS_OF).equals(before[0])
        assert figures.top_customers(twice).equals(before[1])
        assert figures.pipeline_value(twice).equals(running)
        alone = figures.order_value(twice, AS_OF, Selection(connections=("edi",)))
    sam = figures.order_value(con, AS_OF, Selection(people=("SAM OKAFOR",)))
    assert alone.num_rows > 0
    assert alone["value_amount"].to_pylist() == sam["value_amount"].to_pylist()


@pytest.mark.parametrize("selection", SELECTIONS)
def test_receivables(con: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    deals = {
        row["deal_key"]
        for mart in ("quotations", "orders")
        for row in rows_of(con, f"sales.{mart}")
        if "LÉA THÉBERGE" in (row["sales_rep"], row["rep"])
    }
    expected: Money = defaultdict(Decimal)
    for invoice in rows_of(con, "sales.invoices"):
        reps = ["LÉA THÉBERGE"] if invoice["deal_key"] in deals else []
        if (
            not invoice["is_void"]
            and invoice["open_amount"]
            and is_chosen(selection, invoice, invoice["invoiced_on"], reps)
        ):
            overdue = (AS_OF.date() - invoice["due_on"]).days if invoice["due_on"] else None
            expected[invoice["currency_code"], _bucket(overdue)] += invoice["open_amount"]
    found = figures.receivables(con, selection).to_pylist()
    assert {(r["currency_code"], r["ageing_bucket"]): r["open_amount"] for r in found} == expected
    places = [(r["currency_code"], r["bucket_order"]) for r in found]
    assert places == sorted(places)


def _bucket(overdue: int | None) -> str:
    if overdue is None:
        return "no due date"
    names = ("not due", "1-30", "31-60", "61-90", "over 90")
    return names[sum(overdue > end for end in (0, 30, 60, 90))]


@pytest.mark.parametrize("selection", SELECTIONS)
def test_pipeline_value(con: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    expected: Money = defaultdict(Decimal)
    deals = defaultdict(set)
    for order in orders_of(con, selection):
        if order["outcome"] == "open":
            expected[order["currency_code"]] += order["total_amount"] or 0
            deals[order["currency_code"]].add(order["deal_key"])
    waiting = [
        deal
        for deal in deals_of(con, selection)
        if deal["phase"] == "quotation" and deal["outcome"] == "open"
    ]
    found = figures.pipeline_value(con, selection).to_pylist()
    orders = {r["currency_code"]: r for r in found if r["phase"] == "order"}
    assert {code: r["value_amount"] or 0 for code, r in orders.items()} == expected
    assert {code: r["deal_count"] for code, r in orders.items()} == {
        code: len(keys) for code, keys in deals.items()
    }
    assert [r["deal_count"] for r in found if r["phase"] == "quotation"] == (
        [len(waiting)] if waiting else []
    )


def test_top_customers(con: duckdb.DuckDBPyConnection) -> None:
    bought: Money = defaultdict(Decimal)
    count: Counter[tuple[str | None, str]] = Counter()
    for order in orders_of(con, Selection()):
        bought[order["currency_code"], order["customer_name"]] += order["total_amount"] or 0
        count[order["currency_code"], order["customer_name"]] += 1
    found = figures.top_customers(con, at_most=3).to_pylist()
    assert [r["currency_code"] for r in found] == ["CAD"] * 3 + ["USD"] * 3 + [None] * 3
    for code in ("CAD", "USD"):
        best = sorted((v for (c, _), v in bought.items() if c == code), reverse=True)[:3]
        assert [r["value_amount"] for r in found if r["currency_code"] == code] == best
    # nobody says what these come to: the most orders come first
    most = sorted((n for (code, _), n in count.items() if code is None), reverse=True)[:3]
    assert [r["order_count"] for r in found if r["currency_code"] is None] == most
    for row in found:
        assert row["order_count"] == count[row["currency_code"], row["customer_name"]]


def test_a_rep_is_one_however_typed(warehouse: Path, tmp_path: Path) -> None:
    script = """UPDATE sales.orders SET sales_rep = 'Léa  Théberge.'
      WHERE sales_rep = 'LÉA THÉBERGE' AND order_number LIKE '%2'"""
    with opened(warehouse) as con:
        before = figures.stages(con, LEA), figures.choices(con)
    with changed(warehouse, tmp_path, script) as con:
        after = figures.stages(con, LEA), figures.choices(con)
    assert before[0].num_rows > 0
    assert before[0].equals(after[0])
    assert len(after[1][1]) == len(before[1][1])


def test_an_empty_file_has_no_deals(empty_warehouse: Path) -> None:
    with opened(empty_warehouse) as con:
        assert figures.funnel(con).num_rows == figures.win_rates(con).num_rows == 0
        assert figures.quotation_ageing(con, AS_OF).num_rows == 0
        assert figures.lead_times(con).num_rows == figures.receivables(con).num_rows == 0
        assert figures.order_value(con, AS_OF).num_rows == 0
        assert figures.pipeline_value(con).num_rows == figures.top_customers(con).num_rows == 0
