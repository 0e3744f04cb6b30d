"""A toy vendor, whole: it is no part of `sources`, and shows what a vendor needs to become one.

What it is: a toy shop's catalogue and the boxes it is sent in.

How it pages: `GET /toys?offset=0&count=10` answers `{"total": 25, "rows": [...]}`, by number, which
is never used again.

Why versions by number: each save of a row raises its `revision`.

Secrets: `shop_key`, sent as the header X-Shop-Key.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from http import HTTPStatus

import dlt
from dlt.common.configuration.specs import configspec
from dlt.common.typing import TSecretStrValue
from dlt.sources import DltResource

from sources._http.client import Client
from sources._http.errors import Drifted, PenstockError
from sources._reading.marks import LOOK_UP, SWEEP, Mark, Reading
from sources._reading.offset import Ends, ListAnswer, OffsetList, Scan
from sources._reading.scanning import scan_pages
from sources._tables.declare import Column, Kind, Table, VersionBy
from sources._tables.page import Page
from sources._tables.window import window_resource
from sources._vendor import (
    ConnectionSettings,
    Finding,
    Item,
    Landed,
    Looked,
    Means,
    Vendor,
    Whole,
)

ROWS_AT = ("rows",)


@configspec
class ToySettings(ConnectionSettings):
    """Settings of one toy shop.

    Attributes:
        shop_key: the shop's key.
        page_size: rows of a page; the shop answers ten at most.
    """

    shop_key: TSecretStrValue = None  # type: ignore[assignment]  # dlt: None marks a required one
    page_size: int = 10


def _table(name: str, description: str, *columns: Column) -> Table:
    number = Column(
        name="number",
        wire="number",
        kind=Kind.INTEGER,
        required=True,
        description="The row's number.",
    )
    revision = Column(
        name="revision",
        wire="revision",
        kind=Kind.INTEGER,
        required=True,
        description="How often the row was saved.",
    )
    return Table(
        name=name,
        description=description,
        columns=(number, *columns, revision),
        key=("number",),
        version_by=VersionBy.NUMBER,
        version="revision",
        swept=True,
    )


TOYS = _table(
    "toys",
    "Toys, one row per toy.",
    Column(name="name", wire="name", kind=Kind.TEXT, required=True, description="Its name."),
    Column(name="price_amount", wire="price", kind=Kind.DECIMAL, description="What it costs."),
)
BOXES = _table(
    "boxes",
    "Boxes, one row per box.",
    Column(name="name", wire="name", kind=Kind.TEXT, required=True, description="What it says."),
)


def open_client(settings: ToySettings, means: Means) -> Client:
    """The wire to one shop."""
    return Client(
        settings.wire(),
        headers={"X-Shop-Key": str(settings.shop_key)},
        redactor=means.redactor,
        connection=means.connection,
        clock=means.clock,
        ends_at=means.ends_at,
    )


async def read(client: Client, settings: ToySettings, reading: Reading) -> AsyncIterator[Item]:
    """Nothing: every list is read whole."""
    return
    yield


async def read_whole(
    client: Client, settings: ToySettings, reading: Reading
) -> AsyncIterator[Item]:
    """Each list to its end.

    Raises:
        PenstockError: the shop cannot be read.
    """
    for table in reading.tables:

        async def fetch(offset: int, count: int, table: str = table) -> ListAnswer:
            answer = await client.get(f"/{table}", params={"offset": offset, "count": count})
            try:
                said = json.loads(answer.body)
                rows, total = tuple(said["rows"]), int(said["total"])
            except (TypeError, KeyError, ValueError):
                raise Drifted(f"{answer.url} is no list of the shop's", table=table) from None
            return ListAnswer(answer, rows, total, ROWS_AT)

        lists = OffsetList(
            table=table,
            fetch=fetch,
            key=("number",),
            page_rows=settings.page_size,
            ends=Ends.TOTAL,
        )
        scan = Scan.of(reading.position(table, SWEEP))
        try:
            async with aclosing(scan_pages(lists, scan)) as pages:
                async for page in pages:
                    yield Page(
                        table=table,
                        body=page.answer.body,
                        received_at=page.answer.received_at,
                        request=f"GET /{table}",
                        stream=SWEEP,
                        rows_at=page.rows_at,
                    )
                    yield Mark(table=table, stream=SWEEP, position=scan.position())
        except PenstockError as error:
            raise error.at(table=table) from None


async def look_up(
    client: Client, settings: ToySettings, table: str, keys: Sequence[tuple[str, ...]]
) -> AsyncIterator[Looked]:
    """Each row by its number."""
    for key in keys:
        answer = await client.get(f"/{table}/{key[0]}", tolerate=(HTTPStatus.NOT_FOUND,))
        if answer.status == HTTPStatus.NOT_FOUND:
            yield Looked(key)
            continue
        page = Page(
            table=table,
            body=answer.body,
            received_at=answer.received_at,
            request=f"GET /{table}/{key[0]}",
            stream=LOOK_UP,
            rows_at=ROWS_AT,
        )
        yield Looked(key, page=page)


async def check(client: Client, settings: ToySettings) -> AsyncIterator[Finding]:
    """Reads a row of each list."""
    for table in (TOYS, BOXES):
        try:
            await client.get(f"/{table.name}", params={"offset": 0, "count": 1})
        except PenstockError as error:
            yield Finding(table.name, False, error.message)
        else:
            yield Finding(table.name, True, "readable")


@dlt.source(name="toy", max_table_nesting=0)
def toy(landed: Landed) -> DltResource:
    """One window of typed tables, to be landed."""
    return window_resource(landed)


VENDOR = Vendor(
    name="toy",
    title="Toy shop",
    tables=(TOYS, BOXES),
    settings=ToySettings,
    client=open_client,
    source=toy,
    read=read,
    check=check,
    whole=Whole(read=read_whole, look_up=look_up, on_every_run=lambda _: (TOYS.name, BOXES.name)),
    secrets=lambda settings: [str(settings.shop_key)],
    coverage="All that the shop has, read whole on every run.",
)
