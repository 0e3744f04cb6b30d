"""What must not be told of an answer is in no message, log record or traceback.

Over real HTTP: the answers that the client itself puts into words, and what breaks on the way.
"""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from sources._http.answer import Answer
from sources._http.client import Client
from sources._http.errors import PenstockError
from sources._http.judgement import Judge, Judgement, Kind
from sources._http.redact import Redactor
from sources._tables.withhold import IDENTITIES, untold
from sources._vendor import Means
from sources.carecloud import login as carecloud
from sources.carecloud.saying import refusal
from sources.cimcloud import login as cimcloud
from sources.cimcloud.settings import CimcloudSettings
from sources.crm_com import login as crm_com
from sources.crm_com.settings import CrmComSettings
from tests.sources import carecloud_project
from tests.sources.http_loopback import Reply, Request, Server, quick, reply

NUMBERS = {
    "id_number": "X1234567",
    "passport_number": "P998877",
    "social_security_number": "123-45",
}
WHOSE = json.dumps({"demographics": NUMBERS, "name": "Ann", "reason": "no such place"}).encode()
TOLD = "; ".join(f"{name} {value} is taken" for name, value in NUMBERS.items())
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def judged(kind: Kind) -> Judge:
    return lambda answer: Judgement(kind, answer.body.decode())


ANSWERS: dict[str, tuple[Reply, Judge | None]] = {
    "a cut 200": (reply(200, WHOSE[:-30]), None),
    "a 200 of a bare value": (reply(200, b'X1234567 "P998877" 123-45'), None),
    "a 500 with a body": (reply(500, WHOSE), None),
    "a 500 cut": (reply(500, WHOSE[:60]), None),
    "a 400 in words": (reply(400, TOLD.encode()), None),
    "a 403 with a body": (reply(403, WHOSE), None),
    "a 302 with a body": (reply(302, WHOSE), None),
    "an envelope rejects in words": (reply(200, TOLD.encode()), judged(Kind.REJECTED)),
    "an envelope refuses with a body": (reply(200, WHOSE), judged(Kind.REFUSED)),
    "an envelope is busy": (reply(200, WHOSE), judged(Kind.BUSY)),
    "chunks that break in the data": (Reply(CHUNKED + WHOSE + b"\r\n", "close"), None),
    "data for a status line": (Reply(WHOSE + b"\r\n\r\n", "close"), None),
}


def told(ask: Callable[[], Any], caplog: pytest.LogCaptureFixture) -> tuple[PenstockError, str]:
    """The error that asking ends with, and all that was said on the way."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(PenstockError) as caught:
        asyncio.run(ask())
    records = [f"{r.getMessage()} {r.exc_text} {r.__dict__}" for r in caplog.records]
    said = "".join((*traceback.format_exception(caught.value), repr(caught.value), *records))
    return caught.value, said


@pytest.mark.parametrize(("answer", "judge"), ANSWERS.values(), ids=ANSWERS)
def test_no_identity_number_is_told(
    answer: Reply, judge: Judge | None, caplog: pytest.LogCaptureFixture
) -> None:
    async def ask() -> Answer:
        async with (
            Server((answer,)) as server,
            Client(quick(server.url, attempts=2), judge=judge, withholds=untold) as client,
        ):
            return await client.get("contact")

    _, said = told(ask, caplog)
    assert [value for value in NUMBERS.values() if value in said] == []


def test_what_is_no_such_number_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async def ask() -> Answer:
        async with (
            Server((reply(400, WHOSE),)) as server,
            Client(quick(server.url), withholds=untold) as client,
        ):
            return await client.get("contact")

    error, _ = told(ask, caplog)
    assert "no such place" in str(error)


def test_the_names_are_those_of_every_identity_number() -> None:
    assert set(NUMBERS) == IDENTITIES


def crm_com_client(server: Server) -> Client:
    settings = CrmComSettings()
    plain = {"base_url": server.url, "username": "u", "password": "secret", "organisation": "o"}
    for name, value in (plain | {"timezone": "UTC", "attempts": 1}).items():
        setattr(settings, name, value)
    settings.on_resolved()
    return crm_com.open_client(settings, _means())


def carecloud_client(server: Server) -> Client:
    return carecloud.open_client(carecloud_project.settings_of(server.url, attempts=1), _means())


def cimcloud_client(server: Server) -> Client:
    settings = CimcloudSettings()
    plain = {"base_url": server.url, "auth_type": "basic", "auth_user_name": "u", "site": "acme"}
    for name, value in (
        plain | {"auth_password": "secret", "auth_key": "k", "attempts": 1}
    ).items():
        setattr(settings, name, value)
    settings.on_resolved()
    return cimcloud.open_client(settings, _means())


def _means() -> Means:
    return Means(connection="c", redactor=Redactor(), clock=lambda: carecloud_project.NOW)


LOGINS = {
    "authentication": {"status": {"code": "OK"}, "data": {"token": "tok-123456"}},
    "users/actions/login": {"data": {"bearer_token": "tok-123456"}},
}
CLIENTS = {"crm_com": crm_com_client, "carecloud": carecloud_client, "cimcloud": cimcloud_client}
SAID: dict[str, Reply] = {
    "a cut 200": reply(200, WHOSE[:-30]),
    "a 500 with a body": reply(500, WHOSE),
    "an envelope's message": reply(
        400,
        json.dumps(
            {
                "status": {"code": "COM.CRM.EXCEPTION.DUPLICATE", "message": TOLD},
                "error": {"type": "invalid", "detail": TOLD},
                "data": NUMBERS,
            }
        ).encode(),
    ),
}


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
@pytest.mark.parametrize("client_to", CLIENTS.values(), ids=CLIENTS)
def test_no_vendors_client_tells_one(
    client_to: Callable[[Server], Client], said: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    def script(request: Request) -> Reply:
        logins = (held for at, held in LOGINS.items() if at in request.target)
        login = next(logins, None)
        return said if login is None else reply(200, json.dumps(login).encode())

    async def ask() -> Answer:
        async with Server(script) as server, client_to(server) as client:
            answer = await client.get("contact", tolerate=(400,))
            raise refusal(client, answer)

    error, all_said = told(ask, caplog)
    assert "contact" in str(error)
    assert [value for value in NUMBERS.values() if value in all_said] == []
