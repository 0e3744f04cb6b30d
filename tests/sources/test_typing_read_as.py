"""Rows that a reading made out of what is no JSON, and pages of which nothing can be made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources._tables.page import Page
from sources._tables.typer import Typed, Typer
from tests.sources.test_typing_rows_at import TABLE

AT = datetime(2024, 1, 8)


@pytest.fixture(scope="module")
def typer() -> Iterator[Typer]:
    typer = Typer("here")
    yield typer
    typer.close()


def type_page(typer: Typer, body: bytes, **said: Any) -> Typed:
    more = {"received_at": AT, "request": "GET /things", "page_id": "p", **said}
    return typer.type_pages(TABLE, [Page(table="things", body=body, **more)], "w")


def test_rows_are_read_of_what_was_made_of_the_body(typer: Typer) -> None:
    rows = [{"id": "a", "price": "1.50"}, {"id": "b", "price": "x"}]
    typed = type_page(typer, b"ISA*00", read_as=json.dumps(rows).encode(), rows_at=("data",))
    assert typed.rows["id"].to_pylist() == ["a"]
    assert typed.quarantine["raw"].to_pylist() == [json.dumps(rows[1])]
    assert typed.received == 2


def test_a_body_without_rows_has_none(typer: Typer) -> None:
    typed = type_page(typer, b"ISA*00", read_as=b"[]")
    assert (typed.rows.num_rows, typed.quarantine.num_rows, typed.received) == (0, 0, 0)


@given(st.binary(max_size=200))
def test_an_unreadable_body_is_one_row_in_quarantine(typer: Typer, body: bytes) -> None:
    typed = type_page(typer, body, read_as=b"[]", unreadable="SE01 says 9 segments, 7 are there")
    assert typed.rows.num_rows == 0
    assert typed.quarantine["reason"].to_pylist() == ["SE01 says 9 segments, 7 are there"]
    (raw,) = typed.quarantine["raw"].to_pylist()
    assert "\0" not in raw
    assert raw == body.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    assert typed.received == 1


def test_of_a_large_body_quarantine_holds_the_beginning(typer: Typer) -> None:
    typed = type_page(typer, b"x" * 5_000_000, unreadable="no EDI")
    (raw,) = typed.quarantine["raw"].to_pylist()
    assert raw.startswith("xxxx")
    assert raw.endswith("[…] 5000000 bytes in all")
    assert len(raw) < 20_000


def test_one_unreadable_page_does_not_spoil_the_others(typer: Typer) -> None:
    pages = [
        Page(
            table="things",
            body=b"\xff\x00",
            received_at=AT,
            request=f"GET /{n}",
            page_id=f"p{n}",
            read_as=json.dumps([{"id": str(n)}]).encode(),
            unreadable="cut off" if n == 1 else "",
        )
        for n in range(3)
    ]
    typed = typer.type_pages(TABLE, pages, "w")
    assert sorted(typed.rows["id"].to_pylist()) == ["0", "2"]
    assert typed.quarantine["page_id"].to_pylist() == ["p1"]
