"""The notebook, executed whole, headless."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import notebooks
from notebooks.published import opened

from .published import NASTY_NAME, publish

NOTEBOOK = Path(notebooks.__file__).parent / "sales_pipeline.py"
Executed = tuple[str, Mapping[str, Any]]
Execute = Callable[..., Executed]


@pytest.fixture
def execute(monkeypatch: pytest.MonkeyPatch) -> Execute:
    """Runs the notebook against a file; keyword arguments take the place of what was chosen."""

    def run(warehouse: Path, **chosen: object) -> Executed:
        monkeypatch.setenv("PENSTOCK_WAREHOUSE", str(warehouse))
        spec = importlib.util.spec_from_file_location("sales_pipeline", NOTEBOOK)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        outputs, definitions = module.app.run(defs=chosen or None)
        shown = "".join(getattr(output, "text", "") for output in outputs)
        return shown, definitions

    return run


def test_its_figures_are_the_files(execute: Execute, warehouse: Path) -> None:
    shown, definitions = execute(warehouse)
    with opened(warehouse) as con:
        by_stage = con.execute(
            "SELECT stage, count(*) FROM sales.quotations GROUP BY stage ORDER BY stage"
        ).fetchall()
        still = con.execute(
            "SELECT count(*) FROM sales.quotations WHERE outcome = 'open'"
        ).fetchone()
    found = [r for r in definitions["stages"].to_pylist() if r["document_type"] == "quotation"]
    assert {r["stage"]: r["documents"] for r in found} == dict(by_stage)
    assert (definitions["headline"].to_pylist()[0]["open_quotations"],) == still
    assert "Monday 10 March 2025, 07:05 UTC" in shown
    assert "complete since 18 November 2024" in shown
    assert "maps/steps.csv" in shown


def test_what_is_still_being_loaded_is_said_and_marked(execute: Execute, tmp_path: Path) -> None:
    warehouse = publish(tmp_path)
    beside = tmp_path / "warehouse.status.json"
    said = json.loads(beside.read_text())
    said["tables"][0] |= {"backfill_share": 0.617, "expected_at": "2025-03-12T14:00:00"}
    beside.write_text(json.dumps(said))
    shown, definitions = execute(warehouse)
    assert "Cienapps is not complete yet: orders. About 61% is loaded" in shown
    assert "The rest is expected around 12 March 2025." in shown
    assert shown.count("incomplete, still loading;") == 5
    assert "Quotations · incomplete" in definitions["stages_chart"].to_json(ensure_ascii=False)
    _, others = execute(warehouse, connections=("elsewhere",), people=(), last_days=None)
    assert others["partial"] == frozenset()


def test_what_is_chosen_reaches_every_figure(execute: Execute, warehouse: Path) -> None:
    _, definitions = execute(
        warehouse, connections=("cienapps",), people=("LÉA THÉBERGE",), last_days=90
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


def test_a_refresh_sees_what_was_published_meanwhile(execute: Execute, tmp_path: Path) -> None:
    warehouse = publish(tmp_path, run_id="r1")
    with opened(warehouse):  # somebody in this process still reads the old generation
        _, before = execute(warehouse)
        publish(tmp_path, run_id="r2", empty=True)
        _, after = execute(warehouse)
    assert before["status"].run_id == "r1"
    assert after["status"].run_id == "r2"
    assert before["stages"].num_rows > 0
    assert after["stages"].num_rows == 0


def test_without_a_file_it_says_what_to_do(execute: Execute, tmp_path: Path) -> None:
    shown, definitions = execute(tmp_path / "warehouse.duckdb")
    assert "penstock run" in shown
    assert "stages" not in definitions


def test_a_name_that_is_a_script_stays_text(execute: Execute, warehouse: Path) -> None:
    shown, definitions = execute(warehouse)
    assert definitions["oldest"].to_pylist()[0]["customer_name"] == NASTY_NAME
    assert "<script" not in shown
