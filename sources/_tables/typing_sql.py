"""From a declaration to the statements that type its rows.

Statements work on temporary relations of one DuckDB connection, in this order:

    body   (page_id, observed_at, asked, body)       one JSON array a page
    split  (page_id, observed_at, asked, row_number, row)   one JSON value a row
    texts  (… , one text each)                        every field read as text, trimmed
    cells  (… , one typed column each, is_bad)        typed and judged

The elements of a child table that are objects go through the same steps, on relations of their own
("split purchase_items", with a line_number), between the rows' texts and their cells: a row is bad
where one of its elements is. "lines purchase_items" says so, with a hash of each row's elements.

`is_bad` decides between the version table and quarantine; why a row is bad is worked out for bad
rows only, which keeps the common path short.
"""

from __future__ import annotations

import json
from typing import Any

from sources._tables import lists
from sources._tables.casts import damaged, suspicious, text_of, typed
from sources._tables.declare import Child, Column, Kind
from sources._tables.landing_sql import UNIT
from sources._tables.quoting import identifier, literal, path_of
from sources._tables.shape import Path, Shape, elements_of

MOST_FIELDS = 2_000  # of one object: a row with more is quarantined
LONGEST_KEY = 1_000  # characters of a text that is part of a key
MOST_NAMES = 500  # different fields of a page that are told apart
LONGEST_NAME = 200  # characters of a field's name that can be told

SPLIT_ROWS = """
    create or replace temp table split as
    select page_id, observed_at, asked, unnest(range(len(found))) as row_number,
        unnest(found) as row
    from (
        select page_id, observed_at, asked, json_extract(body::json, '$[*]') as found from body)"""


def split_elements(child: Child) -> str:
    """The statement that makes the elements' `split` out of `texts`: one element a row."""
    elements = lists.name_of(child)
    return f"""
        create or replace temp table {elements_of(child).relation("split")} as
        select page_id, observed_at, row_number, unnest(range(len({elements}))) as line_number,
            unnest({elements}) as row
        from texts where len({elements}) > 0"""


def most_elements(child: Child) -> str:
    """The page with the most elements of a child table: (page_id, elements).

    An array of scalars is still its text, which has at least two characters for each.
    """
    name = lists.name_of(child)
    size = f"len({name})" if child.of_objects else f"length({name}) // 2"
    return f"""
        select page_id, cast(sum({size}) as bigint) as elements from texts
        group by page_id order by elements desc nulls last limit 1"""


def keys_seen(shape: Shape) -> str:
    """Which fields each page carries, and in how many rows: (page_id, holder, key, seen).

    `holder` is 0 for the row itself, else the object's place among `shape.objects`, from 1. A key
    of NULL stands for all that are too many, or too long, to be told apart: names that are data
    would else grow without bound. Declared fields are never among them.
    """
    read, known = [], []
    for holder, path in enumerate(((), *shape.objects)):
        keys = f"json_keys(row, {literal(path_of(path))})" if path else "json_keys(row)"
        read.append(
            f"select page_id, {holder} as holder, unnest(keys) as key "
            f"from (select page_id, {keys} as keys from {shape.relation('split')}) "
            f"where len(keys) <= {MOST_FIELDS}"
        )
        known += [f"({holder}, {literal(name)})" for name in shape.known_at(path)]
    return f"""
        with fields as (
            select page_id, holder, key, count(*) as seen from ({" union all ".join(read)})
            group by all),
        judged as (
            select *, (holder, key) in ({", ".join(known)}) as is_known from fields),
        placed as (
            select *, row_number() over (
                partition by page_id order by seen desc, holder, key) as place
            from judged)
        select page_id, holder,
            case when is_known or (place <= {MOST_NAMES} and length(key) <= {LONGEST_NAME})
                then key end as key,
            cast(sum(seen) as bigint) as seen
        from placed group by all"""


def _text(column: Column) -> str:
    """The name of a field's text in `texts`; the blank keeps it apart from declared names."""
    return identifier(f"text {column.name}")


def _read(column: Column) -> str:
    """A field's text, from the row or else from what its page was asked for."""
    if not column.asked:
        return text_of(column)
    place = literal(path_of((column.asked,)))
    return f"coalesce({text_of(column)}, json_extract_string(asked, {place}))"


def make_texts(shape: Shape) -> str:
    """The statement that makes `texts` out of `split`: every field as text, trimmed, once."""
    fields: dict[str, Any] = {}
    for column in shape.columns:
        holder = fields
        for name in column.within:
            holder = holder.setdefault(name, {})
        kind = "JSON" if column.kind is Kind.JSON else "VARCHAR"
        holder.update(dict.fromkeys(column.wires, kind))
    for child in shape.children:
        fields.update(dict.fromkeys(child.wires, lists.read_as(child)))
    read = [f"{_read(c)} as {_text(c)}" for c in shape.columns]
    read += [f"{lists.found(c)} as {lists.name_of(c)}" for c in shape.children]
    split, texts = shape.relation("split"), shape.relation("texts")
    return f"""
        create or replace temp table {texts} as
        select {shape.place}, observed_at, row, {", ".join(read)}
        from (select *, from_json(row, {literal(json.dumps(fields))}) as x from {split})"""


