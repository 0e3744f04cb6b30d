"""CareCloud (CRM CareCloud, Cortex): a retail loyalty CRM.

What it is: customers of a loyalty programme, what they bought in stores and online, orders,
bookings, cards and vouchers. The enterprise interface lists all of a project, the customer
interface one customer's own data [S].

How it pages: `count` and `offset`, with a total, sorted by any first-level field [P]. No list can
be asked for what changed [P], so it is read by `last_change`, newest first, down to the last
reading's first page and a little further. That direction is the safe one: a row that changes
meanwhile jumps to the top and only repeats others. Events, which say no change, are read by when
they were made; the small lists are read whole.

Why versions by change time: an answer may come from a cache [P], and an old one must not pass for
news. What a table has in another language is no new version of it.

Secrets: `user_external_application_id`, `login`, `password`; give the extractor a user of its own,
of the group webservice [P]. How much may be asked at once is unpublished: it is found by trying.

What cannot be had: deletes of purchases, orders and source records, which have no state, and
changes of events (a sweep infers both); the offset of a time, so the project's timezone is a
setting.
"""

from __future__ import annotations

import dlt
from dlt.sources import DltResource

from sources._tables.window import window_resource
from sources._tables.withhold import PASSWORDS, Withheld
from sources._vendor import Landed, Vendor, Whole
from sources.carecloud.check import check
from sources.carecloud.cursor import CURSOR
from sources.carecloud.login import open_client, secrets
from sources.carecloud.reading import backfill, look_up, only_whole, read, read_whole
from sources.carecloud.resources import tables_of
from sources.carecloud.settings import CarecloudSettings
from sources.carecloud.tables import TABLES


def _every_hours(settings: CarecloudSettings) -> dict[str, float]:
    return dict.fromkeys(only_whole(settings), settings.lists_every_hours)


@dlt.source(name="carecloud", max_table_nesting=0)
def carecloud(landed: Landed) -> DltResource:
    """One window of typed tables, to be landed."""
    return window_resource(landed)


VENDOR = Vendor(
    name="carecloud",
    title="CareCloud",
    tables=TABLES,
    settings=CarecloudSettings,
    client=open_client,
    source=carecloud,
    read=read,
    check=check,
    backfill=backfill,
    whole=Whole(read=read_whole, look_up=look_up, on_every_run=only_whole),
    secrets=secrets,
    coverage="All that the project has, newest first; the customer interface has one customer's "
    "own data.",
    tables_of=tables_of,
    every_hours=_every_hours,
    cursor=CURSOR,
    withheld=Withheld(
        names=frozenset({"bearer_token", "token_id", "access_token", "auth_token"}),
        words=PASSWORDS,
    ),
)
