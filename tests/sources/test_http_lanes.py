"""Lanes by themselves: their arithmetic, their order, and whose loop they serve."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources._http.lanes import Ended, Lane, Lanes


async def wave(lanes: Lanes, many: int, room: int) -> None:
    """So many requests at once, as far as the lanes let them; those over `room` are refused."""
    inside: list[Lane] = []
    while len(inside) < min(many, lanes.limit):
        inside.append(await lanes.enter())
    for place, lane in enumerate(inside, start=1):
        lane.ended = Ended.BUSY if place > room else Ended.WELL
    for lane in reversed(inside):  # a refusal comes before the answers
        lanes.leave(lane)


def leave_well(lanes: Lanes, *served: Lane) -> None:
    for lane in served:
        lane.ended = Ended.WELL
        lanes.leave(lane)


def limits(lanes: Lanes, room: int, waves: int) -> list[int]:
    """The limit after each of so many full waves, the vendor serving `room` at once."""

    async def go() -> list[int]:
        found = []
        for _ in range(waves):
            await wave(lanes, lanes.limit, room)
            found.append(lanes.limit)
        return found

    return asyncio.run(go())


def within(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run it, and fail where it would wait for ever."""

    async def go() -> None:
        async with asyncio.timeout(5):
            await work()

    asyncio.run(go())


class TestLimit:
    @pytest.mark.parametrize(("most", "start"), [(0, 1), (1, 0), (-1, 2)])
    def test_no_lane_at_all_is_a_defect_of_the_caller(self, most: int, start: int) -> None:
        with pytest.raises(ValueError, match="at least one lane must be open"):
            Lanes(most, start)

    @pytest.mark.parametrize(("most", "limit"), [(1, 1), (2, 2), (8, 2)])
    def test_it_starts_low(self, most: int, limit: int) -> None:
        assert Lanes(most).limit == limit

    def test_it_grows_by_one_a_round_up_to_the_most(self) -> None:
        assert limits(Lanes(6), 99, 6) == [3, 4, 5, 6, 6, 6]

    def test_a_round_is_as_many_answers_as_there_are_lanes(self) -> None:
        async def go() -> None:
            lanes = Lanes(8, start=3)
            inside = [await lanes.enter() for _ in range(3)]
            for lane, limit in zip(inside, (3, 3, 4), strict=True):
                leave_well(lanes, lane)
                assert lanes.limit == limit

        within(go)

    def test_what_was_sent_before_it_grew_proves_nothing_of_more(self) -> None:
        async def go() -> None:
            lanes = Lanes(8, start=2)
            first, second = await lanes.enter(), await lanes.enter()
            leave_well(lanes, first)
            third = await lanes.enter()
            leave_well(lanes, second)
            assert lanes.limit == 3
            newer = await lanes.enter(), await lanes.enter()
            leave_well(lanes, third, *newer)
            assert lanes.limit == 3

        within(go)

    @pytest.mark.parametrize("ended", [Ended.WELL, Ended.OTHERWISE])
    def test_only_good_answers_while_all_lanes_were_taken_count(self, ended: Ended) -> None:
        async def go() -> None:
            lanes = Lanes(8, start=3)
            for _ in range(50):
                inside = [await lanes.enter() for _ in range(2 if ended is Ended.WELL else 3)]
                for lane in inside:
                    lane.ended = ended
                    lanes.leave(lane)
            assert lanes.limit == 3

        within(go)

    def test_it_halves_once_a_wave(self) -> None:
        async def go() -> None:
            lanes = Lanes(16, start=16)
            await wave(lanes, 16, room=9)
            assert lanes.limit == 8
            assert lanes.told()["refusals"] == 7
            assert lanes.told()["halvings"] == 1

        within(go)

    def test_what_was_refused_at_fewer_halves_to_below_that(self) -> None:
        async def go() -> None:
            lanes = Lanes(16, start=16)
            await wave(lanes, 5, room=4)
            assert lanes.limit == 4

        within(go)

    def test_it_never_falls_below_one(self) -> None:
        assert limits(Lanes(8, start=4), 0, 5) == [2, 1, 1, 1, 1]

    def test_it_grows_back_to_one_below_what_was_refused(self) -> None:
        assert limits(Lanes(20, start=8), 8, 6) == [9, 4, 5, 6, 7, 8]

    def test_it_tries_what_was_refused_ever_more_rarely(self) -> None:
        lanes = Lanes(20, start=8)
        found = limits(lanes, 8, 1400)
        tries = [number for number, limit in enumerate(found) if limit == 9]
        gaps = [later - sooner for sooner, later in pairwise(tries)]
        regrowth = 5
        assert gaps == [rounds + regrowth for rounds in (16, 32, 64, 128, 256, 256, 256, 256)]
        assert lanes.told()["refusals"] == len(tries)

    def test_what_holds_after_all_is_forgotten(self) -> None:
        lanes = Lanes(20, start=8)
        limits(lanes, 8, 200)  # refused at 9 again and again
        assert 20 in limits(lanes, 99, 256)
        assert limits(lanes, 8, 7) == [10, 5, 6, 7, 8, 9, 4]

    def test_a_probe_must_hold_for_some_rounds(self) -> None:
        lanes = Lanes(20, start=8)
        limits(lanes, 8, 2)
        found = limits(lanes, 99, 4 + 16 + 5)
        assert found[:4] == [5, 6, 7, 8]
        assert found[-6:] == [9, 9, 9, 9, 10, 11]

    def test_an_outage_is_soon_forgotten(self) -> None:
        lanes = Lanes(8, start=8)
        limits(lanes, 0, 100)
        assert lanes.limit == 1
        found = limits(lanes, 99, 80)
        assert lanes.limit == 8
        assert found.index(8) < 60

    def test_figures(self) -> None:
        lanes = Lanes(20, start=8)
        limits(lanes, 8, 3)
        assert lanes.told() == {
            "limit": 5,
            "highest": 9,
            "most": 20,
            "requests": 8 + 9 + 4,
            "refusals": 1,
            "halvings": 1,
        }


