"""From typed and judged rows to what lands: keys, hashes, unknown fields, child rows.

Statements read `cells` and what else `typing_sql` made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby

from sources._tables import lists
from sources._tables.casts import typed
from sources._tables.declare import Child, Column, Kind, Table, VersionBy
from sources._tables.quoting import identifier, literal, path_of
from sources._tables.shape import Path, Shape, Unknown, elements_of

UNIT = "chr(31)"  # between the parts of a key: never a plain separator, 'a1'||'2' is not 'a'||'12'


def key_text(table: Table) -> str:
    """The document's key without its connection: the key columns as text, joined by a unit mark."""
    return f" || {UNIT} || ".join(f"cast({identifier(k)} as varchar)" for k in table.key)


def version_number(table: Table) -> str:
    """What orders a document's versions, as a BIGINT."""
    if table.version_by is VersionBy.SEEN:
        return "epoch_us(observed_at)"
    assert table.version is not None  # noqa: S101 - declare.Table refuses it otherwise
    name = identifier(table.version)
    return name if table.version_by is VersionBy.NUMBER else f"epoch_us({name})"


def _said(columns: Iterable[Column]) -> dict[str, str]:
    """`name=value` of each column by its name on the wire; NULL where it is empty.

    The mark between them is doubled inside a text, which could else pass for another column's.
    """
    said = {}
    for column in columns:
        value = f"cast({identifier(column.name)} as varchar)"
        if column.kind is Kind.TEXT:
            value = f"replace({value}, {UNIT}, {UNIT} || {UNIT})"
        said[column.path] = f"{literal(column.path + '=')} || {value}"
    return said


def row_hash(table: Table, extra: str) -> str:
    """md5 over `name=value` in wire-name order, without empty and volatile fields and the version.

    A column that is added to the declaration so re-versions only the rows that carry it.
    """
    parts = _said(c for c in table.columns if not c.volatile and c.name != table.version)
    for child in table.children:
        text = lists.hash_name(child)
        parts[child.wire] = f"{literal(child.wire + '=')} || nullif({text}, '[]')"
    ordered = [parts[wire] for wire in sorted(parts)]
    stamp = literal(f"hash_version={table.hash_version}")
    return f"md5(concat_ws({UNIT}, {', '.join([stamp, *ordered, extra])}))"


def make_lines(child: Child, unknown: Unknown) -> str:
    """The statement that makes the `lines` of a child table out of its `cells`."""
    parts = _said(c for c in child.columns if not c.volatile)
    ordered = [parts[wire] for wire in sorted(parts)]
    said = f"md5(concat_ws({UNIT}, {', '.join([*ordered, unknown_fields(unknown)])}))"
    return lists.make_lines(child, elements_of(child).relation("cells"), said)


def unknown_fields(unknown: Unknown) -> str:
    """One JSON object of the undeclared fields that a row carries with a value, or NULL.

    A field of an object stands inside that object's name. Few names are looked up one by one; where
    there are many, which may be data, each row's own are listed: the text is the same.
    """
    if unknown.are_many:
        return _all_held(unknown.shape, ())
    return _held((), sorted(unknown.paths))


def _held(place: Path, paths: list[Path]) -> str:
    """The object at `place` with those of its fields, as text; NULL where none has a value."""
    if not paths:
        return "cast(null as varchar)"
    held = []
    for name, group in groupby(paths, key=lambda path: path[len(place)]):
        inside, full = list(group), (*place, name)
        if full in inside:
            value = f"json_extract(row, {literal(path_of(full))})"
        else:
            value = f"({_held(full, inside)})::json"
        held.append(f"{literal(name)}, {value}")
    found = f"json_merge_patch('{{}}'::json, json_object({', '.join(held)}))::varchar"
    return f"nullif({found}, '{{}}')"


