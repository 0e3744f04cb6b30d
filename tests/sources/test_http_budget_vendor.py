"""Whatever way a vendor counts, it is never asked too often, and nearly as often as it allows."""

from __future__ import annotations

import asyncio
import math
import random
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources._http.budget import Rate
from tests.sources.budget_world import (
    EVERY_SAYS,
    EVERY_WINDOWS,
    Says,
    Vendor,
    Windows,
    World,
    all_of,
    simulate,
)

RATES = [
    (Rate(2, 1), Rate(10, 30)),
    (Rate(3, 20),),
    (Rate(1, 2),),
    (Rate(1, 1), Rate(5, 10)),
]
ROUNDS: list[Callable[[float], float]] = [math.floor, math.ceil, float]
LATENCIES = [0.01, 0.3, 2.0, 8.0]

Meddles = Callable[[World, float], Coroutine[Any, Any, None]]


@st.composite
def worlds(
    draw: st.DrawFn,
    *,
    speaks: bool = True,
    hears_all: bool = False,
    counts_refused: bool | None = None,
) -> World:
    rates = draw(st.sampled_from(RATES))
    latency = draw(st.sampled_from(LATENCIES))
    vendor = Vendor(
        windows=draw(st.sampled_from(EVERY_WINDOWS)),
        rates=rates,
        speaks_of=rates[-1] if speaks else None,
        says=draw(st.sampled_from(EVERY_SAYS)),
        rounds=draw(st.sampled_from(ROUNDS)),
        counts_refused=draw(st.booleans()) if counts_refused is None else counts_refused,
        began_at=draw(st.floats(-60, 0)),
    )
    return World(
        vendor=vendor,
        file=Path(),
        latency=lambda u: 0.001 + u * latency,
        chance=random.Random(draw(st.integers(0, 2**32))),
        rates=rates,
        heard_share=1.0 if hears_all else draw(st.sampled_from([1.0, 0.7])),
    )


def live(world: World, windows: int, callers: int, meddle: Meddles | None = None) -> None:
    """Let callers call as fast as they may for so many of the longest windows."""
    ends_at = windows * world.rates[-1].seconds

    async def main() -> None:
        tasks = [world.call_until(ends_at, lambda _: 0.0) for _ in range(callers)]
        await all_of([*tasks, meddle(world, ends_at)] if meddle else tasks)

    with tempfile.TemporaryDirectory() as folder:
        world.file = Path(folder) / "budget"
        simulate(main)


CALLERS = st.integers(1, 4)


@settings(max_examples=25, deadline=None)
@given(world=worlds(), callers=CALLERS)
def test_a_vendor_who_says_what_is_left_never_refuses(world: World, callers: int) -> None:
    live(world, 5, callers)
    assert world.vendor.refused == {}


@settings(max_examples=12, deadline=None)
@given(world=worlds(speaks=False), callers=CALLERS)
def test_a_vendor_who_says_nothing_never_refuses(world: World, callers: int) -> None:
    live(world, 5, callers)
    assert world.vendor.refused == {}


@settings(max_examples=12, deadline=None)
@given(world=worlds(), callers=CALLERS, data=st.data())
def test_a_clock_that_jumps_back_has_nobody_refused(
    world: World, callers: int, data: st.DataObject
) -> None:
    async def meddle(world: World, ends_at: float) -> None:
        for at in data.draw(st.lists(st.floats(0, ends_at / 2), max_size=2)):
            await asyncio.sleep(at)
            world.jumped -= data.draw(st.sampled_from([0.5, 5, 3600]))

    live(world, 5, callers, meddle)
    assert world.vendor.refused == {}


@settings(max_examples=15, deadline=None)
@given(world=worlds(hears_all=True, counts_refused=False), callers=CALLERS, data=st.data())
def test_somebody_else_explains_every_refusal(
    world: World, callers: int, data: st.DataObject
) -> None:
    ends_at = 5 * world.rates[-1].seconds
    at = data.draw(st.lists(st.floats(0, ends_at), max_size=3 * world.rates[-1].calls))
    live(world, 5, callers, lambda world, _: world.others(at))
    assert len(world.vendor.refused.get("us", [])) <= len(at) + callers


def lose_the_file(world: World) -> None:
    world.lose_the_file()


def jump_ahead(world: World) -> None:
    world.jumped += 3600


@pytest.mark.parametrize("forget", [lose_the_file, jump_ahead])
@settings(max_examples=8, deadline=None)
@given(world=worlds(hears_all=True), callers=CALLERS, data=st.data())
def test_what_we_forget_costs_no_more_than_the_calls_then_on_their_way(
    forget: Callable[[World], None], world: World, callers: int, data: st.DataObject
) -> None:
    async def meddle(world: World, ends_at: float) -> None:
        await asyncio.sleep(data.draw(st.floats(0, ends_at)))
        forget(world)

    live(world, 5, callers, meddle)
    assert len(world.vendor.refused.get("us", [])) <= 2 * callers


@pytest.mark.parametrize("windows", EVERY_WINDOWS)
@pytest.mark.parametrize("says", [*EVERY_SAYS, None])
def test_a_hundred_calls_a_quarter_hour_are_reached(
    tmp_path: Path, windows: Windows, says: Says | None
) -> None:
    rates = (Rate(2, 1), Rate(100, 900))
    vendor = Vendor(
        windows=windows,
        rates=rates,
        speaks_of=rates[-1] if says else None,
        says=says or "next",
        began_at=-200.0,
    )
    world = World(
        vendor=vendor,
        file=tmp_path / "budget",
        latency=lambda u: 0.1 + u,
        chance=random.Random(1),
        rates=rates,
    )
    live(world, 3, 2)
    assert vendor.refused == {}
    assert len(vendor.served["us"]) >= 299
