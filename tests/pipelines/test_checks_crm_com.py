"""CRM.COM's checks: they hold on what the models build, each fails on its own planted fault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.audit.changed import write_changed_rows
from pipelines.audit.checks import Expectation, Fact, Reads, Severity, Status, VendorChecks
from pipelines.audit.configuration import load_checks
from pipelines.audit.expectations import start_expectations
from pipelines.audit.facts import judge_facts
from sources.crm_com.tables import TABLES
from tests.pipelines.crm_com_world import world
from tests.pipelines.faulty import askable, broken, ids, planted
from tests.pipelines.model_world import AS_OF

CHECKS_FILE = Path(__file__).parents[2] / "sources" / "crm_com" / "checks.yml"
SHIPPED = load_checks("crm_com", TABLES, [CHECKS_FILE])
BASE = {f.name for f in load_checks("crm_com", TABLES, []).facts}

# (check, what breaks it)
FAULTS: list[tuple[str, str]] = [
    ("invoices_all_in_sales", "delete from sales.invoices"),
    ("invoices_all_in_sales", "update crm_com.invoices set total_amount = total_amount + 100"),
    ("invoices_all_in_sales", "update sales.invoices set open_amount = 0.01"),
    ("purchases_all_in_sales", "delete from sales.orders where order_number = 'PU2'"),
    ("purchases_all_in_sales", "delete from sales.orders where connection = 'west'"),
    ("jobs_all_in_sales", "insert into sales.work_orders from sales.work_orders"),
    (
        "no_national_identifier",
        """update crm_com.contacts set unknown_fields = '{"demographics": {"ID_Number": "7"}}' """
        "where contact_id = 'C1'",
    ),
    ("purchase_total_adds_up", "update crm_com.purchases set vat_amount = 5.02"),
    (
        "purchase_lines_add_up",
        "update crm_com.purchase_products set total_amount = 104.98, net_amount = 99.98",
    ),
    ("invoice_total_adds_up", "update crm_com.invoices set tax_amount = 4.98"),
    (
        "invoices_have_items",
        "delete from crm_com.invoice_items; "
        "insert into crm_com.invoices select i.* from crm_com.invoices as i, range(19)",
    ),
    ("document_not_from_the_future", "update crm_com.invoices set issued_on = '2024-03-13'"),
    ("document_not_from_the_future", "update crm_com.purchases set performed_on = '2042-03-13'"),
    (
        "assumed_fields_come",
        "update crm_com.leads set created_at = null; "
        "insert into crm_com.leads select l.* from crm_com.leads as l, range(6)",
    ),
    (
        "step_has_a_meaning",
        "delete from ops.unmapped_steps; "
        "insert into ops.unmapped_steps values ('crm_com', 'crm_com', 'quotation', 'NEW', 3)",
    ),
]
# the same, and accounts that are still to be visited excuse it
UNLESS_LOADING: list[tuple[str, str]] = [
    ("account_of_document_known", "update crm_com.purchases set account_id = 'A9'"),
    ("account_of_document_known", "update crm_com.jobs set account_id = 'A9'"),
    ("account_of_document_known", "update crm_com.invoices set account_id = 'A9'"),
    ("account_of_document_known", "update crm_com.credit_notes set account_id = 'A9'"),
    ("owner_of_account_known", "delete from crm_com.contacts where contact_id = 'C2'"),
]
EVERY_RUN: list[tuple[str, str]] = [
    ("freshness", f"update ops.freshness set last_change_at = '2024-02-20' where {about}")
    for about in ("table_name = 'accounts'", "table_name = 'purchases' and connection = 'west'")
] + [
    ("accounts_all_visited", "update ops.coverage set backfill_share = 0.99"),
    (
        "no_unknown_field",
        "insert into ops.drift values ('crm_com', 'crm_com', 'contacts', 'nickname', "
        "timestamp '2024-03-09', timestamp '2024-03-09', 4)",
    ),
]
KNOWN = {
    "step_has_a_meaning"
}  # a lead's states are the organisation's own: none has a meaning here


def only(name: str) -> list[VendorChecks]:
    return [replace(SHIPPED, facts=tuple(f for f in SHIPPED.facts if f.name == name))]


def test_the_shipped_file_is_sound() -> None:
    checks: list[Expectation | Fact] = [*SHIPPED.expectations, *SHIPPED.facts]
    assert all(c.means.endswith(".") for c in checks)
    assert {c.severity for c in checks} == set(Severity)
    assert SHIPPED.freshness == {"purchases": 120.0, "accounts": 336.0}


def test_everything_holds_on_what_the_models_build() -> None:
    results = judge_facts(world().warehouse, [SHIPPED], now=AS_OF)
    results += judge_facts(world().raw, [SHIPPED], now=AS_OF, reads=Reads.RAW)
    assert set(broken(results)) == KNOWN
    assert len(results) == len(SHIPPED.facts)


def test_steps_without_a_meaning_are_the_leads_alone(tmp_path: Path) -> None:
    assert {step for (step,) in world().rows("SELECT step FROM ops.unmapped_steps")} == {
        *("HOT", "OPEN", "QUALIFIED")
    }
    file = planted(tmp_path, world().warehouse, "delete from ops.unmapped_steps")
    assert broken(judge_facts(file, [SHIPPED], now=AS_OF)) == {}


def test_every_fact_has_its_planted_fault() -> None:
    shipped = {f.name for f in SHIPPED.facts} - BASE
    assert {check for check, _ in (*FAULTS, *UNLESS_LOADING, *EVERY_RUN)} == shipped


@pytest.mark.parametrize(
    ("check", "fault"), FAULTS + UNLESS_LOADING, ids=ids(FAULTS + UNLESS_LOADING)
)
def test_a_fault_is_found(tmp_path: Path, check: str, fault: str) -> None:
    file = planted(tmp_path, world().warehouse, fault)
    (result,) = judge_facts(file, only(check), now=AS_OF)
    assert result.status is Status.FAIL, result.detail
    with duckdb.connect(str(file), read_only=True) as db:
        assert len(db.execute(result.query).fetchall()) == result.failing_rows


@pytest.mark.parametrize(("check", "fault"), UNLESS_LOADING, ids=ids(UNLESS_LOADING))
def test_what_is_still_to_be_visited_is_no_fault(tmp_path: Path, check: str, fault: str) -> None:
    loading = "update ops.coverage set backfill_share = 0.5"
    elsewhere = f"{loading} where connection = 'west'"
    theirs = "delete from crm_com.purchases where connection = 'west'"
    file = planted(tmp_path, world().warehouse, fault, theirs, elsewhere)
    assert set(broken(judge_facts(file, only(check), now=AS_OF))) == {check}
    file = planted(tmp_path, world().warehouse, fault, loading)
    assert broken(judge_facts(file, only(check), now=AS_OF)) == {}


@pytest.mark.parametrize("raw", [True, False], ids=["raw", "published"])
@pytest.mark.parametrize(("check", "fault"), EVERY_RUN, ids=ids(EVERY_RUN))
def test_a_poor_feed_is_found_in_either_file(
    tmp_path: Path, check: str, fault: str, raw: bool
) -> None:
    file = planted(tmp_path, world().raw if raw else world().warehouse, fault)
    results = judge_facts(file, askable(SHIPPED, raw=raw), now=AS_OF, every_run_only=True)
    assert set(broken(results)) == {check}
    assert broken(results)[check].status is Status.FAIL


@pytest.mark.parametrize(
    "harmless",
    [
        "update crm_com.purchase_products set total_amount = null",
        "update crm_com.purchases set total_amount = 105.01 where purchase_id = 'S1'",
        "update crm_com.purchases set net_amount = null, total_amount = null",
        "update crm_com.invoices set discount_amount = 10, total_amount = 95; "
        "update sales.invoices set total_amount = 95",
        "delete from crm_com.invoice_items",
        """update crm_com.contacts set unknown_fields = '{"id_numbers": "7"}'""",
        "update crm_com.purchases set account_id = null",
    ],
    ids=[
        "a line without a price",
        "a rounded cent",
        "a purchase without sums",
        "a discount that the total has",
        "a few invoices without items",
        "a field of a like name",
        "a purchase of no account",
    ],
)
def test_what_is_no_fault_is_let_be(tmp_path: Path, harmless: str) -> None:
    file = planted(tmp_path, world().warehouse, harmless)
    assert set(broken(judge_facts(file, [SHIPPED], now=AS_OF))) == KNOWN


# one row of each table is spoilt
SPOILT = (
    "update crm_com.accounts set created_at = '1989-12-31' where connection = 'west'",
    "update crm_com.contacts set created_at = '1989-12-31' where contact_id = 'C1'",
    "update crm_com.leads set created_at = '2100-01-02' where lead_id = 'Q1'",
    "update crm_com.jobs set created_at = '1989-12-31', life_cycle_state = 'LOST'",
    "update crm_com.invoices set total_amount = 10000001",
    "update crm_com.credit_notes set total_amount = -10000001",
    "update crm_com.accounts set account_number = null where account_id = 'A4'",
    "update crm_com.purchases set performed_on = '2024-03-04', life_cycle_state = 'POSTED'",
    "update crm_com.purchases set purchase_number = null, performed_on = null, "
    "total_amount = 10000001, created_at = '1989-12-31', life_cycle_state = 'posted' "
    "where purchase_id = 'S2'",
)


def test_each_expectation_finds_the_spoilt_row_alone(tmp_path: Path) -> None:
    raw = planted(tmp_path, world().raw, *SPOILT)
    with duckdb.connect(str(raw)) as db:
        changed = write_changed_rows(db, [SHIPPED], tmp_path / "changed")
    results = start_expectations(changed, [SHIPPED], tmp_path / "work").results()
    assert len(results) == len(SHIPPED.expectations)
    found = {(r.table, r.check): r.failing_rows for r in results}
    wanted = {(e.table.name, e.name): 1 for e in SHIPPED.expectations}
    # the job is spoilt in both of its versions, of which the newest is judged
    assert found == wanted
