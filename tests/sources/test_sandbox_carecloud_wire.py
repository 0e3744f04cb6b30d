"""How CareCloud's answers come, and how they go wrong: ceilings, caches, crowds, faults."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from zlib import crc32

import pytest

from tests.sources.sandbox_carecloud_wire import (
    NEWEST,
    PATHS,
    VENDOR,
    Answer,
    Caller,
    calling,
    project,
)


@pytest.fixture(scope="module")
def running() -> Iterator[Caller]:
    with project(rows=60) as caller:
        yield caller


@pytest.fixture
def caller(running: Caller) -> Iterator[Caller]:
    """A caller of a project that several tests share; none of them may change its rows."""
    with calling(running.sandbox) as caller:
        yield caller
    running.sandbox.clear_faults()


def _at_once(caller: Caller, callers: int, each: int) -> list[Answer]:
    """So many callers ask at the same time, each so often."""
    answers: list[Answer] = []
    ready = threading.Barrier(callers)

    def asks(offset: int) -> None:
        with calling(caller.sandbox, logged_in=False) as other:
            other.headers = dict(caller.headers)
            ready.wait(10)
            for turn in range(each):
                page = {**NEWEST, "count": 10, "offset": 10 * (offset + turn * callers)}
                answers.append(other.ask("/purchases", page))

    threads = [threading.Thread(target=asks, args=(offset,)) for offset in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_too_many_at_once_are_refused_without_a_word() -> None:
    with project(rows=60, at_once=3, latency_ms=150) as caller:
        answers = _at_once(caller, 8, 1)
        log = [entry for entry in caller.sandbox.log() if entry["path"].endswith("/purchases")]

    statuses = Counter(answer.status for answer in answers)
    assert statuses == {200: 3, 429: 5}
    for answer in answers:
        if answer.status == 429:
            assert answer.body == b""
            assert "retry-after" not in answer.headers
    assert all(entry["in_flight"] <= 3 for entry in log if entry["status"] == 200)
    assert all(entry["in_flight"] > 3 for entry in log if entry["status"] == 429)


def test_twenty_are_served_at_once() -> None:
    with project(rows=60, latency_ms=100) as caller:
        began = time.monotonic()
        answers = _at_once(caller, 20, 3)
        took = time.monotonic() - began
        log = caller.sandbox.log()

    assert {answer.status for answer in answers} == {200}
    assert max(entry["in_flight"] for entry in log) == 20
    assert took >= 0.3
    assert took < 60 * 0.1 / 2, "they waited for each other"


def test_counts_may_have_a_silent_ceiling() -> None:
    with project(rows=60, max_count=25) as caller:
        data = caller.ask("/purchases", {"count": 100}).data

    assert len(data["purchases"]) == 25
    assert data["total_items"] > 25


def test_an_empty_page_may_be_204() -> None:
    with project(empty_is_204=True) as caller:
        answer = caller.ask("/purchases", {"customer_id": "nobody"})
        past = caller.ask("/stores", {"offset": 1000})
        full = caller.ask("/stores")

    assert (answer.status, answer.body, past.status, full.status) == (204, b"", 204, 200)


def test_an_empty_page_is_a_list_otherwise(caller: Caller) -> None:
    assert caller.ask("/purchases", {"customer_id": "nobody"}).data == {
        "purchases": [],
        "total_items": 0,
    }


def test_a_list_may_be_answered_from_memory() -> None:
    with project(cached=3600) as caller:
        key = caller.keys("orders")[-1]
        fresh = caller.ask("/orders", NEWEST)
        caller.books.save("orders", key, customer_note="new")
        stale = caller.ask("/orders", NEWEST)
        other = caller.ask("/orders", {**NEWEST, "count": 99})
        caller.sandbox.advance(hours=1)
        late = caller.ask("/orders", NEWEST)

    assert stale.body == fresh.body
    assert stale.headers["cache-control"] == "max-age=3600"
    assert "cache-control" not in fresh.headers
    assert other.data["orders"][0]["order_id"] == key
    assert late.data["orders"][0]["customer_note"] == "new"


def test_memory_keeps_languages_apart() -> None:
    with project(cached=3600) as caller:
        names = set()
        for language in ("cs", "en"):
            caller.headers["Accept-Language"] = language
            names.add(caller.rows("purchase_types")[0]["name"])

    assert len(names) == 2


def test_nothing_is_answered_from_memory_otherwise(caller: Caller) -> None:
    assert all("cache-control" not in caller.ask("/orders").headers for _ in range(2))


def test_properties_may_have_their_old_name() -> None:
    with project(property_records_as="purchase_property_records") as caller:
        names = {name for row in caller.rows("purchases") for name in row}

    assert "purchase_property_records" in names
    assert "property_records" not in names


def test_many_purchases_are_made_and_served_quickly() -> None:
    began = time.monotonic()
    with project(rows=0, purchases=20_000) as caller:
        started = time.monotonic() - began
        caller.rows("purchases", NEWEST)
        began = time.monotonic()
        for page in range(20):
            caller.ask("/purchases", {**NEWEST, "offset": 900 * page}).data["purchases"]
        took = (time.monotonic() - began) / 20
        total = caller.ask("/purchases").data["total_items"]
        row = caller.rows("purchases", NEWEST)[0]
        customer = caller.ask(f"/customers/{row['customer_id']}")

    assert total == 20_000
    assert started < 15
    assert took < 0.05
    assert customer.status == 200
    assert row["purchase_items"][0]["price"] * row["purchase_items"][0]["amount"] == pytest.approx(
        row["total_price"]
    )


def test_a_company_without_business_has_its_small_lists_only() -> None:
    with project(rows=0) as caller:
        empty = {table for table, rows in caller.books.truth()["tables"].items() if not rows}

    assert empty == {
        "customers",
        "purchases",
        "orders",
        "bookings",
        "cards",
        "vouchers",
        "customer_source_records",
        "events",
    }


def test_a_token_may_be_over_early(caller: Caller) -> None:
    caller.sandbox.fault("expired_token", vendor=VENDOR, after=1)

    statuses = [caller.ask("/stores").status for _ in range(3)]

    assert statuses == [200, 401, 401]
    assert caller.log_in().status == 200
    assert caller.ask("/stores").status == 200


def test_a_list_may_be_no_list(caller: Caller) -> None:
    caller.sandbox.fault("not_a_list", vendor=VENDOR)

    broken = caller.ask("/stores").data["stores"]

    assert list(broken.values()) == caller.rows("stores")
    assert list(broken) == [str(place) for place in range(len(broken))]


def test_an_outage_shows_a_share_of_the_rows(caller: Caller) -> None:
    whole = caller.keys("events", {"count": 1000})
    caller.sandbox.fault("share_of_rows", vendor=VENDOR, share=0.3)

    parts = [caller.ask("/events", {"count": 1000}).data for _ in range(2)]

    assert parts[0] == parts[1]
    shown = [row["event_id"] for row in parts[0]["events"]]
    assert shown == [key for key in whole if crc32(key.encode()) % 10_000 < 3000]
    assert parts[0]["total_items"] == len(shown)
    assert 0.15 < len(shown) / len(whole) < 0.45
    caller.sandbox.clear_faults()
    assert caller.keys("events", {"count": 1000}) == whole


def test_an_offset_may_be_ignored(caller: Caller) -> None:
    first = caller.keys("events", {"count": 10})
    caller.sandbox.fault("ignores_offset", vendor=VENDOR)

    assert caller.keys("events", {"count": 10, "offset": 40}) == first


def test_the_total_may_be_missing(caller: Caller) -> None:
    caller.sandbox.fault("total_missing", vendor=VENDOR, times=1)

    assert [set(caller.ask("/stores").data) for _ in range(2)] == [
        {"stores"},
        {"stores", "total_items"},
    ]


@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_may_have_no_body(caller: Caller, status: int) -> None:
    caller.sandbox.fault("no_body", vendor=VENDOR, status=status)

    answer = caller.ask("/stores")

    assert (answer.status, answer.body) == (status, b"")
    assert "retry-after" not in answer.headers
    assert caller.ask("/stores").status == 200


def test_faults_strike_on_the_routes_that_the_books_name(caller: Caller) -> None:
    route = caller.sandbox.books(VENDOR).about().routes["customer_sources"]
    caller.sandbox.fault("no_body", vendor=VENDOR, route=route, times=1)

    statuses = [caller.ask(f"/{PATHS[t]}").status for t in ("customers", "customer_sources")]

    assert statuses == [200, 503]
