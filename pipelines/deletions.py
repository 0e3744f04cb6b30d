"""What a sweep saw, what vanished, and what came back; nothing is ever removed.

A document that vanished gets a line in `ops.deletions`, which stays open until the document is seen
again, by whatever reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

from sources._reading.marks import LOOK_UP, SWEEP
from sources._tables.quoting import identifier, literal


def note_seen(
    db: duckdb.DuckDBPyConnection,
    connection: str,
    vendor: str,
    table: str,
    landed: str,
    pages: str,
) -> None:
    """Notes the keys that a sweep's landed pages show, and how many rows its list had.

    Args:
        db: the work file, inside the promotion's transaction.
        connection: whose rows.
        vendor: whose table.
        table: its name.
        landed: the landing table, quoted.
        pages: the landed pages, quoted.
    """
    db.execute(
        f"""
        insert into ops.sweep_seen (connection, vendor, table_name, _key)
        select distinct $1, $2, $3, l._key
        from {landed} as l
        where l._page_id in (
                select page_id from {pages}
                where stream in ({literal(SWEEP)}, {literal(LOOK_UP)}))
            and not exists (
                select 1 from ops.sweep_seen as s
                where s.connection = $1 and s.table_name = $3 and s._key = l._key)""",
        [connection, vendor, table],
    )
    db.execute(
        f"""
        update ops.sweeps set rows_read = coalesce(rows_read, 0) + (
            select count(*) from (select distinct _page_id, _row_number from {landed})
            where _page_id in (select page_id from {pages} where stream = {literal(SWEEP)}))
        where connection = $1 and table_name = $2 and outcome = 'running'""",
        [connection, table],
    )


def restore_returned(
    db: duckdb.DuckDBPyConnection,
    connection: str,
    vendor: str,
    table: str,
    landed: str,
    at: datetime,
) -> None:
    """Closes the deletions of documents that are seen again."""
    db.execute(
        f"""
        update ops.deletions as d set restored_at = $4
        from (select _key, max(_observed_at) as seen_at from {landed} group by _key) as l
        where d.connection = $1 and d.vendor = $2 and d.table_name = $3
            and d.restored_at is null and d._key = l._key and d.deleted_at < l.seen_at""",
        [connection, vendor, table, at],
    )


def forget_seen(db: duckdb.DuckDBPyConnection, connection: str, table: str) -> None:
    """Forgets what a sweep saw: it is over, or a new one begins."""
    db.execute(
        "delete from ops.sweep_seen where connection = ? and table_name = ?", [connection, table]
    )


def known_before(
    db: duckdb.DuckDBPyConnection, connection: str, vendor: str, table: str, began: datetime
) -> tuple[int, list[str]]:
    """How many documents were known when a sweep began, and the keys that it did not see.

    A document of which anything was seen since then is there. One already marked is not asked
    about again.
    """
    row = db.execute(
        f"""
        with known as (
            select _key from {identifier(vendor)}.{identifier(table)}
            where connection = $1 group by _key having max(_observed_at) < $3),
        there as (
            select _key from known where _key not in (
                select _key from ops.deletions
                where connection = $1 and table_name = $2 and restored_at is null))
        select (select count(*) from there),
            (select list(_key order by _key) from there where _key not in (
                select _key from ops.sweep_seen where connection = $1 and table_name = $2))""",
        [connection, table, began],
    ).fetchone()
    return (int(row[0]), list(row[1] or [])) if row else (0, [])


def mark_deleted(
    db: duckdb.DuckDBPyConnection,
    connection: str,
    vendor: str,
    table: str,
    keys: Sequence[str],
    at: datetime,
    sweep_id: str,
) -> None:
    """Marks documents that the vendor does not have any more."""
    db.execute(
        "insert into ops.deletions (connection, vendor, table_name, _key, deleted_at, sweep_id) "
        "select ?, ?, ?, unnest(?::varchar[]), ?, ?",
        [connection, vendor, table, list(keys), at, sweep_id],
    )
