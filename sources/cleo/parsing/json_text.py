"""JSON text as values, exactly: nothing is rounded, repeated, or more than JSON allows."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

from sources.cleo.parsing.unreadable import Unreadable, quoted

_LONGEST_INTEGER: Final = 18  # digits that a 64-bit integer holds; longer ones stay text
_DEEPEST: Final = 100  # far more than documents need, far less than readers behind us can bear


def read_json(text: str) -> Any:
    """The value of a JSON text: numbers with a point or a power are texts, as they were written.

    Raises:
        Unreadable: it is not JSON, has a key twice in an object, a number that is none (NaN,
            Infinity), half a surrogate pair, or is nested more than 100 deep.
    """
    try:
        value = json.loads(
            text,
            parse_float=str,
            parse_int=_integer,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Unreadable(f"it is no valid JSON: {error.msg} at {where}") from error
    except RecursionError as error:
        raise Unreadable(_too_deep()) from error
    _check_depth(value)
    if "\\u" in text:
        _check_surrogates(value)
    return value


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else digits


def _refuse_constant(name: str) -> None:
    raise Unreadable(f"{name} is no number that JSON has")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise Unreadable(f"an object has the key {quoted(twice)} more than once")
    return made


def _too_deep() -> str:
    return f"it is nested more than {_DEEPEST} deep"


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth += 1
        if depth > _DEEPEST:
            raise Unreadable(_too_deep())
        inner: list[Any] = []
        for each in level:
            inner += each.values() if isinstance(each, dict) else each
        level = inner


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Unreadable("a text has half of a surrogate pair") from error
