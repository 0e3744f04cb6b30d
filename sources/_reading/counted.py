"""Whether a list that moves while it is read was seen whole.

A vendor that promises no order may answer one row on two pages and another on none. Without a
total there is still a count: all pages but the last are full, so the last one tells how many rows
the list has. The list was seen whole when as many *different* rows were seen. What is not seen is
asked for again, pass by pass: rows of several passes add up as long as the count stays the same.

What this cannot see: a row that was read and then deleted while the rest was read hides one that
slid over a page's edge, since the count agrees. That is left to the sweep.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sources._reading.marks import Position
from sources._reading.paged import FIRST_PAGE, Fetch, Limits, NumberedPage, numbered_pages


class CountedPage(Protocol):
    """A page of a list, numbered in the order of reading."""

    @property
    def number(self) -> int:
        """From 1 on."""
        ...

    @property
    def rows(self) -> tuple[dict[str, Any] | None, ...]:
        """As Python reads them."""
        ...

    @property
    def is_last(self) -> bool:
        """Whether the list ends with it."""
        ...


@dataclass
class Count:
    """How far the reading of one list has come; goes into a position and comes back from one.

    Attributes:
        page: the page to read next.
        rows: rows of this pass so far.
        keys: digests of the keys seen in this pass.
        earlier: those of earlier passes over a list of the same count.
        total: the count that the pass before found; None in the first.
        passes: how many were finished.
        is_whole: whether the last one, with what earlier ones showed, saw every row.
    """

    page: int = FIRST_PAGE
    rows: int = 0
    keys: set[str] = field(default_factory=set)
    earlier: set[str] = field(default_factory=set)
    total: int | None = None
    passes: int = 0
    is_whole: bool = False

    @classmethod
    def of(cls, position: Position) -> Count:
        """The count that a position holds."""
        held = dict(position)
        held["keys"], held["earlier"] = set(held["keys"]), set(held["earlier"])
        return cls(**held)

    def position(self) -> dict[str, Any]:
        """Itself as JSON."""
        return {**vars(self), "keys": sorted(self.keys), "earlier": sorted(self.earlier)}

    @property
    def has_begun(self) -> bool:
        """Whether a pass is under way."""
        return self.page > FIRST_PAGE

    @property
    def repeats(self) -> int:
        """Rows of the last pass that it had shown before: how much the list moves."""
        return (self.total or 0) - len(self.keys)

    def add(self, page: CountedPage, key: Sequence[str]) -> None:
        """Counts a page in; the last one ends the pass."""
        self.rows += len(page.rows)
        for place, row in enumerate(page.rows):
            # a row without its key is one of its own: nothing tells it from another
            self.keys.add(key_digest(row, key) or f"{page.number}.{place}")
        if page.is_last:
            self._end_pass(is_one_answer=not self.has_begun)
        else:
            self.page = page.number + 1

    def _end_pass(self, *, is_one_answer: bool) -> None:
        seen = self.keys | self.earlier if self.rows == self.total else set(self.keys)
        # one answer is of one moment: nothing can move within it
        self.is_whole = is_one_answer or len(seen) == self.rows
        self.earlier = seen
        self.total = self.rows
        self.passes += 1
        self.page = FIRST_PAGE

    def begin_again(self) -> None:
        """The next pass; what this one saw is kept as long as the count holds."""
        self.page, self.rows, self.keys = FIRST_PAGE, 0, set()


async def counted_pages(
    fetch: Fetch, limits: Limits, key: Sequence[str], count: Count
) -> AsyncGenerator[NumberedPage, None]:
    """The pages of one pass, from where `count` stands; it is up to date when a page comes.

    Raises:
        PenstockError: as `numbered_pages`.
    """
    async for page in numbered_pages(fetch, limits, start=count.page):
        count.add(page, key)
        yield page


def key_digest(row: dict[str, Any] | None, key: Sequence[str]) -> str:
    """A short name of a row's key, the same whenever the row comes; "" where it has none."""
    if row is None or any(row.get(wire) is None for wire in key):
        return ""
    text = "\x1f".join(str(row[wire]) for wire in key)
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=6).hexdigest()
