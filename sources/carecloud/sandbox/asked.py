"""What a list is asked for: which rows, in which order, how many, with what in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.datastructures import QueryParams

from sources._sandbox.store import Row
from sources.carecloud.sandbox.answers import Invalid, InvalidError
from sources.carecloud.sandbox.resources import Filter, Resource, values_at

Predicate = Callable[[Row], bool]
DEFAULT_COUNT = 100
DIRECTIONS = ("ASC", "DESC")
PAGING = ("count", "offset", "sort_field", "sort_direction")
TRUE, FALSE = ("true", "1"), ("false", "0")
STATES = ("0", "1", "2")
SERIOUS = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True)
class Asked:
    """What a list is asked for, every part of it valid.

    Attributes:
        sort_field: "" is the order in which rows were made [A].
        wanted: the filters, by their names.
        flags: parameters that change what a row shows.
    """

    count: int
    offset: int
    sort_field: str
    is_descending: bool
    wanted: Mapping[str, tuple[str, ...]]
    flags: Mapping[str, str]


def asked_of(resource: Resource, query: QueryParams, *, is_strict: bool) -> Asked:
    """What a query asks of a list.

    Args:
        resource: the list.
        query: as it came.
        is_strict: whether a parameter that the list does not have is wrong, not ignored.

    Raises:
        InvalidError: a value is none, or `is_strict` and a name.
    """
    wrong: list[Invalid] = []
    wanted: dict[str, tuple[str, ...]] = {}
    flags: dict[str, str] = {}
    for name in dict.fromkeys(query):
        values, told = tuple(query.getlist(name)), resource.filters.get(name)
        if name in PAGING:
            wrong += _paging(resource, name, values[-1])
        elif told is None:
            wrong += [_invalid(name, values[-1], "there is no such parameter")] * is_strict
        elif why := _why_wrong(told, values):
            wrong.append(_invalid(name, values[-1], why))
        elif told.kind in ("flag", "choice"):
            flags[name] = values[-1]
        else:
            wanted[name] = values
    if wrong:
        raise InvalidError(*wrong)
    return Asked(
        count=int(query.get("count", DEFAULT_COUNT)),
        offset=int(query.get("offset", 0)),
        sort_field=query.get("sort_field", ""),
        is_descending=query.get("sort_direction", "ASC").upper() == "DESC",
        wanted=wanted,
        flags=flags,
    )


def is_on(flags: Mapping[str, str], name: str) -> bool:
    """Whether a flag was set."""
    return flags.get(name, "false").lower() in TRUE


def predicate_of(
    resource: Resource,
    wanted: Mapping[str, Sequence[str]],
    of_source: Callable[[str], set[str]],
) -> Predicate:
    """What a row must be to be wanted; all filters hold.

    Args:
        resource: the list.
        wanted: its filters, by name.
        of_source: the customers who came from a source.
    """
    tests = [_test(resource.filters[name], values, of_source) for name, values in wanted.items()]
    return lambda row: all(test(row) for test in tests)


def _test(told: Filter, values: Sequence[str], of_source: Callable[[str], set[str]]) -> Predicate:
    chosen, last, path = frozenset(values), values[-1], told.field
    if told.kind == "source":
        came = of_source(last)
        return lambda row: row[path] in came
    if told.kind == "state":
        return lambda row: str(row.get("state", 1)) == last
    if told.kind == "from":
        return lambda row: _text(row, path) >= last
    if told.kind == "to":
        return lambda row: "" < _text(row, path) <= last
    if told.kind in ("any", "within"):
        return lambda row: not chosen.isdisjoint(map(str, values_at(row, path)))
    return lambda row: _text(row, path) == last


def _text(row: Row, path: str) -> str:
    value = next(values_at(row, path), None)
    return "" if value is None else str(value)


def _paging(resource: Resource, name: str, value: str) -> list[Invalid]:
    if name == "sort_field":
        known = value in resource.fields
        return [] if known else [_invalid(name, value, "it is no field of the first level")]
    if name == "sort_direction":
        is_one = value.upper() in DIRECTIONS
        return [] if is_one else [_invalid(name, value, "it is ASC or DESC")]
    least = 1 if name == "count" else 0
    if SERIOUS.fullmatch(value) and int(value) >= least:
        return []
    return [_invalid(name, value, f"it is a whole number, at least {least}")]


def _why_wrong(told: Filter, values: Sequence[str]) -> str:
    """What is wrong with a filter's value; "" if nothing is."""
    value = values[-1]
    if told.kind in ("from", "to") and not _is_time(value, "%Y-%m-%d %H:%M:%S"):
        return "it is a time, YYYY-MM-DD HH:MM:SS"
    if told.kind == "date" and not _is_time(value, "%Y-%m-%d"):
        return "it is a day, YYYY-MM-DD"
    if told.kind == "state" and value not in STATES:
        return "it is 0, 1 or 2"
    if told.kind == "flag" and value.lower() not in (*TRUE, *FALSE):
        return "it is true or false"
    if told.kind == "choice" and value not in told.choices:
        return f"it is one of {', '.join(told.choices)}"
    return "" if value else "it is empty"


def _is_time(value: str, pattern: str) -> bool:
    try:
        return datetime.strptime(value, pattern).strftime(pattern) == value  # noqa: DTZ007
    except ValueError:
        return False


def _invalid(name: str, value: Any, why: str) -> Invalid:
    return Invalid(name, value, "invalid_value", f"{name} is not valid: {why}")
