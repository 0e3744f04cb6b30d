"""The exact text of each row of a page, cut out without re-writing it.

DuckDB hands a row back re-serialised (12.70 becomes 12.7, a long number goes through a double).
Quarantine keeps what the vendor sent, so the few rows that need it are cut from the page itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from sources._tables.depth import is_deep, shallow, where_it_ends

EVERY = "*"  # among the names that lead to the rows: every element of an array
MOST_ROWS = 1_000_000  # of a page; a row that cannot be typed costs kilobytes
_LONGEST_INTEGER = 1_000  # digits; Python makes none of more than 4,300
_BLANKS = re.compile(r"[ \t\n\r]*")
# numbers stay text: Python refuses to make one of some thousand digits
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)
_KINDS = {'"': "text", "{": "an object", "[": "an array", "t": "true", "f": "false", "n": "null"}


class NoRows(ValueError):  # noqa: N818 - a finding about the page
    """The body is JSON, and its rows are not where they belong."""


def raw_rows(body: bytes, rows_at: Sequence[str] = ()) -> list[str]:
    """The texts of the rows of a page, in order.

    Bytes that are no UTF-8 survive as surrogate escapes, so that one bad row does not spoil the
    page. Of members with the same name the last one counts.

    Args:
        body: the page's bytes.
        rows_at: the names that lead to the rows, as `Page.rows_at`.

    Raises:
        NoRows: something else than rows is there, or more of them than a page may have.
        ValueError: the body is not one JSON document.
    """
    text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    start = _skip(text, 0)
    if _skip(text, _end(text, start)) != len(text):
        raise ValueError("something follows the JSON")
    rows: list[str] = []
    for at, where in _places(text, start, rows_at, "the body"):
        if text[at] == "[":
            for a, b in _elements(text, at):
                rows.append(text[a:b])
                if len(rows) > MOST_ROWS:
                    raise NoRows(f"{where} has more than {MOST_ROWS} rows")
        elif text[at] == "{" and rows_at:
            rows.append(text[at : _end(text, at)])
        else:
            raise NoRows(f"{where} is {_kind(text, at)} where a list of rows belongs")
    return rows


def _places(text: str, at: int, names: Sequence[str], where: str) -> Iterator[tuple[int, str]]:
    """Where the rows stand, and how people would call that place."""
    if not names:
        yield at, where
        return
    name, *rest = names
    if name == EVERY:
        if text[at] != "[":
            raise NoRows(f"{where} is {_kind(text, at)} where an array belongs")
        for number, (element, _) in enumerate(_elements(text, at), start=1):
            yield from _places(text, element, rest, f"element {number} of {where}")
        return
    if text[at] != "{":
        raise NoRows(f"{where} is {_kind(text, at)} where an object with {name!r} belongs")
    members = dict(_members(text, at))
    if name not in members:
        has = ", ".join(list(members)[:12]) or "nothing"
        raise NoRows(f"{where} has {has}, and no {name!r}, where the rows belong")
    yield from _places(text, members[name], rest, f"{name!r} of {where}")


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """The name of each member of an object, and where its value starts."""
    at = _skip(text, at + 1)
    while text[at] != "}":
        name, end = _DECODER.raw_decode(text, at)
        if not isinstance(name, str):
            raise ValueError(f"{name!r:.40} stands where a name belongs")  # noqa: TRY004
        value = _skip(text, _skip(text, end) + 1)
        yield name, value
        at = _skip(text, _end(text, value))
        at = _skip(text, at + 1) if text[at] == "," else at


def _elements(text: str, at: int) -> Iterator[tuple[int, int]]:
    """Where each element of an array starts and ends."""
    at = _skip(text, at + 1)
    while text[at] != "]":
        end = _end(text, at)
        yield at, end
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at


def _end(text: str, at: int) -> int:
    """Where the value that starts at `at` ends; one that Python cannot read is not looked into."""
    try:
        return _DECODER.raw_decode(text, at)[1]
    except RecursionError:
        return where_it_ends(text, at)


def _kind(text: str, at: int) -> str:
    return _KINDS.get(text[at], "a number")


def _skip(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def is_array(text: str) -> bool:
    """Whether a text begins as an array."""
    return text.startswith("[", _skip(text, 0))


def is_unicode(row: str) -> bool:
    """Whether a row's text has neither bytes that are no UTF-8 nor lone surrogates."""
    try:
        json.dumps(_DECODER.decode(row), ensure_ascii=False).encode("utf-8")
        row.encode("utf-8")
    except (ValueError, RecursionError):
        return False
    return True


def readable(row: str) -> str:
    """`row` as valid UTF-8: bytes and lone surrogates that are none are written as escapes."""
    return row.encode("utf-8", "backslashreplace").decode("utf-8")


def field_of(row: str, path: Sequence[str]) -> object:
    """The value that these names lead to in a row's text; None where there is none."""
    try:
        held = as_python(row.encode("utf-8", "surrogateescape"))
    except ValueError:
        return None
    for name in path:
        held = held.get(name) if isinstance(held, dict) else None
    return held


def as_python(body: bytes) -> Any:
    """A JSON body as Python reads it, so that one bad value in it does not hide the others.

    Bytes that are no UTF-8 are replaced, numbers of some thousand digits are texts, and what is
    nested too deep is null: such rows go to quarantine when they are typed.

    Raises:
        ValueError: it is no JSON.
    """
    text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    if is_deep(body):
        text = shallow(text)
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return json.loads(text, parse_int=_integer)


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else digits
