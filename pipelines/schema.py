"""The version tables as they are declared, against those in the file: migrated, or refused.

dlt never alters a column, and loads into one of another type without a word. So the file is brought
to the declarations here, before anything is landed: a column that was added is added, one that was
removed stays (what it held is history), and one of another type is altered where every value that
is stored survives that. Otherwise nothing is touched, and the raw pages can be typed anew.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from pipelines import clock
from pipelines.landing import landing_schema
from pipelines.ledger import child_columns, columns_of, version_columns
from pipelines.warehouse import Places, transaction
from sources._http.errors import Misconfigured, PenstockError
from sources._tables.declare import Table
from sources._tables.quoting import identifier

_LOST = 3  # values shown of those that would not survive


class Narrowed(PenstockError):  # noqa: N818 - a state of the declarations, not a bug
    """A column's declared type cannot hold what is stored in it."""

    verb = "status"


@dataclass(frozen=True)
class _Column:
    """A column whose type in the file is not the declared one."""

    table: Table
    name: str  # of the version table, or of a child's
    column: str
    found: str
    wanted: str

    @property
    def shown(self) -> str:
        return f"{self.name}.{self.column}"


def prepare_vendor(
    db: duckdb.DuckDBPyConnection,
    connection: str,
    vendor: str,
    tables: Iterable[Table],
    places: Places,
) -> list[str]:
    """Makes a vendor's version tables, or brings them to what is declared; what was done.

    Args:
        db: the open work file.
        connection: the one that is about to be read, for the commands that are told.
        vendor: whose tables.
        tables: as they are declared.
        places: the project's paths.

    Raises:
        Narrowed: what is stored in a column does not fit its declared type; nothing was altered.
    """
    db.execute(f"create schema if not exists {identifier(vendor)}")
    tables, done = tuple(tables), []
    for table in tables:
        added = [c for name, columns in _relations(table) for c in _add(db, vendor, name, columns)]
        if added:
            done.append(
                f"{table.name} has {', '.join(added)} from now on; what is here gets it by "
                f"penstock archive replay {connection} --tables {table.name}"
            )
    other = list(_misfits(db, vendor, tables))
    for column in other:
        _refuse_loss(db, connection, vendor, column)
    if other:
        _alter(db, vendor, other)
        forget_landed(db, vendor, places)
        done += [f"{c.shown} is {c.wanted} from now on (was {c.found})" for c in other]
    return done


def _relations(table: Table) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    yield table.name, version_columns(table)
    for child in table.children:
        yield child.name, child_columns(child)


def _add(
    db: duckdb.DuckDBPyConnection, vendor: str, name: str, columns: Sequence[tuple[str, str]]
) -> list[str]:
    """Makes a table or adds what it lacks; what was added to one that has rows."""
    where = f"{identifier(vendor)}.{identifier(name)}"
    found = columns_of(db, vendor, name)
    if not found:
        wanted = ", ".join(f"{identifier(column)} {kind}" for column, kind in columns)
        db.execute(f"create table {where} ({wanted})")
        return []
    missing = [(column, kind) for column, kind in columns if column not in found]
    for column, kind in missing:
        db.execute(f"alter table {where} add column {identifier(column)} {kind}")
    if missing and db.execute(f"select 1 from {where} limit 1").fetchone():
        return [column for column, _ in missing]
    return []


def _refuse_loss(
    db: duckdb.DuckDBPyConnection, connection: str, vendor: str, column: _Column
) -> None:
    """A value survives where it can be cast, and cast back to what it was."""
    name, where = identifier(column.column), f"{identifier(vendor)}.{identifier(column.name)}"
    cast = f"try_cast({name} as {column.wanted})"
    rows = db.execute(
        f"select {name}::varchar, count(*) over () from {where} "
        f"where {name} is not null "
        f"and try_cast({cast} as {column.found}) is distinct from {name} limit {_LOST}"
    ).fetchall()
    if not rows:
        return
    examples = ", ".join(repr(value) for value, _ in rows)
    raise Narrowed(
        f"{column.shown} is {column.found} in the work file and declared as {column.wanted}, which "
        f"{rows[0][1]:,} stored values would not survive, such as {examples}; nothing was "
        "touched. The raw pages can be typed anew, as far as the archive has them",
        table=column.table.name,
        next_command=retype_command(connection, column.table.name),
    )


def obstacle(
    db: duckdb.DuckDBPyConnection, vendors: Mapping[str, Iterable[Table]]
) -> Narrowed | None:
    """What stands in the way of building: a column that is not of its declared type."""
    for vendor, tables in vendors.items():
        for column in _misfits(db, vendor, tables):
            row = db.execute(
                "select min(connection) from ops.keys where vendor = ? and table_name = ?",
                [vendor, column.table.name],
            ).fetchone()
            try:
                _refuse_loss(db, str(row[0]) if row and row[0] else vendor, vendor, column)
            except Narrowed as error:
                return error
    return None


def _misfits(
    db: duckdb.DuckDBPyConnection, vendor: str, tables: Iterable[Table]
) -> Iterator[_Column]:
    for table in tables:
        for name, columns in _relations(table):
            found = columns_of(db, vendor, name)
            for column, kind in columns:
                if found.get(column, kind) != kind:
                    yield _Column(table, name, column, found[column], kind)


