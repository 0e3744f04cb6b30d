"""Where two neighbouring pages of a moving list meet: whether a row can have slipped between them.

Pages overlap by a row. As long as the vendor keeps the order of its list, two answers that have a
row in common, and that row has not moved in between, lie side by side: whatever stands still and
belongs between them is in one of the two, whichever was answered first. Rows inserted above only
make the overlap larger; a row deleted above, or the shared row itself changed, leaves the two
without one, and reading steps back until they have one.

A list sorted by a time has ties, and databases answer ties in any order: one row may come on two
pages and its neighbour on none. So rows of one rank that lie across a seam are counted: as many
different ones must come as there are places. Otherwise the whole run of them is read again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from typing import Any, Protocol

from sources._reading.counted import key_digest

KEPT = 10  # rows of the last page that a position keeps: it has to be short
KEPT_RUN = 20_000  # rows of one rank that a position keeps; a longer run is begun again
TELLING = 8  # rows in the same order: no chance
PASSES = 6  # over a run of one rank that does not hold still

Row = dict[str, Any]
Rows = Sequence[Row | None]
Rank = Callable[[Row], Any]


class Place(Enum):
    """Where a page lies, seen from what was read."""

    NEXT = "side by side"
    BEHIND = "there may be a gap before it"
    AGAIN = "the rows of one rank before it were not all seen"


class Seam(Protocol):
    """The edge of what was read so far."""

    def place(self, offset: int, rows: Rows, *, is_end: bool) -> Place:
        """Where a page lies; `is_end` where the list ends with it."""
        ...

    def move(self, offset: int, rows: Rows) -> None:
        """Stands behind a page now."""
        ...

    def back(self) -> int | None:
        """The offset from which a run is read again; None where there is none."""
        ...

    def falls(self, rows: Rows) -> int:
        """How often a row stands above where it belongs by its rank."""
        ...

    @property
    def loose(self) -> bool:
        """Whether a run never held still: rows of it may be missing."""
        ...

    def position(self) -> dict[str, Any]:
        """Itself as JSON; `back_to` where the scan must go on from an earlier offset."""
        ...


@dataclass
class PlainSeam:
    """The seam of a list whose order is kept, and by what is not known.

    A row counts as unmoved as long as nothing of it has changed.
    """

    key: Sequence[str]
    names: list[str] = field(default_factory=list)
    loose: bool = False

    def place(self, offset: int, rows: Rows, *, is_end: bool) -> Place:
        """Side by side where a row is shared; the head of the list follows everything."""
        known = set(self.names)
        is_next = offset == 0 or any(row and _name(row) in known for row in rows)
        return Place.NEXT if is_next else Place.BEHIND

    def move(self, offset: int, rows: Rows) -> None:
        """Stands behind a page now."""
        self.names = [_name(row) for row in rows if row is not None]

    def back(self) -> int | None:
        """There are no runs."""
        return None

    def falls(self, rows: Rows) -> int:
        """There are no ranks."""
        return 0

    def position(self) -> dict[str, Any]:
        """The names of the last rows."""
        return {"names": self.names[-KEPT:]}


@dataclass
class Run:
    """Rows of one rank, the lowest that was read.

    Attributes:
        begins: the offset of its first row; None where that was not seen.
        places: how many places of the list they take.
        keys: those that were seen there.
        earlier: those of earlier passes that found as many places.
        earlier_places: how many those found.
        passes: how often the run was read to its end in vain.
    """

    begins: int | None = None
    places: int = 0
    keys: set[str] = field(default_factory=set)
    earlier: set[str] = field(default_factory=set)
    earlier_places: int | None = None
    passes: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether as many different rows were seen as there are places."""
        if len(self.keys) == self.places:
            return True
        is_same = self.places == self.earlier_places
        return is_same and len(self.keys | self.earlier) == self.places

    def begin_again(self) -> None:
        """The next pass; what this one saw is kept as long as the places stay as many."""
        seen = self.keys | self.earlier if self.places == self.earlier_places else self.keys
        self.earlier, self.earlier_places = seen, self.places
        self.passes += 1
        self.keys, self.places, self.begins = set(), 0, None


