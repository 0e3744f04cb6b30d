"""The notebooks about data quality and for exploring, executed whole, headless."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from notebooks.published import opened, query

from .conftest import Execute
from .published import NASTY_NAME


def test_data_quality_shows_what_the_file_says(execute: Execute, warehouse: Path) -> None:
    shown, definitions = execute("data_quality", warehouse)
    with opened(warehouse) as con:
        open_rows = con.execute("SELECT sum(rows_open) FROM ops.quarantine").fetchone()
        tables = con.execute("SELECT count(*) FROM ops.freshness").fetchone()
        audits = con.execute("SELECT count(DISTINCT run_id) FROM ops.audit_results").fetchone()
    assert (sum(definitions["quarantine"]["rows_open"].to_pylist()),) == open_rows == (3,)
    assert (definitions["freshness"].num_rows,) == tables
    assert (definitions["audit_trend"].num_rows,) == (30,) != audits
    for told in (
        "<b>Rows set aside</b><i>3</i>",
        "<b>Checks failing</b><i>2</i>",
        "rows as before",
    ):
        assert told in shown
    assert "99 - &lt;b&gt;ON HOLD&lt;/b&gt;" in shown


def test_data_quality_shows_vendor_text_as_text(execute: Execute, warehouse: Path) -> None:
    shown, definitions = execute("data_quality", warehouse)
    assert definitions["drift"].to_pylist()[0]["field"] == NASTY_NAME
    # in a failed check, in quarantine and among the unknown fields
    assert shown.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3
    assert "<script" not in shown


def test_data_quality_of_an_empty_file_says_that_all_is_well(
    execute: Execute, empty_warehouse: Path
) -> None:
    shown, _ = execute("data_quality", empty_warehouse)
    assert "No row was set aside." in shown
    assert "Every check passed when last made." in shown


def test_explore_starts_from_the_deals(execute: Execute, warehouse: Path) -> None:
    shown, definitions = execute("explore", warehouse)
    with opened(warehouse) as con:
        deals = con.execute("SELECT count(*) FROM sales.sales_pipeline").fetchone()
        won = con.execute(
            "SELECT sum(value_amount) FROM sales.sales_pipeline "
            "WHERE outcome = 'won' AND currency_code = 'CAD'"
        ).fetchone()
        late = con.execute(
            "SELECT count(*) FROM sales.order_lead_times "
            "WHERE days_late > 7 AND delivered_on IS NULL"
        ).fetchone()
        last_year = con.execute(
            "SELECT count(*) FROM sales.sales_pipeline WHERE opened_on >= DATE '2024-04-01'"
        ).fetchone()
    assert won is not None
    assert (len(definitions["deals"]),) == deals
    answer = definitions["answer"]
    cad = answer[(answer["outcome"] == "won") & (answer["currency_code"] == "CAD")]
    assert cad["value_amount"].tolist() == [pytest.approx(float(won[0]))]
    assert (len(definitions["late"]),) == late
    by_month = definitions["deals_by_month"].drop(columns="month").to_numpy().sum()
    assert (by_month,) == last_year
    assert "sales.sales_pipeline" in shown


def test_explore_says_what_is_wrong_with_a_query(execute: Execute, warehouse: Path) -> None:
    class Box:
        value = "SELECT <b>"

    shown, definitions = execute("explore", warehouse, sql=Box(), ask=Box())
    assert definitions["answer"] is None
    assert "Parser Error" in shown
    assert "SELECT &lt;b&gt;" in shown
    assert "SELECT <b>" not in shown


def test_a_query_takes_values(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_WAREHOUSE", str(warehouse))
    frame = query("SELECT $name AS name, 1.5::DECIMAL(18,4) AS amount", name=NASTY_NAME)
    assert frame["name"].tolist() == [NASTY_NAME]
    assert Decimal(str(frame["amount"][0])) == Decimal("1.5")
