"""The sources: how fresh and complete they are, what the audits found, what was set aside."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa

from notebooks.figures.selection import EVERYTHING, FOLDED, SELECTED

_FEEDS = """
FROM ops.freshness FULL JOIN ops.coverage USING (vendor, connection, table_name)
ORDER BY vendor, connection, table_name
"""

# a name that documents write in several ways is one choice
_CHOICES = f"""
SELECT 'connection' AS kind, connection AS choice FROM documents WHERE connection IS NOT NULL
GROUP BY connection
UNION ALL
SELECT 'person', min(person) FROM (SELECT unnest([sales_rep, rep]) AS person FROM documents)
WHERE person IS NOT NULL GROUP BY {FOLDED.format("person")}
ORDER BY kind, choice
"""

_FRESHNESS = """
SELECT connection, table_name,
  coalesce(date_diff('minute', last_change_at, $as_of::TIMESTAMP) > 60 * expected_within_hours,
    FALSE) AS is_late,
  date_diff('minute', last_change_at, $as_of::TIMESTAMP) / 60 AS hours_since_change,
  expected_within_hours, backfill_share, complete_since, last_change_at, last_read_at, vendor
FROM ops.freshness FULL JOIN ops.coverage USING (vendor, connection, table_name)
ORDER BY is_late DESC, coalesce(backfill_share, 1), vendor, connection, table_name
"""

_AUDIT_TREND = """
WITH audits AS (
  SELECT run_id, max(checked_at) AS checked_at, count(*) AS check_count,
    count(*) FILTER (status <> 'pass' AND severity = 'critical') AS critical_count,
    count(*) FILTER (status <> 'pass' AND severity <> 'critical') AS warning_count,
    sum(failing_rows) FILTER (status <> 'pass') AS failing_rows
  FROM ops.audit_results GROUP BY run_id
)
FROM (FROM audits ORDER BY checked_at DESC, run_id DESC LIMIT $at_most)
ORDER BY checked_at, run_id
"""

_FAILING_CHECKS = """
WITH placed AS (
  SELECT *, row_number() OVER (PARTITION BY vendor, table_name, check_name
      ORDER BY checked_at DESC, run_id DESC) AS place
  FROM ops.audit_results
), lasting AS (
  SELECT *, min(place) FILTER (status = 'pass') OVER (PARTITION BY vendor, table_name, check_name)
      AS first_pass FROM placed
)
SELECT severity, vendor, table_name, check_name, any_value(status) FILTER (place = 1) AS status,
  any_value(failing_rows) FILTER (place = 1) AS failing_rows, min(checked_at) AS failing_since,
  count(*) AS audit_count, any_value(detail) FILTER (place = 1) AS detail,
  max(checked_at) AS checked_at
FROM lasting WHERE place < coalesce(first_pass, 1e9)
GROUP BY vendor, table_name, check_name, severity
ORDER BY severity, vendor, table_name, check_name
"""


def feeds(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Per source table: when it was last read and changed, and since when it is complete."""
    return con.execute(_FEEDS).to_arrow_table()


def choices(con: duckdb.DuckDBPyConnection) -> tuple[list[str], list[str]]:
    """What a reader can choose from: the connections and the people that documents name."""
    rows = con.execute(SELECTED + _CHOICES, EVERYTHING.parameters()).fetchall()
    return (
        [choice for kind, choice in rows if kind == "connection"],
        [choice for kind, choice in rows if kind == "person"],
    )


def unmapped_steps(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Steps that `maps/steps.csv` doesn't name yet, most documents first."""
    return con.execute(
        "SELECT vendor, connection, document_type, step, documents FROM ops.unmapped_steps "
        "ORDER BY documents DESC, vendor, connection, document_type, step"
    ).to_arrow_table()


def freshness(con: duckdb.DuckDBPyConnection, as_of: datetime) -> pa.Table:
    """Per source table how long ago it changed, late ones first, then those still being loaded."""
    return con.execute(_FRESHNESS, {"as_of": as_of}).to_arrow_table()


def audit_trend(con: duckdb.DuckDBPyConnection, *, at_most: int = 30) -> pa.Table:
    """The latest audits, oldest first: how many checks they made, and how many did not pass."""
    return con.execute(_AUDIT_TREND, {"at_most": at_most}).to_arrow_table()


def failing_checks(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Checks that did not pass when last made, critical ones first, and since when without a break.

    `audit_count` audits in a row found it; a check that could not be evaluated did not pass.
    """
    return con.execute(_FAILING_CHECKS).to_arrow_table()


def quarantine(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Rows that could not be read, by table and reason, those still set aside first."""
    return con.execute(
        "SELECT vendor, connection, table_name, reason, column_names, rows_open, rows_resolved, "
        "first_received_at, last_received_at FROM ops.quarantine "
        "ORDER BY rows_open DESC, vendor, connection, table_name, reason"
    ).to_arrow_table()


def drift(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Fields that vendors send and no column is declared for, latest first."""
    return con.execute(
        "SELECT vendor, connection, table_name, field, rows_seen, first_seen_at, last_seen_at "
        "FROM ops.drift ORDER BY first_seen_at DESC, vendor, connection, table_name, field"
    ).to_arrow_table()


def runs(con: duckdb.DuckDBPyConnection, *, at_most: int = 15) -> pa.Table:
    """The latest runs that are in the file, with what came of them."""
    return con.execute(
        "SELECT run_id, started_at, date_diff('second', started_at, finished_at) AS seconds, "
        "outcome, exit_code, message FROM ops.runs ORDER BY started_at DESC LIMIT $at_most",
        {"at_most": at_most},
    ).to_arrow_table()


def columns(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Every column that the file has, with what it means: the first thing to look at."""
    return con.execute(
        "SELECT schema_name || '.' || table_name AS table_name, column_name, data_type, "
        "comment AS description FROM duckdb_columns() "
        "WHERE schema_name IN (SELECT schema_name FROM duckdb_schemas() WHERE NOT internal) "
        "AND NOT internal "
        "ORDER BY schema_name <> 'sales', schema_name, table_name, column_index"
    ).to_arrow_table()
