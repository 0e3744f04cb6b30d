"""One resource's lists at a site, as the kernel's readings ask for them.

Days are said as so many days before the site's today (`<<dateadd:days:-N>>`), because a literal
date would put slashes into a path segment [A]. How many days that is holds for one reading of a
list; the next one counts anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sources._http.answer import Answer
from sources._http.client import Client
from sources._reading.paged import Fetch, Limits, NumberedPage
from sources._tables.page import Page
from sources.cimcloud.resources import Resource
from sources.cimcloud.search import (
    Clause,
    DaysAgo,
    all_of,
    any_of,
    between,
    exact,
    list_path,
    since,
)
from sources.cimcloud.settings import CimcloudSettings

FIRST_YEAR = 1980


class ResourceLists:
    """The lists of one resource.

    Args:
        client: open.
        settings: the connection's.
        resource: where the table is read from.
        clock: now, in UTC, naive.
    """

    def __init__(
        self,
        client: Client,
        settings: CimcloudSettings,
        resource: Resource,
        clock: Callable[[], datetime],
    ) -> None:
        self.resource = resource
        self.limits = Limits(
            table=resource.table, page_rows=settings.page_rows, ceiling=settings.max_pages
        )
        self._client = client
        self._operators = settings.operators()
        self._zone = ZoneInfo(settings.timezone)
        self._clock = clock

    def today(self) -> date:
        """The site's day, as far as its timezone setting tells."""
        return self._clock().replace(tzinfo=UTC).astimezone(self._zone).date()

    def midnight(self, day: date) -> datetime:
        """When a day begins at the site, in UTC, naive."""
        local = datetime(day.year, day.month, day.day, tzinfo=self._zone)
        return local.astimezone(UTC).replace(tzinfo=None)

    def whole(self) -> Fetch:
        """Every row there is."""
        return self._list(None)

    def made_between(self, first: date, last: date) -> Fetch:
        """What was made between two days.

        Raises:
            ValueError: the resource has no field that says when a row was made.
        """
        if self.resource.created is None:
            raise ValueError(f"{self.resource.table} has no create date")
        return self._list(
            between(self.resource.created, self._ago(first), self._ago(last), self._operators)
        )

    def changed_since(self, day: date) -> Fetch:
        """What changed or was made on that day or later.

        The vendor's own example asks for both [P]: a row may have no change date until its first
        change.

        Raises:
            ValueError: the resource has no field that says when a row changed.
        """
        if self.resource.cursor is None:
            raise ValueError(f"{self.resource.table} has no change date")
        fields = dict.fromkeys(filter(None, (self.resource.cursor, self.resource.created)))
        return self._list(
            any_of(*(since(field, self._ago(day), self._operators) for field in fields))
        )

    def one(self, key: Sequence[str]) -> Fetch:
        """The row of that key.

        Raises:
            Unspeakable: a search has no way to say the key.
        """
        return self._list(
            all_of(
                *(
                    exact(field, value, self._operators)
                    for field, value in zip(self.resource.key, key, strict=True)
                )
            )
        )

    def page(self, answer: Answer, stream: str) -> Page:
        """An answer as a page of the table."""
        return Page(
            table=self.resource.table,
            body=answer.body,
            received_at=answer.received_at,
            request=f"GET {answer.url}",
            stream=stream,
        )

    def pages(self, page: NumberedPage, stream: str) -> list[Page]:
        """A numbered page as a page of the table; none where there is no list in the answer."""
        return [self.page(page.answer, stream)] if page.has_list else []

    def day_made(self, row: dict[str, Any]) -> date | None:
        """The day that a row says it was made on, where that can be read: for estimates only.

        A day before there was any web shop is a default, not a day.
        """
        said = str(row.get(self.resource.created or "") or "").strip()
        for text, pattern in ((said[:10], "%Y-%m-%d"), (said.split(" ")[0], "%m/%d/%Y")):
            with suppress(ValueError):
                day = datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
                return day if day.year >= FIRST_YEAR else None
        return None

    def _ago(self, day: date) -> DaysAgo:
        return DaysAgo((self.today() - day).days)

    def _list(self, search: Clause | None) -> Fetch:
        async def fetch(page: int, tolerate: Collection[int]) -> Answer:
            path = list_path(self.resource.path, search, page)
            return await self._client.get(path, tolerate=tolerate)

        return fetch
