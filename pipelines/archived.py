"""What the archive holds, as the work file knows it: segments, and single pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.archive import connection_of, pages_of, read_page, run_of_segment
from sources._http.errors import Misconfigured, PenstockError
from sources._tables.page import Page

_LISTED = ("segment", "connection", "tables", "pages", "rows_bytes", "first_at", "last_at", "state")


@dataclass(frozen=True)
class Checked:
    """What came of reading a segment whole.

    Attributes:
        segment: its name.
        pages: how many are whole.
        fault: what is wrong with it; empty where nothing is.
    """

    segment: str
    pages: int
    fault: str = ""


def listed(
    db: duckdb.DuckDBPyConnection, folder: Path, *, connection: str = "", tables: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The segments, latest first; those dropped after their time among them."""
    rows = db.execute(
        """
        select archive_file, connection, string_agg(distinct table_name, ', ' order by table_name),
            count(*), sum(bytes), min(received_at), max(received_at),
            (select max(dropped_at) from ops.segments as s
                where s.archive_file = p.archive_file)
        from ops.pages as p
        where ($1 = '' or connection = $1)
            and (len($2::varchar[]) = 0 or list_contains($2::varchar[], table_name))
        group by archive_file, connection
        order by max(received_at) desc""",
        [connection, list(tables)],
    ).fetchall()
    found = []
    for name, *rest, dropped_at in rows:
        state = f"dropped {dropped_at:%Y-%m-%d}" if dropped_at else ""
        if not state and not (folder / name).exists():
            state = "missing"
        found.append(dict(zip(_LISTED, (name, *rest, state or "kept"), strict=True)))
    return found


def page_of(db: duckdb.DuckDBPyConnection, folder: Path, page_id: str) -> Page:
    """One page by its id, which every row carries as `_page_id`.

    Raises:
        Misconfigured: no such page is known.
        PenstockError: it is not in the archive any more, or damaged.
    """
    row = db.execute(
        "select archive_file, archive_offset, archive_length, received_at from ops.pages "
        "where page_id = ?",
        [page_id],
    ).fetchone()
    if row is None:
        raise Misconfigured(
            f"no page is known as {page_id!r}", next_command="penstock archive list"
        )
    segment, offset, length, received_at = row
    try:
        return read_page(folder, segment, offset, length)
    except OSError:
        raise PenstockError(
            f"the page came at {received_at} UTC, and its segment {segment} is not in the archive "
            "any more (setting archive_days)",
            next_command="penstock archive list",
        ) from None


def checked(folder: Path, connection: str = "") -> list[Checked]:
    """Reads every segment whole, and says which are damaged or torn, oldest first."""
    found = []
    for file in sorted(folder.glob("*.zst")):
        if connection and connection_of(file.name) != connection:
            continue
        count, end, fault = 0, 0, ""
        try:
            for kept in pages_of(folder, file.name):
                count, end = count + 1, kept.offset + kept.length
        except PenstockError as error:
            fault = error.message
        if not fault and end < file.stat().st_size:
            fault = (
                f"its last page is torn at byte {end:,}: {run_of_segment(file.name)} was stopped "
                "while it wrote, and nothing was made of that page"
            )
        found.append(Checked(file.name, count, fault))
    return found
