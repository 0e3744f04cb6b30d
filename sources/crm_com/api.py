"""The calls that Penstock makes: lists and single things, all of them read-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sources._http.answer import Answer
from sources._http.client import Client
from sources._http.errors import Drifted
from sources._reading.offset import Ends, ListAnswer, OffsetList
from sources._tables.page import Page
from sources.crm_com.columns import ACCOUNT_ASKED
from sources.crm_com.envelope import DATA, is_null, one_of, rows_of
from sources.crm_com.identifier import Identifier
from sources.crm_com.settings import CrmComSettings
from sources.crm_com.tables import TABLES, fields_of

PURCHASES: Final = "customer_events/purchases/list"
JOBS_DRAFT: Final = "jobs/all_scopes/get_draft"
JOBS_OVERDUE: Final = "jobs/all_scopes/get_overdue"
JOBS_COMPLETED: Final = "jobs/all_scopes/get_completed"
JOB: Final = "jobs/show"  # [A]
LEADS: Final = "leads/list"
PRODUCTS: Final = "products/list"
ACTIVITIES: Final = "activities/get_cancelled"
LIKELY_ACTIVITIES: Final = tuple(  # called as the lists of jobs are [A]
    f"activities/get_{state}" for state in ("completed", "overdue", "pending")
)
PENDING: Final = "provisioning/generic_provisioning_requests/get_pending"
ACCOUNT: Final = "accounts_receivable/show"  # [A]
CONTACT: Final = "contact_information/show"
OF_ACCOUNT: Final = {
    "invoices": "invoices/list",
    "credit_notes": "credit_notes/list",
    "subscriptions": "subscriptions/list",
    "purchases": PURCHASES,
}
_POSTED: Final = frozenset({PURCHASES})
_IN_ORDER: Final = frozenset({JOBS_DRAFT, PENDING})  # newest first [P], oldest first [S]


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What is asked for.

    Attributes:
        table: whose rows the answer holds.
        method: the API's method.
        identifier: whose rows; None where the method needs none.
        more: further parameters.
    """

    table: str
    method: str
    identifier: Identifier | None = None
    more: Mapping[str, str] = field(default_factory=dict)


class Api:
    """One connection's calls.

    Args:
        client: open.
        settings: the connection's.
    """

    def __init__(self, client: Client, settings: CrmComSettings) -> None:
        self.client = client
        self.settings = settings
        self._fields = {t.name: fields_of(t, settings.invoice_items_field) for t in TABLES}

    def list_of(self, ask: Ask) -> OffsetList:
        """A list, as it is scanned."""
        is_paged = ask.table not in (self.settings.unpaged or ())

        async def fetch(offset: int, count: int) -> ListAnswer:
            paging = {"number_of_results": count, "offset": offset} if is_paged else {}
            answer = await self._send(ask, paging)
            rows, rows_at = rows_of(answer, ask.table)
            if offset and is_paged and is_null(answer):
                await self._check_end(ask, offset, count)
            return ListAnswer(answer=answer, rows=rows, rows_at=rows_at)

        return OffsetList(
            table=ask.table,
            fetch=fetch,
            key=("id",),
            page_rows=self.settings.page_size,
            ends=Ends.SHORT if is_paged else Ends.AT_ONCE,
            keeps_order=ask.method in _IN_ORDER,
        )

    async def show(self, ask: Ask) -> tuple[Page, dict[str, Any]]:
        """One thing: its page and what is in it.

        Raises:
            Drifted: the answer is no thing with an id.
            PenstockError: as `Client.get`.
        """
        answer = await self._send(ask, {})
        held = one_of(answer, ask.table)
        return page_of(ask, ListAnswer(answer=answer, rows=(held,), rows_at=(DATA,))), held

    async def _check_end(self, ask: Ask, offset: int, count: int) -> None:
        """Looks at the row before a page of null: an end, if that one is the last.

        Raises:
            Drifted: it is not.
        """
        before = await self._send(ask, {"number_of_results": count, "offset": offset - 1})
        rows, _ = rows_of(before, ask.table)
        if len(rows) != 1:
            raise Drifted(
                f"{ask.method} answered null from row {offset} on, and {len(rows)} rows from the "
                "one before it: that is no end of a list",
                table=ask.table,
            )

    async def _send(self, ask: Ask, paging: Mapping[str, int]) -> Answer:
        path = self.settings.path(ask.method)
        more: dict[str, Any] = {**ask.more, **paging}
        if self.settings.declared_fields_only and self._fields[ask.table]:
            more["fields_set"] = self._fields[ask.table]
        if ask.method in _POSTED:
            body = {**(ask.identifier.body if ask.identifier else {}), **more}
            return await self.client.post(path, json=body, repeatable=True, expects="json")
        named = ask.identifier.query if ask.identifier else {}
        return await self.client.get(path, params={**named, **more})


def page_of(ask: Ask, listed: ListAnswer, stream: str = "live", account: str = "") -> Page:
    """An answer as a page of its table; `account` is the id of the one whose rows it holds."""
    verb = "POST" if ask.method in _POSTED else "GET"
    whose = f" {ask.identifier.text}" if ask.identifier and verb == "POST" else ""
    return Page(
        table=ask.table,
        body=listed.answer.body,
        received_at=listed.answer.received_at,
        request=f"{verb} {listed.answer.url}{whose}",
        stream=stream,
        rows_at=listed.rows_at,
        asked=((ACCOUNT_ASKED, account),) if account else (),
    )
