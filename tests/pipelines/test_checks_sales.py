"""The checks of the marts: they hold on good ones, and each fails on its own planted fault."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import duckdb
import pytest
import yaml

from pipelines.audit.checks import Severity, Status, VendorChecks, Verdict
from pipelines.audit.configuration import load_checks
from pipelines.audit.facts import judge_facts
from pipelines.audit.marts import MARTS
from tests.pipelines import sales_file
from tests.pipelines.audit_files import NOW
from tests.pipelines.faulty import broken, ids, planted

SHIPPED = load_checks("sales", (), [Path(str(files("pipelines.audit") / "sales.yml"))])
BASE = {f.name for f in load_checks("sales", (), []).facts}
MARTS_FOLDER = files("pipelines.transform") / "models" / "marts"


def put(mart: str, values: str, where: str = "true") -> str:
    return f"update sales.{mart} set {values} where {where}"


def lost(mart: str, where: str = "true") -> str:
    return f"delete from sales.{mart} where {where}"


def off(kind: str, by: float, key: str) -> str:
    """A header's total, off by so much."""
    return put(f"{kind}s", f"total_amount = total_amount + {by}", f"{kind}_key = '{key}'")


def line_off(kind: str, by: float, key: str) -> str:
    """Each line of a document, off by so much."""
    return put(f"{kind}_lines", f"line_amount = line_amount + {by}", f"{kind}_key = '{key}'")


DEAL = "deal_key = 'd{0}'"
FAULTS: list[tuple[str, str]] = [
    ("order_lines_add_up", off("order", 0.03, "o1")),
    ("order_lines_add_up", line_off("order", -0.03, "o2")),
    ("order_lines_add_up", off("order", -100, "o1")),
    ("invoice_lines_add_up", off("invoice", -0.01, "i1")),
    ("invoice_lines_add_up", line_off("invoice", 1, "i3")),
    ("invoice_total_right", off("invoice", 100, "i1")),
    ("order_line_has_its_order", put("order_lines", "order_key = null", "order_key = 'o3'")),
    ("order_line_has_its_order", put("order_lines", "order_key = 'x'", "order_key = 'o3'")),
    ("invoice_line_has_its_invoice", put("invoice_lines", "invoice_key = null", "line_number = 2")),
    ("customer_known", put("payments", "customer_key = 'c9'")),
    ("customer_known", put("invoices", "customer_key = 'c9'", "is_void")),
    ("customer_known", put("work_orders", "customer_key = 'c9'")),
    ("customer_known", lost("customers", "customer_key = 'c2'")),
    ("sales_rep_known", lost("sales_reps", "sales_rep_key = 'r2'")),
    ("sales_rep_known", put("quotations", "sales_rep_key = 'r9'")),
    ("document_named_is_there", put("payments", "order_key = 'i1'")),
    ("document_named_is_there", put("payments", "invoice_key = 'o1'")),
    ("document_named_is_there", put("invoices", "order_key = 'o9'", "is_void")),
    ("link_leads_to_what_is_there", lost("work_orders")),
    ("link_leads_to_what_is_there", put("document_links", "to_key = 'o9'", "from_key = 'w'")),
    ("link_leads_to_what_is_there", put("document_links", "from_key = 'o9'", "to_key = 'i2'")),
    ("link_leads_to_what_is_there", put("invoices", "deal_key = 'd1'", "is_void")),
    ("linked_sale_counted_once", put("orders", "is_twin = false")),
    ("twin_counts_elsewhere", lost("document_links", "from_key = 'o2' and to_key = 'o1'")),
    ("twin_counts_elsewhere", put("orders", "is_twin = true", "order_key = 'o1'")),
    ("every_document_in_one_deal", put("orders", "deal_key = null", "order_key = 'o3'")),
    ("every_document_in_one_deal", put("orders", "deal_key = 'd3'", "order_key = 'o3'")),
    ("every_document_in_one_deal", put("sales_pipeline", "order_count = 2", DEAL.format(2))),
    ("every_document_in_one_deal", put("sales_pipeline", "quotation_count = 0", DEAL.format(1))),
    ("deal_value_is_of_its_orders", put("sales_pipeline", "value_amount = 215", DEAL.format(1))),
    ("deal_value_is_of_its_orders", put("sales_pipeline", "value_amount = null", DEAL.format(2))),
    (
        "deal_value_is_of_its_orders",
        "insert into sales.orders select * replace ('USD' as currency_code) from sales.orders "
        "where order_key = 'o3'",
    ),
    ("receivables_are_of_invoices", lost("receivables_ageing", "vendor = 'edi'")),
    ("receivables_are_of_invoices", put("receivables_ageing", "open_amount = open_amount + 0.01")),
    ("receivables_are_of_invoices", put("invoices", "is_void = false")),
    ("receivables_are_of_invoices", put("receivables_ageing", "currency_code = 'EUR'")),
    ("customers_count_all", put("customers", "order_count = 1", "customer_key = 'c1'")),
    ("customers_count_all", put("customers", "quotation_count = 1", "customer_key = 'c2'")),
    ("analyses_leave_nothing_out", lost("funnel_monthly", "month is null")),
    ("analyses_leave_nothing_out", lost("win_rate_by_rep")),
    ("analyses_leave_nothing_out", lost("order_lead_times", "order_key = 'o2'")),
    ("analyses_leave_nothing_out", lost("step_durations")),
]
LOADING = "update ops.coverage set backfill_share = 0.5 where connection = 'erp'"
HARMLESS: dict[str, tuple[str, ...]] = {
    "a rounded cent a line": (
        off("order", 0.02, "o1"),
        put("sales_pipeline", "value_amount = 115.02", DEAL.format(1)),
    ),
    "a line without an amount": (put("invoice_lines", "line_amount = null", "line_number = 2"),),
    "a total without its parts": (
        put("invoices", "beside_lines_amount = null, total_amount = 500"),
    ),
    "lines still being loaded": (
        line_off("invoice", 50, "i1"),
        put("invoice_lines", "is_complete = false", "line_number = 2"),
    ),
    "headers still being loaded": (put("invoices", "is_complete = false, total_amount = 500"),),
    "a header still to come": (
        put("order_lines", "order_key = null", "order_key = 'o3'"),
        LOADING,
    ),
    "documents without lines": (lost("order_lines"), lost("invoice_lines")),
}


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sales_file.write_marts(tmp_path_factory.mktemp("marts") / "warehouse.duckdb")


