"""CareCloud as played: what its sheet says, seen through a plain HTTP client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sources._sandbox.process import SandboxFailedError, running_sandbox
from tests.sources.sandbox_carecloud_wire import (
    KEYS,
    NEWEST,
    PATHS,
    VENDOR,
    WHOLE,
    Caller,
    Row,
    calling,
    project,
)

FIELDS: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("carecloud_fields.json").read_text("utf-8")
)
OBJECTS = {
    "customers": "Customer",
    "purchases": "Purchase",
    "orders": "Order",
    "bookings": "Booking",
    "products": "Product",
    "cards": "Card",
    "vouchers": "Voucher",
    "customer_source_records": "CustomerSourceRecord",
    "events": "Event",
    "stores": "Store",
    "partners": "Partner",
    "currencies": "Currency",
    "purchase_types": "Purchase-type",
    "purchase_item_types": "Purchase-item-type",
    "product_groups": "ProductGroup",
    "product_brands": "ProductBrand",
    "customer_sources": "CustomerSource",
}
INSIDE = {
    ("customers", "personal_information"): "PersonalInformation",
    ("customers", "personal_information", "address"): "Address",
    ("customers", "personal_information", "agreement"): "Agreement",
    ("customers", "personal_information", "consents"): "Consents",
    ("purchases", "purchase_items"): "PurchaseItem",
    ("purchases", "property_records"): "PropertyRecord",
    ("orders", "order_items"): "OrderItem",
    ("orders", "invoicing_data"): "OrderInvoicing",
    ("orders", "shipping_data"): "OrderShipping",
    ("bookings", "booking_items"): "BookingItem",
    ("products", "prices"): "Price",
    ("products", "plu_ids"): "PluId",
    ("stores", "store_address"): "Address",
    ("partners", "address"): "Address",
}
DATED = [table for table in KEYS if "last_change" in FIELDS.get(OBJECTS.get(table, ""), ())]


@pytest.fixture(scope="module")
def running() -> Iterator[Caller]:
    with project(rows=60) as caller:
        yield caller


@pytest.fixture
def caller(running: Caller) -> Iterator[Caller]:
    """A caller of a project that several tests share; none of them may change its rows."""
    with calling(running.sandbox) as caller:
        yield caller


def _all_at(value: Any, path: tuple[str, ...]) -> Iterator[Row]:
    if isinstance(value, list):
        for element in value:
            yield from _all_at(element, path)
    elif isinstance(value, dict):
        if path:
            yield from _all_at(value.get(path[0]), path[1:])
        else:
            yield value


@pytest.mark.parametrize("table", PATHS)
def test_the_lists_are_the_truth(caller: Caller, table: str) -> None:
    rows = caller.everything(table)

    assert {row[KEYS[table]]: row for row in rows} == caller.books.rows(table)
    assert len(rows) > 0


def test_there_are_no_other_tables(caller: Caller) -> None:
    assert set(caller.books.truth()["tables"]) == set(PATHS)


@pytest.mark.parametrize("table", OBJECTS)
def test_rows_have_the_fields_of_the_sheet(caller: Caller, table: str) -> None:
    optional = {"property_records"}
    for row in caller.everything(table):
        assert set(row) | optional == set(FIELDS[OBJECTS[table]]) | optional


@pytest.mark.parametrize("path", INSIDE, ids=".".join)
def test_objects_inside_have_the_fields_of_the_sheet(caller: Caller, path: tuple[str, ...]) -> None:
    found = list(_all_at(caller.everything(path[0]), path[1:]))

    assert found
    assert all(set(each) == set(FIELDS[INSIDE[path]]) for each in found)


@pytest.mark.parametrize("table", PATHS)
def test_a_single_object_is_what_its_list_says(caller: Caller, table: str) -> None:
    row = caller.rows(table)[0]
    path = f"/{PATHS[table]}/{row[KEYS[table]]}"

    assert caller.ask(path, WHOLE.get(table)).data == row


def test_no_such_object_is_404_with_a_body(caller: Caller) -> None:
    answer = caller.ask("/purchases/81eaeea13b8984a169c490a325")

    assert answer.status == 404
    assert answer.error["title"] == "Not Found"
    assert caller.ask("/nonsense").status == 404


def test_a_hundred_rows_come_unless_a_count_is_given(caller: Caller) -> None:
    total = caller.ask("/events").data["total_items"]

    assert total > 100
    assert len(caller.rows("events")) == 100
    assert len(caller.rows("events", {"count": 7})) == 7
    assert len(caller.rows("events", {"count": total + 50})) == total


def test_an_offset_skips_rows(caller: Caller) -> None:
    keys = caller.keys("events", {"count": 30})

    assert caller.keys("events", {"count": 10, "offset": 20}) == keys[20:]
    past = caller.ask("/events", {"offset": 1_000_000}).data
    assert past["events"] == []
    assert past["total_items"] > 100


@pytest.mark.parametrize("table", DATED)
def test_newest_first_is_sorted_by_last_change(caller: Caller, table: str) -> None:
    times = [row["last_change"] for row in caller.everything(table, NEWEST)]

    assert times == sorted(times, reverse=True)
    upwards = [
        row["last_change"] for row in caller.everything(table, {"sort_field": "last_change"})
    ]
    assert upwards == times[::-1]


def test_any_first_level_field_sorts_and_nothing_comes_first(caller: Caller) -> None:
    prices = [
        row["total_price"] for row in caller.everything("purchases", {"sort_field": "total_price"})
    ]
    cards = [
        row["card_number"] for row in caller.everything("purchases", {"sort_field": "card_number"})
    ]

    assert prices == sorted(prices)
    assert cards == sorted(cards, key=lambda card: (card is not None, card))
    assert cards[0] is None
    assert cards[-1] is not None


@pytest.mark.parametrize(
    ("path", "asked", "wrong"),
    [
        ("/purchases", {"sort_field": "price"}, ["sort_field"]),
        ("/purchases", {"sort_direction": "DOWN"}, ["sort_direction"]),
        ("/purchases", {"count": 0}, ["count"]),
        ("/purchases", {"count": "many", "offset": -1}, ["count", "offset"]),
        ("/purchases", {"payment_time_from": "2024-01-01"}, ["payment_time_from"]),
        ("/purchases", {"purchase_items_extension": "yes"}, ["purchase_items_extension"]),
        ("/purchases", {"purchase_item_extension": "true"}, ["purchase_item_extension"]),
        ("/purchases", {"store_id": ""}, ["store_id"]),
        ("/bookings", {"add_booking_items": "some"}, ["add_booking_items"]),
        ("/orders", {"state": 3}, ["state"]),
        ("/customers", {"birthdate": "12.2.1985"}, ["birthdate"]),
        ("/partners", {"sort_field": "last_change"}, ["sort_field"]),
    ],
    ids=[
        "sort field",
        "direction",
        "count",
        "count and offset",
        "time",
        "flag",
        "unknown",
        "empty",
        "choice",
        "state",
        "day",
        "sort field of another list",
    ],
)
def test_wrong_parameters_are_400_and_named(
    caller: Caller, path: str, asked: Row, wrong: list[str]
) -> None:
    answer = caller.ask(path, asked)

    assert answer.status == 400
    assert answer.invalid == wrong
    told = answer.error["error_data"]["invalid_params"][0]
    assert set(told) == {"name", "reason", "value", "message"}


def test_purchases_come_without_items_unless_asked_for(caller: Caller) -> None:
    bare = caller.ask("/purchases").data["purchases"]
    full = caller.rows("purchases")

    assert all(row.keys().isdisjoint({"purchase_items", "property_records"}) for row in bare)
    assert all(len(row["purchase_items"]) == row["items_count"] > 0 for row in full)


def test_purchases_add_up(caller: Caller) -> None:
    for row in caller.everything("purchases"):
        items = row["purchase_items"]
        cents = sum(round(item["price"] * 100) * item["amount"] for item in items)
        assert cents == round(row["total_price"] * 100)


def test_property_records_are_empty_in_three_ways(caller: Caller) -> None:
    rows = caller.everything("purchases")
    seen = {repr(row.get("property_records", "absent"))[:2] for row in rows}

    events = {repr(row.get("property_records", "absent")) for row in caller.everything("events")}

    assert {"[]", "No", "'a", "[{"} <= seen
    assert events == {"[]", "None", "'absent'"}


def test_bookings_come_with_the_items_that_are_asked_for(caller: Caller) -> None:
    key = caller.keys("bookings")[0]
    items = {
        how: caller.ask(f"/bookings/{key}", {"add_booking_items": how}).data["booking_items"]
        for how in ("full", "items-only", "none")
    }

    assert items["none"] == [] == caller.ask(f"/bookings/{key}").data["booking_items"]
    assert "booking_ticket" in items["full"][0]
    assert "booking_ticket" not in items["items-only"][0]
    assert set(items["items-only"][0]) < set(items["full"][0])


def test_the_traps_are_there(caller: Caller) -> None:
    people = [row["personal_information"] for row in caller.everything("customers")]
    phones = [row["shipping_data"]["phone"] for row in caller.everything("orders")]
    data = [row["data"] for row in caller.everything("bookings") if row["data"] is not None]
    groups = [row["last_change"] for row in caller.rows("product_groups")]

    assert [who["birthdate"] for who in people].count("985-02-12") == 1
    assert all(isinstance(who["phone"], str) for who in people)
    assert {type(phone) for phone in phones} == {int}
    assert {type(row["phone"]) for row in caller.rows("partners")} == {int, str}
    assert all(isinstance(json.loads(text), dict) for text in data)
    assert data
    assert all(len(text.partition(".")[2]) == 5 for text in groups)
    assert [] in [row["store_address"] for row in caller.rows("stores")]


def test_the_traps_can_be_taken_away() -> None:
    with project(traps=False) as caller:
        births = [row["personal_information"]["birthdate"] for row in caller.rows("customers")]

    assert len(births) > 5
    assert "985-02-12" not in births


def test_an_order_of_the_web_shop_becomes_a_purchase(caller: Caller) -> None:
    bought = {row["external_purchase_id"]: row for row in caller.everything("purchases")}
    orders = caller.everything("orders")
    shipped = [o for o in orders if o["order_status"] in ("Shipped", "Delivered")]

    assert shipped
    for order in shipped:
        purchase = bought[order["order_number"]]
        assert purchase["total_price"] == order["total_price"]
        assert purchase["customer_id"] == order["customer_id"]
    open_ones = [o["order_number"] for o in orders if o not in shipped]
    assert bought.keys().isdisjoint(open_ones)


def test_every_customer_that_is_named_is_there(caller: Caller) -> None:
    known = {row["customer_id"] for row in caller.everything("customers")}

    for table in ("purchases", "orders", "bookings", "cards", "vouchers", "events"):
        assert {row["customer_id"] for row in caller.everything(table)} <= known


def test_names_follow_the_language_and_nothing_else_does(caller: Caller) -> None:
    czech = caller.rows("purchases", {"count": 20})
    caller.headers["Accept-Language"] = "cs;q=0.1, en-gb;q=0.8"
    english = caller.rows("purchases", {"count": 20})

    assert czech != english
    for one, other in zip(czech, english, strict=True):
        for items in (one, other):
            for item in items["purchase_items"]:
                del item["product_name"], item["product_group_name"]
            for record in items.get("property_records") or ():
                del record["property_name"]
        assert one == other


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (None, "Nákup v prodejně"),
        ("cs, en-gb;q=0.8", "Nákup v prodejně"),
        ("en", "Store purchase"),
        ("de, en;q=0.5", "Store purchase"),
        ("de", "Nákup v prodejně"),
        ("en;q=zero", "Nákup v prodejně"),
    ],
)
def test_the_language_is_the_one_wanted_most(caller: Caller, header: str | None, name: str) -> None:
    if header is not None:
        caller.headers["Accept-Language"] = header

    assert caller.rows("purchase_types")[0]["name"] == name


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_only_reads(caller: Caller, method: str) -> None:
    answer = caller.ask("/purchases", method=method, body={})

    assert (answer.status, answer.error["title"]) == (405, "Method Not Allowed")


def test_another_version_is_not_there(caller: Caller) -> None:
    caller.interface = "warehouse"

    assert caller.ask("/purchases").status == 404


def test_a_thousand_orders_are_some_twenty_thousand_rows() -> None:
    with project(rows=1000) as caller:
        tables = caller.books.truth()["tables"]
        lines = sum(
            len(row[name])
            for table, name in (
                ("purchases", "purchase_items"),
                ("orders", "order_items"),
                ("bookings", "booking_items"),
            )
            for row in tables[table].values()
        )

    assert 18_000 < sum(map(len, tables.values())) + lines < 26_000


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"timezone": "Mars/Olympus"}, "there is no such zone"),
        ({"colour": "red"}, "no option 'colour'"),
        ({"login_status": 204}, "is one of 200, 201"),
        ({"at_once": "few"}, "it is a number"),
    ],
    ids=["timezone", "unknown", "choice", "number"],
)
def test_an_option_that_is_none_stops_it(options: Row, said: str) -> None:
    with (
        pytest.raises(SandboxFailedError, match=said),
        running_sandbox(rows=1, options={VENDOR: options}),
    ):
        pass
