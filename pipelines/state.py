"""Where the readings go on: shown, set back, carried to another project directory.

The positions stand in the work file beside the rows they speak of. Setting one back costs calls and
brings nothing twice; setting one ahead would pass rows by in silence, so that nothing does it
unasked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from typing import Any

import duckdb

from pipelines import clock
from pipelines.project import Connection
from pipelines.warehouse import transaction
from sources._http.errors import Misconfigured, PenstockError
from sources._reading.marks import Mark, Position
from sources._vendor import Vendor

FORMAT = 1
EXAMPLE = "penstock state export CONNECTION > state.json"


class WentBack(PenstockError):  # noqa: N818 - a state of the world, not a bug
    """A cursor was to be set behind where it stands."""

    verb = "state show"


@dataclass(frozen=True)
class Stream:
    """Where one stream goes on.

    Attributes:
        connection: whose.
        table: of which table.
        stream: which of its readings.
        at: how far in time it has come; None where its position says nothing of the kind.
        position: the position itself.
        marked_at: when it was last moved (UTC).
    """

    connection: str
    table: str
    stream: str
    at: str | None
    position: Position
    marked_at: datetime


def streams(
    db: duckdb.DuckDBPyConnection, connection: str, vendor: Vendor, tables: Sequence[str] = ()
) -> list[Stream]:
    """The streams of a connection."""
    rows = db.execute(
        "select table_name, stream, position, marked_at from ops.positions "
        "where connection = $1 and (len($2::varchar[]) = 0 or list_contains($2, table_name)) "
        "order by table_name, stream",
        [connection, list(tables)],
    ).fetchall()
    found = []
    for table, stream, held, marked_at in rows:
        position = json.loads(held)
        found.append(
            Stream(connection, table, stream, _at(vendor, stream, position), position, marked_at)
        )
    return found


def _at(vendor: Vendor, stream: str, position: Position | None) -> str | None:
    if vendor.cursor is None or position is None:
        return None
    return vendor.cursor.at(stream, position)


def refuse_backwards(
    db: duckdb.DuckDBPyConnection, connection: Connection, marks: Iterable[Mark]
) -> None:
    """Looks at where a reading wants its cursors, before anything of it is landed.

    Raises:
        WentBack: behind where one stands, which no reading has a reason to.
    """
    vendor = connection.vendor
    if vendor.cursor is None:
        return
    for mark in marks:
        after = _at(vendor, mark.stream, mark.position)
        if after is None:
            continue
        before = _standing(db, connection, mark)
        if before is not None and after < before:
            raise WentBack(
                f"the cursor of the stream {mark.stream!r} would go back from {before} to {after}; "
                "nothing was committed. If it is to go back, say so",
                connection=connection.name,
                table=mark.table,
                next_command=f"penstock state rewind {connection.name} --tables {mark.table} "
                f"--to {after[:10]}",
            )


def _standing(db: duckdb.DuckDBPyConnection, connection: Connection, mark: Mark) -> str | None:
    """How far the stream of a mark had come."""
    row = db.execute(
        "select position from ops.positions where connection = ? and table_name = ? and stream = ?",
        [connection.name, mark.table, mark.stream],
    ).fetchone()
    return _at(connection.vendor, mark.stream, json.loads(row[0])) if row else None


def rewind(
    db: duckdb.DuckDBPyConnection, connection: Connection, tables: Sequence[str], to: date | None
) -> list[str]:
    """Sets readings back to a day, or to their beginning without one; what was done, in sentences.

    Raises:
        Misconfigured: a table's reading knows no day, or does not stand behind it; nothing was
            done with any of them then.
    """
    cursor, done = connection.vendor.cursor, []
    with transaction(db):
        for table in tables:
            found = streams(db, connection.name, connection.vendor, (table,))
            if to is None:
                _forget(db, connection.name, table)
                done.append(
                    f"{table}: read from its beginning next time"
                    if found
                    else f"{table}: has no position; it is read from its beginning anyway"
                )
                continue
            moved = [
                (one, back)
                for one in found
                if cursor is not None
                and one.at is not None
                and (back := cursor.back_to(one.stream, one.position, to)) is not None
            ]
            if not moved:
                raise Misconfigured(
                    "its reading has no cursor that knows of days, so it cannot be set back to "
                    "one; without --to it begins anew",
                    connection=connection.name,
                    table=table,
                    next_command=f"penstock state rewind {connection.name} --tables {table}",
                )
            for one, back in moved:
                _put(db, connection, table, one.stream, back)
                at = _at(connection.vendor, one.stream, back)
                done.append(f"{table}: {one.stream} goes on from {at} (was {one.at})")
    return done


def export(db: duckdb.DuckDBPyConnection, connection: Connection) -> dict[str, Any]:
    """All that says where a connection's readings go on, for another project directory."""
    name = connection.name
    coverage = db.execute(
        "select table_name, complete_since, backfill_share, expected_at, note from ops.coverage "
        "where connection = ? order by table_name",
        [name],
    ).fetchall()
    keys = db.execute(
        "select table_name, fields from ops.keys where connection = ? order by table_name", [name]
    ).fetchall()
    return {
        "format": FORMAT,
        "penstock_version": version("penstock"),
        "exported_at": clock.now().isoformat(),
        "connection": name,
        "vendor": connection.vendor.name,
        "keys": {table: json.loads(fields) for table, fields in keys},
        "positions": [
            {"table": s.table, "stream": s.stream, "position": s.position}
            for s in streams(db, name, connection.vendor)
        ],
        "coverage": [
            {
                "table": table,
                "complete_since": since.isoformat() if since else None,
                "share": share,
                "expected_at": expected.isoformat() if expected else None,
                "note": note,
            }
            for table, since, share, expected, note in coverage
        ],
    }


