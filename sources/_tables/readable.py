"""Pages as text that DuckDB can read, and the rows that had to be taken out of them.

One byte that is no UTF-8, one lone surrogate or a byte order mark fails a whole DuckDB query. So a
page that is not clean is taken apart row by row, here, and the rows at fault are replaced by null,
which keeps the numbering of the others. So is a page whose rows DuckDB does not find: it takes the
first of two members with one name, and cannot say what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from sources._http.errors import Drifted
from sources._tables import depth, slices
from sources._tables.declare import Table
from sources._tables.page import Page
from sources._tables.quoting import path_of

_RAW_BYTES = 16_384  # of a body that is quarantined whole


@dataclass(frozen=True, slots=True)
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
    """Each page with its rows as one JSON array, and the rows that could not stay in it.

    Raises:
        Drifted: a page is no JSON, or its rows are not where they belong.
    """
    texts, bad = [], []
    for page in pages:
        if page.unreadable:
            texts.append((page, "[null]"))
            bad.append(BadRow(page, 0, "", page.unreadable, _beginning(page.body)))
            continue
        rows = _clean_rows(db, page)
        if rows is None:
            rows, found = _row_by_row(db, table, page)
            bad.extend(found)
        texts.append((page, rows))
    return texts, bad


def exact_rows(table: Table, page: Page) -> list[str]:
    """The text of every row of a page, as the vendor wrote it.

    Raises:
        Drifted: the page is no JSON, or its rows are not where they belong.
    """
    try:
        return slices.raw_rows(*_rows_of(page))
    except slices.NoRows as error:
        said = f"answered another shape: {error}"
    except ValueError as error:
        said = f"did not answer JSON that can be read: {error}"
    raise Drifted(
        f"{page.request} {said}; nothing was confirmed, and the page is kept in the archive as "
        f"{page.page_id}",
        table=table.name,
    )


def _rows_of(page: Page) -> tuple[bytes, tuple[str, ...]]:
    """The JSON that has the rows, and the names that lead to them in it."""
    return (page.body, page.rows_at) if page.read_as is None else (page.read_as, ())


def _beginning(body: bytes) -> str:
    """Enough of a body to know it by; the archive has all of it."""
    text = body[:_RAW_BYTES].decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    return text if len(body) <= _RAW_BYTES else f"{text} […] {len(body)} bytes in all"


def _clean_rows(db: duckdb.DuckDBPyConnection, page: Page) -> str | None:
    """The rows of a page as DuckDB finds them; None where it cannot be sure of them."""
    body, names = _rows_of(page)
    if depth.is_deep(body):
        return None
    try:
        text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not names:
        is_array = slices.is_array(text)
        rows = _ask(db, "json_array_length($1)", [text]) if is_array else None
        return text if _is_bearable(rows) else None
    if slices.EVERY in names or any(name.isdecimal() for name in names):
        return None
    steps = [path_of(names[:depth]) for depth in range(len(names))]
    asked = "{'kind': json_type($1, $2), 'rows': json_extract($1, $2)::varchar, "
    asked += "'names': json_keys($1, $3), 'count': json_array_length($1, $2)}"
    found = _ask(db, asked, [text, path_of(names), steps])
    if not isinstance(found, dict) or found["kind"] not in ("ARRAY", "OBJECT"):
        return None
    if any(keys.count(name) > 1 for keys, name in zip(found["names"], names, strict=True)):
        return None
    if found["kind"] == "ARRAY" and not _is_bearable(found["count"]):
        return None
    rows = str(found["rows"])
    return rows if found["kind"] == "ARRAY" else f"[{rows}]"


def _is_bearable(rows: object) -> bool:
    """Whether a page has no more rows than it may; None: it has no list of rows at all."""
    return isinstance(rows, int) and rows <= slices.MOST_ROWS


def _ask(db: duckdb.DuckDBPyConnection, asked: str, values: list[object]) -> object:
    """What a page's text ($1) says; None where DuckDB cannot read it as JSON."""
    found = db.execute(f"select case when json_valid($1) then {asked} end", values).fetchone()
    return found[0] if found else None


def _row_by_row(
    db: duckdb.DuckDBPyConnection, table: Table, page: Page
) -> tuple[str, list[BadRow]]:
    good, bad = [], []
    for number, text in enumerate(exact_rows(table, page)):
        if depth.is_deep(text.encode("utf-8", "surrogateescape")):
            fault = f"the row is nested more than {depth.DEEPEST} deep"
        elif not slices.is_unicode(text):
            fault = "the row is not valid Unicode text"
        elif _ask(db, "true", [text]) is None:
            fault = "the row is no JSON that can be read"
        else:
            good.append(text)
            continue
        good.append("null")
        bad.append(BadRow(page, number, "", fault, text))
    return "[" + ",".join(good) + "]", bad
