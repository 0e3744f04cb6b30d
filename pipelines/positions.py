"""Where each reading goes on, kept in the work file beside the rows it speaks of.

A mark travels with its window through the landing tables and is applied in the promotion's
transaction; one that no row came with is applied by itself. So a position never runs ahead of its
rows, and a file restored from a backup goes on from where that backup stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from sources._reading.marks import Coverage, Mark, Position

_MARKS = pa.schema(
    [
        ("table_name", pa.string()),
        ("stream", pa.string()),
        ("position", pa.string()),
        ("has_coverage", pa.bool_()),
        ("complete_since", pa.timestamp("us")),
        ("backfill_share", pa.float64()),
        ("expected_at", pa.timestamp("us")),
        ("note", pa.string()),
        ("is_read", pa.bool_()),
    ]
)


def positions(db: duckdb.DuckDBPyConnection, connection: str) -> dict[tuple[str, str], Position]:
    """Where each (table, stream) of a connection goes on."""
    rows = db.execute(
        "select table_name, stream, position from ops.positions where connection = ?", [connection]
    ).fetchall()
    return {(table, stream): json.loads(held) for table, stream, held in rows}


def marks_table(marks: Sequence[Mark]) -> pa.Table:
    """Marks as a landing table."""
    return pa.Table.from_pylist([_row(mark) for mark in marks], schema=_MARKS)


def _row(mark: Mark) -> dict[str, Any]:
    cover = mark.coverage
    return {
        "table_name": mark.table,
        "stream": mark.stream,
        "position": None if mark.position is None else json.dumps(mark.position),
        "has_coverage": cover is not None,
        "complete_since": cover.complete_since if cover else None,
        "backfill_share": cover.share if cover else None,
        "expected_at": cover.expected_at if cover else None,
        "note": cover.note if cover else None,
        "is_read": mark.is_read,
    }


def marks_of(landed: pa.Table) -> Iterable[Mark]:
    """The marks of a landing table."""
    for row in landed.to_pylist():
        held = row["position"]
        yield Mark(
            table=row["table_name"],
            stream=row["stream"],
            position=None if held is None else json.loads(held),
            coverage=_coverage(row) if row["has_coverage"] else None,
            is_read=bool(row["is_read"]),
        )


def _coverage(row: Mapping[str, Any]) -> Coverage:
    # dlt brings times back with an offset
    times = {
        name: row[name].replace(tzinfo=None) if row.get(name) else None
        for name in ("complete_since", "expected_at")
    }
    return Coverage(
        complete_since=times["complete_since"],
        share=row["backfill_share"],
        expected_at=times["expected_at"],
        note=row.get("note") or "",
    )


def apply_marks(
    db: duckdb.DuckDBPyConnection,
    connection: str,
    vendor: str,
    marks: Iterable[Mark],
    marked_at: datetime,
) -> None:
    """Moves the positions; to be called inside a transaction."""
    for mark in marks:
        who = [connection, mark.table, mark.stream]
        db.execute(
            "delete from ops.positions where connection = ? and table_name = ? and stream = ?", who
        )
        if mark.position is not None:
            db.execute(
                "insert into ops.positions (connection, table_name, stream, vendor, position, "
                "marked_at) values (?, ?, ?, ?, ?, ?)",
                [*who, vendor, json.dumps(mark.position), marked_at],
            )
        if mark.coverage is not None:
            note_coverage(db, connection, vendor, mark.table, mark.coverage)
        if mark.is_read:
            note_freshness(db, connection, vendor, mark.table, read_at=marked_at)


def note_coverage(
    db: duckdb.DuckDBPyConnection, connection: str, vendor: str, table: str, cover: Coverage
) -> None:
    """Writes down since when a table is complete, and how much of its past is here."""
    db.execute(
        "delete from ops.coverage where connection = ? and table_name = ?", [connection, table]
    )
    db.execute(
        "insert into ops.coverage (connection, vendor, table_name, complete_since, "
        "backfill_share, expected_at, note) values (?, ?, ?, ?, ?, ?, ?)",
        [
            *(connection, vendor, table, cover.complete_since),
            *(cover.share, cover.expected_at, cover.note),
        ],
    )


def note_freshness(
    db: duckdb.DuckDBPyConnection,
    connection: str,
    vendor: str,
    table: str,
    *,
    read_at: datetime | None = None,
    changed_at: datetime | None = None,
) -> None:
    """Writes down when a table was last read to its end, or last brought something new."""
    who = [connection, table]
    db.execute(
        "insert into ops.freshness (connection, vendor, table_name) select $1, $2, $3 where not "
        "exists (select 1 from ops.freshness where connection = $1 and table_name = $3)",
        [connection, vendor, table],
    )
    db.execute(
        "update ops.freshness set last_read_at = coalesce(?, last_read_at), "
        "last_change_at = coalesce(?, last_change_at) where connection = ? and table_name = ?",
        [read_at, changed_at, *who],
    )
