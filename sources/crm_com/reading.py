"""What is read of CRM.COM, in which order, and where it goes on.

Lists come first: purchases, jobs and leads tell which accounts there are and which have news. Then
the accounts are visited, those with news before the quiet ones (`accounts`, `visits`). Nothing of
this sees a delete, nor a change of a quiet account before its turn.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sources._http.client import Client
from sources._http.errors import Misconfigured, PenstockError, Rejected
from sources._reading.apart import Apart
from sources._reading.closing import closed
from sources._reading.marks import Coverage, Mark, Reading, Trouble, backfill_stream
from sources._tables.page import Page
from sources.crm_com import jobs, pending, visits
from sources.crm_com.accounts import Accounts
from sources.crm_com.api import ACTIVITIES, LEADS, PRODUCTS, PURCHASES, Api, Ask
from sources.crm_com.lists import ALL_THERE_IS, SINCE, UNTIL, Listing, Lists, Place
from sources.crm_com.settings import CrmComSettings

Items = AsyncGenerator[Page | Mark | Trouble, None]

DAY: Final = timedelta(days=1)
LISTED: Final = ("purchases", "jobs", "leads", "activities", "products", "provisioning_requests")
NEEDS: Final = {
    "purchases": "classifications",
    "leads": "lead_categories",
    "products": "product_types",
    "provisioning_requests": "provisioning_providers",
}
"""The setting that says what to list of a table."""


def listings(table: str, settings: CrmComSettings) -> list[Listing]:
    """The lists that are read of a table from their head, jobs and pending requests left out."""
    methods = {"purchases": PURCHASES, "leads": LEADS, "products": PRODUCTS}
    if table == "activities":
        asked = settings.activity_lists or [ACTIVITIES]
        return [Listing(ask=Ask(table=table, method=method), stream=method) for method in asked]
    return [
        Listing(
            ask=Ask(table=table, method=methods[table], identifier=identifier),
            stream=f"{identifier.parameter} {identifier.text}",
            shows_accounts=table in ("purchases", "leads"),
        )
        for identifier in settings.identifiers(NEEDS[table])
    ]


def every_hours(settings: CrmComSettings) -> dict[str, float]:
    """Tables whose lists only grow, or rarely change."""
    return dict.fromkeys(("activities", "products"), settings.whole_lists_hours)


async def read(client: Client, settings: CrmComSettings, reading: Reading) -> Items:
    """The lists, then the accounts; one table that cannot be read does not stop the others.

    Raises:
        PenstockError: no table can be read.
    """
    api = Api(client, settings)
    accounts = Accounts(reading.positions, settings, reading.clock())
    lists = Lists(api, accounts, reading.clock)
    apart = Apart()
    for table in (name for name in LISTED if name in reading.tables):
        async with closed(_apart(apart, table, _table(table, lists, reading))) as under_way:
            async for item in under_way:
                yield item
    if set(visits.FAN_OUT) & set(reading.tables):
        left_out = settings.tables_left_out or ()
        own = [name for name in visits.FAN_OUT if name not in left_out]
        fan_out = visits.Visits(api, accounts, reading.tables, own, reading.clock, apart)
        async with closed(fan_out.all()) as under_way:
            async for item in under_way:
                yield item


async def _apart(apart: Apart, table: str, items: Items) -> Items:
    """What is read of one table, unless that fails for this table alone.

    A request that is rejected says nothing of other tables.
    """
    try:
        async with closed(items) as under_way:
            async for item in under_way:
                if isinstance(item, Page):
                    apart.read()
                yield item
    except PenstockError as error:
        error.at(table=table)
        if not isinstance(error, Rejected) and not apart.is_of_one_table(error):
            raise
        yield Trouble(error)


def _table(table: str, lists: Lists, reading: Reading) -> Items:
    if table == jobs.TABLE:
        return jobs.Jobs(lists, reading).read()
    if table == pending.TABLE:
        return _pending(lists, reading)
    return _listed(table, lists, reading)


async def _listed(table: str, lists: Lists, reading: Reading) -> Items:
    """Every list of a table from its head; purchases since the day of the last reading.

    A list whose request is rejected, as one of an unknown classification is, stops no other.
    """
    settings = lists.api.settings
    asked = listings(table, settings)
    places = [Place.of(reading.position(table, listing.stream)) for listing in asked]
    is_read = True
    if table == "purchases":
        for place in places:
            place.reach(settings.first_day())
    for listing, place in zip(asked, places, strict=True):
        one = listing
        if table == "purchases":
            ask = lists.purchases_since(listing.ask, place.since or place.first)
            one = replace(listing, ask=ask, is_first=place.since is None)
        if place.read_at is None:
            yield _done(table, lists, _coverage(table, places, settings), is_read=False)
        try:
            async with closed(lists.read(one, place)) as under_way:
                async for item in under_way:
                    yield item
        except Rejected as error:
            is_read = False
            yield Trouble(error.at(table=table))
    yield _done(table, lists, _coverage(table, places, settings), is_read=is_read)


def _coverage(table: str, places: list[Place], settings: CrmComSettings) -> Coverage:
    """How much of a table is here: by lists that were read to their end once."""
    done = sum(place.read_at is not None for place in places)
    share = done / len(places) if places else 1.0
    loose = sum(place.loose for place in places)
    first = max((place.first for place in places if place.first is not None), default=None)
    is_complete = share == 1 and bool(places) and not loose
    return Coverage(
        complete_since=_since(first, settings) if is_complete else None,
        share=share,
        note=_note(table, loose, bool(places), settings),
    )


def _note(table: str, loose: int, has_lists: bool, settings: CrmComSettings) -> str:
    said = []
    if not has_lists:
        by_account = table == "purchases" and settings.purchases_by_account
        said.append(
            f"{NEEDS[table]} names nothing to list"
            + ("; those of visited accounts are read." if by_account else ", so nothing is read.")
        )
    elif table == "purchases":
        old = f"within {settings.revisit_days:g} days" if settings.purchases_by_account else "not"
        said.append(
            f"Of the classifications that are set; an older one that changes is seen {old}."
        )
    elif table == "activities":
        said.append("Of the lists that are read: cancelled ones, unless activity_lists says more.")
    else:
        said.append(f"Of what {NEEDS[table]} names.")
    if loose:
        said.append(
            f"The last {loose} readings of a list without order never held still: rows may be "
            "missing until one does."
        )
    return " ".join(said)


def _since(first: date | None, settings: CrmComSettings) -> datetime:
    """When a day begins at the site, in UTC, naive; without one, before anything was sold."""
    if first is None:
        return ALL_THERE_IS
    local = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(settings.timezone))
    return local.astimezone(UTC).replace(tzinfo=None)


def _done(table: str, lists: Lists, coverage: Coverage, *, is_read: bool = True) -> Mark:
    """How much of a table is here; `is_read` when that is all there is for now.

    One stream says it, since of two marks in one window nothing tells which is the later.
    """
    position = {"at": lists.clock().isoformat()}
    return Mark(table=table, stream="lists", position=position, coverage=coverage, is_read=is_read)


async def _pending(lists: Lists, reading: Reading) -> Items:
    table, settings = pending.TABLE, lists.api.settings
    providers = settings.identifiers(NEEDS[table])
    is_read = True
    for provider in providers:
        position = reading.position(table, f"pending {provider.text}")
        try:
            async with closed(pending.pending(lists.api, provider, position)) as under_way:
                async for item in under_way:
                    yield item
        except Rejected as error:
            is_read = False
            yield Trouble(error.at(table=table))
    note = pending.NOTE if providers else _note(table, 0, False, settings)
    covered = Coverage(complete_since=None, share=1.0, note=note)
    yield _done(table, lists, covered, is_read=is_read)


async def backfill(
    client: Client, settings: CrmComSettings, reading: Reading, first: date, last: date
) -> Items:
    """Purchases submitted between two days, both included; a day of slack on either side.

    Raises:
        Misconfigured: the table's list has no days, or no classification is set.
        PenstockError: the vendor cannot be read.
    """
    (table,) = reading.tables
    if table != "purchases":
        raise Misconfigured(
            f"CRM.COM lists {table} without any date, so no days can be asked for; each run reads "
            f"what it can, and every account within revisit_days: SOURCES__CRM_COM__REVISIT_DAYS=0 "
            "for one run reads all of them now",
            table=table,
        )
    asked = listings(table, settings)
    if not asked:
        raise Misconfigured(
            "purchases are listed by classification: name those to be read in classifications",
            table=table,
        )
    lists = Lists(
        Api(client, settings),
        Accounts(reading.positions, settings, reading.clock()),
        reading.clock,
    )
    for listing in asked:
        stream = f"{backfill_stream(first.isoformat(), last.isoformat())} {listing.stream}"
        async with closed(_past(lists, listing, reading, (first, last), stream)) as under_way:
            async for item in under_way:
                yield item
    for mark in _forgotten(asked, first, last):
        yield mark


async def _past(
    lists: Lists, listing: Listing, reading: Reading, days: tuple[date, date], stream: str
) -> Items:
    """One classification's purchases of those days, unless they were read before a stop."""
    place = Place.of(reading.position("purchases", stream))
    if place.read_at is not None:
        return
    pattern = lists.api.settings.day_pattern
    more = {
        SINCE: (days[0] - DAY).strftime(pattern),
        UNTIL: (days[1] + 2 * DAY).strftime(pattern),
    }
    ask = Ask(table="purchases", method=PURCHASES, identifier=listing.ask.identifier, more=more)
    past = Listing(ask=ask, stream=stream, shows_accounts=True, is_past=True)
    async with closed(lists.read(past, place)) as under_way:
        async for item in under_way:
            yield item


def _forgotten(asked: list[Listing], first: date, last: date) -> Iterator[Mark]:
    """The range is done, and can be asked for anew."""
    for listing in asked:
        stream = f"{backfill_stream(first.isoformat(), last.isoformat())} {listing.stream}"
        yield Mark(table="purchases", stream=stream, position=None)
