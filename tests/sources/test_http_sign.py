"""Credentials in a query or a body: sent where they belong, and shown nowhere."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sources._http.answer import Answer
from sources._http.client import Client
from sources._http.errors import Misconfigured, PenstockError, Refused, Retryable
from sources._http.redact import Redactor
from sources._http.sign import Sign, signed
from tests.sources.http_loopback import LOST, SILENT, Reply, Request, Server, quick, reply


@dataclass
class Login:
    """Gives out its tokens in turn; nothing of their shape tells that they are secret."""

    tokens: tuple[str, ...] = ("Zug um Zug/1?&=", "Zug um Zug/2?&=")
    logins: int = 0

    async def headers(self) -> Mapping[str, str]:
        return {"t": self.tokens[min(self.logins, len(self.tokens) - 1)]}

    async def renew(self, stale: Mapping[str, str]) -> None:
        self.logins += 1


def anew(request: httpx.Request, credentials: Mapping[str, str]) -> httpx.Request:
    """As a vendor may write it: a new request, made of the old one's parts."""
    if request.method == "GET":
        url = request.url.copy_merge_params(dict(credentials))
        return httpx.Request("GET", url, headers=request.headers)
    body = json.loads(request.content) | credentials
    return httpx.Request(request.method, request.url, headers=request.headers, json=body)


def in_place(request: httpx.Request, credentials: Mapping[str, str]) -> httpx.Request:
    """As another may: it changes what it was given, and adds to what is there."""
    if request.method == "GET":
        for name, value in credentials.items():
            request.url = request.url.copy_add_param(name, value)
        return request
    body = json.loads(request.content)
    body.setdefault("t", []).append(credentials["t"])
    return httpx.Request(request.method, request.url, headers=request.headers, json=body)


SIGNS = pytest.mark.parametrize("sign", [anew, in_place])


def talk(
    *replies: Reply,
    sign: Sign,
    ask: Callable[[Client], Any],
    login: Login | None = None,
    **settings: Any,
) -> tuple[Answer | PenstockError, list[Request]]:
    """What comes of a question to a vendor who answers that, and what was sent."""

    async def go() -> tuple[Answer | PenstockError, list[Request]]:
        async with (
            Server(replies) as server,
            Client(quick(server.url, **settings), auth=login or Login(), sign=sign) as client,
        ):
            try:
                return await ask(client), server.requests
            except PenstockError as error:
                return error, server.requests

    return asyncio.run(go())


def get(client: Client) -> Any:
    return client.get("list", params={"email_identifier": "email=a b@c", "t": "x"})


def post(client: Client) -> Any:
    return client.post("list", json={"number": "é1"}, repeatable=True, expects="json")


def query(request: Request) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(request.target).query)


class TestSent:
    def test_a_get_carries_them_in_its_query(self) -> None:
        answer, (request,) = talk(reply(), sign=in_place, ask=get)
        assert query(request) == [
            ("email_identifier", "email=a b@c"),
            ("t", "x"),
            ("t", "Zug um Zug/1?&="),
        ]
        assert "t" not in request.headers
        assert isinstance(answer, Answer)
        assert answer.url.endswith("/list?email_identifier=email%3Da+b%40c&t=x")

    def test_a_post_carries_them_in_its_body(self) -> None:
        answer, (request,) = talk(reply(), sign=anew, ask=post)
        assert json.loads(request.body) == {"number": "é1", "t": "Zug um Zug/1?&="}
        assert request.headers["content-length"] == str(len(request.body))
        assert request.headers["content-type"] == "application/json"
        assert request.headers["accept"] == "application/json"
        assert isinstance(answer, Answer)
        assert answer.url.endswith("/list")

    def test_a_post_may_carry_them_in_its_query(self) -> None:
        def sign(request: httpx.Request, credentials: Mapping[str, str]) -> httpx.Request:
            request.url = request.url.copy_merge_params(dict(credentials))
            return request

        _, (request,) = talk(reply(), sign=sign, ask=post)
        assert query(request) == [("t", "Zug um Zug/1?&=")]
        assert json.loads(request.body) == {"number": "é1"}

    @SIGNS
    @pytest.mark.parametrize("ask", [get, post])
    def test_another_try_carries_them_once(self, sign: Sign, ask: Callable[[Client], Any]) -> None:
        _, requests = talk(reply(500), LOST, reply(), sign=sign, ask=ask)
        assert len(requests) == 3
        assert len({(request.target, request.body) for request in requests}) == 1

    @SIGNS
    @pytest.mark.parametrize("ask", [get, post])
    def test_a_repeat_carries_the_new_ones_alone(
        self, sign: Sign, ask: Callable[[Client], Any]
    ) -> None:
        _, requests = talk(reply(401), reply(), sign=sign, ask=ask)
        first, second = (
            quote(request.target, safe="%") + request.body.decode() for request in requests
        )
        old, new = ("%2F1", "%2F2") if ask is get else ("/1", "/2")
        assert old in first
        assert old not in second
        assert second.count(new) == 1

    def test_a_request_for_which_there_are_none_goes_as_it_is(self) -> None:
        class Nobody(Login):
            async def headers(self) -> Mapping[str, str]:
                return {}

        _, (request,) = talk(reply(), sign=anew, ask=get, login=Nobody())
        assert query(request) == [("email_identifier", "email=a b@c"), ("t", "x")]

    def test_timeouts_hold(self) -> None:
        error, _ = talk(SILENT, sign=anew, ask=get, read_seconds=0.1, attempts=1)
        assert isinstance(error, Retryable)
        assert "silent for 0.1 s" in str(error)