def only(name: str) -> list[VendorChecks]:
    return [replace(SHIPPED, facts=tuple(f for f in SHIPPED.facts if f.name == name))]


def test_the_marts_are_those_that_are_built() -> None:
    built = {Path(file.name).stem for file in MARTS_FOLDER.iterdir() if file.name.endswith(".sql")}
    assert set(MARTS) == built == set(sales_file.MARTS)


def test_the_hand_made_marts_have_columns_that_the_built_ones_have() -> None:
    said = yaml.safe_load((MARTS_FOLDER / "_marts.yml").read_text("utf-8"))["models"]
    columns = {mart["name"]: {column["name"] for column in mart["columns"]} for mart in said}
    for mart, (written, _) in sales_file.MARTS.items():
        mine = {column.split()[0] for column in written.replace("(18,4)", "").split(",")}
        assert mine <= columns[mart], mart


def test_everything_holds_on_good_marts(marts: Path) -> None:
    assert broken(judge_facts(marts, [SHIPPED], now=NOW)) == {}


def test_every_fact_has_its_planted_fault() -> None:
    assert {check for check, _ in FAULTS} == {f.name for f in SHIPPED.facts} - BASE
    assert all(f.means.endswith(".") for f in SHIPPED.facts)


@pytest.mark.parametrize(("check", "fault"), FAULTS, ids=ids(FAULTS))
def test_a_fault_is_found(marts: Path, tmp_path: Path, check: str, fault: str) -> None:
    file = planted(tmp_path, marts, fault)
    (result,) = judge_facts(file, only(check), now=NOW)
    assert result.status is Status.FAIL, result.detail
    with duckdb.connect(str(file), read_only=True) as db:
        assert len(db.execute(result.query).fetchall()) == result.failing_rows


@pytest.mark.parametrize("harmless", HARMLESS.values(), ids=list(HARMLESS))
def test_what_is_no_fault_is_let_be(marts: Path, tmp_path: Path, harmless: tuple[str, ...]) -> None:
    file = planted(tmp_path, marts, *harmless)
    assert broken(judge_facts(file, [SHIPPED], now=NOW)) == {}


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (off("invoice", 100, "i1"), {"invoice_total_right", "invoice_lines_add_up"}),
        (off("invoice", -100, "i3"), {"invoice_total_right", "invoice_lines_add_up"}),
        (line_off("invoice", 1.01, "i3"), {"invoice_total_right", "invoice_lines_add_up"}),
        (line_off("invoice", 0.99, "i3"), {"invoice_lines_add_up"}),
        (off("invoice", 100, "i2"), {"invoice_lines_add_up"}),
    ],
    ids=["a hundred more", "a hundred less", "over one", "less than one", "a draft"],
)
def test_an_invoice_that_is_far_off_refuses(
    marts: Path, tmp_path: Path, fault: str, says: set[str]
) -> None:
    verdict = Verdict(judge_facts(planted(tmp_path, marts, fault), [SHIPPED], now=NOW))
    assert {r.check for r in (*verdict.critical, *verdict.warnings)} == says
    assert verdict.refused is ("invoice_total_right" in says)


def test_every_mart_promises_its_key(marts: Path, tmp_path: Path) -> None:
    twice = [f"insert into sales.{mart} from sales.{mart}" for mart in MARTS]
    found = judge_facts(planted(tmp_path, marts, *twice), only("key_unique"), now=NOW)
    assert {r.table for r in found if r.status is Status.FAIL} == set(MARTS)
    none = [f"update sales.{mart} set {key[0]} = null" for mart, key in MARTS.items()]
    found = judge_facts(planted(tmp_path, marts, *none), only("key_present"), now=NOW)
    assert {r.table for r in found if r.status is Status.FAIL} == set(MARTS)
    assert {r.severity for r in found} == {Severity.CRITICAL}
