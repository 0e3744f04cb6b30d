"""The exact text of each row of a page, cut out without re-writing it.

DuckDB hands a row back re-serialised (12.70 becomes 12.7, a long number goes through a double).
Quarantine keeps what the vendor sent, so the few rows that need it are cut from the page itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

_BLANKS = " \t\n\r"
_DECODER = json.JSONDecoder()


def raw_rows(body: bytes) -> list[str]:
    """The texts of the elements of a JSON array, in order.

    Bytes that are no UTF-8 survive as surrogate escapes, so that one bad row does not spoil the
    page.

    Raises:
        ValueError: the body is not one JSON array.
    """
    return list(_elements(body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")))


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at


def _elements(text: str) -> Iterator[str]:
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        raise ValueError("the body is not a JSON array")
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        try:
            _, end = _DECODER.raw_decode(text, at)
        except RecursionError as error:
            raise ValueError("the body is nested too deeply") from error
        yield text[at:end]
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "]":
            raise ValueError(f"the JSON array breaks off at character {at}")
    if _skip(text, at + 1) != len(text):
        raise ValueError("something follows the JSON array")


def is_unicode(row: str) -> bool:
    """Whether a row's text has neither bytes that are no UTF-8 nor lone surrogates."""
    try:
        json.dumps(json.loads(row), ensure_ascii=False).encode("utf-8")
        row.encode("utf-8")
    except (ValueError, RecursionError):
        return False
    return True


def readable(row: str) -> str:
    """`row` as valid UTF-8: bytes and lone surrogates that are none are written as escapes."""
    return row.encode("utf-8", "backslashreplace").decode("utf-8")


def field_of(row: str, wire: str) -> object:
    """The value of one first-level field of a row's text; None where there is none."""
    try:
        held = json.loads(row)
    except (ValueError, RecursionError):
        return None
    return held.get(wire) if isinstance(held, dict) else None
