"""A vendor that counts, callers that share a budget, and a time that passes without waiting."""

from __future__ import annotations

import asyncio
import math
import random
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sources._http.budget import Budget
from sources._http.budget_count import Heard, Rate

Windows = Literal["sliding", "fixed", "begun"]
Says = Literal["next", "empty"]
EVERY_WINDOWS: tuple[Windows, ...] = ("sliding", "fixed", "begun")
EVERY_SAYS: tuple[Says, ...] = ("next", "empty")


class _Skipping(selectors.DefaultSelector):
    """Does not wait for anything to happen: has the time pass instead."""

    passed: float = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise AssertionError("everybody waits for ever")
        self.passed += max(0.0, timeout)
        return super().select(0)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while all its tasks sleep, and then at once."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.passed


def simulate(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        runner.run(main())


@dataclass(kw_only=True)
class Vendor:
    """Counts calls as they arrive, refuses those that are too many, and says what is left.

    Attributes:
        windows: how it counts: over the last seconds, in windows that follow each other, or in
            windows that begin with a call.
        rates: what it allows.
        speaks_of: the rate its headers are about; None has it say nothing.
        says: for sliding windows, what its reset is: when the next call is free, or when all are.
        rounds: how it makes its reset whole.
        counts_refused: a refused call occupies the window as well.
        began_at: when the last window began.
    """

    windows: Windows
    rates: tuple[Rate, ...]
    speaks_of: Rate | None = None
    says: Says = "next"
    rounds: Callable[[float], float] = math.floor
    counts_refused: bool = False
    began_at: float = 0.0
    counted: list[float] = field(default_factory=list)
    served: dict[str, list[float]] = field(default_factory=dict)
    refused: dict[str, list[float]] = field(default_factory=dict)
    _began: dict[Rate, float] = field(default_factory=dict)

    def arrives(self, who: str, now: float) -> tuple[bool, Heard | None]:
        """Whether the call is served, and what its answer's headers say."""
        self._begin_windows(now)
        is_served = all(len(self._window(rate, now)) < rate.calls for rate in self.rates)
        if is_served or self.counts_refused:
            self.counted.append(now)
        (self.served if is_served else self.refused).setdefault(who, []).append(now)
        return is_served, self._heard(now)

    def _begin_windows(self, now: float) -> None:
        for rate in self.rates:
            began = self._began.setdefault(rate, self.began_at if self.windows == "fixed" else now)
            if now >= began + rate.seconds:
                passed = (now - began) // rate.seconds * rate.seconds
                self._began[rate] = began + passed if self.windows == "fixed" else now

    def _window(self, rate: Rate, now: float) -> list[float]:
        """What counts towards a rate."""
        if self.windows == "sliding":
            return [at for at in self.counted if at > now - rate.seconds]
        return [at for at in self.counted if at >= self._began[rate]]

    def _heard(self, now: float) -> Heard | None:
        rate = self.speaks_of
        if rate is None:
            return None
        window = self._window(rate, now)
        if self.windows != "sliding":
            reset = self._began[rate] + rate.seconds - now
        elif self.says == "next":
            reset = window[-rate.calls :][0] + rate.seconds - now if window else 0.0
        else:
            reset = window[-1] + rate.seconds - now if window else 0.0
        return Heard(rate.calls, max(0, rate.calls - len(window)), self.rounds(reset))


@dataclass(kw_only=True)
class World:
    """Callers of one account, each as if it were a process of its own.

    Attributes:
        vendor: whom they call.
        file: the budget they share.
        latency: how long a call takes, by a random number of 0 to 1.
        heard_share: of the answers that arrive whole; of the others, only that they are over.
        jumped: how far the machine's clock is from the true time.
    """

    vendor: Vendor
    file: Path
    latency: Callable[[float], float]
    chance: random.Random
    rates: tuple[Rate, ...]
    heard_share: float = 1.0
    jumped: float = 0.0

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() + self.jumped

    async def call_until(self, ends_at: float, pauses: Callable[[float], float]) -> None:
        """Call for as long as there is time, one call after the other."""
        budget = Budget(self.file, "account", self.rates, monotonic=self.monotonic)
        now = asyncio.get_running_loop().time
        try:
            while now() < ends_at:
                await self._call(budget)
                await asyncio.sleep(pauses(self.chance.random()))
        finally:
            budget.close()

    async def _call(self, budget: Budget) -> None:
        ticket = await budget.take()
        takes, arrives = self.latency(self.chance.random()), self.chance.uniform(0.01, 0.99)
        await asyncio.sleep(takes * arrives)
        is_served, heard = self.vendor.arrives("us", asyncio.get_running_loop().time())
        await asyncio.sleep(takes * (1 - arrives))
        budget.done(ticket)
        if self.chance.random() >= self.heard_share:
            return
        if not is_served:
            budget.refused(ticket, heard)
        elif heard is not None:
            budget.heard(ticket, limit=heard.limit, remaining=heard.remaining, reset=heard.reset)

    async def others(self, at: Iterable[float]) -> None:
        """Somebody else spends the account at these times, without asking us."""
        loop = asyncio.get_running_loop()
        for when in sorted(at):
            await asyncio.sleep(max(0.0, when - loop.time()))
            self.vendor.arrives("others", loop.time())

    def lose_the_file(self) -> None:
        self.file.unlink(missing_ok=True)


async def all_of(tasks: Iterable[Awaitable[None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for task in tasks:
            group.create_task(_as_coroutine(task))


async def _as_coroutine(task: Awaitable[None]) -> None:
    await task
