"""CIMcloud: B2B e-commerce in front of an ERP, one site per merchant.

What it is: web orders as customers placed them, and the ERP's history of orders, shipments,
invoices and payments beside them, with accounts, products, stock and prices [S]. A web order that
the ERP took over is in both: linked by its number, never added up [P].

How it pages: `/{resource}/{search}/{page}` from page 1, fifty rows a page, no total, no promised
order [P]. A list ends with a page that is not full. A first load asks for slices of the create date
that are a few pages each, afterwards for what changed since a day; a sweep reads lists whole.

Why versions by the time they were seen: a list always answers with the present state, and jobs of
the ERP can change a row without its change date, or set it back [P]; what is seen later is newer.

Secrets: `auth_key`, `auth_user_name`, `auth_password` of an App Authorization [P]. Give the
extractor its own: two calls a second and a hundred per fifteen minutes are counted per
authorization [P].

What cannot be had: totals, deletes (a sweep infers them), and a promise that a list holds still.
`OnlineOrders` is never called: reading it marks orders as fetched [P].
"""

from __future__ import annotations

import dlt
from dlt.sources import DltResource

from sources._tables.window import window_resource
from sources._tables.withhold import CARD_NAMES, CARDS, PASSWORDS, Withheld
from sources._vendor import Landed, Vendor, Whole
from sources.cimcloud.check import check
from sources.cimcloud.cursor import CURSOR
from sources.cimcloud.limits import budget_of
from sources.cimcloud.login import open_client
from sources.cimcloud.reading import (
    backfill,
    look_up,
    only_whole,
    read,
    read_whole,
    resources,
    whole_at_first,
)
from sources.cimcloud.resources import tables_of
from sources.cimcloud.settings import CimcloudSettings
from sources.cimcloud.swagger import read_swagger
from sources.cimcloud.tables import TABLES


def _every_hours(settings: CimcloudSettings) -> dict[str, float]:
    return {
        name: resource.every_hours
        for name, resource in resources(settings).items()
        if resource.every_hours is not None
    }


@dlt.source(name="cimcloud", max_table_nesting=0)
def cimcloud(landed: Landed) -> DltResource:
    """One window of typed tables, to be landed."""
    return window_resource(landed)


VENDOR = Vendor(
    name="cimcloud",
    title="CIMcloud",
    tables=TABLES,
    settings=CimcloudSettings,
    client=open_client,
    source=cimcloud,
    read=read,
    check=check,
    backfill=backfill,
    whole=Whole(read=read_whole, look_up=look_up, on_every_run=only_whole, at_first=whole_at_first),
    secrets=lambda settings: [
        str(secret)
        for secret in (settings.auth_key, settings.auth_user_name, settings.auth_password)
        if secret
    ],
    coverage="All that the site has, newest first; a first load takes hours, run after run.",
    tables_of=tables_of,
    every_hours=_every_hours,
    budget=budget_of,
    cursor=CURSOR,
    withheld=Withheld(names=frozenset({"pw"}) | CARD_NAMES, words=PASSWORDS | CARDS),
    describe=read_swagger,
)
