"""The archive's segments as the work file knows them: what came of each, and how long it is kept.

A segment is settled once all that its pages brought is durable in the work file, or is left alone
on purpose. What is not settled was archived by a run that was killed, or by one that came after the
backup from which the work file was restored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from pipelines import clock
from pipelines.archive import connection_of
from pipelines.project import Connection


@dataclass(frozen=True)
class Unsettled:
    """A segment of which the work file does not know all.

    Attributes:
        name: the file's name.
        start: the first byte that nothing is known of.
        is_strange: nothing of the segment is known: the work file is older than it.
    """

    name: str
    start: int
    is_strange: bool


def settle(db: duckdb.DuckDBPyConnection, connection: Connection, folder: Path, name: str) -> None:
    """Notes that all is known that is to be known of a segment, as long as it is now."""
    file = folder / name
    if not file.exists():
        return  # it brought nothing, and was not kept
    db.execute("delete from ops.segments where archive_file = ?", [name])
    db.execute(
        "insert into ops.segments (archive_file, connection, vendor, settled_bytes, settled_at) "
        "values (?, ?, ?, ?, ?)",
        [name, connection.name, connection.vendor.name, file.stat().st_size, clock.now()],
    )


def unsettled(db: duckdb.DuckDBPyConnection, connection: str, folder: Path) -> Iterator[Unsettled]:
    """The segments of a connection of which the work file does not know all, oldest first."""
    known = dict(
        db.execute(
            "select archive_file, max(ends_at) from ("
            "select archive_file, archive_offset + archive_length as ends_at from ops.pages "
            "where connection = $1 union all "
            "select archive_file, settled_bytes from ops.segments where connection = $1) "
            "group by archive_file",
            [connection],
        ).fetchall()
    )
    for file in segments_of(folder, connection):
        start = known.get(file.name, 0)
        if start < file.stat().st_size:
            yield Unsettled(file.name, start, file.name not in known)


def segments_of(folder: Path, connection: str) -> list[Path]:
    """A connection's segments, oldest first."""
    return sorted(f for f in folder.glob("*.zst") if connection_of(f.name) == connection)


def kept_for(connection: Connection) -> timedelta | None:
    """How long the pages of a connection are kept; None is for good."""
    days = connection.settings.archive_days
    if days is None:
        days = connection.vendor.archive_days
    return timedelta(days=days) if days else None


def drop_old(
    db: duckdb.DuckDBPyConnection, connection: Connection, folder: Path, now: datetime
) -> int:
    """Deletes the segments whose youngest page is older than pages are kept.

    One that has a bad row still in quarantine stays. What is known of the pages stays too: when
    they came, and what was asked for. To be called once the connection has caught up.

    Returns:
        How many were deleted.
    """
    age = kept_for(connection)
    if age is None:
        return 0
    old = db.execute(
        """
        select archive_file from ops.pages
        where connection = $1 and archive_file not in (
            select archive_file from ops.segments where dropped_at is not null)
        group by archive_file
        having max(received_at) < $2 and archive_file not in (
            select archive_file from ops.quarantine as q
            join ops.pages using (page_id)
            where q.connection = $1 and q.resolved_at is null)
        order by archive_file""",
        [connection.name, now - age],
    ).fetchall()
    for (name,) in old:
        settle(db, connection, folder, name)
        (folder / name).unlink(missing_ok=True)
        db.execute(
            "update ops.segments set dropped_at = ? where archive_file = ?", [clock.now(), name]
        )
    return len(old)
