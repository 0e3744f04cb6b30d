"""A declared table as a connection's settings shape it: its key, its columns, tables of its own.

A column that is said under a declared one's name takes its place: the site has the field under
another name on the wire, and whoever reads the warehouse need not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from sources._tables.declare import Column, Table, VersionBy
from sources.cimcloud.columns import day, moment
from sources.cimcloud.entries import (
    KINDS,
    LONGEST_WIRE,
    NAME,
    Entry,
    Problem,
    SaidColumn,
    did_you_mean,
    example_of,
)
from sources.cimcloud.guard import is_secret_field

_MAKERS: Final = {"date": day, "timestamp": moment}
# what typing and publishing add themselves to a table's columns
RESERVED: Final = frozenset(
    {"connection", "deleted_at", "unknown_fields", "valid_from", "valid_to", "is_current"}
    | {"page_id", "observed_at", "row_number", "row", "x", "is_bad", "is_suspicious"}
)


def shape(
    name: str, entry: Entry, declared: Table | None, key: tuple[str, ...], place: str
) -> tuple[Table | None, list[Problem]]:
    """The table, or None and why there is none.

    Args:
        name: the table's name.
        entry: what is said of it.
        declared: as it is known here; None for a table of the user's own.
        key: the wire names of its key.
        place: the entry's dotted keys, for the problems.
    """
    problems = list(_missing(entry, declared, place))
    columns, wrong = _columns(entry.columns, declared, f"{place}.columns")
    problems += wrong
    names = {wire: c.name for c in columns for wire in (c.wire, *c.aliases)}
    problems += _key_problems(key, names, f"{place}.primary_key")
    if problems or not columns or not NAME.fullmatch(name):
        return None, problems
    keyed = tuple(names[wire] for wire in key)
    before = declared.key if declared else ()
    shaped = tuple(_for_key(column, keyed, before) for column in columns)
    if declared is None:
        return _own(name, entry, shaped, keyed), []
    return replace(
        declared,
        columns=shaped,
        key=keyed,
        description=entry.description or declared.description,
        ignored=tuple(w for w in declared.ignored if w not in names),
    ), []


def as_column(said: SaidColumn) -> Column:
    """The column that an entry describes, its days and times read as CIMcloud writes them."""
    maker = _MAKERS.get(said.kind)
    if maker is not None:
        return maker(said.name, said.wire, said.description)
    return Column(
        name=said.name, wire=said.wire, kind=KINDS[said.kind], description=said.description
    )


def _own(name: str, entry: Entry, columns: tuple[Column, ...], key: tuple[str, ...]) -> Table:
    return Table(
        name=name,
        description=entry.description or "",
        columns=columns,
        key=key,
        version_by=VersionBy.SEEN,
        swept=True,
    )


def _for_key(column: Column, key: tuple[str, ...], before: tuple[str, ...]) -> Column:
    """Every column of the key is required; one that no longer is of it may be missing."""
    if column.name in key:
        return replace(column, required=True)
    return replace(column, required=False) if column.name in before else column


def _missing(entry: Entry, declared: Table | None, place: str) -> Iterator[Problem]:
    """What a table of the user's own cannot do without; nothing said may be blank."""
    if declared is None:
        for setting in ("primary_key", "columns", "description"):
            if not getattr(entry, setting):
                message = "is needed for a table of your own"
                yield Problem(f"{place}.{setting}", message, example_of(setting))
    elif entry.primary_key == ():
        yield Problem(f"{place}.primary_key", "names no field", example_of("primary_key"))
    if entry.description is not None and not entry.description.strip():
        yield Problem(f"{place}.description", "is blank", example_of("description"))


def _key_problems(key: tuple[str, ...], names: dict[str, str], place: str) -> Iterator[Problem]:
    if len(set(key)) != len(key):
        yield Problem(place, "names a field twice", example_of("primary_key"))
    if not key:
        return
    by_column = {name: wire for wire, name in names.items()}
    for wire in key:
        if wire in names:
            continue
        if wire in by_column:
            hint = f"; on the wire, the column is {by_column[wire]}"
        else:
            hint = f"{did_you_mean(wire, names)}. A field of the site's own is told under `columns`"
        yield Problem(place, f"{wire!r} is no field of the table{hint}", example_of("primary_key"))


def _columns(
    said: Iterable[SaidColumn], declared: Table | None, place: str
) -> tuple[list[Column], list[Problem]]:
    """The declared columns and those said; one of a declared name is read from another field."""
    columns = {c.name: c for c in declared.columns} if declared else {}
    known = dict(columns)
    problems = []
    named: set[str] = set()
    for column in said:
        others = [c for c in columns.values() if c.name != column.name]
        faults = list(_faults(column, known.get(column.name), others))
        if column.name in named:
            faults.append("is said twice")
        named.add(column.name)
        key = f"{place}.{column.name or column.wire}"
        problems += [Problem(key, why, example_of("columns")) for why in faults]
        if not faults:
            columns[column.name] = _placed(column, known.get(column.name))
    return list(columns.values()), problems


def _placed(said: SaidColumn, declared: Column | None) -> Column:
    if declared is None:
        return as_column(said)
    return replace(declared, wire=said.wire, aliases=(), description=said.description)


def _faults(column: SaidColumn, declared: Column | None, others: Iterable[Column]) -> Iterator[str]:
    if not NAME.fullmatch(column.name):
        yield "a column's name is lower case letters, digits and _, begun by a letter"
    elif column.name in RESERVED:
        yield "is the name of a column that every table has"
    elif declared is not None and declared.kind is not KINDS[column.kind]:
        kind = declared.kind.name.lower()
        yield f"is the name of a column of kind {kind}: that it stays, or the name is another"
    # DuckDB tells no two fields apart that differ in case alone
    wires = {w.casefold() for c in others for w in (c.wire, *c.aliases)}
    if not is_wire(column.wire):
        yield f"{column.wire!r} is no field's name"
    elif is_secret_field(column.wire):
        yield f"the field {column.wire!r} is named like a password or a card: it is never kept"
    elif column.wire.casefold() in wires:
        yield f"the field {column.wire!r} is a column already"
    if not column.description.strip():
        yield "its description is blank"


def is_wire(name: str) -> bool:
    """Whether a field may have such a name on the wire."""
    return name == name.strip() and name.isprintable() and 0 < len(name) <= LONGEST_WIRE
