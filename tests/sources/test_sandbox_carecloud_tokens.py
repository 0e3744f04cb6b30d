"""How a client of CareCloud comes in: users with a bearer token, one customer with a token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sources.sandbox_carecloud_wire import (
    KEYS,
    PATHS,
    VENDOR,
    Caller,
    as_basic,
    calling,
    project,
)

OWN = ("purchases", "orders", "bookings", "cards", "vouchers")
OTHERS = ("customers", "customer_source_records", "events")
SHARED = tuple(table for table in PATHS if table not in (*OWN, *OTHERS))


@pytest.fixture(scope="module")
def running() -> Iterator[Caller]:
    with project(rows=20, interface="customer") as caller:
        yield caller


@pytest.fixture
def customer(running: Caller) -> Iterator[Caller]:
    """A customer who has logged in."""
    with calling(running.sandbox, interface="customer") as caller:
        token = caller.take_token().data["token_id"]
        assert caller.customer_logs_in(token).status == 200
        yield caller


def test_a_login_answers_a_token_for_seven_hours_of_project_time() -> None:
    with project(timezone="America/Vancouver", logged_in=False) as caller:
        before = caller.ask("/stores")
        told = caller.log_in().data
        during = caller.ask("/stores")
        caller.sandbox.advance(hours=6.9)
        almost = caller.ask("/stores")
        caller.sandbox.advance(hours=0.2)
        after = caller.ask("/stores")

    assert [each.status for each in (before, during, almost, after)] == [401, 200, 200, 401]
    assert set(told) == {"bearer_token", "valid_to", "user"}
    assert told["valid_to"] == "2024-01-08 12:00:00"  # 13:00 UTC and seven hours, in Vancouver
    assert after.error["title"] == "Unauthorized"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"password": "wrong"}, 403),
        ({"login": "nobody"}, 403),
        ({"user_external_application_id": "none"}, 404),
        ({"password": ""}, 400),
    ],
    ids=["password", "login", "application", "incomplete"],
)
def test_a_login_can_fail_in_three_ways(changes: dict[str, object], status: int) -> None:
    with project(logged_in=False) as caller:
        answer = caller.log_in(**changes)

    assert answer.status == status
    assert answer.error["detail"]
    if status == 403:
        assert answer.error["type"] == answer.error["exception"] == "login_failed_exception"


def test_a_login_may_answer_201_and_needs_a_json_object() -> None:
    with project(login_status=201, logged_in=False) as caller:
        assert caller.log_in().status == 201
        assert caller.ask("/users/actions/login", method="POST", body=b"{").status == 400
        assert caller.ask("/users/actions/login", method="POST", body=[1]).status == 400
        assert caller.ask("/users/actions/login").status == 405


def test_logging_out_ends_the_token() -> None:
    with project() as caller:
        gone = caller.ask("/users/actions/logout", method="POST")

        assert (gone.status, gone.body) == (204, b"")
        assert caller.ask("/stores").status == 401
        assert caller.ask("/users/actions/logout", method="POST").status == 401


def test_a_token_may_be_good_for_a_few_requests() -> None:
    with project(token_requests=3) as caller:
        statuses = [caller.ask("/stores").status for _ in range(5)]
        caller.log_in()
        again = caller.ask("/stores").status

    assert statuses == [200, 200, 200, 401, 401]
    assert again == 200


def test_every_token_is_told_to_tests_and_none_is_in_the_log() -> None:
    with project(interface="customer") as caller:
        token = caller.take_token().data["token_id"]
        caller.customer_logs_in(token)
        log = caller.sandbox.log()

        assert caller.sandbox.books(VENDOR).issued() == [token]
        assert token not in str(log)
        assert len(log) == 2


def test_a_client_is_told_the_interface_and_the_timezone() -> None:
    with project(interface="customer", timezone="America/Montreal") as caller:
        assert caller.sandbox.settings(VENDOR) == {
            "timezone": '"America/Montreal"',
            "interface": '"customer"',
        }
    with project() as caller:
        assert caller.sandbox.settings(VENDOR) == {"timezone": '"Europe/Prague"'}


def test_a_customers_token_never_ends(running: Caller, customer: Caller) -> None:
    running.sandbox.advance(days=30)

    assert customer.ask("/purchases").status == 200


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"external_application_id": "none"}, 404),
        ({"device": None}, 400),
        ({"setup": "text"}, 400),
    ],
    ids=["application", "no device", "setup"],
)
def test_a_token_needs_a_device_a_setup_and_an_application(
    running: Caller, changes: dict[str, object], status: int
) -> None:
    with calling(running.sandbox, interface="customer") as caller:
        assert caller.take_token(**changes).status == status


def test_a_customer_logs_in_with_a_password(running: Caller) -> None:
    with calling(running.sandbox, interface="customer") as caller:
        token = caller.take_token().data["token_id"]

        assert caller.ask("/purchases").status == 401, "nobody has logged in"
        assert caller.ask("/stores").status == 200
        assert caller.customer_logs_in(token, password="wrong").status == 403
        assert caller.customer_logs_in("f" * 48).status == 404
        assert caller.customer_logs_in(token).data["customer_id"]
        caller.headers["Authorization"] = as_basic("customer_interface", token)
        assert caller.ask("/purchases").status == 200


@pytest.mark.parametrize("table", OWN)
def test_a_customer_sees_their_own_rows_only(customer: Caller, table: str) -> None:
    mine = customer.everything(table)
    everybodys = customer.books.rows(table)
    me = mine[0]["customer_id"]
    strangers = [key for key, row in everybodys.items() if row["customer_id"] != me]

    assert {row[KEYS[table]] for row in mine} == everybodys.keys() - set(strangers)
    assert customer.ask(f"/{PATHS[table]}").data["total_items"] == len(mine)
    assert customer.ask(f"/{PATHS[table]}/{strangers[0]}").status == 404
    assert customer.ask(f"/{PATHS[table]}/{mine[0][KEYS[table]]}").status == 200


@pytest.mark.parametrize("table", OTHERS)
def test_lists_of_others_are_not_for_customers(customer: Caller, table: str) -> None:
    answer = customer.ask(f"/{PATHS[table]}")

    assert answer.status == 403
    assert answer.error["type"] == "interface_not_allowed_exception"
    assert answer.error["exception"] == "interface_not_allowed_exception"


def test_a_customer_sees_their_own_account(customer: Caller) -> None:
    mine, *_others = customer.rows("purchases")
    stranger = next(key for key in customer.books.rows("customers") if key != mine["customer_id"])

    own = customer.ask(f"/customers/{mine['customer_id']}")

    assert own.data["customer_id"] == mine["customer_id"]
    assert customer.ask(f"/customers/{stranger}").status == 403


@pytest.mark.parametrize("table", SHARED)
def test_the_small_lists_are_for_everybody(customer: Caller, table: str) -> None:
    rows = customer.everything(table)

    assert {row[KEYS[table]]: row for row in rows} == customer.books.rows(table)


def test_a_token_is_good_on_its_own_interface_only(customer: Caller) -> None:
    customer.interface = "enterprise"

    assert customer.ask("/stores").status == 401
