"""The project's clock: times come as local text without an offset, and one hour a year twice.

A text orders as its time does, except across the hour that autumn repeats. What is compared here is
therefore made so that it holds whichever of the two was meant, and whether the vendor sorts by the
text or by the instant behind it, which nothing says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?", re.ASCII
)
_STEP: Final = timedelta(hours=12)  # no zone keeps an offset for less
_SECOND: Final = timedelta(seconds=1)
_AHEAD: Final = timedelta(days=1)  # our clock may be behind the project's
_FIRST_YEAR, _LAST_YEAR = 1900, 2199  # as columns are typed
_FORMAT: Final = "%Y-%m-%d %H:%M:%S"


def local(value: object) -> str | None:
    """A time as it can be compared; None where it is none, or no day has it."""
    if not isinstance(value, str) or not _TIME.fullmatch(value.strip()):
        return None
    text = value.strip()
    try:
        year = datetime.fromisoformat(text).year
    except ValueError:
        return None
    return text if _FIRST_YEAR <= year <= _LAST_YEAR else None


def newest(values: Iterable[object]) -> str | None:
    """The greatest of the times; None where there is none."""
    return max((text for value in values if (text := local(value))), default=None)


def oldest(values: Iterable[object]) -> str | None:
    """The least of the times; None where there is none."""
    return min((text for value in values if (text := local(value))), default=None)


def edge(values: Iterable[object]) -> str | None:
    """How far down a page goes: the greater of its last two times; None where it has none.

    One row that is out of its place, with a time long past, must not pass for the page's end.
    """
    known = [text for value in values if (text := local(value))]
    return max(known[-2:], default=None)


def rank(value: object, zone: ZoneInfo) -> str | None:
    """The time as what a list is sorted by.

    All of a repeated hour has one rank, that of its beginning: whether a vendor sorts by the text
    or by the instant, its rows are in one place of the list. What has no time has no rank: some
    databases put it first, others last.
    """
    text = local(value)
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return str(_begin_of_repeated(at, zone)) if _is_repeated(at, zone) else text


def now_in(zone: ZoneInfo, now: datetime) -> str:
    """The project's clock.

    Args:
        zone: the project's.
        now: UTC, naive.
    """
    return now.replace(tzinfo=UTC).astimezone(zone).strftime(_FORMAT)


def earliest(text: str, zone: ZoneInfo) -> datetime:
    """The first instant that a local time may mean, in UTC, naive."""
    at = datetime.fromisoformat(text)
    return min(at - _offset(at, zone, fold=fold) for fold in (0, 1))


def latest(text: str, zone: ZoneInfo) -> datetime:
    """The last instant that a local time may mean, in UTC, naive."""
    at = datetime.fromisoformat(text)
    return max(at - _offset(at, zone, fold=fold) for fold in (0, 1))


def floor(watermark: str, overlap: timedelta, zone: ZoneInfo, now: datetime) -> str:
    """No row that changed since the watermark, less the overlap, has a time below this.

    The project's clock is set back in autumn: what changes after that may have a time below the
    watermark. So the floor is laid by the least offset of the time in between: it reaches back over
    the repeated hour whatever the overlap is.

    Args:
        watermark: the newest change that was seen, local.
        overlap: how far behind it to begin.
        zone: the project's.
        now: UTC, naive.
    """
    begin = earliest(watermark, zone) - overlap
    end = max(begin, now + _AHEAD)
    steps = range((end - begin) // _STEP + 1)
    offsets = [_offset_at(at, zone) for at in (*(begin + n * _STEP for n in steps), end)]
    # whole seconds: a fraction sorts behind its second
    return (begin + min(offsets)).strftime(_FORMAT)


def _is_repeated(at: datetime, zone: ZoneInfo) -> bool:
    return _offset(at, zone, fold=0) > _offset(at, zone, fold=1)


def _begin_of_repeated(at: datetime, zone: ZoneInfo) -> datetime:
    """The first second of the repeated time that a moment is in."""
    lasts = _offset(at, zone, fold=0) - _offset(at, zone, fold=1)
    inside, outside = at.replace(microsecond=0), at.replace(microsecond=0) - lasts
    while inside - outside > _SECOND:
        middle = outside + (inside - outside) // _SECOND // 2 * _SECOND
        if _is_repeated(middle, zone):
            inside = middle
        else:
            outside = middle
    return inside


def _offset(at: datetime, zone: ZoneInfo, *, fold: int) -> timedelta:
    return at.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta()


def _offset_at(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.replace(tzinfo=UTC).astimezone(zone).utcoffset() or timedelta()
