"""A work file by SQL, in the shape that landing and promotion write; the model reads nothing else.

Written apart from the code that writes the real one: what it says is what the model is promised.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from sources._tables.declare import Child, Table

_OPS = """
CREATE TABLE ops.runs(run_id VARCHAR, started_at TIMESTAMP, finished_at TIMESTAMP, outcome VARCHAR,
  exit_code INTEGER, penstock_version VARCHAR, seconds JSON, message VARCHAR);
CREATE TABLE ops.windows(window_id VARCHAR, run_id VARCHAR, connection VARCHAR, vendor VARCHAR,
  table_name VARCHAR, committed_at TIMESTAMP, pages BIGINT, bytes BIGINT, rows_received BIGINT,
  rows_new BIGINT, rows_changed BIGINT, rows_unchanged BIGINT, rows_quarantined BIGINT,
  is_replay BOOLEAN);
CREATE TABLE ops.outbox(connection VARCHAR, vendor VARCHAR, queue VARCHAR, item_id BIGINT,
  table_name VARCHAR, document_key VARCHAR, window_id VARCHAR, page_id VARCHAR,
  received_at TIMESTAMP, confirmed_at TIMESTAMP, attempts INTEGER, last_error VARCHAR,
  times_returned INTEGER, returned_at TIMESTAMP);
CREATE TABLE ops.quarantine(quarantine_id VARCHAR, connection VARCHAR, vendor VARCHAR,
  table_name VARCHAR, column_name VARCHAR, reason VARCHAR, raw VARCHAR, page_id VARCHAR,
  row_number INTEGER, window_id VARCHAR, received_at TIMESTAMP, resolved_at TIMESTAMP,
  resolution VARCHAR);
CREATE TABLE ops.retyping(connection VARCHAR, vendor VARCHAR, table_name VARCHAR,
  begun_at TIMESTAMP);
CREATE TABLE ops.drift(connection VARCHAR, vendor VARCHAR, table_name VARCHAR, field VARCHAR,
  first_seen_at TIMESTAMP, last_seen_at TIMESTAMP, rows_seen BIGINT);
CREATE TABLE ops.coverage(connection VARCHAR, vendor VARCHAR, table_name VARCHAR,
  complete_since TIMESTAMP, backfill_share DOUBLE, expected_at TIMESTAMP, note VARCHAR);
CREATE TABLE ops.sweeps(connection VARCHAR, vendor VARCHAR, table_name VARCHAR, sweep_id VARCHAR,
  started_at TIMESTAMP, finished_at TIMESTAMP, outcome VARCHAR, passes INTEGER, keys_seen BIGINT,
  keys_vanished BIGINT, keys_returned BIGINT, message VARCHAR);
CREATE TABLE ops.deletions(connection VARCHAR, vendor VARCHAR, table_name VARCHAR, _key VARCHAR,
  deleted_at TIMESTAMP, sweep_id VARCHAR, restored_at TIMESTAMP);
CREATE TABLE ops.freshness(connection VARCHAR, vendor VARCHAR, table_name VARCHAR,
  last_read_at TIMESTAMP, last_change_at TIMESTAMP, expected_within_hours DOUBLE);
"""


class RawFile:
    """The work file being written.

    Args:
        path: where it is made.
        vendors: the declared tables of each vendor, made empty.
    """

    def __init__(self, path: Path, vendors: Mapping[str, Sequence[Table]]) -> None:
        self.path = path
        self.db = duckdb.connect(str(path))
        self.db.execute("CREATE SCHEMA ops")
        self.db.execute(_OPS)
        self._tables: dict[tuple[str, str], Table] = {}
        for vendor, tables in vendors.items():
            self.db.execute(f"CREATE SCHEMA {vendor}")
            for table in tables:
                self._create(vendor, table)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.db.close()

    def page(
        self,
        table_name: str,
        observed_at: datetime,
        *rows: Mapping[str, Any],
        vendor: str = "cienapps",
        connection: str = "cienapps",
        page_id: str | None = None,
    ) -> None:
        """One received page: rows by column name, a child's elements under its name.

        An element that is an object is given by column name too, and may have an `_extra`.

        What a row says under its version column is its version; the hash leaves that out.
        """
        table = self._tables[vendor, table_name]
        page_id = page_id or f"{connection}-{table_name}-{observed_at:%m%dT%H%M}"
        for number, row in enumerate(rows):
            key = chr(31).join([connection, *(str(row[name]) for name in table.key)])
            version = _number(row[table.version] if table.version else observed_at)
            content = {k: v for k, v in row.items() if k != table.version and v not in (None, "")}
            said = json.dumps(content, sort_keys=True, default=str)
            row_hash = hashlib.md5(said.encode()).hexdigest()
            place = (f"w-{page_id}", observed_at, page_id, number)
            values = [row.get(column.name) for column in table.columns]
            extra = json.dumps(row["_extra"]) if "_extra" in row else None
            self._insert(
                f"{vendor}.{table_name}",
                [connection, key, version, row_hash, *place, *values, extra],
            )
            for child in table.children:
                for line, element in enumerate(row.get(child.name, ())):
                    self._insert(
                        f"{vendor}.{child.name}",
                        [connection, key, version, *place, line, *_line(child, element)],
                    )

    def ops(self, table: str, **row: Any) -> None:
        """One row of an `ops` table, by column name."""
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        self.db.execute(f"INSERT INTO ops.{table} ({names}) VALUES ({marks})", list(row.values()))

    def _create(self, vendor: str, table: Table) -> None:
        declared = "".join(f', "{c.name}" {c.kind.value}' for c in table.columns)
        self.db.execute(
            f"CREATE TABLE {vendor}.{table.name}(connection VARCHAR, _key VARCHAR, "
            "_version BIGINT, _row_hash VARCHAR, _window_id VARCHAR, _observed_at TIMESTAMP, "
            f"_page_id VARCHAR, _row_number INTEGER{declared}, _extra JSON)"
        )
        for child in table.children:
            declared = "".join(f', "{c.name}" {c.kind.value}' for c in child.columns)
            declared += ", _extra JSON" if child.of_objects else ""
            self.db.execute(
                f"CREATE TABLE {vendor}.{child.name}(connection VARCHAR, _key VARCHAR, "
                "_version BIGINT, _window_id VARCHAR, _observed_at TIMESTAMP, _page_id VARCHAR, "
                f"_row_number INTEGER, _line_number INTEGER{declared})"
            )
        self._tables[vendor, table.name] = table

    def _insert(self, place: str, values: Sequence[Any]) -> None:
        self.db.execute(
            f"INSERT INTO {place} VALUES ({', '.join('?' * len(values))})", list(values)
        )


def _number(version: Any) -> Any:
    """What orders versions: the vendor's own number, or a time in microseconds."""
    if not isinstance(version, datetime):
        return version
    return (version - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def _line(child: Child, element: Any) -> list[Any]:
    if not child.of_objects:
        return [element]
    extra = json.dumps(element["_extra"]) if "_extra" in element else None
    return [*(element.get(column.name) for column in child.columns), extra]