def _alter(db: duckdb.DuckDBPyConnection, vendor: str, columns: Iterable[_Column]) -> None:
    with transaction(db):
        for column in columns:
            db.execute(
                f"alter table {identifier(vendor)}.{identifier(column.name)} "
                f"alter column {identifier(column.column)} type {column.wanted}"
            )


def begin_retyping(
    db: duckdb.DuckDBPyConnection,
    vendor: str,
    tables: Iterable[Table],
    places: Places,
) -> None:
    """Empties the columns whose stored values their declared type cannot hold.

    Every connection with rows in such a table is to be replayed then, and nothing is published
    until that is done.

    Raises:
        Narrowed: pages that the rows came from are not in the archive any more; nothing was done.
    """
    other = list(_misfits(db, vendor, tables))
    for table in {column.table.name: column.table for column in other}.values():
        _refuse_without_pages(db, vendor, table, places)
    with transaction(db):
        for column in other:
            where = f"{identifier(vendor)}.{identifier(column.name)}"
            db.execute(f"alter table {where} drop column {identifier(column.column)}")
            db.execute(
                f"alter table {where} add column {identifier(column.column)} {column.wanted}"
            )
        for name in {column.table.name for column in other}:
            db.execute(
                "insert into ops.retyping (connection, vendor, table_name, begun_at) "
                f"select distinct connection, ?, ?, ? "
                f"from {identifier(vendor)}.{identifier(name)}",
                [vendor, name, clock.now()],
            )
    if other:
        forget_landed(db, vendor, places)


def _refuse_without_pages(
    db: duckdb.DuckDBPyConnection, vendor: str, table: Table, places: Places
) -> None:
    there = [file.name for file in places.archive.glob("*.zst")]
    row = db.execute(
        f"select count(*) from {identifier(vendor)}.{identifier(table.name)} "
        "where _page_id not in (select page_id from ops.pages "
        "where list_contains(?::varchar[], archive_file))",
        [there],
    ).fetchone()
    if row and row[0]:
        raise Narrowed(
            f"{row[0]:,} rows of it came on pages that the archive does not have any more, so they "
            "cannot be typed anew; nothing was touched. Declare the new type under another name",
            table=table.name,
            next_command="penstock archive list",
        )


def retype_command(connection: str, *tables: str) -> str:
    """What types tables anew from the archive."""
    return f"penstock archive replay {connection} --tables {','.join(tables)} --retype"


def refuse_unfinished(db: duckdb.DuckDBPyConnection, connection: str) -> None:
    """A connection is not read while the pages of its tables are being typed anew.

    Raises:
        Narrowed: they are.
    """
    if tables := unfinished(db, connection):
        raise Narrowed(
            f"its pages are being typed anew, which was not finished for {', '.join(tables)}",
            connection=connection,
            next_command=retype_command(connection, *tables),
        )


def unfinished(db: duckdb.DuckDBPyConnection, connection: str) -> list[str]:
    """The tables of a connection whose pages are still to be typed anew."""
    rows = db.execute(
        "select distinct table_name from ops.retyping where connection = ? order by 1",
        [connection],
    ).fetchall()
    return [name for (name,) in rows]


def end_retyping(db: duckdb.DuckDBPyConnection, connection: str, table: str) -> None:
    """All pages of a connection's table were typed anew."""
    db.execute(
        "delete from ops.retyping where connection = ? and table_name = ?", [connection, table]
    )


def forget_landed(db: duckdb.DuckDBPyConnection, vendor: str, places: Places) -> None:
    """Drops what is landed of a vendor's connections, and what dlt knows of its columns.

    What was landed and not promoted is taken in again from the archive.
    """
    rows = db.execute(
        "select distinct connection from ops.keys where vendor = ?", [vendor]
    ).fetchall()
    for (name,) in rows:
        db.execute(f"drop schema if exists {identifier(landing_schema(name))} cascade")
        shutil.rmtree(places.work / "dlt" / f"penstock_{name}", ignore_errors=True)


def hold_keys(
    db: duckdb.DuckDBPyConnection, connection: str, vendor: str, tables: Iterable[Table]
) -> None:
    """Notes what identifies a row of each table, and refuses that it becomes something else.

    Rows are kept by their key: by another one, all of them would be new.

    Raises:
        Misconfigured: a table's key is not the one that its rows were loaded by.
    """
    known = dict(
        db.execute(
            "select table_name, fields from ops.keys where connection = ?", [connection]
        ).fetchall()
    )
    for table in tables:
        fields = [table.column(name).path for name in table.key]
        held = json.loads(known[table.name]) if table.name in known else None
        if held is None:
            db.execute(
                "insert into ops.keys (connection, vendor, table_name, fields) values (?, ?, ?, ?)",
                [connection, vendor, table.name, json.dumps(fields)],
            )
        elif held != fields:
            raise Misconfigured(
                f"its rows were loaded by the key {', '.join(held)}, and the settings now say "
                f"{', '.join(fields)}: every row would be there twice. Put primary_key back, or "
                "load it under a connection of another name",
                connection=connection,
                table=table.name,
                next_command=f"penstock check {connection}",
            )
