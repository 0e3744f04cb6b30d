"""Credentials that expire are renewed once, whatever is in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from sources._http.answer import Answer
from sources._http.client import Client
from sources._http.errors import PenstockError, Refused, Retryable
from tests.sources.http_loopback import Reply, Request, Server, quick, reply


@dataclass
class Login:
    """Issues numbered tokens; the vendor's side of a login, in memory."""

    token: int = 0
    logins: int = 0
    failure: PenstockError | None = None

    async def headers(self) -> Mapping[str, str]:
        if self.token == 0:
            await self._log_in()
        return {"Authorization": f"Bearer token-number-{self.token}"}

    async def renew(self, stale: Mapping[str, str]) -> None:
        assert stale == await self.headers()
        await self._log_in()

    async def _log_in(self) -> None:
        self.logins += 1
        await asyncio.sleep(0.01)
        if self.failure is not None:
            raise self.failure
        self.token += 1


def accepting(number: int) -> object:
    """A vendor who takes only that token."""

    def script(request: Request) -> Reply:
        good = request.headers["authorization"] == f"Bearer token-number-{number}"
        return reply() if good else reply(401, b"who are you?")

    return script


def ask_many(script: object, login: Login, many: int) -> tuple[list[object], list[Request]]:
    async def go() -> tuple[list[object], list[Request]]:
        assert callable(script)
        async with Server(script) as server, Client(quick(server.url), auth=login) as client:
            asked = [client.get(f"p/{n}") for n in range(many)]
            return await asyncio.gather(*asked, return_exceptions=True), server.requests

    return asyncio.run(go())


def test_one_login_serves_all() -> None:
    login = Login()
    answers, requests = ask_many(accepting(1), login, 10)
    assert all(isinstance(answer, Answer) for answer in answers)
    assert login.logins == 1
    assert len(requests) == 10


def test_one_renewal_serves_all_in_flight() -> None:
    login = Login(token=1)
    answers, requests = ask_many(accepting(2), login, 10)
    assert all(isinstance(answer, Answer) for answer in answers)
    assert login.logins == 1
    assert len(requests) == 20


def test_the_repeat_counts_as_an_attempt() -> None:
    answers, _ = ask_many(accepting(2), Login(token=1), 1)
    assert isinstance(answers[0], Answer)
    assert answers[0].attempts == 2


def test_a_second_401_is_refused() -> None:
    login = Login(token=1)
    answers, requests = ask_many(accepting(0), login, 10)
    assert all(isinstance(answer, Refused) for answer in answers)
    assert login.logins == 1
    assert len(requests) == 20


def test_a_renewal_is_not_repeated_after_another_fault() -> None:
    replies = iter([reply(401), reply(500), reply(401), reply()])
    login = Login(token=1)
    answers, requests = ask_many(lambda _: next(replies), login, 1)
    assert isinstance(answers[0], Refused)
    assert login.logins == 1
    assert len(requests) == 3


def test_a_tolerated_401_renews_nothing() -> None:
    login = Login(token=1)

    async def go() -> int:
        async with Server((reply(401),)) as server, Client(quick(server.url), auth=login) as client:
            return (await client.get("list", tolerate={401})).status

    assert asyncio.run(go()) == 401
    assert login.logins == 0


def test_a_refused_renewal_is_not_tried_again() -> None:
    login = Login(token=1, failure=Refused("the password is wrong"))
    answers, requests = ask_many(accepting(2), login, 10)
    assert {str(answer) for answer in answers} == {"the password is wrong. Next: penstock check"}
    assert len({id(answer) for answer in answers}) == 10
    assert login.logins == 1
    assert len(requests) == 10


def test_a_refused_first_login_is_not_tried_again() -> None:
    login = Login(failure=Refused("the password is wrong"))
    answers, requests = ask_many(accepting(2), login, 10)
    assert all(isinstance(answer, Refused) for answer in answers)
    assert login.logins == 1
    assert requests == []


def test_a_login_that_fails_for_now_is_tried_by_the_next_request() -> None:
    login = Login(failure=Retryable("the login server is down"))
    answers, _ = ask_many(accepting(1), login, 3)
    assert all(isinstance(answer, Retryable) for answer in answers)
    assert login.logins == 3


def test_a_403_renews_nothing() -> None:
    login = Login(token=1)
    answers, _ = ask_many(lambda _: reply(403), login, 1)
    assert isinstance(answers[0], Refused)
    assert login.logins == 0


def test_a_post_that_was_refused_is_sent_again_with_new_credentials() -> None:
    login = Login(token=1)

    async def go() -> tuple[Answer, int]:
        script = accepting(2)
        assert callable(script)
        async with Server(script) as server, Client(quick(server.url), auth=login) as client:
            return await client.post("confirm", json=[1]), len(server.requests)

    answer, requests = asyncio.run(go())
    assert answer.status == 200
    assert requests == 2


def test_issued_tokens_are_redacted() -> None:
    def echo(request: Request) -> Reply:
        return reply(400, request.headers["authorization"].split()[1].encode())

    answers, _ = ask_many(echo, Login(), 1)
    assert "answered 400" in str(answers[0])
    assert "token-number" not in str(answers[0])


def test_without_renewal_a_401_is_refused_at_once() -> None:
    async def go() -> int:
        async with (
            Server((reply(401),)) as server,
            Client(quick(server.url), headers={"ApiToken": "tok-12345"}) as client,
        ):
            with pytest.raises(Refused, match="check the credentials"):
                await client.get("list")
            return len(server.requests)

    assert asyncio.run(go()) == 1
