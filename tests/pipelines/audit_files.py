"""The private and the published file as the audit meets them, small, built by SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipelines.audit.checks import VendorChecks
from pipelines.audit.configuration import load_checks
from pipelines.ledger import prepare_ops
from pipelines.schema import prepare_vendor
from pipelines.warehouse import Places
from sources._tables.declare import Child, Table
from sources.cienapps.tables import TABLES

NOW = datetime.fromisoformat("2023-11-30T12:00:00")
SEEN = NOW - timedelta(hours=3)
CHECKS_FILE = Path(__file__).parents[2] / "sources" / "cienapps" / "checks.yml"

CUSTOMER: dict[str, object] = {
    "customer_last_name": "ANDREW DOE",
    "customer_phone": "(250) 111-2222",
    "customer_postal_code": "V9L 5J2",
}
# the vendor's printed samples, typed
ORDER = CUSTOMER | {
    "order_number": 4700,
    "created_on": date(2023, 11, 3),
    "due_on": date(2023, 11, 6),
    "step": "04 -INVOICED",
    "title": "ANDREW - CUT OUT SINK HOLE NOV 3, 2023",
    "sync_id": 11,
}
QUOTATION = CUSTOMER | {
    "quotation_number": 6139,
    "created_on": date(2023, 11, 10),
    "closed_on": date(2023, 11, 10),
    "validated_on": date(2023, 11, 24),
    "step": "02 - QUOTING STAGE",
    "customer_last_name": "SUNKRAFT CHEESE CONSTRUCTION",
    "customer_postal_code": "V9L S0S",
    "customer_phone": "(250) 748-1234",
    "sync_id": 12,
}
WORK_ORDER = CUSTOMER | {
    "work_order_number": "4704-1",
    "order_number": 7953,
    "step": "01 READY FOR PROCESSING - DO NOT OR",
    "due_on": date(2023, 11, 16),
    "delivery_on": date(2024, 1, 2),
    "installation_on": date(2024, 1, 2),
    "is_back_order": False,
    "is_closed": False,
    "customer_company_name": "CAEKCEASAR",
    "customer_postal_code": "V9X1T8",
    "customer_phone": "(250) 616-1234",
    "sync_id": 13,
}
# a world in which nothing is wrong at all
GOOD_QUOTATION = QUOTATION | {
    "closed_on": date(2023, 11, 28),
    "customer_postal_code": "V9L 5S2",
}
GOOD_ORDER = ORDER | {"due_on": date(2024, 1, 6)}
GOOD_WORK_ORDER = WORK_ORDER | {"order_number": 4700, "due_on": date(2024, 1, 6)}


@dataclass
class Stored:
    """One version of one document, as it came."""

    table: str
    row: Mapping[str, object]
    lines: tuple[int, ...] = ()
    connection: str = "cienapps"
    observed_at: datetime = SEEN
    window_id: str = "w1"


def good() -> list[Stored]:
    return [
        Stored("orders", GOOD_ORDER, lines=(6139,)),
        Stored("quotations", GOOD_QUOTATION),
        Stored("work_orders", GOOD_WORK_ORDER),
    ]


def samples() -> list[Stored]:
    """The vendor's three printed documents."""
    return [
        Stored("orders", ORDER, lines=(6122,)),
        Stored("quotations", QUOTATION),
        Stored("work_orders", WORK_ORDER),
    ]


