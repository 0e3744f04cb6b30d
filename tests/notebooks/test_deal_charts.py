"""The drawings of deals and money: the numbers are in them, and what is partly known is marked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from notebooks import charts
from notebooks.look import Drawing

from .test_charts import SCRIPT, Chart, svg, words

Row = dict[str, Any]


def drawn(chart: Chart, rows: list[Row], **how: Any) -> list[str]:
    return words(svg(chart(pa.Table.from_pylist(rows), **how)))


def funnel(vendor: str = "cienapps", *, is_quoted: bool = True) -> list[Row]:
    said = (("Quoted", "all", 200), ("Lost before an order", "lost", 50), ("Ordered", "all", 87))
    return [
        {"vendor": vendor, "is_quoted": is_quoted, "place": place, "reached": reached}
        | {"outcome": outcome, "deal_count": count, "share": count / 200}
        for place, (reached, outcome, count) in enumerate(said)
    ]


def rep(name: str | None, won: int, lost: int, vendor: str = "cienapps") -> Row:
    rate = won / (won + lost) if won + lost else None
    counts = {"deal_count": won + lost + 1, "won_count": won, "lost_count": lost}
    return {"vendor": vendor, "sales_rep": name, "win_rate": rate} | counts


def span(**more: Any) -> Row:
    quartiles = {"lower_quartile_days": -2.0, "median_days": 3.0, "upper_quartile_days": 12.0}
    row = {"vendor": "cienapps", "span_order": 1, "span": "Quotation to order"}
    return row | {"order_count": 12, "of_count": 12} | quartiles | more


def value(vendor: str, amount: str, **more: Any) -> Row:
    row = {"vendor": vendor, "currency_code": "CAD", "month": date(2025, 2, 1), "order_count": 1}
    return row | {"value_amount": Decimal(amount), "part": "whole"} | more


def owed(amount: str, **more: Any) -> Row:
    row = {"vendor": "cimcloud", "currency_code": "CAD", "ageing_bucket": "1-30"}
    counts = {"bucket_order": 2, "invoice_count": 3}
    return row | counts | {"open_amount": Decimal(amount)} | more


def test_a_funnel_has_counts_and_shares_of_its_first_bar() -> None:
    shown = drawn(charts.funnel_chart, funnel() + funnel(is_quoted=False))
    assert {"200", "50 · 25%", "87 · 44%", "Lost before an order", "Without a quotation"} <= (
        set(shown)
    )
    assert shown.count("Ordered") == 2


def test_win_rates_have_everyone_first_and_few_reps() -> None:
    reps = [rep(f"REP {n:02}", 20 - n, n) for n in range(14)]
    shown = drawn(charts.win_rate_chart, [*reps, rep("NEW", 0, 0)])
    won, settled = sum(20 - n for n in range(14)), 14 * 20
    assert f"{won / settled:.0%} ({won} of {settled})" in shown
    assert {"Everyone", "REP 09", "5 others"} <= set(shown)
    assert "REP 10" not in shown
    rest = sum(20 - n for n in range(10, 14))
    assert f"{rest / 80:.0%} ({rest} of 80)" in shown


def test_a_rep_who_settled_nothing_has_no_rate() -> None:
    shown = drawn(charts.win_rate_chart, [rep(None, 0, 0)])
    assert {"No rep named", "none settled"} <= set(shown)
    assert "Everyone" not in shown


def test_lead_times_say_of_how_many_orders() -> None:
    late = span(span="Late, past the due day", order_count=4, of_count=30, median_days=12.0)
    assert {"3.0 (12)", "12 (4 of 30)"} <= set(drawn(charts.lead_times_chart, [span(), late]))


def test_order_value_adds_vendors_up_and_keeps_currencies_apart() -> None:
    rows = [
        value("cimcloud", "100.40"),
        value("crm_com", "23.10"),
        value("crm_com", "7.00", currency_code="USD"),
        value("cleo", "5.00", currency_code=None),
    ]
    shown = drawn(charts.order_value_chart, rows)
    assert {"CAD · cimcloud, crm_com", "USD · crm_com", "Currency not stated · cleo"} <= set(shown)
    # nobody has added dollars to dollars of another country
    assert {"124", "7", "5"} <= set(shown)
    assert not {"131", "136", "129"} & set(shown)


def test_a_month_of_several_vendors_is_as_little_known_as_the_least_known() -> None:
    rows = [value("cimcloud", "1"), value("crm_com", "2", part="not loaded")]
    shown = drawn(charts.order_value_chart, rows, partial={"crm_com"})
    assert "Not loaded yet: incomplete" in shown
    assert "Whole month" not in shown
    assert "CAD · cimcloud, crm_com · incomplete (crm_com)" in shown
    sole = drawn(charts.order_value_chart, rows[1:], partial={"crm_com"})
    assert "CAD · crm_com · incomplete" in sole


def test_the_caption_owns_up_to_orders_without_a_date() -> None:
    rows = [value("cleo", "1", month=None, order_count=3), value("cleo", "1")]
    assert "3 without a date not shown" in charts.order_value_note(pa.Table.from_pylist(rows))


def test_receivables_have_amounts_invoices_and_totals() -> None:
    rows = [
        owed("1234.56"),
        owed("-34.00", ageing_bucket="no due date", bucket_order=6, invoice_count=1),
        owed("9.00", vendor="cleo", currency_code="USD"),
    ]
    shown = drawn(charts.receivables_chart, rows)
    assert {"1,235 (3)", "-34 (1)", "1 to 30 days", "No due date"} <= set(shown)
    assert {"CAD · cimcloud: 1,201", "USD · cleo: 9"} <= set(shown)


AGEING = {"vendor": "v", "bucket_order": 1, "age_bucket": "up to 7 days", "quotation_count": 2}


@pytest.mark.parametrize(
    ("chart", "rows"),
    [
        pytest.param(charts.funnel_chart, funnel(), id="funnel"),
        pytest.param(charts.win_rate_chart, [rep("A", 1, 1)], id="win rate"),
        pytest.param(charts.lead_times_chart, [span()], id="lead times"),
        pytest.param(charts.quotation_ageing_chart, [AGEING | {"vendor": "cienapps"}], id="ageing"),
        pytest.param(charts.order_value_chart, [value("cienapps", "1")], id="order value"),
        pytest.param(charts.receivables_chart, [owed("1", vendor="cienapps")], id="receivables"),
    ],
)
def test_a_vendor_still_being_loaded_is_marked(chart: Chart, rows: list[Row]) -> None:
    shown = drawn(chart, rows, partial={"cienapps"})
    whole = drawn(chart, rows)
    assert any("incomplete" in text.lower() for text in shown)
    assert not any("incomplete" in text.lower() for text in whole)


@pytest.mark.parametrize(
    ("chart", "rows"),
    [
        pytest.param(charts.win_rate_chart, [rep(SCRIPT, 1, 1)], id="a rep"),
        pytest.param(charts.funnel_chart, funnel(SCRIPT) + funnel("other"), id="a vendor"),
        pytest.param(
            charts.order_value_chart, [value("v", "1", currency_code=SCRIPT)], id="a currency"
        ),
        pytest.param(charts.receivables_chart, [owed("1", currency_code=SCRIPT)], id="another"),
    ],
)
def test_text_of_a_vendor_stays_text(chart: Chart, rows: list[Row]) -> None:
    shown: Drawing = chart(pa.Table.from_pylist(rows))
    assert "<script" not in svg(shown)
    assert "&lt;script&gt;" in svg(shown)
