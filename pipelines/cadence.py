"""Which tables a run reads: all of them, but those that need not be read as often."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb

from pipelines import clock
from pipelines.project import Connection

EARLY = 0.05  # a timer that fires a little before the hour must not cost a whole turn


def due(db: duckdb.DuckDBPyConnection, connection: Connection) -> list[str]:
    """The tables of a connection that are to be read now, in their order.

    One whose first load or whole reading is under way is due until that is done.
    """
    now = clock.now()
    busy = {
        name
        for (name,) in db.execute(
            "select table_name from ops.coverage where connection = $1 and backfill_share < 1 "
            "union select table_name from ops.positions "
            "where connection = $1 and stream = 'sweep'",
            [connection.name],
        ).fetchall()
    }
    next_due = due_times(db, connection)
    return [
        table.name
        for table in connection.tables
        if table.name in busy or next_due.get(table.name, now) <= now
    ]


def due_times(db: duckdb.DuckDBPyConnection, connection: Connection) -> dict[str, datetime]:
    """When each table is due next, where that is not every run (UTC)."""
    hours = connection.vendor.every_hours(connection.settings)
    read = db.execute(
        "select table_name, last_read_at from ops.freshness "
        "where connection = ? and last_read_at is not null",
        [connection.name],
    ).fetchall()
    return {
        table: at + timedelta(hours=hours[table] * (1 - EARLY))
        for table, at in read
        if table in hours
    }
