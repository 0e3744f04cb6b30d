"""The client under a budget: what every exchange costs, and what a 429 does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sources._http.answer import Answer
from sources._http.budget import Budget, Rate
from sources._http.client import Client
from sources._http.errors import OutOfTime, Refused, Retryable
from tests.sources.budget_client import Login, ask, hears, says
from tests.sources.budget_watch import QUARTER, Watch, left, opens
from tests.sources.http_loopback import (
    CUT,
    LOST,
    SILENT,
    Reply,
    Request,
    Server,
    json_reply,
    quick,
    reply,
)

NOW = datetime.fromisoformat("2026-03-01 12:00")


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def budget(tmp_path: Path, watch: Watch) -> Budget:
    return opens(tmp_path / "budget", watch)(QUARTER)


def is_nothing_on_its_way(budget: Budget, watch: Watch) -> bool:
    """Whether all calls were reported: one that was not would occupy its window for longer."""
    watch.now += 900.1
    return left(budget) == [100]


class TestBudget:
    @pytest.mark.parametrize(
        ("script", "quickly", "spent"),
        [
            ((reply(),), {}, 1),
            ((reply(500), CUT, reply()), {}, 3),
            ((LOST,), {}, 3),
            ((reply(404),), {}, 1),
            ((SILENT,), {"read_seconds": 0.05, "attempts": 1}, 1),
            ((SILENT,), {"deadline_seconds": 0.05}, 1),
            ((reply(body=b"[" + b"1," * 99 + b"1]"),), {"max_body_bytes": 50}, 1),
        ],
        ids=["good", "retries", "lost", "rejected", "silent", "late", "too large"],
    )
    def test_every_exchange_takes_a_call_and_reports_it(
        self,
        budget: Budget,
        watch: Watch,
        script: tuple[Reply, ...],
        quickly: dict[str, Any],
        spent: int,
    ) -> None:
        _, requests = ask(script, quickly=quickly, budget=budget)
        assert len(requests) == spent
        assert left(budget) == [100 - spent]
        assert is_nothing_on_its_way(budget, watch)

    def test_a_cancelled_request_is_reported(self, budget: Budget, watch: Watch) -> None:
        async def go() -> None:
            async with (
                Server((SILENT,)) as server,
                Client(quick(server.url), budget=budget) as client,
            ):
                asking = asyncio.create_task(client.get("list"))
                await server.asked.acquire()
                asking.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asking

        asyncio.run(go())
        assert left(budget) == [99]
        assert is_nothing_on_its_way(budget, watch)

    def test_a_request_that_was_never_sent_costs_nothing(self, budget: Budget) -> None:
        async def go() -> None:
            async with Server(()) as gone:
                pass
            async with Client(quick(gone.url), budget=budget) as client:
                await client.get("list")

        with pytest.raises(Retryable, match="cannot connect"):
            asyncio.run(go())
        assert left(budget) == [100]

    def test_a_login_and_the_repeat_after_a_renewal_count(
        self, budget: Budget, watch: Watch
    ) -> None:
        def script(request: Request) -> Reply:
            if request.target == "/login":
                return reply()
            return reply() if request.headers["authorization"] == "Bearer 2" else reply(401)

        async def go() -> int:
            async with Server(script) as server:
                login = Login(Client(quick(server.url), budget=budget))
                async with login.client, Client(quick(server.url), auth=login, budget=budget) as c:
                    await c.get("list")
                return len(server.requests)

        assert asyncio.run(go()) == 4
        assert left(budget) == [96]
        assert is_nothing_on_its_way(budget, watch)

    def test_requests_wait_for_their_turn(self, tmp_path: Path) -> None:
        arrived: list[float] = []

        def count(_: Request) -> Reply:
            arrived.append(time.monotonic())
            return reply()

        async def five(client: Client) -> Answer:
            return (await asyncio.gather(*(client.get("list") for _ in range(5))))[0]

        budget = Budget(tmp_path / "budget", "account", [Rate(2, 0.1)])
        ask(count, five, budget=budget)
        assert len(arrived) == 5
        assert all(later - at >= 0.1 for at, later in zip(arrived, arrived[2:], strict=False))


class TestDeadline:
    """What waits for the budget's sake takes none of a request's own time."""

    @pytest.fixture
    def slow(self, tmp_path: Path) -> Budget:
        return Budget(tmp_path / "budget", "account", [Rate(1, 0.8)])

    def test_does_not_run_while_the_budget_is_waited_for(self, slow: Budget) -> None:
        async def twice(client: Client) -> Answer:
            await client.get("list")
            return await client.get("list")

        answer, _ = ask((reply(),), twice, quickly={"deadline_seconds": 0.6}, budget=slow)
        assert isinstance(answer, Answer)

    def test_leaves_time_for_tries_after_a_wait(self, slow: Budget) -> None:
        replies = (reply(500), reply(500), reply())
        answer, _ = ask(replies, quickly={"deadline_seconds": 0.6}, budget=slow)
        assert isinstance(answer, Answer)
        assert answer.attempts == 3

    def test_goes_on_after_a_wait(self, slow: Budget) -> None:
        replies = (reply(500), SILENT)
        error, requests = ask(replies, quickly={"deadline_seconds": 0.6}, budget=slow)
        assert isinstance(error, Retryable)
        assert "not finished within 0.6 s" in str(error)
        assert len(requests) == 2

    def test_does_not_run_while_others_log_in(self, slow: Budget) -> None:
        async def go() -> list[Answer]:
            slow.done(await slow.take())
            async with Server((reply(),)) as server:
                settings = quick(server.url, deadline_seconds=0.6)
                login = Login(Client(settings, budget=slow))
                async with login.client, Client(settings, auth=login, budget=slow) as client:
                    return await asyncio.gather(*(client.get("list") for _ in range(2)))

        assert len(asyncio.run(go())) == 2


class TestTooMany:
    """A 429 with the vendor's count is waited for in the budget, not by backing off."""

    @pytest.fixture
    def waits(self) -> list[float]:
        return []

    @pytest.fixture
    def note(self, waits: list[float]) -> Callable[[float], Awaitable[None]]:
        async def note(seconds: float) -> None:
            waits.append(seconds)

        return note

    def test_waits_in_the_budget(
        self, budget: Budget, watch: Watch, note: object, waits: list[float]
    ) -> None:
        answer, _ = ask(
            (says(0, 412.5, 429), says(99, 900)),
            budget=budget,
            hears=hears,
            sleep=note,
            quickly={"deadline_seconds": 5},
        )
        assert isinstance(answer, Answer)
        assert waits == [0]
        assert sum(watch.slept) == pytest.approx(412.5, abs=0.01)

    def test_that_keeps_coming_is_retryable(self, budget: Budget, note: object) -> None:
        error, requests = ask(
            (says(0, 412.5, 429),), budget=budget, hears=hears, sleep=note, clock=lambda: NOW
        )
        assert isinstance(error, Retryable)
        assert error.retry_at == NOW + timedelta(seconds=412.5)
        assert len(requests) == 3

    def test_that_keeps_coming_ends_with_the_run(self, tmp_path: Path) -> None:
        budget = Budget(tmp_path / "budget", "account", [QUARTER])
        ends_at = time.monotonic() + 60
        error, requests = ask((says(0, 412, 429),), budget=budget, hears=hears, ends_at=ends_at)
        assert isinstance(error, OutOfTime)
        assert error.next_call_in == pytest.approx(413, abs=30)
        assert len(requests) == 1

    def test_without_a_count_backs_off_as_ever_and_has_all_others_wait(
        self, budget: Budget, watch: Watch, note: object, waits: list[float]
    ) -> None:
        limited = reply(429, headers={"Retry-After": "3"})
        answer, _ = ask((limited, reply()), budget=budget, hears=hears, sleep=note)
        assert isinstance(answer, Answer)
        assert 3 <= waits[0] <= 3.01
        assert sum(watch.slept) == pytest.approx(3, abs=0.01)

    def test_that_says_calls_are_left_is_about_another_limit(
        self, budget: Budget, note: object, waits: list[float]
    ) -> None:
        answer, _ = ask((says(57, 600, 429), says(56, 600)), budget=budget, hears=hears, sleep=note)
        assert isinstance(answer, Answer)
        assert 0 < waits[0] <= 0.01
        assert left(budget) == [56]

    def test_without_a_budget_waits_until_the_reset(self, note: object, waits: list[float]) -> None:
        quickly = {"deadline_seconds": 60}
        ask((says(0, 7, 429), reply()), hears=hears, sleep=note, quickly=quickly)
        assert 7 <= waits[0] <= 7.01

    def test_good_answers_are_heard_too(self, budget: Budget) -> None:
        ask((says(7, 600),), budget=budget, hears=hears)
        assert left(budget) == [7]


@pytest.mark.parametrize("body", ["a-refresh-token", "", "é", ["a"], 1])
def test_any_json_can_be_posted(body: object) -> None:
    def echo(request: Request) -> Reply:
        return json_reply([request.body.decode(), request.headers["content-type"]])

    answer, requests = ask(echo, lambda client: client.post("refresh", json=body))
    assert isinstance(answer, Answer)
    assert httpx.Response(200, content=requests[0].body).json() == body
    assert requests[0].headers["content-type"] == "application/json"


def test_a_refusal_of_credentials_is_heard_and_reported(budget: Budget) -> None:
    error, _ = ask((says(7, 600, 403),), budget=budget, hears=hears)
    assert isinstance(error, Refused)
    assert left(budget) == [7]
