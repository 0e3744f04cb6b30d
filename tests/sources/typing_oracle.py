"""What a page of rows should become: slow, in plain Python, sharing nothing with the SQL.

Reads the JSON text with Python's own parser, keeping every number as the text it was written as.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sources._tables.declare import Child, Column, Kind, Table

BLANKS = " \t\n\r\xa0"


class Untypable(Exception):  # noqa: N818 - a finding, not a failure
    """The value is there and is not what the column declares."""


class Number(str):
    """A JSON number, as its text."""

    __slots__ = ()


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise Untypable("a field twice")
    return dict(pairs)


def parse(row: str) -> Any:
    """One row's text as Python values, numbers as `Number`; nested objects included."""
    return json.loads(
        row, parse_float=Number, parse_int=Number, parse_constant=Number, object_pairs_hook=_pairs
    )


def text_of(value: Any) -> str | None:
    """The value's text as the warehouse sees it; None where it is empty."""
    if value is None:
        return None
    if isinstance(value, dict | list):
        raise Untypable("nested")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return _number_text(value)
    return value.strip(BLANKS) or None


def _number_text(number: Number) -> str:
    """A number's text; one that a double cannot carry is not typed at all."""
    if re.fullmatch(r"-?\d+", number):
        if not -(2**63) <= int(number) < 2**64:
            raise Untypable("long number")
        return str(int(number)) if number != "-0" else "0"
    if number in ("NaN", "Infinity", "-Infinity"):
        return number
    written = repr(float(number))
    if sum(c.isdigit() for c in re.sub(r"[eE].*", "", written)) > 15:
        raise Untypable("long number")
    return written


def typed(value: Any, column: Column) -> Any:
    """The value as the column declares, None where empty.

    Raises:
        Untypable: it is not.
    """
    return _typed([value], column)


def _typed(values: Sequence[Any], column: Column) -> Any:
    """The first of the values that is not empty, as the column declares."""
    for value in values:
        if column.kind is Kind.JSON:
            if value not in (None, "", [], {}):
                return plain(value)
        elif (text := text_of(value)) is not None:
            return _OF_KIND[column.kind](text, column)
    if column.required:
        raise Untypable("missing")
    return None


def plain(value: Any) -> Any:
    """A JSON value to compare: numbers by their text, objects as pairs in their order.

    Whole numbers are kept whatever their length.

    Raises:
        Untypable: a number in it has been through a double.
    """
    if isinstance(value, dict):
        return tuple((name, plain(held)) for name, held in value.items())
    if isinstance(value, list):
        return [plain(held) for held in value]
    if isinstance(value, Number):
        return Number(int(value) if re.fullmatch(r"-?\d+", value) else _number_text(value))
    return value


def _integer(text: str, _: Column) -> int:
    if not re.fullmatch(r"-?[0-9]{1,19}", text) or not -(2**63) <= int(text) < 2**63:
        raise Untypable(text)
    return int(text)


def _decimal(text: str, _: Column) -> Decimal:
    if not re.fullmatch(r"-?[0-9]{1,14}(\.[0-9]{0,4}0*)?", text):
        raise Untypable(text)
    return Decimal(text).quantize(Decimal("0.0001"))


def _flag(text: str, _: Column) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise Untypable(text)
    return text.lower() in ("true", "1")


_FORMATS = {
    "%Y%m%d": r"[0-9]{8}",
    "%Y-%m-%d": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "%Y-%m-%d %H:%M:%S": r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}",
    "%Y-%m-%d %H:%M:%S.%f": (r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}"),
}


_CLOCK_12 = r"([0-9]{1,2}):([0-9]{2}):([0-9]{2}) ([AP]M)"
_AMERICAN = {
    "%-m/%-d/%Y": r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})",
    "%-m/%-d/%Y %-I:%M:%S %p": rf"([0-9]{{1,2}})/([0-9]{{1,2}})/([0-9]{{4}}) {_CLOCK_12}",
}


def _american(text: str, shape: str) -> datetime | None:
    """Month, day, year, and perhaps a clock of twelve hours; by arithmetic, not by `strptime`."""
    found = re.fullmatch(shape, text, re.IGNORECASE)
    if found is None:
        return None
    month, day, year, *clock = found.groups()
    hour, minute, second = (int(part) for part in clock[:3] or "000")
    if clock:
        if not 1 <= hour <= 12:
            raise Untypable(text)
        hour = hour % 12 + (12 if clock[3].upper() == "PM" else 0)
    try:
        return datetime(int(year), int(month), int(day), hour, minute, second)
    except ValueError as error:
        raise Untypable(text) from error


def _strptime(text: str, pattern: str) -> datetime | None:
    python = pattern.replace("%g", "%f")
    if not re.fullmatch(_FORMATS[python], text):
        return None
    try:
        return datetime.strptime(text, python)  # noqa: DTZ007
    except ValueError as error:
        raise Untypable(text) from error


def _moment(text: str, patterns: Sequence[str]) -> datetime:
    for pattern in patterns:
        if pattern == "ISO":
            found = _iso(text)
        elif pattern in _AMERICAN:
            found = _american(text, _AMERICAN[pattern])
        else:
            found = _strptime(text, pattern)
        if found is not None and 1900 <= found.year <= 2199:
            return found
    raise Untypable(text)


def _iso(text: str) -> datetime | None:
    clock = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
    shape = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{clock}(Z|z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)?"
    if not re.fullmatch(shape, text):
        return None
    try:
        found = datetime.fromisoformat(text.replace("z", "Z"))
    except ValueError as error:
        raise Untypable(text) from error
    return found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)


def _date(text: str, column: Column) -> date:
    days = ["%Y-%m-%d" if p == "ISO" else p for p in column.patterns or ("ISO",)]
    return _moment(text, days).date()


def _timestamp(text: str, column: Column) -> datetime:
    return _moment(text, column.patterns or ("ISO",))


def _as_text(text: str, _: Column) -> str:
    return text


_OF_KIND = {
    Kind.TEXT: _as_text,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.FLAG: _flag,
    Kind.DATE: _date,
    Kind.TIMESTAMP: _timestamp,
}


def read_row(table: Table, text: str) -> dict[str, Any] | None:
    """The row's declared values and its child lists, or None where it belongs in quarantine.

    JSON values are as `plain` gives them; the elements of a child table of objects are read as
    rows are, those of any other child table are values.
    """
    try:
        row = parse(text)
        if not isinstance(row, dict):
            return None
        found = _fields(table.columns, row)
        for child in table.children:
            found[child.name] = [_element(child, e) for e in _array(child, row)]
    except Untypable:
        return None
    return found


def _fields(columns: Sequence[Column], row: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise Untypable("no object")
    return {c.name: _typed([_inside(row, c).get(w) for w in c.wires], c) for c in columns}


def _inside(row: dict[str, Any], column: Column) -> dict[str, Any]:
    for name in column.within:
        held = row.get(name)
        if held is not None and held != [] and not isinstance(held, dict):
            raise Untypable("no object")
        row = held or {}
    return row


def _array(child: Child, row: dict[str, Any]) -> list[Any]:
    said = [row[wire] for wire in child.wires if row.get(wire) is not None]
    if not all(isinstance(held, list) for held in said):
        raise Untypable("no array")
    said = [held for held in said if held]
    if any(repr(held) != repr(said[0]) for held in said):
        raise Untypable("two arrays")
    return said[0] if said else []


def _element(child: Child, element: Any) -> Any:
    if child.columns[0].wire == "$":
        return typed(element, child.columns[0])
    return _fields(child.columns, element)
