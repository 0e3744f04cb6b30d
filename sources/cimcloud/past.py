"""A table's past at a site: in slices of its create date, or whole where it has none."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from sources._reading.marks import Coverage, Position
from sources._reading.paged import NumberedPage
from sources._reading.slices import DAY, Load, SlicedLoad
from sources._reading.whole import Whole, whole_pages
from sources.cimcloud.lists import ResourceLists
from sources.cimcloud.settings import CimcloudSettings

LEFT_TO_SWEEPS = "What changes without a change date, and what is deleted, is seen by a sweep."


class Past(Protocol):
    """A first load, wherever it stands."""

    @property
    def is_loaded(self) -> bool:
        """Whether all of it is here."""
        ...

    @property
    def reached(self) -> date:
        """Everything made since then is here."""
        ...

    def more(self) -> AsyncGenerator[NumberedPage, None]:
        """Reads some of it; it stands behind a page when that comes."""
        ...

    def position(self) -> dict[str, Any]:
        """Where it goes on."""
        ...

    def calls_left(self) -> int | None:
        """How many calls are still to make; None where nothing tells."""
        ...

    def coverage(self, expected_at: datetime | None) -> Coverage:
        """How much of it is here."""
        ...


class SlicedPast:
    """By slices of the create date, newest first."""

    def __init__(
        self, lists: ResourceLists, settings: CimcloudSettings, load: Load | Position | None
    ) -> None:
        if load is None:
            # a day more, since the vendor's may be ahead; and another, since it is not said whether
            # the last day of a search counts whole
            load = Load.between(settings.first_day(), lists.today() + 2 * DAY, lists.today())
        self.load = load if isinstance(load, Load) else Load.of(load)
        self._lists = lists
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
        """Reads a slice."""
        return self._sliced.slice()

    def position(self) -> dict[str, Any]:
        """Where it goes on."""
        return self.load.position()

    def open_position(self) -> dict[str, Any] | None:
        """Where it goes on; None once all is here."""
        return None if self.load.is_done else self.load.position()

    def calls_left(self) -> int | None:
        """As far as the calls so far tell."""
        return self.load.calls_left()

    def coverage(self, expected_at: datetime | None) -> Coverage:
        """Complete since the day it has reached."""
        load = self.load
        has_begun = load.reached < load.top
        note = LEFT_TO_SWEEPS
        if load.loose:
            note = f"{load.loose} days never held still while they were read. {note}"
        return Coverage(
            complete_since=self._lists.midnight(load.reached) if has_begun else None,
            share=load.share,
            expected_at=None if load.is_done else expected_at,
            rows=load.rows,
            calls=load.calls,
            calls_left=load.calls_left(),
            note=note,
        )


class WholePast:
    """The list as it is, for a table without a create date."""

    def __init__(self, lists: ResourceLists, position: Position | None) -> None:
        self._whole = Whole.of(position)
        self._lists = lists

    @property
    def is_loaded(self) -> bool:
        """Whether the list was read to its end."""
        return self._whole.is_over

    @property
    def reached(self) -> date:
        """Nothing is certain before the end; such a table waits until the others are done."""
        return date.min

    def more(self) -> AsyncGenerator[NumberedPage, None]:
        """Reads the rest of the list."""
        return whole_pages(self._lists.whole(), self._lists.limits, self._whole)

    def position(self) -> dict[str, Any]:
        """Where it goes on."""
        return self._whole.position()

    def calls_left(self) -> int | None:
        """Nothing tells how long the list is."""
        return 0 if self._whole.is_over else None

    def coverage(self, expected_at: datetime | None) -> Coverage:
        """All or nothing."""
        done = self._whole.is_over
        return Coverage(
            complete_since=self._lists.midnight(self._lists.today()) if done else None,
            share=1.0 if done else 0.0,
            rows=self._whole.rows,
            calls=self._whole.calls,
            calls_left=self.calls_left(),
            note=LEFT_TO_SWEEPS,
        )


def expected_end(pasts: list[Past], settings: CimcloudSettings, now: datetime) -> datetime | None:
    """When all of them will be loaded if reading never pauses; None while nothing tells."""
    left = [past.calls_left() for past in pasts]
    if any(calls is None for calls in left):
        return None
    calls = sum(calls or 0 for calls in left)
    return now + timedelta(minutes=15) * (calls / settings.calls_per_quarter_hour)
