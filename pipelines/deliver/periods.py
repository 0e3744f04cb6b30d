"""Days, weeks and months: what an extract is delivered for, once each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_LABEL = {
    "day": re.compile(r"\d{4}-\d\d-\d\d"),
    "week": re.compile(r"\d{4}-W\d\d"),
    "month": re.compile(r"\d{4}-\d\d"),
}


class Kind(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def containing(self, day: date) -> Period:
        """The period that a day is in; weeks begin on Monday, as ISO 8601 has it."""
        match self:
            case Kind.DAY:
                return Period(self, day)
            case Kind.WEEK:
                return Period(self, day - timedelta(days=day.weekday()))
            case Kind.MONTH:
                return Period(self, day.replace(day=1))

    def named(self, label: str) -> Period | None:
        """The period of that name: 2026-11-23, 2026-W48 or 2026-11; a day names the one it is in.

        None where it names none of this kind.
        """
        try:
            if self is Kind.MONTH and _LABEL["month"].fullmatch(label):
                return Period(self, date.fromisoformat(f"{label}-01"))
            if _LABEL["day"].fullmatch(label) or (
                self is Kind.WEEK and _LABEL["week"].fullmatch(label)
            ):
                return self.containing(date.fromisoformat(label))
        except ValueError:
            return None
        return None

    def is_label(self, label: str) -> bool:
        """Whether a period of this kind is called so."""
        return _LABEL[self.value].fullmatch(label) is not None


@dataclass(frozen=True, order=True)
class Period:
    """One day, week or month.

    Attributes:
        kind: how long it is.
        start: its first day.
    """

    kind: Kind
    start: date

    @property
    def end(self) -> date:
        """The first day after it."""
        match self.kind:
            case Kind.DAY:
                return self.start + timedelta(days=1)
            case Kind.WEEK:
                return self.start + timedelta(days=7)
            case Kind.MONTH:
                return (self.start + timedelta(days=31)).replace(day=1)

    @property
    def label(self) -> str:
        """Its name: 2026-11-23, 2026-W48, 2026-11."""
        match self.kind:
            case Kind.DAY:
                return self.start.isoformat()
            case Kind.WEEK:
                year, week, _ = self.start.isocalendar()
                return f"{year:04}-W{week:02}"
            case Kind.MONTH:
                return f"{self.start:%Y-%m}"

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """When it is over where the clock runs so (UTC, naive)."""
        return midnight(self.end, zone)

    def next(self) -> Period:
        """The one after it."""
        return Period(self.kind, self.end)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins in a zone (UTC, naive)."""
    return datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None)


def last_complete(kind: Kind, now: datetime, zone: ZoneInfo) -> Period:
    """The latest period that is over (`now` in UTC, naive)."""
    today = now.replace(tzinfo=UTC).astimezone(zone).date()
    return kind.containing(kind.containing(today).start - timedelta(days=1))


def through(first: Period, last: Period) -> Iterator[Period]:
    """Every period from one to another, both included."""
    while first.start <= last.start:
        yield first
        first = first.next()
