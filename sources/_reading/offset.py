"""Lists that answer by offset, fetched ahead, while rows come, change and go.

What holds (`scanning`): a row that is in the list during the whole scan is in one of its pages, as
long as the vendor keeps the list in one order and the row keeps its place in it (`seam`). Where the
order is not promised, rows are counted instead (`counted`): the list was seen whole when as many
different rows were seen as it has; otherwise it is read again, within reason, and noted as loose.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from sources._http.answer import Answer
from sources._reading.counted import Count
from sources._reading.marks import Position
from sources._reading.seam import Rank, Row, Seam

OVERLAP = 1  # rows that neighbouring pages share


@dataclass(frozen=True)
class ListAnswer:
    """What one answer of a list says.

    Attributes:
        answer: as it came.
        rows: its rows as Python reads them; None is a row that is no object.
        total: how many rows the list has, where the answer says so.
        rows_at: where in the body the rows are (see `Page.rows_at`).
    """

    answer: Answer
    rows: tuple[Row | None, ...]
    total: int | None = None
    rows_at: tuple[str, ...] = ()


class OffsetFetch(Protocol):
    """Asks for rows of a list."""

    async def __call__(self, offset: int, count: int) -> ListAnswer:
        """At most `count` rows from `offset` on."""
        ...


class Ends(Enum):
    """How a list's end is known."""

    TOTAL = "the answer says how many rows there are"
    SHORT = "a page holds fewer rows than were asked for"
    EMPTY = "a page holds no further row"
    AT_ONCE = "the list does not page: one answer is all of it"


@dataclass(frozen=True, kw_only=True)
class OffsetList:
    """A list that answers by offset.

    Attributes:
        table: named by errors.
        fetch: asks for rows.
        key: wire names of what tells its rows apart, first level.
        page_rows: rows to ask for at a time.
        ends: how its end is known.
        most_rows: a list with more is taken for one that never ends.
        keeps_order: whether rows keep their order between two answers.
        rank: what the list is sorted by, highest first, as a JSON scalar; None where not known. A
            row for which it gives None has no place in the order.
    """

    table: str
    fetch: OffsetFetch
    key: tuple[str, ...]
    page_rows: int
    ends: Ends
    most_rows: int = 10_000_000
    keeps_order: bool = True
    rank: Rank | None = None

    def __post_init__(self) -> None:
        if self.page_rows <= OVERLAP and self.ends is not Ends.AT_ONCE:
            raise ValueError(f"pages of {self.page_rows} rows cannot overlap by {OVERLAP}")


@dataclass
class Scan:
    """How far the reading of one list has come; goes into a position and comes back from one.

    Attributes:
        offset: where the next page begins.
        rows: read so far, those that pages share among them.
        calls: made so far, without those whose answer was not needed.
        total: how many rows the list has, where its last answer said so.
        is_over: the list has been read to its end.
        page_rows: rows that the vendor answers at most, where that is less than was asked for.
        furthest: the furthest offset it came to.
        turns: how often it stepped back since it came there.
        loose: it never held still, in a list without order or among rows of one rank: rows may be
            missing.
        count: the different rows that were seen, in a list without order.
        seam: the edge of what was read, in one that keeps its order; None before it is needed.
        held: that edge as a position held it.
    """

    offset: int = 0
    rows: int = 0
    calls: int = 0
    total: int | None = None
    is_over: bool = False
    page_rows: int | None = None
    furthest: int = 0
    turns: int = 0
    loose: bool = False
    count: Count = field(default_factory=Count)
    seam: Seam | None = None
    held: dict[str, Any] | None = None

    @classmethod
    def of(cls, position: Position | None) -> Scan:
        """The scan that a position holds; the beginning without one."""
        if position is None:
            return cls()
        held = dict(position)
        return cls(**{**held, "count": Count.of(held["count"])})

    def position(self) -> dict[str, Any]:
        """Itself as JSON."""
        told = {**vars(self), "count": self.count.position()}
        seam = told.pop("seam")
        if seam is not None:
            told["held"] = seam.position()
            told["offset"] = told["held"].pop("back_to", self.offset)
        return told

    @property
    def share(self) -> float:
        """How much of the list is read, 0 to 1; 0 where its length is not known."""
        if self.is_over:
            return 1.0
        return min(self.offset / self.total, 0.99) if self.total else 0.0


@dataclass(frozen=True)
class OffsetPage:
    """One page of a list, in order.

    Attributes:
        number: from 1, in the order of reading.
        answer: as it came.
        rows: its rows, those that it shares with the page before among them.
        rows_at: where in the body they are.
        total: how many rows the list has, where the answer says so.
        is_last: the list ends with it.
    """

    number: int
    answer: Answer
    rows: tuple[Row | None, ...]
    rows_at: tuple[str, ...]
    total: int | None
    is_last: bool
