"""What dbt is told about a vendor's tables beside the queries: sources, schemas, descriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipelines.transform.declared import Model, verbatim
from sources._tables.declare import Child, Column, Table
from sources._tables.quoting import identifier

Loaded = frozenset[tuple[str, str]]  # the (schema, table) pairs that the raw file holds

_VERSION = {
    "connection": "VARCHAR",
    "_key": "VARCHAR",
    "_version": "BIGINT",
    "_row_hash": "VARCHAR",
    "_window_id": "VARCHAR",
    "_observed_at": "TIMESTAMP",
    "_page_id": "VARCHAR",
    "_row_number": "INTEGER",
    "_extra": "JSON",
}
_LINE = {name: kind for name, kind in _VERSION.items() if name not in ("_row_hash", "_extra")} | {
    "_line_number": "INTEGER"
}
_LINE_OF_OBJECT = _LINE | {"_extra": "JSON"}


def vendor_properties(
    vendor: str, tables: Sequence[Table], models: Iterable[Model], loaded: Loaded
) -> dict[str, object]:
    """The properties file of one vendor: its schema of the raw file, and its published tables."""
    sources = []
    for table in tables:
        sources.append(_source_table(vendor, table, _VERSION, loaded))
        for child in table.children:
            added = _LINE_OF_OBJECT if child.of_objects else _LINE
            sources.append(_source_table(vendor, child, added, loaded))
    return {
        "version": 2,
        "sources": [{"name": vendor, "database": "raw", "schema": vendor, "tables": sources}],
        "models": [_model(model) for model in models],
    }


def read_as_empty(entry: dict[str, object], types: Mapping[str, str]) -> None:
    """Makes a source table that is not in the raw file an empty one of these columns."""
    typed = ", ".join(f"cast(null as {kind}) as {identifier(n)}" for n, kind in types.items())
    # dbt-duckdb puts this where the table's name would be
    entry["config"] = {"meta": {"external_location": f"(select {typed} where false)"}}


def _source_table(
    vendor: str, declared: Table | Child, added: Mapping[str, str], loaded: Loaded
) -> dict[str, object]:
    entry: dict[str, object] = {
        "name": declared.name,
        "description": verbatim(declared.description),
        "columns": [_column(c.name, verbatim(c.description)) for c in declared.columns],
    }
    if (vendor, declared.name) not in loaded:
        read_as_empty(entry, {**added, **_types(declared.columns)})
    return entry


def _types(columns: Iterable[Column]) -> dict[str, str]:
    return {column.name: column.kind.value for column in columns}


def _model(model: Model) -> dict[str, object]:
    return {
        "name": model.unique_name,
        "description": model.description,
        "config": {"schema": model.schema, "alias": model.name},
        "columns": [_column(name, text) for name, text in model.columns],
    }


def _column(name: str, description: str) -> dict[str, object]:
    return {"name": name, "quote": True, "description": description}
