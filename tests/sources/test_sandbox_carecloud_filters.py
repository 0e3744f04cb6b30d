"""What CareCloud's lists can be narrowed by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from sources.carecloud.sandbox.answers import InvalidError
from sources.carecloud.sandbox.asked import DIRECTIONS, PAGING, asked_of, predicate_of
from sources.carecloud.sandbox.resources import resources
from tests.sources.sandbox_carecloud_wire import KEYS, NEWEST, PATHS, Caller, Row, calling, project

Finds = Callable[[Row], Any]
PERSON = "personal_information"


@pytest.fixture(scope="module")
def running() -> Iterator[Caller]:
    with project(rows=60) as caller:
        yield caller


@pytest.fixture
def caller(running: Caller) -> Iterator[Caller]:
    """A caller of a project that several tests share; none of them may change its rows."""
    with calling(running.sandbox) as caller:
        yield caller


def _person(name: str) -> Finds:
    return lambda row: row[PERSON][name]


EQUAL: dict[tuple[str, str], Finds] = {
    ("customers", "email"): _person("email"),
    ("customers", "phone"): _person("phone"),
    ("customers", "first_name"): _person("first_name"),
    ("customers", "last_name"): _person("last_name"),
    ("purchases", "store_id"): lambda row: row["store_id"],
    ("purchases", "customer_id"): lambda row: row["customer_id"],
    ("purchases", "type_id"): lambda row: row["type_id"],
    ("purchases", "external_purchase_id"): lambda row: row["external_purchase_id"],
    ("orders", "customer_id"): lambda row: row["customer_id"],
    ("bookings", "customer_id"): lambda row: row["customer_id"],
    ("products", "name"): lambda row: row["name"],
    ("products", "code"): lambda row: row["code"],
    ("products", "external_id"): lambda row: row["external_id"],
    ("products", "partner_id"): lambda row: row["partner_id"],
    ("cards", "customer_id"): lambda row: row["customer_id"],
    ("vouchers", "customer_id"): lambda row: row["customer_id"],
    ("customer_source_records", "external_id"): lambda row: row["external_id"],
    ("events", "event_type_id"): lambda row: row["event_type_id"],
}


@pytest.mark.parametrize(("table", "name"), EQUAL, ids=lambda text: text)
def test_a_filter_finds_what_has_the_value(caller: Caller, table: str, name: str) -> None:
    finds = EQUAL[table, name]
    caller.headers["Accept-Language"] = "en"
    everything = caller.everything(table)
    value = finds(everything[3])

    found = caller.everything(table, {name: value})

    assert found == [row for row in everything if finds(row) == value]
    assert 0 < len(found) < len(everything)
    assert caller.ask(f"/{PATHS[table]}", {name: value}).data["total_items"] == len(found)


def test_nothing_is_found_for_a_value_that_no_row_has(caller: Caller) -> None:
    assert caller.rows("purchases", {"customer_id": "nobody"}) == []


def test_a_birthdate_is_a_day(caller: Caller) -> None:
    everything = caller.everything("customers")
    births = [row[PERSON]["birthdate"] for row in everything]
    birth = next(text for text in births if text and text != "985-02-12")

    found = caller.rows("customers", {"birthdate": birth})

    assert [row[PERSON]["birthdate"] for row in found] == [birth] * births.count(birth)
    assert caller.ask("/customers", {"birthdate": "985-02-12"}).status == 400


def test_both_ends_of_a_range_belong_to_it(caller: Caller) -> None:
    times = sorted(row["payment_time"] for row in caller.everything("purchases"))
    first, last = times[5], times[-5]

    found = caller.everything("purchases", {"payment_time_from": first, "payment_time_to": last})

    assert sorted(row["payment_time"] for row in found) == [t for t in times if first <= t <= last]
    assert {first, last} <= {row["payment_time"] for row in found}
    assert len(found) < len(times)


def test_events_are_found_by_their_time(caller: Caller) -> None:
    times = sorted(row["created_at"] for row in caller.everything("events"))
    asked = {"time_from": times[10], "time_to": times[20]}

    found = caller.everything("events", asked)

    assert sorted(row["created_at"] for row in found) == [
        time for time in times if times[10] <= time <= times[20]
    ]


def test_arrays_take_any_of_their_values(caller: Caller) -> None:
    customers = caller.everything("customers")
    emails = [row[PERSON]["email"] for row in customers[:3]]
    keys = [row["customer_id"] for row in customers[4:6]]
    statuses = {row["booking_status"] for row in caller.everything("bookings")}
    chosen = sorted(statuses)[:2]

    booked = caller.everything("bookings", {"booking_statuses[]": chosen})

    assert caller.rows("customers", {"email_list[]": emails}) == customers[:3]
    assert caller.keys("customers", {"customer_ids[]": keys}) == keys
    assert len(statuses) > 2
    assert {row["booking_status"] for row in booked} == set(chosen)


def test_customers_are_found_by_where_they_came_from(caller: Caller) -> None:
    source = caller.rows("customer_sources")[2]["customer_source_id"]
    records = caller.rows("customer_source_records", {"customer_source_id": source})

    keys = caller.keys("customers", {"customer_source_id": source})

    assert set(keys) == {row["customer_id"] for row in records}
    assert 0 < len(keys) < len(caller.everything("customers"))


def test_products_are_found_by_list_and_tag(caller: Caller) -> None:
    everything = caller.everything("products")
    tagged = [row for row in everything if row["tags"]]
    tag = tagged[0]["tags"][0]["tag_id"]

    assert caller.everything("products", {"tag_ids[]": [tag]}) == tagged
    assert caller.everything("products", {"external_type_code": "GLOBAL"}) == [
        row for row in everything if row["plu_ids"]
    ]
    assert 0 < len(tagged) < len(everything)


def test_orders_count_as_active(caller: Caller) -> None:
    assert caller.everything("orders", {"state": 1}) == caller.everything("orders")
    assert caller.everything("orders", {"state": 0}) == []


def test_filters_hold_together_and_are_sorted_and_paged(caller: Caller) -> None:
    rows = caller.everything("purchases", NEWEST)
    store, kind = rows[0]["store_id"], rows[0]["type_id"]
    asked = {"store_id": store, "type_id": kind, **NEWEST}

    wanted = [r[KEYS["purchases"]] for r in rows if (r["store_id"], r["type_id"]) == (store, kind)]

    assert caller.keys("purchases", {**asked, "count": 1000}) == wanted
    assert caller.keys("purchases", {**asked, "count": 2, "offset": 1}) == wanted[1:3]


def test_a_filter_sees_what_was_changed_since() -> None:
    with project() as caller:
        first, second = caller.rows("purchases", {"count": 2})
        found = [caller.keys("purchases", {"external_purchase_id": "X"})]
        for key in (first["purchase_id"], second["purchase_id"]):
            caller.books.save("purchases", key, external_purchase_id="X")
            found.append(caller.keys("purchases", {"external_purchase_id": "X"}))
        caller.books.delete("purchases", [first["purchase_id"]])
        found.append(caller.keys("purchases", {"external_purchase_id": "X"}))

    assert [len(keys) for keys in found] == [0, 1, 2, 1]


def test_unknown_filters_may_be_ignored() -> None:
    with project(unknown_filters="ignored") as caller:
        assert caller.rows("stores", {"colour": "red"}) == caller.rows("stores")


@given(
    table=st.sampled_from(sorted(PATHS)),
    query=st.lists(
        st.tuples(
            st.sampled_from(
                [*PAGING, *{name for each in resources().values() for name in each.filters}, "x"]
            ),
            st.one_of(
                st.text(max_size=12),
                st.integers(-3, 300).map(str),
                st.sampled_from(["ASC", "desc", "true", "2024-01-31 00:00:00", "last_change"]),
            ),
        ),
        max_size=6,
    ),
    is_strict=st.booleans(),
)
def test_whatever_is_asked_is_valid_or_named_as_wrong(
    table: str, query: list[tuple[str, str]], is_strict: bool
) -> None:
    resource = resources()[table]
    asked_for = QueryParams(urlencode(query))
    names = {name for name, _value in parse_qsl(urlencode(query), keep_blank_values=True)}

    wrong: set[str] = set()
    try:
        asked = asked_of(resource, asked_for, is_strict=is_strict)
    except InvalidError as error:
        wrong = {one.name for one in error.invalid}
    assert wrong <= names
    if wrong:
        return
    assert asked.count >= 1
    assert asked.offset >= 0
    assert asked.sort_field in ("", *resource.fields)
    assert asked_for.get("sort_direction", "ASC").upper() in DIRECTIONS
    assert asked.wanted.keys() | asked.flags.keys() <= resource.filters.keys()
    assert predicate_of(resource, {}, lambda _source: set())({})
    if is_strict:
        assert names <= {*PAGING, *resource.filters}
