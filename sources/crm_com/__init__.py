"""CRM.COM: subscription, billing and loyalty CRM, read through its REST API, version 2.

What it is: purchases (orders), jobs (work orders), leads, contacts and their accounts, with
invoices, credit notes and subscriptions of each account, products, activities and provisioning
requests [P]. Not the same product as the `api.crm.com` v3 API.

How it is read: there is no list of all that changed, nor of accounts [P]. Purchases are listed by
classification since a day, jobs by state, leads by category; they show which accounts there are,
and which have news. Every account with news is then read whole: itself, its owner, its invoices,
credit notes and subscriptions. Quiet accounts are read in rotation, each within `revisit_days`.

How it pages: by offset, fifty rows at most, without a total; a short page is the end [S]. Only
drafts of jobs and pending provisioning requests are promised to come in an order; the other lists
are counted, and read again where rows moved while they were read. Pending requests are the one list
that goes on where the last run left it, once the rows before that place prove to be the same.

Why versions by the time they were seen: a list answers with the present state, and nothing numbers
the changes.

Secrets: `password` of a user who may read, or `web_api_key`. A token is good for two hours, used or
not [P], and rides in the URL, so every URL that is shown is shown without it. Errors come with HTTP
status 200 [P].

What cannot be had: deletes; a change of a quiet account before its turn; jobs that are pending or
in progress and never were a draft or overdue, and cancelled ones, since no list shows them [P];
activities but those of the lists that are read; purchases of a classification that is not set,
until their account is visited.
"""

from __future__ import annotations

import dlt
from dlt.sources import DltResource

from sources._tables.window import window_resource
from sources._tables.withhold import PASSWORDS, Withheld
from sources._vendor import Landed, Vendor
from sources.crm_com.check import check
from sources.crm_com.cursor import CURSOR
from sources.crm_com.login import open_client
from sources.crm_com.reading import backfill, every_hours, read
from sources.crm_com.settings import CrmComSettings
from sources.crm_com.tables import TABLES, tables_of

NEVER_KEPT = frozenset({"social_security_number", "passport_number", "id_number"})


@dlt.source(name="crm_com", max_table_nesting=0)
def crm_com(landed: Landed) -> DltResource:
    """One window of typed tables, to be landed."""
    return window_resource(landed)


VENDOR = Vendor(
    name="crm_com",
    title="CRM.COM",
    tables=TABLES,
    settings=CrmComSettings,
    client=open_client,
    source=crm_com,
    read=read,
    check=check,
    backfill=backfill,
    # no list shows all there is: a row that a list lacks may have changed its state, or its account
    whole=None,
    secrets=lambda settings: [
        str(secret) for secret in (settings.password, settings.web_api_key) if secret
    ],
    coverage="Purchases, jobs and leads as they are listed; of the accounts that these show, all. "
    "A quiet account is read again within revisit_days.",
    tables_of=tables_of,
    every_hours=every_hours,
    cursor=CURSOR,
    withheld=Withheld(names=NEVER_KEPT, words=PASSWORDS),
)