@dataclass
class RankedSeam:
    """The seam of a list sorted by a rank, highest first.

    Attributes:
        reached: the lowest rank that was read; None before the first row.
        run: the rows of that rank.
        loose: a run never held still.
    """

    key: Sequence[str]
    rank: Rank
    reached: Any = None
    run: Run = field(default_factory=Run)
    loose: bool = False
    _last: list[str] = field(default_factory=list)
    _shown: list[str] = field(default_factory=list)
    _looked: tuple[Rows, list[Any], list[str], list[str]] = field(
        default=((), [], [], []), repr=False
    )

    def place(self, offset: int, rows: Rows, *, is_end: bool) -> Place:
        """By rank; within one rank by count."""
        ranks = self._ranks(rows)
        if offset == 0:
            return Place.NEXT
        if not ranks or self.reached is None:
            # rows without a rank stand before or behind all others
            is_next = not set(self._shown).isdisjoint(self._look(rows)[3])
            return Place.NEXT if is_next else Place.BEHIND
        if ranks[0] < self.reached:
            return Place.BEHIND
        is_below = self._keys(rows)[:1] != self._look(rows)[3][:1]
        if ranks[0] == self.reached and self.run.begins is None and not is_below:
            return Place.BEHIND  # the run may begin above
        return self._within_run(offset, rows, ranks, is_end=is_end)

    def _within_run(self, offset: int, rows: Rows, ranks: list[Any], *, is_end: bool) -> Place:
        """Whether the run that ends with this page, if it does, was seen whole."""
        if min(ranks) >= self.reached and not is_end:
            return Place.NEXT
        tried = self._with(offset, rows)
        if tried.is_whole:
            return Place.NEXT
        if self.run.passes >= PASSES - 1:
            self.loose = True
            return Place.NEXT
        return Place.AGAIN

    def move(self, offset: int, rows: Rows) -> None:
        """Stands behind a page now."""
        ranks = self._ranks(rows)
        self._shown = self._look(rows)[3]
        if not ranks:
            return
        lowest, keys = min(ranks), self._keys(rows)
        is_edge_here = bool(self._last) and self._last[-1] in keys
        if self.reached is not None and lowest > self.reached and not is_edge_here:
            return  # where the edge is on the page and yet below it, it was out of its place
        if lowest != self.reached:
            self.reached, self.run = lowest, Run()
        self.run = self._with(offset, rows)
        self._last = self._keys(rows)

    def back(self) -> int | None:
        """The row above the run; begins it again."""
        begins = self.run.begins
        self.run.begin_again()
        self._last = []
        return max(begins - 1, 0) if begins is not None else None

    def position(self) -> dict[str, Any]:
        """The run as it is, or as it was before it began where it is long."""
        run, is_long = self.run, len(self.run.keys) > KEPT_RUN
        told: dict[str, Any] = {"reached": self.reached, "loose": self.loose}
        told["shown"] = self._shown[-KEPT:]
        if is_long:
            begins = run.begins if run.begins is not None else 1
            return {**told, "run": None, "last": [], "back_to": max(begins - 1, 0)}
        kept = {**vars(run), "keys": sorted(run.keys), "earlier": [], "earlier_places": None}
        return {**told, "run": kept, "last": self._last[-KEPT_RUN:]}

    def _with(self, offset: int, rows: Rows) -> Run:
        """The run as it is once this page's rows of its rank are counted in."""
        run, ranks = self.run, self._ranks(rows)
        keys = self._keys(rows)
        own = [key for key, rank in zip(keys, ranks, strict=True) if rank == self.reached]
        # a row without rank before the first is above it as well
        is_below = keys[:1] != self._look(rows)[3][:1]
        shows_its_head = bool(ranks) and (ranks[0] != self.reached or offset == 0 or is_below)
        if shows_its_head:
            begins: int | None = offset + next(
                (at for at, rank in enumerate(ranks) if rank == self.reached), len(ranks)
            )
            places, seen = len(own), set(own)
        else:
            begins = run.begins
            places = run.places + len(own) - _overlap(self._last, keys)
            seen = run.keys | set(own)
        return Run(begins, places, seen, run.earlier, run.earlier_places, run.passes)

    def falls(self, rows: Rows) -> int:
        """How often a row ranks above the one before it."""
        ranks = [r for row in rows if row is not None and (r := self.rank(row)) is not None]
        return sum(after > before for before, after in pairwise(ranks))

    def _ranks(self, rows: Rows) -> list[Any]:
        return self._look(rows)[1]

    def _keys(self, rows: Rows) -> list[str]:
        return self._look(rows)[2]

    def _look(self, rows: Rows) -> tuple[Rows, list[Any], list[str], list[str]]:
        """Ranks, keys of the ranked rows, keys of all: worked out once, for placing and moving."""
        if self._looked[0] is not rows:
            held = [row for row in rows if row is not None]
            keys = [key_digest(row, self.key) or _name(row) for row in held]
            ranks = [self.rank(row) for row in held]
            ranked = [key for key, rank in zip(keys, ranks, strict=True) if rank is not None]
            told = _descending([rank for rank in ranks if rank is not None])
            self._looked = rows, told, ranked, keys
        return self._looked


def plain_seam(key: Sequence[str], held: dict[str, Any] | None) -> PlainSeam:
    """The seam that a position holds, or one before the first row."""
    return PlainSeam(key, **(held or {}))


def ranked_seam(key: Sequence[str], rank: Rank, held: dict[str, Any] | None) -> RankedSeam:
    """The seam that a position holds, or one before the first row."""
    if not held:
        return RankedSeam(key, rank)
    seam = RankedSeam(
        key,
        rank,
        held["reached"],
        loose=held["loose"],
        _last=held["last"],
        _shown=held["shown"],
    )
    if held["run"] is not None:
        seam.run = Run(**{**held["run"], "keys": set(held["run"]["keys"]), "earlier": set()})
    return seam


def _descending(ranks: list[Any]) -> list[Any]:
    """Ranks as they stand: a row out of its place has that of what comes behind it.

    One that ranks too low would else let every page behind it pass for side by side.
    """
    for place in range(len(ranks) - 2, -1, -1):
        ranks[place] = max(ranks[place], ranks[place + 1])
    return ranks


def _overlap(last: Sequence[str], keys: Sequence[str]) -> int:
    """How many rows of a run a page shares with the one before it.

    One, as pages are asked for. More only where so many agree in their order that ties which were
    answered in another one cannot look like it: rows were inserted above, then.
    """
    for shared in range(min(len(last), len(keys)), TELLING - 1, -1):
        if last[-shared:] == keys[:shared]:
            return shared
    return 1


def _name(row: Row) -> str:
    """A short name of a row as it is: another one when anything of it changes."""
    text = json.dumps(row, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=6).hexdigest()
