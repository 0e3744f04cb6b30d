"""A table's past: the list newest first, to its end, once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from sources._reading.marks import FIRST_LOAD, Coverage, Mark, Reading
from sources._reading.offset import OffsetPage, Scan
from sources._reading.scanning import scan_pages
from sources.carecloud.lists import ResourceLists
from sources.carecloud.resources import CUSTOMER
from sources.carecloud.times import latest, oldest

NOTE = "Rows that the vendor removes altogether are seen by a sweep."
EVENTS_NOTE = "Events say when they were made, not when they changed: a sweep sees later changes."
LOOSE_NOTE = "The list never held still while it was read: a sweep brings what may be missing."
CUSTOMER_NOTE = "One customer's own data: the login is that customer's."


@dataclass
class Past:
    """How far the first load of a table has come.

    Attributes:
        lists: the table's.
        scan: where in the list it is.
        reached: the oldest change on the last page, in local project time: everything before it in
            the list is newer.
        whose: what to say of a login that sees one customer.
    """

    lists: ResourceLists
    scan: Scan
    reached: str | None = None
    whose: str = ""
    stream: str = FIRST_LOAD

    @classmethod
    def of(cls, lists: ResourceLists, reading: Reading) -> Past:
        """Where a reading's position says it goes on."""
        held = reading.position(lists.resource.table, FIRST_LOAD)
        whose = CUSTOMER_NOTE if lists.interface == CUSTOMER else ""
        if held is None:
            return cls(lists, Scan(), whose=whose)
        return cls(lists, Scan.of(held["scan"]), reached=held.get("reached"), whose=whose)

    @property
    def is_loaded(self) -> bool:
        """Whether the list has been read to its end."""
        return self.scan.is_over

    async def pages(self) -> AsyncGenerator[OffsetPage, None]:
        """Every page that is left; this stands behind a page when that comes.

        Raises:
            PenstockError: as `scan_pages`.
        """
        asked = self.lists.newest_first()
        async with aclosing(scan_pages(asked, self.scan, self.lists.ahead)) as pages:
            async for page in pages:
                self.reached = oldest(self.lists.change_times(page.rows)) or self.reached
                yield page

    def mark(self, note: str = "") -> Mark:
        """Where it goes on, and how much of the table is here; `note` as for `coverage`."""
        return Mark(
            table=self.lists.resource.table,
            stream=FIRST_LOAD,
            position={"scan": self.scan.position(), "reached": self.reached},
            coverage=self.coverage(note),
            is_read=self.is_loaded,
        )

    def coverage(self, note: str = "") -> Coverage:
        """Complete since the oldest change that was read: whatever was made since changed since.

        Args:
            note: what else is to be said of the table; it has one coverage, whatever is read of it.
        """
        scan = self.scan
        left = max((scan.total or 0) - scan.offset, 0)
        notes = (
            self.whose,
            LOOSE_NOTE if scan.loose else "",
            note,
            NOTE if self.lists.is_by_change else EVENTS_NOTE,
        )
        return Coverage(
            complete_since=latest(self.reached, self.lists.zone) if self.reached else None,
            share=scan.share,
            rows=scan.rows,
            calls=scan.calls,
            calls_left=0 if scan.is_over else -(-left // max(self.lists.page_size - 1, 1)),
            note=" ".join(filter(None, notes)),
        )
