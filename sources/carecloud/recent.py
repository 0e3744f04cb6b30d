"""What changed since the last reading: the list newest first, down to where that began."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sources._reading.marks import Position
from sources._reading.offset import OffsetPage, Scan
from sources._reading.scanning import scan_pages
from sources.carecloud.lists import ResourceLists
from sources.carecloud.times import edge, floor, newest, now_in


@dataclass
class Recent:
    """How far the reading of changes has come; goes into a position and comes back from one.

    Attributes:
        watermark: the newest change when the last whole reading began, in local project time; None
            where the list was empty then.
        newest: the same of the reading under way.
        scan: how far that one has come; None between readings.
        is_loose: the list never held still during the last whole reading, so rows may be missing;
            the watermark stayed where it was, and they are asked for again.
    """

    watermark: str | None
    newest: str | None = None
    scan: Scan | None = None
    is_loose: bool = False
    is_caught_up: bool = False

    @classmethod
    def of(cls, position: Position) -> Recent:
        """The one that a position holds."""
        scan = position["scan"]
        return cls(
            watermark=position["watermark"],
            newest=position["newest"],
            scan=Scan.of(scan) if scan else None,
            is_loose=position.get("is_loose", False),
        )

    @classmethod
    def since(cls, seen: str | None, zone: ZoneInfo, now: datetime) -> Recent:
        """The one that begins where a list was seen to stand.

        Args:
            seen: the newest change on the list's first page.
            zone: the project's.
            now: UTC, naive.
        """
        return cls(_not_to_come(seen, zone, now), is_caught_up=True)

    def position(self) -> dict[str, Any]:
        """Itself as JSON."""
        scan = self.scan.position() if self.scan is not None else None
        return {
            "watermark": self.watermark,
            "newest": self.newest,
            "scan": scan,
            "is_loose": self.is_loose,
        }

    @property
    def is_under_way(self) -> bool:
        """Whether a reading was stopped before it came down to the watermark."""
        return self.scan is not None

    async def pages(
        self, lists: ResourceLists, overlap: timedelta, clock: Callable[[], datetime]
    ) -> AsyncGenerator[OffsetPage, None]:
        """Every page down to the watermark; when a page comes, this stands behind it.

        One that was stopped is read to its end first, and then the list again from its top.

        Raises:
            PenstockError: as `scan_pages`.
        """
        while True:
            was_stopped = self.is_under_way
            async with aclosing(self._down(lists, overlap, clock)) as pages:
                async for page in pages:
                    self.is_caught_up = not (was_stopped or self.is_under_way)
                    yield page
            if not was_stopped:
                return

    async def _down(
        self, lists: ResourceLists, overlap: timedelta, clock: Callable[[], datetime]
    ) -> AsyncGenerator[OffsetPage, None]:
        is_first = self.scan is None
        scan = self.scan = self.scan or Scan()
        least = None
        if self.watermark is not None:
            least = floor(self.watermark, overlap, lists.zone, clock())
        async with aclosing(scan_pages(lists.newest_first(), scan, lists.ahead)) as pages:
            async for page in pages:
                times = lists.change_times(page.rows)
                if is_first:
                    self.newest = _not_to_come(newest(times), lists.zone, clock())
                    is_first = False
                lowest = edge(times)
                is_below = least is not None and lowest is not None and lowest < least
                if is_below or scan.is_over:
                    self._end(is_loose=scan.loose)
                    yield page
                    return
                yield page

    def _end(self, *, is_loose: bool) -> None:
        self.is_loose = is_loose
        if not is_loose:
            known = [text for text in (self.watermark, self.newest) if text is not None]
            self.watermark = max(known, default=None)
        self.newest, self.scan = None, None


def _not_to_come(seen: str | None, zone: ZoneInfo, now: datetime) -> str | None:
    """A row whose change is yet to come must not hide those that come before it."""
    return None if seen is None else min(seen, now_in(zone, now))
