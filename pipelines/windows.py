"""Pages as they come, archived and cut into windows: what is committed as one.

Where the vendor's reading marks its places and counts its calls, a window is a few pages, so that
a kill costs as little; where calls are free, it is as many as come in a few seconds. When nothing
comes for a while, because the call budget is spent, what is there is not kept waiting. Every page
of a window is durable in the archive when the window comes.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pipelines.archive import Archive, Kept
from pipelines.boundaries import ARCHIVED, LISTED, reached
from pipelines.project import Limits
from pipelines.stopping import Stop, Stopped
from pipelines.stopwatch import Stopwatch
from sources._http.bridge import Bridge
from sources._http.errors import PenstockError
from sources._reading.marks import Mark, Trouble
from sources._tables.page import Page
from sources._tables.withhold import Withheld, withhold
from sources._vendor import Item

AHEAD = 4  # items fetched ahead of the one being worked on: pages, or pages and their marks
FAR_AHEAD = 64  # the same where calls are free: reading goes on while a window is committed
IDLE_SECONDS = 1.0  # so long may what is there wait for more
OPEN_SECONDS = 10.0  # what a kill costs at most where calls are free, besides a commit's time

Items = Callable[[], AsyncGenerator[Item, None]]


@dataclass(frozen=True)
class Batch:
    """Pages that become one window, where the readings go on behind them, and what failed."""

    kept: tuple[Kept, ...]
    marks: tuple[Mark, ...]
    troubles: tuple[Trouble, ...] = ()


@dataclass
class _Open:
    """The window being filled."""

    kept: list[Kept] = field(default_factory=list)
    marks: dict[tuple[str, str], Mark] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    size: int = 0
    opened: float = field(default_factory=time.monotonic)

    @property
    def is_empty(self) -> bool:
        return not (self.kept or self.marks or self.troubles)

    def batch(self) -> Batch:
        return Batch(tuple(self.kept), tuple(self.marks.values()), tuple(self.troubles))


class Windows:
    """Cuts what a vendor's reading yields into windows.

    Args:
        archive: where pages are kept; its segment is this extraction's.
        limits: how much goes into one window.
        withheld: what must not be written.
        latest: the latest time that anything of the connection was seen.
        name: the connection's, for the thread.
        stop: whether somebody wants it to end.
        calls_are_free: the vendor keeps no count of them, nor of what it has shown.
    """

    def __init__(
        self,
        archive: Archive,
        limits: Limits,
        withheld: Withheld,
        watch: Stopwatch,
        latest: datetime,
        name: str,
        stop: Stop,
        *,
        calls_are_free: bool = False,
    ) -> None:
        self._archive = archive
        self._limits = limits
        self._withheld = withheld
        self._watch = watch
        self._latest = latest
        self._name = name
        self._stop = stop
        self._is_free = calls_are_free

    def of(self, items: Items) -> Generator[Batch, None, None]:
        """The windows, in order.

        Raises:
            PenstockError: what the reading failed of, once what has a place to go on from is out.
            Stopped: a stop was asked for, once all that had come is out.
        """
        window = _Open()
        ahead = FAR_AHEAD if self._is_free else AHEAD
        with Bridge(items, items=ahead, weight=_weight, name=self._name) as coming:
            while True:
                try:
                    item = self._next(coming, window)
                except StopIteration:
                    break
                except PenstockError:
                    # pages without a mark are read again anyway
                    if window.marks or window.troubles:
                        yield self._durable(window)
                    raise
                except Stopped:
                    if not window.is_empty:
                        yield self._durable(window)
                    raise
                if item is not None:
                    self._take(window, item)
                if not window.is_empty and (item is None or self._is_full(window, item)):
                    yield self._durable(window)
                    window = _Open()
        if not window.is_empty:
            yield self._durable(window)

    def _next(self, coming: Bridge[Item], window: _Open) -> Item | None:
        """What comes next; None when nothing came for a while and something marked waits."""
        with self._watch.stage("fetch"):
            try:
                with self._stop.breakable():
                    return coming.within(IDLE_SECONDS if window.marks else None)
            except TimeoutError:
                return None

    def _take(self, window: _Open, item: Item) -> None:
        if isinstance(item, Trouble):
            window.troubles.append(item)
            return
        if isinstance(item, Mark):
            window.marks[item.table, item.stream] = _joined(
                window.marks.get((item.table, item.stream)), item
            )
            return
        reached(LISTED)
        with self._watch.stage("archive"):
            window.kept.append(self._keep(item))
        window.size += _bytes(item)

    def _keep(self, page: Page) -> Kept:
        """Archives a page, without what must not be written."""
        body, _ = withhold(page.body, self._withheld)
        return self._archive.keep(replace(page, body=body, received_at=self._in_order(page)))

    def batch(self, pages: Iterable[Page]) -> Batch:
        """Pages that came otherwise, as one window."""
        window = _Open()
        for page in pages:
            self._take(window, page)
        return self._durable(window)

    def _is_full(self, window: _Open, item: Item) -> bool:
        is_large = window.size >= self._limits.megabytes * 1_000_000
        if not isinstance(item, Page) and not self._is_free:
            # more are fetched while this one is committed, and a kill costs them too
            return len(window.kept) >= max(self._limits.marked_pages - AHEAD, 1)
        if not isinstance(item, Page):
            # answers about single accounts are a few hundred bytes
            is_old = time.monotonic() - window.opened >= OPEN_SECONDS
            return is_old or is_large or len(window.kept) >= self._limits.free_pages
        most = self._limits.free_pages if self._is_free else self._limits.pages
        return is_large or len(window.kept) >= most

    def _in_order(self, page: Page) -> datetime:
        """A time after all that this connection has seen, whatever the clock does.

        Within one version the later seen counts, and a notification returned if it is seen after
        its confirmation: a clock that jumps back must not turn that around.
        """
        self._latest = max(page.received_at, self._latest + timedelta(microseconds=1))
        return self._latest

    def _durable(self, window: _Open) -> Batch:
        with self._watch.stage("archive"):
            self._archive.flush()
        reached(ARCHIVED)
        return window.batch()


def _joined(before: Mark | None, mark: Mark) -> Mark:
    """A later mark of the same stream, which says all that an earlier one did and it does not."""
    if before is None:
        return mark
    return replace(
        mark,
        coverage=mark.coverage or before.coverage,
        is_read=mark.is_read or before.is_read,
    )


def _bytes(page: Page) -> int:
    return len(page.body) + len(page.read_as or b"")


def _weight(item: Item) -> int:
    """Large pages are not fetched far ahead: a megabyte counts as an item."""
    return 1 + _bytes(item) // 1_000_000 if isinstance(item, Page) else 1
