"""What a promotion records beside the rows: outbox, quarantine, drift, windows, archive index.

Runs inside the promotion's transaction, over the landing tables that `landing` filled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from pipelines.landing import DRIFT, MARKS, PAGES, QUARANTINE, QUEUE, landing_schema
from pipelines.positions import apply_marks, marks_of, note_freshness
from pipelines.quarantine import CORRECTED, DISCARDED
from sources._reading.marks import LIVE
from sources._tables.quoting import identifier, literal
from sources._vendor import Vendor

MOST_FIELDS = 1000  # undeclared names told of a table


@dataclass(frozen=True)
class Counts:
    """What a window brought for one table, in rows."""

    received: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.received + other.received,
            self.new + other.new,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.quarantined + other.quarantined,
        )


class LandedWindows:
    """What a connection has landed, seen from the open work file."""

    def __init__(
        self, db: duckdb.DuckDBPyConnection, connection: str, vendor: Vendor, run_id: str
    ) -> None:
        self._db = db
        self._connection = connection
        self._vendor = vendor
        self._run_id = run_id
        self._schema = landing_schema(connection)

    def _where(self, name: str) -> str:
        return f"{identifier(self._schema)}.{identifier(name)}"

    def _one(self, query: str) -> int:
        row = self._db.execute(query).fetchone()
        return int(row[0]) if row and row[0] is not None else 0


class Record(LandedWindows):
    """The record of one connection's landed windows."""

    def queue(self) -> int:
        """Writes the outbox; what comes back after its confirmation is opened again and counted."""
        queues = ", ".join(
            f"({literal(t.name)}, {literal(t.queue)})" for t in self._vendor.tables if t.queue
        )
        self._db.execute(f"""
            create or replace temp table arriving as
            select q.table_name, queues.queue, q.item_id, max(q.document_key) as document_key,
                min_by(q.page_id, q.observed_at) as page_id, min(q.observed_at) as received_at,
                max(q.observed_at) as last_seen_at
            from {self._where(QUEUE)} as q
            join (values {queues}) as queues (table_name, queue) using (table_name)
            group by all""")
        mine = f"o.connection = {literal(self._connection)}"
        same = "o.queue = a.queue and o.table_name = a.table_name and o.item_id = a.item_id"
        returned = self._one(f"""
            select count(*) from ops.outbox as o join arriving as a on {same}
            where {mine} and o.confirmed_at < a.last_seen_at""")
        self._db.execute(f"""
            update ops.outbox as o
            set confirmed_at = null, times_returned = times_returned + 1,
                returned_at = a.last_seen_at
            from arriving as a where {mine} and {same} and o.confirmed_at < a.last_seen_at""")
        self._db.execute(f"""
            insert into ops.outbox
            select {literal(self._connection)}, {literal(self._vendor.name)}, a.queue, a.item_id,
                a.table_name, a.document_key, p.window_id, a.page_id, a.received_at,
                null, 0, null, 0, null
            from arriving as a
            join (select distinct * from {self._where(PAGES)}) as p using (page_id)
            where not exists (select 1 from ops.outbox as o where {mine} and {same})""")
        self._db.execute("drop table arriving")
        return returned

    def quarantine(self) -> None:
        """Keeps the bad rows, each content and reason once while it is open.

        What a person has settled stays settled where the same page is read once more.
        """
        self._db.execute(f"""
            insert into ops.quarantine
            select q.quarantine_id, q.connection, {literal(self._vendor.name)}, q.table_name,
                q.column_name, q.reason, q.raw, q.page_id, q.row_number, q.window_id,
                q.received_at, null, null
            from {self._where(QUARANTINE)} as q
            where not exists (
                select 1 from ops.quarantine as known
                where known.quarantine_id = q.quarantine_id and (
                    known.resolved_at is null
                    or (known.page_id, known.row_number) = (q.page_id, q.row_number)
                        and (starts_with(known.resolution, {literal(DISCARDED)})
                            or starts_with(known.resolution, {literal(CORRECTED)}))))
            qualify row_number() over (partition by q.quarantine_id order by q.received_at) = 1""")

    def drift(self, seen_at: datetime) -> None:
        """Counts the undeclared fields; of each table so many that a hostile one fills no disk."""
        who = f"connection = {literal(self._connection)}"
        self._db.execute(
            f"""
            create or replace temp table drifting as
            select table_name, field, cast(sum(rows_seen) as bigint) as rows_seen
            from {self._where(DRIFT)} group by all"""
        )
        self._db.execute(
            f"""
            update ops.drift as o
            set last_seen_at = ?, rows_seen = o.rows_seen + d.rows_seen
            from drifting as d
            where o.{who} and o.table_name = d.table_name and o.field = d.field""",
            [seen_at],
        )
        self._db.execute(
            f"""
            insert into ops.drift
            select {literal(self._connection)}, {literal(self._vendor.name)}, table_name, field,
                $1, $1, rows_seen
            from drifting as d
            left join (
                select table_name, count(*) as known from ops.drift as o where o.{who} group by all
            ) using (table_name)
            where not exists (
                select 1 from ops.drift as o
                where o.{who} and o.table_name = d.table_name and o.field = d.field)
            qualify row_number() over (partition by table_name order by rows_seen desc, field)
                <= {MOST_FIELDS} - coalesce(known, 0)""",
            [seen_at],
        )
        self._db.execute("drop table drifting")

    def windows(
        self, counts: dict[str, Counts], committed_at: datetime, *, is_replay: bool = False
    ) -> None:
        """One line per window and table; what is read once more says nothing of the vendor now."""
        pages = self._db.execute(f"""
            select table_name, min(window_id), count(*), sum(bytes)
            from (select distinct * from {self._where(PAGES)}) group by table_name""").fetchall()
        for name, window_id, page_count, size in pages:
            c = counts.get(name, Counts())
            self._db.execute(
                "insert into ops.windows (window_id, run_id, connection, vendor, table_name, "
                "committed_at, pages, bytes, rows_received, rows_new, rows_changed, "
                "rows_unchanged, rows_quarantined, is_replay) "
                "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    *(window_id, self._run_id, self._connection, self._vendor.name, name),
                    *(committed_at, page_count, size),
                    *(c.received, c.new, c.changed, c.unchanged, c.quarantined, is_replay),
                ],
            )

    def pages(self) -> None:
        """Where each page is in the archive: any number leads back to a vendor call."""
        self._db.execute(f"""
            insert into ops.pages by name
            select distinct page_id, window_id, connection, {literal(self._vendor.name)} as vendor,
                table_name, coalesce(stream, {literal(LIVE)}) as stream, request, received_at,
                bytes, archive_file, archive_offset, archive_length,
                coalesce(rows_at, '[]') as rows_at
            from {self._where(PAGES)}
            where page_id not in (
                select page_id from ops.pages where connection = {literal(self._connection)})""")

    def changes(self, counts: dict[str, Counts], committed_at: datetime) -> None:
        """When something last changed, per table."""
        for name, c in counts.items():
            if c.new + c.changed:
                note_freshness(
                    self._db, self._connection, self._vendor.name, name, changed_at=committed_at
                )

    def marks(self, committed_at: datetime) -> None:
        """Where the readings go on."""
        rows = self._db.execute(f"select distinct * from {self._where(MARKS)}")
        apply_marks(
            self._db,
            self._connection,
            self._vendor.name,
            marks_of(rows.to_arrow_table()),
            committed_at,
        )
