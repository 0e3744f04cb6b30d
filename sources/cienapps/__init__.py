"""Cienapps: kitchen and cabinet ERP on the customer's own server.

What it is: quotations, orders and work orders; each save raises a notification, and a list shows
the notifications not yet confirmed, each row being the changed document [S]. A confirmed one leaves
the list for good, so the archive holds the only copy of what a row looked like.

How it pages: it does not. No paging and no limit are documented, so the lists are read again until
they bring no number that was not seen before [A].

Why append, with the SyncID as version: one sequence serves all three lists [S, inferred]; a higher
number is a later save, whatever order they arrive in.

Secrets: `api_token`, sent as the header ApiToken [S].

What cannot be had: documents saved before the module API Triggers Activation was enabled, deletes,
totals. One consumer per key: a second one that confirms starves the first [A].
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from http import HTTPStatus

import dlt
from dlt.common.configuration.specs import configspec
from dlt.common.typing import TSecretStrValue
from dlt.sources import DltResource

from sources._http.client import Client
from sources._http.errors import PenstockError
from sources._http.objection import Objection, not_above, shown
from sources._reading.marks import Reading
from sources._tables.page import Page
from sources._tables.window import window_resource
from sources._vendor import ConnectionSettings, Finding, Item, Landed, Means, Settled, Vendor
from sources.cienapps.tables import TABLES

LISTS = {
    "orders": "/api/sync/order/list",
    "quotations": "/api/sync/quotation/list",
    "work_orders": "/api/sync/workorder/list",
}
_ROUTE = re.compile(r"/?[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*/?")
# what an id that is unknown or already confirmed may bring; nothing public says which [A]
NOT_TAKEN = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.GONE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)


@configspec
class CienappsSettings(ConnectionSettings):
    """Settings of one Cienapps server.

    Attributes:
        api_token: the key from the general settings, with read and write permission [S].
        confirm_batch_size: ids per confirm call; a call is not atomic, so keep it small [A].
        confirm_path: the heading's route [S]; the vendor's prose prints `/sync/confirm`.
    """

    api_token: TSecretStrValue = None  # type: ignore[assignment]  # dlt: None marks a required one
    confirm_batch_size: int = 100
    confirm_path: str = "/api/sync/confirm"

    def objections(self) -> Iterator[Objection]:
        """All that cannot be used."""
        yield from super().objections()
        yield from not_above(self, {"confirm_batch_size": 100})
        if not _ROUTE.fullmatch(self.confirm_path):
            message = f"is {shown(self.confirm_path)}: it is a route below base_url"
            yield Objection("confirm_path", message, 'confirm_path = "/api/sync/confirm"')


def open_client(settings: CienappsSettings, means: Means) -> Client:
    """The wire to one server."""
    return Client(
        settings.wire(),
        headers={"ApiToken": str(settings.api_token)},
        redactor=means.redactor,
        connection=means.connection,
        clock=means.clock,
        ends_at=means.ends_at,
    )


async def read(client: Client, settings: CienappsSettings, reading: Reading) -> AsyncIterator[Item]:
    """The three lists of pending notifications, each whole; a queue needs no position."""
    for table in reading.tables:
        path = LISTS[table]
        try:
            answer = await client.get(path)
        except PenstockError as error:
            raise error.at(table=table) from None
        yield Page(
            table=table,
            body=answer.body,
            received_at=answer.received_at,
            request=f"GET {path}",
        )


async def confirm(
    client: Client, settings: CienappsSettings, items: Sequence[int]
) -> AsyncIterator[Settled]:
    """Confirms notifications in batches; a batch that is not taken is tried one by one.

    Confirming twice does nothing or is refused [A], so a call whose answer is lost is repeated.
    """
    size = settings.confirm_batch_size
    for start in range(0, len(items), size):
        batch = tuple(items[start : start + size])
        settled = await _confirm(client, settings, batch)
        if settled.accepted or len(batch) == 1:
            yield settled
        else:
            for item in batch:
                yield await _confirm(client, settings, (item,))


async def _confirm(client: Client, settings: CienappsSettings, items: tuple[int, ...]) -> Settled:
    answer = await client.post(
        settings.confirm_path,
        json={"SyncID": list(items)},
        repeatable=True,
        expects="bytes",
        tolerate=NOT_TAKEN,
    )
    if answer.status in NOT_TAKEN:
        return Settled(items, accepted=False, note=f"the vendor answered {answer.status}")
    return Settled(items, accepted=True)


async def check(client: Client, settings: CienappsSettings) -> AsyncIterator[Finding]:
    """Reads each list once and confirms nothing."""
    empty = 0
    for table, path in LISTS.items():
        try:
            body = (await client.get(path)).body.strip()
        except PenstockError as error:
            yield Finding(table, False, error.message)
            continue
        is_empty = body.replace(b" ", b"") == b"[]"
        empty += is_empty
        yield Finding(table, True, "readable, nothing pending" if is_empty else "readable")
    if empty == len(LISTS):
        yield Finding(
            "",
            True,
            "all three lists are empty: if documents were saved lately, the module 'API Triggers "
            "Activation' is not enabled on the server; only saves after that appear",
        )
    if settings.confirm:
        yield Finding("", True, "the key must have write permission: the first run confirms")
    else:
        yield Finding("", True, "confirm = false: reads beside another consumer, confirms nothing")


@dlt.source(name="cienapps", max_table_nesting=0)
def cienapps(landed: Landed) -> DltResource:
    """One window of typed tables, to be landed."""
    return window_resource(landed)


VENDOR = Vendor(
    name="cienapps",
    title="Cienapps",
    tables=TABLES,
    settings=CienappsSettings,
    client=open_client,
    source=cienapps,
    read=read,
    check=check,
    confirm=confirm,
    secrets=lambda settings: [str(settings.api_token)],
    coverage="Saves since the API triggers were enabled; what is older needs an import.",
    archive_days=None,  # of what was confirmed there is no other copy
)
