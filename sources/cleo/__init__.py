"""Cleo Integration Cloud: EDI and file exchange; a partner's mailbox, read and written.

What it is: a mailbox with a folder of documents for us (850 purchase orders, 855, 856, 810
invoices, as X12 or JSON) and one for documents from us [S].

How it is read: the folder has no cursor on a clock that can be trusted, since a file may show 1970
[S]. It is listed whole, its subfolders too, and compared with what was read: a file with the same
id, length and time is not fetched again [A]. A changed file is a new version of itself and of its
documents; a document that its file no longer has is withdrawn. Files are never moved or deleted.

How it pages: by `startIndex`, from 0, and `count` [P]; a mailbox may ignore both [A], so a page
that brings nothing new is the end.

Why versions by the time they were seen: nothing numbers the contents of a file, and its time is a
placeholder now and then [S].

What cannot be read (bad counts, cut, no EDI at all) is quarantined as a whole file; a well-formed
document of a kind that is not mapped is a document all the same, with its content.

How it is written: `penstock deliver` sends files to the upload folder. The answer is 201 with a
length of 0, which proves nothing of the content [S]; the folder is looked at, where it may be.

Secrets: `password`. A token is a JWT that lives an hour [S, decoded].
"""

from __future__ import annotations

import dlt
from dlt.sources import DltResource

from sources._tables.window import window_resource
from sources._vendor import Landed, Vendor
from sources.cleo.check import check
from sources.cleo.documents import reread
from sources.cleo.login import open_client
from sources.cleo.mailbox import MAILBOX
from sources.cleo.reading import read
from sources.cleo.settings import CleoSettings
from sources.cleo.tables import TABLES


@dlt.source(name="cleo", max_table_nesting=0)
def cleo(landed: Landed) -> DltResource:
    """One window of typed tables, to be landed."""
    return window_resource(landed)


VENDOR = Vendor(
    name="cleo",
    title="Cleo",
    tables=TABLES,
    settings=CleoSettings,
    client=open_client,
    source=cleo,
    read=read,
    check=check,
    secrets=lambda settings: [str(settings.password)] if settings.password else [],
    coverage="Every file that is in the download folder. What was taken out of it before the first "
    "run is not there to be read.",
    mailbox=MAILBOX,
    reread=reread,
)
