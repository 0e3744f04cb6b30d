"""A budget whose time is set by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sources._http.budget import Budget, Rate, Ticket

QUARTER = Rate(100, 900)
SECOND = Rate(2, 1)
BOTH = (SECOND, QUARTER)

Opens = Callable[..., Budget]


@dataclass
class Watch:
    """A clock that tests set, and a sleep that sets it; it moves a little whenever it is read."""

    now: float = 5000.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        self.now += 1e-9
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def opens(file: Path, watch: Watch) -> Opens:
    """Opens budgets in that file, as so many processes would."""

    def open_one(*rates: Rate, account: str = "account", speed: float = 1.0) -> Budget:
        return Budget(
            file,
            account,
            rates or BOTH,
            monotonic=watch.monotonic,
            sleep=watch.sleep,
            speed=speed,
        )

    return open_one


def take(budget: Budget, ends_at: float | None = None) -> Ticket:
    return asyncio.run(budget.take(ends_at))


def call(budget: Budget, times: int = 1) -> Ticket:
    """Calls that are answered at once; the last one's ticket."""
    for _ in range(times):
        ticket = take(budget)
        budget.done(ticket)
    return ticket


def left(budget: Budget) -> list[int]:
    return [one.calls for one in budget.left()]
