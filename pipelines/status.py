"""What is known about the published file, beside it, for those who do not open it.

Written at the end of every run, also of one that brought nothing: the heartbeat. `penstock status`
reads it and nothing that is private, so it answers while a run goes on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from pipelines import clock
from pipelines.audit.checks import Verdict
from pipelines.warehouse import Places, read_only
from sources._http.errors import PenstockError
from sources._tables.quoting import identifier


@dataclass(frozen=True)
class Standing:
    """What a run knows of its connections when it ends.

    Attributes:
        budgets: what is left of each account's calls, a line per rate.
        due: when a (connection, table) is due that is not read on every run (UTC).
    """

    budgets: Sequence[Mapping[str, Any]]
    due: Mapping[tuple[str, str], datetime]


_LIVE = """
with known as (
    -- a table that nothing was read of yet is told by its coverage alone
    from ops.freshness full join ops.coverage using (connection, vendor, table_name)
)
select connection, vendor, table_name, last_read_at, last_change_at,
    complete_since, backfill_share, expected_at, note,
    (select count(*) from ops.quarantine as q
        where q.connection = known.connection and q.table_name = known.table_name
            and q.resolved_at is null) as quarantined,
    (select count(*) from ops.outbox as o
        where o.connection = known.connection and o.table_name = known.table_name
            and o.confirmed_at is null) as unconfirmed
from known
order by connection, table_name"""


def collect(
    db: duckdb.DuckDBPyConnection,
    places: Places,
    run: Mapping[str, Any],
    published_run: str | None,
    verdict: Verdict | None,
    standing: Standing | None = None,
) -> dict[str, Any]:
    """The status as it will be written.

    Args:
        db: the open work file.
        places: the project's paths.
        run: run_id, outcome and exit_code of the run that ends.
        published_run: the run whose file readers get.
        verdict: the audit of this run, where one was held.
        standing: what the run knows of its connections; without it, as last said.
    """
    live = _rows(db, _LIVE)
    published = _published(places, live)
    is_build = run.get("outcome") in ("published", "refused")
    stale = _stale(verdict)
    before = last(places)
    due = standing.due if standing else {}
    return {
        "as_of": _moment(clock.now()),
        "run_id": published_run,
        "published_at": _published_at(db, published_run),
        "penstock_version": version("penstock"),
        "last_run": dict(run),
        # a run without a build judges freshness alone, which is no verdict on the file
        "audit": _audit(verdict) if verdict and is_build else before.get("audit"),
        "checked_now": _audit(verdict) if verdict else None,
        "budgets": list(standing.budgets) if standing else before.get("budgets", []),
        "tables": [
            {
                "vendor": row["vendor"],
                "connection": row["connection"],
                "table": row["table_name"],
                "rows": published["rows"].get((row["connection"], row["table_name"])),
                "last_read_at": _moment(row["last_read_at"]),
                "last_change_at": _moment(row["last_change_at"]),
                "complete_since": _moment(row["complete_since"]),
                "backfill_share": row["backfill_share"],
                "expected_at": _moment(row["expected_at"]),
                "note": row["note"],
                "next_due_at": _moment(due.get((row["connection"], row["table_name"]))),
                "fresh": (row["vendor"], row["table_name"]) not in stale,
                "quarantined": row["quarantined"],
                "unconfirmed": row["unconfirmed"],
            }
            for row in live
        ],
        "unmapped_steps": published["unmapped_steps"],
        "deliveries": _deliveries(db),
    }


def note_deliveries(db: duckdb.DuckDBPyConnection, places: Places) -> None:
    """Says in the status, as last written, which deliveries are not at their end."""
    if said := last(places):
        write(places, {**said, "deliveries": _deliveries(db)})


def _deliveries(db: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return _rows(
        db,
        "select connection, delivery, period, file_name, state, note from ops.deliveries "
        "where settled_at is null order by connection, file_name",
    )


def write(places: Places, status: Mapping[str, Any]) -> None:
    """Puts the status in place by rename."""
    half = places.status.with_suffix(".part")
    with half.open("w", encoding="utf-8") as file:
        file.write(json.dumps(status, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    half.replace(places.status)


def read(places: Places) -> dict[str, Any]:
    """The status as last written.

    Raises:
        PenstockError: there is none yet.
    """
    found = _read(places.status)
    if found is None:
        raise PenstockError(f"nothing has run in {places.project} yet", next_command="penstock run")
    return found


def last(places: Places) -> dict[str, Any]:
    """The status as last written; empty where there is none."""
    return _read(places.status) or {}


def staleness(said: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The tables that a status calls stale."""
    return {(t["connection"], t["table"]) for t in said.get("tables", ()) if not t["fresh"]}


def verdict(said: Mapping[str, Any]) -> str | None:
    """What a status says of the last audit of a build."""
    audit = said.get("audit") or {}
    return audit.get("verdict")


def _read(file: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None  # torn by a power cut: the next run writes it anew
    return found


def _rows(db: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = db.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _published(places: Places, live: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Row counts and unmapped steps of the file that readers get."""
    if not places.published.exists():
        return {"rows": {}, "unmapped_steps": []}
    rows: dict[tuple[str, str], int] = {}
    with read_only(places.published) as db:
        held = db.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        # a connection that was landed and not published yet is in no schema
        for vendor, table in {(r["vendor"], r["table_name"]) for r in live}.intersection(held):
            where = f"{identifier(vendor)}.{identifier(table)}"
            for connection, count in db.execute(
                f"select connection, count(*) from {where} group by connection"
            ).fetchall():
                rows[connection, table] = count
        unmapped = _rows(db, "from ops.unmapped_steps order by all")
    return {"rows": rows, "unmapped_steps": unmapped}


def _published_at(db: duckdb.DuckDBPyConnection, run_id: str | None) -> str | None:
    row = db.execute(
        "select published_at from ops.publications where run_id = ?", [run_id]
    ).fetchone()
    return _moment(row[0]) if row else None


def _stale(verdict: Verdict | None) -> set[tuple[str, str]]:
    results = verdict.results if verdict else ()
    return {(r.vendor, r.table) for r in results if r.check == "freshness" and not r.passed}


def _audit(verdict: Verdict) -> dict[str, Any]:
    word = "passed with warnings" if verdict.warnings else "passed"
    return {
        "verdict": "refused" if verdict.refused else word,
        "critical": len(verdict.critical),
        "warnings": len(verdict.warnings),
        "checks": len(verdict.results),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
