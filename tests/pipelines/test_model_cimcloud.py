"""CIMcloud in the marts: one sale once, deleted rows left out there and shown in its own schema."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from pipelines.transform.dbt_process import invoke
from pipelines.transform.declared import models
from pipelines.transform.profile import opened
from sources._tables.declare import Child, Column, Kind, Table, VersionBy
from sources.cienapps import tables as cienapps
from sources.cimcloud.tables import TABLES
from tests.pipelines.cimcloud_world import GONE, world
from tests.pipelines.model_world import day
from tests.pipelines.published_schema import listing, pinned

SOLD = "vendor = 'cimcloud'"


def customer(name: str, phone: str = "", code: str = "") -> str:
    """The customer key as docs/decisions/0002-customer-matching.md defines it."""
    return "c_" + hashlib.md5(chr(31).join([name, phone, code]).encode()).hexdigest()[:16]


THEBERGE = customer("thebergeetfils", "2501112222", "V9X1T8")


def test_published_schema_is_pinned() -> None:
    assert listing(world()) == pinned("cienapps", "cimcloud")


def test_a_sale_is_one_order_whichever_system_has_it() -> None:
    assert world().rows(
        "SELECT order_key, order_number, purchase_order, sales_rep, rep, created_on::VARCHAR, "
        f"quotation_count FROM sales.orders WHERE {SOLD} ORDER BY order_key"
    ) == [
        ("cimcloud\x1f501", "SO-1", "PO 17", "CARRIE DOE", "ANN ROY", "2024-03-01", 0),
        ("cimcloud\x1f502", "SO-2", None, None, None, "2024-03-04", 0),
        ("cimcloud\x1fweb\x1f502", "502", None, None, None, "2024-03-01", 0),
        ("west\x1fweb\x1f501", "501", None, None, None, "2024-03-01", 0),
    ]


def test_an_order_stands_where_its_own_system_says() -> None:
    assert world().rows(
        "SELECT order_key, step, stage, outcome, first_seen_at, step_entered_at, changed_at, "
        f"coverage_since FROM sales.orders WHERE {SOLD} ORDER BY order_key"
    ) == [
        ("cimcloud\x1f501", "Complete", "Complete", "won", day(4), day(6), day(6), day(1)),
        ("cimcloud\x1f502", "Cancelled", "Cancelled", "lost", day(4), day(4), day(4), day(1)),
        ("cimcloud\x1fweb\x1f502", "processing", "Open", "open", day(2), day(3), day(3), day(1)),
        ("west\x1fweb\x1f501", "Submitted", "Placed", "open", day(2), day(2), day(2), day(1)),
    ]


def test_steps_are_of_the_sale_and_say_that_they_were_observed() -> None:
    assert world().rows(
        "SELECT document_key, step_number, step, entered_at, left_at, time_source "
        f"FROM sales.document_steps WHERE {SOLD} AND document_key LIKE 'cimcloud%1' ORDER BY 2"
    ) == [
        ("cimcloud\x1f501", 1, "Open", day(4), day(6), "observed"),
        ("cimcloud\x1f501", 2, "Complete", day(6), None, "observed"),
    ]
    assert world().rows(f"FROM ops.unmapped_steps WHERE {SOLD}") == []


def test_customers_are_the_accounts_that_bought() -> None:
    assert world().rows(
        "SELECT c.customer_key, c.customer_name, o.order_key FROM sales.orders AS o "
        f"JOIN sales.customers AS c USING (customer_key) WHERE o.{SOLD} ORDER BY order_key"
    ) == [
        (THEBERGE, "THÉBERGE ET FILS", "cimcloud\x1f501"),
        # the account is gone, the order is still its own
        (customer("closedltd"), "Closed Ltd", "cimcloud\x1f502"),
        (customer("doekitchens", "2507481234"), "Doe Kitchens", "cimcloud\x1fweb\x1f502"),
        # an account of that number in another connection
        (customer("west"), "West", "west\x1fweb\x1f501"),
    ]


def test_one_customer_of_two_vendors_is_one() -> None:
    assert world().rows(
        "SELECT customer_since_on::VARCHAR, order_count, vendors FROM sales.customers "
        f"WHERE customer_key = '{THEBERGE}'"
    ) == [("2015-02-03", 2, "cienapps, cimcloud")]


@pytest.mark.parametrize(
    ("table", "key", "deleted"),
    [
        ("accounts", "account_id", {1: None, 2: None, 3: GONE}),
        ("orders", "web_order_number", {501: None, 502: None, 503: GONE}),
        ("order_history", "order_history_id", {501: None, 502: None, 503: GONE}),
        ("invoices", "invoice_id", {1: None}),
    ],
)
def test_what_the_vendor_deleted_is_shown_as_deleted(
    table: str, key: str, deleted: dict[int, Any]
) -> None:
    rows = world().rows(
        f"SELECT {key}, deleted_at FROM cimcloud.{table} WHERE connection = 'cimcloud'"
    )
    assert dict(rows) == deleted


def test_history_knows_versions_alone() -> None:
    assert world().rows(
        "SELECT order_history_id, status, valid_from, valid_to "
        "FROM history.cimcloud__order_history ORDER BY ALL"
    ) == [
        (501, "Complete", day(6), None),
        (501, "Open", day(4), day(6)),
        (502, "Cancelled", day(4), None),
        (503, "Cancelled", day(4), None),
    ]
    assert (
        world().rows(
            "SELECT * FROM duckdb_columns() WHERE schema_name IN ('history', 'cienapps') "
            "AND column_name = 'deleted_at'"
        )
        == []
    )


def test_sweeps_are_carried_over() -> None:
    assert world().rows(
        "SELECT table_name, outcome, keys_seen, keys_vanished FROM ops.sweeps ORDER BY 1 LIMIT 1"
    ) == [("accounts", "done", 2, 1)]


def test_rules_hold_in_dbts_unit_tests() -> None:
    built = world()
    dbt = built.folder / "dbt"
    with opened(built.warehouse, built.raw, dbt / "inputs.duckdb"):
        results = invoke(
            ["test", "--select", "path:models/staging/cimcloud,test_type:unit"],
            dbt / "project",
            dbt,
        )
    assert len(results) == 4
    assert {str(result.status) for result in results} == {"pass"}


def swept(*columns: str, child: str = "label") -> Table:
    """A swept table with such columns and a child."""
    named = [
        Column(name=name, wire=name, kind=Kind.TEXT, required=True, description="A column.")
        for name in columns
    ]
    label = Column(name=child, wire="$", kind=Kind.TEXT, description="A label.")
    labels = Child(name="labels", wire="labels", description="Labels.", columns=(label,))
    return Table(
        name="things",
        description="Things.",
        key=(columns[0],),
        version_by=VersionBy.SEEN,
        columns=tuple(named),
        children=(labels,),
        swept=True,
    )


@pytest.mark.parametrize(
    "table", [swept("id", "deleted_at"), swept("id", child="deleted_at")], ids=["table", "lines"]
)
def test_a_swept_table_cannot_have_a_deleted_at_of_its_own(table: Table) -> None:
    with pytest.raises(ValueError, match="add themselves: deleted_at"):
        list(models("toy", [table]))


def test_a_queue_cannot_be_swept() -> None:
    with pytest.raises(ValueError, match="a queue lists what is new"):
        replace(cienapps.ORDERS, swept=True)


def test_every_table_can_be_swept_and_is_known_by_the_time_it_was_seen() -> None:
    assert len(TABLES) == 16
    for table in TABLES:
        assert table.swept
        assert table.version_by is VersionBy.SEEN
        assert table.queue is None
        assert {c.name for c in table.columns if c.required} == set(table.key)
        words = {w.casefold() for c in table.columns for w in (c.name, c.wire)}
        assert not {w for w in words if w == "pw" or "pass" in w or "card_num" in w}
