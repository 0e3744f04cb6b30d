"""A vendor's list that answers by offset and moves between its answers, in memory.

Rows are sorted by when they changed, newest first, or by when they came. A row that is saved
changes, and jumps to the top of the first. Answers take turns: each waits for a while of its own
before it looks at the list, so that those asked for together come in any order.
"""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sources._http.answer import Answer
from sources._reading.offset import Ends, ListAnswer, OffsetList, Scan
from sources._reading.scanning import scan_pages

Row = dict[str, Any]


@dataclass
class MovingOffsets:
    """The list.

    Attributes:
        by: "changed" (newest first), "id" (oldest first), or "nothing": shuffled for each answer.
        ties: rows changed within so many ticks have one change time, and come in any order.
        restless: how likely it is that something happens before an answer.
        says_total: whether an answer says how many rows there are.
        asked: offsets, in the order in which they were asked for.
        moved: rows that were saved, made or deleted since the beginning.
    """

    chance: random.Random
    by: str = "changed"
    restless: float = 0.0
    says_total: bool = True
    at_most: int = 1_000_000
    rows: dict[int, int] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    moved: set[int] = field(default_factory=set)
    under_way: int = 0
    most_under_way: int = 0
    patience: int = 12
    ties: int = 1
    _clock: int = 0
    _ids: int = 0

    def fill(self, count: int) -> None:
        """Rows that stand still until they are touched."""
        for _ in range(count):
            self.make()
        self.moved.clear()

    def make(self) -> None:
        self._ids += 1
        self.save(self._ids)

    def save(self, row: int) -> None:
        self._clock += 1
        self.rows[row] = self._clock
        self.moved.add(row)

    def delete(self, row: int) -> None:
        del self.rows[row]
        self.moved.add(row)

    def happen(self) -> None:
        """One thing that people do."""
        what = self.chance.random()
        known = list(self.rows)
        if what < 0.3 or not known:
            self.make()
        elif what < 0.6:
            self.save(self.chance.choice(known))
        else:
            self.delete(self.chance.choice(known))

    def in_order(self) -> list[int]:
        rows = sorted(self.rows)
        if self.by == "changed":
            if self.ties > 1:
                self.chance.shuffle(rows)
            rows.sort(key=lambda row: -self.changed(row))
        elif self.by == "nothing":
            self.chance.shuffle(rows)
        return rows

    def changed(self, row: int) -> int:
        return self.rows[row] // self.ties

    async def fetch(self, offset: int, count: int) -> ListAnswer:
        self.asked.append(offset)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        for _ in range(self.chance.randrange(self.patience)):
            await asyncio.sleep(0)
        while self.chance.random() < self.restless:
            self.happen()
        shown = self.in_order()[offset : offset + min(count, self.at_most)]
        rows = [{"id": row, "changed": self.changed(row)} for row in shown]
        self.under_way -= 1
        return listed(rows, len(self.rows) if self.says_total else None)

    def listing(self, page_rows: int, ends: Ends = Ends.TOTAL) -> OffsetList:
        return OffsetList(
            table="sales",
            fetch=self.fetch,
            key=("id",),
            page_rows=page_rows,
            ends=ends,
            keeps_order=self.by != "nothing",
            rank=(lambda row: row["changed"]) if self.by == "changed" else None,
        )


def listed(rows: list[Row], total: int | None = None) -> ListAnswer:
    return ListAnswer(
        answer=Answer(
            status=200,
            headers={},
            body=json.dumps(rows).encode(),
            url="loopback/list",
            received_at=datetime(2026, 11, 24),
            attempts=1,
        ),
        rows=tuple(rows),
        total=total,
    )


async def read_all(
    lists: OffsetList, scan: Scan | None = None, ahead: int = 8, stop_after: int | None = None
) -> list[Row]:
    """The rows of all pages; or of so many, as after a kill."""
    found: list[Row] = []
    async with aclosing(
        scan_pages(lists, scan if scan is not None else Scan(), lambda: ahead)
    ) as pages:
        async for page in pages:
            found += [row for row in page.rows if row is not None]
            if stop_after is not None and page.number >= stop_after:
                break
    return found


def missed(seed: int) -> set[int]:
    """A list in a kept order, drawn by a seed, read while it moves: rows that stood still and did
    not come.

    The reading may be stopped now and then and go on from its position, while the list moves on.
    """
    chance = random.Random(seed)
    world = MovingOffsets(
        chance,
        by=chance.choice(["changed", "id"]),
        restless=chance.choice([0.05, 0.2, 0.4, 0.6]),
        says_total=chance.random() < 0.6,
    )
    world.fill(chance.randrange(0, 120))
    there = set(world.rows)
    came, _ = read_with_stops(world, chance)
    return there - world.moved - came


def read_with_stops(world: MovingOffsets, chance: random.Random) -> tuple[set[int], Scan]:
    """The rows that came of a reading that is stopped and goes on, and how that ended."""
    page_rows = chance.choice([3, 4, 5, 10, 30])
    lists = world.listing(page_rows, Ends.TOTAL if world.says_total else Ends.SHORT)
    ahead, scan = chance.choice([1, 2, 8]), Scan()
    came: set[int] = set()
    while not scan.is_over:
        stop_after = chance.choice([None, 1, 2, 5])
        came |= {row["id"] for row in asyncio.run(read_all(lists, scan, ahead, stop_after))}
        scan = Scan.of(json.loads(json.dumps(scan.position())))
        if not scan.is_over and world.restless:
            for _ in range(chance.randrange(12)):
                world.happen()
    return came, scan
