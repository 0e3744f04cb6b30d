"""What a request must pass before it is sent: the run's end, and forbidden paths."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources._http.answer import Answer
from sources._http.budget import Budget, Rate
from sources._http.client import Client
from sources._http.errors import Misconfigured, OutOfTime, Retryable
from sources._http.gate import spellings
from tests.sources.budget_client import Login, ask
from tests.sources.budget_watch import QUARTER, Watch, left, opens
from tests.sources.http_loopback import LOST, Request, Server, quick, reply


@pytest.fixture
def budget(tmp_path: Path) -> Budget:
    return opens(tmp_path / "budget", Watch())(QUARTER)


class TestEnd:
    @pytest.mark.parametrize("with_budget", [True, False])
    def test_nothing_is_sent_afterwards(self, budget: Budget, with_budget: bool) -> None:
        login = Login(Client(quick("http://localhost:9")))
        error, requests = ask(
            (reply(),),
            budget=budget if with_budget else None,
            auth=login,
            ends_at=time.monotonic(),
        )
        assert isinstance(error, OutOfTime)
        assert "list is not sent: the time given to this run is over" in str(error)
        assert str(error).endswith("Next: penstock run cim")
        assert error.next_call_in is None
        assert requests == []
        assert left(budget) == [100]

    def test_a_request_in_time_is_sent(self, budget: Budget) -> None:
        answer, _ = ask((reply(),), ends_at=time.monotonic() + 60)
        assert isinstance(answer, Answer)

    def test_no_wait_for_the_budget_is_begun_that_ends_later(self, tmp_path: Path) -> None:
        async def twice(client: Client) -> Answer:
            await client.get("list")
            return await client.get("list")

        budget = Budget(tmp_path / "budget", "account", [Rate(1, 900)])
        ends_at = time.monotonic() + 60
        error, requests = ask((reply(),), twice, budget=budget, ends_at=ends_at)
        assert isinstance(error, OutOfTime)
        assert error.connection == "cim"
        assert error.next_call_in == pytest.approx(900, abs=60)
        assert len(requests) == 1

    def test_no_retry_is_waited_for_that_comes_later(self) -> None:
        limited = reply(503, b"", headers={"Retry-After": "200"})
        error, requests = ask(
            (limited,), quickly={"deadline_seconds": 300}, ends_at=time.monotonic() + 60
        )
        assert isinstance(error, OutOfTime)
        assert "answered 503; the time given to this run is over before the next try" in str(error)
        assert error.next_call_in is not None
        assert 200 <= error.next_call_in <= 201
        assert error.status == 503
        assert len(requests) == 1

    def test_what_may_be_done_is_still_said_to_be(self) -> None:
        error, _ = ask(
            (LOST,), lambda client: client.post("x", json=1), ends_at=time.monotonic() + 60
        )
        assert isinstance(error, Retryable)
        assert error.maybe_done


def never_online_orders(path: str) -> str | None:
    return "it marks orders as exported" if "onlineorders" in path.lower() else None


class TestForbidden:
    @pytest.mark.parametrize(
        ("base", "path"),
        [
            ("", "OnlineOrders"),
            ("", "/site/onlineORDERS/1"),
            ("", "site/%4fnline%4Frders"),
            ("", "site/%254fnlineOrders"),
            ("", "site/%25254fnlineOrders/x"),
            ("", "site/a%2FOnlineOrders"),
            ("/OnlineOrders", "1"),
            ("/%4FnlineOrders", ""),
        ],
    )
    def test_is_never_sent(self, budget: Budget, base: str, path: str) -> None:
        async def go() -> list[Request]:
            async with Server((reply(),)) as server:
                login = Login(Client(quick(server.url)))
                settings = quick(server.url + base)
                async with (
                    login.client,
                    Client(
                        settings, auth=login, budget=budget, forbids=never_online_orders
                    ) as client,
                ):
                    with pytest.raises(Misconfigured, match="never sent: it marks orders as exp"):
                        await client.get(path)
                    with pytest.raises(Misconfigured, match="never sent: it marks orders as exp"):
                        await client.post(path, json={})
                return server.requests

        assert asyncio.run(go()) == []
        assert left(budget) == [100]

    def test_is_asked_at_every_attempt(self) -> None:
        asked: list[str] = []

        def third(path: str) -> str | None:
            asked.append(path)
            return "enough" if len(asked) > 3 else None

        error, requests = ask((reply(500),), forbids=third)
        assert isinstance(error, Misconfigured)
        assert len(requests) < 3

    def test_lets_the_rest_pass(self) -> None:
        paths: set[str] = set()

        def note(path: str) -> str | None:
            paths.add(path)
            return never_online_orders(path)

        params = {"q": "OnlineOrders"}
        answer, _ = ask((reply(),), lambda c: c.get("a%20b", params=params), forbids=note)
        assert isinstance(answer, Answer)
        assert paths == {"/a%20b", "/a b"}

    @given(
        word=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="%./")),
        times=st.integers(0, 3),
    )
    def test_no_encoding_hides_a_path(self, word: str, times: int) -> None:
        encoded = word
        for _ in range(times):
            encoded = quote(encoded, safe="")
        url = httpx.URL("http://localhost").copy_with(raw_path=b"/" + quote(encoded).encode())
        assert list(spellings(url))[-1] == f"/{word}"
