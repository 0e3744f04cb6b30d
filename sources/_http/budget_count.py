"""What is left of a rate, and when the next call is: arithmetic, without a clock or a file.

A vendor counts a call somewhere between its sending and its answer. So a call occupies a window
from when it is sent until the window's length after its answer was complete: however the vendor
counts, with fixed windows or sliding ones, calls spaced by this never exceed a rate.

That holds while all calls are ours. The vendor's own word (`X-RateLimit-Remaining`, `-Reset`)
corrects it, and a few things about such a word are true of either kind of window:

- what it said remains, minus every call it may not have counted yet, is never too much, unless
  somebody else spends the account too; so where that is more than our count leaves, it is right
  (a window that began anew, a call that never arrived);
- where it leaves less than our calls explain, others spend, or our file was lost: then only the
  word counts until its reset, and what it did not leave stays spent for one window;
- when its reset has passed, one call is free. The answer to that one tells the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sources._http.errors import Misconfigured

ABANDONED_SECONDS: Final = 60.0
"""By then a vendor has counted a call whose sender is gone (or one window later, if shorter)."""

_WHOLE: Final = 1.0


@dataclass(frozen=True)
class Rate:
    """So many calls in so many seconds.

    Raises:
        Misconfigured: on construction, when nothing could ever be called.
    """

    calls: int
    seconds: float

    def __post_init__(self) -> None:
        if self.calls < 1 or not 0 < self.seconds < math.inf:
            raise Misconfigured(
                f"{self.calls} calls in {self.seconds:g} s is no rate: both must be above 0"
            )


@dataclass(frozen=True)
class Heard:
    """What a vendor's answer says about its own count.

    Attributes:
        limit: calls a window, which tells the rate it is about; None where it is not said.
        remaining: calls left in the window.
        reset: seconds until the window is over.
    """

    limit: int | None
    remaining: int
    reset: float


@dataclass(frozen=True)
class Spent:
    """A call that was sent.

    Attributes:
        number: in the order of taking.
        taken_at: ticks.
        answered_at: ticks; None while it is on its way.
        is_lost: its process died, so nobody will say when it was answered.
    """

    number: int
    taken_at: float
    answered_at: float | None
    is_lost: bool = False

    def counted_by(self, rate: Rate) -> float | None:
        """When the vendor has counted it at the latest; None while nobody can say."""
        if self.answered_at is None and self.is_lost:
            return self.taken_at + min(ABANDONED_SECONDS, rate.seconds)
        return self.answered_at

    def may_count_after(self, ticks: float, rate: Rate) -> bool:
        """Whether the vendor may have counted it later than that."""
        counted_by = self.counted_by(rate)
        return counted_by is None or counted_by > ticks


@dataclass(frozen=True)
class Word:
    """The vendor's last word about one rate.

    Attributes:
        number: of the call whose answer it came with.
        taken_at: when that was sent, in ticks; the vendor counted no earlier.
        heard_at: when the answer was here.
        remaining: what was left.
        foreign: calls that it counted and that none of ours explains.
        is_strict: our own count has been shown to be too low, by foreign calls or by a refusal.
        reset_at: when one call at least is free.
    """

    number: int
    taken_at: float
    heard_at: float
    remaining: int
    foreign: int
    is_strict: bool
    reset_at: float

    def may_have_used_its_reset(self, call: Spent, rate: Rate) -> bool:
        """Whether a call may have got what is free after the reset.

        That was for sure no earlier than the vendor's window was over: so many seconds after the
        word's own call was sent, less the rounding, up or down. A newer call in between, whose
        answer brought no word, may have got it.
        """
        if call.may_count_after(self.reset_at, rate):
            return True
        earliest = self.taken_at + self.reset_at - self.heard_at - 2 * _WHOLE
        return call.number > self.number and call.may_count_after(earliest, rate)

    def holds(self, rate: Rate, now: float) -> bool:
        """Whether it still says more than our own calls since."""
        return now < self.heard_at + rate.seconds


@dataclass(frozen=True)
class Standing:
    """How a rate stands.

    Attributes:
        left: calls that may be sent now.
        next_at: ticks of the next one; where that depends on answers still to come, no later than
            it can be.
    """

    left: int
    next_at: float


def standing(rate: Rate, calls: Iterable[Spent], word: Word | None, now: float) -> Standing:
    """What is left of a rate now, by our own count and the vendor's word."""
    spent = [call for call in calls if call.may_count_after(now - rate.seconds, rate)]
    until = [_until(call, rate, now) for call in spent]
    if word is None or not word.holds(rate, now):
        return _by_count(rate, until, now)
    own = _by_count(rate, [*until, *[word.heard_at + rate.seconds] * word.foreign], now)
    uncounted = (call for call in spent if call.may_count_after(word.taken_at, rate))
    left = word.remaining - sum(call.number != word.number for call in uncounted)
    next_at = own.next_at
    if now < word.reset_at:
        next_at = word.reset_at if word.is_strict else min(own.next_at, word.reset_at)
    elif not any(word.may_have_used_its_reset(call, rate) for call in spent):
        left = max(left, 1)
    if now >= word.reset_at or not word.is_strict:
        left = max(left, own.left)
    return Standing(left, now) if left > 0 else Standing(0, next_at)


