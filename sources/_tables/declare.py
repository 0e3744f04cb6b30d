"""What a vendor's table is, said once: wire name, column name, type, meaning, key, version.

From these declarations follow the typing SQL, the quarantine rules, the dbt sources with their
column comments, the base checks and the vendor's page in the docs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
ISO = "ISO"  # among a column's patterns: ISO 8601, whatever `strptime` would make of it


class Kind(Enum):
    """How a wire value is read, and the DuckDB type it becomes."""

    TEXT = "VARCHAR"
    INTEGER = "BIGINT"
    DECIMAL = "DECIMAL(18,4)"
    FLAG = "BOOLEAN"
    DATE = "DATE"
    TIMESTAMP = "TIMESTAMP"
    JSON = "JSON"  # an array, an object or any other value, as its JSON text


class VersionBy(Enum):
    """What orders the versions of one document, best evidence first."""

    NUMBER = "the vendor's own number, which only grows"
    CHANGE_TIME = "the vendor's change time"
    SEEN = "the time we saw it"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One declared column.

    Attributes:
        name: the column's name in the warehouse, snake_case.
        wire: the field's name on the wire.
        kind: how the value is read.
        description: what it means; becomes the comment in the published file.
        required: a row without it is quarantined; a page whose rows all lack the field is drift
            that fails loudly.
        within: the names of the objects that hold the field, outermost first; empty: the row
            itself. An object that is absent, null or empty (`{}` or `[]`) reads as nulls.
        patterns: accepted `strptime` patterns for dates and times, tried in order. `ISO` among
            them is a plain day for a DATE; day and clock, with offset or without, for a TIMESTAMP.
            Empty: ISO alone. A clock in a DATE's pattern is read and left off.
        aliases: other wire names the vendor's documents use for the same field of that object.
        asked: a name among what the page was asked for (`Page.asked`), for rows that don't say it:
            a vendor that answers per account need not repeat which.
        volatile: changes without meaning; left out of the row hash.
        zone: for a TIMESTAMP without offset: "utc", or "site" for the connection's `timezone`. In
            the hour that autumn repeats, the later of the two moments is meant, unless the page was
            received before it.
    """

    name: str
    wire: str
    kind: Kind
    description: str
    required: bool = False
    within: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    asked: str = ""
    volatile: bool = False
    zone: str = "utc"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"column name {self.name!r} is not snake_case")
        if not self.wire or not self.description:
            raise ValueError(f"column {self.name}: wire name and description are both needed")
        if any(not name or "." in name for name in self.within):
            raise ValueError(f"column {self.name}: names of objects are not empty and have no dot")
        if self.within and any("." in wire for wire in self.wires):
            raise ValueError(f"column {self.name}: a field inside an object has no dot in its name")
        if self.patterns and self.kind not in (Kind.DATE, Kind.TIMESTAMP):
            raise ValueError(f"column {self.name}: patterns belong to dates and times")
        if self.asked and self.required:
            raise ValueError(f"column {self.name}: what the rows need not say is not required")
        if self.zone not in ("utc", "site"):
            raise ValueError(f"column {self.name}: zone is 'utc' or 'site', not {self.zone!r}")

    @property
    def wires(self) -> tuple[str, ...]:
        """Every name of the field inside its object, the usual one first."""
        return (self.wire, *self.aliases)

    @property
    def path(self) -> str:
        """The field's name as people write it: `personal_information.first_name`."""
        return ".".join((*self.within, self.wire))


@dataclass(frozen=True, kw_only=True)
class Child:
    """An array inside a row that becomes a table of its own, one row per element.

    A child row belongs to one version of its parent and travels with it; `parent_key` columns are
    repeated on it under their own names. One element that cannot be read puts the whole row of the
    parent into quarantine.

    Attributes:
        name: the child table's name.
        wire: the array's name on the wire, first level of the row. Absent, null or empty: no lines.
        description: what one row is.
        columns: what is read of an element: one column whose wire name is "$" where elements are
            scalars, else the fields of the objects.
        aliases: other wire names the vendor's documents use for the same array.
        key: the columns that identify an element within its row; elements in another order are then
            no new version. Empty: by their position.
        ignored: fields of an element known and deliberately not kept, as `Table.ignored`.
    """

    name: str
    wire: str
    description: str
    columns: tuple[Column, ...]
    aliases: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = f"child table {self.name}"
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"child table name {self.name!r} is not snake_case")
        if not self.columns:
            raise ValueError(f"{where} has no columns")
        names = {c.name for c in self.columns}
        if len(names) != len(self.columns):
            raise ValueError(f"{where} declares a column twice")
        if self.of_objects:
            _refuse_repeats(where, self.columns, ())
        else:
            _refuse_odd_scalar(where, self)
        if not names.issuperset(self.key):
            raise ValueError(f"{where}: every key column is declared")

    @property
    def of_objects(self) -> bool:
        """Whether the elements are objects; else they are scalars."""
        return all(column.wire != "$" for column in self.columns)

    @property
    def wires(self) -> tuple[str, ...]:
        """Every name of the array, the usual one first."""
        return (self.wire, *self.aliases)


