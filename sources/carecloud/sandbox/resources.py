"""What the interfaces list: paths, keys, fields and filters, from `resources.json`.

Fields are those of the vendor's OpenAPI [P, sheet]; of the lists that the sheet names without their
fields (languages, countries, statuses, segments, rewards) those of its public client [P]. Paths
with several words are written with hyphens, as there [P]; the names in answers with underscores.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sources._sandbox.store import Row, TableKind

RESOURCES = Path(__file__).with_name("resources.json")
OWN, EVERYBODY, NOBODY = "own", "all", "none"  # what the customer interface shows of a table
ID_DIGITS = 26
_REVISED = re.compile(r"(.*?)(?: REV (\d+))?", re.DOTALL)


@dataclass(frozen=True)
class Filter:
    """A parameter that narrows a list.

    Attributes:
        field: what it is held against, dotted where it is nested.
        kind: how: `text`, `any` (one of an array's), `within` (of an array of objects), `from`,
            `to`, `date`, `state`, `source`; `flag` and `choice` narrow nothing.
    """

    field: str
    kind: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A list of the API, and the table behind it."""

    table: str
    path: str
    customer: str
    fields: tuple[str, ...]
    filters: Mapping[str, Filter]
    kind: TableKind

    @property
    def singular(self) -> str:
        """What one of its objects is called."""
        return self.table.replace("_", " ").removesuffix("s")


def resources() -> dict[str, Resource]:
    """Every list of the API, by table."""
    declared = json.loads(RESOURCES.read_text("utf-8"))
    return {table: _resource(table, told) for table, told in declared.items()}


def _resource(table: str, told: Mapping[str, Any]) -> Resource:
    filters = {
        name: Filter(each["field"], each["kind"], tuple(each.get("choices", ())))
        for name, each in told["filters"].items()
    }
    kind = TableKind(
        name=table,
        key=(told["key"],),
        revised=partial(_revised, told["note"]),
        renewed=partial(_renewed, told["key"], tuple(told["renewed"])),
        changed=told["changed"],
        created=tuple(told["created"]),
    )
    return Resource(
        table=table,
        path=told["path"],
        customer=told["customer"],
        fields=tuple(told["fields"]),
        filters=filters,
        kind=kind,
    )


def values_at(value: Any, path: str) -> Iterator[Any]:
    """What a row has at a dotted path; an array on the way gives each of its elements'."""
    first, _, rest = path.partition(".")
    if isinstance(value, list):
        for element in value:
            yield from values_at(element, path)
    elif isinstance(value, dict) and first in value:
        if rest:
            yield from values_at(value[first], rest)
        else:
            yield value[first]


def _revised(note: str, row: Row, _chance: random.Random) -> Mapping[str, Any]:
    """The one field on which nothing else hangs, changed."""
    old = next(values_at(row, note), None)
    if note == "state":
        return {note: 2 if old == 1 else 1}
    if isinstance(old, int):
        return {note: old + 1}
    found = _REVISED.fullmatch(str(old or ""))
    text, revision = found.groups() if found else ("", None)
    return {note: f"{text} REV {int(revision or 0) + 1}".strip()}


def _renewed(
    key: str, unique: tuple[str, ...], row: Row, chance: random.Random
) -> Mapping[str, Any]:
    """A key, and fresh values for everything else that no two rows share."""
    changes: Row = {key: _new_id(row[key], chance)}
    for path in unique:
        first, _, rest = path.partition(".")
        old = row[first]
        if isinstance(old, list):
            changes[first] = [{**each, rest: _new_id("", chance)} for each in old]
        elif not rest or isinstance(old, dict):
            changes[path] = _new_text(next(values_at(row, path), None), chance)
    return changes


def _new_id(old: str, chance: random.Random) -> str:
    """An id as long as those there are; a language's or country's stays two letters."""
    if len(old) == 2:
        return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=2))
    return f"{chance.getrandbits(4 * ID_DIGITS):0{ID_DIGITS}x}"


def _new_text(old: Any, chance: random.Random) -> str:
    name = f"new-{chance.getrandbits(40):010x}"
    return f"{name}@example.com" if "@" in str(old) else name.upper()
