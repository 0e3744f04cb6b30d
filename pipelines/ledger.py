"""The work file's own tables: runs, windows, pages, outbox, quarantine, and what the audit said.

Everything here is written in the transaction that makes the rows it speaks of durable.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from sources._tables.declare import Child, Table

OPS: Mapping[str, str] = {
    "runs": """run_id varchar primary key, started_at timestamp, finished_at timestamp,
        outcome varchar, exit_code integer, penstock_version varchar, seconds json,
        message varchar""",
    "windows": """window_id varchar, run_id varchar, connection varchar, vendor varchar,
        table_name varchar, committed_at timestamp, pages bigint, bytes bigint,
        rows_received bigint, rows_new bigint, rows_changed bigint, rows_unchanged bigint,
        rows_quarantined bigint, is_replay boolean""",
    "outbox": """connection varchar, vendor varchar, queue varchar, item_id bigint,
        table_name varchar, document_key varchar, window_id varchar, page_id varchar,
        received_at timestamp, confirmed_at timestamp, attempts integer, last_error varchar,
        times_returned integer, returned_at timestamp""",
    "quarantine": """quarantine_id varchar, connection varchar, vendor varchar,
        table_name varchar, column_name varchar, reason varchar, raw varchar, page_id varchar,
        row_number integer, window_id varchar, received_at timestamp, resolved_at timestamp,
        resolution varchar""",
    "drift": """connection varchar, vendor varchar, table_name varchar, field varchar,
        first_seen_at timestamp, last_seen_at timestamp, rows_seen bigint""",
    "pages": """page_id varchar, window_id varchar, connection varchar, vendor varchar,
        table_name varchar, stream varchar, request varchar, received_at timestamp, bytes bigint,
        archive_file varchar, archive_offset bigint, archive_length bigint, rows_at json""",
    "segments": """archive_file varchar, connection varchar, vendor varchar,
        settled_bytes bigint, settled_at timestamp, dropped_at timestamp""",
    "audit_results": """run_id varchar, checked_at timestamp, vendor varchar, check_name varchar,
        kind varchar, severity varchar, table_name varchar, status varchar, failing_rows bigint,
        examples json, query varchar, detail varchar""",
    "coverage": """connection varchar, vendor varchar, table_name varchar,
        complete_since timestamp, backfill_share double, expected_at timestamp, note varchar""",
    "positions": """connection varchar, vendor varchar, table_name varchar, stream varchar,
        position json, marked_at timestamp""",
    "sweeps": """connection varchar, vendor varchar, table_name varchar, sweep_id varchar,
        started_at timestamp, finished_at timestamp, outcome varchar, passes integer,
        rows_read bigint, keys_seen bigint, keys_vanished bigint, keys_returned bigint,
        message varchar""",
    "connections": "connection varchar, vendor varchar, currency_code varchar",
    "keys": "connection varchar, vendor varchar, table_name varchar, fields json",
    "retyping": "connection varchar, vendor varchar, table_name varchar, begun_at timestamp",
    "sweep_seen": "connection varchar, vendor varchar, table_name varchar, _key varchar",
    "deletions": """connection varchar, vendor varchar, table_name varchar, _key varchar,
        deleted_at timestamp, sweep_id varchar, restored_at timestamp""",
    "publications": """run_id varchar, file varchar, published_at timestamp,
        fingerprint varchar""",
    "freshness": """connection varchar, vendor varchar, table_name varchar,
        last_read_at timestamp, last_change_at timestamp, expected_within_hours double""",
    "deliveries": """delivery_id varchar, connection varchar, vendor varchar, delivery varchar,
        period varchar, file_name varchar, format varchar, row_count bigint, content_bytes bigint,
        content_sha256 varchar, query_sha256 varchar, generation varchar, state varchar,
        is_named boolean, is_maybe_there boolean, prepared_at timestamp, sending_at timestamp,
        settled_at timestamp, attempts integer, note varchar""",
}

_VERSION_COLUMNS = (
    ("connection", "VARCHAR"),
    ("_key", "VARCHAR"),
    ("_version", "BIGINT"),
    ("_row_hash", "VARCHAR"),
    ("_window_id", "VARCHAR"),
    ("_observed_at", "TIMESTAMP"),
    ("_page_id", "VARCHAR"),
    ("_row_number", "INTEGER"),
)


def version_columns(table: Table) -> list[tuple[str, str]]:
    """Names and DuckDB types of a version table, in order."""
    declared = [(c.name, c.kind.value) for c in table.columns]
    return [*_VERSION_COLUMNS, *declared, ("_extra", "JSON")]


def child_columns(child: Child) -> list[tuple[str, str]]:
    """Names and DuckDB types of a child table, in order."""
    own = [(c.name, c.kind.value) for c in child.columns]
    inherited = [c for c in _VERSION_COLUMNS if c[0] != "_row_hash"]
    extra = [("_extra", "JSON")] if child.of_objects else []
    return [*inherited, ("_line_number", "INTEGER"), *own, *extra]


def prepare_ops(db: duckdb.DuckDBPyConnection) -> None:
    """Makes the operations tables where they are missing, and adds columns they lack.

    A column that an upgrade added stands last in an older file: rows are inserted by name.
    """
    db.execute("create schema if not exists ops")
    for name, columns in OPS.items():
        db.execute(f"create table if not exists ops.{name} ({columns})")
        found = columns_of(db, "ops", name)
        for column in (" ".join(said.split()) for said in columns.split(",")):
            if column.split(" ")[0] not in found:
                db.execute(f"alter table ops.{name} add column {column}")


def note_connection(
    db: duckdb.DuckDBPyConnection, connection: str, vendor: str, currency: str | None
) -> None:
    """Notes what the settings say of a connection and the model needs to know."""
    db.execute("delete from ops.connections where connection = ?", [connection])
    db.execute(
        "insert into ops.connections (connection, vendor, currency_code) values (?, ?, ?)",
        [connection, vendor, currency],
    )


def columns_of(db: duckdb.DuckDBPyConnection, schema: str, name: str) -> dict[str, str]:
    """Names and types of a table's columns as the file has them; none where there is no table."""
    return dict(
        db.execute(
            "select column_name, data_type from duckdb_columns() "
            "where database_name = current_database() and schema_name = ? and table_name = ?",
            [schema, name],
        ).fetchall()
    )
