"""What logins, envelopes and lists of each vendor say at the edges of what can be said."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest

from sources._http.auth import LONGEST_TOKEN
from sources._http.errors import Drifted
from sources._reading.paged import read_rows
from sources._tables import slices
from sources.carecloud.saying import read_list
from sources.cleo import folders
from sources.cleo.folders import Folders
from sources.cleo.login import BearerLogin, lifetime
from sources.crm_com.envelope import judge, rows_of
from sources.crm_com.identifier import account_of
from sources.crm_com.news import News
from tests.sources.bad_readers import (
    AT,
    MAILBOX,
    RESOURCE,
    Standing,
    answer_of,
    logins,
)

YEAR = timedelta(days=366)


def jwt(claims: str) -> str:
    return f"h.{urlsafe_b64encode(claims.encode()).decode().rstrip('=')}.s"


@pytest.mark.parametrize(
    ("said", "lasts"),
    [
        ({"expires_in": 3600}, timedelta(hours=1)),
        ({"expires_in": 10**13}, YEAR),
        ({"expires_in": 10**400}, None),
        ({"expires_in": float("inf")}, YEAR),
        ({"expires_in": float("nan")}, None),
        ({"expires_in": -5}, None),
        ({"expires_in": "3600"}, timedelta(hours=1)),
        ({"expires_in": "9" * 5_000}, YEAR),
        ({"expires_in": [1]}, None),
        ({"access_token": jwt('{"iat": 1, "exp": 1e308}')}, YEAR),
        ({"access_token": jwt('{"iat": 1.5, "exp": 1' + "0" * 400 + "}")}, None),
        ({"access_token": jwt('{"iat": 1, "exp": NaN}')}, None),
        ({"access_token": jwt("[" * 5_000)}, None),
        ({"access_token": jwt('{"iat": 1' + "0" * 5_000 + ', "exp": 1}')}, None),
        ({"access_token": "..é"}, None),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else "",
)
def test_a_token_lasts_a_year_at_most(said: dict[str, Any], lasts: timedelta | None) -> None:
    assert lifetime(said) == lasts


def test_a_token_that_lasts_for_ever_is_used() -> None:
    body = json.dumps({"access_token": "t0ken", "expires_in": 10**13}).encode()
    standing: Any = Standing(body)
    login = BearerLogin(MAILBOX, lambda **_: standing, lambda: AT)
    assert asyncio.run(login.headers()) == {"Authorization": "Bearer t0ken"}


TOKENS = ["\ud800", "two\nlines", "x" * (LONGEST_TOKEN + 1), "", 7, None, ["t"], {"t": 1}, "\x00"]


@pytest.mark.parametrize("token", TOKENS, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("place", range(5), ids=["cleo", "cimcloud", "user", "customer", "crm_com"])
def test_a_token_that_cannot_be_sent_is_drift(token: object, place: int) -> None:
    said = {"access_token": token, "token": token, "bearer_token": token, "token_id": token}
    said["customer_id"] = "8ea2"
    body = json.dumps({**said, "status": {"code": "OK"}, "data": said}).encode()
    login = list(logins(body))[place]
    with pytest.raises(Drifted):
        asyncio.run(login.headers())


@pytest.mark.parametrize("customer", ["\ud800", "x" * 20_000, [1], {"a": 1}, None, ""])
def test_a_customer_that_no_path_can_hold_is_drift(customer: object) -> None:
    body = json.dumps({"data": {"token_id": "t", "customer_id": customer}}).encode()
    with pytest.raises(Drifted):
        asyncio.run(list(logins(body))[3].headers())


@pytest.mark.parametrize("refresh", ["\ud800", "x" * 100_000, 7], ids=["half", "long", "number"])
def test_a_refresh_token_that_cannot_be_sent_is_not_kept(refresh: object) -> None:
    """Half a surrogate pair fails in httpx, as it encodes a body."""
    body = json.dumps({"token": "t", "refresh_token": refresh}).encode()
    login: Any = list(logins(body))[1]
    asyncio.run(login.headers())
    assert login._refresh_token == ""


@pytest.mark.parametrize(
    ("total", "known"),
    [
        ("2", 2),
        ('"2"', 2),
        ("1" + "0" * 5_000, None),
        ('"' + "9" * 5_000 + '"', None),
        ("1" + "0" * 15, None),
        ("-1", None),
        ("true", None),
        ("1e400", None),
        ("NaN", None),
        ('"²"', None),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_total_is_a_number_of_rows_or_none(total: str, known: int | None) -> None:
    body = f'{{"data": {{"customers": [{{"customer_id": "a"}}], "total_items": {total}}}}}'
    listed = read_list(answer_of(body.encode()), RESOURCE)
    assert (listed.total, len(listed.rows)) == (known, 1)


LONG = "1" + "0" * 5_000
DEEP = '{"a":' * 3_000 + "1" + "}" * 3_000


@pytest.mark.parametrize("bad", [LONG, DEEP], ids=["long", "deep"])
def test_one_bad_value_does_not_hide_the_other_rows(bad: str) -> None:
    rows = f'[{{"id": "a", "customer_id": "a"}}, {{"id": "b", "customer_id": "b", "x": {bad}}}]'
    listed = read_list(answer_of(f'{{"data": {{"customers": {rows}}}}}'.encode()), RESOURCE)
    assert [row and row["customer_id"] for row in listed.rows] == ["a", "b"]
    held = answer_of(f'{{"status": {{"code": "OK"}}, "data": {rows}}}'.encode())
    assert judge(held) is None
    assert [row and row["id"] for row in rows_of(held, "jobs")[0]] == ["a", "b"]
    entries = f'{{"totalResults": 2, "resources": {rows}}}'.encode()
    assert [entry["id"] for entry in listing(entries)] == ["a", "b"]


@pytest.mark.parametrize(
    "bad", [LONG, DEEP, "9" * 20, '"\\ud800"'], ids=["long", "deep", "20", "half"]
)
def test_one_bad_row_does_not_hide_the_others_of_a_paged_list(bad: str) -> None:
    found = read_rows(answer_of(f'[{{"id": "a"}}, {{"id": "b", "x": {bad}}}]'.encode()), "orders")
    assert len(found) == 2
    assert found[0] == {"id": "a"}


def listing(body: bytes) -> list[dict[str, Any]]:
    async def go() -> list[dict[str, Any]]:
        client: Any = Standing(body)
        return [
            entry
            async for listed in Folders(client, MAILBOX).listed("folders")
            for entry in listed.entries
        ]

    return asyncio.run(go())


def test_a_folder_that_never_ends_is_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_MOST_ENTRIES", 99)  # of a million
    entries = [{"id": f"f{n}", "type": "file"} for n in range(100)]
    with pytest.raises(Drifted, match="more than 99 entries"):
        listing(json.dumps({"resources": entries}).encode())


@pytest.mark.parametrize("name", ["x" * 2_000, "\ud800", "..", ""], ids=lambda name: repr(name)[:9])
def test_a_file_of_an_id_that_no_path_can_hold_has_none(name: str) -> None:
    assert folders.id_of({"id": name}) is None


def test_what_cannot_be_asked_for_names_no_account() -> None:
    for value in ("\ud800", "x" * 500, "a\nb", "", 7, None):
        assert account_of({"accounts_receivable": {"id": value}}) is None
    assert account_of({"accounts_receivable": {"id": "\ud800", "number": "7"}}) is not None


@pytest.mark.parametrize("year", ["0001", "9999", "1899", "2200"])
def test_a_change_in_a_year_that_cannot_be_reckoned_with_is_none(year: str) -> None:
    news = News()
    row = {"id": "A", "log_information": {"updated_date": f"{year}-01-01T00:00:00"}}
    news.add(row)
    assert news.has(row)
    assert news.latest == ""
    news.add({"id": "B", "log_information": {"updated_date": "2024-01-08T10:00:00"}})
    assert news.latest == "2024-01-08T10:00:00"


def test_words_of_megabytes_are_judged_by_their_beginning() -> None:
    for words in ("the " * 2_000_000, "invalid " + "the " * 2_000_000, ":" + " " * 8_000_000):
        status = {"code": "X" * 1_000_000, "message": words}
        found = judge(answer_of(json.dumps({"status": status}).encode()))
        assert found is not None
        assert len(found.said) < 31_000


def test_python_reads_what_it_can_of_a_body() -> None:
    deep = "[" * 5_000 + "]" * 5_000
    read = slices.as_python(f'\ufeff{{"a": {deep}, "b": {LONG}, "c": 5}}'.encode())
    assert (read["b"], read["c"]) == (LONG, 5)
    assert slices.as_python(b'"\xff"') == "\ufffd"
    for body in (b"", b"[" * 5_000, b"{]", b"[1,]", b'{"a":' * 5_000):
        with pytest.raises(ValueError):
            slices.as_python(body)