class TestTurns:
    def test_lanes_are_given_in_the_order_they_were_asked_for(self) -> None:
        async def go() -> None:
            lanes = Lanes(1)
            came: list[int] = []

            async def ask(number: int) -> None:
                lane = await lanes.enter()
                came.append(number)
                await asyncio.sleep(0)
                lanes.leave(lane)

            await asyncio.gather(*(ask(number) for number in range(20)))
            assert came == list(range(20))

        within(go)

    def test_a_lane_is_left_once(self) -> None:
        async def go() -> None:
            lanes = Lanes(2)
            first, second = await lanes.enter(), await lanes.enter()
            first.ended = Ended.BUSY
            lanes.leave(first)
            lanes.leave(first)
            assert lanes.told()["refusals"] == 1
            with pytest.raises(TimeoutError):
                await lanes.enter(ends_at=time.monotonic() + 0.01)
            lanes.leave(second)
            lanes.leave(await lanes.enter())

        within(go)

    def test_whoever_cannot_wait_longer_leaves_the_queue(self) -> None:
        async def go() -> None:
            lanes = Lanes(1)
            held = await lanes.enter()
            with pytest.raises(TimeoutError):
                await lanes.enter(ends_at=time.monotonic() + 0.01)
            later = asyncio.ensure_future(lanes.enter())
            await asyncio.sleep(0)
            lanes.leave(held)
            lanes.leave(await later)

        within(go)

    @pytest.mark.parametrize("first", ["cancelled", "given"])
    def test_whoever_is_cancelled_takes_no_lane_along(self, first: str) -> None:
        async def go() -> None:
            lanes = Lanes(1)
            held = await lanes.enter()
            gone = asyncio.ensure_future(lanes.enter())
            later = asyncio.ensure_future(lanes.enter())
            await asyncio.sleep(0)
            steps: list[Callable[[], object]] = [gone.cancel, lambda: lanes.leave(held)]
            for step in steps if first == "cancelled" else reversed(steps):
                step()
            lanes.leave(await later)
            assert gone.cancelled()

        within(go)

    @settings(deadline=None)
    @given(st.data())
    def test_never_more_in_flight_than_the_limit_and_nobody_idle(self, data: st.DataObject) -> None:
        most, start = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 6))
        seed = data.draw(st.integers(0, 2**32))
        many = data.draw(st.integers(1, 60))

        async def go() -> None:
            lanes, rnd = Lanes(most, start), random.Random(seed)
            inside: set[int] = set()
            order: list[int] = []

            async def ask(number: int) -> None:
                lane = await lanes.enter()
                inside.add(number)
                order.append(number)
                assert len(inside) <= most
                try:
                    for _ in range(rnd.randrange(4)):
                        await asyncio.sleep(0)
                    lane.ended = rnd.choice(list(Ended))
                finally:
                    inside.discard(number)
                    lanes.leave(lane)
                    assert 1 <= lanes.limit <= most

            tasks = [asyncio.ensure_future(ask(number)) for number in range(many)]
            while not all(task.done() for task in tasks):
                await asyncio.sleep(0)
                if rnd.random() < 0.2:
                    rnd.choice(tasks).cancel()
            for task in tasks:
                if not task.cancelled():
                    task.result()
            assert order == sorted(order)
            free = [await lanes.enter() for _ in range(lanes.limit)]
            assert lanes.told()["limit"] == len(free)

        within(go)


class TestLoops:
    def test_what_was_learnt_stays_in_the_next_loop(self) -> None:
        lanes = Lanes(20, start=8)
        limits(lanes, 8, 6)
        assert limits(lanes, 8, 10) == [8] * 10

    def test_what_a_loop_left_behind_holds_no_lane(self) -> None:
        lanes = Lanes(1)

        async def leave_behind() -> None:
            await lanes.enter()
            waiting = asyncio.ensure_future(lanes.enter())
            await asyncio.sleep(0)
            waiting.get_loop().stop()
            await asyncio.sleep(0)

        with stopped(leave_behind()):
            asyncio.run(entered(lanes))

    def test_two_running_loops_are_told_apart(self) -> None:
        lanes = Lanes(2)

        async def go() -> None:
            await lanes.enter()
            with pytest.raises(RuntimeError, match="one event loop at a time"):
                await asyncio.to_thread(asyncio.run, entered(lanes))

        within(go)


async def entered(lanes: Lanes) -> None:
    async with asyncio.timeout(5):
        lanes.leave(await lanes.enter())


@contextmanager
def stopped(work: Awaitable[None]) -> Iterator[None]:
    """A loop that was stopped in the middle of its work, and tidied up afterwards."""
    loop = asyncio.new_event_loop()
    task = asyncio.ensure_future(work, loop=loop)
    loop.run_forever()
    yield
    others = asyncio.all_tasks(loop)
    for other in others:
        other.cancel()
    loop.run_until_complete(asyncio.gather(task, *others, return_exceptions=True))
    loop.close()
