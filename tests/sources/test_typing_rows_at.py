"""Rows that stand somewhere inside an answer: found, cut out exactly, or the page is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sources._http.errors import Drifted
from sources._tables import slices
from sources._tables.declare import Column, Kind, Table, VersionBy
from sources._tables.page import Page
from sources._tables.typer import Typed, Typer
from tests.sources.typing_oracle import read_row

TABLE = Table(
    name="things",
    description="Things.",
    key=("id",),
    version_by=VersionBy.SEEN,
    columns=(
        Column(name="id", wire="id", kind=Kind.TEXT, description="an id", required=True),
        Column(name="price", wire="price", kind=Kind.DECIMAL, description="a price"),
    ),
)
AT = ("data", "things")


@pytest.fixture(scope="module")
def typer() -> Iterator[Typer]:
    typer = Typer("here")
    yield typer
    typer.close()


def type_body(typer: Typer, body: str | bytes, rows_at: tuple[str, ...] = AT) -> Typed:
    page = Page(
        table="things",
        body=body.encode() if isinstance(body, str) else body,
        received_at=datetime(2024, 1, 8),
        request="GET /things",
        page_id="p",
        rows_at=rows_at,
    )
    return typer.type_pages(TABLE, [page], "w")


ROW = '{"id": "a"}'


@pytest.mark.parametrize(
    ("body", "rows_at", "ids"),
    [
        (f'{{"data": {{"total": 1, "things": [{ROW}]}}}}', AT, ["a"]),
        ('{"data": {"things": []}}', AT, []),
        (f'{{"data": {{"things": {ROW}}}}}', AT, ["a"]),
        (f'{{"data": {ROW}}}', ("data",), ["a"]),
        (f'\ufeff {{"x": "[{{", "data" :\n[ {ROW} ] }} ', ("data",), ["a"]),
        (f'{{"data": {{"things": 5}}, "data": {{"things": [{ROW}]}}}}', AT, ["a"]),
        (f'{{"data": {{"things": [], "things": [{ROW}]}}}}', AT, ["a"]),
        (f'{{"data": [{{"things": [{ROW}]}}, {{"things": {ROW}}}]}}', ("data", "*", "things"), 2),
        (f'{{"data": [[{ROW}], [], [{ROW}]]}}', ("data", "*"), 2),
        ('{"data": [{"n": [{"id": "a"}, {"id": "b"}]}]}', ("data", "*", "n", "*"), ["a", "b"]),
        ('{"data": []}', ("data", "*", "things"), []),
        (f'{{"a~b/c": {{"0": [{ROW}]}}}}', ("a~b/c", "0"), ["a"]),
    ],
    ids=[
        *("list", "no-row", "one-object", "the-object", "blanks-and-text", "data-twice"),
        *("things-twice", "every-list", "every-array", "every-object", "of-none", "strange-names"),
    ],
)
def test_finds_the_rows(
    typer: Typer, body: str, rows_at: tuple[str, ...], ids: list[str] | int
) -> None:
    typed = type_body(typer, body, rows_at)
    assert typed.quarantine.num_rows == 0
    assert typed.rows["id"].to_pylist() == (["a"] * ids if isinstance(ids, int) else ids)
    assert typed.rows["_row_number"].to_pylist() == list(range(typed.rows.num_rows))


@pytest.mark.parametrize(
    ("body", "rows_at", "said"),
    [
        ('{"data": null}', AT, "'data' of the body is null where an object with 'things' belongs"),
        ('{"data": {"total": 0}}', AT, "'data' of the body has total, and no 'things'"),
        ('{"data": {}}', AT, "'data' of the body has nothing, and no 'things'"),
        ('{"data": []}', AT, "'data' of the body is an array where an object with 'things'"),
        ('{"data": {"things": null}}', AT, "'things' of 'data' of the body is null where a list"),
        ('{"data": {"things": "no"}}', AT, "is text where a list of rows belongs"),
        ('{"data": {"things": 5}}', AT, "is a number where a list of rows belongs"),
        ('{"things": []}', AT, "the body has things, and no 'data'"),
        ("[]", AT, "the body is an array where an object with 'data' belongs"),
        (f'{{"data": [[{ROW}]]}}', ("data", "0"), "is an array where an object with '0' belongs"),
        ("{}", (), "the body is an object where a list of rows belongs"),
        ('{"data": {"things": []}}', ("data", "*"), "is an object where an array belongs"),
        (
            '{"data": [{"things": []}, {}]}',
            ("data", "*", "things"),
            "element 2 of 'data' of the body has nothing, and no 'things'",
        ),
        ('{"data": {"things": []}} x', AT, "something follows the JSON"),
        ('{"data": {"things": []}', AT, "did not answer JSON that can be read"),
        ('{"data":' * 100_000, AT, "the body is nested too deeply"),
        ("", AT, "did not answer JSON that can be read"),
    ],
    ids=[
        *("null", "missing", "empty-object", "empty-array", "null-list", "text", "number"),
        *(
            "no-data",
            "array",
            "number-of-an-element",
            "object-for-list",
            "no-array",
            "one-lacks",
            "more",
            "cut",
            "deep",
        ),
        "nothing",
    ],
)
def test_another_shape_fails_loudly(
    typer: Typer, body: str, rows_at: tuple[str, ...], said: str
) -> None:
    with pytest.raises(Drifted) as caught:
        type_body(typer, body, rows_at)
    for part in (said, "GET /things", "kept in the archive as p"):
        assert part in str(caught.value)


def test_what_goes_to_quarantine_is_what_was_sent(typer: Typer) -> None:
    bad = '{"id" : "b",  "price": "x12.70", "deep": [1.50]}'
    body = f'{{"data": {{"n": [1, 2], "things": [{ROW}, {bad}, 7]}}}}'
    kept = type_body(typer, body).quarantine.to_pylist()
    assert {(row["row_number"], row["raw"]) for row in kept} == {(1, bad), (2, "7")}


@pytest.mark.parametrize(
    "spoilt", [b'"\xff"', b'"\\ud800"', b'"\xed\xa0\x80"'], ids=["byte", "escape", "surrogate"]
)
@pytest.mark.parametrize("beside", [False, True], ids=["in-a-row", "beside-the-rows"])
def test_one_spoilt_text_does_not_spoil_the_page(typer: Typer, spoilt: bytes, beside: bool) -> None:
    place = b"[%s, 1]" if beside else b"0"
    row = b'{"id": "b"}' if beside else b'{"id": %s}'
    body = b'\xef\xbb\xbf{"x": ' + place + b', "data": {"things": [{"id": "a"}, ' + row + b"]}}"
    typed = type_body(typer, body % spoilt)
    assert typed.rows["id"].to_pylist() == (["a", "b"] if beside else ["a"])
    assert typed.quarantine["row_number"].to_pylist() == ([] if beside else [1])


def test_numbers_that_python_refuses_do_not_stop_a_page(typer: Typer) -> None:
    body = f'{{"data": {{"things": [{ROW}, {{"id": "b", "price": {"1" * 5000}}}]}}}}'
    typed = type_body(typer, body)
    assert typed.rows["id"].to_pylist() == ["a"]
    assert set(typed.quarantine["raw"].to_pylist()) == {f'{{"id": "b", "price": {"1" * 5000}}}'}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from(['[{"', "]"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "data", "things", '"']), inner, max_size=3)
    ),
    max_leaves=12,
)
NAMES = st.lists(st.sampled_from(["a", "data", "things", "*"]), min_size=1, max_size=3)


def found(held: Any, names: list[str]) -> list[Any] | None:
    """The rows there, read by Python from the parsed body; None where they are not."""
    if not names:
        rows = held if isinstance(held, list) else [held]
        return rows if isinstance(held, list | dict) else None
    name, *rest = names
    if name != "*":
        return found(held[name], rest) if isinstance(held, dict) and name in held else None
    parts = [found(one, rest) for one in held] if isinstance(held, list) else [None]
    return None if None in parts else [row for part in parts if part is not None for row in part]


@settings(max_examples=300, deadline=None)
@given(VALUES, NAMES, st.sampled_from([None, 1]))
@example({"data": {"things": [{"a": "]"}]}}, ["data", "things"], None)
@example([[{"a": 1}], [{"a": 2}]], ["*"], None)
def test_rows_are_cut_out_as_they_stand(body: Any, names: list[str], indent: int | None) -> None:
    wanted = found(body, names)
    text = json.dumps(body, indent=indent)
    try:
        rows = slices.raw_rows(text.encode(), names)
    except slices.NoRows:
        assert wanted is None
        return
    assert wanted is not None
    assert [json.loads(row) for row in rows] == wanted
    at = 0
    for row in rows:
        at = text.index(row, at) + len(row)


@settings(max_examples=200, deadline=None)
@given(VALUES, NAMES)
def test_duckdb_and_the_scanner_find_the_same_rows(
    typer: Typer, body: Any, names: list[str]
) -> None:
    body = {"data": {"things": [{"id": "first"}]}} if body is None else body
    try:
        typed = type_body(typer, json.dumps(body), tuple(names))
    except Drifted:
        return
    rows = found(body, names)
    assert rows is not None
    assert typed.received == len(rows)
    for row in typed.rows.to_pylist():
        held = read_row(TABLE, json.dumps(rows[row["_row_number"]]))
        assert held == {"id": row["id"], "price": row["price"]}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 60))
def test_any_bytes_end_in_rows_quarantine_or_drift(typer: Typer, noise: bytes, at: int) -> None:
    whole = b'{"data": {"things": [{"id": "a"}, {"id": "b", "price": "x"}]}}'
    try:
        typed = type_body(typer, whole[:at] + noise + whole[at:])
    except Drifted:
        return
    bad = {q["row_number"] for q in typed.quarantine.to_pylist()}
    assert typed.received == typed.rows.num_rows + len(bad)
