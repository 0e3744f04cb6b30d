"""What a request must pass before it is sent: forbidden paths, the run's end, lanes, the budget."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import httpx

from sources._http.answer import Answer
from sources._http.budget import Budget, Ticket
from sources._http.budget_count import Heard
from sources._http.call import Call, Fault
from sources._http.errors import Misconfigured, OutOfTime
from sources._http.exchange import Wire
from sources._http.lanes import Lane, Lanes
from sources._http.retry import asked_to_wait

TOO_MANY: Final = 429

Hears = Callable[[Mapping[str, str]], Heard | None]
"""Reads a vendor's own count from an answer's headers; None where they say nothing usable."""

Forbids = Callable[[str], str | None]
"""Says why a path must never be called; None where it may."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Lets requests through to the wire, and learns from their answers.

    Attributes:
        budget: every exchange takes a call of it.
        hears: reads the vendor's own count from an answer's headers.
        ends_at: nothing is sent from then on, in seconds of `time.monotonic`.
        forbids: says why a path must never be called; None where it may.
        lanes: how many requests may be in flight.
    """

    budget: Budget | None = None
    hears: Hears | None = None
    ends_at: float | None = None
    forbids: Forbids | None = None
    lanes: Lanes | None = None

    @asynccontextmanager
    async def lane(self, call: Call) -> AsyncIterator[Lane]:
        """Hold a lane, waiting for it as long as the run lasts; whoever has it says how it ended.

        Raises:
            OutOfTime: the run is over before one is free.
        """
        if self.lanes is None:
            yield Lane()
            return
        try:
            with call.standing_still():
                lane = await self.lanes.enter(self.ends_at)
        except TimeoutError:
            raise self._is_over(call) from None
        try:
            yield lane
        finally:
            self.lanes.leave(lane)

    async def exchange(self, wire: Wire, request: httpx.Request, call: Call) -> Answer:
        """Send it when it may be sent, and read the answer, good or bad.

        Raises:
            Fault: it failed on the way, and not for good.
            Misconfigured: its path is forbidden, or it failed and would again.
            OutOfTime: the run is over, or is before the budget allows the call.
        """
        self.check(request, call)
        if self.budget is None:
            answer = await wire.exchange(request, call)
            self._listen(answer, call)
            return answer
        with call.standing_still():
            ticket = await self.budget.take(self.ends_at)
        sent = True
        try:
            answer = await wire.exchange(request, call)
        except Fault as fault:
            sent = fault.sent
            raise
        finally:
            self.budget.done(ticket, sent=sent)
        self._report(self.budget, ticket, answer, self._listen(answer, call))
        return answer

    def check(self, request: httpx.Request, call: Call) -> None:
        """Whether it may be sent at all.

        Raises:
            Misconfigured: its path is forbidden.
            OutOfTime: the run is over.
        """
        for path in spellings(request.url) if self.forbids else ():
            why = self.forbids(path) if self.forbids else None
            if why is not None:
                raise Misconfigured(f"{call.asked} is never sent: {why}")
        if self.ends_at is not None and time.monotonic() >= self.ends_at:
            raise self._is_over(call)

    def _is_over(self, call: Call) -> OutOfTime:
        return OutOfTime(f"{call.asked} is not sent: the time given to this run is over")

    def _listen(self, answer: Answer, call: Call) -> Heard | None:
        """What the vendor says of its count; what that means for another try goes to the call."""
        heard = self.hears(answer.headers) if self.hears else None
        is_spent = answer.status == TOO_MANY and heard is not None and heard.remaining <= 0
        call.reset = heard.reset if heard is not None and is_spent else None
        call.is_budgeted = is_spent and self.budget is not None
        return heard

    def _report(self, budget: Budget, ticket: Ticket, answer: Answer, heard: Heard | None) -> None:
        if answer.status == TOO_MANY:
            budget.refused(ticket, heard, retry_after=asked_to_wait(answer))
        elif heard is not None:
            budget.heard(ticket, limit=heard.limit, remaining=heard.remaining, reset=heard.reset)


def spellings(url: httpx.URL) -> Iterator[str]:
    """A URL's path as it is sent, and percent-decoded again and again until nothing changes."""
    path = url.raw_path.partition(b"?")[0].decode("ascii")
    yield path
    while (decoded := unquote(path)) != path:
        path = decoded
        yield path
