"""Credentials that end in the middle of a concurrent scan: one login, nothing lost."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sources._http.answer import Answer
from sources._http.client import Client
from sources._http.errors import PenstockError, Refused
from sources._http.judgement import Judgement, Kind
from sources._http.lanes import Lanes
from tests.sources.http_loopback import Reply, Request, Server, json_reply, quick, reply

Where = Literal["header", "query", "body"]
Says = Literal["401", "403", "envelope"]

PAGES = 100
IN_FLIGHT = 8
HELD = range(57, 57 + IN_FLIGHT)
"""Pages that are all in flight when the token ends; the 61st is among them."""
EXPIRED = {"code": "COM.EXPIRED", "data": None}


@dataclass
class Vendor:
    """Its first token ends when the held pages are all here; the last of them is slow to say so."""

    where: Where
    says: Says
    knows_itself: bool = True
    token: str = ""
    logins: int = 0
    came: Counter[int] = field(default_factory=Counter)
    stale: list[int] = field(default_factory=list)
    all_came: asyncio.Event = field(default_factory=asyncio.Event)
    renewed: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, request: Request) -> Reply:
        path = urlsplit(request.target).path
        if path == "/login":
            return await self.log_in()
        page = int(path.rpartition("/")[2])
        self.came[page] += 1
        if page in HELD and self.came[page] == 1:
            await self.hold(page)
        if self.shown(request) != [self.token]:
            self.stale.append(page)
            return {"401": reply(401), "403": reply(403)}.get(self.says, json_reply(EXPIRED))
        return json_reply({"code": "OK", "data": page})

    async def hold(self, page: int) -> None:
        if all(self.came[held] for held in HELD):
            self.token = "over"
            self.all_came.set()
        await self.all_came.wait()
        if page == HELD[-1]:
            await self.renewed.wait()

    async def log_in(self) -> Reply:
        self.logins += 1
        await asyncio.sleep(0.02)
        given = f"token-number-{self.logins}"
        if self.logins == 1 or self.knows_itself:
            self.token = given
        if self.logins > 1:
            self.renewed.set()
        return json_reply({"token": given})

    def shown(self, request: Request) -> list[str]:
        """Every token on the request, wherever it is."""
        found = parse_qs(urlsplit(request.target).query).get("token", [])
        found += [request.headers["t"]] if "t" in request.headers else []
        body = json.loads(request.body or b"{}")
        return found + ([body["token"]] if "token" in body else [])


class Login:
    """Logs in through a client of its own."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._token = ""

    async def headers(self) -> Mapping[str, str]:
        if not self._token:
            await self.renew({})
        return {self._name: self._token}

    async def renew(self, stale: Mapping[str, str]) -> None:
        async with Client(quick(self._url)) as client:
            answer = await client.post("login", json={}, repeatable=True)
        self._token = json.loads(answer.body)["token"]


def sign(request: httpx.Request, credentials: Mapping[str, str]) -> httpx.Request:
    if request.method == "GET":
        request.url = request.url.copy_merge_params(dict(credentials))
        return request
    body = json.loads(request.content) | credentials
    return httpx.Request("POST", request.url, headers=request.headers, json=body)


def judge(answer: Answer) -> Judgement | None:
    if answer.status == 403:
        return Judgement(Kind.STALE, "who are you?")
    if answer.status == 200 and json.loads(answer.body)["code"] != "OK":
        return Judgement(Kind.STALE, json.loads(answer.body)["code"])
    return None


def scan(vendor: Vendor) -> list[Answer | BaseException]:
    async def go() -> list[Answer | BaseException]:
        async with Server(vendor) as server:
            login = Login(server.url, "t" if vendor.where == "header" else "token")
            lanes = Lanes(IN_FLIGHT, start=IN_FLIGHT)
            async with Client(
                quick(server.url),
                auth=login,
                sign=None if vendor.where == "header" else sign,
                judge=judge,
                lanes=lanes,
            ) as client:
                if vendor.where == "body":
                    asked = [
                        client.post(f"p/{page}", json={}, expects="json", repeatable=True)
                        for page in range(PAGES)
                    ]
                else:
                    asked = [client.get(f"p/{page}") for page in range(PAGES)]
                return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(go())


@pytest.mark.parametrize("where", ["header", "query", "body"])
@pytest.mark.parametrize("says", ["401", "403", "envelope"])
def test_one_login_serves_all_in_flight_and_nothing_is_lost(where: Where, says: Says) -> None:
    vendor = Vendor(where, says)
    answers = scan(vendor)
    assert [json.loads(a.body)["data"] for a in answers if isinstance(a, Answer)] == list(
        range(PAGES)
    )
    assert vendor.logins == 2  # the scan's first, and one more
    assert sorted(vendor.stale) == list(HELD)
    assert vendor.came == {page: 2 if page in HELD else 1 for page in range(PAGES)}


@pytest.mark.parametrize("where", ["header", "query", "body"])
@pytest.mark.parametrize("says", ["401", "403", "envelope"])
def test_a_vendor_that_does_not_take_its_own_token_is_asked_twice_and_no_more(
    where: Where, says: Says
) -> None:
    vendor = Vendor(where, says, knows_itself=False)
    answers = scan(vendor)
    served = range(HELD[0])
    assert all(isinstance(answers[page], Answer) for page in served)
    for page in range(HELD[0], PAGES):
        error = answers[page]
        assert isinstance(error, Refused)
        assert f"/p/{page} answered {'200' if says == 'envelope' else says}" in str(error)
        assert "token-number" not in f"{error}{vars(error)}"
    assert max(vendor.came.values()) == 2


def test_a_scan_may_be_left_in_the_middle_of_a_login() -> None:
    """Whoever asks next logs in."""
    vendor = Vendor("header", "401")

    async def go() -> PenstockError | Answer:
        async with Server(vendor) as server:
            login = Login(server.url, "t")
            async with Client(quick(server.url), auth=login, judge=judge, lanes=Lanes(1)) as client:
                first = asyncio.ensure_future(client.get("p/1"))
                await server.asked.acquire()
                first.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await first
                return await client.get("p/2")

    assert isinstance(asyncio.run(go()), Answer)
    assert vendor.logins == 2
