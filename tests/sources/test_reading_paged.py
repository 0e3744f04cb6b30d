"""Lists by page number: where they end, and what must not pass for an end."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources._http.answer import Answer
from sources._http.errors import Drifted, Rejected
from sources._reading.paged import Fetch, Limits, NumberedPage, numbered_pages

LIMITS = Limits(table="orders", page_rows=3, ceiling=6)


def fetching(script: Callable[[int], tuple[int, bytes]], asked: list[int] | None = None) -> Fetch:
    async def fetch(page: int, tolerate: Collection[int]) -> Answer:
        if asked is not None:
            asked.append(page)
        status, body = script(page)
        if status >= 400 and status not in tolerate:
            raise Rejected(f"answered {status}", status=status)
        return Answer(
            status=status,
            headers={},
            body=body,
            url=f"http://127.0.0.1/list/{page}",
            received_at=datetime(2026, 1, 1),
            attempts=1,
        )

    return fetch


def pages_of(fetch: Fetch, start: int = 1) -> list[NumberedPage]:
    async def read() -> list[NumberedPage]:
        return [page async for page in numbered_pages(fetch, LIMITS, start=start)]

    return asyncio.run(read())


def rows(count: int, per_page: int = 3) -> Callable[[int], tuple[int, bytes]]:
    def script(page: int) -> tuple[int, bytes]:
        shown = list(range(count))[(page - 1) * per_page : page * per_page]
        return 200, json.dumps([{"id": key} for key in shown]).encode()

    return script


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (1, 1), (2, 1), (3, 2), (4, 2), (6, 3)])
def test_a_short_page_is_the_end(count: int, calls: int) -> None:
    asked: list[int] = []
    found = pages_of(fetching(rows(count), asked))
    assert asked == list(range(1, calls + 1))
    assert [row["id"] for page in found for row in page.rows if row] == list(range(count))
    assert [page.is_last for page in found] == [False] * (calls - 1) + [True]


def test_a_404_behind_the_first_page_is_the_end() -> None:
    found = pages_of(fetching(lambda n: rows(3)(n) if n == 1 else (404, b"<h1>no</h1>")))
    assert [len(page.rows) for page in found] == [3, 0]
    assert [page.has_list for page in found] == [True, False]


def test_a_404_on_the_first_page_is_an_error() -> None:
    with pytest.raises(Rejected, match="404"):
        pages_of(fetching(lambda _: (404, b"no")))


def test_page_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="begin at 1"):
        pages_of(fetching(rows(3)), start=0)


def test_it_goes_on_where_it_is_told() -> None:
    asked: list[int] = []
    pages_of(fetching(rows(7), asked), start=2)
    assert asked == [2, 3]


def test_a_page_that_repeats_is_asked_once_more_and_then_an_error() -> None:
    asked: list[int] = []
    with pytest.raises(Drifted, match="repeats the page before"):
        pages_of(fetching(lambda _: rows(3)(1), asked))
    assert asked == [1, 2, 2]


def test_a_page_that_repeats_once_came_from_a_cache() -> None:
    asked: list[int] = []
    fetch = fetching(lambda n: rows(5)(1 if asked == [1, 2] else n), asked)
    found = pages_of(fetch)
    assert asked == [1, 2, 2]
    assert [row["id"] for page in found for row in page.rows if row] == [0, 1, 2, 3, 4]


def test_a_list_that_never_ends_is_an_error() -> None:
    def script(page: int) -> tuple[int, bytes]:
        return 200, json.dumps([{"id": page * 10 + n} for n in range(3)]).encode()

    asked: list[int] = []
    with pytest.raises(Drifted, match="max_pages"):
        pages_of(fetching(script, asked))
    assert asked == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "body",
    [b'{"error": "busy"}', b'"text"', b"17", b"null", b"[1, 2", b"<html>", b"", b'[{"id": 1},'],
    ids=["object", "text", "number", "null", "cut", "html", "empty", "cut-object"],
)
def test_what_is_no_list_is_an_error(body: bytes) -> None:
    with pytest.raises(Drifted):
        pages_of(fetching(lambda _: (200, body)))


def test_more_rows_than_a_page_holds_is_an_error() -> None:
    with pytest.raises(Drifted, match="page_rows"):
        pages_of(fetching(rows(9, per_page=4)))


def test_rows_that_are_no_objects_are_counted() -> None:
    (page,) = pages_of(fetching(lambda _: (200, b'[17, {"id": 1}]')))
    assert page.rows == (None, {"id": 1})


def test_one_row_of_no_unicode_spoils_no_page() -> None:
    (page,) = pages_of(fetching(lambda _: (200, b'[{"id": 1, "nm": "\xff"}, {"id": 2}]')))
    assert page.rows == (None, {"id": 2})


@given(body=st.binary(max_size=60), cut=st.integers(0, 40))
def test_no_bytes_crash_it(body: bytes, cut: int) -> None:
    whole = json.dumps([{"id": n, "nm": "é"} for n in range(3)]).encode()
    for made in (body, whole[:cut], whole[:cut] + body):
        with contextlib.suppress(Drifted):
            pages_of(fetching(lambda _, made=made: (200, made)))  # type: ignore[misc]


def test_deep_nesting_is_no_crash() -> None:
    deep: Any = b"[" * 100_000
    with pytest.raises(Drifted):
        pages_of(fetching(lambda _: (200, deep)))