@dataclass(frozen=True, kw_only=True)
class Table:
    """One declared table.

    Attributes:
        name: the table's name in the warehouse, snake_case, plural.
        description: what one row is.
        columns: the declared columns, in published order.
        key: the column names that identify a document (joined into `_key` with the connection).
        version_by: what orders a document's versions.
        version: the column that carries the version; none for `VersionBy.SEEN`.
        children: arrays that become tables.
        queue: the name of the confirmation queue this table's rows arrive through, if any;
            the item to confirm is the `version` column.
        ignored: wire fields known and deliberately not kept; one inside an object by the names
            with dots between: "personal_information.photo_url".
        hash_version: bumped when the meaning of the row hash changes.
        swept: its list can be read whole, so that what vanished is seen; its current rows are
            published with `deleted_at`.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    version_by: VersionBy
    version: str | None = None
    children: tuple[Child, ...] = ()
    queue: str | None = None
    ignored: tuple[str, ...] = ()
    hash_version: int = 1
    swept: bool = False
    _by_name: dict[str, Column] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"table name {self.name!r} is not snake_case")
        by_name = {c.name: c for c in self.columns}
        if len(by_name) != len(self.columns):
            raise ValueError(f"table {self.name} declares a column twice")
        _refuse_repeats(f"table {self.name}", self.columns, self.children)
        tables = [self.name, *(child.name for child in self.children)]
        if len(set(tables)) != len(tables):
            raise ValueError(f"table {self.name} has a child table of the same name, or two")
        if not self.key or any(k not in by_name or not by_name[k].required for k in self.key):
            raise ValueError(f"table {self.name}: every key column is declared and required")
        if (self.version_by is VersionBy.SEEN) != (self.version is None):
            raise ValueError(f"table {self.name}: a version column, or VersionBy.SEEN")
        if self.version is not None and not by_name[self.version].required:
            raise ValueError(f"table {self.name}: the version column is required")
        if self.queue is not None and self.version_by is not VersionBy.NUMBER:
            raise ValueError(f"table {self.name}: a queue confirms the vendor's own numbers")
        if self.queue is not None and self.swept:
            raise ValueError(f"table {self.name}: a queue lists what is new, not what there is")
        object.__setattr__(self, "_by_name", by_name)

    def column(self, name: str) -> Column:
        """The declared column of that name.

        Raises:
            KeyError: there is none.
        """
        return self._by_name[name]


def _refuse_repeats(where: str, columns: Iterable[Column], children: Iterable[Child]) -> None:
    """Every place of the row is read once: into a column, into a child table, or as an object."""
    columns = tuple(columns)
    objects = {c.within[: depth + 1] for c in columns for depth in range(len(c.within))}
    read = Counter(".".join((*c.within, wire)) for c in columns for wire in c.wires)
    read.update(wire for child in children for wire in child.wires)
    read.update(".".join(names) for names in objects)
    twice = sorted(path for path, times in read.items() if times > 1)
    if twice:
        raise ValueError(f"{where} reads one wire field into two columns: {', '.join(twice)}")


def _refuse_odd_scalar(where: str, child: Child) -> None:
    if [c.wires for c in child.columns] != [("$",)]:
        raise ValueError(f"{where}: elements are scalars, one column read at $, or objects")
    column = child.columns[0]
    if column.within or column.volatile or column.zone != "utc" or column.kind is Kind.JSON:
        raise ValueError(f"{where}: a scalar is read as it is, without within, volatile or zone")
    if child.key or child.ignored:
        raise ValueError(f"{where}: scalars have neither a key nor fields to ignore")
