"""The distributor's books: they hang together, add up to the cent, and move with the clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.sources.cimcloud_wire import PATHS, Caller, Row, site

Books = dict[str, list[Row]]
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with site(rows=300) as caller:
        yield caller


@pytest.fixture(scope="module")
def start(caller: Caller) -> Books:
    """The books as the company's past left them."""
    return _books(caller)


@pytest.fixture(scope="module")
def later(caller: Caller, start: Books) -> Books:
    """The books two months on."""
    assert start
    caller.sandbox.advance(days=60)
    return _books(caller)


@pytest.fixture(scope="module", params=["start", "later"])
def books(request: pytest.FixtureRequest) -> Books:
    known: Books = request.getfixturevalue(request.param)
    return known


def _books(caller: Caller) -> Books:
    tables: dict[str, dict[str, Row]] = caller.books.truth()["tables"]
    return {name: list(rows.values()) for name, rows in tables.items()}


def _by(rows: list[Row], field: str) -> dict[Any, list[Row]]:
    grouped = defaultdict(list)
    for row in rows:
        grouped[row[field]].append(row)
    return grouped


def _sum(rows: list[Row], field: str) -> Decimal:
    return sum((Decimal(row[field]) for row in rows), Decimal())


def _header_and_lines(books: Books, lines: str, headers: str, number: str) -> Iterator[Any]:
    grouped = _by(books[lines], number)
    assert set(grouped) == {row[number] for row in books[headers]}
    for header in books[headers]:
        own = grouped[header[number]]
        assert [row["line_number"] for row in own] == list(range(1, len(own) + 1))
        yield header, own


def test_references_lead_somewhere(books: Books) -> None:
    there = {
        field: {row[field] for row in books[table]}
        for field, table in (
            ("a_id", "accounts"),
            ("num", "accounts"),
            ("c_id", "customers"),
            ("sku", "products"),
            ("c_ordnum", "orders"),
            ("order_number", "order_history"),
            ("invoice_number", "invoices"),
        )
    }
    for table, rows in books.items():
        for field in there.keys() & rows[0].keys():
            values = {row[field] for row in rows} - {None, ""}
            assert values <= there[field], (table, field)


def test_web_orders_add_up(books: Books) -> None:
    for order, lines in _header_and_lines(books, "order_lines", "orders", "c_ordnum"):
        for line in lines:
            _extended(line, "quantity", "price")
        goods = _sum(lines, "extended_price")
        other = Decimal(order["tax_total"]) + Decimal(order["shipping_total"])
        assert goods + other == Decimal(order["order_total"])


def test_orders_in_the_erp_add_up(books: Books) -> None:
    headers = _header_and_lines(books, "order_history_lines", "order_history", "order_number")
    for order, lines in headers:
        for line in lines:
            _extended(line, "quantity_ordered", "unit_price")
            assert line["quantity_invoiced"] <= line["quantity_shipped"]
            assert line["quantity_shipped"] <= line["quantity_ordered"]
        assert _sum(lines, "extended_price") == Decimal(order["subtotal"])
        _total(order, "order_total")


def test_invoices_add_up_and_balance(books: Books) -> None:
    paid, credited = (_by(books[table], "invoice_number") for table in ("payments", "credits"))
    headers = _header_and_lines(books, "invoice_lines", "invoices", "invoice_number")
    for invoice, lines in headers:
        number, balance = invoice["invoice_number"], Decimal(invoice["balance"])
        for line in lines:
            _extended(line, "quantity_invoiced", "unit_price")
        assert _sum(lines, "extended_price") == Decimal(invoice["subtotal"])
        _total(invoice, "invoice_total")
        settled = _sum(paid[number], "amount") + _sum(credited[number], "amount")
        assert balance == Decimal(invoice["invoice_total"]) - settled
        expected = "Open" if settled == 0 else "Partial" if balance else "Paid"
        assert invoice["status"] == expected
        assert invoice["invoice_date"] <= invoice["due_date"]


def test_a_complete_orders_invoices_are_the_order(books: Books) -> None:
    invoices = _by(books["invoices"], "order_number")
    several = 0
    for order in books["order_history"]:
        own = invoices[order["order_number"]]
        several += len(own) > 1
        if order["status"] == "Complete":
            for field in ("subtotal", "tax_total", "shipping_total"):
                assert _sum(own, field) == Decimal(order[field])
        elif order["status"] == "Cancelled":
            assert own == []
    assert several > 3


def test_the_web_and_the_erp_tell_of_the_same_sales(books: Books) -> None:
    history = {row["c_ordnum"]: row for row in books["order_history"] if row["c_ordnum"]}
    accounts = {row["a_id"]: row["num"] for row in books["accounts"]}
    stages = set()
    for order in books["orders"]:
        taken = history.get(order["c_ordnum"])
        stages.add(order["lifecycle_stage"])
        assert order["exported"] == (taken is not None)
        if taken is not None:
            assert taken["order_total"] == order["order_total"]
            assert taken["num"] == accounts[order["a_id"]]
            assert (taken["po_number"] or None) == (order["po_number"] or None)
            assert taken["order_date"] == order["order_date"]
    phoned = [row for row in books["order_history"] if row["c_ordnum"] is None]
    assert phoned
    assert any(order["exported"] == 0 for order in books["orders"])
    assert {"Submitted", "Complete", "Cancelled"} <= stages
    assert {row["status"] for row in books["order_history"]} > {"Complete", "Cancelled"}