def _failures(shape: Shape) -> list[tuple[str, str, str]]:
    """(column name, reason, test on a row of `judged`) of everything that makes a row bad."""
    found = [
        ("", "the row is not an object", "coalesce(json_type(row), 'NULL') <> 'OBJECT'"),
        ("", "a field occurs twice", "len(json_keys(row)) <> list_unique(json_keys(row))"),
        ("", f"the row has more than {MOST_FIELDS} fields", _is_wide("json_keys(row)")),
    ]
    if shape.name:
        found = [
            (shape.name, "holds an element that is not an object", found[0][2]),
            (shape.name, "holds an element in which a field occurs twice", found[1][2]),
            (shape.name, f"holds an element of more than {MOST_FIELDS} fields", found[2][2]),
        ]
    prefix = f"{shape.name}." if shape.name else ""
    for path in shape.objects:
        found += [(prefix + name, reason, test) for name, reason, test in _of_object(shape, path)]
    for column in shape.columns:
        wrong = _of_column(column) + (_of_key(column) if column.name in shape.key else [])
        found += [(prefix + column.name, reason, test) for reason, test in wrong]
    for child in shape.children:
        found += lists.failures(child)
    return found


def _of_object(shape: Shape, path: Path) -> list[tuple[str, str, str]]:
    """An object without any text is looked at again: it may be something else."""
    place = literal(path_of(path))
    nothing = f"coalesce({', '.join(_text(c) for c in shape.within(path))}, null) is null"
    kind = f"json_type(row, {place})"
    other = f"({kind} = 'ARRAY' and json_array_length(row, {place}) > 0)"
    other += f" or {kind} not in ('ARRAY', 'OBJECT', 'NULL')"
    keys = f"json_keys(row, {place})"
    return [
        (".".join(path), "is not an object", f"case when {nothing} then {other} end"),
        (".".join(path), "holds a field twice", f"len({keys}) <> list_unique({keys})"),
        (".".join(path), f"has more than {MOST_FIELDS} fields", _is_wide(keys)),
    ]


def _is_wide(keys: str) -> str:
    """Fields are counted only where the text is long enough to hold so many."""
    return (
        f"case when strlen(row::varchar) > {4 * MOST_FIELDS} then len({keys}) > {MOST_FIELDS} end"
    )


def _of_key(column: Column) -> list[tuple[str, str]]:
    """What a text must not be as part of a key: it is kept with a mark between the parts."""
    if column.kind is not Kind.TEXT:
        return []
    text = _text(column)
    return [
        ("holds a character that no key can (U+001F)", f"contains({text}, {UNIT})"),
        (f"is longer than a key can be ({LONGEST_KEY})", f"length({text}) > {LONGEST_KEY}"),
    ]


def _of_column(column: Column) -> list[tuple[str, str]]:
    text, value, kind = _text(column), identifier(column.name), column.kind.name.lower()
    lost = f"case when is_suspicious then {damaged(column, text)} end"
    found = [(f"cannot be read as {kind} without loss", lost)]
    if column.kind not in (Kind.TEXT, Kind.JSON):
        found.append((f"is no {kind}", f"{text} is not null and {value} is null"))
    if column.required:
        found.append(("is missing", f"{text} is null"))
    return found


def make_cells(shape: Shape, site_zone: str) -> str:
    """The statement that makes `cells` out of `texts`, and out of the lines of the rows."""
    columns = ", ".join(
        f"{typed(_text(c), c, site_zone)} as {identifier(c.name)}" for c in shape.columns
    )
    odd = " or ".join(f"coalesce({suspicious(c, _text(c))}, false)" for c in shape.columns)
    bad = [f"coalesce({test}, false)" for _, _, test in _failures(shape)]
    source, hashes = "judged", ""
    for child in shape.children:
        if child.of_objects:
            lines = lists.lines(child)
            bad.append(f"coalesce({lines}.is_bad, false)")
            hashes += f"{lines}.hash as {lists.hash_name(child)}, "
            source += f" left join {lines} using (page_id, row_number)"
    return f"""
        create or replace temp table {shape.relation("cells")} as
        with judged as (
            select *, {columns}, ({odd}) as is_suspicious from {shape.relation("texts")})
        select judged.*, {hashes}({" or ".join(bad)}) as is_bad from {source}"""


def why_bad(shape: Shape) -> str:
    """One row per bad row and reason: (page_id, row_number, column_name, reason).

    Of what is no object at all, nothing else is said.
    """
    others = "and coalesce(json_type(row), 'NULL') = 'OBJECT' " if not shape.name else ""
    reasons = ", ".join(
        f"case when coalesce({test}, false) {others if position else ''}then {{"
        f"'position': {position}, 'column_name': {literal(name)}, 'reason': {literal(reason)}}} end"
        for position, (name, reason, test) in enumerate(_failures(shape))
    )
    return f"""
        select page_id, row_number, why.column_name, why.reason
        from (select page_id, row_number, unnest([{reasons}]) as why
              from {shape.relation("cells")} where is_bad)
        where why is not null
        group by page_id, row_number, why
        order by page_id, row_number, why.position"""
