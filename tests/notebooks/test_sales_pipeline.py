"""The sales notebook, executed whole, headless."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notebooks import figures
from notebooks.published import opened

from .conftest import Execute, Executed
from .published import NASTY_NAME, publish

NAME = "sales_pipeline"
OF_DEALS = ("funnel", "win_rates", "lead_times", "receivables", "top_customers", "pipeline_value")


@pytest.fixture(scope="module")
def executed(execute: Execute, warehouse: Path) -> Executed:
    """Once for all that look at it."""
    return execute(NAME, warehouse)


def test_its_figures_are_the_files(executed: Executed, warehouse: Path) -> None:
    _, definitions = executed
    with opened(warehouse) as con:
        by_stage = con.execute(
            "SELECT stage, count(*) FROM sales.quotations GROUP BY stage ORDER BY stage"
        ).fetchall()
        still = con.execute(
            "SELECT count(*) FROM sales.quotations WHERE outcome = 'open'"
        ).fetchone()
        deals = con.execute(
            "SELECT count(*) FROM sales.sales_pipeline WHERE quotation_count > 0"
        ).fetchone()
        due = con.execute(
            "SELECT sum(open_amount) FROM sales.invoices WHERE ageing_bucket IS NOT NULL"
        ).fetchone()
    found = [r for r in definitions["stages"].to_pylist() if r["document_type"] == "quotation"]
    assert {r["stage"]: r["documents"] for r in found} == dict(by_stage)
    assert (definitions["headline"].to_pylist()[0]["open_quotations"],) == still
    ages = definitions["quotation_ageing"].to_pylist()
    assert (sum(r["quotation_count"] for r in ages),) == still
    assert (definitions["funnel"].to_pylist()[0]["deal_count"],) == deals
    assert (sum(r["open_amount"] for r in definitions["receivables"].to_pylist()),) == due


def test_it_says_as_of_when_and_what_is_missing(executed: Executed) -> None:
    shown, definitions = executed
    assert "Monday 10 March 2025, 07:05 UTC" in shown
    assert "complete since 18 November 2024" in shown
    assert "maps/steps.csv" in shown
    (cad, *_) = [r for r in definitions["pipeline_value"].to_pylist() if r["phase"] == "order"]
    assert f"{cad['value_amount']:,.0f} <small>CAD</small>" in shown


def test_every_drawing_is_there_for_a_desk_and_for_a_phone(executed: Executed) -> None:
    shown, _ = executed
    assert shown.count('<div class="pk-wide"><svg') == shown.count('<div class="pk-narrow"><svg')
    assert shown.count("<svg") == 18


def test_a_name_that_is_a_script_stays_text(executed: Executed) -> None:
    shown, definitions = executed
    assert definitions["oldest"].to_pylist()[0]["customer_name"] == NASTY_NAME
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_what_is_still_being_loaded_is_said_and_marked(execute: Execute, tmp_path: Path) -> None:
    warehouse = publish(tmp_path)
    beside = tmp_path / "warehouse.status.json"
    said = json.loads(beside.read_text())
    said["tables"][0] |= {"backfill_share": 0.617, "expected_at": "2025-03-12T14:00:00"}
    beside.write_text(json.dumps(said))
    shown, _ = execute(NAME, warehouse)
    assert "Cienapps is not complete yet: orders. About 61% is loaded" in shown
    assert "The rest is expected around 12 March 2025." in shown
    assert shown.count("incomplete, still loading;") == 5
    assert "Quotations · incomplete" in shown
    assert "CAD · cienapps · incomplete" in shown
    _, others = execute(NAME, warehouse, connections=("elsewhere",), people=(), last_days=None)
    assert others["partial"] == frozenset()


def test_what_is_chosen_reaches_every_figure(execute: Execute, warehouse: Path) -> None:
    _, definitions = execute(
        NAME, warehouse, connections=("cienapps",), people=("LÉA THÉBERGE",), last_days=90
    )
    with opened(warehouse) as con:
        expected = con.execute(
            "SELECT count(*) FROM sales.orders WHERE 'LÉA THÉBERGE' IN (sales_rep, rep) "
            "AND created_on >= DATE '2024-12-10'"
        ).fetchone()
    stages = definitions["stages"].to_pylist()
    orders = sum(r["documents"] for r in stages if r["document_type"] == "order")
    months = sum(r["orders"] for r in definitions["orders_per_month"].to_pylist())
    assert (orders,) == (months,) == expected
    assert orders > 0
    assert {r["sales_rep"] for r in definitions["oldest"].to_pylist()} == {"LÉA THÉBERGE"}
    hers = [r for r in definitions["win_rates"].to_pylist() if r["sales_rep"] == "LÉA THÉBERGE"]
    assert hers[0]["deal_count"] > 0
    selection = definitions["selection"]
    with opened(warehouse) as con:
        for name in OF_DEALS:
            asked = getattr(figures, name)(con, selection)
            assert definitions[name].equals(asked), name
            assert not asked.equals(getattr(figures, name)(con)), name


def test_a_refresh_sees_what_was_published_meanwhile(execute: Execute, tmp_path: Path) -> None:
    publish(tmp_path, run_id="r1", empty=True)
    warehouse = tmp_path / "warehouse.duckdb"
    with opened(warehouse):  # somebody in this process still reads the old generation
        _, before = execute(NAME, warehouse)
        publish(tmp_path, run_id="r2")
        _, after = execute(NAME, warehouse, connections=(), people=("TJ DECARIA",), last_days=30)
    assert before["status"].run_id == "r1"
    assert after["status"].run_id == "r2"
    assert before["stages"].num_rows == 0
    assert after["stages"].num_rows > 0


@pytest.mark.parametrize("name", [NAME, "data_quality", "explore"])
def test_without_a_file_it_says_what_to_do(execute: Execute, tmp_path: Path, name: str) -> None:
    shown, definitions = execute(name, tmp_path / "warehouse.duckdb")
    assert "penstock run" in shown
    assert not {"stages", "freshness", "deals"} & set(definitions)
