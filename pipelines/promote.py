"""From the landing tables to the version tables, in one transaction.

Dedupe, drop what is known, insert the new versions, write the outbox of confirmations, the window's
record and the archive index, and empty the landing tables: all of it or nothing. Every step can be
repeated: a row is its place in the archive (page, row number), so a window that lands twice is
promoted once.

What is known: a row whose content equals the row before it under the same document and version.
Rows that repeat content under a *later* version are kept, because an older version with other
content may still arrive and would otherwise pass for the current one.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from pipelines import clock
from pipelines.boundaries import MID_PROMOTE, reached
from pipelines.deletions import note_seen, restore_returned
from pipelines.landing import (
    DRIFT,
    MANIFEST,
    MARKS,
    PAGES,
    QUARANTINE,
    QUEUE,
    REPLAYED,
    landed_tables,
)
from pipelines.ledger import child_columns, version_columns
from pipelines.project import Connection
from pipelines.record import Counts, LandedWindows, Record
from pipelines.retype import Retyping
from pipelines.warehouse import transaction
from sources._tables.declare import Child, Table, VersionBy
from sources._tables.quoting import identifier, literal


@dataclass(frozen=True)
class Promoted:
    """What a promotion made durable.

    Attributes:
        counts: per table.
        returned: notifications that came back after they had been confirmed.
        is_cleared: what had landed was not whole, and was cleared unpromoted.
    """

    counts: dict[str, Counts]
    returned: int = 0
    is_cleared: bool = False


class Promotion(LandedWindows):
    """Moves what a connection's windows landed; one instance per connection and run."""

    def __init__(self, db: duckdb.DuckDBPyConnection, connection: Connection, run_id: str) -> None:
        super().__init__(db, connection.name, connection.vendor, run_id)
        self._tables = connection.tables
        self._landed: set[str] = set()

    def promote(self) -> Promoted:
        """Promotes whatever has landed whole, and clears the landing tables.

        A window that landed in part (its manifest is missing or counts more rows) is cleared
        unpromoted: nothing of it was confirmed, so the vendor still has it.
        """
        self._landed = landed_tables(self._db, self._connection)
        if not self._landed:
            return Promoted({})
        if PAGES in self._landed:
            # a window that an older version landed says less of its pages
            for name in ("stream", "rows_at"):
                self._db.execute(
                    f"alter table {self._where(PAGES)} add column if not exists {name} varchar"
                )
        with transaction(self._db):
            promoted = self._move() if self._is_whole() else Promoted({}, is_cleared=True)
            for name in sorted(self._landed):
                self._db.execute(f"delete from {self._where(name)}")
        return promoted

    def _is_whole(self) -> bool:
        if MANIFEST not in self._landed:
            return False
        wanted = self._db.execute(
            f"select table_name, sum(row_count) from (select distinct * from "
            f"{self._where(MANIFEST)}) group by table_name"
        ).fetchall()
        return all(name in self._landed and self._rows_of(name) == n for name, n in wanted)

    def _rows_of(self, name: str) -> int:
        child_names = {c.name for t in self._tables for c in t.children}
        if name in child_names:
            identity = "_page_id, _row_number, _line_number"
        elif name in {t.name for t in self._tables}:
            identity = "_page_id, _row_number"
        else:
            identity = "*"
        return self._one(
            f"select count(*) from (select distinct {identity} from {self._where(name)})"
        )

    def _move(self) -> Promoted:
        committed_at = clock.now()
        who = (self._db, self._connection, self._vendor, self._run_id)
        retyping = Retyping(*who) if REPLAYED in self._landed else None
        counts = {table.name: self._move_table(table, retyping) for table in self._tables}
        record = Record(*who)
        returned = record.queue() if QUEUE in self._landed else 0
        if retyping is not None:
            retyping.settle(QUARANTINE in self._landed, committed_at)
        if QUARANTINE in self._landed:
            record.quarantine()
        if DRIFT in self._landed and retyping is None:
            record.drift(committed_at)
        for table in self._tables:
            if table.swept and table.name in self._landed:
                said = (self._connection, self._vendor.name, table.name)
                if retyping is None:  # a sweep that is under way has not seen an older page's rows
                    note_seen(self._db, *said, self._where(table.name), self._where(PAGES))
                restore_returned(self._db, *said, self._where(table.name), committed_at)
        if retyping is None:
            record.changes(counts, committed_at)
        if MARKS in self._landed:
            record.marks(committed_at)
        record.windows(counts, committed_at, is_replay=retyping is not None)
        record.pages()
        reached(MID_PROMOTE)
        return Promoted({k: c for k, c in counts.items() if c.received}, returned)

    def _move_table(self, table: Table, retyping: Retyping | None) -> Counts:
        if retyping is None:
            return self._put_in(table)
        retyping.take_out(table)
        return retyping.counts(table, self._put_in(table))

    def _put_in(self, table: Table) -> Counts:
        quarantined = self._quarantined(table)
        if table.name not in self._landed:
            return Counts(received=quarantined, quarantined=quarantined)
        target = f"{identifier(self._vendor.name)}.{identifier(table.name)}"
        received = self._rows_of(table.name)
        self._db.execute(_make_incoming(table, self._where(table.name), target))
        new, changed = self._db.execute(_JUDGE).fetchone() or (0, 0)
        columns = ", ".join(identifier(name) for name, _ in version_columns(table))
        self._db.execute(
            f"insert into {target} ({columns}) select {columns} from incoming where is_kept"
        )
        for child in table.children:
            self._move_child(child)
        self._db.execute("drop table incoming")
        return Counts(
            received=received + quarantined,
            new=new,
            changed=changed,
            unchanged=received - new - changed,
            quarantined=quarantined,
        )

    def _move_child(self, child: Child) -> None:
        if child.name not in self._landed:
            return
        target = f"{identifier(self._vendor.name)}.{identifier(child.name)}"
        columns = ", ".join(identifier(name) for name, _ in child_columns(child))
        self._db.execute(f"""
            insert into {target} ({columns})
            select distinct {columns} from {self._where(child.name)}
            where (_page_id, _row_number) in (
                select (_page_id, _row_number) from incoming where is_kept)""")

    def _quarantined(self, table: Table) -> int:
        if QUARANTINE not in self._landed:
            return 0
        return self._one(
            f"select count(distinct (page_id, row_number)) from {self._where(QUARANTINE)} "
            f"where table_name = {literal(table.name)}"
        )


