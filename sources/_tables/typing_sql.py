"""From a declaration to the statements that type its rows.

Statements work on temporary relations of one DuckDB connection, in this order:

    body   (page_id, observed_at, body)              one JSON array a page
    split  (page_id, observed_at, row_number, row)   one JSON value a row
    texts  (… , one text each)                        every field read as text, trimmed
    cells  (… , one typed column each, is_bad)        typed and judged

`is_bad` decides between the version table and quarantine; why a row is bad is worked out for bad
rows only, which keeps the common path short.
"""

from __future__ import annotations

import json

from sources._tables.casts import damaged, suspicious, text_of, typed
from sources._tables.declare import Child, Column, Kind, Table, VersionBy
from sources._tables.quoting import identifier, literal, pointer

UNIT = "chr(31)"  # between the parts of a key: never a plain separator, 'a1'||'2' is not 'a'||'12'


SPLIT_ROWS = """
    create or replace temp table split as
    select page_id, observed_at, unnest(range(len(found))) as row_number, unnest(found) as row
    from (select page_id, observed_at, json_extract(body::json, '$[*]') as found from body)"""

KEYS_SEEN = """
    select page_id, key, count(*) as seen
    from (select page_id, unnest(json_keys(row)) as key from split)
    group by all"""


def _text(column: Column | Child) -> str:
    """The name of a field's text in `texts`; the blank keeps it apart from declared names."""
    return identifier(f"text {column.name}")


def _wires(column: Column) -> tuple[str, ...]:
    return (column.wire, *column.aliases)


def make_texts(table: Table) -> str:
    """The statement that makes `texts` out of `split`: every field as text, trimmed, once."""
    wires = [w for c in table.columns for w in _wires(c)] + [c.wire for c in table.children]
    fields = literal(json.dumps(dict.fromkeys(wires, "VARCHAR")))
    read = [f"{text_of(*_wires(c))} as {_text(c)}" for c in table.columns]
    read += [f"x.{identifier(c.wire)} as {_text(c)}" for c in table.children]
    return f"""
        create or replace temp table texts as
        select page_id, observed_at, row_number, row, {", ".join(read)}
        from (select *, from_json(row, {fields}) as x from split)"""


def _failures(table: Table) -> list[tuple[str, str, str]]:
    """(column name, reason, test on a row of `judged`) of everything that makes a row bad."""
    found = [
        ("", "the row is not an object", "json_type(row) <> 'OBJECT'"),
        ("", "a field occurs twice", "len(json_keys(row)) <> list_unique(json_keys(row))"),
    ]
    for column in table.columns:
        text, value = _text(column), identifier(column.name)
        kind = column.kind.name.lower()
        lost = f"case when is_suspicious then {damaged('row', text, _wires(column))} end"
        found.append((column.name, f"cannot be read as {kind} without loss", lost))
        if column.kind is not Kind.TEXT:
            found.append((column.name, f"is no {kind}", f"{text} is not null and {value} is null"))
        if column.required:
            found.append((column.name, "is missing", f"{text} is null"))
    for child in table.children:
        found.extend(_child_failures(child))
    return found


def _child_failures(child: Child) -> list[tuple[str, str, str]]:
    element = child.columns[0]
    value = typed(_scalar("e"), element, "UTC")
    required = "" if element.required else f"{_scalar('e')} is not null and "
    is_array = _is_array(child)
    faults = f"list_transform({_elements(child)}, lambda e: {required}{value} is null)"
    return [
        (child.name, "is not an array", f"{_text(child)} is not null and not {is_array}"),
        (
            child.name,
            f"holds an element that is no {element.kind.name.lower()}",
            f"case when {is_array} then list_bool_or({faults}) end",
        ),
    ]


def _is_array(child: Child) -> str:
    return f"coalesce(json_type(row, {literal(pointer(child.wire))}) = 'ARRAY', false)"


def _elements(child: Child) -> str:
    path = "$." + json.dumps(child.wire) + "[*]"
    return f"json_extract(row, {literal(path)})"


def _scalar(element: str) -> str:
    return f"nullif(trim(json_extract_string({element}, '$')), '')"


