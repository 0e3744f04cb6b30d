"""CareCloud's checks: they hold on what the models build, each fails on its own planted fault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.audit.changed import write_changed_rows
from pipelines.audit.checks import Expectation, Fact, Reads, Status, VendorChecks
from pipelines.audit.configuration import load_checks
from pipelines.audit.expectations import start_expectations
from pipelines.audit.facts import judge_facts
from sources.carecloud.tables import TABLES
from tests.pipelines.carecloud_world import world
from tests.pipelines.faulty import askable, broken, ids, planted
from tests.pipelines.model_world import AS_OF

CHECKS_FILE = Path(__file__).parents[2] / "sources" / "carecloud" / "checks.yml"
SHIPPED = load_checks("carecloud", TABLES, [CHECKS_FILE])
# the generated check of sweeps is proven here, where there are some
BASE = {f.name for f in load_checks("carecloud", TABLES, []).facts} - {"last_sweep_believed"}

# (check, what breaks it)
FAULTS: list[tuple[str, str]] = [
    ("sales_all_in_orders", "delete from sales.orders where order_number = 'W-2'"),
    ("sales_all_in_orders", "delete from sales.orders where connection = 'west'"),
    ("sale_counted_once", "insert into sales.orders select * from sales.orders"),
    (
        "deleted_not_in_sales",
        "update sales.orders set order_key = 'carecloud\x1forder\x1fo3' where order_number = 'W-2'",
    ),
    (
        "deleted_not_in_sales",
        "update sales.orders set order_key = 'carecloud\x1fp4' where order_number = 'W-2'",
    ),
    ("purchase_has_its_items", "delete from carecloud.purchase_items where purchase_id = 'p2'"),
    ("purchase_has_its_items", "update carecloud.purchase_items set connection = 'north'"),
    ("purchase_total_adds_up", "update carecloud.purchases set total_amount = 20.06"),
    (
        "receipt_number_of_one_purchase",
        "update carecloud.purchases set external_purchase_id = 'R-2' where purchase_id = 'p3'",
    ),
    (
        "change_not_from_the_future",
        "update carecloud.orders set modified_at = _observed_at + interval 31 minute "
        "where order_id = 'o4'",
    ),
    ("change_not_from_the_future", "update carecloud.customers set modified_at = '2024-03-08'"),
    ("change_not_from_the_future", "update carecloud.purchases set modified_at = '2024-03-08'"),
    (
        "step_has_a_meaning",
        "insert into ops.unmapped_steps values ('carecloud', 'carecloud', 'order', 'NEW', 3)",
    ),
]
# the same, and a first load that still lasts excuses it
UNLESS_LOADING: list[tuple[str, str]] = [
    ("customer_of_sale_known", "delete from carecloud.customers where customer_id = 'c2'"),
    ("customer_of_sale_known", "update carecloud.orders set customer_id = 'c9'"),
    ("product_of_item_known", "update carecloud.products set connection = 'north'"),
    ("store_of_purchase_known", "update carecloud.purchases set store_id = 's9'"),
    ("currency_of_sale_known", "update carecloud.orders set currency_id = 'u9'"),
    ("currency_of_sale_known", "update carecloud.purchases set currency_id = 'u9'"),
]
SWEPT = (
    "insert into ops.sweeps by name select connection, vendor, table_name, "
    "'{0}' as sweep_id, timestamp '2024-03-09' as started_at, '{1}' as outcome from ops.sweeps"
)
EVERY_RUN: list[tuple[str, str]] = [
    (
        "freshness",
        "update ops.freshness set last_change_at = '2024-03-05' where table_name = 'purchases'",
    ),
    (
        "freshness",
        "update ops.freshness set last_change_at = null where table_name = 'customers' "
        "and connection = 'west'",
    ),
    ("first_load_complete", "update ops.coverage set backfill_share = 0.99"),
    ("last_sweep_believed", SWEPT.format("t", "refused")),
    ("last_sweep_believed", f"{SWEPT.format('t', 'refused')}; {SWEPT.format('u', 'running')}"),
    (
        "no_unknown_field",
        "insert into ops.drift values ('carecloud', 'carecloud', 'orders', 'ship_via', "
        "timestamp '2024-03-09', timestamp '2024-03-09', 4)",
    ),
]
HARMLESS = {
    "a refused sweep that was made good": f"{SWEPT.format('a', 'refused')}; "
    f"{SWEPT.format('t', 'done')}",
    "a cent of rounding": "update carecloud.purchases set total_amount = total_amount + 0.05 "
    "where purchase_id <> 'p3'",
    "a sale of nobody": "update carecloud.purchases set customer_id = null "
    "where purchase_id = 'p3'",
    "a clock that is ahead by minutes": "update carecloud.orders "
    "set modified_at = _observed_at + interval 30 minute",
    "one receipt number in two stores": "update carecloud.purchases set store_id = null, "
    "external_purchase_id = 'R-3' where purchase_id = 'p2'",
    "a purchase without a count of items": "update carecloud.purchases set item_count = null "
    "where purchase_id = 'p3'",
}


def only(name: str) -> list[VendorChecks]:
    return [replace(SHIPPED, facts=tuple(f for f in SHIPPED.facts if f.name == name))]


def test_the_shipped_file_is_sound() -> None:
    checks: list[Expectation | Fact] = [*SHIPPED.expectations, *SHIPPED.facts]
    assert all(c.means.endswith(".") for c in checks)
    assert SHIPPED.freshness == {"customers": 120.0, "purchases": 120.0}


def test_everything_holds_on_what_the_models_build() -> None:
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
    elsewhere = f"{loading} where connection = 'north'"
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


@pytest.mark.parametrize("harmless", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_is_no_fault_is_let_be(tmp_path: Path, harmless: str) -> None:
    file = planted(tmp_path, world().warehouse, harmless)
    assert broken(judge_facts(file, [SHIPPED], now=AS_OF)) == {}


# one row of each table is spoilt, the others stay as they are
SPOILT = (
    "update carecloud.customers set birthdate = '985-02-12', gender = 6, state = 3, "
    "modified_at = '1999-12-31' where customer_id = 'c1'",
    "update carecloud.purchases set external_purchase_id = null, paid_at = null, "
    "customer_id = null, currency_id = null, total_amount = -10000001, "
    "modified_at = '2101-01-01' where purchase_id = 'p2'",
    "update carecloud.orders set customer_id = null, currency_id = null, "
    "total_amount = 10000001, modified_at = '1999-01-01' where order_id = 'o5'",
    *(
        f"update carecloud.{table} set state = 9{more} where connection = 'carecloud'"
        for table, more in {
            "cards": ", modified_at = '1999-01-01'",
            "vouchers": ", modified_at = '1999-01-01'",
            "bookings": ", modified_at = '1999-01-01'",
            "products": ", modified_at = '1999-01-01'",
            "events": "",
        }.items()
    ),
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
