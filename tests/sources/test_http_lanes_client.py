"""Lanes over real HTTP: the vendor's unpublished limit is found, at the price of a few refusals."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from sources._http.answer import Answer
from sources._http.client import Client
from sources._http.errors import OutOfTime, Rejected, Retryable
from sources._http.judgement import Judge, Judgement, Kind
from sources._http.lanes import Lanes
from tests.sources.http_loopback import LOST, Reply, Request, Server, quick, reply

PATIENT = {"attempts": 20, "deadline_seconds": 60.0}


@dataclass
class Vendor:
    """Serves so many at once and refuses the others without a word.

    It answers when all lanes have come, so its load is what the client puts on it however slow
    this machine is; the last ones of a scan, whom nobody follows, wait a moment.
    """

    room: Callable[[int], int]
    lanes: Lanes
    status: int = 429
    asked: int = 0
    refused: int = 0
    most: int = 0
    served: list[str] = field(default_factory=list)
    inside: list[asyncio.Event] = field(default_factory=list)
    came: int = 0

    async def __call__(self, request: Request) -> Reply:
        self.asked += 1
        self.came += 1
        is_served = len(self.inside) < self.room(self.asked)
        turn = asyncio.Event()
        if is_served:
            self.inside.append(turn)
            self.most = max(self.most, len(self.inside))
            self.served.append(request.target)
        if self.came >= self.lanes.limit:
            self.answer()
        if not is_served:
            self.refused += 1
            return reply(self.status, b"")
        with suppress(TimeoutError):
            await asyncio.wait_for(turn.wait(), 0.25)
        if turn in self.inside:
            self.answer()
        return reply()

    def answer(self) -> None:
        self.came = 0
        for turn in self.inside:
            turn.set()
        self.inside.clear()


@dataclass
class Slow:
    """Serves everybody, after a while."""

    seconds: float
    inside: int = 0
    most: int = 0

    async def __call__(self, _: Request) -> Reply:
        self.inside += 1
        self.most = max(self.most, self.inside)
        await asyncio.sleep(self.seconds)
        self.inside -= 1
        return reply()


def scan(vendor: Vendor, requests: int, window: int = 40) -> list[Answer]:
    """That many pages, at most `window` of them begun at a time."""

    async def go() -> list[Answer]:
        begun = asyncio.Semaphore(window)
        async with (
            Server(vendor) as server,
            Client(quick(server.url, **PATIENT), lanes=vendor.lanes) as client,
        ):

            async def page(number: int) -> Answer:
                async with begun:
                    return await client.get(f"p/{number}")

            return await asyncio.gather(*(page(number) for number in range(requests)))

    return asyncio.run(go())


class TestFinding:
    @pytest.mark.parametrize(
        ("room", "status", "requests"), [(1, 429, 200), (3, 503, 300), (8, 429, 1000)]
    )
    def test_the_limit_is_found_for_a_handful_of_refusals(
        self, room: int, status: int, requests: int
    ) -> None:
        lanes = Lanes(20)
        vendor = Vendor(lambda _: room, lanes, status)
        answers = scan(vendor, requests)
        assert sorted(vendor.served) == sorted(f"/p/{number}" for number in range(requests))
        assert sum(answer.attempts for answer in answers) == requests + vendor.refused
        assert lanes.limit in (room, room + 1)
        assert vendor.most == room
        assert vendor.refused <= 8
        assert lanes.told()["refusals"] == vendor.refused
        assert lanes.told()["requests"] == requests + vendor.refused

    def test_without_a_limit_all_lanes_are_used_and_no_more(self) -> None:
        vendor = Vendor(lambda _: 99, Lanes(6))
        scan(vendor, 300)
        assert vendor.most == 6
        assert vendor.lanes.limit == 6

    def test_room_that_was_made_is_found(self) -> None:
        vendor = Vendor(lambda asked: 4 if asked <= 100 else 10, Lanes(20))
        scan(vendor, 700)
        assert vendor.lanes.limit in (9, 10, 11)
        assert vendor.refused <= 16

    def test_room_that_was_taken_is_found(self) -> None:
        vendor = Vendor(lambda asked: 10 if asked <= 200 else 3, Lanes(20))
        scan(vendor, 400)
        assert vendor.lanes.limit in (3, 4)
        assert vendor.refused <= 24

    def test_what_one_client_learnt_the_next_one_knows(self) -> None:
        lanes = Lanes(20)
        scan(Vendor(lambda _: 5, lanes), 70)
        assert lanes.told()["refusals"] == 1
        scan(Vendor(lambda _: 5, lanes), 40)  # enough for lanes that start anew to be refused
        assert lanes.told()["refusals"] == 1
        assert lanes.limit == 5

    @pytest.mark.parametrize("lanes", [None, Lanes(3)], ids=["none", "some"])
    def test_a_client_tells_its_lanes(self, lanes: Lanes | None) -> None:
        assert Client(quick("http://localhost"), lanes=lanes).lanes is lanes

    def test_every_lane_has_a_connection(self) -> None:
        async def go() -> int:
            vendor = Slow(0.1)
            async with Server(vendor) as server:
                settings = quick(server.url, max_connections=2)
                async with Client(settings, lanes=Lanes(6, start=6)) as client:
                    await asyncio.gather(*(client.get(f"p/{number}") for number in range(6)))
            return vendor.most

        assert asyncio.run(go()) == 6


def limit_after(first: Reply, judge: Judge | None = None) -> int:
    """How many lanes of eight are left when one of eight requests at once got that answer."""
    lanes = Lanes(8, start=8)
    came: list[str] = []
    all_came = asyncio.Event()

    async def script(request: Request) -> Reply:
        came.append(request.target)
        if len(came) == 8:
            all_came.set()
            return first
        await all_came.wait()
        return reply()

    async def go() -> None:
        async with (
            Server(script) as server,
            Client(quick(server.url, attempts=1), lanes=lanes, judge=judge) as asking,
        ):
            asked = (asking.get(f"p/{number}") for number in range(8))
            await asyncio.gather(*asked, return_exceptions=True)

    asyncio.run(go())
    return lanes.limit


def busy(answer: Answer) -> Judgement | None:
    return Judgement(Kind.BUSY, "busy") if b"busy" in answer.body else None


class TestHalving:
    @pytest.mark.parametrize(
        ("first", "limit"),
        [
            pytest.param(reply(429, b""), 4, id="429"),
            pytest.param(reply(503, b""), 4, id="503"),
            pytest.param(reply(500), 8, id="500"),
            pytest.param(reply(401), 8, id="401"),
            pytest.param(reply(404), 8, id="404"),
            pytest.param(LOST, 8, id="lost"),
        ],
    )
    def test_only_too_much_to_do_halves(self, first: Reply, limit: int) -> None:
        assert limit_after(first) == limit

    @pytest.mark.parametrize("status", [200, 500])
    def test_a_vendor_who_says_so_in_its_own_words_halves_too(self, status: int) -> None:
        assert limit_after(reply(status, b'{"said": "busy"}'), judge=busy) == 4


class TestWaiting:
    def test_it_takes_none_of_the_deadline(self) -> None:
        async def go() -> list[Answer]:
            vendor = Slow(0.2)
            async with (
                Server(vendor) as server,
                Client(quick(server.url, deadline_seconds=0.5), lanes=Lanes(1)) as client,
            ):
                return await asyncio.gather(*(client.get(f"p/{number}") for number in range(5)))

        assert [answer.attempts for answer in asyncio.run(go())] == [1] * 5

    def test_a_request_in_its_lane_is_held_to_its_deadline(self) -> None:
        async def go() -> None:
            vendor = Slow(1)
            async with (
                Server(vendor) as server,
                Client(quick(server.url, deadline_seconds=0.2), lanes=Lanes(1)) as client,
            ):
                first = asyncio.ensure_future(client.get("p/1"))
                await server.asked.acquire()
                with pytest.raises(Retryable, match=r"not finished within 0\.2 s"):
                    await client.get("p/2")
                with pytest.raises(Retryable, match=r"not finished within 0\.2 s"):
                    await first

        asyncio.run(go())

    def test_the_runs_end_ends_it(self) -> None:
        async def go() -> int:
            vendor = Slow(1)
            async with Server(vendor) as server:
                settings = quick(server.url, attempts=1)
                ends_at = time.monotonic() + 0.3
                async with Client(settings, lanes=Lanes(1), ends_at=ends_at) as client:
                    first = asyncio.ensure_future(client.get("p/1"))
                    await server.asked.acquire()
                    with pytest.raises(OutOfTime, match="p/2 is not sent: the time given to this"):
                        await client.get("p/2")
                    assert not first.done()
                    await first
                return len(server.requests)

        assert asyncio.run(go()) == 1

    def test_whoever_waits_for_another_try_holds_no_lane(self) -> None:
        replies = iter([reply(503, b"", {"Retry-After": "7"}), reply(), reply()])
        done = asyncio.Event()
        waits: list[float] = []

        async def wait(seconds: float) -> None:
            waits.append(seconds)
            await done.wait()

        async def go() -> list[str]:
            async with (
                Server(lambda _: next(replies)) as server,
                Client(
                    quick(server.url, deadline_seconds=60), lanes=Lanes(1), sleep=wait
                ) as client,
            ):
                first = asyncio.ensure_future(client.get("first"))
                await server.asked.acquire()
                await client.get("second")
                done.set()
                await first
                return [request.target for request in server.requests]

        assert asyncio.run(go()) == ["/first", "/second", "/first"]
        assert 7 <= waits[0] < 8

    @pytest.mark.parametrize("how", ["lost", "rejected", "cancelled"])
    def test_a_lane_comes_back_however_its_request_ended(self, how: str) -> None:
        async def script(request: Request) -> Reply:
            if request.target != "/first":
                return reply()
            if how == "cancelled":
                await asyncio.sleep(1)
            return LOST if how == "lost" else reply(404)

        async def go() -> int:
            async with (
                Server(script) as server,
                Client(quick(server.url, attempts=1), lanes=Lanes(1)) as client,
            ):
                first = asyncio.ensure_future(client.get("first"))
                await server.asked.acquire()
                if how == "cancelled":
                    first.cancel()
                with pytest.raises((Retryable, Rejected, asyncio.CancelledError)):
                    await first
                return (await client.get("second")).status

        assert asyncio.run(go()) == 200
