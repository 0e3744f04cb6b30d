"""Results kept: in the private file for good, in the published one for the trend."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.audit.checks import Verdict
from pipelines.ledger import OPS
from sources._tables.quoting import identifier, literal

TREND_DAYS = 90

COMMENTS = {
    "run_id": "The run that the audit was part of.",
    "checked_at": "When the audit was held (UTC).",
    "vendor": "The vendor whose data was checked.",
    "check_name": "The check's name; with the table it identifies the check.",
    "kind": "'expectation' (asked of changed rows) or 'fact' (of whole tables).",
    "severity": "'critical' refuses a publish, 'warning' is shown.",
    "table_name": "The table that was checked.",
    "status": "'pass', 'fail', or 'error' where it could not be evaluated.",
    "failing_rows": "How many rows break the check; empty where it is about a figure.",
    "examples": "At most five of those rows.",
    "query": "The query that returns them all.",
    "detail": "What was found, in a few words.",
}
_LISTED = ", ".join(identifier(name) for name in COMMENTS)


def record(
    verdict: Verdict, raw: duckdb.DuckDBPyConnection, run_id: str, checked_at: datetime
) -> None:
    """Append a verdict's results to the private file's `ops.audit_results`.

    Args:
        verdict: what the audit found.
        raw: the private file, open for writing.
        run_id: the run it was part of.
        checked_at: when it was held (UTC).
    """
    rows = [
        {
            "run_id": run_id,
            "checked_at": checked_at,
            "vendor": r.vendor,
            "check_name": r.check,
            "kind": r.kind,
            "severity": r.severity.value,
            "table_name": r.table,
            "status": r.status.value,
            "failing_rows": r.failing_rows,
            "examples": json.dumps(r.examples, ensure_ascii=False),
            "query": r.query,
            "detail": r.detail,
        }
        for r in verdict.results
    ]
    if rows:
        raw.register("found", pa.Table.from_pylist(rows))
        raw.execute(f"insert into ops.audit_results ({_LISTED}) select {_LISTED} from found")
        raw.unregister("found")


def publish_results(target: Path, raw: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Write the results of the last 90 days into the file about to be published, and close it.

    Args:
        target: the next warehouse file; nobody else has it open.
        raw: the private file.
        now: the moment of the audit (UTC).
    """
    since = {"since": now - timedelta(days=TREND_DAYS)}
    recent = raw.execute(
        f"select {_LISTED} from ops.audit_results where checked_at >= $since "
        "order by checked_at, vendor, table_name, check_name",
        since,
    ).to_arrow_table()
    with duckdb.connect(str(target)) as connection:
        connection.execute("create schema if not exists ops")
        connection.execute("drop table if exists ops.audit_results")
        connection.execute(f"create table ops.audit_results ({OPS['audit_results']})")
        connection.register("recent", recent)
        connection.execute(f"insert into ops.audit_results select {_LISTED} from recent")
        connection.unregister("recent")
        connection.execute(
            "comment on table ops.audit_results is "
            f"'What the audits of the last {TREND_DAYS} days found, one row per check and run.'"
        )
        for name, said in COMMENTS.items():
            place = f"ops.audit_results.{identifier(name)}"
            connection.execute(f"comment on column {place} is {literal(said)}")
        connection.execute("checkpoint")
