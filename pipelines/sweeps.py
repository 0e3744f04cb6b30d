"""What is known of sweeps: when each table was swept, and how complete one read whole is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import duckdb

from pipelines import clock
from pipelines.positions import note_coverage
from pipelines.project import Connection
from sources._reading.marks import Coverage


def least_lately_swept(
    db: duckdb.DuckDBPyConnection, connection: str, tables: Sequence[str]
) -> list[str]:
    """The tables in the order in which they are due: under way, never swept, longest ago.

    So a sweep that is stopped by the clock comes round to all of them.
    """
    rows = db.execute(
        "select table_name, bool_or(outcome = 'running'), max(finished_at) from ops.sweeps "
        "where connection = ? group by table_name",
        [connection],
    ).fetchall()
    known = {name: (is_running, finished_at) for name, is_running, finished_at in rows}
    running = [name for name in tables if name in known and known[name][0]]
    never = [name for name in tables if name not in known]
    ended = [name for name in tables if name in known and not known[name][0]]
    return [*running, *never, *sorted(ended, key=lambda name: known[name][1])]


def cover_whole(
    db: duckdb.DuckDBPyConnection,
    connection: Connection,
    table: str,
    *,
    is_done: bool,
    note: str = "",
) -> Coverage:
    """Writes down how complete a table is that is read whole: all, once it was read to its end."""
    row = db.execute(
        "select complete_since, backfill_share, note from ops.coverage "
        "where connection = ? and table_name = ?",
        [connection.name, table],
    ).fetchone()
    was_done = row is not None and row[1] == 1
    since = row[0] if was_done and row else clock.now() if is_done else None
    said = (row[2] if was_done and row and not is_done else note) or "Read whole."
    cover = Coverage(complete_since=since, share=1.0 if was_done or is_done else 0.0, note=said)
    note_coverage(db, connection.name, connection.vendor.name, table, cover)
    return cover


def after_all(db: duckdb.DuckDBPyConnection, connection: str) -> datetime:
    """Now, or right after all that was seen of a connection, if the clock ran ahead then."""
    return max(clock.now(), latest(db, connection) + timedelta(microseconds=1))


def latest(db: duckdb.DuckDBPyConnection, connection: str) -> datetime:
    """The latest time that anything of a connection was seen, confirmed or found gone."""
    row = db.execute(
        "select greatest((select max(received_at) from ops.pages where connection = $1), "
        "(select max(confirmed_at) from ops.outbox where connection = $1), "
        "(select max(deleted_at) from ops.deletions where connection = $1))",
        [connection],
    ).fetchone()
    return row[0] if row and row[0] else datetime.min  # noqa: DTZ901 - naive UTC, as everywhere
