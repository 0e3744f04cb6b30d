"""How deep JSON is nested: what is deeper than any document goes to quarantine unread.

Python's own reader gives up at about a thousand levels, and DuckDB, which has no limit, brings the
whole process down: objects nested ten thousand deep overflow its stack in `json_merge_patch`.
Nothing here calls itself, so nothing here has a depth of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

DEEPEST = 200  # levels; documents have ten
_USUAL = 12
_PIECE = 1_000_000
_STRING = r'"(?:[^"\\]++|\\.)*+"'
_TOKEN = re.compile(rf"{_STRING}|[\[{{\]}}]", re.DOTALL)
_QUOTED = re.compile(rb'"[^"]*"')
_ALIKE = bytes.maketrans(b"{}", b"[]")
_REST = bytes(sorted(set(range(256)) - set(b'[]{}"')))


def is_deep(body: bytes) -> bool:
    """Whether JSON is nested deeper than `DEEPEST`; of what is no JSON, perhaps.

    Level by level the innermost pairs of brackets are taken away, which is done before long with
    what people make: a second for a gigabyte.
    """
    if b'\\"' in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    # two quotation marks side by side are a text without brackets, or two texts' ends
    left = body.translate(_ALIKE, _REST).replace(b'""', b"")
    if b'"' in left:
        left = _QUOTED.sub(b"", left)
    taken = 0
    while left and taken < _USUAL:
        left = left.replace(b"[]", b"")
        taken += 1
    return taken + _levels(left) > DEEPEST


def _levels(brackets: bytes) -> int:
    """How many are open at once at the most."""
    import numpy as np

    most = still_open = 0
    for at in range(0, len(brackets), _PIECE):
        steps = 92 - np.frombuffer(brackets[at : at + _PIECE], dtype=np.uint8).astype(np.int64)
        depths = still_open + np.cumsum(steps)
        most, still_open = max(most, int(depths.max())), int(depths[-1])
    return most


def where_it_ends(text: str, at: int) -> int:
    """Where the array or object that starts at `at` ends, by its brackets alone.

    Raises:
        ValueError: it does not.
    """
    for depth, _, end in _brackets(text, at):
        if depth == 0:
            return end
    raise ValueError("the body is nested too deeply, and breaks off")


def shallow(text: str) -> str:
    """The JSON with null in the place of whatever is deeper than `DEEPEST`."""
    kept: list[str] = []
    done = start = 0
    is_inside = False
    for depth, begin, end in _brackets(text, 0):
        if depth == DEEPEST + 1 and not is_inside:
            start, is_inside = begin, True
        elif depth == DEEPEST and is_inside:
            kept += (text[done:start], "null")
            done, is_inside = end, False
    # one that breaks off is no JSON without its end either
    return "".join((*kept, text[done : start if is_inside else len(text)]))


def _brackets(text: str, at: int) -> Iterator[tuple[int, int, int]]:
    """Every bracket outside of texts: how many are open behind it, and where it stands."""
    depth = 0
    for found in _TOKEN.finditer(text, at):
        mark = text[found.start()]
        if mark == '"':
            continue
        depth += 1 if mark in "[{" else -1
        yield depth, found.start(), found.end()
