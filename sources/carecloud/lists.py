"""One table's lists, as the kernel's readings ask for them.

Sorted newest first, a row that changes while the list is read jumps to the top and only pushes
others down: nothing slips through between two pages, and what jumped is above the watermark next
time [P].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sources._http.answer import Answer
from sources._http.client import Client
from sources._http.errors import Drifted
from sources._reading.offset import Ends, ListAnswer, OffsetList, OffsetPage
from sources._tables.page import Page
from sources.carecloud.login import CustomerClient
from sources.carecloud.resources import CHANGED, Resource
from sources.carecloud.saying import DATA, ask, read_list, read_single
from sources.carecloud.settings import CarecloudSettings
from sources.carecloud.times import rank

Row = dict[str, Any]

NEWEST_FIRST: Final = "DESC"


class ResourceLists:
    """The lists of one resource.

    Args:
        client: open.
        settings: the connection's.
        resource: where the table is read from.
    """

    def __init__(self, client: Client, settings: CarecloudSettings, resource: Resource) -> None:
        self.resource = resource
        self.zone: ZoneInfo = settings.zone()
        self.interface = settings.interface
        self.page_size = settings.page_size
        self._client = client

    @property
    def is_by_change(self) -> bool:
        """Whether what it is sorted by says when a row changed, rather than when it was made."""
        return self.resource.sorted_by == CHANGED

    def ahead(self) -> int:
        """How many pages may be under way."""
        return self._client.lanes.limit if self._client.lanes else 1

    def newest_first(self) -> OffsetList:
        """Everything, what changed last at the top.

        Raises:
            ValueError: nothing says when its rows changed.
        """
        if self.resource.sorted_by is None:
            raise ValueError(f"{self.resource.table} says no change time")
        return self._sorted({})

    def whole(self) -> OffsetList:
        """Everything, in an order that holds: that of changes, else that of the key [A]."""
        if self.resource.sorted_by is not None:
            return self.newest_first()
        return self._list({"sort_field": self.resource.key, "sort_direction": "ASC"}, None)

    def made_between(self, first: str, last: str) -> OffsetList:
        """What was made between two local times, both included.

        Raises:
            ValueError: the vendor has no such filter.
        """
        if self.resource.made is None:
            raise ValueError(f"{self.resource.table} cannot be asked for a range of days")
        since, until = self.resource.made
        return self._sorted({since: first, until: last})

    def change_times(self, rows: Sequence[Row | None]) -> list[object]:
        """When each row says that it changed."""
        field = self.resource.sorted_by or ""
        return [row.get(field) for row in rows if row is not None]

    def page(self, answer: Answer, rows_at: tuple[str, ...], stream: str) -> Page:
        """An answer as a page of the table."""
        return Page(
            table=self.resource.table,
            body=answer.body,
            received_at=answer.received_at,
            request=f"GET {answer.url}",
            stream=stream,
            rows_at=rows_at,
        )

    def pages(self, page: OffsetPage, stream: str) -> list[Page]:
        """A page of a list as a page of the table; none where it holds no row."""
        return [self.page(page.answer, page.rows_at, stream)] if page.rows else []

    def _sorted(self, params: Mapping[str, str]) -> OffsetList:
        field = self.resource.sorted_by
        order = {"sort_field": field, "sort_direction": NEWEST_FIRST} if field else {}
        return self._list({**params, **order}, field)

    def _own(self, client: CustomerClient) -> OffsetList:
        """The one customer whose login it is: a list of customers is not for the like of it."""

        async def fetch(offset: int, count: int) -> ListAnswer:
            path = f"{self.resource.path}/{quote(await client.whose(), safe='')}"
            answer = await ask(client, path, self.resource.params)
            row = read_single(answer, self.resource)
            rows = (row,) if row is not None else ()
            return ListAnswer(answer, rows, total=len(rows), rows_at=(DATA,))

        return OffsetList(
            table=self.resource.table,
            fetch=fetch,
            key=(self.resource.key,),
            page_rows=self.page_size,
            ends=Ends.AT_ONCE,
        )

    def _list(self, params: Mapping[str, str], field: str | None) -> OffsetList:
        if self.resource.is_own and isinstance(self._client, CustomerClient):
            return self._own(self._client)

        async def fetch(offset: int, count: int) -> ListAnswer:
            paged = {"count": str(count), "offset": str(offset)}
            asked = {**self.resource.params, **params, **paged}
            answer = await ask(self._client, self.resource.path, asked)
            listed = read_list(answer, self.resource)
            self._require_items(listed)
            return listed

        return OffsetList(
            table=self.resource.table,
            fetch=fetch,
            key=(self.resource.key,),
            page_rows=self.page_size,
            ends=Ends.TOTAL,
            rank=None if field is None else lambda row: rank(row.get(field), self.zone),
        )

    def _require_items(self, listed: ListAnswer) -> None:
        """Documents that count items must carry them: else all would seem to have lost theirs.

        Raises:
            Drifted: none of the page does.
        """
        if self.resource.items is None:
            return
        items, counted = self.resource.items
        counting = [row for row in listed.rows if row and _is_positive(row.get(counted))]
        if counting and not any(row.get(items) for row in counting):
            raise Drifted(
                f"GET {listed.answer.url} was to bring {items}, and {len(counting)} rows that "
                f"count theirs ({counted}) came without any",
                table=self.resource.table,
            )


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and value > 0
