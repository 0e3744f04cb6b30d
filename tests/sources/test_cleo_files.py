"""What becomes of a file: its row, its documents, and what the next reading knows of it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from sources._http.answer import Answer
from sources._reading.marks import Mark
from sources.cleo.fetching import Fetched
from sources.cleo.files import Found, Listing
from sources.cleo.folders import Folder
from sources.cleo.parsing import Parsed

HERE = Folder("f", "acme/download")
ENTRY = {"id": "x", "name": "a.json", "length": 3, "meta": {"lastModified": "2024-05-31T10:00:00Z"}}


def found(count: int | None, known: dict[str, Any] | None = None, **entry: object) -> Found:
    """A file that was fetched and has so many documents; None: it cannot be read."""
    parsed = None
    if count is not None:
        rows = tuple({"position": n} for n in range(1, count + 1))
        parsed = Parsed("json", rows)
    answer = Answer(
        status=200, headers={}, body=b"[1]", url="", received_at=datetime(2024, 6, 1), attempts=1
    )
    reason = "" if parsed else "no EDI"
    fetched = Fetched(answer, "GET /files/x", "0" * 64, parsed, reason)
    return Found(Listing({**ENTRY, **entry}, HERE, known), fetched)


def after(one: Found) -> dict[str, Any]:
    """What is known once all of it was committed."""
    mark = one.mark()
    assert mark is not None
    assert mark.position is not None
    return dict(mark.position)


def withdrawn(one: Found) -> list[int]:
    page = one.page()
    assert page is not None
    return [r["position"] for r in json.loads(page.read_as or b"[]") if r["is_withdrawn"]]


def test_places_without_a_document_are_withdrawn() -> None:
    known = after(found(8))
    assert withdrawn(found(5, known)) == [6, 7, 8]
    assert withdrawn(found(8, known)) == []
    known = after(found(5, known))
    assert withdrawn(found(2, known)) == [3, 4, 5]


def test_rows_that_were_committed_before_their_mark_are_withdrawn_too() -> None:
    """The process died between the two, and the next run finds a shorter file."""
    bound = found(8).bound()
    assert isinstance(bound, Mark)
    assert not found(8, dict(bound.position or {})).file.is_known
    assert withdrawn(found(5, dict(bound.position or {}))) == [6, 7, 8]
    known = after(found(2))
    longer = found(6, known, length=9)
    bound = longer.bound()
    assert bound is not None
    assert not found(6, dict(bound.position or {}), length=9).file.is_known
    assert withdrawn(found(3, dict(bound.position or {}), length=4)) == [4, 5, 6]
    assert found(2, known).bound() is None


def test_what_cannot_be_read_withdraws_nothing() -> None:
    known = after(found(4))
    one = found(None, known)
    assert one.page() is not None
    assert withdrawn(one) == []
    assert after(one)["documents"] == 4


@pytest.mark.parametrize("length", [None, 0, "3"], ids=repr)
def test_what_cannot_be_read_and_has_no_length_is_looked_at_again(length: object) -> None:
    """Nothing proves that it was the file at all."""
    assert found(None, length=length).mark() is None
    assert found(1, length=length).mark() is not None


def test_a_row_says_what_the_vendor_said_and_what_was_found() -> None:
    row = found(2, odd="kept").row()
    assert {name: row[name] for name in (*ENTRY, "odd")} == {**ENTRY, "odd": "kept"}
    assert row["penstock"] == {
        "folder": "acme/download",
        "reading": "read",
        "format": "json",
        "content_bytes": 3,
        "content_sha256": "0" * 64,
        "document_count": 2,
    }
