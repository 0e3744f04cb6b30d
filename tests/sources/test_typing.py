"""Typing, compared with an independent slow reading of the same text, and its known traps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sources._http.errors import Drifted
from sources._tables.declare import Child, Column, Kind, Table, VersionBy
from sources._tables.page import Page
from sources._tables.typer import Typed, Typer
from tests.sources.typing_oracle import Untypable, parse, read_row

AT = datetime(2024, 1, 8, 12)


def _column(name: str, kind: Kind, **more: Any) -> Column:
    return Column(name=name, wire=name.title(), kind=kind, description=f"a {name}", **more)


TABLE = Table(
    name="things",
    description="One of everything.",
    key=("id",),
    version_by=VersionBy.NUMBER,
    version="number",
    queue="notifications",
    columns=(
        _column("id", Kind.TEXT, required=True),
        _column("number", Kind.INTEGER, required=True),
        _column("word", Kind.TEXT),
        _column("amount", Kind.DECIMAL),
        _column("flag", Kind.FLAG),
        _column("day", Kind.DATE, patterns=("%Y%m%d", "%Y-%m-%d")),
        _column("moment", Kind.TIMESTAMP),
        _column("stamp", Kind.TIMESTAMP, patterns=("%Y-%m-%d %H:%M:%S.%g", "%Y-%m-%d %H:%M:%S")),
    ),
    children=(
        Child(
            name="thing_parts",
            wire="Parts",
            description="Parts.",
            columns=(
                Column(
                    name="part", wire="$", kind=Kind.INTEGER, description="a part", required=True
                ),
            ),
        ),
    ),
)


@pytest.fixture(scope="module")
def typer() -> Iterator[Typer]:
    typer = Typer("here")
    yield typer
    typer.close()


def type_body(typer: Typer, body: bytes) -> Typed:
    page = Page(table="things", body=body, received_at=AT, request="GET /things", page_id="p")
    return typer.type_pages(TABLE, [page], "w")


def type_row(typer: Typer, **fields: Any) -> dict[str, Any] | str:
    """The typed row, or the reason why it is in quarantine."""
    row = {"Id": "a", "Number": 1, **fields}
    typed = type_body(typer, json.dumps([row]).encode())
    if typed.quarantine.num_rows:
        return str(typed.quarantine["reason"][0].as_py())
    return dict(typed.rows.to_pylist()[0])


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8)
    | st.decimals(-(10**15), 10**15, places=3).map(str)
    | st.decimals(-100, 100, places=6).map(str)
    | st.dates().map(lambda d: d.strftime("%Y%m%d"))
    | st.dates().map(str)
    | st.datetimes().map(lambda d: d.isoformat(sep=" ", timespec="milliseconds"))
    | st.datetimes(timezones=st.timezones()).map(lambda d: d.isoformat())
    | st.sampled_from(
        ["", " ", "0", "1", "true", "False", "12.70", "1e3", " 7 ", "985-02-12", "20231301"]
    )
    | st.sampled_from(
        ["2016-08-25T06:22:28+02:00", "24:00", "{", "[", '{"a":1}', "[1]", "0x1F", "1_000"]
    )
    | st.sampled_from(
        ["2016-08-25T06:22:28Z", "2016-02-30", "12345678901234567890", "0.10000", "-", "+5"]
    )
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=3), SCALARS)
BLANKS = st.text(" \t\n\r\xa0", max_size=2)
DECIMALS = st.decimals(-(10**6), 10**6, places=3) | st.decimals(-10, 10, places=5)
LONG = st.integers(10**14, 10**19).map(lambda n: n / 1000)
DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31)).map(lambda d: d.isoformat())
MOMENTS = st.datetimes(datetime(1890, 1, 1), datetime(2210, 1, 1))
# mostly what belongs in the field, near misses of it, now and then anything
TARGETED: dict[str, st.SearchStrategy[Any]] = {
    "Word": st.tuples(BLANKS, st.text("axé \xa0\t7{[", max_size=5), BLANKS).map("".join)
    | st.lists(st.integers(), max_size=2)
    | LONG,
    "Amount": DECIMALS.map(str) | DECIMALS.map(float) | LONG | LONG.map(str) | st.integers(),
    "Flag": st.booleans() | st.integers(-1, 2) | st.sampled_from(["TRUE", "False", "yes", " 1 "]),
    "Day": DAYS | DAYS.map(lambda d: d.replace("-", "")) | DAYS.map(lambda d: d.lstrip("0")),
    "Moment": MOMENTS.map(str)
    | st.datetimes(datetime(1899, 12, 30), datetime(2200, 1, 2), timezones=st.timezones()).map(
        lambda d: d.isoformat()
    ),
    "Stamp": MOMENTS.map(lambda d: d.isoformat(sep=" ", timespec="milliseconds"))
    | MOMENTS.map(lambda d: d.isoformat(sep=" ", timespec="seconds")),
    "Parts": st.lists(st.integers(0, 9) | st.sampled_from(["7", " 8 ", "x", None, 1.5]), max_size=3)
    | st.integers(0, 3),
    "New": SCALARS,
}
EXPECTED = st.fixed_dictionaries(
    {"Id": st.sampled_from(["k", " k ", 7]), "Number": st.integers(0, 99)}, optional=TARGETED
)
ANYTHING = st.dictionaries(
    st.sampled_from([*TARGETED, "Id", "Number", "id", "ID "]), VALUES, max_size=4
).map(lambda row: {"Id": "k", "Number": 5, **row})
ROWS = EXPECTED | st.sampled_from(list(TARGETED)).flatmap(
    lambda name: TARGETED[name].map(lambda value: {"Id": "k", "Number": 5, name: value})
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROWS | ROWS | ROWS | ANYTHING | SCALARS, min_size=1, max_size=8))
@example([{"Id": "a", "Number": 1, "Amount": 12.7}, {"Id": "b", "Number": 2.0}])
@example([{"Id": "a", "Number": 1, "Moment": "2016-08-25T06:22:28+02:00", "Flag": 1}])
def test_as_the_oracle_reads_it(typer: Typer, rows: list[Any]) -> None:
    rows = [{"Id": "first", "Number": 1}, *rows]
    texts = [json.dumps(row) for row in rows]
    typed = type_body(typer, ("[" + ", ".join(texts) + "]").encode())

    expected = {n: read_row(TABLE, text) for n, text in enumerate(texts)}
    good = {row["_row_number"]: row for row in typed.rows.to_pylist()}
    assert set(good) == {n for n, row in expected.items() if row is not None}
    parts = typed.children["thing_parts"].to_pylist()
    for number, row in good.items():
        wanted = dict(expected[number] or {})
        wanted_parts = wanted.pop("thing_parts")
        assert {name: row[name] for name in wanted} == wanted
        assert [p["part"] for p in parts if p["_row_number"] == number] == wanted_parts
    assert {q["row_number"] for q in typed.quarantine.to_pylist()} == set(expected) - set(good)
    for bad in typed.quarantine.to_pylist():
        assert bad["raw"] == texts[bad["row_number"]]
    assert typed.received == len(rows)


@settings(max_examples=100, deadline=None)
@given(ANYTHING)
def test_unknown_fields_are_kept(typer: Typer, row: dict[str, Any]) -> None:
    row = {"Id": "a", "Number": 1} | {k: row[k] for k in ("New", "id", "ID ") if k in row}
    typed = type_body(typer, json.dumps([row]).encode())
    unknown = {k: v for k, v in row.items() if k not in ("Id", "Number")}
    assert set(typed.unknown) == set(unknown)
    kept = typed.rows["_extra"].to_pylist()[0]
    held = {k for k, v in unknown.items() if v is not None}
    assert set(json.loads(kept) if kept else {}) == held


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 40))
def test_any_bytes_end_in_rows_quarantine_or_drift(typer: Typer, noise: bytes, at: int) -> None:
    whole = b'[{"Id": "a", "Number": 1}, {"Id": "b", "Number": 2}]'
    body = whole[:at] + noise + whole[at:]
    try:
        typed = type_body(typer, body)
    except Drifted:
        return
    bad = {q["row_number"] for q in typed.quarantine.to_pylist()}
    assert typed.received == typed.rows.num_rows + len(bad)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("Amount", 12.7, Decimal("12.7000")),
        ("Amount", "1234567.8900", Decimal("1234567.8900")),
        ("Day", "20231103", date(2023, 11, 3)),
        ("Day", "2023-11-03", date(2023, 11, 3)),
        ("Moment", "2016-08-25T06:22:28+02:00", datetime(2016, 8, 25, 4, 22, 28)),
        ("Moment", "2016-08-25 06:22:28", datetime(2016, 8, 25, 6, 22, 28)),
        ("Stamp", "2017-11-08 00:00:00.123", datetime(2017, 11, 8, 0, 0, 0, 123000)),
        ("Flag", 0, False),
        ("Flag", True, True),
        ("Word", "PO BOX 9458 ", "PO BOX 9458"),
        ("Word", '{"not": "an object"}', '{"not": "an object"}'),
        ("Word", "12345678901234567.5", "12345678901234567.5"),
        ("Word", "   ", None),
    ],
)
def test_reads(typer: Typer, field: str, value: object, expected: object) -> None:
    row = type_row(typer, **{field: value})
    assert isinstance(row, dict), row
    assert row[field.lower()] == expected


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("Number", 12.7, "number is no integer"),
        ("Number", True, "number is no integer"),
        ("Number", None, "number is missing"),
        ("Amount", 1.23456, "amount is no decimal"),
        ("Amount", 1234567890.1234567, "amount cannot be read as decimal without loss"),
        ("Word", {"a": 1}, "word cannot be read as text without loss"),
        ("Word", [1], "word cannot be read as text without loss"),
        ("Day", "985-02-12", "day is no date"),
        ("Day", "20231301", "day is no date"),
        ("Day", "0000-00-00", "day is no date"),
        ("Moment", "yesterday", "moment is no timestamp"),
        ("Flag", "maybe", "flag is no flag"),
        ("Parts", 7, "thing_parts is not an array"),
        ("Parts", [1, "x"], "thing_parts holds an element that is no integer"),
    ],
)
def test_quarantines(typer: Typer, field: str, value: object, reason: str) -> None:
    assert type_row(typer, **{field: value}) == reason


def test_a_field_that_occurs_twice_is_quarantined(typer: Typer) -> None:
    typed = type_body(typer, b'[{"Id": "a", "Number": 1, "Number": 2}]')
    assert typed.quarantine["reason"].to_pylist() == ["a field occurs twice"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"rows": []}', b"5", b"<html>", b'[{"Id": "a"', b"[1] x", b"[" * 100_000],
    ids=["empty", "object", "wrapped", "scalar", "html", "cut", "more", "deep"],
)
def test_another_shape_fails_loudly(typer: Typer, body: bytes) -> None:
    with pytest.raises(Drifted):
        type_body(typer, body)


def test_a_required_field_that_vanishes_fails_loudly(typer: Typer) -> None:
    with pytest.raises(Drifted, match="required field 'Number'"):
        type_body(typer, b'[{"Id": "a", "Numero": 1}, {"Id": "b"}]')


@pytest.mark.parametrize(
    "spoilt", [b'"\xff"', b'"\\ud800"', b'"\xed\xa0\x80"'], ids=["byte", "escape", "surrogate"]
)
def test_one_spoilt_row_does_not_spoil_the_page(typer: Typer, spoilt: bytes) -> None:
    body = b'\xef\xbb\xbf[{"Id": "a", "Number": 1}, {"Id": ' + spoilt + b', "Number": 2}]'
    typed = type_body(typer, body)
    assert typed.rows["id"].to_pylist() == ["a"]
    assert typed.quarantine["row_number"].to_pylist() == [1]
    assert typed.queue is not None
    assert sorted(typed.queue["item_id"].to_pylist()) == [1, 2]


def test_a_bad_row_can_still_be_confirmed(typer: Typer) -> None:
    typed = type_body(typer, b'[{"Id": "a", "Number": 1, "Day": "never"}]')
    assert typed.queue is not None
    assert typed.queue.to_pylist() == [
        {"page_id": "p", "observed_at": AT, "row_number": 0, "item_id": 1, "document_key": None}
    ]


def test_the_hash_is_of_what_the_row_says(typer: Typer) -> None:
    def hash_of(**fields: Any) -> str:
        row = type_row(typer, **fields)
        assert isinstance(row, dict), row
        return str(row["_row_hash"])

    plain = hash_of(Word="x", Day="20231103")
    assert hash_of(Day="2023-11-03", Word="x ", Amount=None, Flag="") == plain
    assert hash_of(Number=99, Word="x", Day="20231103") == plain
    assert hash_of(Word="x", Day="20231103", New=1) != plain
    assert hash_of(Word="x", Day="20231103", Parts=[1]) != plain
    assert hash_of(Word="x", Day="20231103", Parts=[]) == plain
    assert hash_of(Word="y", Day="20231103") != plain


def test_the_hash_stays(typer: Typer) -> None:
    """A hash that changes makes a new version of every row there is."""
    row = {"Id": "a", "Number": 1, "Word": " x y ", "Amount": 12.7, "Flag": 1, "Day": "20231103"}
    row |= {"Moment": "2016-08-25T06:22:28+02:00", "Stamp": "2017-11-08 00:00:00.123"}
    row |= {"Parts": [1, "2"], "New": {"a": [1.50, None]}, "a.b": ""}
    typed = type_body(typer, json.dumps([row, {"Id": "b", "Number": 2, "Parts": []}]).encode())
    assert typed.rows["_row_hash"].to_pylist() == [
        "f099f26cebec2a98f728e1b1e2c21c85",
        "f8d9ef008fee9fa76f51f778c1b7f89d",
    ]


def test_the_oracle_is_not_the_code() -> None:
    with pytest.raises(Untypable):
        parse('{"a": 1, "a": 2}')
    assert read_row(TABLE, '{"Id": "a", "Number": 12.7}') is None