def take_over(
    db: duckdb.DuckDBPyConnection, connection: Connection, said: Any, *, anyway: bool
) -> list[str]:
    """Puts exported positions in the place of a connection's own; what was done, in sentences.

    Args:
        db: the open work file.
        connection: whose positions.
        said: what `export` gave, read.
        anyway: also where cursors go back, or ahead of what is here.

    Raises:
        Misconfigured: it is no such file, or of another vendor, or keys differ.
        WentBack: a cursor would go back, or pass by what is not here, and that was not allowed.
    """
    wanted = _checked(connection, said)
    held = {(s.table, s.stream): s for s in streams(db, connection.name, connection.vendor)}
    doubts = [] if anyway else list(_doubts(connection, wanted, held))
    if doubts:
        raise WentBack(
            "; ".join(doubts) + ". Nothing was changed",
            connection=connection.name,
            next_command=f"penstock state import {connection.name} FILE --anyway",
        )
    with transaction(db):
        for table in {table for table, _ in wanted}:
            _forget(db, connection.name, table)
        for (table, stream), position in wanted.items():
            _put(db, connection, table, stream, position)
    return [f"{len(wanted)} positions were taken over from {said['exported_at']} UTC"]


def _checked(connection: Connection, said: Any) -> dict[tuple[str, str], Position]:
    """The positions of an exported state, once everything about it fits."""
    try:
        _require(said["format"] == FORMAT, f"its format is {said['format']!r}, not {FORMAT}")
        vendor = connection.vendor.name
        _require(said["vendor"] == vendor, f"it is of {said['vendor']!r}, not {vendor}")
        tables = {table.name: table for table in connection.tables}
        for name, fields in said["keys"].items():
            if name in tables:
                own = [tables[name].column(key).path for key in tables[name].key]
                _require(fields == own, f"{name} is kept by {fields} there and by {own} here")
        wanted = {(one["table"], one["stream"]): one["position"] for one in said["positions"]}
        for (table, stream), position in wanted.items():
            _require(table in tables, f"there is no table {table!r} here")
            _require(isinstance(position, Mapping), f"the position of {table} is no object")
            _at(connection.vendor, stream, position)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        why = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
        raise Misconfigured(
            f"this is no state of {connection.name} that can be taken over: {why}",
            connection=connection.name,
            next_command=EXAMPLE,
        ) from None
    return wanted


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)


def _doubts(
    connection: Connection,
    wanted: Mapping[tuple[str, str], Position],
    held: Mapping[tuple[str, str], Stream],
) -> Iterable[str]:
    """What is to be known before cursors are moved by hand."""
    for (table, stream), position in sorted(wanted.items()):
        after = _at(connection.vendor, stream, position)
        before = held[table, stream].at if (table, stream) in held else None
        if after is None or after == before:
            continue
        if before is None:
            yield f"{table} ({stream}) would begin at {after}, and what is before is not read"
        elif after < before:
            yield f"{table} ({stream}) would go back from {before} to {after}"
        else:
            yield f"{table} ({stream}) would go ahead from {before} to {after}, past unread rows"


def _forget(db: duckdb.DuckDBPyConnection, connection: str, table: str) -> None:
    db.execute(
        "delete from ops.positions where connection = ? and table_name = ?", [connection, table]
    )


def _put(
    db: duckdb.DuckDBPyConnection, connection: Connection, table: str, stream: str, to: Position
) -> None:
    db.execute(
        "delete from ops.positions where connection = ? and table_name = ? and stream = ?",
        [connection.name, table, stream],
    )
    db.execute(
        "insert into ops.positions (connection, table_name, stream, vendor, position, marked_at) "
        "values (?, ?, ?, ?, ?, ?)",
        [
            *(connection.name, table, stream, connection.vendor.name),
            *(json.dumps(to), clock.now()),
        ],
    )