def test_dates_follow_each_other(books: Books) -> None:
    shipped = _by(books["shipments"], "order_number")
    for order in books["order_history"]:
        own = shipped[order["order_number"]]
        assert (order["ship_date"] or None) == max((row["ship_date"] for row in own), default=None)
        assert all(row["ship_date"] >= order["order_date"] for row in own)
    for rows in books.values():
        for row in rows:
            if "create_date" in row:
                assert row["create_date"] <= row["last_modify_date"]
                assert datetime.fromisoformat(row["create_date"]).tzinfo is None


def test_online_payments_are_posted_by_the_erp(books: Books) -> None:
    posted = _by([row for row in books["payments"] if row["method"] == "WEB"], "invoice_number")
    online = _by(books["invoice_payments"], "invoice_number")

    assert set(posted) <= set(online)
    for number, rows in posted.items():
        assert [row["amount"] for row in rows] == [row["amount"] for row in online[number]]
    assert len(online) - len(posted) < len(online) / 3


def test_stock_is_what_is_there_less_what_is_promised(books: Books) -> None:
    wanted: dict[str, int] = defaultdict(int)
    open_orders = {
        row["order_number"]
        for row in books["order_history"]
        if row["status"] in ("Open", "Backordered")
    }
    for line in books["order_history_lines"]:
        if line["order_number"] in open_orders:
            wanted[line["sku"]] += line["quantity_ordered"] - line["quantity_shipped"]
    committed: dict[str, int] = defaultdict(int)
    for level in books["inventory_levels"]:
        committed[level["sku"]] += level["quantity_on_hand"] - level["quantity_available"]
        assert level["quantity_on_hand"] > 0
    assert {sku: count for sku, count in committed.items() if count} == {
        sku: count for sku, count in wanted.items() if count
    }


def test_list_prices_are_the_products(books: Books) -> None:
    lists = {
        row["sku"]: row["price"] for row in books["product_prices"] if row["price_level"] == "LIST"
    }

    assert lists == {row["sku"]: row["price"] for row in books["products"]}
    assert any(Decimal(price) != Decimal(price).quantize(CENT) for price in lists.values())


def test_every_order_of_the_kitchen_makers_brings_a_purchase(caller: Caller, books: Books) -> None:
    saves = caller.sandbox.truth("cienapps", entity="order")["saves"]
    orders = {f"PO-{save['key']}" for save in saves if save["key"] != "4700"}
    maker = next(row["a_id"] for row in books["accounts"] if "MILLSTREAM" in row["nm"])
    num = next(row["num"] for row in books["accounts"] if row["a_id"] == maker)
    placed = {row["po_number"] for row in books["orders"] if row["a_id"] == maker}
    placed |= {row["po_number"] for row in books["order_history"] if row["num"] == num}

    assert placed <= orders
    assert len(placed) > 250
    others = {row["a_id"] for row in books["orders"]} - {maker}
    assert len(others) > 20


def test_contractors_are_known_to_both_vendors(caller: Caller, start: Books) -> None:
    saves = caller.sandbox.truth("cienapps", entity="order")["saves"]
    known = {
        (save["row"]["Customer_Main_Phone"], save["row"]["Customer_PostalCode"].replace(" ", ""))
        for save in saves
    }
    here = {(row["c_phone"], row["c_zip"].replace(" ", "")) for row in start["customers"]}

    assert len(known & here) > 10


def test_what_every_reader_must_survive_is_there(start: Books) -> None:
    names = {row["nm"] for row in start["accounts"]}
    texts = {value for row in start["orders"] for value in row.values()}
    nums = {row["num"] for row in start["accounts"]}

    assert "<script>alert(1)</script>" in names
    assert any("É" in name for name in names)
    assert {None, ""} <= texts
    assert any(num.startswith("W0") for num in nums)
    assert any(num.startswith("01-") for num in nums)
    assert all(len(row["pw"]) == 64 for row in start["customers"])


def test_about_twenty_rows_for_each_of_the_kitchen_makers_orders(start: Books) -> None:
    assert sum(len(start[table]) for table in PATHS) == pytest.approx(300 * 20, rel=0.2)


def test_documents_move_on_and_say_so(start: Books, later: Books) -> None:
    for table, key in (("orders", "c_ordnum"), ("invoices", "ih_id"), ("order_history", "oh_id")):
        before = {row[key]: row for row in start[table]}
        moved = [row for row in later[table] if row != before.get(row[key], row)]
        assert moved, table
        assert len(later[table]) > len(start[table])
        for row in moved:
            assert row["last_modify_date"] > before[row[key]]["last_modify_date"]
            assert row["create_date"] == before[row[key]]["create_date"]


def _extended(line: Row, quantity: str, price: str) -> None:
    exact = line[quantity] * Decimal(line[price])
    assert abs(Decimal(line["extended_price"]) - exact) <= CENT / 2
    assert Decimal(line["extended_price"]) == Decimal(line["extended_price"]).quantize(CENT)
    assert len(line[price].partition(".")[2]) == 4


def _total(header: Row, total: str) -> None:
    parts = ("subtotal", "tax_total", "shipping_total")
    assert sum(Decimal(header[part]) for part in parts) == Decimal(header[total])