def worded(
    rate: Rate,
    calls: Sequence[Spent],
    asked: Spent,
    heard: Heard,
    now: float,
    *,
    is_refused: bool,
) -> Word:
    """What the vendor's answer to a call means for a rate.

    Args:
        rate: the rate it is about.
        calls: all of ours, the one that was answered included.
        asked: the one that was answered.
        heard: what was said with it.
        now: when, in ticks.
        is_refused: the call was not served, because nothing was left.
    """
    opened = asked.taken_at - rate.seconds
    explained = sum(call.may_count_after(opened, rate) for call in calls)
    remaining = max(0, min(heard.remaining, rate.calls - 1))
    reset = _reset(rate, heard.reset)
    is_generous = heard.limit is not None and heard.limit > rate.calls
    if is_generous:
        # the user wants less than the vendor gives: what others use of it takes none of ours
        remaining = max(0, min(remaining, rate.calls - explained))
    is_strict = is_refused or explained < rate.calls - remaining
    if is_generous and not is_strict:
        reset = rate.seconds  # what the vendor has free again by then, the user may not want used
    # once it is known that others spend, only what is surely ours counts as ours
    ours = sum(
        call.taken_at > now - rate.seconds and not call.may_count_after(asked.taken_at, rate)
        for call in calls
        if call.number != asked.number
    )
    return Word(
        number=asked.number,
        taken_at=asked.taken_at,
        heard_at=now,
        remaining=remaining,
        foreign=max(0, rate.calls - remaining - ours - 1) if is_strict else 0,
        is_strict=is_strict,
        reset_at=now + reset,
    )


def rate_meant(rates: Sequence[Rate], limit: int | None) -> Rate:
    """The rate a vendor speaks of: the one of that many calls, else the longest."""
    alike = [rate for rate in rates if rate.calls == limit]
    return max(alike or rates, key=lambda rate: rate.seconds)


def _until(call: Spent, rate: Rate, now: float) -> float:
    """When a call leaves the window, no later than that."""
    counted_by = call.counted_by(rate)
    return (now if counted_by is None else counted_by) + rate.seconds


def _by_count(rate: Rate, until: list[float], now: float) -> Standing:
    """How a rate stands by counting what occupies it.

    Args:
        rate: the rate.
        until: when each call in the window leaves it.
        now: ticks.
    """
    left = rate.calls - len(until)
    return Standing(left, now) if left > 0 else Standing(0, sorted(until)[-left])


def _reset(rate: Rate, seconds: float) -> float:
    """In how many seconds one call is free: never longer than a window, whatever was said.

    Whole seconds may have been rounded down, and a call a moment too early would be refused.
    """
    left = max(0.0, float(seconds))
    return min(rate.seconds, left + (_WHOLE if left.is_integer() else 0.0))
