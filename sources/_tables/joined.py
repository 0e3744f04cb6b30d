"""One table as several connections of a vendor declare it."""

from __future__ import annotations

from dataclasses import replace

from sources._tables.declare import Table


def joined(one: Table, other: Table) -> Table:
    """`one` with the columns that only `other` has behind its own.

    Raises:
        ValueError: the two have another key, or read one column otherwise.
    """
    if one.key != other.key:
        raise ValueError(f"its key is {', '.join(other.key)}, not {', '.join(one.key)}")
    known = {column.name: column for column in one.columns}
    for column in other.columns:
        have = known.get(column.name, column)
        if (have.kind, have.path) != (column.kind, column.path):
            raise ValueError(
                f"{column.name} is {column.kind.name.lower()} from {column.path!r}, "
                f"not {have.kind.name.lower()} from {have.path!r}"
            )
    added = tuple(column for column in other.columns if column.name not in known)
    return replace(one, columns=(*one.columns, *added)) if added else one
