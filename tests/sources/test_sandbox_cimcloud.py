"""CIMcloud as played: what its sheet says, seen through a plain HTTP client."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from sources._sandbox.process import SandboxFailedError, running_sandbox
from tests.sources.cimcloud_wire import KEYS, PATHS, VENDOR, Caller, calling, key_of, site


@pytest.fixture(scope="module")
def running() -> Iterator[Caller]:
    with site(rows=60) as caller:
        yield caller


@pytest.fixture
def caller(running: Caller) -> Iterator[Caller]:
    """A caller of a site that several tests share; none of them may change its rows."""
    with calling(running.sandbox) as caller:
        yield caller
    running.sandbox.clear_faults()


@pytest.mark.parametrize("table", PATHS)
def test_the_lists_are_the_truth(caller: Caller, table: str) -> None:
    rows = caller.everything(PATHS[table])

    assert {key_of(table, row): row for row in rows} == caller.books.rows(table)
    assert len(rows) > 0


def test_a_page_holds_fifty_rows_at_most(caller: Caller) -> None:
    pages = list(caller.pages("order_detail"))

    assert [len(rows) for rows in pages[:-1]] == [50] * (len(pages) - 1)
    assert len(pages) > 2


def test_a_number_after_the_resource_is_a_page(caller: Caller) -> None:
    pages = [caller.page("order_detail", page=number) for number in (1, 2)]

    assert caller.page("order_detail") == caller.page("order_detail", page=0) == pages[0]
    assert pages[0] != pages[1]
    assert caller.ask("/order_detail/2/").json() == pages[1]
    assert caller.page("order_detail", page=99) == []


def test_page_and_searchstring_go_together(caller: Caller) -> None:
    found = "searchgreatherthanequal~line_number~1"
    wide = [caller.page("order_detail", found, number) for number in (0, 1, 2)]

    assert caller.page("order_detail", found) == wide[0] == wide[1]
    assert wide[2] == caller.page("order_detail", page=2)


def test_one_record_is_a_search_for_its_key(caller: Caller) -> None:
    key, row = next(iter(caller.books.rows("orders").items()))

    assert caller.page("orders", f"searchexact~c_ordnum~{key}") == [row]


def test_resources_may_be_written_in_any_casing(caller: Caller) -> None:
    assert caller.page("Accounts") == caller.page("accounts")


def test_documented_example_needs_no_escaping(caller: Caller) -> None:
    example = (
        "/accounts/searchlike~nm~millstream|and|(searchbetween~create_date~<<dateadd:days:-10>>"
        "~<<date>>|or|searchgreatherthanequal~last_modify_date~1/1/2015)"
    )

    rows = caller.ask(example).json()

    assert [row["nm"] for row in rows] == ["MILLSTREAM KITCHENS LTD"]


def test_a_date_at_the_end_of_a_searchstring_reads_as_a_page(caller: Caller) -> None:
    since = "searchgreatherthanequal~create_date~"
    new = caller.everything("orders", f"{since}1/1/2024")

    assert caller.page("accounts", f"{since}1/1/2017", 1) == caller.page("accounts", page=1)
    assert caller.page("accounts", f"{since}1/1/2017") == []  # page 2017 of what is new this year
    assert 0 < len(new) < len(caller.everything("orders"))
    assert caller.page("orders", f"{since}1/1", 1) == new


def test_a_site_may_keep_an_encoded_slash(caller: Caller) -> None:
    with site(slash="kept") as keeping:
        since = "searchgreatherthanequal~create_date~1/1/2017"

        assert keeping.page("accounts", since) == keeping.page("accounts")
        assert keeping.ask(f"/accounts/{since}").json() == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere", 404),
        ("/", 404),
        ("/accounts/accounts", 400),
        ("/orderpassthrough", 405),
    ],
)
def test_what_is_not_there_is_refused_in_plain_text(caller: Caller, path: str, status: int) -> None:
    answer = caller.ask(path)

    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/plain")


def test_another_site_is_not_there(caller: Caller) -> None:
    assert caller.ask("/accounts", site="elsewhere").status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/orders", "/orderpassthrough", "/OnlineOrders"])
def test_nothing_may_be_written(caller: Caller, method: str, path: str) -> None:
    assert caller.ask(path, method=method, body=[{}]).status == 403


def test_an_authorization_may_lack_resources() -> None:
    with site(deny="payments+invoices+order_detail") as caller:
        status = {table: caller.ask(f"/{path}").status for table, path in PATHS.items()}

    denied = {table for table in PATHS if status[table] == 403}
    assert denied == {"payments", "invoices", "order_lines"}
    assert {status[table] for table in PATHS if table not in denied} == {200}


def test_past_the_end_may_be_a_404() -> None:
    with site(past_end="404") as caller:
        pages = len(list(caller.pages("accounts")))
        nobody = "searchexact~a_id~1"

        assert caller.ask(f"/accounts/{pages + 1}").status == 404
        assert caller.page("accounts", nobody, 1) == []
        assert caller.ask(f"/accounts/{nobody}/2").status == 404


def test_health_tells_of_itself(caller: Caller) -> None:
    health = caller.ask("/healthcheck").json()

    assert health["databaeConnection"] is True
    assert health["usingStagingDB"] == "false"
    assert caller.ask("/validate").status == 200
    caller.authorization = ""
    assert caller.ask("/healthcheck/canary").json() == {"status": "Running"}
    for path in ("/healthcheck", "/validate", "/accounts", "/OnlineOrders", "/swagger/docs/v1"):
        assert caller.ask(path).status == 401


@pytest.mark.parametrize(
    "change", [{"AuthKey": "no"}, {"AuthUserName": "no"}, {"AuthPassword": "no"}]
)
def test_a_login_needs_all_three(caller: Caller, change: dict[str, str]) -> None:
    assert caller.log_in(**change).status == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_a_login_is_an_object(caller: Caller, body: bytes) -> None:
    assert caller.ask("/authenticate", method="POST", body=body).status == 400
    assert caller.ask("/authenticate").status == 405


def test_a_token_lasts_seven_days_of_the_worlds_clock() -> None:
    with site() as caller:
        assert set(caller.log_in().json()) == {"expiration", "token"}
        assert caller.log_in().json()["expiration"] == "2024-01-15T13:00:00Z"
        assert caller.ask("/refresh", method="POST", body="whatever").status == 401
        caller.sandbox.advance(days=6, hours=23)
        assert caller.ask("/validate").status == 200
        caller.sandbox.advance(hours=1)
        assert caller.ask("/validate").status == 401
        assert caller.log_in().status == 200
        assert caller.ask("/validate").status == 200


@pytest.mark.parametrize("field", ["token", "bearer_token"])
def test_a_refresh_token_renews_once(field: str) -> None:
    with site(refresh_token=True, refresh_field=field) as caller:
        first = caller.log_in().json()["refresh_token"]
        caller.sandbox.advance(days=29)
        renewed = caller.ask("/refresh", method="POST", body=first).json()
        assert set(renewed) == {"expiration", field, "refresh_token"}
        caller.authorization = f"Bearer {renewed[field]}"
        assert caller.ask("/validate").status == 200
        assert caller.ask("/refresh", method="POST", body=first).status == 401
        assert caller.ask("/refresh", method="POST", body={"token": first}).status == 400
        caller.sandbox.advance(days=30)
        late = caller.ask("/refresh", method="POST", body=renewed["refresh_token"])
        assert late.status == 401


def test_an_authorization_may_want_basic_on_every_call() -> None:
    with site(auth="basic", logged_in=False) as caller:
        assert caller.credentials["auth_type"] == "basic"
        assert caller.log_in().status == 401
        user, password = (caller.credentials[f"auth_{name}"] for name in ("user_name", "password"))
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        for authorization, status in ((f"Basic {pair}", 200), ("Basic Og==", 401), ("", 401)):
            caller.authorization = authorization
            assert caller.ask("/accounts").status == status


OTHER_WAYS = ("/onlineORDERS/1", "/accounts/../OnlineOrders", "//OnlineOrders", "/%4FnlineOrders")


def test_online_orders_takes_the_orders_from_the_erp() -> None:
    with site(rows=120) as caller, site(rows=120) as spared:
        for them in (caller, spared):
            them.sandbox.advance(hours=6)
        waiting = [row for row in caller.books.rows("orders").values() if row["exported"] == 0]
        shown = [caller.ask(path).json() for path in ("/OnlineOrders", *OTHER_WAYS)]
        after = {row["exported"] for row in caller.books.rows("orders").values()}
        calls = [them.books.truth("orders")["online_orders_calls"] for them in (caller, spared)]
        for them in (caller, spared):
            them.sandbox.advance(days=60)
        taken = {row["c_ordnum"] for row in waiting}
        lost, exported = (
            taken - {row["c_ordnum"] for row in them.books.rows("order_history").values()}
            for them in (caller, spared)
        )

    assert sorted(shown[0], key=lambda row: int(row["c_ordnum"])) == waiting
    assert shown[1:] == [[]] * len(OTHER_WAYS)
    assert after == {1}
    assert calls == [1 + len(OTHER_WAYS), 0]
    assert lost == taken > exported, "nobody else would have got them"


def test_the_swagger_lists_every_field_that_rows_carry() -> None:
    with site(rows=60, extra_fields=True) as caller:
        document = caller.ask("/swagger/docs/v1").json()
        truth = caller.books.truth()["tables"]
        assert caller.books.swagger()["definitions"] == document["definitions"]
        assert len(caller.page("quotes")) > 0

    assert document["swagger"] == "2.0"
    assert document["basePath"] == f"/{VENDOR}/coastal"
    for table, path in (*PATHS.items(), ("quotes", "quotes")):
        assert f"/{path}/{{searchstring}}/{{page}}" in document["paths"]
        properties = document["definitions"][path]["properties"]
        assert all(field["type"] and field["description"] for field in properties.values())
        for row in truth[table].values():
            assert list(row) == list(properties)
    assert "get" in document["paths"]["/OnlineOrders"]


def test_rows_carry_what_the_sheet_says_and_no_more(caller: Caller) -> None:
    properties = {
        path: set(told["properties"])
        for path, told in caller.books.swagger()["definitions"].items()
    }
    own = {
        table: properties[path] - set(next(iter(caller.books.rows(table).values())))
        for table, path in PATHS.items()
    }

    assert own["accounts"] == {"credit_limit", "price_level"}
    assert own["payments"] == set()


def test_a_site_may_write_american_dates() -> None:
    with site(dates="us") as caller:
        rows = caller.everything("orders")
        day = rows[0]["order_date"]

        assert {key_of("orders", row): row for row in rows} == caller.books.rows("orders")
        assert all(row["order_date"].count("/") == 2 for row in rows)
        assert {row["create_date"][-2:] for row in rows} <= {"AM", "PM"}
        found = caller.page("orders", f"searchexact~order_date~{day}", 1)
        assert rows[0] in found
        assert {row["order_date"] for row in found} == {day}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"speed": "fast"}, "cimcloud.speed is 'fast'; it is a number"),
        ({"calls_per_second": 0}, "cimcloud.calls_per_second is 0; it is at least 1"),
        ({"timezone": "Mars/Olympus"}, "there is no such zone"),
        ({"deny": "payments+cash"}, "cimcloud.deny names .'cash'."),
    ],
)
def test_it_refuses_what_it_cannot_play(options: dict[str, object], reason: str) -> None:
    with (
        pytest.raises(SandboxFailedError, match=reason),
        running_sandbox(rows=0, options={VENDOR: options}),
    ):
        pass


def test_the_same_seed_is_the_same_site_however_the_clock_is_turned() -> None:
    with site(rows=60) as one, site(rows=60) as two:
        for _ in range(10):
            one.sandbox.advance(days=2)
            assert one.books.truth("orders")["deleted"] == {"orders": []}
        two.sandbox.advance(days=20)
        first = one.books.truth()

        assert first == two.books.truth()
        assert first["tables"]["orders"] != {}
    with running_sandbox(rows=60, seed=8) as other:
        other.advance(days=20)
        assert other.tables(VENDOR).truth() != first


def test_a_company_without_business_sells_nothing() -> None:
    with site(rows=0) as caller:
        caller.sandbox.advance(days=40)
        counts = {table: len(rows) for table, rows in caller.books.truth()["tables"].items()}

    assert counts["orders"] == counts["order_history"] == counts["invoices"] == 0
    assert counts["accounts"] >= 2
    assert set(KEYS) <= set(counts)