def _make_incoming(table: Table, landed: str, target: str) -> str:
    """The landed rows with what stands around them, each judged against the row before it.

    `is_kept`: its content differs from the row before it under the same version. `is_changed`: its
    content differs from the row before it, whatever version that has; `is_first`: there is none.
    """
    seen = "_observed_at, _page_id, _row_number"
    # where the version is the time we saw it, every reading is a version of its own
    same = "_key" if table.version_by is VersionBy.SEEN else "_key, _version"
    return f"""
        create or replace temp table incoming as
        with landed as (
            select distinct on (_page_id, _row_number) *, false as is_stored from {landed} as l
            where not exists (
                select 1 from {target} as t
                where t._page_id = l._page_id and t._row_number = l._row_number
                    and t._key = l._key)),
        keys as (select distinct _key from landed),
        around as (
            select _key, _version, {seen}, _row_hash, true as is_stored
            from {target} where _key in (select _key from keys)
            union all
            select _key, _version, {seen}, _row_hash, is_stored
            from landed),
        judged as (
            select _page_id, _row_number, is_stored,
                lag(_row_hash) over same is distinct from _row_hash as is_kept,
                lag(_row_hash) over document is distinct from _row_hash as is_changed,
                row_number() over document = 1 as is_first
            from around
            window same as (partition by {same} order by {seen}),
                document as (partition by _key order by _version, {seen}))
        select landed.*, judged.is_kept, judged.is_changed, judged.is_first,
            landed._key not in (select _key from {target} where _key in (select _key from keys))
                as is_unknown
        from landed join judged using (_page_id, _row_number)
        where not judged.is_stored"""


_JUDGE = """
    select count(*) filter (is_kept and is_first and is_unknown),
        count(*) filter (is_kept and is_changed and not (is_first and is_unknown))
    from incoming"""
