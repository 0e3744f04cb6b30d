"""Lists that answer by page number, without a total: read to their end, and not beyond.

The end is a page with fewer rows than a page holds, an empty one, or a 404 behind the first. All
else that could pass for an end, or for no end, is an error: a page that repeats, a list that never
ends, an answer that is no list.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from sources._http.answer import Answer
from sources._http.errors import Drifted
from sources._tables import slices
from sources._tables.depth import is_deep

BOM = b"\xef\xbb\xbf"
_NO_LIST = (HTTPStatus.NOT_FOUND, HTTPStatus.NO_CONTENT)
FIRST_PAGE = 1  # page 0 is page 1 once more where pages begin at 1


class Fetch(Protocol):
    """Asks for one page of a list."""

    async def __call__(self, page: int, tolerate: Collection[int]) -> Answer:
        """The answer; its status may be one of `tolerate`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a list's pages must keep.

    Attributes:
        table: named by errors.
        page_rows: rows of a full page.
        ceiling: a list with more pages than this is taken for one that never ends.
    """

    table: str
    page_rows: int
    ceiling: int


@dataclass(frozen=True)
class NumberedPage:
    """One page: its number, the answer, and its rows as Python reads them (None: no object)."""

    number: int
    answer: Answer
    rows: tuple[dict[str, Any] | None, ...]
    is_last: bool

    @property
    def has_list(self) -> bool:
        """Whether the answer is a list; a 404 or 204 behind the end is none."""
        return self.answer.status not in _NO_LIST


async def numbered_pages(
    fetch: Fetch, limits: Limits, *, start: int = FIRST_PAGE
) -> AsyncGenerator[NumberedPage, None]:
    """Every page from `start` on, in order.

    A page that repeats the one before it is asked for once more: a cache may have answered.

    Raises:
        ValueError: `start` is below the first page.
        Drifted: an answer is no list, holds more rows than a page, repeats the page before, or
            there are more pages than the ceiling.
        PenstockError: whatever the client raises; a 404 on the first page among it.
    """
    if start < FIRST_PAGE:
        raise ValueError(f"pages begin at {FIRST_PAGE}, not at {start}")
    number, before = start, b""
    while True:
        if number > limits.ceiling:
            raise Drifted(
                f"the list goes on behind page {limits.ceiling}: it may never end. If it is as "
                "long as that, raise max_pages",
                table=limits.table,
            )
        answer = await _page(fetch, number)
        rows = _rows(answer, limits)
        if rows and (same := _digest(answer)) == before:
            answer = await _page(fetch, number)
            rows = _rows(answer, limits)
            same = _digest(answer)
            if rows and same == before:
                raise Drifted(
                    f"{answer.url} repeats the page before it; the page number seems to be "
                    "ignored, and rows behind the first page would never be seen",
                    table=limits.table,
                )
        before = _digest(answer)
        is_last = len(rows) < limits.page_rows
        yield NumberedPage(number, answer, rows, is_last)
        if is_last:
            return
        number += 1


async def _page(fetch: Fetch, number: int) -> Answer:
    past_the_end = (HTTPStatus.NOT_FOUND,) if number > FIRST_PAGE else ()
    return await fetch(number, past_the_end)


def _rows(answer: Answer, limits: Limits) -> tuple[dict[str, Any] | None, ...]:
    if answer.status in _NO_LIST:
        return ()
    found = read_rows(answer, limits.table)
    if len(found) > limits.page_rows:
        raise Drifted(
            f"{answer.url} answered {len(found)} rows where a page holds {limits.page_rows}: "
            "the end of the list could not be recognised. If pages are larger, set page_rows",
            table=limits.table,
        )
    return found


def read_rows(answer: Answer, table: str) -> tuple[dict[str, Any] | None, ...]:
    """The rows of a list's answer; one that is no object, or no Unicode, is None.

    Raises:
        Drifted: the body is not one JSON array.
    """
    try:
        held = None if is_deep(answer.body) else json.loads(answer.body.removeprefix(BOM))
    except (ValueError, RecursionError):
        held = None
    if held is None:
        held = _row_by_row(answer, table)
    if not isinstance(held, list):
        raise Drifted(
            f"{answer.url} answered {type(held).__name__} where a list of rows belongs",
            table=table,
        )
    return tuple(row if isinstance(row, dict) else None for row in held)


def _row_by_row(answer: Answer, table: str) -> list[Any]:
    """The rows of a page that holds bytes of no Unicode; those rows go to quarantine later."""
    try:
        texts = slices.raw_rows(answer.body)
    except ValueError as error:
        raise Drifted(f"{answer.url} did not answer a list: {error}", table=table) from error
    return [_row(text) for text in texts]


def _row(text: str) -> Any:
    try:
        is_readable = slices.is_unicode(text) and not is_deep(text.encode())
        return json.loads(text) if is_readable else None
    except ValueError:  # a number of more digits than Python reads
        return None


def _digest(answer: Answer) -> bytes:
    return hashlib.blake2b(answer.body, digest_size=16).digest()
