"""Pages as text that DuckDB can read, and the rows that had to be taken out of them.

One byte that is no UTF-8, one lone surrogate or a byte order mark fails a whole DuckDB query. So a
page that is not clean is taken apart row by row, here, and the rows at fault are replaced by null,
which keeps the numbering of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from sources._http.errors import Drifted
from sources._tables import slices
from sources._tables.declare import Table
from sources._tables.page import Page


@dataclass(frozen=True)
class BadRow:
    """A row that goes to quarantine, and why; `column` is empty where the whole row is at fault."""

    page: Page
    row_number: int
    column: str
    reason: str
    raw: str


def readable_pages(
    db: duckdb.DuckDBPyConnection, table: Table, pages: Sequence[Page]
) -> tuple[list[tuple[Page, str]], list[BadRow]]:
    """Each page with its text as one JSON document, and the rows that could not stay in it.

    Raises:
        Drifted: a page is no JSON, or not of the declared shape.
    """
    texts, bad = [], []
    for page in pages:
        text = _utf8(page.body)
        held = _json_type(db, text) if text is not None else None
        if text is None or held is None:
            text, found = _row_by_row(table, page)
            bad.extend(found)
        elif held != "ARRAY":
            raise Drifted(
                f"{page.request} answered {held} where a list of rows belongs; nothing was "
                f"confirmed, and the page is kept in the archive as {page.page_id}",
                table=table.name,
            )
        texts.append((page, text))
    return texts, bad


def _utf8(body: bytes) -> str | None:
    try:
        return body.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError:
        return None


def _json_type(db: duckdb.DuckDBPyConnection, text: str) -> str | None:
    """The JSON type of the whole text, or None where DuckDB cannot read it."""
    held = db.execute("select case when json_valid($1) then json_type($1) end", [text]).fetchone()
    return held[0] if held else None


def _row_by_row(table: Table, page: Page) -> tuple[str, list[BadRow]]:
    try:
        raw = slices.raw_rows(page.body)
    except ValueError as error:
        raise Drifted(
            f"{page.request} did not answer JSON that can be read: {error}; nothing was confirmed, "
            f"and the page is kept in the archive as {page.page_id}",
            table=table.name,
        ) from error
    good, bad = [], []
    for number, text in enumerate(raw):
        if slices.is_unicode(text):
            good.append(text)
        else:
            good.append("null")
            bad.append(BadRow(page, number, "", "the row is not valid Unicode text", text))
    return "[" + ",".join(good) + "]", bad
