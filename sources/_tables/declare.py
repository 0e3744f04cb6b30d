"""What a vendor's table is, said once: wire name, column name, type, meaning, key, version.

From these declarations follow the typing SQL, the quarantine rules, the dbt sources with their
column comments, the base checks and the vendor's page in the docs.
"""

from __future__ import annotations

import re
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
        wire: the field's name on the wire, first level of the row.
        kind: how the value is read.
        description: what it means; becomes the comment in the published file.
        required: a row without it is quarantined; a page whose rows all lack the field is drift
            that fails loudly.
        patterns: accepted `strptime` patterns for dates and times, tried in order. `ISO` among
            them is a plain day for a DATE; day and clock, with offset or without, for a TIMESTAMP.
            Empty: ISO alone. A clock in a DATE's pattern is read and left off.
        aliases: other wire names the vendor's documents use for the same field.
        volatile: changes without meaning; left out of the row hash.
        zone: for a TIMESTAMP without offset: "utc", or "site" for the connection's `timezone`.
    """

    name: str
    wire: str
    kind: Kind
    description: str
    required: bool = False
    patterns: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    volatile: bool = False
    zone: str = "utc"

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise ValueError(f"column name {self.name!r} is not snake_case")
        if not self.wire or not self.description:
            raise ValueError(f"column {self.name}: wire name and description are both needed")
        if self.patterns and self.kind not in (Kind.DATE, Kind.TIMESTAMP):
            raise ValueError(f"column {self.name}: patterns belong to dates and times")
        if self.zone not in ("utc", "site"):
            raise ValueError(f"column {self.name}: zone is 'utc' or 'site', not {self.zone!r}")


@dataclass(frozen=True, kw_only=True)
class Child:
    """An array inside a row that becomes a table of its own, one row per element.

    A child row belongs to one version of its parent and travels with it; `parent_key` columns are
    repeated on it under their own names.

    Attributes:
        name: the child table's name.
        wire: the array's name on the wire.
        description: what one row is.
        columns: the element's one column, whose wire name is "$": elements are scalars.
    """

    name: str
    wire: str
    description: str
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise ValueError(f"child table name {self.name!r} is not snake_case")
        if not self.columns:
            raise ValueError(f"child table {self.name} has no columns")
        if [c.wire for c in self.columns] != ["$"]:
            raise ValueError(f"child table {self.name}: elements are scalars, one column read at $")


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
        ignored: wire fields known and deliberately not kept.
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
        if not _NAME.match(self.name):
            raise ValueError(f"table name {self.name!r} is not snake_case")
        by_name = {c.name: c for c in self.columns}
        if len(by_name) != len(self.columns):
            raise ValueError(f"table {self.name} declares a column twice")
        wires = [w for c in self.columns for w in (c.wire, *c.aliases)]
        wires += [child.wire for child in self.children]
        if len(set(wires)) != len(wires):
            raise ValueError(f"table {self.name} reads one wire field into two columns")
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
