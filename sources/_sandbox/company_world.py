"""The company in time: deals open through the seasons, documents move on, a clock is turned."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from sources._sandbox.chance import dice
from sources._sandbox.company import DAY, MEAN_WIN_RATE, Customers
from sources._sandbox.company_deals import (
    OPEN_MINUTES,
    OPENS_AT,
    Deal,
    Document,
    Kind,
    Step,
    open_deal,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.date().toordinal()
FIRST_NUMBER = {Kind.QUOTATION: 12_001, Kind.ORDER: 8_001}
# kitchens are chosen in spring and autumn; builders are away in late July and at Christmas
SEASON = (0.8, 0.9, 1.1, 1.2, 1.25, 1.1, 0.8, 0.95, 1.15, 1.15, 1.0, 0.6)
WEEK = (1.05, 1.0, 1.0, 1.1, 1.05, 0.15, 0.0)  # from Monday
GROWTH_PER_YEAR = 1.1
DAYS_TO_ORDER = 23  # from a first visit to the order, on average
DECIDED = 0.94
SHORTEST_PAST_DAYS, LONGEST_PAST_DAYS = 120, 1460


class Saved(NamedTuple):
    """A save: this document, at this step of its life."""

    document: Document
    step: Step


def minutes(moment: datetime) -> int:
    """Whole minutes since 1970; `moment` has an offset."""
    return int((moment - EPOCH).total_seconds() // 60)


def moment(minute: int) -> datetime:
    """The moment of a minute, in UTC."""
    return EPOCH + timedelta(minutes=minute)


@lru_cache(maxsize=20_000)
def calendar_day(day: int) -> date:
    """The date of a day counted from 1970."""
    return date.fromordinal(EPOCH_DAY + day)


class World:
    """The company and its clock. The same seed and the same advances give the same world.

    Args:
        seed: of everything that is chance.
        rows: about how many orders the past holds; 0 is a company without any business.
        start: when the clock stands at the beginning; it has an offset.
    """

    def __init__(self, seed: int, rows: int, start: datetime) -> None:
        self.seed = seed
        self.now = minutes(start)
        self._rng = dice("company", seed)
        self._customers = Customers(self._rng)
        self._deals = 0
        self._serial = 0
        self._numbers = dict(FIRST_NUMBER)
        self._ahead: list[tuple[int, int, Document]] = []
        self._started_on = self.now // DAY
        past = _past_days(rows)
        self._planned_to = self._started_on - past
        self._per_day = _deals_per_day(rows, self._started_on, past)
        self._past = self._live_through_the_past()

    @property
    def time(self) -> datetime:
        """What the clock shows, in UTC."""
        return moment(self.now)

    def past(self) -> list[Saved]:
        """The documents there were at the start, each as it then was, oldest first."""
        return self._past

    def advance(self, by_minutes: int) -> list[Saved]:
        """Turns the clock; what was saved meanwhile, in that order.

        Raises:
            ValueError: a clock does not go back.
        """
        if by_minutes < 0:
            raise ValueError(f"the clock cannot go back ({by_minutes} minutes)")
        self.now += by_minutes
        for document in self._open_deals():
            heapq.heappush(self._ahead, (document.steps[0].at, document.serial, document))
        saves = []
        while self._ahead and self._ahead[0][0] <= self.now:
            _, serial, document = self._ahead[0]
            self._number(document)
            saves.append(Saved(document, document.steps.pop(0)))
            if document.steps:
                heapq.heapreplace(self._ahead, (document.steps[0].at, serial, document))
            else:
                heapq.heappop(self._ahead)
        return saves

    def _live_through_the_past(self) -> list[Saved]:
        """Like `advance`, but only the last save of each document is told: much faster."""
        documents = list(self._open_deals())
        born = [document for document in documents if document.steps[0].at <= self.now]
        born.sort(key=lambda document: (document.steps[0].at, document.serial))
        saves = []
        for document in born:
            self._number(document)
            lived = sum(step.at <= self.now for step in document.steps)
            saves.append(Saved(document, document.steps[lived - 1]))
            document.steps = document.steps[lived:]
        self._ahead = [(d.steps[0].at, d.serial, d) for d in documents if d.steps]
        heapq.heapify(self._ahead)
        return saves

    def _open_deals(self) -> Iterator[Document]:
        """The documents of all deals that open until the end of today, planned day by day."""
        for day in range(self._planned_to, self.now // DAY + 1):
            for opened in self._visits(day):
                yield from self._open(opened)
        self._planned_to = max(self._planned_to, self.now // DAY + 1)

    def _visits(self, day: int) -> list[int]:
        """When somebody walks in on `day`, in minutes."""
        rng = self._rng
        expected = self._per_day * _liveliness(day, self._started_on) * (0.6 + 0.8 * rng.random())
        count = int(expected) + (rng.random() < expected % 1)
        return sorted(day * DAY + OPENS_AT + int(rng.random() * OPEN_MINUTES) for _ in range(count))

    def _open(self, opened: int) -> list[Document]:
        self._deals += 1
        customer = self._customers.next(opened)
        deal: Deal = open_deal(self._rng, self._deals, customer, opened)
        documents = deal.documents()
        for document in documents:
            self._serial += 1
            document.serial = self._serial
        return documents

    def _number(self, document: Document) -> None:
        if document.number == 0 and document.kind in self._numbers:
            document.number = self._numbers[document.kind]
            self._numbers[document.kind] += 1


def _past_days(rows: int) -> int:
    """A small company is young; a large one has years behind it."""
    grown = SHORTEST_PAST_DAYS * (rows / 200) ** 0.4
    return int(min(max(grown, SHORTEST_PAST_DAYS), LONGEST_PAST_DAYS))


def _deals_per_day(rows: int, started_on: int, past: int) -> float:
    """How many deals open on an ordinary day, so that the past holds about `rows` orders."""
    fruitful = range(started_on - past, started_on - DAYS_TO_ORDER)
    liveliness = sum(_liveliness(day, started_on) for day in fruitful)
    return rows / (MEAN_WIN_RATE * DECIDED * liveliness)


def _liveliness(day: int, started_on: int) -> float:
    """How busy a day is: weekday, season and growth."""
    trend = float(GROWTH_PER_YEAR ** ((day - started_on) / 365))
    return WEEK[(day + 3) % 7] * SEASON[calendar_day(day).month - 1] * trend
