"""An analyst who opens the published file all the time, and says what was ever wrong with it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from tests.house import _context

PAUSE = 0.2  # seconds; opening without a pause would cost a core
WRONG = 20  # told at most
_JUDGED = (
    "select count(*), count(*) filter (severity = 'critical' and status <> 'pass') "
    "from ops.audit_results where run_id = ?"
)


@dataclass
class Read:
    """What a reader saw.

    Attributes:
        opens: how often the file was opened.
        runs: the runs that published what was seen, in order.
        wrong: what was not as promised.
    """

    opens: int = 0
    runs: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@contextmanager
def reading(published: Path, told: Path, pause: float = PAUSE) -> Iterator[Read]:
    """Reads in a process of its own while the block runs; what it saw is there afterwards.

    Args:
        published: the name that analysts open.
        told: where the reader says what it saw; beside it stands what ends it.
        pause: between two openings, in seconds.
    """
    seen, end = Read(), told.with_suffix(".end")
    process = _context().Process(target=_read, args=(published, told, end, pause))
    process.start()
    try:
        yield seen
    finally:
        end.touch()
        process.join(30)
        if process.exitcode is None:
            process.kill()
            process.join()
        said = json.loads(told.read_text()) if told.exists() else {"wrong": ["the reader died"]}
        seen.__dict__.update(said)


def _read(published: Path, told: Path, end: Path, pause: float) -> None:
    seen, is_there = Read(), False
    while True:
        is_last = end.exists()
        if is_there or os.path.lexists(published):
            is_there = True
            try:
                _look(published, seen)
            except (duckdb.Error, OSError) as error:
                seen.wrong.append(f"open {seen.opens}: {type(error).__name__}: {error}")
        if is_last or len(seen.wrong) >= WRONG:
            break
        time.sleep(pause)
    half = told.with_suffix(".half")
    half.write_text(json.dumps(vars(seen)))
    half.replace(told)


def _look(published: Path, seen: Read) -> None:
    """Opens it once; a file that was not seen before is looked at closely."""
    with duckdb.connect(str(published), read_only=True) as db:
        seen.opens += 1
        run_id, outcome = _one(db, "select run_id, outcome from ops.runs order by run_id desc")
        if seen.runs[-1:] == [str(run_id)]:
            _one(db, "select count(*) from sales.orders")
            return
        seen.runs.append(str(run_id))
        if outcome != "published":
            seen.wrong.append(f"{run_id} is read and says of itself {outcome!r}")
        judged, failed = db.execute(_JUDGED, [run_id]).fetchall()[0]
        if not judged or failed:
            seen.wrong.append(f"{run_id}: of {judged} checks {failed} critical ones did not pass")
        marts = db.execute("select table_name from duckdb_tables() where schema_name = 'sales'")
        for (name,) in marts.fetchall():
            _one(db, f'select count(*) from sales."{name}"')


def _one(db: duckdb.DuckDBPyConnection, query: str) -> tuple[object, ...]:
    row = db.execute(query).fetchone()
    if row is None:
        raise duckdb.Error(f"nothing: {query}")
    return tuple(row)
