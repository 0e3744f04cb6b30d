"""Deals: which documents are one sale, what it stands at, and what of it is not loaded yet."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import duckdb

from pipelines.transform import build
from tests.pipelines import cimcloud_world
from tests.pipelines.cleo_world import of, world
from tests.pipelines.model_world import AS_OF, World
from tests.pipelines.test_model_cleo import key, ordered

_DOCUMENTS = """
SELECT deal_key, 'quotation ' || quotation_key AS document FROM sales.quotations
UNION ALL SELECT deal_key, 'order ' || order_key FROM sales.orders
UNION ALL SELECT deal_key, 'work order ' || work_order_key FROM sales.work_orders
UNION ALL SELECT deal_key, 'invoice ' || invoice_key FROM sales.invoices
"""


def half_loaded(folder: Path) -> World:
    """The distributor's warehouse while the web orders of its second connection are half there."""
    built = cimcloud_world.world()
    raw, target = folder / "raw.duckdb", folder / "next" / "warehouse.duckdb"
    shutil.copyfile(built.raw, raw)
    with duckdb.connect(str(raw)) as db:
        db.execute(
            "update ops.coverage set backfill_share = 0.5 "
            "where connection = 'west' and table_name in ('orders', 'order_lines')"
        )
    maps, dbt = built.folder / "maps", folder / "dbt"
    report = build(raw, target, cimcloud_world.VENDORS, maps, dbt, AS_OF, "run-1")
    return World(folder, raw, target, report)


def deal_of(order_key: str) -> set[str]:
    """The documents of that order's deal."""
    rows = world().rows(
        f"SELECT document FROM ({_DOCUMENTS}) WHERE deal_key = (SELECT deal_key "
        f"FROM sales.orders WHERE order_key = '{order_key}')"
    )
    return {document for (document,) in rows}


def test_a_deal_is_every_document_that_links_hold_together() -> None:
    over_four_connections = {
        f"order {ordered('B1', 'PO 17')}",
        f"order {ordered('B1', 'PO 17', 'west')}",
        f"order {key('cienapps', '4700')}",
        f"order {key('cimcloud', '1')}",
        f"invoice {key('cleo', 'invoice', 'S1', 'IN-9')}",
        f"invoice {key('cimcloud', '1')}",
    }
    assert deal_of(key("cimcloud", "1")) == over_four_connections
    assert deal_of(ordered("B1", "PO 17")) == over_four_connections
    # two orders elsewhere have its number: it is alone, and so are they
    assert deal_of(ordered("B1", "18")) == {f"order {ordered('B1', '18')}"}
    assert deal_of(key("cienapps", "4701")) == {f"order {key('cienapps', '4701')}"}


def test_every_document_is_in_one_deal_and_every_sale_in_the_pipeline_once() -> None:
    assert world().rows(f"SELECT count(*) FROM ({_DOCUMENTS}) WHERE deal_key IS NULL") == [(0,)]
    assert world().rows(
        "SELECT count(*), count(DISTINCT deal_key), sum(order_count) FROM sales.sales_pipeline"
    ) == world().rows(
        "SELECT count(DISTINCT deal_key), count(DISTINCT deal_key), "
        "count(*) FILTER (NOT is_twin) FROM sales.orders"
    )


def test_a_partners_order_that_stands_elsewhere_too_is_a_twin() -> None:
    assert world().rows("SELECT order_key FROM sales.orders WHERE is_twin ORDER BY 1") == [
        (ordered("B1", "30"),),
        (ordered("B1", "PO 17"),),
        (ordered("B1", "PO 17", "west"),),
    ]


def test_the_deal_leads_with_the_order_that_is_no_twin_and_takes_the_twins_amount() -> None:
    assert world().rows(
        "SELECT leading_key, vendor, vendors, phase, outcome, opened_on, currency_code, "
        "value_amount, order_count, invoice_count FROM sales.sales_pipeline "
        f"WHERE leading_key = '{key('cimcloud', '2')}'"
    ) == [
        (
            key("cimcloud", "2"),
            "cimcloud",
            "cimcloud, cleo",
            "order",
            "won",
            of(1),
            None,
            Decimal(11),
            1,
            1,
        )
    ]


def test_what_is_still_being_loaded_says_so_up_to_the_figures(tmp_path: Path) -> None:
    rows = half_loaded(tmp_path).rows
    assert rows(
        "SELECT connection, bool_and(is_complete) FROM sales.orders GROUP BY ALL ORDER BY ALL"
    ) == [("cienapps", True), ("cimcloud", True), ("west", False)]
    assert rows(
        "SELECT connection, bool_and(is_complete) FROM sales.sales_pipeline GROUP BY ALL ORDER BY 1"
    ) == [("cienapps", True), ("cimcloud", True), ("west", False)]
    assert rows(
        "SELECT vendor, bool_and(is_complete) FROM sales.funnel_monthly GROUP BY 1 ORDER BY 1"
    ) == [
        ("cienapps", True),
        ("cimcloud", False),
    ]
    assert rows(
        "SELECT connection, loaded_share, complete_count, table_count, is_complete "
        "FROM sales.vendor_freshness WHERE vendor = 'cimcloud' ORDER BY 1"
    ) == [("cimcloud", 1, 16, 16, True), ("west", 0.5, 14, 16, False)]


def test_lines_go_with_the_order_that_stands_for_the_sale() -> None:
    rows = cimcloud_world.world().rows
    assert rows(
        "SELECT order_line_key, order_key, line_amount FROM sales.order_lines ORDER BY 1"
    ) == [
        (key("cimcloud", "1"), key("cimcloud", "501"), 40),
        (key("cimcloud", "2"), key("cimcloud", "501"), 60),
        # 502 is still the web shop's; the ERP's deleted order has no line here
        (key("cimcloud", "web", "3"), key("cimcloud", "web", "502"), 100),
    ]


def test_a_payment_posted_once_and_typed_in_the_shop_is_one() -> None:
    rows = cimcloud_world.world().rows
    assert rows("SELECT payment_key, invoice_key, paid_amount FROM sales.payments") == [
        (key("cimcloud", "1"), key("cimcloud", "1"), 100)
    ]


def test_an_order_of_the_web_shop_leads_to_what_the_erp_made_of_it() -> None:
    rows = cimcloud_world.world().rows
    assert rows(
        "SELECT from_key, to_key, found_by FROM sales.document_links WHERE from_type = 'web_order'"
    ) == [(key("cimcloud", "501"), key("cimcloud", "501"), "web order number")]