def make_cells(table: Table, site_zone: str) -> str:
    """The statement that makes `cells` out of `texts`."""
    columns = ", ".join(
        f"{typed(_text(c), c, site_zone)} as {identifier(c.name)}" for c in table.columns
    )
    odd = " or ".join(suspicious(_text(c)) for c in table.columns)
    bad = " or ".join(f"coalesce({test}, false)" for _, _, test in _failures(table))
    return f"""
        create or replace temp table cells as
        with judged as (select *, {columns}, coalesce({odd}, false) as is_suspicious from texts)
        select *, ({bad}) as is_bad from judged"""


def why_bad(table: Table) -> str:
    """One row per bad row and reason: (page_id, row_number, column_name, reason)."""
    reasons = ", ".join(
        f"case when coalesce({test}, false) then "
        f"{{'column_name': {literal(name)}, 'reason': {literal(reason)}}} end"
        for name, reason, test in _failures(table)
    )
    return f"""
        select page_id, row_number, why.column_name, why.reason
        from (select page_id, row_number, unnest([{reasons}]) as why from cells where is_bad)
        where why is not null
        order by page_id, row_number"""


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


def row_hash(table: Table, extra: str) -> str:
    """md5 over `name=value` in wire-name order, without empty and volatile fields and the version.

    A column that is added to the declaration so re-versions only the rows that carry it.
    """
    parts = {
        c.wire: f"{literal(c.wire + '=')} || cast({identifier(c.name)} as varchar)"
        for c in table.columns
        if not c.volatile and c.name != table.version
    }
    for child in table.children:
        parts[child.wire] = f"{literal(child.wire + '=')} || nullif({_text(child)}, '[]')"
    ordered = [parts[wire] for wire in sorted(parts)]
    stamp = literal(f"hash_version={table.hash_version}")
    return f"md5(concat_ws({UNIT}, {', '.join([stamp, *ordered, extra])}))"


def unknown_fields(names: list[str]) -> str:
    """One JSON object of the undeclared fields that a row carries with a value, or NULL."""
    if not names:
        return "cast(null as varchar)"
    held = ", ".join(f"{literal(n)}, json_extract(row, {literal(pointer(n))})" for n in names)
    found = f"json_merge_patch('{{}}'::json, json_object({held}))::varchar"
    return f"nullif({found}, '{{}}')"


def _identity(table: Table, connection: str, window_id: str) -> str:
    """The columns that a row and its lines share: whose version it is, and where it came from."""
    who = literal(connection)
    return f"""{who} as connection, {who} || {UNIT} || {key_text(table)} as _key,
            {version_number(table)} as _version, {literal(window_id)} as _window_id,
            observed_at as _observed_at, page_id as _page_id,
            cast(row_number as integer) as _row_number"""


def select_rows(table: Table, unknown: list[str], connection: str, window_id: str) -> str:
    """The good rows of `cells` in the shape of the version table."""
    columns = ", ".join(identifier(c.name) for c in table.columns)
    return f"""
        select {_identity(table, connection, window_id)},
            {row_hash(table, "_extra")} as _row_hash, {columns}, _extra
        from (select *, {unknown_fields(unknown)} as _extra from cells where not is_bad)"""


def select_children(table: Table, child: Child, connection: str, window_id: str) -> str:
    """The child rows of the good rows of `cells`."""
    element = child.columns[0]
    return f"""
        select connection, _key, _version, _window_id, _observed_at, _page_id, _row_number,
            cast(line as integer) as _line_number,
            {typed(_scalar("element"), element, "UTC")} as {identifier(element.name)}
        from (select {_identity(table, connection, window_id)},
                unnest(range(len(found))) as line, unnest(found) as element
              from (select *, {_elements(child)} as found from cells where not is_bad))"""


def select_queue(table: Table) -> str:
    """The items to confirm: every row whose number could be read, bad rows among them."""
    assert table.version is not None  # noqa: S101 - declare.Table refuses it otherwise
    return f"""
        select page_id, observed_at, cast(row_number as integer) as row_number,
            {identifier(table.version)} as item_id,
            case when not is_bad then {key_text(table)} end as document_key
        from cells where {identifier(table.version)} is not null"""
