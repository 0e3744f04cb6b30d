"""How far the published warehouse reaches: up to when each connection's data is in it.

A table that was read to its end by a run holds what there was when that run began. The published
file says so of its own run; where nothing came since, later runs that read and brought nothing
count too, since they would build the same file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines import publish
from pipelines.pages import run_of
from pipelines.release import fingerprint, last_fingerprint
from pipelines.warehouse import Places, read_only
from sources._http.errors import PenstockError

_REACH = """
select freshness.connection, max(runs.started_at)
from (
    select connection, max(last_read_at) as read_at from ops.freshness group by connection
) as freshness
join ops.runs as runs on runs.started_at <= freshness.read_at
group by freshness.connection"""


@dataclass(frozen=True)
class Warehouse:
    """The file that is delivered from.

    Attributes:
        file: the published generation itself, not the name that is re-pointed.
        generation: the run that made it.
        reach: up to when each connection's data is in it (UTC).
        behind: tables whose past is not loaded yet, and how much of it is.
    """

    file: Path
    generation: str
    reach: Mapping[str, datetime]
    behind: Sequence[tuple[str, str, float]]

    def as_of(self, connections: Sequence[str]) -> tuple[datetime | None, str]:
        """The earliest reach of some connections, and which one it is of."""
        found = [(self.reach.get(name), name) for name in connections]
        for reach, name in found:
            if reach is None:
                return None, name
        return min(((r, n) for r, n in found if r is not None), default=(None, ""))


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
        reach = dict(own.execute(_REACH).fetchall())
        behind = own.execute(
            "select connection, table_name, backfill_share from ops.coverage "
            "where backfill_share < 1 order by all"
        ).fetchall()
    if _is_latest(db, run_id) and last_fingerprint(db) == fingerprint(db, places):
        reach |= dict(db.execute(_REACH).fetchall())
    return Warehouse(file, run_id, reach, tuple(behind))


def _is_latest(db: duckdb.DuckDBPyConnection, run_id: str) -> bool:
    """Whether the file is the newest publication, and not one that was rolled back to."""
    row = db.execute("select max(run_id) from ops.publications").fetchone()
    return row is not None and row[0] == run_id
