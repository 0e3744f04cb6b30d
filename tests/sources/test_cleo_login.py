"""A token is asked for with a form, renewed before its end and by a 401, and never shown."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources._http.client import Client
from sources._http.errors import Drifted, Misconfigured, PenstockError, Refused
from sources.cleo.login import lifetime
from sources.cleo.settings import CleoSettings
from tests.sources.cleo_loopback import PASSWORD, Mailbox, client_of, folder, jwt, settings_of
from tests.sources.http_loopback import Server, reply

NOW = datetime(2024, 5, 31, 12)


class Clock:
    """Now; tests turn it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def talk(mailbox: Mailbox, what: Callable[[Client, Clock], Awaitable[Any]], **said: Any) -> Any:
    """What comes of talking to a mailbox; an error is handed back."""

    async def go() -> Any:
        clock = Clock()
        async with Server(mailbox) as server:
            client = client_of(settings_of(server, **said), clock=clock)
            async with client:
                try:
                    return await what(client, clock)
                except PenstockError as error:
                    return error

    mailbox.lists.setdefault("", [folder("home")])
    return asyncio.run(go())


async def _ask(client: Client, _clock: Clock) -> object:
    return (await client.get("folders", params={"startIndex": 0, "count": 9})).status


def test_the_form_is_that_of_the_document() -> None:
    mailbox = Mailbox()
    assert talk(mailbox, _ask) == 200
    form = {"grant_type": ["password"], "username": ["us & them"], "password": [PASSWORD]}
    assert mailbox.forms == [form]


def test_one_login_for_many_requests_at_once() -> None:
    async def many(client: Client, _: Clock) -> object:
        return await asyncio.gather(*(_ask(client, _) for _ in [Clock()] * 8))

    mailbox = Mailbox(valid=5)
    assert talk(mailbox, many) == [200] * 8
    assert len(mailbox.forms) == 2


@pytest.mark.parametrize(
    ("said", "logins"),
    [
        ({"expires_in": 7200}, 2),
        ({"access_token": jwt(iat=1_000, exp=1_000 + 7200)}, 2),
        ({"access_token": jwt(iat=1_000)}, 1),
        ({}, 1),
    ],
    ids=["expires_in", "jwt", "a jwt without an end", "an opaque token"],
)
def test_a_token_is_renewed_before_its_end(said: dict[str, object], logins: int) -> None:
    async def later(client: Client, clock: Clock) -> int:
        await _ask(client, clock)
        clock.now += timedelta(minutes=100)
        await _ask(client, clock)
        assert len(mailbox.forms) == 1
        clock.now += timedelta(minutes=19)
        await _ask(client, clock)
        return len(mailbox.forms)

    mailbox = Mailbox(said=said)
    assert talk(mailbox, later) == logins


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refused_login_says_what_to_check(status: int) -> None:
    mailbox = Mailbox(login=reply(status, b'{"message": "no"}'))
    error = talk(mailbox, _ask)
    assert isinstance(error, Refused)
    assert "check username, password and tenant or base_url" in str(error)
    assert len(mailbox.forms) == 1


@pytest.mark.parametrize(
    "body", [b"[1]", b'{"token": "x"}', b'{"access_token": 7}', b'{"access_token": " "}']
)
def test_an_answer_without_a_token_is_drift(body: bytes) -> None:
    assert isinstance(talk(Mailbox(login=reply(body=body)), _ask), Drifted)


def test_nothing_secret_is_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    mailbox = Mailbox(login=reply(401, f'{{"message": "no {PASSWORD}"}}'.encode()))
    said = str(talk(mailbox, _ask)) + caplog.text
    assert PASSWORD not in said
    mailbox = Mailbox(valid=1)
    assert talk(mailbox, _ask) == 200
    assert "token-1" not in caplog.text


@given(
    st.dictionaries(
        st.sampled_from(["expires_in", "access_token"]),
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just(jwt(exp="x"))
        ),
    )
)
def test_whatever_an_answer_says_a_lifetime_is_one_or_none(said: dict[str, object]) -> None:
    found = lifetime(said)
    assert found is None or found > timedelta(0)


@pytest.mark.parametrize(
    ("said", "objection"),
    [
        ({"base_url": None}, "say one of the two"),
        ({"tenant": "acme"}, "say one of the two"),
        ({"base_url": None, "tenant": "acme.example/"}, "tenant is"),
        ({"upload_path": "../x"}, "upload_path is"),
        ({"page_size": 0}, "page_size is 0"),
        ({"concurrency": 99}, "concurrency is 99"),
        ({"download_folder": " "}, "download_folder is blank"),
        ({"max_file_bytes": 0}, "max_file_bytes is 0"),
    ],
)
def test_settings_that_cannot_be_used_are_named(said: dict[str, Any], objection: str) -> None:
    settings = CleoSettings()
    settings.base_url = "https://acme.cleointegration.com"
    for name, value in said.items():
        setattr(settings, name, value)
    with pytest.raises(Misconfigured, match=objection):
        settings.on_resolved()


@pytest.mark.parametrize(
    ("base", "tenant"),
    [
        (None, "acme"),
        ("https://acme.cleointegration.com/", None),
        ("https://acme.cleointegration.com/api", None),
    ],
)
def test_the_address(base: str | None, tenant: str | None) -> None:
    settings = CleoSettings()
    settings.base_url, settings.tenant = base, tenant
    assert settings.wire().base_url == "https://acme.cleointegration.com/api"


def test_a_login_whose_answer_is_lost_is_tried_again() -> None:
    mailbox = Mailbox(said={"access_token": "one"}, login=None)
    broken = [True]

    def script(request: Any) -> Any:
        if broken and "authentication" in request.target:
            broken.clear()
            return reply(503)
        return mailbox(request)

    async def go() -> int:
        async with (
            Server(script) as server,
            client_of(settings_of(server), clock=Clock()) as client,
        ):
            return int(str(await _ask(client, Clock())))

    mailbox.lists[""] = []
    assert asyncio.run(go()) == 200
