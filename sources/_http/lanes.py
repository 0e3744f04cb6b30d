"""How many requests may be in flight at once, found by trying.

A vendor that publishes no limit is asked with few requests at once, then with one more after each
round of good answers, until it refuses (429, 503, or what its `Judge` calls busy). Then half as
many, and the number that was refused is remembered: growth stops one below it. Beyond, it is tried
again after 16 rounds, then after 32, 64, ... and at last every 256, so a limit costs a refusal per
some thousand requests, and one that was raised is found. A number that holds for four rounds after
all is forgotten, so an outage slows nobody down for long.

A round is as many good answers as there are lanes, to requests in whose time all lanes were
taken: what was never asked for at once proves nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

_FIRST_ROUNDS: Final = 16
_MOST_ROUNDS: Final = 256
_PROOF_ROUNDS: Final = 4


class Ended(Enum):
    """What a request's end says about how many may be in flight."""

    WELL = auto()
    """The vendor served it."""
    BUSY = auto()
    """The vendor has too much to do."""
    OTHERWISE = auto()
    """Nothing: it failed on the way, was cancelled, or its credentials were over."""


@dataclass(eq=False)
class Lane:
    """Leave to have one request in flight.

    Attributes:
        number: of the request, counted from 1.
        peak: most requests in flight in its time.
        ended: how it ended; to be said before it leaves.
    """

    number: int = 0
    peak: int = 1
    ended: Ended = Ended.OTHERWISE


class Lanes:
    """Lets so many requests be in flight, in the order they came.

    For one event loop at a time; what was learnt stays when a client in the next loop has it.
    The client that logs in must not have the lanes of the client it logs in for: a request waits
    for its credentials in its lane.
    """

    def __init__(self, most: int, start: int = 2) -> None:
        """Lanes that nobody uses yet.

        Args:
            most: never more in flight than so many.
            start: how many at first; `most` when that is less.

        Raises:
            ValueError: either is below one.
        """
        if most < 1 or start < 1:
            raise ValueError(f"most is {most} and start {start}: at least one lane must be open")
        self.most = most
        self._limit = min(start, most)
        self._highest = self._limit
        self._requests = 0
        self._refusals = 0
        self._halvings = 0
        self._refused_at: Counter[int] = Counter()
        self._good = 0
        self._changed_at = 0
        self._halved_at = 0
        self._inside: set[Lane] = set()
        self._waiting: deque[asyncio.Future[Lane]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def limit(self) -> int:
        """How many may be in flight now."""
        return self._limit

    def told(self) -> dict[str, int]:
        """Figures so far.

        `limit` now, the `highest` it ever was, `most` it may be; `requests` that had a lane;
        `refusals` the vendor was too busy for, and the `halvings` they led to.
        """
        return {
            "limit": self._limit,
            "highest": self._highest,
            "most": self.most,
            "requests": self._requests,
            "refusals": self._refusals,
            "halvings": self._halvings,
        }

    async def enter(self, ends_at: float | None = None) -> Lane:
        """Wait for a lane; whoever gets one must `leave` it, whatever became of the request.

        Args:
            ends_at: don't wait longer than until then, in seconds of `time.monotonic` (which is
                what event loops count in).

        Raises:
            TimeoutError: no lane was free by then.
            RuntimeError: another event loop, still running, uses these lanes.
        """
        self._bind(asyncio.get_running_loop())
        if not self._waiting and len(self._inside) < self._limit:
            return self._begin()
        turn: asyncio.Future[Lane] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(ends_at):
                return await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self.leave(turn.result())
            raise

    def leave(self, lane: Lane) -> None:
        """Give the lane to the next in turn; learn from how the request ended."""
        if lane not in self._inside:
            return
        self._inside.remove(lane)
        if lane.ended is Ended.BUSY:
            self._refused(lane)
        elif lane.ended is Ended.WELL:
            self._served(lane)
        while self._waiting and len(self._inside) < self._limit:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(self._begin())

    def _begin(self) -> Lane:
        self._requests += 1
        lane = Lane(self._requests)
        self._inside.add(lane)
        for other in self._inside:
            other.peak = max(other.peak, len(self._inside))
        return lane

    def _refused(self, lane: Lane) -> None:
        self._refusals += 1
        if lane.number <= self._halved_at:
            return
        self._refused_at[lane.peak] += 1
        self._halvings += 1
        self._halved_at = self._requests
        self._change(max(1, min(self._limit // 2, lane.peak - 1)))

    def _served(self, lane: Lane) -> None:
        if lane.number <= self._changed_at or lane.peak < self._limit:
            return
        self._good += 1
        rounds = self._good / self._limit
        if rounds >= _PROOF_ROUNDS:
            for level in [level for level in self._refused_at if level <= self._limit]:
                del self._refused_at[level]
        if self._limit < self.most and rounds >= self._rounds_to_grow():
            self._change(self._limit + 1)

    def _rounds_to_grow(self) -> int:
        """How many rounds of good answers it takes to try one more at once."""
        refused = self._refused_at[self._limit + 1]
        if refused:
            return int(min(_FIRST_ROUNDS * 2 ** (refused - 1), _MOST_ROUNDS))
        return _PROOF_ROUNDS if self._refused_at[self._limit] else 1

    def _change(self, limit: int) -> None:
        self._limit = limit
        self._highest = max(self._highest, limit)
        self._good = 0
        self._changed_at = self._requests

    def _bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Belong to the loop that runs; what an earlier one left behind will never end."""
        if loop is self._loop:
            return
        if self._loop is not None and self._loop.is_running():
            raise RuntimeError("lanes serve one event loop at a time")
        self._loop = loop
        self._inside.clear()
        self._waiting.clear()
