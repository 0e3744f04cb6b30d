"""Invoices of three vendors in one mart, and what leads from an EDI document to the same order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipelines.transform.dbt_process import invoke
from pipelines.transform.profile import opened
from tests.pipelines.cleo_world import of, world
from tests.pipelines.model_world import day
from tests.pipelines.published_schema import listing, pinned
from tests.pipelines.test_model_cleo import DOE, THEBERGE, customer, key, ordered


def test_published_schema_is_pinned() -> None:
    assert listing(world()) == pinned("cienapps", "cimcloud", "crm_com", "cleo")


def billed(number: str, seller: str = "S1") -> str:
    """The key of an EDI invoice."""
    return key("cleo", "invoice", seller, number)


def test_an_invoice_is_one_row_whoever_sent_it() -> None:
    assert world().rows(
        "SELECT invoice_key, invoice_number, invoiced_on, due_on, currency_code, total_amount, "
        "open_amount, state, is_credit FROM sales.invoices ORDER BY invoice_key"
    ) == [
        (key("cimcloud", "1"), "V1", of(3), of(9), None, 115, 15, "open", False),
        (key("cimcloud", "2"), "V2", of(3), of(9), None, 115, 15, "open", False),
        (key("cleo", "i6", "1"), None, of(5), None, "CAD", 100, None, None, False),
        (billed("IN-32"), "IN-32", of(1), None, "CAD", 100, None, None, False),
        (billed("IN-41"), "IN-41", of(6), None, "CAD", 100, None, "Cancelled", False),
        (billed("IN-50"), "IN-50", of(4), None, "CAD", 100, None, None, False),
        # sent twice, of two totals
        (billed("IN-9"), "IN-9", of(6), None, "CAD", 105, None, None, False),
        (billed("IN-99"), "IN-99", of(4), None, "CAD", 100, None, None, True),
        # another seller's of that number
        (billed("IN-9", "S2"), "IN-9", of(5), None, "CAD", 100, None, None, False),
        (key("crm_com", "N1"), "M1", of(3), of(30), "EUR", 50, 0, "POSTED", False),
    ]


def test_an_invoice_has_the_order_and_the_customer_that_it_is_of() -> None:
    assert world().rows(
        "SELECT invoice_key, purchase_order, order_key, customer_key, customer_name "
        "FROM sales.invoices WHERE invoice_number IS NOT NULL ORDER BY invoice_key"
    ) == [
        (key("cimcloud", "1"), "po# 17", key("cimcloud", "1"), DOE, "Doe Kitchens"),
        # two orders have its number; its account is its customer all the same
        (key("cimcloud", "2"), None, None, DOE, "Doe Kitchens"),
        (billed("IN-32"), "30", ordered("B1", "30"), THEBERGE, "Théberge et fils"),
        (billed("IN-41"), "41", ordered("B1", "41"), THEBERGE, "Théberge et fils"),
        (billed("IN-50"), "50", ordered("B2", "50"), DOE, "Doe Kitchens"),
        (billed("IN-9"), "PO 17", ordered("B1", "PO 17"), THEBERGE, "Théberge et fils"),
        (billed("IN-99"), "99", None, customer("elsewhereltd"), "Elsewhere Ltd"),
        (billed("IN-9", "S2"), None, None, None, None),
        (key("crm_com", "N1"), None, None, customer("themill"), "The Mill"),
    ]


def test_an_invoice_says_when_it_was_seen_and_when_it_changed() -> None:
    assert world().rows(
        "SELECT invoice_key, first_seen_at, changed_at, coverage_since FROM sales.invoices "
        "WHERE invoice_number IN ('V1', 'IN-9', 'M1') AND order_key IS NOT NULL "
        "OR invoice_number = 'M1' ORDER BY invoice_key"
    ) == [
        (key("cimcloud", "1"), day(3), day(5), None),
        (billed("IN-9"), day(5), day(7), day(1)),
        (key("crm_com", "N1"), day(3), day(3), None),
    ]


def test_what_the_vendor_deleted_is_no_invoice() -> None:
    assert world().rows("SELECT deleted_at FROM cimcloud.invoices WHERE invoice_number = 'V3'") == [
        (day(8),)
    ]
    assert world().rows("FROM sales.invoices WHERE invoice_number = 'V3'") == []


def test_invoices_of_one_order_do_not_count_its_customer_twice() -> None:
    assert world().rows(
        "SELECT customer_key, order_count FROM sales.customers WHERE vendors LIKE '%cleo%' "
        "ORDER BY order_count, customer_key"
    ) == sorted(
        [
            (customer("elsewhereltd"), 0),
            (customer("west", "V9X1T8"), 1),
            (DOE, 5),  # four of them in CIMcloud
            (THEBERGE, 7),
        ],
        key=lambda row: (row[1], row[0]),
    )


SHOP, DISTRIBUTOR, WEST = "cienapps", "cimcloud", ordered("B1", "PO 17", "west")


@pytest.mark.parametrize(
    ("from_key", "to_keys"),
    [
        # "PO 17", "17 " and "po# 17" are one number
        (ordered("B1", "PO 17"), [key(SHOP, "4700"), key(DISTRIBUTOR, "1"), WEST]),
        (WEST, [key(SHOP, "4700"), key(DISTRIBUTOR, "1")]),
        (ordered("B1", "30"), [key(DISTRIBUTOR, "2")]),
        (ordered("B1", "18"), []),
        (ordered("B1", "50"), []),
        (ordered("B2", "50"), []),
        (ordered("B1", "70"), []),
        (
            billed("IN-9"),
            [key(SHOP, "4700"), key(DISTRIBUTOR, "1"), ordered("B1", "PO 17"), WEST],
        ),
        (billed("IN-99"), [key(SHOP, "4704")]),
        (billed("IN-50"), [ordered("B2", "50")]),
        (billed("IN-9", "S2"), []),
    ],
    ids=[
        "an order in three other connections",
        "of two mailboxes once",
        "an order elsewhere",
        "two orders elsewhere have the number",
        "two buyers have the number",
        "the other of them",
        "another number",
        "an invoice of an order here and elsewhere",
        "an invoice of an order elsewhere",
        "an invoice to one of two buyers",
        "an invoice of no order",
    ],
)
def test_a_link_leads_to_the_one_order_that_has_the_number(
    from_key: str, to_keys: list[str]
) -> None:
    assert world().rows(
        f"SELECT to_key FROM sales.document_links WHERE from_key = '{from_key}' "
        f"AND to_type = 'order' UNION ALL SELECT from_key FROM sales.document_links "
        f"WHERE to_key = '{from_key}' AND to_type = 'invoice' ORDER BY 1"
    ) == [(to_key,) for to_key in to_keys]


def test_links_say_what_they_join_and_how_that_was_found() -> None:
    assert world().rows(
        "SELECT from_type, from_vendor, to_type, to_vendor, found_by, count(*) "
        "FROM sales.document_links GROUP BY ALL ORDER BY ALL"
    ) == [
        ("order", "cienapps", "invoice", "cleo", "purchase order number", 2),
        ("order", "cimcloud", "invoice", "cimcloud", "named on the invoice", 1),
        ("order", "cimcloud", "invoice", "cleo", "purchase order number", 2),
        ("order", "cleo", "invoice", "cleo", "purchase order number", 5),
    ] + [
        (*("order", "cleo", "order", to), "purchase order number", links)
        for to, links in [("cienapps", 2), ("cimcloud", 3), ("cleo", 1)]
    ]


def test_amounts_keep_their_cents() -> None:
    assert world().rows("SELECT typeof(any_value(total_amount)) FROM sales.invoices") == [
        ("DECIMAL(18,4)",)
    ]
    assert world().rows("SELECT sum(total_amount) FROM sales.invoices WHERE NOT is_credit") == [
        (Decimal("885.0000"),)
    ]


def test_rules_hold_in_dbts_unit_tests() -> None:
    built = world()
    dbt = built.folder / "dbt"
    with opened(built.warehouse, built.raw, dbt / "inputs.duckdb"):
        results = invoke(
            ["test", "--select", "int_purchase_orders,test_type:unit"], dbt / "project", dbt
        )
    assert [str(result.status) for result in results] == ["pass"]
