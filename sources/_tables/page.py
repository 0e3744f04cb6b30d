"""A raw page: what one call to a vendor answered, before anything is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Page:
    """One answer's body and where it came from.

    Attributes:
        page_id: unique name in the archive; empty until the page is kept there.
        table: the declared table whose rows it carries.
        body: the bytes as they came, undecoded.
        received_at: when the answer was complete, UTC without offset.
        request: method and path, redacted.
        stream: which of the table's readings brought it.
        rows_at: the names that lead from the body's top to its rows: an array of them, or one row
            that is an object. "*" goes into every element of an array. Empty: the body itself.
        asked: what all of its rows belong to and need not say themselves, since it was asked for:
            (name, value). Columns read it by `Column.asked`.
        read_as: the rows as a JSON array, where the vendor's reading made them out of a body that
            is no JSON, or adds to it what is said elsewhere; None: the body itself. The archive
            keeps the body.
        is_reread: `read_as` and `unreadable` can be made anew out of the body and `asked`
            (`Vendor.reread`), so the archive need not keep them.
        unreadable: why the vendor's reading can make nothing of the body: it goes to quarantine,
            as one row.
    """

    table: str
    body: bytes
    received_at: datetime
    request: str
    page_id: str = ""
    stream: str = "live"
    rows_at: tuple[str, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()
    read_as: bytes | None = None
    is_reread: bool = False
    unreadable: str = ""
