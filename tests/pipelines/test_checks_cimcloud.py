"""CIMcloud's checks: they hold on what the models build, each fails on its own planted fault."""

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
    Severity,
    Status,
    TableRef,
    VendorChecks,
)
from pipelines.audit.configuration import load_checks
from pipelines.audit.expectations import start_expectations
from pipelines.audit.facts import judge_facts
from sources.cimcloud.tables import TABLES
from tests.pipelines.cimcloud_world import world
from tests.pipelines.faulty import askable, broken, ids, planted
from tests.pipelines.model_world import AS_OF

CHECKS_FILE = Path(__file__).parents[2] / "sources" / "cimcloud" / "checks.yml"
SHIPPED = load_checks("cimcloud", TABLES, [CHECKS_FILE])
# the generated check of sweeps is proven here, where there are some
BASE = {f.name for f in load_checks("cimcloud", TABLES, []).facts} - {"last_sweep_believed"}

TWICE = "insert into {0} select * from {0}"
# (check, what breaks it)
FAULTS: list[tuple[str, str]] = [
    ("invoices_all_in_sales", "delete from sales.invoices"),
    ("invoices_all_in_sales", "update sales.invoices set total_amount = total_amount + 100"),
    ("invoices_all_in_sales", "update sales.invoices set open_amount = 0"),
    ("orders_all_in_sales", "delete from sales.orders where order_number = 'SO-2'"),
    ("orders_all_in_sales", "delete from sales.orders where connection = 'west'"),
    ("sale_counted_once", TWICE.format("sales.orders")),
    (
        "sale_counted_once",
        "insert into sales.orders select * replace ('cimcloud\x1fweb\x1f501' as order_key, "
        "'501' as order_number) from sales.orders where order_number = 'SO-1'",
    ),
    (
        "deleted_not_in_sales",
        "update sales.orders set order_key = 'cimcloud\x1f503' where order_number = 'SO-2'",
    ),
    ("invoice_total_adds_up", "update cimcloud.invoices set tax_amount = 5.27"),
    ("invoice_balance_in_range", "update cimcloud.invoices set balance_amount = 115.26"),
    ("invoice_balance_in_range", "update cimcloud.invoices set balance_amount = -0.01"),
    (
        "account_number_of_one_account",
        "update cimcloud.accounts set account_number = 'W000123' where account_id = 2",
    ),
    ("document_not_from_the_future", "update cimcloud.invoices set invoiced_on = '2024-03-13'"),
    ("document_not_from_the_future", "update cimcloud.orders set ordered_on = '2024-03-13'"),
    ("document_not_from_the_future", "update cimcloud.order_history set ordered_on = '2042-03-13'"),
    (
        "assumed_fields_come",
        "update cimcloud.order_lines set extended_amount = null; "
        "insert into cimcloud.order_lines select l.* from cimcloud.order_lines as l, range(6)",
    ),
    (
        "step_has_a_meaning",
        "insert into ops.unmapped_steps values ('cimcloud', 'cimcloud', 'order', 'NEW STEP', 3)",
    ),
]
# the same, and a first load that still lasts excuses it
UNLESS_LOADING: list[tuple[str, str]] = [
    (
        "order_total_adds_up",
        "update cimcloud.order_history_lines set extended_amount = 40.02 "
        "where order_history_line_id = 1",
    ),
    ("web_order_total_adds_up", "update cimcloud.orders set coupon_amount = 4.98"),
    ("invoice_lines_add_up", "update cimcloud.invoice_lines set extended_amount = 99.98"),
    ("line_has_its_web_order", "delete from cimcloud.orders where web_order_number = 502"),
    ("line_has_its_order", "update cimcloud.order_history set deleted_at = '2024-03-09'"),
    ("line_has_its_invoice", "update cimcloud.invoices set connection = 'west'"),
    ("payment_of_a_known_invoice", "update cimcloud.payments set invoice_number = 'IN-9'"),
    ("payment_of_a_known_invoice", "update cimcloud.invoice_payments set invoice_number = 'IN-9'"),
    ("payment_of_a_known_invoice", "update cimcloud.credits set invoice_number = 'IN-9'"),
    ("account_of_order_known", "update cimcloud.order_history set account_number = 'W1'"),
    ("account_of_order_known", "delete from cimcloud.accounts where account_id = 2"),
]
SWEPT = (
    "insert into ops.sweeps by name select connection, vendor, table_name, "
    "'{0}' as sweep_id, timestamp '2024-03-09' as started_at, '{1}' as outcome from ops.sweeps"
)
EVERY_RUN: list[tuple[str, str]] = [
    ("freshness", f"update ops.freshness set last_change_at = '2024-03-05' where {about}")
    for about in (
        "table_name = 'accounts'",
        "table_name = 'orders'",
        "table_name = 'order_history'",
        "table_name = 'invoices' and connection = 'west'",
    )
] + [
    ("first_load_complete", "update ops.coverage set backfill_share = 0.99"),
    ("last_sweep_believed", SWEPT.format("t", "refused")),
    ("last_sweep_believed", f"{SWEPT.format('t', 'refused')}; {SWEPT.format('u', 'running')}"),
    (
        "no_unknown_field",
        "insert into ops.drift values ('cimcloud', 'cimcloud', 'orders', 'ship_via', "
        "timestamp '2024-03-09', timestamp '2024-03-09', 4)",
    ),
]


