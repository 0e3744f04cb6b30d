"""The call budget of the one App Authorization: so many a second, so many per quarter hour.

It runs on real time, made faster by `speed`: at 300 a quarter hour lasts three seconds. A refused
call spends nothing [A]. Times are seconds of the budget's own clock, from the start of the sandbox.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

from sources.cimcloud.sandbox.play import SLIDING, Play

QUARTER_HOUR = 900.0
SECOND = 1.0


@dataclass(frozen=True)
class Verdict:
    """What becomes of a call.

    Attributes:
        at: when it came.
        over: whether it is refused.
        remaining: how many more the quarter hour allows.
        reset: seconds until it allows more, rounded up.
    """

    at: float
    over: bool
    remaining: int
    reset: int


class CallBudget:
    """Counts calls, and refuses those over the budget."""

    def __init__(self, play: Play) -> None:
        self.limit = play.calls_per_quarter_hour
        self.refused = 0
        self._per_second = play.calls_per_second
        self._speed = play.speed
        self._is_sliding = play.budget == SLIDING
        self._second = max(SECOND - play.tolerance_ms / 1000 * play.speed, 0.0)
        self._began = time.monotonic()
        self._arrived: list[float] = []
        self._windows: list[int] = []
        self._window_began = -math.inf
        self._spent = 0
        self._recent: deque[float] = deque()

    def now(self) -> float:
        """What its clock shows."""
        return (time.monotonic() - self._began) * self._speed

    def glance(self) -> Verdict:
        """How it stands, for a call that does not count."""
        now = self.now()
        self._expire(now)
        return self._verdict(now, over=False)

    def call(self) -> Verdict:
        """Counts a call that has come now."""
        now = self.now()
        self._expire(now)
        if not self._is_sliding and now >= self._window_began + QUARTER_HOUR:
            self._window_began, self._spent = now, 0
            self._windows.append(0)
        if self._windows:
            self._windows[-1] += 1
        in_second = len(self._recent) - bisect_right(self._recent, now - self._second)
        self._arrived.append(now)
        over = self._spent >= self.limit or in_second >= self._per_second
        if over:
            self.refused += 1
        else:
            self._recent.append(now)
            self._spent += 1
        return self._verdict(now, over=over)

    def told(self) -> dict[str, float | int | str]:
        """The books: calls and refusals, and the most there were at once, refused ones included.

        `highest_in_window` is of the windows that are played; a second is shorter by the tolerance.
        """
        window = _busiest(self._arrived, QUARTER_HOUR)
        return {
            "now": self.now(),
            "budget": SLIDING if self._is_sliding else "fixed",
            "calls": len(self._arrived),
            "refused": self.refused,
            "highest_in_second": _busiest(self._arrived, self._second),
            "highest_in_window": window if self._is_sliding else max(self._windows, default=0),
            "highest_in_sliding_window": window,
        }

    def _expire(self, now: float) -> None:
        """Forgets what no longer counts."""
        keep = QUARTER_HOUR if self._is_sliding else SECOND
        while self._recent and self._recent[0] <= now - keep:
            self._recent.popleft()
        if self._is_sliding:
            self._spent = len(self._recent)
        elif now >= self._window_began + QUARTER_HOUR:
            self._spent = 0

    def _verdict(self, now: float, *, over: bool) -> Verdict:
        if self._is_sliding:
            oldest = self._recent[0] if self._recent else now
            left = oldest + QUARTER_HOUR - now
        else:
            left = self._window_began + QUARTER_HOUR - now
        if left <= 0:
            left = QUARTER_HOUR  # no window runs: a call now would begin one
        return Verdict(now, over, self.limit - self._spent, math.ceil(left))


def _busiest(times: list[float], span: float) -> int:
    """The most that came within less than `span` seconds."""
    most = first = 0
    for last, at in enumerate(times):
        while times[first] <= at - span and first < last:
            first += 1
        most = max(most, last - first + 1)
    return most
