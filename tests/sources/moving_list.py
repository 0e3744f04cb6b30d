"""A vendor's list in memory that moves while it is read: what the readings are held against.

Rows have a key and a day. The list answers fifty, or `page_rows`, by page number; between two
answers the world may save a row (which moves it), make one, or delete one.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sources._http.answer import Answer
from sources._http.errors import Rejected
from sources._reading.paged import Fetch

TODAY = date(2026, 11, 24)


@dataclass
class MovingList:
    """Rows by key, each with the day it was made and when it was last saved.

    Attributes:
        order: "stable" by key, "drifting" by last save, "shuffled" anew at each answer.
        between_answers: what the world does after each answer.
        past_the_end: what a page behind the last one answers: "empty" or "404".
        whole_last_day: whether the last day of a range counts whole.
        vendor_today: the vendor's day, from which it counts "N days ago".
    """

    chance: random.Random
    page_rows: int = 5
    order: str = "stable"
    past_the_end: str = "empty"
    whole_last_day: bool = True
    vendor_today: date = TODAY
    rows: dict[int, date] = field(default_factory=dict)
    saved: dict[int, int] = field(default_factory=dict)
    between_answers: Callable[[MovingList], None] = lambda _: None
    calls: int = 0
    _clock: int = 0

    def make(self, made: date) -> int:
        key = len(self.saved) + 1
        self.rows[key] = made
        self.save(key)
        return key

    def save(self, key: int) -> None:
        self._clock += 1
        self.saved[key] = self._clock

    def delete(self, key: int) -> None:
        del self.rows[key]

    def between(self, first: date, last: date, said_on: date = TODAY) -> Fetch:
        """The list of what was made between two days, said as so many days before `said_on`.

        How many days that is holds for the list; the vendor's day may turn while it is read.
        """
        until = last - timedelta(days=not self.whole_last_day)

        def wanted(made: date) -> bool:
            here = made + (said_on - self.vendor_today)
            return first <= here <= until

        return self.fetch(wanted)

    def fetch(self, wanted: Callable[[date], bool] = lambda _: True) -> Fetch:
        async def answer(page: int, tolerate: Collection[int]) -> Answer:
            self.calls += 1
            keys = [key for key, made in self.rows.items() if wanted(made)]
            self._sort(keys)
            shown = keys[(page - 1) * self.page_rows : page * self.page_rows]
            body = [{"id": key, "made": self.rows[key].isoformat()} for key in shown]
            self.between_answers(self)
            if not shown and page > 1 and self.past_the_end == "404":
                if 404 not in tolerate:
                    raise Rejected("answered 404", status=404)
                return _answer(404, b"no such page")
            return _answer(200, json.dumps(body).encode())

        return answer

    def _sort(self, keys: list[int]) -> None:
        if self.order == "stable":
            keys.sort()
        elif self.order == "drifting":
            keys.sort(key=lambda key: self.saved[key])
        else:
            keys.sort()
            self.chance.shuffle(keys)


def _answer(status: int, body: bytes) -> Answer:
    return Answer(
        status=status,
        headers={},
        body=body,
        url="loopback/list",
        received_at=datetime(2026, 11, 24),
        attempts=1,
    )
