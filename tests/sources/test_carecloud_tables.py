"""Rows as the vendor's document prints them, typed; and its traps."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

import sources
from sources._tables.page import Page
from sources._tables.typer import Typed, Typer
from sources.carecloud.tables import TABLES

BY_NAME = {table.name: table for table in TABLES}
CHANGED = {"last_change": "2024-01-08 12:00:00"}
PERSON = {
    "gender": 1,
    "first_name": "John",
    "birthdate": "1985-02-12",
    "phone": 420523828931,
    "address": {"address1": "Old Town Square", "zip": "11000", "city": "Prague 1"},
    "agreement": {"agreement_gtc": 1, "custom_agreements": [{"agreement_id": "a"}]},
    "consents": [{"consent_id": "8f", "consent_value": 2}],
}
PURCHASE: dict[str, Any] = {
    "purchase_id": "p1",
    "payment_time": "2021-02-24 00:30:00",
    "items_count": 1,
    "total_price": 660,
    **CHANGED,
    "purchase_items": [
        {"purchase_item_id": "i1", "product_name": "Watch", "price": 1.99, "amount": 2},
        {"purchase_item_id": "i2", "product_name": "Strap", "price": 12.5, "amount": 1},
    ],
}


def typed(table: str, *rows: dict[str, Any], received_at: datetime | None = None) -> Typed:
    body = json.dumps({"data": {table: rows, "total_items": len(rows)}}).encode()
    page = Page(
        table=table,
        body=body,
        received_at=received_at or datetime(2024, 1, 8, 12),
        request="GET /",
        page_id="1",
        rows_at=("data", table),
    )
    typer = Typer("carecloud", "Europe/Prague")
    try:
        return typer.type_pages(BY_NAME[table], [page], "w1")
    finally:
        typer.close()


def only(table: str, **row: Any) -> dict[str, Any]:
    found = typed(table, row)
    assert found.quarantine.num_rows == 0, found.quarantine.to_pylist()
    (one,) = found.rows.to_pylist()
    return dict(one)


def test_a_customer_is_a_person() -> None:
    row = only("customers", customer_id="c1", personal_information=PERSON, state=1, **CHANGED)
    assert row["first_name"] == "John"
    assert row["birthdate"] == "1985-02-12"
    assert row["phone"] == "420523828931"
    assert (row["address"], row["city"]) == ("Old Town Square", "Prague 1")
    assert row["agreement_gtc"] == 1
    assert json.loads(row["consents"]) == PERSON["consents"]
    assert row["modified_at"] == datetime(2024, 1, 8, 11)
    assert row["_version"] == 1704711600000000


@pytest.mark.parametrize("person", [None, [], {}], ids=["null", "list", "object"])
def test_a_customer_without_a_person_is_one(person: object) -> None:
    row = only("customers", customer_id="c1", personal_information=person, **CHANGED)
    assert row["first_name"] is None


def test_the_birthdate_of_the_vendors_example_keeps_nobody_out() -> None:
    wrong = {**PERSON, "birthdate": "985-02-12"}
    row = only("customers", customer_id="c1", personal_information=wrong, **CHANGED)
    assert row["birthdate"] == "985-02-12"
    invoiced = {"personal_information": wrong}
    order = only("orders", order_id="o1", order_items=[], invoicing_data=invoiced, **CHANGED)
    assert order["invoice_birthdate"] == "985-02-12"


def test_a_purchase_comes_with_its_items() -> None:
    found = typed("purchases", PURCHASE)
    (row,) = found.rows.to_pylist()
    assert row["paid_at"] == datetime(2021, 2, 23, 23, 30)
    assert row["total_amount"] == Decimal("660.0000")
    lines = found.children["purchase_items"].to_pylist()
    assert [(r["purchase_item_id"], r["price_amount"], r["quantity"]) for r in lines] == [
        ("i1", Decimal("1.9900"), Decimal("2.0000")),
        ("i2", Decimal("12.5000"), Decimal("1.0000")),
    ]
    assert found.unknown == {}


@pytest.mark.parametrize("name", ["property_records", "purchase_property_records"])
@pytest.mark.parametrize("value", [[], None, [{"property_id": "x", "property_value": 1}]], ids=str)
def test_both_names_of_a_purchases_properties_are_read(name: str, value: object) -> None:
    found = typed("purchases", {**PURCHASE, name: value})
    assert found.unknown == {}
    (row,) = found.rows.to_pylist()
    if value:
        assert json.loads(row["property_records"]) == value


def hash_of(table: str, **row: Any) -> str:
    return str(only(table, **row)["_row_hash"])


def test_another_language_is_no_new_version() -> None:
    items = [dict(i, product_name="Hodinky") for i in PURCHASE["purchase_items"]]
    assert hash_of("purchases", **PURCHASE) == hash_of(
        "purchases", **{**PURCHASE, "purchase_items": items}
    )
    product = {"product_id": "p1", "name": "Watch", "code": "649", **CHANGED}
    assert hash_of("products", **product) == hash_of("products", **{**product, "name": "Hodinky"})
    assert hash_of("products", **product) != hash_of("products", **{**product, "code": "650"})
    store = {"store_id": "s1", "name": "Shop", "description": "Good", **CHANGED}
    cz = {**store, "name": "Obchod", "description": "Dobrý"}
    assert hash_of("stores", **store) == hash_of("stores", **cz)
    later = {**cz, "last_change": "2024-01-08 12:00:01"}
    assert hash_of("stores", **store) != hash_of("stores", **later), "it was really changed"


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("currencies", {"currency_id": "c", "name": "CZK", "code": "CZK"}),
        ("product_brands", {"product_brand_id": "b", "name": "N5", "external_id": "x"}),
        ("partners", {"partner_id": "p", "name": "Demo"}),
        ("purchase_types", {"type_id": "t", "name": "Store", "text_id": "store"}),
    ],
)
def test_a_new_name_counts_where_nothing_else_would_tell_of_it(
    table: str, row: dict[str, Any]
) -> None:
    assert hash_of(table, **row) != hash_of(table, **{**row, "name": "New"})


def test_items_in_another_order_are_no_new_version() -> None:
    turned = {**PURCHASE, "purchase_items": PURCHASE["purchase_items"][::-1]}
    assert hash_of("purchases", **PURCHASE) == hash_of("purchases", **turned)
    fewer = {**PURCHASE, "purchase_items": PURCHASE["purchase_items"][:1]}
    assert hash_of("purchases", **PURCHASE) != hash_of("purchases", **fewer)


def test_what_says_when_it_changed_must_say_it() -> None:
    found = typed("cards", {"card_id": "c1", "last_change": None}, {"card_id": "c2", **CHANGED})
    assert [q["reason"] for q in found.quarantine.to_pylist()] == ["modified_at is missing"]


@pytest.mark.parametrize(
    ("received_at", "version"),
    [
        # 02:30 comes twice: at 00:30 and at 01:30 UTC
        (datetime(2024, 10, 27, 0, 40), datetime(2024, 10, 27, 0, 30)),
        (datetime(2024, 10, 27, 1, 40), datetime(2024, 10, 27, 1, 30)),
    ],
)
def test_the_repeated_hour_is_read_by_when_the_page_came(
    received_at: datetime, version: datetime
) -> None:
    row = {"card_id": "c1", "last_change": "2024-10-27 02:30:00"}
    (found,) = typed("cards", row, received_at=received_at).rows.to_pylist()
    assert found["modified_at"] == version


def test_a_fraction_of_five_digits_is_a_time() -> None:
    row = only("product_groups", product_group_id="g", last_change="2021-04-16 15:55:44.33538")
    assert row["modified_at"] == datetime(2021, 4, 16, 13, 55, 44, 335380)


def test_text_that_holds_json_stays_text() -> None:
    held = '{"rooms": [1]}'
    row = only("bookings", booking_id="b", data=held, utm=[], booking_items=[], **CHANGED)
    assert row["data"] == held
    assert only("events", event_id="e", data=held, property_records=None)["data"] == held


def test_a_loyalty_cards_number_is_no_payment_card() -> None:
    withheld = sources.load("carecloud").withheld
    assert not withheld.may_be_in(b'{"card_number": "1000000000016", "secondary_card_number": 1}')
    assert withheld.may_be_in(b'{"bearer_token": "x"}')
    assert withheld.may_be_in(b'{"customer_password": "x"}')


def test_every_published_field_of_an_unknown_kind_is_kept() -> None:
    found = typed("cards", {"card_id": "c1", "colour": "red", **CHANGED})
    assert found.unknown == {"colour": 1}
    (row,) = found.rows.to_pylist()
    assert json.loads(row["_extra"]) == {"colour": "red"}