class TestPlace:
    @pytest.mark.parametrize(
        "change",
        [{"path": "/elsewhere"}, {"host": "localhost"}, {"port": 9}, {"scheme": "https"}],
        ids=lambda change: next(iter(change)),
    )
    def test_what_would_go_elsewhere_is_not_sent(self, change: dict[str, Any]) -> None:
        def sign(request: httpx.Request, _: Mapping[str, str]) -> httpx.Request:
            request.url = request.url.copy_with(**change)
            return request

        with pytest.raises(ValueError, match="never sent elsewhere"):
            talk(reply(), sign=sign, ask=get)

    def test_a_reading_request_does_not_become_a_writing_one(self) -> None:
        def sign(request: httpx.Request, _: Mapping[str, str]) -> httpx.Request:
            return httpx.Request("DELETE", request.url)

        with pytest.raises(ValueError, match="never sent elsewhere"):
            talk(reply(), sign=sign, ask=get)

    def test_a_forbidden_path_stays_forbidden(self) -> None:
        async def go() -> int:
            async with (
                Server((reply(),)) as server,
                Client(
                    quick(server.url), auth=Login(), sign=anew, forbids=lambda path: f"no {path}"
                ) as client,
            ):
                with pytest.raises(Misconfigured, match="no /list"):
                    await client.get("list")
                return len(server.requests)

        assert asyncio.run(go()) == 0


def echo(request: Request) -> bytes:
    return request.target.encode() + b" " + request.body


ECHOES: dict[str, Callable[[Request], Reply]] = {
    "refused": lambda r: reply(401, echo(r)),
    "rejected": lambda r: reply(404, echo(r)),
    "failed": lambda r: reply(500, echo(r)),
    "html": lambda r: reply(body=b"<p>" + echo(r)),
    "redirect": lambda r: reply(302, headers={"Location": r.target}),
    "lost": lambda _: LOST,
    "gibberish": lambda r: Reply(echo(r) + b"\r\n\r\n", "close"),
}


class TestSecrets:
    @pytest.mark.parametrize("script", ECHOES.values(), ids=ECHOES)
    @pytest.mark.parametrize("ask", [get, post])
    def test_whatever_goes_wrong_they_are_shown_nowhere(
        self,
        script: Callable[[Request], Reply],
        ask: Callable[[Client], Any],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        login = Login(("Geheim/wort1", "Geheim/wort2"))

        async def go() -> PenstockError:
            async with (
                Server(script) as server,
                Client(quick(server.url), auth=login, sign=anew) as client,
            ):
                with pytest.raises(PenstockError) as caught:
                    await ask(client)
                return caught.value

        error = asyncio.run(go())
        assert error.__cause__ is None
        assert error.__context__ is None
        records = [f"{r.getMessage()} {r.exc_text} {r.__dict__}" for r in caplog.records]
        assert any("list" in told for told in records)
        for told in (str(error), repr(error), str(vars(error)), *records):
            assert "wort" not in told

    def test_a_good_answer_shows_none(self) -> None:
        answer, (request,) = talk(reply(), sign=anew, ask=get)
        assert "Zug" in request.target
        assert "Zug" not in f"{answer!r}{vars(answer)}"

    @settings(max_examples=100, deadline=None)
    @given(
        token=st.text(st.characters(codec="utf-8", min_codepoint=33), min_size=4, max_size=40),
        sign=st.sampled_from([anew, in_place]),
    )
    @example(token="a&t=b", sign=anew)
    @example(token="%2F%25", sign=in_place)
    def test_any_token_arrives_as_it_is_and_is_known_for_secret(
        self, token: str, sign: Sign
    ) -> None:
        redactor = Redactor()
        request = httpx.Request("GET", "http://localhost/list", params={"q": "1"})
        out = signed(sign, request, {"t": token}, redactor)
        assert parse_qsl(out.url.query.decode(), keep_blank_values=True, strict_parsing=True) == [
            ("q", "1"),
            ("t", token),
        ]
        assert str(request.url) == "http://localhost/list?q=1"
        if token.strip() == token and "*" not in token:
            for form in (token, quote(token, safe=""), quote_plus(token), json.dumps(token)[1:-1]):
                assert form not in redactor.clean(f"({form})")

    @settings(max_examples=100, deadline=None)
    @given(
        token=st.text(min_size=1).filter(str.isprintable),
        body=st.dictionaries(
            st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))
        ),
    )
    def test_the_length_of_a_body_is_its_length(self, token: str, body: dict[str, str]) -> None:
        request = httpx.Request("POST", "http://localhost/list", json=body)
        out = signed(anew, request, {"t": token}, Redactor())
        assert out.headers["content-length"] == str(len(out.content))
        assert json.loads(out.content) == body | {"t": token}
        assert json.loads(request.content) == body


def test_a_second_refusal_names_the_request_without_them() -> None:
    error, _ = talk(reply(401), sign=anew, ask=get)
    assert isinstance(error, Refused)
    assert "/list?email_identifier=email%3Da+b%40c&t=x answered 401" in str(error)
