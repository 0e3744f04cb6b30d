"""The arrays of a row that become child tables: how they are found, judged and hashed.

Scalars are read from the array's text, "text NAME". Objects are read as a list of JSON values,
"list NAME"; they are typed as rows are, and "lines NAME" then says of each row with elements
whether one of them is bad, and one hash of all of them.
"""

from __future__ import annotations

import json
from typing import Any

from sources._tables.casts import damaged_element, typed
from sources._tables.declare import Child
from sources._tables.quoting import identifier, literal, pointer


def name_of(child: Child) -> str:
    """The name of the array in `texts`."""
    return identifier(f"{'list' if child.of_objects else 'text'} {child.name}")


def hash_name(child: Child) -> str:
    """The name in `cells` of what the row hash takes in of the elements; NULL without any."""
    return identifier(f"text {child.name}")


def lines(child: Child) -> str:
    """The relation that says of each row what its elements come to."""
    return identifier(f"lines {child.name}")


def read_as(child: Child) -> Any:
    """How `from_json` is to read the array."""
    return ["JSON"] if child.of_objects else "VARCHAR"


def found(child: Child) -> str:
    """The array out of the struct `x`; of several spellings the first that holds something."""
    empty = "[]::json[]" if child.of_objects else "'[]'"
    *others, last = (f"x.{identifier(wire)}" for wire in child.wires)
    return f"coalesce({', '.join([*(f'nullif({other}, {empty})' for other in others), last])})"


def failures(child: Child) -> list[tuple[str, str, str]]:
    """(column name, reason, test on a row of `judged`) of what makes the array itself bad."""
    types = [f"json_type(row, {literal(pointer(wire))})" for wire in child.wires]
    odd = " or ".join(f"coalesce({kind} not in ('ARRAY', 'NULL'), false)" for kind in types)
    if len(types) == 1:
        # quick: an array was read as a list, and what was not there as no text
        is_odd = f"{name_of(child)} is {'' if child.of_objects else 'not '}null"
        odd = f"case when {is_odd} then {odd} end"
    judged = [(child.name, "is not an array", odd)]
    if len(types) > 1:
        held = [f"json_extract(row, {literal(pointer(wire))})::varchar" for wire in child.wires]
        some = f"list_filter([{', '.join(held)}], lambda t: t not in ('[]', 'null'))"
        judged.append((child.name, "says two things under two names", f"list_unique({some}) > 1"))
    if not child.of_objects:
        kind = child.columns[0].kind.name.lower()
        reason = f"holds an element that is no {kind}"
        judged.append((child.name, reason, _has_odd_scalar(child)))
    return judged


def _has_odd_scalar(child: Child) -> str:
    element = child.columns[0]
    value = typed(scalar("e"), element, "UTC")
    required = "" if element.required else f"{scalar('e')} is not null and "
    is_odd = f"({required}{value} is null) or {damaged_element('e', scalar('e'))}"
    faults = f"list_transform({scalars(child)}, lambda e: {is_odd})"
    return f"case when {name_of(child)} is not null then list_bool_or({faults}) end"


def scalars(child: Child) -> str:
    """The elements of an array of scalars, as a list of JSON values; empty where it is none."""
    paths = ["$." + json.dumps(wire) + "[*]" for wire in child.wires]
    *others, last = (f"json_extract(row, {literal(path)})" for path in paths)
    return f"coalesce({', '.join([*(f'nullif({other}, []::json[])' for other in others), last])})"


def scalar(element: str) -> str:
    """A scalar element's text; NULL where it is empty."""
    return f"nullif(trim(json_extract_string({element}, '$')), '')"


def make_lines(child: Child, cells: str, element_hash: str) -> str:
    """The statement that makes `lines`: with a key the elements' order makes no difference."""
    order = "hash" if child.key else "line_number"
    return f"""
        create or replace temp table {lines(child)} as
        select page_id, row_number, bool_or(is_bad) as is_bad,
            md5(string_agg(hash, ',' order by {order})) as hash
        from (select page_id, row_number, line_number, is_bad, {element_hash} as hash from {cells})
        group by page_id, row_number"""
