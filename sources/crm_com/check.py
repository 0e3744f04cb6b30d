"""`penstock check`: does the login work, can each list be read, and if not, why.

One login and a call for each list that the settings name; an account of those in `accounts`, or
that a purchase shows, stands for all of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sources._http.client import Client
from sources._http.errors import OutOfTime, PenstockError, Refused
from sources._reading.offset import ListAnswer
from sources._vendor import Finding
from sources.crm_com import jobs, pending, visits
from sources.crm_com.api import (
    ACCOUNT,
    CONTACT,
    JOBS_COMPLETED,
    JOBS_DRAFT,
    JOBS_OVERDUE,
    LIKELY_ACTIVITIES,
    OF_ACCOUNT,
    PENDING,
    Api,
    Ask,
)
from sources.crm_com.identifier import Identifier, account_of
from sources.crm_com.reading import NEEDS, listings
from sources.crm_com.settings import CrmComSettings

_ROWS: Final = 2
_EXAMPLES: Final = {
    "purchases": '["Retail"]: purchases are listed by classification',
    "leads": '["Kitchens"]: leads are listed by category',
    "products": '["Appliances"]: products are listed by type',
    "provisioning_requests": '["Provider"]: pending requests are listed by provider',
}


async def check(client: Client, settings: CrmComSettings) -> AsyncIterator[Finding]:
    """Looks at the login, then at each table.

    Raises:
        OutOfTime: the run is over before all is looked at.
    """
    there = datetime.now(UTC).astimezone(ZoneInfo(settings.timezone))
    yield Finding(
        "", True, f"timezone {settings.timezone}: is it {there:%Y-%m-%d %H:%M} at the server?"
    )
    api = Api(client, settings)
    found: list[dict[str, Any]] = []
    is_in = False
    for table, asks in _lists(settings):
        if table in (settings.tables_left_out or ()):
            continue
        if not asks:
            yield Finding(table, False, _unset(table))
        for ask in asks:
            finding = await _look(api, ask, found)
            if isinstance(finding, Refused) and not is_in:
                yield Finding("", False, finding.message)
                return
            if isinstance(finding, PenstockError):
                yield Finding(table, False, finding.message)
            else:
                if not is_in:
                    is_in = True
                    yield Finding("", True, "the login is accepted")
                yield Finding(table, True, finding)
    async for one in _more_activities(api):
        yield one
    async for one in _accounts(api, found):
        yield one


def _lists(settings: CrmComSettings) -> list[tuple[str, list[Ask]]]:
    """The lists of each table."""
    states = (JOBS_DRAFT, JOBS_OVERDUE, JOBS_COMPLETED)
    providers = settings.identifiers(NEEDS[pending.TABLE])
    listed = {
        jobs.TABLE: [Ask(table=jobs.TABLE, method=method) for method in states],
        **{
            table: [listing.ask for listing in listings(table, settings)]
            for table in ("purchases", "leads", "activities", "products")
        },
        pending.TABLE: [
            Ask(table=pending.TABLE, method=PENDING, identifier=provider) for provider in providers
        ],
    }
    return list(listed.items())


def _unset(table: str) -> str:
    message = f"nothing is listed: set {NEEDS[table]}, such as {_EXAMPLES[table]}"
    return f"{message}, or name {table} in tables_left_out"


async def _look(api: Api, ask: Ask, found: list[dict[str, Any]]) -> str | PenstockError:
    """One list's first rows, and what came of it."""
    lists = api.list_of(ask)
    try:
        listed: ListAnswer = await lists.fetch(0, _ROWS)
    except OutOfTime:
        raise
    except PenstockError as error:
        return error
    found += [row for row in listed.rows if row is not None]
    whose = f" of {ask.identifier.text}" if ask.identifier else ""
    said = f"{ask.method}{whose} is readable; it has {'rows' if listed.rows else 'no rows'}"
    if len(listed.rows) > _ROWS and ask.table not in (api.settings.unpaged or ()):
        return PenstockError(
            f"{ask.method} answers {len(listed.rows)} rows where {_ROWS} were asked for: it does "
            f"not page. Name {ask.table} in unpaged"
        )
    return said


async def _more_activities(api: Api) -> AsyncIterator[Finding]:
    """Lists of activities that nothing prints, and that are there all the same."""
    table, settings = "activities", api.settings
    if table in (settings.tables_left_out or ()):
        return
    asked = {listing.ask.method for listing in listings(table, settings)}
    for method in (m for m in LIKELY_ACTIVITIES if m not in asked):
        if isinstance(await _look(api, Ask(table=table, method=method), []), str):
            yield Finding(
                table, True, f"{method} is there too: to read it, name it in activity_lists"
            )


async def _accounts(api: Api, found: list[dict[str, Any]]) -> AsyncIterator[Finding]:
    """What can be read of one account."""
    seen = [named for row in found if (named := account_of(row))]
    known = [*api.settings.seed(), *seen]
    left_out = api.settings.tables_left_out or ()
    if not known:
        yield Finding(
            visits.ACCOUNTS,
            False,
            "no account is known: none of the lists shows one. Name some in accounts",
        )
        return
    one = known[0]
    try:
        _, row = await api.show(Ask(table=visits.ACCOUNTS, method=ACCOUNT, identifier=one))
    except OutOfTime:
        raise
    except PenstockError as error:
        yield Finding(visits.ACCOUNTS, False, error.message)
        return
    yield Finding(visits.ACCOUNTS, True, f"{ACCOUNT} of {one.text} is readable")
    owner = row.get("account_owner")
    if visits.CONTACTS not in left_out and isinstance(owner, dict) and owner.get("id"):
        yield await _contact(api, str(owner["id"]))
    for table, method in OF_ACCOUNT.items():
        if table in left_out:
            continue
        said = await _look(api, Ask(table=table, method=method, identifier=one), [])
        is_ok = isinstance(said, str)
        yield Finding(table, is_ok, said if isinstance(said, str) else said.message)


async def _contact(api: Api, contact: str) -> Finding:
    usual = Ask(table=visits.CONTACTS, method=CONTACT)
    parameter = api.settings.parameter(visits.CONTACTS, visits.CONTACT_IDENTIFIER)
    try:
        await api.show(replace(usual, identifier=Identifier(parameter, "id", contact)))
    except OutOfTime:
        raise
    except PenstockError as error:
        return Finding(visits.CONTACTS, False, error.message)
    return Finding(visits.CONTACTS, True, f"{CONTACT} is readable")
