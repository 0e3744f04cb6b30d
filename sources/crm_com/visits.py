"""Visits: all that the API tells of one account, one account after another, several at once.

A visit is the account itself, the contact that owns it, its invoices, credit notes, subscriptions
and, in its turn, its purchases. Its pages are handed over together, and the account's mark behind
them. What of one account cannot be read is told, remembered, and tried in the next run; a table
that can be read of no account is given up for this run.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from sources._http.errors import Drifted, PenstockError, Refused, Rejected, Retryable
from sources._reading.ahead import in_order, lookahead
from sources._reading.apart import Apart
from sources._reading.marks import Coverage, Mark, Trouble
from sources._reading.offset import ListAnswer, Scan
from sources._reading.scanning import scan_pages
from sources._tables.page import Page
from sources.crm_com.accounts import Account, Accounts
from sources.crm_com.api import ACCOUNT, CONTACT, OF_ACCOUNT, Api, Ask, page_of
from sources.crm_com.identifier import ACCOUNT as BY_ACCOUNT
from sources.crm_com.identifier import Identifier

ACCOUNTS: Final = "accounts"
CONTACTS: Final = "contacts"
PURCHASES: Final = "purchases"
FAN_OUT: Final = (ACCOUNTS, CONTACTS, "invoices", "credit_notes", "subscriptions")
NOTE: Final = (
    "Of the accounts that a purchase, a job or a lead showed, or the settings name, as of each "
    "account's last visit"
)
CONTACT_IDENTIFIER: Final = "contact_information_identifier"
_HOPELESS: Final = 3  # accounts of which a table fails, without one answer
_TOGETHER: Final = 64  # pages: a window costs a good part of a second, a kill costs a window

Items = AsyncGenerator[Page | Mark | Trouble, None]


@dataclass
class Visit:
    """What a visit brought.

    Attributes:
        account: whose.
        is_whole: whether all tables were asked for.
        pages: of all of them.
        read: tables that were answered.
        lacks: tables that were not.
        errors: why not.
        id: the account's own id, once it is known.
    """

    account: Account
    is_whole: bool
    pages: list[Page] = field(default_factory=list)
    read: set[str] = field(default_factory=set)
    lacks: list[str] = field(default_factory=list)
    errors: list[tuple[str, PenstockError]] = field(default_factory=list)
    id: str = ""


class Visits:
    """The visits of one run.

    Args:
        api: the connection's calls.
        accounts: those that are known.
        tables: those to be read, of the fan-out's.
        all_tables: those of the fan-out that the connection has.
        clock: now, in UTC, naive.
        apart: tells one table's trouble from the vendor's.
    """

    def __init__(
        self,
        api: Api,
        accounts: Accounts,
        tables: Sequence[str],
        all_tables: Sequence[str],
        clock: Callable[[], datetime],
        apart: Apart,
    ) -> None:
        self._api = api
        self._accounts = accounts
        self._tables = [name for name in FAN_OUT if name in tables]
        self._is_counted = set(all_tables) <= set(self._tables)
        self._reads_purchases = PURCHASES in tables
        self._clock = clock
        self._apart = apart
        self._given_up: set[str] = set()
        self._answered: set[str] = set()
        self._failed: dict[str, int] = {}
        self._contacts: set[str] = set()

    async def all(self) -> Items:
        """Everything that is due, accounts with news first, then where the rotation stands.

        Raises:
            PenstockError: nothing can be read.
        """
        news, turns = self._accounts.turn()
        named = {one.identifier for one in (*news, *turns)}
        lacking = [one for one in self._accounts.lacking() if one.identifier not in named]
        works = [
            *(partial(self._visit, one, self._wanted(one, is_turn=False)) for one in news),
            *(partial(self._visit, one, self._wanted(one, is_turn=True)) for one in turns),
            *(partial(self._visit, one, one.lacks, is_whole=False) for one in lacking),
        ]
        held: list[Account] = []
        pages = 0
        try:
            async with aclosing(in_order(iter(works), lookahead(self._api.client))) as visits:
                async for visit in visits:
                    for page in visit.pages:
                        yield page
                    for trouble in self._troubles(visit):
                        yield trouble
                    self._remember(visit)
                    held.append(visit.account)
                    pages += len(visit.pages)
                    if pages >= _TOGETHER:
                        for mark in self._marks(held):
                            yield mark
                        held, pages = [], 0
        except PenstockError:
            for mark in self._marks(held):
                yield mark
            raise
        for mark in self._marks(held, is_over=True):
            yield mark

    def _marks(self, visited: Sequence[Account], *, is_over: bool = False) -> Iterator[Mark]:
        """What these visits leave; nothing where only a part of the fan-out was asked for."""
        if not self._is_counted:
            return
        if visited:
            yield from self._accounts.visited_marks(visited)
        if is_over:
            yield self._accounts.turned()
        yield from self._covered(is_read=is_over)

    def _wanted(self, one: Account, *, is_turn: bool) -> tuple[str, ...]:
        """The tables of a visit.

        Purchases come by classification; an account's own list is for what those miss, so it is
        read in its turn, and at first only where there is no classification.
        """
        settings = self._api.settings
        if not (settings.purchases_by_account and self._reads_purchases):
            return tuple(self._tables)
        since = one.purchases_at
        late = since is not None and self._clock() - since >= timedelta(days=settings.revisit_days)
        if is_turn or late or (since is None and not settings.classifications):
            return (*self._tables, PURCHASES)
        return tuple(self._tables)

    async def _visit(
        self, account: Account, tables: Sequence[str], *, is_whole: bool = True
    ) -> Visit:
        visit = Visit(account, is_whole)
        out = self._given_up | ({CONTACTS} if ACCOUNTS in self._given_up else set())
        wanted = [table for table in tables if table not in out]
        visit.lacks += [table for table in tables if table in out]
        if ACCOUNTS in wanted or CONTACTS in wanted:
            wanted = await self._who(visit, wanted)
        for table in wanted:
            if table not in (ACCOUNTS, CONTACTS):
                await self._try(visit, table, partial(self._list, visit, table))
        return visit

    async def _who(self, visit: Visit, wanted: list[str]) -> list[str]:
        """The account and its owner; which tables are left to be read."""
        found: dict[str, Any] = {}

        async def the_account() -> None:
            ask = Ask(table=ACCOUNTS, method=ACCOUNT, identifier=visit.account.identifier)
            page, row = await self._api.show(ask)
            found.update(row)
            visit.id = str(row["id"])
            if ACCOUNTS in wanted:
                visit.pages.append(page)

        await self._try(visit, ACCOUNTS, the_account)
        owner = found.get("account_owner")
        contact = owner.get("id") if isinstance(owner, dict) else None
        if not found and CONTACTS in wanted:
            visit.lacks.append(CONTACTS)
        elif CONTACTS in wanted and isinstance(contact, str) and contact not in self._contacts:
            self._contacts.add(contact)
            await self._try(visit, CONTACTS, partial(self._contact, visit, contact))
        return [table for table in wanted if table not in (ACCOUNTS, CONTACTS)]

    async def _contact(self, visit: Visit, contact: str) -> None:
        parameter = self._api.settings.parameter(CONTACTS, CONTACT_IDENTIFIER)
        identifier = Identifier(parameter, "id", contact)
        try:
            ask = Ask(table=CONTACTS, method=CONTACT, identifier=identifier)
            page, _ = await self._api.show(ask)
        except PenstockError:
            self._contacts.discard(contact)
            raise
        visit.pages.append(page)

    async def _list(self, visit: Visit, table: str) -> None:
        identifier = visit.account.identifier
        if visit.id:
            identifier = Identifier(BY_ACCOUNT, "id", visit.id)
        ask = Ask(table=table, method=OF_ACCOUNT[table], identifier=identifier)
        account = identifier.value if identifier.field == "id" else visit.account.also
        scan = Scan()
        pages = []
        async with aclosing(scan_pages(self._api.list_of(ask), scan)) as listed:
            async for page in listed:
                if page.rows:
                    held = ListAnswer(page.answer, page.rows, rows_at=page.rows_at)
                    pages.append(page_of(ask, held, account=account))
        visit.pages += pages

    async def _try(self, visit: Visit, table: str, read: Callable[[], Awaitable[None]]) -> None:
        """Reads one table of a visit; what is of this table alone is kept for later."""
        try:
            await read()
        except (Drifted, Retryable, Refused) as error:
            if isinstance(error, Refused) and error.status != HTTPStatus.FORBIDDEN:
                raise error.at(table=table) from None
            visit.lacks.append(table)
            visit.errors.append((table, error.at(table=table)))
        else:
            visit.read.add(table)

    def _troubles(self, visit: Visit) -> Iterator[Trouble]:
        """What to tell of a visit; gives up a table where that is hopeless.

        Raises:
            PenstockError: the vendor itself is in trouble: of two accounts in a row, nothing at all
                could be read.
        """
        self._answered |= visit.read
        if visit.read:
            self._apart.read()
        else:
            for _, error in visit.errors:
                if isinstance(error, Rejected) or error.status == HTTPStatus.FORBIDDEN:
                    continue
                if not self._apart.is_of_one_table(error):
                    raise error
                break
        for table, error in visit.errors:
            if table in self._given_up:
                continue
            self._failed[table] = self._failed.get(table, 0) + 1
            if self._failed[table] >= _HOPELESS and table not in self._answered:
                self._given_up.add(table)
            yield Trouble(error.at(table=table))

    def _remember(self, visit: Visit) -> None:
        one, now = visit.account, self._clock()
        one.tried_at = now
        one.lacks = tuple(dict.fromkeys(visit.lacks))
        one.also = visit.id or one.also
        if not visit.read:
            return
        if PURCHASES in visit.read or (one.purchases_at is None and PURCHASES not in visit.lacks):
            one.purchases_at = now
        if visit.is_whole:
            one.visited_at, one.has_news = now, False

    def _covered(self, *, is_read: bool) -> Iterator[Mark]:
        """How much of the accounts is here; `is_read` at the end of the visits."""
        known, visited = len(self._accounts), self._accounts.visited
        lacking = [one for one in self._accounts.lacking() if one.visited_at is not None]
        oldest = self._accounts.oldest_visit
        note = (
            f"{NOTE}; the longest unvisited was read at {oldest:%Y-%m-%d %H:%M} UTC."
            if oldest
            else f"{NOTE}."
        )
        if lacking:
            note += f" Of {len(lacking)} accounts a table could not be read."
        for table in self._tables:
            read = visited - sum(table in one.lacks for one in lacking)
            share = read / known if known else 1.0
            cover = Coverage(complete_since=None, share=share, note=note)
            yield Mark(
                table=table,
                stream="visits",
                position={"at": self._clock().isoformat()},
                coverage=cover,
                is_read=is_read and table not in self._given_up and self._is_answered(table),
            )

    def _is_answered(self, table: str) -> bool:
        return table in self._answered or table not in self._failed