def only(name: str) -> list[VendorChecks]:
    return [replace(SHIPPED, facts=tuple(f for f in SHIPPED.facts if f.name == name))]


def test_the_shipped_file_is_sound() -> None:
    checks: list[Expectation | Fact] = [*SHIPPED.expectations, *SHIPPED.facts]
    assert all(c.means.endswith(".") for c in checks)
    assert {c.severity for c in checks} == set(Severity)
    assert SHIPPED.freshness == dict.fromkeys(
        ("accounts", "orders", "order_history", "invoices"), 120.0
    )


def test_everything_holds_on_what_the_models_build_deleted_rows_and_all() -> None:
    results = judge_facts(world().warehouse, [SHIPPED], now=AS_OF)
    results += judge_facts(world().raw, [SHIPPED], now=AS_OF, reads=Reads.RAW)
    assert broken(results) == {}
    assert len(results) == len(SHIPPED.facts)


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
def test_what_a_first_load_has_not_brought_yet_is_no_fault(
    tmp_path: Path, check: str, fault: str
) -> None:
    loading = "update ops.coverage set backfill_share = 0.5"
    elsewhere = f"{loading} where connection = 'west'"
    file = planted(tmp_path, world().warehouse, fault, elsewhere)
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
        f"{SWEPT.format('a', 'refused')}; {SWEPT.format('t', 'done')}",
        "update cimcloud.order_lines set extended_amount = null where order_line_id = 1",
        "update cimcloud.invoice_lines set extended_amount = 99.99",
        "update cimcloud.orders set total_amount = 115.25 where web_order_number = 502",
        "update cimcloud.invoices set total_amount = null, balance_amount = null; "
        "update sales.invoices set total_amount = null, open_amount = null",
        "update cimcloud.order_history set deleted_at = null, web_order_number = null "
        "where order_number = 'SO-3'; insert into sales.orders select * replace ("
        "'SO-3' as order_number, 'cimcloud\x1f503' as order_key) from sales.orders "
        "where order_number = 'SO-2'",
    ],
    ids=[
        "a refused sweep that was made good",
        "a line without a price",
        "a rounded cent",
        "a coupon that the total leaves alone",
        "an invoice without a total",
        "an order that came back",
    ],
)
def test_what_is_no_fault_is_let_be(tmp_path: Path, harmless: str) -> None:
    file = planted(tmp_path, world().warehouse, harmless)
    assert broken(judge_facts(file, [SHIPPED], now=AS_OF)) == {}


# one row of each table is spoilt, the others stay as they are
SPOILT = (
    "update cimcloud.accounts set account_number = null, account_name = null where account_id = 2",
    "update cimcloud.accounts set created_at = '1889-01-01' where account_number = 'W9'",
    "update cimcloud.orders set ordered_on = null, total_amount = 10000001, "
    "created_at = '2101-01-01' where web_order_number = 502",
    "update cimcloud.order_history set order_number = null, ordered_on = null, status = 'open', "
    "total_amount = -0.01, created_at = '1989-12-31' where order_history_id = 502",
    "update cimcloud.invoices set invoice_number = null, total_amount = -1, "
    "created_at = '1989-12-31'",
    "update cimcloud.order_lines set quantity = -1 where order_line_id = 1",
    "update cimcloud.payments set payment_amount = -10000001, created_at = '1989-12-31'",
    "update cimcloud.invoice_payments set payment_amount = 10000001",
    "update cimcloud.customers set created_at = '1989-12-31'",
    "update cimcloud.shipments set created_at = '1989-12-31'",
    "update cimcloud.credits set created_at = '1989-12-31'",
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


def test_what_the_vendor_has_deleted_is_not_judged(tmp_path: Path) -> None:
    with duckdb.connect(str(world().raw), read_only=True) as db:
        changed = write_changed_rows(db, [SHIPPED], tmp_path)
    accounts = duckdb.read_parquet(str(changed[TableRef("cimcloud", "accounts")]))
    rows = accounts.select("connection, account_id").fetchall()
    assert sorted(rows) == [("cimcloud", 1), ("cimcloud", 2), ("west", 1)]
