"""The call budget of one vendor account: shared by runs and processes, and as fast as it allows.

Every call takes a ticket before it is sent and reports when its answer is complete; what the
answer says about the vendor's own count corrects ours (`sources._http.budget_count` says how, and
why the vendor's count is never exceeded).
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from sources._http.budget_count import (
    ABANDONED_SECONDS,
    Heard,
    Rate,
    Spent,
    Standing,
    rate_meant,
    standing,
    worded,
)
from sources._http.budget_file import BudgetFile
from sources._http.budget_rows import Rows
from sources._http.errors import OutOfTime
from sources._http.process import birth, is_alive

__all__ = ["Budget", "Budgets", "Heard", "Left", "Rate", "Ticket"]

_CLOSED_SECONDS: Final = 30.0
_SHORTEST_NAP: Final = 0.001
_LONGEST_NAP: Final = 1.0
_SHORTEST_LONGEST_NAP: Final = 0.02
_WORTH_A_WORD: Final = 10.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ticket:
    """Leave to send one call.

    Attributes:
        number: of the call in the file.
        taken_at: ticks.
    """

    number: int
    taken_at: float


@dataclass(frozen=True)
class Left:
    """What is left of a rate.

    Attributes:
        rate: the rate.
        calls: that may be sent now.
        free_in: seconds until one may be sent; 0 while calls are left.
    """

    rate: Rate
    calls: int
    free_in: float


class Budget:
    """One account's budget; used from any thread and any event loop of any process.

    It counts in ticks of the machine's monotonic clock, so a wall clock that jumps does nothing;
    all processes that share the file run on one machine. A clock that does jump, or a reboot,
    holds nobody up for longer than a window.
    """

    def __init__(
        self,
        file: Path,
        account: str,
        rates: Sequence[Rate],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        speed: float = 1.0,
        patience_seconds: float = 10.0,
    ) -> None:
        """A budget whose file is opened when it is first needed.

        Args:
            file: the SQLite file, made when it is not there; holds other accounts too.
            account: tells it from the others; kept as a hash, since it may hold a key.
            rates: all of them hold.
            monotonic: seconds of a clock that all processes share.
            sleep: waits so many seconds.
            speed: ticks a second: a vendor whose clock runs faster (a sandbox) lets us wait less.
            patience_seconds: how long another process may hold the file.

        Raises:
            ValueError: there is no rate.
        """
        if not rates:
            raise ValueError("a budget needs a rate")
        self.rates = tuple(rates)
        self._account = sha256(account.encode()).hexdigest()[:32]
        self._file = BudgetFile(file, patience_seconds=patience_seconds)
        self._monotonic = monotonic
        self._sleep = sleep
        self._speed = speed
        self._longest = max(rate.seconds for rate in rates)
        self._shortest = min(rate.seconds for rate in rates)
        self._patience = max(self._longest, ABANDONED_SECONDS)

    async def take(self, ends_at: float | None = None) -> Ticket:
        """Wait until every rate allows a call, and record it.

        Whoever sends must report with `done`, whatever became of the call.

        Args:
            ends_at: don't wait longer than until then, on the clock `monotonic`.

        Raises:
            OutOfTime: the wait would end later; says when the next call is possible.
            Retryable: another process holds the file for too long.
            Misconfigured: the file cannot be used.
        """
        said = False
        while True:
            version = self._file.version()
            found = self._try()
            if isinstance(found, Ticket):
                return found
            seconds = max(found / self._speed, _SHORTEST_NAP)
            if ends_at is not None and self._monotonic() + seconds > ends_at:
                raise OutOfTime(
                    "the time given to this run is over before the vendor's call budget allows "
                    f"another call, in {seconds:.0f} s",
                    next_call_in=seconds,
                )
            if seconds > _WORTH_A_WORD and not said:
                _log.info("waits %.0f s for the vendor's call budget", seconds)
                said = True
            await self._wait(seconds, version)

    def done(self, ticket: Ticket, *, sent: bool = True) -> None:
        """The call's answer is complete, or will never be.

        Args:
            ticket: the call's.
            sent: False when the vendor cannot have seen it: then it was never called.

        Raises:
            PenstockError: the file cannot be used, as for `take`.
        """
        with self._rows() as (rows, _):
            if sent:
                rows.answered(ticket.number)
            else:
                rows.drop(ticket.number)

    def heard(self, ticket: Ticket, *, limit: int | None, remaining: int, reset: float) -> None:
        """The vendor's own word on what is left, as it came with a call's answer.

        Args:
            ticket: the call's; a word from an older call than the last word's is ignored.
            limit: the rate is the one of so many calls, else the longest.
            remaining: calls left.
            reset: in how many of the vendor's seconds its window is over.

        Raises:
            PenstockError: the file cannot be used, as for `take`.
        """
        with self._rows() as (rows, now):
            self._hear(rows, now, ticket, Heard(limit, remaining, reset), is_refused=False)

    def refused(
        self, ticket: Ticket, heard: Heard | None = None, *, retry_after: float | None = None
    ) -> None:
        """The vendor did not serve the call, because too many were made.

        With a word that nothing is left, the rate it is about is spent until its reset. Otherwise
        nobody knows which limit was meant: all calls of the account pause, for as long as the
        vendor asks (a window at most), else for the shortest window (half a minute at most).

        Args:
            ticket: the call's.
            heard: what the vendor said about its count, if anything.
            retry_after: in how many of its seconds it asks us to come back.

        Raises:
            PenstockError: the file cannot be used, as for `take`.
        """
        with self._rows() as (rows, now):
            is_spent = heard is not None and heard.remaining <= 0
            if heard is not None and not self._hear(rows, now, ticket, heard, is_refused=is_spent):
                is_spent = False
            if retry_after is not None:
                rows.close(min(retry_after, self._longest))
            elif not is_spent:
                rows.close(min(self._shortest, _CLOSED_SECONDS))

    def left(self) -> list[Left]:
        """What is left of each rate now, in the order of the rates.

        Raises:
            PenstockError: the file cannot be used, as for `take`.
        """
        with self._rows() as (rows, now):
            return [
                Left(rate, stands.left, max(0.0, stands.next_at - now) / self._speed)
                for rate, stands in zip(self.rates, self._standings(rows, now), strict=True)
            ]

    def close(self) -> None:
        """Let go of the file; what is asked next opens it again."""
        self._file.close()

    async def _wait(self, seconds: float, version: tuple[int, int] | None) -> None:
        """Wait, unless an answer or another process changes something meanwhile.

        Args:
            seconds: at most.
            version: of the file, before it was found that there is something to wait for.
        """
        longest = max(_LONGEST_NAP / self._speed, _SHORTEST_LONGEST_NAP)
        while seconds > 0:
            nap = min(seconds, longest)
            await self._sleep(nap)
            seconds -= nap  # no clock is asked, so none that jumps can make this longer
            if self._file.version() != version:
                return

    def _try(self) -> Ticket | float:
        """A ticket, or how many ticks to wait for one."""
        with self._rows() as (rows, now):
            next_at = max(stands.next_at for stands in self._standings(rows, now))
            if next_at > now:
                return next_at - now
            pid = os.getpid()
            number = rows.add(pid, birth(pid) or "")
            rows.prune(now - self._longest - ABANDONED_SECONDS, self._patience)
            return Ticket(number, now)

    def _standings(self, rows: Rows, now: float) -> list[Standing]:
        calls = self._calls(rows)
        closed_until = rows.closed_until()
        found = [standing(rate, calls, rows.word(rate), now) for rate in self.rates]
        if closed_until <= now:
            return found
        return [Standing(0, max(stands.next_at, closed_until)) for stands in found]

    def _hear(
        self, rows: Rows, now: float, ticket: Ticket, heard: Heard, *, is_refused: bool
    ) -> bool:
        """Keep a word, unless it is older than the last one or can't be placed among our calls."""
        rate = rate_meant(self.rates, heard.limit)
        last = rows.word(rate)
        if last is not None and last.holds(rate, now) and last.number > ticket.number:
            return False
        calls = self._calls(rows)
        # a file that was lost meanwhile does not know the call
        unknown = Spent(ticket.number, min(ticket.taken_at, now), now)
        asked = next((call for call in calls if call.number == ticket.number), unknown)
        if asked.taken_at != ticket.taken_at:
            return False  # the clock jumped while it was on its way
        rows.keep(rate, worded(rate, calls, asked, heard, now, is_refused=is_refused))
        return True

    def _calls(self, rows: Rows) -> list[Spent]:
        return rows.calls(self._patience, is_alive)

    @contextmanager
    def _rows(self) -> Iterator[tuple[Rows, float]]:
        """The account's rows, and now: read when the file is ours, so that times are in order."""
        with self._file.transaction() as db:
            now = self._monotonic() * self._speed
            yield Rows(db, self._account, now), now


@dataclass(frozen=True)
class Budgets:
    """Makes the budgets of all accounts in one file; attributes as `Budget` has them."""

    file: Path
    monotonic: Callable[[], float] = field(default=time.monotonic, kw_only=True)
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep, kw_only=True)
    speed: float = field(default=1.0, kw_only=True)
    patience_seconds: float = field(default=10.0, kw_only=True)

    def account(self, name: str, rates: Sequence[Rate]) -> Budget:
        """The budget of an account.

        Args:
            name: what the vendor counts by: its site and key, for one. Kept as a hash.
            rates: all of them hold.
        """
        return Budget(
            self.file,
            name,
            rates,
            monotonic=self.monotonic,
            sleep=self.sleep,
            speed=self.speed,
            patience_seconds=self.patience_seconds,
        )
