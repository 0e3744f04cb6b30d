"""The marts against the fictional company's own bookkeeping, to the cent.

What is expected is worked out in Python from the objects in which the company and those around it
keep their papers (`kept_by_…`, `figures`): no query of ours, nothing that reads a vendor's answers.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.marts.figures import Figures
from tests.marts.papers import INVOICE, ORDER, QUOTATION, WEB_ORDER, WORK_ORDER, Name
from tests.marts.replay import Replay
from tests.marts.world import World

UNIT = chr(31)
# how a mart calls the number by which people know a document
NUMBERS = {
    QUOTATION: "quotations",
    ORDER: "orders",
    WORK_ORDER: "work_orders",
    INVOICE: "invoices",
}
IN_STEP = {  # by vendor, tables that both of a company's tellings must hold alike
    "cimcloud": ("order_history", "orders", "invoices", "payments", "invoice_payments"),
    "carecloud": ("purchases", "orders"),
}


def by(rows: list[tuple[Any, ...]], keys: int) -> dict[Any, Any]:
    """Rows as a mapping from their first columns to the others, a single one without its tuple."""
    found = {}
    for row in rows:
        key, value = row[:keys], row[keys:]
        found[key[0] if keys == 1 else key] = value[0] if len(value) == 1 else value
    assert len(found) == len(rows)
    return found


def month(query: str) -> str:
    """The first day of the month of a day."""
    return f"date_trunc('month', {query})::date"


def test_every_mart_is_filled_and_every_vendor_tells_of_orders(world: World) -> None:
    marts = [
        name
        for (name,) in world.rows(
            "select table_name from duckdb_tables() where schema_name = 'sales'"
        )
    ]
    assert len(marts) == 18
    assert [m for m in marts if world.rows(f"select count(*) from sales.{m}") == [(0,)]] == []
    assert world.rows("select count(distinct vendor) from sales.orders") == [(5,)]


def test_the_books_are_of_the_company_that_was_read(world: World, replay: Replay) -> None:
    assert world.built_at == replay.company.time
    tables: dict[str, Any] = {
        "cimcloud": replay.cimcloud.distributor.tables,
        "carecloud": replay.carecloud.club.store.tables,
    }
    for vendor, names in IN_STEP.items():
        for name in names:
            held = {record.key for record in tables[vendor][name].records()}
            assert held == world.seen[vendor][name], (vendor, name)
    registers = replay.crm_com.service.registers
    assert {r.key for r in registers["purchases"].records()} == world.seen["crm_com"]["purchases"]


def test_every_document_is_there_once(world: World, figures: Figures) -> None:
    found: dict[tuple[str, str], int] = {}
    for kind, table in NUMBERS.items():
        counted = world.rows(f"select vendor, count(*) from sales.{table} group by vendor")
        found |= {(kind, vendor): count for vendor, count in counted}
    assert found == figures.counts()


def test_order_lines_and_invoice_lines_come_to_what_was_sold(
    world: World, figures: Figures
) -> None:
    for kind, table in ((ORDER, "order_lines"), (INVOICE, "invoice_lines")):
        found = world.rows(
            "select vendor, count(*), sum(quantity), sum(line_amount) "
            f"from sales.{table} group by vendor"
        )
        assert by(found, 1) == figures.lines(kind), table


@pytest.mark.parametrize("kind", [ORDER, INVOICE])
def test_what_a_total_has_besides_its_lines(world: World, figures: Figures, kind: str) -> None:
    expected = figures.beside_lines(kind)
    found = world.rows(
        f"select vendor, {kind}_number, beside_lines_amount from sales.{NUMBERS[kind]} "
        f"where {kind}_number is not null"
    )
    for vendor, number, amount in found:
        own = expected[vendor, number]
        # EDI charges and allowances are not read: of an invoice that has some nothing is said
        is_untold = vendor == "cleo" and bool(own) and amount is None
        assert is_untold or amount == own, (vendor, number)


def test_what_was_paid(world: World, figures: Figures) -> None:
    found = world.rows(
        f"select vendor, {month('paid_on')}, currency_code, count(*), sum(paid_amount) "
        "from sales.payments group by all"
    )
    assert by(found, 3) == figures.payments()


def test_order_value_per_vendor_month_and_currency(world: World, figures: Figures) -> None:
    found = world.rows(
        f"select vendor, {month('created_on')}, currency_code, count(*), sum(total_amount) "
        "from sales.orders group by all"
    )
    assert by(found, 3) == figures.order_value()


def test_order_value_over_all_vendors_has_each_sale_once(world: World, figures: Figures) -> None:
    found = world.rows(
        f"select {month('created_on')}, currency_code, count(*), sum(total_amount) "
        "from sales.orders where not is_twin group by all"
    )
    assert by(found, 2) == figures.order_value_once()
    assert len(figures.twins) > 5


def test_receivables_per_bucket(world: World, figures: Figures) -> None:
    found = world.rows(
        "select vendor, currency_code, ageing_bucket, invoice_count, open_amount "
        "from sales.receivables_ageing"
    )
    assert by(found, 3) == figures.receivables()
    own = world.rows(
        "select vendor, currency_code, ageing_bucket, count(*), sum(open_amount) "
        "from sales.invoices where ageing_bucket is not null group by all"
    )
    assert by(own, 3) == figures.receivables()
    assert len({bucket for _vendor, _currency, bucket in figures.receivables()}) > 3


def test_deals_per_vendor_phase_and_stage(world: World, figures: Figures) -> None:
    found = world.rows(
        "select vendor, phase, stage, count(*) from sales.sales_pipeline group by all"
    )
    assert by(found, 3) == figures.stages()


def test_deals_won_and_lost(world: World, figures: Figures) -> None:
    found = world.rows("select vendor, outcome, count(*) from sales.sales_pipeline group by all")
    assert by(found, 2) == figures.outcomes()


def test_what_deals_come_to(world: World, figures: Figures) -> None:
    found = world.rows(
        "select vendor, currency_code, count(*), sum(value_amount) from sales.sales_pipeline "
        "where value_amount is not null group by all"
    )
    assert by(found, 2) == figures.deal_values()


def test_no_order_is_delivered_before_its_work_orders_are(world: World, replay: Replay) -> None:
    # the day that a work order tells is a plan until the goods are gone
    gone = {
        deal.order.key
        for deal in replay.deals()
        if deal.order and all(each.delivery <= replay.company.now for each in deal.work_orders)
    }
    found = world.rows(
        "select order_number from sales.orders "
        "where connection = 'cienapps' and delivered_on is not null"
    )
    assert len(found) > len(gone) / 2
    assert {number for (number,) in found} <= gone


def test_links_are_those_that_the_books_know(world: World, figures: Figures) -> None:
    names = _names(world)
    found = {
        (_end(names, kind, key, vendor), _end(names, other, other_key, other_vendor)): how
        for kind, key, vendor, other, other_key, other_vendor, how in world.rows(
            "select from_type, from_key, from_vendor, to_type, to_key, to_vendor, found_by "
            "from sales.document_links"
        )
    }
    kinds = Counter((one[:2], other[:2], how) for (one, other), how in found.items())
    assert kinds == Counter(
        (one[:2], other[:2], how) for (one, other), how in figures.links.items()
    )
    assert found == figures.links


def _names(world: World) -> dict[tuple[str, str], Name]:
    """By kind and key in the marts, what people call a document."""
    found: dict[tuple[str, str], Name] = {}
    for kind, table in NUMBERS.items():
        rows = world.rows(f"select {kind}_key, vendor, {kind}_number from sales.{table}")
        found |= {(kind, key): (kind, vendor, number) for key, vendor, number in rows}
    for vendor, table, number in (
        ("cimcloud", "orders", "web_order_number"),
        ("carecloud", "orders", "order_number"),
    ):
        rows = world.rows(f"select _key, {number}::varchar from {vendor}.{table}")
        found |= {(WEB_ORDER, key): (WEB_ORDER, vendor, number) for key, number in rows}
    return found


def _end(names: dict[tuple[str, str], Name], kind: str, key: str, vendor: str) -> Name:
    name = names[kind, key]
    assert name[1] == vendor
    return name
