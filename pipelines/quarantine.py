"""Rows that could not be typed: what is known of them, and how each is settled.

None is ever deleted. A row is open until it is typed by a replay, corrected by hand, sent again by
the vendor, or given up with a reason; which of these, and when, stays beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from pipelines.project import Connection
from sources._http.errors import Misconfigured
from sources._tables.declare import Table, VersionBy
from sources._tables.quoting import identifier
from sources._tables.slices import field_of

UNIT = "\x1f"
DISCARDED, CORRECTED, SENT_AGAIN = "discarded", "corrected by hand", "sent again by the vendor"
_SHOWN = (
    *("quarantine_id", "connection", "table_name", "reason", "received_at"),
    *("resolved_at", "resolution"),
)


@dataclass(frozen=True)
class Bad:
    """A row in quarantine.

    Attributes:
        quarantine_id: its name.
        connection: whose row.
        table: of which table.
        reason: why it could not be typed.
        raw: the row, as the vendor wrote it.
        page_id: the archived page that it came on.
        row_number: which row of that page, from 0.
        received_at: when it came (UTC).
        resolved_at: when it was settled (UTC); None while it is open.
        resolution: how.
    """

    quarantine_id: str
    connection: str
    table: str
    reason: str
    raw: str
    page_id: str
    row_number: int
    received_at: datetime
    resolved_at: datetime | None
    resolution: str | None


def listed(
    db: duckdb.DuckDBPyConnection,
    *,
    connection: str = "",
    tables: Sequence[str] = (),
    everything: bool = False,
) -> list[dict[str, Any]]:
    """Rows in quarantine without their content, latest first; the open ones, or all."""
    found = db.execute(
        f"""
        select {", ".join(_SHOWN)} from ops.quarantine
        where ($1 = '' or connection = $1)
            and (len($2::varchar[]) = 0 or list_contains($2::varchar[], table_name))
            and ($3 or resolved_at is null)
        order by received_at desc, quarantine_id""",
        [connection, list(tables), everything],
    ).fetchall()
    return [dict(zip(_SHOWN, row, strict=True)) for row in found]


def shown(db: duckdb.DuckDBPyConnection, name: str) -> list[Bad]:
    """Every row of a name; a name can come again once it was settled.

    Raises:
        Misconfigured: there is none.
    """
    rows = db.execute(
        "select quarantine_id, connection, table_name, reason, raw, page_id, row_number, "
        "received_at, resolved_at, resolution from ops.quarantine where quarantine_id = ? "
        "order by received_at desc",
        [name],
    ).fetchall()
    if not rows:
        raise Misconfigured(
            f"there is no row {name!r} in quarantine", next_command="penstock quarantine list --all"
        )
    return [Bad(*row) for row in rows]


def open_ones(db: duckdb.DuckDBPyConnection, names: Sequence[str]) -> list[Bad]:
    """The open row of each name.

    Raises:
        Misconfigured: one does not exist, or is settled; nothing is done with the others then.
    """
    found = []
    for name in names:
        rows = [bad for bad in shown(db, name) if bad.resolved_at is None]
        if not rows:
            raise Misconfigured(
                f"the row {name} is settled already",
                next_command=f"penstock quarantine show {name}",
            )
        found += rows
    return found


def settle(
    db: duckdb.DuckDBPyConnection, names: Sequence[str], resolution: str, at: datetime
) -> int:
    """Settles open rows; how many there were.

    A row with several faults is there once for each of them, and is settled as a whole.
    """
    return len(
        db.execute(
            """
            update ops.quarantine set resolved_at = $2, resolution = $3
            where resolved_at is null and (connection, table_name, page_id, row_number) in (
                select (connection, table_name, page_id, row_number) from ops.quarantine
                where resolved_at is null and list_contains($1::varchar[], quarantine_id))
            returning 1""",
            [list(names), at, resolution],
        ).fetchall()
    )


def settle_sent_again(
    db: duckdb.DuckDBPyConnection, connection: Connection, tables: Sequence[str], at: datetime
) -> int:
    """Settles open rows whose document came again later and could be typed; how many."""
    count = 0
    for table in connection.tables:
        if table.name not in tables:
            continue
        rows = db.execute(
            "select quarantine_id, raw, received_at from ops.quarantine "
            "where connection = ? and table_name = ? and resolved_at is null",
            [connection.name, table.name],
        ).fetchall()
        for name, raw, received_at in rows:
            key = _key(connection.name, table, raw)
            if key is not None and _came_again(db, connection, table, key, raw, received_at):
                count += settle(db, [name], SENT_AGAIN, at)
    return count


def _key(connection: str, table: Table, raw: str) -> str | None:
    """The `_key` that the row would have had; None where it does not say."""
    parts = [connection]
    for name in table.key:
        value = _said(table, name, raw)
        if value is None:
            return None
        parts.append(value)
    return UNIT.join(parts)


def _said(table: Table, name: str, raw: str) -> str | None:
    column = table.column(name)
    for wire in column.wires:
        value = field_of(raw, (*column.within, wire))
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value).strip() or None
    return None


def _came_again(
    db: duckdb.DuckDBPyConnection,
    connection: Connection,
    table: Table,
    key: str,
    raw: str,
    received_at: datetime,
) -> bool:
    """Whether a later version of the document is there.

    Where the vendor numbers versions, a higher number counts, whenever it was seen.
    """
    where = f"{identifier(connection.vendor.name)}.{identifier(table.name)}"
    later: Mapping[str, object] = {"key": key, "seen": received_at}
    test = "_observed_at > $seen"
    if table.version_by is VersionBy.NUMBER and table.version is not None:
        number = _said(table, table.version, raw)
        if number is None or not number.isdecimal():
            return False
        later = {"key": key, "number": int(number)}
        test = "_version > $number"
    query = f"select 1 from {where} where _key = $key and {test} limit 1"
    return db.execute(query, later).fetchone() is not None
