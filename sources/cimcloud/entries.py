"""`[sources.<connection>.resources.<table>]`: what a user may say of a table, held to its form.

    [sources.cimcloud.resources.orders]
    path = "web_orders"             # the site calls it otherwise
    primary_key = ["c_ordnum"]      # fields on the wire; one name or several
    cursor = "last_modify_date"     # changed-since; "" has the table read whole each time
    created = "create_date"         # what a first load is sliced by; "" has it read whole
    every = "6h"                    # not on each run; "" is each run
    enabled = true
    columns = [{wire = "ship_via", name = "ship_via", kind = "text", description = "Carrier."}]

A column that has the name of a declared one is read in its place: the field is called otherwise.
Everything that is wrong is reported at once, each with its place and how it is written right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from sources._http.objection import Objection, Unusable
from sources._tables.declare import Kind

KINDS: Final = {kind.name.lower(): kind for kind in Kind}
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)
LONGEST_WIRE: Final = 120
_FILE: Final = ".dlt/config.toml"
_HOURS: Final = {"m": 1 / 60, "h": 1.0, "d": 24.0}
_EXAMPLES: Final = {
    "path": 'path = "sales_orders"',
    "primary_key": 'primary_key = ["sku", "warehouse"]',
    "cursor": 'cursor = "last_modify_date"',
    "created": 'created = "create_date"',
    "every": 'every = "6h"',
    "enabled": "enabled = false",
    "description": 'description = "Quotes, one row per quote."',
    "columns": 'columns = [{wire = "ship_via", name = "ship_via", kind = "text", '
    'description = "Carrier."}]',
}


@dataclass(frozen=True)
class Problem:
    """One thing to mend.

    Attributes:
        key: where, as dotted keys.
        message: what is wrong there.
        example: how it is written right; empty where the message says it all.
    """

    key: str
    message: str
    example: str = ""

    def __str__(self) -> str:
        hint = f"\n      for example: {self.example}" if self.example else ""
        return f"{_FILE}: {self.key}: {self.message}{hint}"


def misconfigured(problems: Sequence[Problem]) -> Unusable:
    """The error that tells all of them."""
    count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    told = "\n".join(f"    {problem}" for problem in problems)
    objections = (Objection(p.key, p.message, p.example) for p in problems)
    return Unusable(f"{count} in the tables' settings:\n{told}", objections)


def _as_keys(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _as_hours(value: object) -> object:
    if value == "":
        return None
    read = re.fullmatch(r"(\d{1,6})\s*([mhd])", value) if isinstance(value, str) else None
    if read is None or int(read[1]) == 0:
        raise ValueError('is a time like "30m", "6h" or "1d", or "" for each run')
    return int(read[1]) * _HOURS[read[2]]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SaidColumn(_Said):
    """One entry of `columns`."""

    wire: str
    name: str
    kind: Literal["text", "integer", "decimal", "flag", "date", "timestamp"]
    description: str


class Entry(_Said):
    """What is said of one table; what is not said stays as it is.

    `model_fields_set` tells a setting that is "" from one that is not there.
    """

    path: str | None = None
    primary_key: Annotated[tuple[str, ...], BeforeValidator(_as_keys)] | None = None
    cursor: str | None = None
    created: str | None = None
    every: Annotated[float | None, BeforeValidator(_as_hours)] = None
    enabled: bool = True
    columns: tuple[SaidColumn, ...] = ()
    description: str | None = None


def read_entries(
    section: Mapping[str, Any], connection: str
) -> tuple[dict[str, Entry], list[Problem]]:
    """The entries of a connection's section, and what of it has no form.

    Args:
        section: the connection's settings, as written; its `resources` are looked at.
        connection: its name, for the problems' places; may be empty.
    """
    said = section.get("resources")
    if said is None:
        return {}, []
    if not isinstance(said, Mapping):
        message = "is no table of settings"
        example = "[sources.cimcloud.resources.orders]"
        return {}, [Problem(entry_place(connection), message, example)]
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    for table, entry in said.items():
        place = entry_place(connection, str(table))
        entries[str(table)], wrong = _read_entry(entry, place)
        problems += wrong
    return entries, problems


def _read_entry(entry: object, place: str) -> tuple[Entry, list[Problem]]:
    """What of an entry has a form; one bad setting hides nothing about the others."""
    said = _hashable(entry)
    try:
        return Entry.model_validate(said), []
    except ValidationError as error:
        wrong = error.errors()
    bad = {one["loc"][0] for one in wrong if one["loc"]}
    kept = said.items() if isinstance(said, Mapping) else ()
    rest = Entry.model_validate({key: value for key, value in kept if key not in bad})
    return rest, [_told(place, one) for one in wrong]


def _hashable(entry: object) -> object:
    """TOML's lists as tuples: strict models take nothing else, and stay frozen so."""
    if isinstance(entry, Mapping):
        return {key: _hashable(value) for key, value in entry.items()}
    return tuple(map(_hashable, entry)) if isinstance(entry, list) else entry


def _told(place: str, error: Any) -> Problem:
    """One of pydantic's errors in the words of the house."""
    loc = [str(part) for part in error["loc"] if not str(part).startswith(("function", "tuple"))]
    inside = loc[:1] == ["columns"] and len(loc) > 1
    known = list((SaidColumn if inside else Entry).model_fields)
    message = {
        "missing": "is missing",
        "extra_forbidden": f"is not known here{did_you_mean(loc[-1] if loc else '', known)}",
        "model_type": f"is no table of settings; it may say {', '.join(known)}",
    }.get(error["type"], error["msg"].removeprefix("Value error, "))
    return Problem(".".join([place, *loc]), message, _EXAMPLES.get(loc[0] if loc else "", ""))


def entry_place(connection: str, *keys: str) -> str:
    """The dotted keys of an entry."""
    head = ("sources", connection) if connection else ()
    return ".".join((*head, "resources", *keys))


def example_of(setting: str) -> str:
    """How a setting is written."""
    return _EXAMPLES[setting]


def did_you_mean(said: str, known: Iterable[str]) -> str:
    """A hint to append to a message about an unknown name."""
    known = list(known)
    near = get_close_matches(said, known, 1)
    return f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(known)}"