@dataclass
class Files:
    """A pair of files in a folder; `planted` is SQL run on one of them afterwards."""

    folder: Path
    stored: list[Stored] = field(default_factory=good)

    def __post_init__(self) -> None:
        with duckdb.connect(str(self.raw)) as connection:
            connection.begin()
            _write_raw(connection, self.stored)
            connection.commit()
        with duckdb.connect(str(self.published)) as connection:
            _write_published(connection, self.raw)

    @property
    def raw(self) -> Path:
        return self.folder / "raw.duckdb"

    @property
    def published(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def plant(self, *statements: str, raw: bool = False) -> None:
        with duckdb.connect(str(self.raw if raw else self.published)) as connection:
            for statement in statements:
                connection.execute(statement)

    @contextmanager
    def open_raw(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(str(self.raw)) as connection:
            yield connection


def checks(*more: Path) -> VendorChecks:
    """The checks that are shipped, and further files."""
    return load_checks("cienapps", TABLES, [CHECKS_FILE, *more])


def insert(connection: duckdb.DuckDBPyConnection, place: str, row: Mapping[str, Any]) -> None:
    names, marks = ", ".join(row), ", ".join("?" for _ in row)
    connection.execute(f"insert into {place} ({names}) values ({marks})", list(row.values()))


def _write_raw(connection: duckdb.DuckDBPyConnection, stored: list[Stored]) -> None:
    prepare_ops(connection)
    here = Path()
    prepare_vendor(connection, "cienapps", "cienapps", TABLES, Places(here, here, here))
    run = {"run_id": "r1", "started_at": SEEN, "finished_at": SEEN, "outcome": "running"}
    insert(connection, "ops.runs", run)
    known = {table.name: table for table in TABLES}
    for number, one in enumerate(stored):
        _store(connection, known[one.table], one, number)


def _store(connection: duckdb.DuckDBPyConnection, table: Table, one: Stored, number: int) -> None:
    key = "-".join(str(one.row[k]) for k in table.key)
    place = {
        "connection": one.connection,
        "_key": f"{one.connection}\x1f{key}",
        "_version": one.row["sync_id"],
        "_window_id": one.window_id,
        "_observed_at": one.observed_at,
        "_page_id": f"p{number}",
        "_row_number": 0,
    }
    content = {k: v for k, v in one.row.items() if k != "sync_id"}
    insert(connection, f"cienapps.{table.name}", {**place, "_row_hash": str(content), **one.row})
    for line, value in enumerate(one.lines):
        row = {**place, "_line_number": line, "quotation_number": value}
        insert(connection, "cienapps.order_quotations", row)
    noted = {
        "connection": one.connection,
        "vendor": "cienapps",
        "queue": "notifications",
        "item_id": one.row["sync_id"],
        "table_name": table.name,
        "document_key": key,
        "window_id": one.window_id,
        "page_id": f"p{number}",
        "received_at": one.observed_at,
        "confirmed_at": one.observed_at,
        "times_returned": 0,
    }
    insert(connection, "ops.outbox", noted)
    where = {"connection": one.connection, "vendor": "cienapps", "table_name": table.name}
    counts = {"rows_received": 1, "rows_new": 1, "rows_changed": 0, "rows_quarantined": 0}
    window = {"window_id": one.window_id, "run_id": "r1", "committed_at": one.observed_at}
    insert(connection, "ops.windows", {**window, **where, **counts})
    seen = {"last_read_at": one.observed_at, "last_change_at": one.observed_at}
    insert(connection, "ops.freshness", {**where, **seen, "expected_within_hours": 120})
    insert(connection, "ops.coverage", {**where, "complete_since": SEEN, "backfill_share": None})


def _write_published(connection: duckdb.DuckDBPyConnection, raw: Path) -> None:
    """What the models make of the private file, in a few lines."""
    connection.execute(f"attach '{raw}' as raw (read_only)")
    connection.begin()
    for schema in ("cienapps", "history", "sales", "ops"):
        connection.execute(f"create schema {schema}")
    for table in TABLES:
        connection.execute(_current(table))
        connection.execute(_history(table))
        for child in table.children:
            connection.execute(_lines(table, child))
        connection.execute(
            f"create table sales.{table.name} as select 'cienapps' as vendor, connection, "
            f"{table.key[0]} from cienapps.{table.name}"
        )
    for name in ("runs", "windows", "drift", "coverage", "freshness"):
        connection.execute(f"create table ops.{name} as from raw.ops.{name}")
    connection.execute(
        "create table ops.quarantine (connection varchar, vendor varchar, table_name varchar, "
        "rows_open bigint, rows_resolved bigint);"
        "create table ops.unmapped_steps (vendor varchar, connection varchar, "
        "document_type varchar, step varchar, documents bigint);"
        "create table cienapps.notifications as select connection, item_id as sync_id, "
        "table_name as entity, document_key as document, window_id, page_id, received_at, "
        "confirmed_at, times_returned from raw.ops.outbox"
    )
    connection.commit()


_ORDERED = "(partition by _key order by _version, _observed_at, _page_id, _row_number)"
_SHOWN = "_key, _version, _observed_at, _window_id, _page_id"


def _current(table: Table) -> str:
    columns = ", ".join(c.name for c in table.columns)
    return f"""create table cienapps.{table.name} as
        select connection, {columns}, _extra as unknown_fields, {_SHOWN}
        from raw.cienapps.{table.name}
        qualify lead(_key) over {_ORDERED} is null"""


def _history(table: Table) -> str:
    columns = ", ".join(c.name for c in table.columns)
    return f"""create table history.cienapps__{table.name} as
        with valid as (
            select *, min(_observed_at) over (partition by _key
                order by _version, _observed_at, _page_id, _row_number
                rows between current row and unbounded following) as valid_from
            from raw.cienapps.{table.name}
            qualify _row_hash is distinct from lag(_row_hash) over {_ORDERED}
        )
        select connection, {columns}, _extra as unknown_fields, valid_from,
            lead(valid_from) over {_ORDERED} as valid_to, valid_to is null as is_current, {_SHOWN}
        from valid"""


def _lines(table: Table, child: Child) -> str:
    columns = ", ".join(c.name for c in child.columns)
    return f"""create table cienapps.{child.name} as
        select line.connection, parent.{table.key[0]}, {columns},
            line._line_number + 1 as line_number,
            {", ".join(f"line.{c.strip()}" for c in _SHOWN.split(","))}
        from raw.cienapps.{child.name} as line
        join cienapps.{table.name} as parent using (_key, _page_id)"""
