"""Rows of CareCloud that move while they are read, what tests may do to them, what people do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sources._sandbox.process import SandboxFailedError
from tests.sources.sandbox_carecloud_wire import (
    NEWEST,
    PATHS,
    VENDOR,
    Caller,
    Row,
    calling,
    project,
)

CHANGE = "last_change"


@pytest.fixture(scope="module")
def running() -> Iterator[Caller]:
    with project(rows=60) as caller:
        yield caller


@pytest.fixture
def caller(running: Caller) -> Iterator[Caller]:
    """A caller of a project that several tests share: each finds what those before it left."""
    running.sandbox.advance(hours=1)
    with calling(running.sandbox) as caller:
        yield caller


@pytest.mark.parametrize("table", ["customers", "purchases", "orders", "bookings", "vouchers"])
def test_a_saved_row_jumps_to_the_top(caller: Caller, table: str) -> None:
    before = caller.keys(table, {**NEWEST, "count": 1000})

    for key in (before[10], before[-1]):
        caller.books.save(table, key)

    after = caller.keys(table, {**NEWEST, "count": 1000})
    rest = [key for key in before if key not in (before[10], before[-1])]
    assert after == [before[-1], before[10], *rest]


def test_a_row_that_is_made_is_on_top_and_unlike_any_other(caller: Caller) -> None:
    made = caller.books.make("purchases")
    first, second = caller.rows("purchases", {**NEWEST, "count": 2})

    assert first == made
    assert made["purchase_id"] not in (second["purchase_id"], "")
    everything = caller.everything("purchases")
    items = [item["purchase_item_id"] for row in everything for item in row["purchase_items"]]
    numbers = [row["external_purchase_id"] for row in everything]
    assert len(set(items)) == len(items)
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("table", PATHS)
def test_every_table_can_be_made_in_and_changed(caller: Caller, table: str) -> None:
    books = caller.sandbox.books(VENDOR)
    before = caller.books.rows(table)
    made = books.make(table)
    between = caller.books.rows(table)
    changed = books.change(table)
    after = caller.books.rows(table)

    assert between.keys() - before.keys() == {made}
    assert all(between[key] == before[key] for key in before)
    assert [key for key in after if after[key] != between[key]] == [changed]
    differing = [name for name in after[changed] if after[changed][name] != between[changed][name]]
    assert [name for name in differing if name != CHANGE]
    if CHANGE in after[changed]:
        assert after[changed][CHANGE] > between[changed][CHANGE]


def test_a_save_without_touch_is_quiet(caller: Caller) -> None:
    before = caller.rows("orders", NEWEST)
    quiet = caller.books.save("orders", before[5]["order_id"], touch=False, customer_note="psst")

    assert quiet == {**before[5], "customer_note": "psst"}
    assert caller.keys("orders", NEWEST)[:6] == [row["order_id"] for row in before[:6]]


def test_a_field_inside_an_object_can_be_saved(caller: Caller) -> None:
    row = caller.rows("customers")[0]
    nested = {"personal_information.nickname": "x", "personal_information.address.zip": None}
    order = {"table": "customers", "key": row["customer_id"], "fields": nested}

    saved = caller.control("/save", order)["row"]

    person = row["personal_information"]
    assert saved["personal_information"] == {
        **person,
        "nickname": "x",
        "address": {**person["address"], "zip": None},
    }


def test_a_deleted_row_is_gone_until_it_is_restored(caller: Caller) -> None:
    before = caller.books.rows("vouchers")
    keys = list(before)[:3]

    caller.books.delete("vouchers", keys)
    listed = caller.keys("vouchers", {"count": 1000})
    single = caller.ask(f"/vouchers/{keys[0]}")
    truth = caller.books.truth("vouchers")
    caller.books.restore("vouchers", keys[:2])

    assert set(listed) == before.keys() - set(keys) == truth["tables"]["vouchers"].keys()
    assert truth["deleted"] == {"vouchers": sorted(keys)}
    assert single.status == 404
    assert caller.books.rows("vouchers") == {k: v for k, v in before.items() if k != keys[2]}
    with pytest.raises(SandboxFailedError, match="is missing or unknown"):
        caller.books.save("vouchers", keys[2])
    with pytest.raises(SandboxFailedError, match="cannot become another"):
        caller.books.save("vouchers", keys[0], voucher_id="other")
    with pytest.raises(SandboxFailedError, match="no table"):
        caller.books.delete("nothing", ["1"])


def test_a_soft_delete_stays_in_the_list(caller: Caller) -> None:
    key = caller.keys("customers")[0]
    caller.books.save("customers", key, state=0)

    top = caller.rows("customers", NEWEST)[0]

    assert (top["customer_id"], top["state"]) == (key, 0)


def test_a_share_of_everything_dated_changes(caller: Caller) -> None:
    known = caller.books.truth()["tables"]

    changed = caller.books.change(0.1)

    after = caller.books.truth()["tables"]
    dated = {table for table, rows in known.items() if CHANGE in next(iter(rows.values()))}
    assert set(changed) == dated
    for table in known:
        differing = {key for key in after[table] if after[table][key] != known[table][key]}
        assert differing == set(changed.get(table, ()))
    assert len(changed["purchases"]) == round(len(known["purchases"]) * 0.1)


def test_nobody_touches_the_customer_whose_birthdate_is_wrong() -> None:
    with project(rows=8, busy=1) as caller:
        before = caller.books.rows("customers")
        births = {key: row["personal_information"]["birthdate"] for key, row in before.items()}
        (key,) = (key for key, birth in births.items() if birth == "985-02-12")
        for _ in range(8):
            caller.rows("customers")
            caller.sandbox.books(VENDOR).change("customers")
        caller.books.change(1.0)

        assert caller.books.rows("customers")[key] == before[key]


@pytest.mark.parametrize("how", ["option", "books"])
def test_a_busy_project_changes_while_it_is_read(how: str) -> None:
    with project(rows=60, busy=2 if how == "option" else 0) as caller:
        if how == "books":
            caller.sandbox.books(VENDOR).stir(2)
        before = caller.books.rows("purchases")
        caller.rows("purchases", NEWEST)
        early = caller.books.rows("purchases")
        for _ in range(3):
            caller.rows("purchases", NEWEST)
        caller.ask(f"/purchases/{next(iter(before))}")
        truth = caller.books.truth("purchases")

    after = truth["tables"]["purchases"]
    gone = truth["deleted"]["purchases"]
    assert early == before
    saved = [key for key in before.keys() & after.keys() if before[key] != after[key]]
    assert len(gone) == len(after.keys() - before.keys()) == 2
    assert before.keys() - after.keys() <= set(gone)
    assert 1 <= len(saved) <= 2
    assert len(after) == len(before)


def test_fields_can_be_planted_and_renamed(caller: Caller) -> None:
    books = caller.sandbox.books(VENDOR)
    books.plant("stores", "mood", {"is": "good"})
    books.rename("stores", "name", "title")
    books.rename("purchases", "purchase_items.price", "cost")

    row = caller.rows("stores")[0]
    item = caller.rows("purchases")[0]["purchase_items"][0]

    assert row["mood"] == {"is": "good"}
    assert "title" in row
    assert "name" not in row
    assert "cost" in item
    assert "price" not in item
    assert caller.books.rows("stores")[row["store_id"]] == row


def test_the_books_know_keys_and_routes(caller: Caller) -> None:
    books = caller.sandbox.books(VENDOR)
    about = books.about()

    assert {t: set(k) for t, k in books.keys().items()} == {
        table: set(caller.books.rows(table)) for table in PATHS
    }
    assert about.routes == {table: f"/{path}" for table, path in PATHS.items()}
    for path in about.routes.values():
        assert sum(path in other for other in about.routes.values()) == 1, path
    assert (about.can_delete, about.can_stir) == (True, True)


def test_ties_come_in_another_order_each_time_and_nothing_else_does() -> None:
    with project(rows=60, ties=True) as caller:
        keys = caller.keys("vouchers", {"count": 40})
        at = "2024-01-08T12:00:00Z"
        for key in keys:
            order = {"table": "vouchers", "key": key, "fields": {}, "at": at}
            caller.control("/save", order)
        lists = [caller.keys("vouchers", {**NEWEST, "count": 1000}) for _ in range(3)]
        part = caller.rows("vouchers", {**NEWEST, "count": 20, "offset": 10})

    assert len({tuple(each) for each in lists}) == 3
    assert len({frozenset(each[:40]) for each in lists}) == 1
    assert set(lists[0][:40]) == set(keys)
    assert Counter(row[CHANGE] for row in part) == {"2024-01-08 13:00:00": 20}


def test_ties_keep_the_order_of_times() -> None:
    with project(rows=60, ties=True) as caller:
        lists = [caller.everything("purchases", NEWEST) for _ in range(2)]
        times = [[row[CHANGE] for row in rows] for rows in lists]

    assert times[0] == times[1] == sorted(times[0], reverse=True)
    keys = [sorted(row["purchase_id"] for row in rows) for rows in lists]
    assert keys[0] == keys[1] == sorted(set(keys[0]))


def test_business_goes_on_with_the_clock() -> None:
    with project(rows=60) as caller:
        before = caller.books.truth()["tables"]
        newest = caller.rows("purchases", NEWEST)[0][CHANGE]
        caller.sandbox.advance(days=20)
        caller.log_in()
        after = caller.books.truth()["tables"]
        added = caller.rows("purchases", NEWEST)[0][CHANGE]

    assert added > newest
    for table in ("customers", "purchases", "orders", "bookings", "events", "cards"):
        assert len(after[table]) > len(before[table]), table
    statuses = [Counter(o["order_status"] for o in at["orders"].values()) for at in (before, after)]
    assert statuses[1]["Delivered"] > statuses[0]["Delivered"]


def test_it_does_not_matter_in_how_many_steps_the_clock_is_turned() -> None:
    def truth(steps: int) -> Row:
        with project(rows=40) as caller:
            caller.rows("purchases")
            for _ in range(steps):
                caller.sandbox.advance(days=30 / steps)
            caller.log_in()
            books = {t: caller.everything(t, NEWEST) for t in ("purchases", "orders", "bookings")}
            return {**books, **caller.books.truth()["tables"]}

    assert truth(1) == truth(6)


def test_no_time_is_ahead_of_the_clock(caller: Caller) -> None:
    caller.books.make("purchases")
    caller.sandbox.advance(days=7)
    now = caller.sandbox.now().astimezone(UTC) + timedelta(hours=1)  # Prague, in winter

    for table, rows in caller.books.truth()["tables"].items():
        for row in rows.values():
            if CHANGE in row:
                written = datetime.fromisoformat(row[CHANGE][:19])
                assert written.replace(tzinfo=UTC) < now, table
