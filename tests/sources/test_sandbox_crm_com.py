"""CRM.COM on the wire as played: logging in, asking, being refused, paging."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sources._sandbox.process import RunningSandbox, SandboxFailedError, running_sandbox
from tests.sources.sandbox_crm_com_wire import (
    BASE,
    COMPLETED,
    DRAFT,
    PENDING,
    PORTAL,
    PURCHASES,
    VENDOR,
    Caller,
    calling,
    query,
    site,
)

EXCEPTION = "COM.CRM.EXCEPTION."


@pytest.fixture(scope="module")
def running() -> Iterator[Caller]:
    with site(accounts=150) as caller:
        yield caller


@pytest.fixture
def caller(running: Caller) -> Iterator[Caller]:
    """A caller of a site that several tests share; none of them may change its rows."""
    with calling(running.sandbox) as caller:
        yield caller
    running.sandbox.clear_faults()


def test_a_token_is_good_for_two_hours_used_or_not() -> None:
    with site() as caller:
        caller.sandbox.advance(hours=1.9)
        assert caller.get(DRAFT).code == "OK"
        caller.sandbox.advance(hours=0.2)
        late = caller.get(DRAFT)
        assert (late.status, late.code) == (200, f"{EXCEPTION}SESSION.EXPIREDEXCEPTION")
        assert late.said == "The session has expired"
        assert caller.log_in().code == "OK"
        assert caller.get(DRAFT).code == "OK"


def test_a_token_is_a_jwt_that_tells_its_end(caller: Caller) -> None:
    head, body, signature = (part + "=" * (-len(part) % 4) for part in caller.token.split("."))

    ends = json.loads(base64.urlsafe_b64decode(body))["exp"]

    assert json.loads(base64.urlsafe_b64decode(head))["typ"] == "JWT"
    assert len(base64.urlsafe_b64decode(signature)) == 32
    assert ends == (caller.sandbox.now() + timedelta(hours=2)).timestamp()


def test_every_login_gives_another_token(caller: Caller) -> None:
    first = caller.token
    caller.log_in()

    assert caller.token != first
    assert caller.get(DRAFT).code == "OK"
    caller.token = first
    assert caller.get(DRAFT).code == "OK"
    assert first in caller.sandbox.books(VENDOR).issued()


def test_a_token_can_be_released(caller: Caller) -> None:
    assert caller.post("authentication/token/release").code == "OK"

    assert caller.get(DRAFT).code == f"{EXCEPTION}TOKEN.INVALIDTOKENEXCEPTION"
    assert caller.post("authentication/token/release").code != "OK"


@pytest.mark.parametrize("stale", ["envelope", "401", "403"])
@pytest.mark.parametrize("token", ["", "somebody.elses.token"])
def test_a_bad_token_is_refused_in_an_envelope(stale: str, token: str) -> None:
    with site(stale=stale) as caller:
        caller.token = token
        for answer in (caller.get(DRAFT), caller.post(PURCHASES)):
            assert answer.status == (200 if stale == "envelope" else int(stale))
            assert answer.code.startswith(f"{EXCEPTION}TOKEN.")
            assert answer.said == "The token is invalid"
            assert answer.json()["data"] == {}


@pytest.mark.parametrize("wrong", ["username", "password", "organisation"])
def test_a_login_needs_all_three(caller: Caller, wrong: str) -> None:
    answer = caller.log_in(**{wrong: "no"})

    assert (answer.status, answer.code) == (200, f"{EXCEPTION}AUTHENTICATION.LOGINEXCEPTION")


def test_a_site_may_want_its_web_api_key() -> None:
    with site(auth="web_api_key") as caller:
        assert set(caller.credentials) == {"web_api_key"}
        assert caller.get(DRAFT).code == "OK"
        where = f"{BASE}authentication/web_api_key/token"
        key = caller.credentials["web_api_key"]
        for pair in (f"{key}:password", "other:", ""):
            shown = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
            assert caller.ask(where, method="POST", headers=shown).code != "OK"
        body = {"username": "penstock-reader-7", "password": "", "organisation": "MILLSTREAM"}
        assert caller.ask(f"{BASE}authentication/token", method="POST", body=body).code != "OK"


def test_a_key_is_none_where_users_log_in(caller: Caller) -> None:
    where = f"{BASE}authentication/web_api_key/token"
    assert caller.ask(where, method="POST", headers={"Authorization": "Basic Og=="}).code != "OK"


def test_the_token_of_a_get_is_in_its_query_and_of_a_post_in_its_body(caller: Caller) -> None:
    by_kind = {"classification_identifier": {"name": "SPARE PARTS"}}
    where = f"{BASE}{PURCHASES}?{query(token=caller.token)}"

    assert caller.ask(f"{BASE}{DRAFT}", headers={"token": caller.token}).code != "OK"
    assert caller.ask(where, method="POST", body=by_kind).code != "OK"
    assert caller.post(PURCHASES, **by_kind).code == "OK"


def test_keys_of_an_envelope_come_in_any_order(caller: Caller) -> None:
    answers = [caller.get(DRAFT).json() for _ in range(6)]

    assert {tuple(answer) for answer in answers} == {("status", "data"), ("data", "status")}
    orders = {tuple(answer["status"]) for answer in answers}
    assert len(orders) == 3
    assert {frozenset(order) for order in orders} == {frozenset(("code", "description", "message"))}


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("orders/list", "METHODNOTFOUNDEXCEPTION"),
        (PURCHASES, "METHODNOTFOUNDEXCEPTION"),
        ("invoices/list", "MANDATORYPARAMETEREXCEPTION"),
        ("products/list", "MANDATORYPARAMETEREXCEPTION"),
        ("leads/list", "MANDATORYPARAMETEREXCEPTION"),
        ("accounts_receivable/list", "MANDATORYPARAMETEREXCEPTION"),
        ("contact_information/show", "MANDATORYPARAMETEREXCEPTION"),
        (PENDING, "MANDATORYPARAMETEREXCEPTION"),
    ],
)
def test_errors_come_with_status_200(caller: Caller, name: str, end: str) -> None:
    answer = caller.get(name)

    assert (answer.status, answer.code) == (200, EXCEPTION + end)
    assert answer.code == answer.code.upper()


@pytest.mark.parametrize(
    ("name", "filters"),
    [
        ("leads/list", {"importance": "IMPORTANCE1", "category_identifier": "name=RENOVATION"}),
        ("products/list", {"type_identifier": "name=LABOUR", "brand_identifier": "name=X"}),
        ("accounts_receivable/list", {"email": "a@example.com", "contact_identifier": "id=1"}),
    ],
)
def test_one_filter_is_enough(caller: Caller, name: str, filters: dict[str, str]) -> None:
    answer = caller.get(name, **filters)

    assert answer.code == f"{EXCEPTION}SEMIOPTIONALPARAMETEREXCEPTION"


def test_purchases_need_one_filter_in_their_body(caller: Caller) -> None:
    by_kind = {"classification_identifier": {"name": "SPARE PARTS"}}
    by_account = {"accounts_receivable_identifier": {"number": "ACR0000000001"}}

    assert caller.post(PURCHASES).code.endswith("MANDATORYPARAMETEREXCEPTION")
    both = caller.post(PURCHASES, **by_kind, **by_account)
    assert both.code.endswith("SEMIOPTIONALPARAMETEREXCEPTION")
    for odd in ("name=SPARE PARTS", {}, {"name": "SPARE PARTS", "code": "SPARE PARTS"}):
        refused = caller.post(PURCHASES, classification_identifier=odd)
        assert refused.code.endswith("INVALIDIDENTIFIEREXCEPTION")


@pytest.mark.parametrize("value", ["name=NOBODY", "colour=SERVICE PORTAL", "number="])
def test_an_identifier_that_means_nothing_is_refused(caller: Caller, value: str) -> None:
    answer = caller.get(PENDING, provisioning_provider_identifier=value)

    assert answer.code == f"{EXCEPTION}ENTITYNOTFOUNDEXCEPTION"


@pytest.mark.parametrize("field", ["id", "name", "code", "alternative_code"])
def test_small_things_go_by_several_names(caller: Caller, field: str) -> None:
    types = [row["product_type"] for row in caller.books.rows("products").values()]
    named = {kind["name"]: kind for kind in types}["MAINTENANCE PLAN"]
    value = named["code" if field == "alternative_code" else field]

    rows = caller.get("products/list", type_identifier=f"{field}={value}").data

    assert {row["product_type"]["name"] for row in rows} == {"MAINTENANCE PLAN"}


@pytest.mark.parametrize(("equals", "code"), [("literal", "INVALIDIDENTIFIER"), ("any", "OK")])
def test_the_second_equals_sign_is_literal(equals: str, code: str) -> None:
    with site(equals=equals) as caller:
        asked = query(token=caller.token, provisioning_provider_identifier=PORTAL)
        assert "%3D" in asked
        assert code in caller.ask(f"{BASE}{PENDING}?{asked}").code
        assert caller.get(PENDING, provisioning_provider_identifier=PORTAL).code == "OK"


def test_an_unknown_parameter_called_token_something_is_not_about_the_session() -> None:
    with site() as caller:
        answer = caller.get(DRAFT, token_type="bearer")
        assert answer.code == f"{EXCEPTION}INVALIDPARAMETEREXCEPTION"
        assert answer.said == "Invalid parameter token_type"
        assert caller.get(DRAFT).code == "OK"
    with site(unknown_parameters="ignore") as caller:
        assert caller.get(DRAFT, token_type="bearer").code == "OK"


def test_fields_can_be_chosen(caller: Caller) -> None:
    rows = caller.get(COMPLETED, fields_set="number, life_cycle_state,nothing").data
    by_kind = {"classification_identifier": {"name": "SPARE PARTS"}}

    assert {tuple(row) for row in rows} == {("number", "life_cycle_state")}
    for wanted in ("id", ["id"]):
        assert set(caller.post(PURCHASES, **by_kind, fields_set=wanted).data[0]) == {"id"}
    assert len(caller.get(COMPLETED, fields_set="").data[0]) > 10


def test_pages_hold_fifty_rows_at_most(caller: Caller) -> None:
    whole = caller.everything(COMPLETED)
    assert len(whole) > 50

    assert caller.get(COMPLETED).data == whole[:50]
    assert caller.get(COMPLETED, number_of_results=500, offset=3).data == whole[3:53]
    assert caller.get(COMPLETED, number_of_results=7, offset=45).data == whole[45:52]
    assert caller.get(COMPLETED, number_of_results=50, offset=len(whole)).data == []
    assert set(caller.get(COMPLETED).json()) == {"status", "data"}, "no total anywhere"


@pytest.mark.parametrize("asked", [{"number_of_results": "-1"}, {"offset": "many"}])
def test_paging_is_by_numbers(caller: Caller, asked: dict[str, object]) -> None:
    assert caller.get(COMPLETED, **asked).code == f"{EXCEPTION}INVALIDPARAMETEREXCEPTION"


def test_a_site_may_refuse_more_than_fifty() -> None:
    with site(over_fifty="refuse") as caller:
        assert caller.get(COMPLETED, number_of_results=51).code != "OK"
        assert caller.get(COMPLETED, number_of_results=50).code == "OK"


def test_some_methods_do_not_page() -> None:
    with site(accounts=150, ignores_paging=f"{COMPLETED}+{PENDING}") as caller:
        whole = caller.get(COMPLETED, number_of_results=5, offset=10).data
        assert len(whole) > 50
        assert whole == caller.get(COMPLETED, number_of_results=5, offset=500).data
        assert len(caller.get("activities/get_cancelled", number_of_results=5).data) == 5


@pytest.mark.parametrize("name", [COMPLETED, "leads/list"])
def test_the_rows_of_a_list_may_be_held_by_an_object(name: str) -> None:
    filters = {"category_identifier": "name=RENOVATION"} if name == "leads/list" else {}
    with site(list_data="object") as caller, site() as plain:
        ((held, rows),) = caller.get(name, **filters).data.items()
        assert rows == plain.get(name, **filters).data
        assert name.startswith(held)
        assert rows != []


def _together(sandbox: RunningSandbox, token: str, count: int) -> list[int]:
    """The statuses of so many calls that are made at the same time."""

    def call(_number: int) -> int:
        with calling(sandbox, logged_in=False) as caller:
            caller.token = token
            answer = caller.get(DRAFT)
            assert answer.status == 200 or answer.body == b""
            return answer.status

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def test_no_more_than_so_many_at_once() -> None:
    with site(at_once=3, latency_ms=300) as caller:
        statuses = _together(caller.sandbox, caller.token, 8)
        journal = caller.journal()[-8:]
        assert caller.get(DRAFT).status == 200

    assert statuses.count(429) == 5
    assert [entry["status"] == 429 for entry in journal] == [e["in_flight"] > 3 for e in journal]
    assert all(entry["seconds"] >= 0.3 for entry in journal if entry["status"] == 200)


def test_otherwise_any_number_is_served_together() -> None:
    with site(latency_ms=300) as caller:
        statuses = _together(caller.sandbox, caller.token, 8)
        in_flight = [entry["in_flight"] for entry in caller.journal()[-8:]]

    assert statuses == [200] * 8
    assert in_flight == list(range(1, 9))


def test_a_token_is_never_noted(caller: Caller) -> None:
    caller.get("invoices/list", accounts_receivable_identifier="number=ACR0000000001")
    caller.post(PURCHASES)

    noted = json.dumps(caller.journal())
    assert caller.token not in noted
    assert "accounts_receivable_identifier=number=ACR0000000001" in noted


SHARED = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
PARAMETERS = (
    *("fields_set", "offset", "number_of_results", "submitted_after_date"),
    *("submitted_before_date", "classification_identifier", "token_type"),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(name=st.sampled_from(PARAMETERS), value=ANYTHING)
@example(name="offset", value=float("inf"))
@example(name="submitted_after_date", value="0001-01-01")
@example(name="submitted_before_date", value="9999-12-31T23:59:59")
@SHARED
def test_whatever_is_posted_is_answered_in_an_envelope(
    caller: Caller, name: str, value: object
) -> None:
    asked = {"classification_identifier": {"name": "SPARE PARTS"}, name: value}

    answer = caller.post(PURCHASES, **asked)

    assert answer.status == 200
    assert answer.code == "OK" or answer.code.startswith(EXCEPTION)


@given(body=st.binary(max_size=30) | st.sampled_from([b"[]", b"null", b"[" * 100_000, b"{"]))
@SHARED
def test_a_body_that_is_no_object_is_refused(caller: Caller, body: bytes) -> None:
    answer = caller.ask(BASE + PURCHASES, method="POST", body=body)

    assert answer.status == 200
    assert answer.code.startswith(EXCEPTION)


PRINTABLE = st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#")


@given(text=st.text(PRINTABLE, max_size=40))
@SHARED
def test_whatever_is_asked_is_answered_in_an_envelope(caller: Caller, text: str) -> None:
    where = f"{BASE}leads/list?token={caller.token}"

    for rest in (text, f"category_identifier={text}", f"importance=IMPORTANCE1&offset={text}"):
        answer = caller.ask(f"{where}&{rest}")
        assert answer.status == 200
        assert answer.code == "OK" or answer.code.startswith(EXCEPTION)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"order": "best"}, "crm_com.order is 'best'"),
        ({"timezone": "Mars/Olympus"}, "there is no such zone"),
        ({"ignores_paging": "orders/list"}, "no .'orders/list'."),
        ({"colour": "red"}, "crm_com has no option 'colour'"),
    ],
    ids=["order", "timezone", "ignores_paging", "unknown"],
)
def test_it_refuses_what_it_cannot_play(options: dict[str, object], reason: str) -> None:
    with (
        pytest.raises(SandboxFailedError, match=reason),
        running_sandbox(rows=0, options={VENDOR: options}),
    ):
        pass
