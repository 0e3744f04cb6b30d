"""A table's past at a site, in slices of its create date."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sources._reading.marks import Coverage, Position
from sources._reading.paged import NumberedPage
from sources._reading.slices import DAY, Load, SlicedLoad
from sources.cimcloud.lists import ResourceLists
from sources.cimcloud.settings import CimcloudSettings

LEFT_TO_SWEEPS = (
    "Rows without a create date, changes without a change date, and deletes are seen by a sweep."
)
AHEAD = timedelta(days=3650)  # rows may bear a day to come


def first_load(lists: ResourceLists, settings: CimcloudSettings) -> Load:
    """All there is, newest first.

    A day more than today, since the vendor's may be ahead; and another, since it is not said
    whether the last day of a search counts whole.
    """
    today = lists.today()
    return Load.between(settings.first_day(), today + 2 * DAY, today, until=today + AHEAD)


class Past:
    """A first load or a backfill, wherever it stands.

    Args:
        lists: the table's.
        settings: the connection's.
        begins: the load where no position says more.
        position: where it goes on. One that was begun with other fields begins anew: its days and
            keys are of something else.
    """

    def __init__(
        self,
        lists: ResourceLists,
        settings: CimcloudSettings,
        begins: Load,
        position: Position | None,
    ) -> None:
        self._lists = lists
        self._basis = [lists.resource.created, *lists.resource.key]
        is_same = position is not None and position.get("basis") == self._basis
        self.load = Load.of(position["load"]) if position is not None and is_same else begins
        self._sliced = SlicedLoad(
            lists=lists.made_between,
            limits=lists.limits,
            key=lists.resource.key,
            day_of=lists.day_made,
            today=lists.today,
            slice_rows=settings.slice_pages * settings.page_rows,
            load=self.load,
        )

    @property
    def is_loaded(self) -> bool:
        """Whether it reached the first day."""
        return self.load.is_done

    @property
    def reached(self) -> date:
        """Everything made since then is here; a table not yet asked at all comes before others."""
        return self.load.reached if self.load.calls else date.max

    def more(self) -> AsyncGenerator[NumberedPage, None]:
        """Reads a slice; the load stands behind a page when that comes."""
        return self._sliced.slice()

    def position(self) -> dict[str, Any]:
        """Where it goes on."""
        return {"basis": self._basis, "load": self.load.position()}

    def calls_left(self) -> int | None:
        """How many calls are still to make, as far as those so far tell."""
        return self.load.calls_left(self._lists.limits.page_rows)

    def coverage(self, expected_at: datetime | None) -> Coverage:
        """Complete since the day it has reached."""
        load = self.load
        note = LEFT_TO_SWEEPS
        if load.loose:
            note = f"{load.loose} days never held still while they were read. {note}"
        return Coverage(
            complete_since=self._lists.midnight(load.reached) if load.reached < load.top else None,
            share=load.share,
            expected_at=None if load.is_done else expected_at,
            rows=load.rows,
            calls=load.calls,
            calls_left=self.calls_left(),
            note=note,
        )


def expected_end(
    pasts: Iterable[Past], settings: CimcloudSettings, now: datetime
) -> datetime | None:
    """When all of them will be loaded if reading never pauses; None while nothing tells."""
    left = [past.calls_left() for past in pasts]
    if any(calls is None for calls in left):
        return None
    calls = sum(calls or 0 for calls in left)
    return now + timedelta(minutes=15) * (calls / settings.calls_per_quarter_hour)
