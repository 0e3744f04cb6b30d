"""Cleo's checks: they hold on what the models build, each fails on its own planted fault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.audit.changed import write_changed_rows
from pipelines.audit.checks import (
    Expectation,
    Fact,
    Reads,
    Result,
    Severity,
    Status,
    VendorChecks,
)
from pipelines.audit.configuration import load_checks
from pipelines.audit.expectations import start_expectations
from pipelines.audit.facts import judge_facts
from sources.cleo.tables import TABLES
from tests.pipelines.cleo_world import SEGMENTS, world
from tests.pipelines.faulty import askable, broken, ids, planted
from tests.pipelines.model_world import AS_OF

CHECKS_FILE = Path(__file__).parents[2] / "sources" / "cleo" / "checks.yml"
SHIPPED = load_checks("cleo", TABLES, [CHECKS_FILE])
BASE = {f.name for f in load_checks("cleo", TABLES, []).facts}

MORE = (
    "insert into sales.{0} select * replace ('x' as {1}_key) from sales.{0} "
    "where {1}_number = '{2}'"
)
ELSEWHERE = (
    "insert into sales.document_links select * replace "
    "(split_part({0}_key, chr(31), 1) || chr(31) || '9' as {0}_key) "
    "from sales.document_links where {1} = 'order' "
    "and found_by = 'purchase order number' limit 1"
)
# (check, what breaks it)
FAULTS: list[tuple[str, str]] = [
    ("purchase_orders_all_in_sales", "delete from sales.orders where order_number = '18'"),
    ("purchase_orders_all_in_sales", "delete from sales.orders where order_key like '%B2%'"),
    ("purchase_orders_all_in_sales", "delete from sales.orders where connection = 'west'"),
    ("purchase_orders_all_in_sales", "delete from sales.orders where order_key like '%f5%'"),
    ("purchase_orders_all_in_sales", MORE.format("orders", "order", "60")),
    (
        "purchase_orders_all_in_sales",
        "update sales.orders set order_key = (select min(order_key) from sales.orders "
        "where order_number = '50' and vendor = 'cleo') where order_number = '50'",
    ),
    # a withdrawn one, and one that came as nothing else
    (
        "purchase_orders_all_in_sales",
        MORE.format("orders", "order", "60").replace("'x'", "'31' as order_number, 'x'"),
    ),
    (
        "purchase_orders_all_in_sales",
        "update sales.orders set order_key = 'cleo\x1fr1\x1f2' where order_key like '%f5%'",
    ),
    ("invoices_all_in_sales", "delete from sales.invoices where invoice_number = 'IN-50'"),
    ("invoices_all_in_sales", "delete from sales.invoices where invoice_key like '%S2%'"),
    ("invoices_all_in_sales", "delete from sales.invoices where invoice_key like '%i6%'"),
    ("invoices_all_in_sales", MORE.format("invoices", "invoice", "IN-99")),
    (
        "invoices_all_in_sales",
        MORE.format("invoices", "invoice", "IN-99").replace(
            "'x'", "'IN-31' as invoice_number, 'x'"
        ),
    ),
    ("file_has_its_documents", "delete from cleo.documents where file_id = 'f3'"),
    (
        "file_has_its_documents",
        "update cleo.documents set is_withdrawn = false where file_id = 'r1'",
    ),
    (
        "file_has_its_documents",
        "update cleo.files set document_count = null where file_id = 'f3'",
    ),
    ("link_is_of_one_order", ELSEWHERE.format("to", "from_type = 'order' and to_type")),
    ("link_is_of_one_order", ELSEWHERE.format("from", "to_type = 'invoice' and from_type")),
    ("file_can_be_read", "update cleo.files set reading = 'too large' where file_id = 'f3'"),
    ("file_can_be_read", "update cleo.files set reading = null where file_id = 'f3'"),
    ("documents_mapped", "update cleo.documents set is_mapped = false"),
    (
        "document_has_its_number",
        "update cleo.documents set purchase_order_number = null where document_type = '855'",
    ),
    (
        "answer_has_its_order",
        "update cleo.documents set buyer_id = 'B9' where invoice_number = 'IN-50'",
    ),
    (
        "invoice_total_adds_up",
        "update cleo.documents set total_amount = 100.06 where invoice_number = 'IN-50'",
    ),
    (
        "document_has_its_lines",
        "update cleo.documents set line_count = 2 where file_id = 'f1'",
    ),
    (
        "document_not_from_the_future",
        "update cleo.documents set sent_on = '2024-03-13' where file_id = 'f3'",
    ),
    (
        "document_not_from_the_future",
        "update cleo.documents set document_on = '2042-03-13' where file_id = 'f3'",
    ),
    (
        "step_has_a_meaning",
        "insert into ops.unmapped_steps values ('cleo', 'cleo', 'order', 'NEW', 3)",
    ),
]
EVERY_RUN: list[tuple[str, str]] = [
    (
        "freshness",
        "update ops.freshness set last_change_at = '2024-03-05' where table_name = 'documents'",
    ),
    (
        "freshness",
        "update ops.freshness set last_change_at = null where table_name = 'files' "
        "and connection = 'west'",
    ),
    ("first_load_complete", "update ops.coverage set backfill_share = 0.99"),
    (
        "no_unknown_field",
        "insert into ops.drift values ('cleo', 'cleo', 'files', 'owner', "
        "timestamp '2024-03-09', timestamp '2024-03-09', 4)",
    ),
]
CHARGED = SEGMENTS.replace('"TDS"', '"SAC"')
HARMLESS = {
    "a rounded cent": "update cleo.documents set total_amount = total_amount + 0.05 "
    "where document_type = '810'",
    "a total with a charge": "update cleo.documents set total_amount = 120, "
    f"content = '{CHARGED}' where document_type = '810'",
    "an invoice without a total": "update cleo.documents set total_amount = null",
    "a document that waits in quarantine": "delete from cleo.documents where file_id = 'g7'; "
    "delete from history.cleo__documents where file_id = 'g7'; "
    "insert into ops.quarantine by name select 'cleo' as connection, 'cleo' as vendor, "
    "'documents' as table_name, 1 as rows_open",
    "a few that are not mapped": "update cleo.documents set is_mapped = false "
    "where document_type = '855'",
    "one that is withdrawn": "update cleo.documents set sent_on = '2042-01-01', "
    "is_mapped = true, document_type = '850' where is_withdrawn",
    "a text of blanks for a buyer": "update cleo.documents set buyer_id = ' ' where file_id = 'f4'",
}
# what the mailbox has that is odd: two documents without a number, an answer to nobody knows whom
ODD = {"document_has_its_number": 2, "answer_has_its_order": 1}


def only(name: str) -> list[VendorChecks]:
    return [replace(SHIPPED, facts=tuple(f for f in SHIPPED.facts if f.name == name))]


def test_the_shipped_file_is_sound() -> None:
    checks: list[Expectation | Fact] = [*SHIPPED.expectations, *SHIPPED.facts]
    assert all(c.means.endswith(".") for c in checks)
    assert SHIPPED.freshness == {"files": 120.0, "documents": 120.0}
    critical = {f.name for f in SHIPPED.facts if f.severity is Severity.CRITICAL} - BASE
    assert critical == {
        *("purchase_orders_all_in_sales", "invoices_all_in_sales", "file_has_its_documents"),
        "link_is_of_one_order",
    }


def found(results: list[Result]) -> dict[str, int | None]:
    """How many rows break what did not pass, but for what is odd anyway."""
    rows = {name: result.failing_rows for name, result in broken(results).items()}
    return {name: n for name, n in rows.items() if n != ODD.get(name)}


def test_everything_holds_on_what_the_models_build_but_for_what_is_odd() -> None:
    results = judge_facts(world().warehouse, [SHIPPED], now=AS_OF)
    results += judge_facts(world().raw, [SHIPPED], now=AS_OF, reads=Reads.RAW)
    assert {name: result.failing_rows for name, result in broken(results).items()} == ODD
    assert {r.severity for r in broken(results).values()} == {Severity.WARNING}
    assert len(results) == len(SHIPPED.facts)


def test_every_fact_has_its_planted_fault() -> None:
    shipped = {f.name for f in SHIPPED.facts} - BASE
    assert {check for check, _ in (*FAULTS, *EVERY_RUN)} == shipped


@pytest.mark.parametrize(("check", "fault"), FAULTS, ids=ids(FAULTS))
def test_a_fault_is_found(tmp_path: Path, check: str, fault: str) -> None:
    file = planted(tmp_path, world().warehouse, fault)
    (result,) = judge_facts(file, only(check), now=AS_OF)
    assert result.status is Status.FAIL, result.detail
    assert (result.failing_rows or 0) > ODD.get(check, 0)
    with duckdb.connect(str(file), read_only=True) as db:
        assert len(db.execute(result.query).fetchall()) == result.failing_rows


@pytest.mark.parametrize("raw", [True, False], ids=["raw", "published"])
@pytest.mark.parametrize(("check", "fault"), EVERY_RUN, ids=ids(EVERY_RUN))
def test_a_poor_feed_is_found_in_either_file(
    tmp_path: Path, check: str, fault: str, raw: bool
) -> None:
    file = planted(tmp_path, world().raw if raw else world().warehouse, fault)
    results = judge_facts(file, askable(SHIPPED, raw=raw), now=AS_OF, every_run_only=True)
    assert set(broken(results)) == {check}
    assert broken(results)[check].status is Status.FAIL


@pytest.mark.parametrize("harmless", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_is_no_fault_is_let_be(tmp_path: Path, harmless: str) -> None:
    file = planted(tmp_path, world().warehouse, harmless)
    assert found(judge_facts(file, [SHIPPED], now=AS_OF)) == {}


# one row of each table is spoilt, the others stay as they are
SPOILT = (
    "update cleo.documents set sent_on = '1889-01-01', document_on = '2101-01-01', "
    "total_amount = -10000001 "
    "where file_id = 'f3' and connection = 'cleo'",
    "update cleo.document_lines set quantity = 1000001 "
    "where _key = 'cleo' || chr(31) || 'f2' || chr(31) || '1'",
)


def test_each_expectation_finds_the_spoilt_row_alone(tmp_path: Path) -> None:
    raw = planted(tmp_path, world().raw, *SPOILT)
    with duckdb.connect(str(raw)) as db:
        changed = write_changed_rows(db, [SHIPPED], tmp_path / "changed")
    results = start_expectations(changed, [SHIPPED], tmp_path / "work").results()
    assert len(results) == len(SHIPPED.expectations)
    assert {(r.table, r.check): r.failing_rows for r in results} == {
        (e.table.name, e.name): 1 for e in SHIPPED.expectations
    }
