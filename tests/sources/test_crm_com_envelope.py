"""What an answer means that always comes with status 200, and where its rows are."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources._http.answer import Answer
from sources._http.errors import Drifted
from sources._http.judgement import Kind
from sources.crm_com.envelope import data_of, judge, one_of, rows_of

STALE = [
    ("COM.CRM.EXCEPTION.INVALIDTOKENEXCEPTION", ""),
    ("COM.CRM.EXCEPTION.SECURITY.TOKEN_EXPIRED", ""),
    ("COM.CRM.EXCEPTION.TOKEN.EXPIRED", ""),
    ("COM.CRM.EXCEPTION.SESSIONTIMEOUTEXCEPTION", ""),
    ("COM.CRM.EXCEPTION.EXPIREDSESSION", ""),
    ("INVALID_ACCESS_TOKEN", ""),
    ("COM.CRM.EXCEPTION", "The token has expired"),
    ("COM.CRM.EXCEPTION", "Token is invalid or has expired."),
    ("COM.CRM.EXCEPTION", "Access denied: the session is no longer valid"),
    ("COM.CRM.EXCEPTION", "The provided token is not valid"),
    ("COM.CRM.EXCEPTION", "Invalid or expired token"),
    ("COM.CRM.EXCEPTION", "Your session timed out, please log in"),
    ("COM.CRM.EXCEPTION", "Login failed. Session expired"),
]
NOT_STALE = [
    ("COM.CRM.EXCEPTION.INVALIDPARAMETEREXCEPTION", "Parameter card_token is invalid"),
    ("COM.CRM.EXCEPTION.INVALID_CARD_TOKEN", ""),
    ("COM.CRM.EXCEPTION.CONTINUATION_TOKEN_EXPIRED", ""),
    ("COM.CRM.EXCEPTION", "invalid continuation_token"),
    ("COM.CRM.EXCEPTION", "Invalid token parameter format"),
    ("COM.CRM.EXCEPTION", "The gift token was not found"),
    ("COM.CRM.EXCEPTION", "Gift token expired"),
    ("COM.CRM.EXCEPTION", "The subscription has expired"),
    ("COM.CRM.EXCEPTION.INVALIDCONTACTEXCEPTION", "Contact is invalid"),
    ("COM.CRM.EXCEPTION.TOKENISATIONERROR", "tokenisation is unknown here"),
    ("ok", ""),
]


def answer(body: object, status: int = 200) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(
        status=status,
        headers={},
        body=raw,
        url="http://crm.example/list",
        received_at=datetime(2024, 1, 8),
        attempts=1,
    )


def envelope(data: object, code: str = "OK", said: str = "") -> dict[str, Any]:
    return {"data": data, "status": {"message": said, "description": None, "code": code}}


@pytest.mark.parametrize(("code", "said"), STALE, ids=lambda text: text[-40:] or "-")
def test_a_token_that_is_over_is_recognised(code: str, said: str) -> None:
    judged = judge(answer(envelope(None, code, said)))
    assert judged is not None
    assert judged.kind is Kind.STALE
    told = judge(answer(envelope(None, said or code, "")))
    assert told is None or told.kind in (Kind.STALE, Kind.REJECTED)


@pytest.mark.parametrize(("code", "said"), NOT_STALE, ids=lambda text: text[-40:] or "-")
def test_another_error_is_the_request_s(code: str, said: str) -> None:
    judged = judge(answer(envelope(None, code, said)))
    assert judged is not None
    assert judged.kind is Kind.REJECTED
    assert code in judged.said
    assert said in judged.said


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (envelope([]), 200, None),
        (envelope([], "OK", "session expired"), 200, None),
        (envelope(None, "COM.CRM.EXCEPTION.BUSY"), 429, None),
        (envelope(None, "TOKEN_EXPIRED"), 503, None),
        (envelope(None, "COM.CRM.EXCEPTION"), 403, Kind.STALE),
        (b"<html>", 401, Kind.STALE),
        (b"<html>", 404, None),
        (envelope(None, "COM.CRM.EXCEPTION"), 404, Kind.REJECTED),
        (b"<html>", 200, None),
        ({"data": []}, 200, None),
        ([], 200, None),
    ],
    ids=str,
)
def test_the_status_counts_where_it_says_more(body: object, status: int, kind: Kind | None) -> None:
    judged = judge(answer(body, status))
    assert (judged.kind if judged else None) is kind


@given(
    st.one_of(
        st.binary(max_size=60),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=12),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["status", "code", "data", "id", "description", "x"]), inner
                )
            ),
            max_leaves=12,
        ).map(lambda held: json.dumps(held).encode()),
    ),
    st.sampled_from([200, 204, 400, 401, 403, 404, 429, 500]),
)
def test_any_body_is_judged_and_read_without_a_bug(body: bytes, status: int) -> None:
    said = answer(body, status)
    judge(said)
    for read in (rows_of, one_of, data_of):
        with suppress(Drifted):
            read(said, "jobs")


@given(st.lists(st.dictionaries(st.text(max_size=5), st.integers(), max_size=3), max_size=5))
def test_rows_are_where_it_is_said(others: list[dict[str, Any]]) -> None:
    rows = [{**other, "id": f"{number:032X}"} for number, other in enumerate(others)]
    for data in (rows, {"total": 3, "set": rows}):
        found, at = rows_of(answer(envelope(data)), "jobs")
        held: Any = envelope(data)
        for name in at:
            held = held[name]
        assert list(found) == held == rows


def test_a_row_that_is_no_unicode_hides_no_other() -> None:
    body = b'{"status": {"code": "OK"}, "data": [{"id": "A1", "name": "\xff"}, {"id": "B2"}]}'
    assert judge(answer(body)) is None
    rows, _ = rows_of(answer(body), "jobs")
    assert [row and row["id"] for row in rows] == ["A1", "B2"]


ONE, TWO = {"id": "A1"}, {"id": "B2"}


@pytest.mark.parametrize(
    ("data", "rows", "at"),
    [
        ([ONE, TWO], (ONE, TWO), ("data",)),
        ([], (), ("data",)),
        (None, (), ("data",)),
        ({"jobs": [ONE]}, (ONE,), ("data", "jobs")),
        ({"count": 7, "jobs": []}, (), ("data", "jobs")),
        ([ONE, 3], (ONE, None), ("data",)),
        ([{"id": "A1", "products_set": [{"id": "x"}]}], None, ("data",)),
    ],
    ids=["array", "empty", "null", "object", "object of none", "no object", "lines"],
)
def test_the_rows_of_a_list(
    data: object, rows: tuple[object, ...] | None, at: tuple[str, ...]
) -> None:
    found, found_at = rows_of(answer(envelope(data)), "jobs")
    assert found_at == at
    assert rows is None or found == rows


@pytest.mark.parametrize(
    ("data", "at", "keys"),
    [
        (
            {"subscriptions_set": [{"number": 1, "provisioning_requests": [ONE, TWO]}]},
            ("data", "subscriptions_set", "*", "provisioning_requests"),
            ["A1+B2"],
        ),
        (
            [{"subscriptions_set": [ONE]}, {"subscriptions_set": [TWO]}],
            ("data", "*", "subscriptions_set"),
            ["A1", "B2"],
        ),
        ({"subscriptions_set": [ONE, TWO]}, ("data", "subscriptions_set"), ["A1", "B2"]),
    ],
    ids=["requests of subscriptions", "groups", "flat"],
)
def test_a_grouped_list_counts_its_groups(
    data: object, at: tuple[str, ...], keys: list[str]
) -> None:
    rows, found_at = rows_of(answer(envelope(data)), "provisioning_requests")
    assert found_at == at
    assert [row and row["id"] for row in rows] == keys


@pytest.mark.parametrize(
    "body",
    [
        envelope({"jobs": [ONE], "others": [TWO]}),
        envelope({}),
        envelope({"count": 3}),
        envelope("none"),
        envelope([{"number": "1"}]),
        envelope([3]),
        {"status": {"code": "OK"}},
        {"data": []},
        [ONE],
        b"[",
    ],
    ids=[
        *("two arrays", "empty object", "no array", "text", "rows without id", "numbers"),
        *("no data", "no status", "bare", "cut"),
    ],
)
def test_what_is_no_list_is_drift(body: object) -> None:
    with pytest.raises(Drifted) as caught:
        rows_of(answer(body), "jobs")
    assert caught.value.table == "jobs"
    assert "http://crm.example/list" in caught.value.message


@pytest.mark.parametrize("data", [[ONE], {}, {"number": "1"}, None], ids=str)
def test_a_show_answers_one_thing(data: object) -> None:
    assert one_of(answer(envelope(ONE)), "jobs") == ONE
    with pytest.raises(Drifted, match=r"where one object belongs|without the required field 'id'"):
        one_of(answer(envelope(data)), "jobs")
