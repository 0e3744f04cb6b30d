"""How far the published warehouse reaches: up to when each table's data is in it.

A table that was read to its end by a run holds what there was when that run began. The published
file says so of its own run; where nothing came since, later runs that read and brought nothing
count too, since they would build the same file. A connection reaches no further than the table of
it that lags behind the most: orders that are fresh beside customers that are not make a wrong file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines import publish
from pipelines.pages import run_of
from pipelines.project import Connection
from pipelines.release import fingerprint, last_fingerprint
from pipelines.warehouse import Places, read_only
from sources._http.errors import PenstockError

_REACH = """
select freshness.connection, freshness.table_name, max(runs.started_at)
from ops.freshness as freshness
join ops.runs as runs on runs.started_at <= freshness.last_read_at
group by all"""

Named = tuple[str, str]
"""A table: its connection, and its name there."""


@dataclass(frozen=True)
class Warehouse:
    """The file that is delivered from.

    Attributes:
        file: the published generation itself, not the name that is re-pointed.
        generation: the run that made it.
        reach: up to when each table's data is in it (UTC); a table that was never read to its end
            is not there.
        behind: tables whose past is not loaded yet, and how much of it is.
    """

    file: Path
    generation: str
    reach: Mapping[Named, datetime]
    behind: Sequence[tuple[str, str, float]]

    def as_of(self, tables: Iterable[Named]) -> tuple[datetime | None, Named]:
        """The earliest reach of some tables, and which one it is of."""
        earliest: datetime | None = None
        of = ("", "")
        for table in tables:
            reach = self.reach.get(table)
            if reach is None:
                return None, table
            if earliest is None or reach < earliest:
                earliest, of = reach, table
        return earliest, of


def tables_that_tell(connection: Connection) -> list[str]:
    """The tables of a connection that say how far it reaches: those that every run reads.

    Tables that need not be read as often would hold everything back for hours; they tell only
    where there are no others.
    """
    seldom = connection.vendor.every_hours(connection.settings)
    known = [table.name for table in connection.tables]
    return [name for name in known if name not in seldom] or known


def published(db: duckdb.DuckDBPyConnection, places: Places) -> Warehouse:
    """What readers get now.

    Args:
        db: the open work file.
        places: the project's paths.

    Raises:
        PenstockError: nothing is published yet.
    """
    file = publish.current(places)
    if file is None:
        raise PenstockError("nothing is published yet", next_command="penstock run")
    run_id = run_of(file.name)
    with read_only(file) as own:
        reach = _reach(own)
        behind = own.execute(
            "select connection, table_name, backfill_share from ops.coverage "
            "where backfill_share < 1 order by all"
        ).fetchall()
    if _is_latest(db, run_id) and last_fingerprint(db) == fingerprint(db, places):
        reach |= _reach(db)
    return Warehouse(file, run_id, reach, tuple(behind))


def _reach(db: duckdb.DuckDBPyConnection) -> dict[Named, datetime]:
    found = db.execute(_REACH).fetchall()
    return {(connection, table): at for connection, table, at in found}


def _is_latest(db: duckdb.DuckDBPyConnection, run_id: str) -> bool:
    """Whether the file is the newest publication, and not one that was rolled back to."""
    row = db.execute("select max(run_id) from ops.publications").fetchone()
    return row is not None and row[0] == run_id
