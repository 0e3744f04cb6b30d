"""A window of typed rows into the landing tables, by dlt.

dlt appends parquet files to `landing_<connection>`; nothing in there counts until `promote` has
moved it. A manifest travels along and says how many rows each landing table must hold, so a window
that landed in part is recognised whatever dlt's own folder remembers.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

import dlt
import duckdb
import pyarrow as pa
from dlt.common.runtime.collector_base import Collector

from pipelines.archive import Kept
from pipelines.boundaries import EXTRACTED, MID_LAND, reached
from pipelines.positions import marks_table
from pipelines.warehouse import Places
from sources._reading.marks import Mark
from sources._tables.declare import Table
from sources._tables.quoting import identifier
from sources._tables.typer import Typed
from sources._vendor import Vendor

MANIFEST, PAGES, QUARANTINE, QUEUE, DRIFT, MARKS, REPLAYED = (
    f"penstock_{name}"
    for name in ("manifest", "pages", "quarantine", "queue", "drift", "marks", "replayed")
)


@dataclass(frozen=True)
class Window:
    """Some pages and what they became; lands and is promoted as one.

    Attributes:
        window_id: unique, grows with time.
        kept: the pages, already durable in the archive.
        typed: per declared table, in the vendor's order.
        marks: where the readings go on behind it.
        is_replay: what the pages became before is replaced by what they became now.
    """

    window_id: str
    kept: tuple[Kept, ...]
    typed: tuple[tuple[Table, Typed], ...]
    marks: tuple[Mark, ...] = ()
    is_replay: bool = False


def landing_schema(connection: str) -> str:
    """The schema that a connection's windows land in."""
    return f"landing_{connection}"


class Landing:
    """dlt for one connection; forgets its local folder at start, so that the file is the truth."""

    def __init__(self, places: Places, connection: str, vendor: Vendor) -> None:
        self._vendor = vendor
        self._connection = connection
        self._folder = places.work / "dlt"
        self._raw = places.raw

    def _pipeline(self) -> dlt.Pipeline:
        return dlt.pipeline(
            f"penstock_{self._connection}",
            destination=dlt.destinations.duckdb(credentials=str(self._raw)),
            dataset_name=landing_schema(self._connection),
            pipelines_dir=str(self._folder),
            progress=_Boundaries(),
        )

    def recover(self) -> Exception | None:
        """Finishes what dlt had begun, then drops its local folder.

        `run()` alone: with data it would load the pending packages and ignore the data.

        Returns:
            Why dlt could not go on, if it could not: killed between two of its own renames, it
            finds files where it wants to put them, and would at every start. Nothing is lost with
            the folder: what landed in part is told by its manifest, and read again.
        """
        failed = None
        if (self._folder / f"penstock_{self._connection}").exists():
            try:
                pipeline = self._pipeline()
                if pipeline.has_pending_data:
                    pipeline.run()
                pipeline.deactivate()
            except Exception as error:  # noqa: BLE001 - whatever it is, it would come again
                failed = error
        self.forget()
        return failed

    def forget(self) -> None:
        """Drops dlt's local folder: a file restored from a backup must not meet a newer one."""
        shutil.rmtree(self._folder / f"penstock_{self._connection}", ignore_errors=True)

    def land(self, window: Window) -> None:
        """Appends a window to the landing tables."""
        tables = [
            (name, table)
            for name, table in _landing_tables(self._connection, window)
            if table.num_rows
        ]
        tables.append((MANIFEST, _manifest(window.window_id, tables)))
        self._pipeline().run(self._vendor.source(tables), loader_file_format="parquet")


class _Boundaries(Collector):
    """Marks the boundaries inside dlt: a package extracted, a part of its files loaded."""

    def update(
        self,
        name: str,
        inc: int = 1,
        total: int | None = None,
        inc_total: int | None = None,
        message: str | None = None,
        label: str | None = None,
    ) -> None:
        """Dlt tells what it has done."""
        if name == "Jobs" and inc:
            reached(MID_LAND)

    def _start(self, step: str) -> None:
        if step.startswith("Load"):
            reached(EXTRACTED)

    def _stop(self) -> None:
        """Nothing is held."""


def _manifest(window_id: str, tables: Sequence[tuple[str, pa.Table]]) -> pa.Table:
    return pa.table(
        {
            "window_id": [window_id for _ in tables],
            "table_name": [name for name, _ in tables],
            "row_count": pa.array([table.num_rows for _, table in tables], pa.int64()),
        }
    )


def _landing_tables(connection: str, window: Window) -> list[tuple[str, pa.Table]]:
    found = []
    for table, typed in window.typed:
        found.append((table.name, typed.rows))
        found.extend(typed.children.items())
    quarantined = [typed.quarantine for _, typed in window.typed]
    found.append((PAGES, _pages(connection, window)))
    found.append((QUARANTINE, pa.concat_tables(quarantined)))
    queued = [
        typed.queue.append_column("table_name", pa.array([table.name] * typed.queue.num_rows))
        for table, typed in window.typed
        if typed.queue is not None and typed.queue.num_rows
    ]
    if queued:
        found.append((QUEUE, pa.concat_tables(queued)))
    drift = [
        {"table_name": table.name, "field": field, "rows_seen": count}
        for table, typed in window.typed
        for field, count in typed.unknown.items()
    ]
    if window.marks:
        found.append((MARKS, marks_table(window.marks)))
    if window.is_replay:
        replayed = [{"page_id": k.page.page_id, "table_name": k.page.table} for k in window.kept]
        found.append((REPLAYED, pa.Table.from_pylist(replayed)))
    if drift:
        found.append((DRIFT, pa.Table.from_pylist(drift)))
    return found


def _pages(connection: str, window: Window) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "page_id": k.page.page_id,
                "window_id": window.window_id,
                "connection": connection,
                "table_name": k.page.table,
                "stream": k.page.stream,
                "request": k.page.request,
                "received_at": k.page.received_at,
                "rows_at": json.dumps(k.page.rows_at),
                "bytes": len(k.page.body),
                "archive_file": k.segment,
                "archive_offset": k.offset,
                "archive_length": k.length,
            }
            for k in window.kept
        ]
    )


def landed_tables(db: duckdb.DuckDBPyConnection, connection: str) -> set[str]:
    """The landing tables that exist and hold rows."""
    schema = landing_schema(connection)
    names = db.execute(
        "select table_name from duckdb_tables() "
        "where database_name = current_database() and schema_name = ?",
        [schema],
    ).fetchall()
    own = [name for (name,) in names if not name.startswith("_dlt")]
    return {name for name in own if _count(db, schema, name)}


def _count(db: duckdb.DuckDBPyConnection, schema: str, name: str) -> int:
    where = f"{identifier(schema)}.{identifier(name)}"
    row = db.execute(f"select count(*) from {where}").fetchone()
    return int(row[0]) if row else 0
