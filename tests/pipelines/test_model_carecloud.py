"""CareCloud in the marts: one sale once, its customer, its steps; items travel with purchases."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from pipelines.transform.dbt_process import invoke
from pipelines.transform.profile import opened
from sources._tables.declare import VersionBy
from sources.carecloud.tables import TABLES
from tests.pipelines.carecloud_world import GONE, at, world
from tests.pipelines.model_world import day

SOLD = "vendor = 'carecloud'"
RULES = 4  # of the staging models that dbt tests


def customer(name: str, phone: str = "", code: str = "") -> str:
    """The customer key as docs/decisions/0002-customer-matching.md defines it."""
    return "c_" + hashlib.md5(chr(31).join([name, phone, code]).encode()).hexdigest()[:16]


ANN = customer("novakann", "420111222333", "11000")
BEN = customer("hillben")


def test_a_sale_is_one_order_whether_bought_or_ordered() -> None:
    assert world().rows(
        "SELECT order_key, order_number, created_on::VARCHAR, quotation_count "
        f"FROM sales.orders WHERE {SOLD} ORDER BY order_key"
    ) == [
        ("carecloud\x1forder\x1fo2", "W-2", None, 0),
        ("carecloud\x1forder\x1fo4", "R-2", None, 0),
        ("carecloud\x1forder\x1fo5", "o5", None, 0),
        ("carecloud\x1fp1", "W-1", "2024-03-03", 0),
        ("carecloud\x1fp2", "R-2", "2024-03-04", 0),
        ("carecloud\x1fp3", "R-3", "2024-03-04", 0),
        ("west\x1fp1", "W-1", "2024-03-03", 0),
    ]


def test_a_sale_stands_where_the_vendor_says() -> None:
    assert world().rows(
        "SELECT order_key, step, stage, outcome, first_seen_at, step_entered_at, changed_at, "
        f"coverage_since FROM sales.orders WHERE {SOLD} AND connection = 'carecloud' "
        "ORDER BY order_key"
    ) == [
        (
            *("carecloud\x1forder\x1fo2", "Shipped", "Shipped", "open"),
            *(at(2), at(4, 10), at(4, 10), day(1)),
        ),
        ("carecloud\x1forder\x1fo4", "Unpaid", "Placed", "open", at(2), at(2), at(2), day(1)),
        ("carecloud\x1forder\x1fo5", "Unpaid", "Placed", "open", at(2), at(2), at(2), day(1)),
        ("carecloud\x1fp1", "Purchased", "Sold", "won", at(3, 23), at(3, 23), at(5), day(1)),
        ("carecloud\x1fp2", "Purchased", "Sold", "won", at(4), at(4), at(4), day(1)),
        ("carecloud\x1fp3", "Returned", "Returned", "lost", at(4), at(4), at(4), day(1)),
    ]


def test_steps_say_that_the_vendor_recorded_their_times() -> None:
    assert world().rows(
        "SELECT step_number, step, entered_at, left_at, time_source FROM sales.document_steps "
        f"WHERE {SOLD} AND document_key LIKE '%o2' ORDER BY 1"
    ) == [
        (1, "Confirmed", at(2), at(4, 10), "recorded"),
        (2, "Shipped", at(4, 10), None, "recorded"),
    ]
    assert world().rows(f"FROM ops.unmapped_steps WHERE {SOLD}") == []


def test_a_sale_is_its_customers_also_of_one_who_is_gone() -> None:
    assert world().rows(
        "SELECT o.order_key, o.customer_key, c.customer_name, c.address, c.origin "
        "FROM sales.orders AS o LEFT JOIN sales.customers AS c USING (customer_key) "
        f"WHERE o.{SOLD} AND o.order_number IN ('W-1', 'R-2') ORDER BY order_key"
    ) == [
        ("carecloud\x1forder\x1fo4", ANN, "Ann Novák", "Old Town Square 34", "In the shop"),
        ("carecloud\x1fp1", ANN, "Ann Novák", "Old Town Square 34", "In the shop"),
        ("carecloud\x1fp2", BEN, "Ben Hill", None, None),
        ("west\x1fp1", BEN, "Ben Hill", None, None),
    ]


@pytest.mark.parametrize(
    ("table", "key", "deleted"),
    [
        ("purchases", "purchase_id", {"p1": None, "p2": None, "p3": None, "p4": GONE}),
        ("orders", "order_id", {"o1": None, "o2": None, "o3": GONE, "o4": None, "o5": None}),
        ("purchase_items", "purchase_item_id", {"i1": None, "i2": None}),
    ],
)
def test_what_the_vendor_deleted_is_shown_as_deleted(
    table: str, key: str, deleted: dict[str, Any]
) -> None:
    rows = world().rows(
        f"SELECT {key}, deleted_at FROM carecloud.{table} WHERE connection = 'carecloud' "
        + ("AND purchase_id <> 'p4'" if table == "purchase_items" else "")
    )
    assert dict(rows) == deleted


def test_items_are_of_the_version_that_brought_them() -> None:
    assert world().rows(
        "SELECT purchase_item_id, line_number, quantity::INTEGER, is_current "
        "FROM history.carecloud__purchase_items WHERE purchase_id = 'p1' "
        "AND connection = 'carecloud' ORDER BY valid_from"
    ) == [("i1", 1, 2, False), ("i1", 1, 2, True)]
    assert world().rows(
        "SELECT count(*) FROM carecloud.purchase_items WHERE purchase_id = 'p1' "
        "AND connection = 'carecloud'"
    ) == [(1,)]


def test_rules_hold_in_dbts_unit_tests() -> None:
    built = world()
    dbt = built.folder / "dbt"
    with opened(built.warehouse, built.raw, dbt / "inputs.duckdb"):
        results = invoke(
            ["test", "--select", "path:models/staging/carecloud,test_type:unit"],
            dbt / "project",
            dbt,
        )
    assert len(results) == RULES
    assert {str(result.status) for result in results} == {"pass"}


def test_every_table_can_be_swept_and_is_ordered_by_its_changes_where_it_tells_them() -> None:
    assert len(TABLES) == 22
    by_change = set()
    for table in TABLES:
        assert table.swept
        assert table.queue is None
        (key,) = table.key
        required = {c.name for c in table.columns if c.required}
        assert required == {key, *([table.version] if table.version else [])}
        if table.version_by is VersionBy.CHANGE_TIME:
            by_change.add(table.name)
            assert table.column(str(table.version)).wire == "last_change"
        wires = {wire for c in table.columns for wire in c.wires}
        assert not {wire for wire in wires if "passw" in wire or "token" in wire}
    assert by_change == {
        *("customers", "purchases", "orders", "bookings", "products", "cards", "vouchers"),
        "customer_source_records",
    }
