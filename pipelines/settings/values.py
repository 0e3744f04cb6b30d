"""A value as it is written, held to the type of its setting; what it is, is never shown."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, get_args, get_origin

from dlt.common.typing import extract_inner_type

_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_KINDS: Mapping[type, tuple[str, str]] = {
    str: ("a text", '"..."'),
    int: ("a whole number", "10"),
    float: ("a number", "1.5"),
    bool: ("true or false", "true"),
    list: ("a list of texts", '["...", "..."]'),
    dict: ("a table", '{"..." = "..."}'),
}


class WrongType(ValueError):  # noqa: N818 - it is always told as a sentence
    """The value is not of the setting's type; says of which it is."""


def read_as(hint: Any, value: object) -> Any:
    """The value in its setting's type.

    A text is read where it is not asked for: the environment has nothing else.

    Raises:
        WrongType: it cannot be; the message names both types, never the value.
    """
    kind = _kind(hint)
    read = _READ[kind](value)
    if read is None:
        raise WrongType(f"is {_said(value)}, and has to be {_KINDS[kind][0]}")
    if kind is list and not all(isinstance(item, str) for item in read):
        raise WrongType(f"holds what is no text, and has to be {_KINDS[kind][0]}")
    if kind is dict and get_args(extract_inner_type(hint))[1:] == (str,):
        wrong = [name for name, item in read.items() if not isinstance(item, str)]
        if wrong:
            raise WrongType("holds what is no text, and has to be a table of texts")
    return read


def example_of(hint: Any) -> str:
    """Some value of a type, as TOML writes it."""
    return _KINDS[_kind(hint)][1]


def _kind(hint: Any) -> type:
    inner = extract_inner_type(hint)
    kind: type = get_origin(inner) or inner
    return kind


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, (date, datetime)):  # TOML reads a day without quotes as a day
        return value.isoformat()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    if isinstance(value, str):
        try:
            return int(value) if len(value) < 30 else None
        except ValueError:
            return None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None


def _flag(value: object) -> bool | None:
    if isinstance(value, str):
        return _FLAGS.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def _list(value: object) -> list[Any] | None:
    read = _json(value)
    return read if isinstance(read, list) else None


def _table(value: object) -> dict[str, Any] | None:
    read = _json(value)
    return dict(read) if isinstance(read, Mapping) else None


def _json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


_READ: Mapping[type, Callable[[object], Any]] = {
    str: _text,
    int: _whole,
    float: _number,
    bool: _flag,
    list: _list,
    dict: _table,
}


def _said(value: object) -> str:
    names: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (int, "a whole number"),
        (float, "a number with a fraction"),
        (str, "a text"),
        (list, "a list"),
        (Mapping, "a table"),
    )
    if isinstance(value, float) and not math.isfinite(value):
        return "no finite number"
    return next((name for kind, name in names if isinstance(value, kind)), "a time or day")
