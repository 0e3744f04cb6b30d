"""The relations a check may name, from the declarations, and whether a query fits them.

A query that reads declared tables alone is bound against empty copies of them, so a misspelt column
is found when the file is read, not on the night it would have mattered.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from pipelines.audit.checks import Fact
from pipelines.audit.marts import MARTS, SALES
from pipelines.audit.problems import did_you_mean
from pipelines.audit.sql import NotAQuery, Query, parse
from pipelines.clock import now
from sources._tables.declare import Child, Column, Kind, Table
from sources._tables.quoting import identifier

# the same under the same name in the private and in the published file: askable on every run
OPS_ON_EVERY_RUN = frozenset({"runs", "windows", "coverage", "freshness", "drift", "sweeps"})
OPS = OPS_ON_EVERY_RUN | {
    "quarantine",
    "audit_results",
    "unmapped_steps",
    "unmatched_customers",
}

OWN = "own"  # the schema of the project's own models, which nobody declares

_PROVENANCE = {
    "_key": "VARCHAR",
    "_version": "BIGINT",
    "_observed_at": "TIMESTAMP",
    "_window_id": "VARCHAR",
    "_page_id": "VARCHAR",
}
_DELETION = {"deleted_at": "TIMESTAMP"}
_VALIDITY = {"valid_from": "TIMESTAMP", "valid_to": "TIMESTAMP", "is_current": "BOOLEAN"}


def columns(table: Table, child: Child | None = None) -> dict[str, Kind]:
    """The columns of a published table (or child table) that a check may name."""
    key = [table.column(name) for name in table.key]
    said: list[Column] = [*key, *child.columns] if child else list(table.columns)
    known = {"connection": Kind.TEXT} | {c.name: c.kind for c in said}
    return known | ({"line_number": Kind.INTEGER} if child else {})


def by_name(tables: Collection[Table]) -> dict[str, tuple[Table, Child | None]]:
    """Every table and child table under its published name."""
    found: dict[str, tuple[Table, Child | None]] = {t.name: (t, None) for t in tables}
    return found | {child.name: (t, child) for t in tables for child in t.children}


class Relations:
    """What of one vendor, or of the marts, can be asked.

    Attributes:
        vendor: its name, which is its schema's.
        tables: its tables and child tables by name; of the marts none is declared.
        named: those and its queues, or the marts, as `vendor.name` would end.
    """

    def __init__(self, vendor: str, tables: Collection[Table], others: Collection[str]) -> None:
        self.vendor = vendor
        self.tables = by_name(tables)
        self.named = frozenset(self.tables) | {t.queue for t in tables if t.queue}
        if vendor == SALES:
            self.named = frozenset(MARTS)
        self._others = frozenset(others)
        self._connection = duckdb.connect(config={"enable_external_access": "false"})
        self._create()

    def about(self, name: str) -> bool:
        """Whether a fact can be about that relation."""
        schema, _, table = name.rpartition(".")
        if schema == SALES:
            return table in MARTS
        return name in self.named or schema in (OWN, "ops", *self._others)

    def objections(self, fact: Fact) -> list[str]:
        """What speaks against a fact's query, before any data is there."""
        try:
            query = parse(self._connection, fact.failing)
        except NotAQuery as error:
            return [f"is not one SELECT: {error}"]
        found = [f"reads outside the warehouse: {name}()" for name in sorted(query.functions)]
        found += [
            f"needs ${name}, which is neither $now nor one of the parameters"
            for name in sorted(query.parameters - {"now", *fact.parameters})
        ]
        found += [
            f"the parameter {name} is never used; write ${name} in the query"
            for name in sorted(set(fact.parameters) - query.parameters)
        ]
        for schema, name in sorted(query.relations):
            found += self._relation(schema, name, every_run=fact.every_run)
        return found or self._binds(fact, query)

    def _relation(self, schema: str, name: str, *, every_run: bool) -> list[str]:
        shown = f"{schema}.{name}" if schema else name
        if every_run and not (schema == "ops" and name in OPS_ON_EVERY_RUN):
            near = ", ".join(f"ops.{n}" for n in sorted(OPS_ON_EVERY_RUN))
            return [f"reads {shown}, but a check of every run reads only {near}"]
        if schema == "ops" and name not in OPS:
            return [f"there is no {shown}{did_you_mean(name, OPS)}"]
        if schema == SALES and name not in MARTS:
            return [f"there is no {shown}{did_you_mean(name, MARTS)}"]
        if schema == self.vendor and name not in self.named:
            return [f"there is no {shown}{did_you_mean(name, self.named)}"]
        if schema == "history":
            owner, _, table = name.partition("__")
            if owner == self.vendor and table not in self.tables:
                return [f"there is no {shown}{did_you_mean(table, self.tables)}"]
            schema = owner
        known = dict.fromkeys((self.vendor, "history", SALES, OWN, "ops"))
        if schema not in {*known, *self._others} - {"history"}:
            *first, last = known
            return [f"there is no {shown}; write the schema: {', '.join(first)} or {last}"]
        return []

    def _binds(self, fact: Fact, query: Query) -> list[str]:
        """The binder's complaint, where everything the query reads is declared here."""
        declared = {(self.vendor, name) for name in self.tables}
        declared |= {("history", f"{self.vendor}__{name}") for name in self.tables}
        if not query.relations <= declared:
            return []
        said = {"now": now(), **fact.parameters}
        values = {name: said[name] for name in query.parameters}
        try:
            self._connection.execute(f"explain {fact.failing}", values)
        except duckdb.Error as error:
            return [str(error).splitlines()[0]]
        return []

    def _create(self) -> None:
        for schema in (self.vendor, "history"):
            self._connection.execute(f"create schema {identifier(schema)}")
        for name, (table, child) in self.tables.items():
            types = {c: kind.value for c, kind in columns(table, child).items()}
            types |= {"unknown_fields": "JSON"} if child is None or child.of_objects else {}
            types |= _PROVENANCE
            self._table(self.vendor, name, types | (_DELETION if table.swept else {}))
            self._table("history", f"{self.vendor}__{name}", types | _VALIDITY)

    def _table(self, schema: str, name: str, types: dict[str, str]) -> None:
        listed = ", ".join(f"{identifier(column)} {kind}" for column, kind in types.items())
        place = f"{identifier(schema)}.{identifier(name)}"
        self._connection.execute(f"create table {place} ({listed})")