def _all_held(shape: Shape, place: Path) -> str:
    """The same out of whatever stands at `place` and is not known there.

    No column begins with `_field`, so none is taken for the lambda's own.
    """
    every = "$" + "".join(f".{json.dumps(name)}" for name in place) + ".*"
    known = ", ".join(literal(name) for name in shape.known_at(place))
    own = f"""list_filter(
        list_zip(json_keys(row, {literal(path_of(place))}), json_extract(row, {literal(every)})),
        lambda _field: not list_contains([{known}]::varchar[], _field[1]))"""
    fields = [
        f"list_transform({own}, lambda _field: {{'name': _field[1], 'said': _field[2]::varchar}})"
    ]
    for inner in shape.objects:
        if inner[:-1] == place:
            said = f"coalesce({_all_held(shape, inner)}, 'null')"
            fields.append(f"[{{'name': {literal(inner[-1])}, 'said': {said}}}]")
    together = fields[0] if len(fields) == 1 else f"list_concat({', '.join(fields)})"
    ordered = f"list_sort({together})"
    said = "to_json(_field.name)::varchar || ':' || _field.said"
    members = f"list_transform({ordered}, lambda _field: {said})"
    text = f"('{{' || array_to_string({members}, ',') || '}}')::json"
    return f"nullif(json_merge_patch('{{}}'::json, {text})::varchar, '{{}}')"


def _identity(table: Table, connection: str, window_id: str) -> str:
    """The columns that a row and its lines share: whose version it is, and where it came from."""
    who = literal(connection)
    return f"""{who} as connection, {who} || {UNIT} || {key_text(table)} as _key,
            {version_number(table)} as _version, {literal(window_id)} as _window_id,
            observed_at as _observed_at, page_id as _page_id,
            cast(row_number as integer) as _row_number"""


def select_rows(table: Table, unknown: Unknown, connection: str, window_id: str) -> str:
    """The good rows of `cells` in the shape of the version table."""
    columns = ", ".join(identifier(c.name) for c in table.columns)
    return f"""
        select {_identity(table, connection, window_id)},
            {row_hash(table, "_extra")} as _row_hash, {columns}, _extra
        from (select *, {unknown_fields(unknown)} as _extra from cells where not is_bad)"""


_TRAIL = "connection, _key, _version, _window_id, _observed_at, _page_id, _row_number"


def select_scalars(table: Table, child: Child, connection: str, window_id: str) -> str:
    """The child rows of the good rows of `cells`, where elements are scalars."""
    element = child.columns[0]
    return f"""
        select {_TRAIL}, cast(line as integer) as _line_number,
            {typed(lists.scalar("element"), element, "UTC")} as {identifier(element.name)}
        from (select {_identity(table, connection, window_id)},
                unnest(range(len(found))) as line, unnest(found) as element
              from (select *, {lists.scalars(child)} as found from cells where not is_bad))"""


def select_elements(
    table: Table, child: Child, unknown: Unknown, connection: str, window_id: str
) -> str:
    """The child rows of the good rows of `cells`, where elements are objects."""
    columns = ", ".join(f"line.{identifier(c.name)}" for c in child.columns)
    cells = elements_of(child).relation("cells")
    return f"""
        select {_TRAIL}, cast(line_number as integer) as _line_number, {columns},
            line._extra
        from (
            select {_identity(table, connection, window_id)} from cells where not is_bad) as parent
        join (select *, {unknown_fields(unknown)} as _extra from {cells}) as line
            on line.page_id = parent._page_id and line.row_number = parent._row_number"""


def select_queue(table: Table) -> str:
    """The items to confirm: every row whose number could be read, bad rows among them."""
    assert table.version is not None  # noqa: S101 - declare.Table refuses it otherwise
    return f"""
        select page_id, observed_at, cast(row_number as integer) as row_number,
            {identifier(table.version)} as item_id,
            case when not is_bad then {key_text(table)} end as document_key
        from cells where {identifier(table.version)} is not null"""
