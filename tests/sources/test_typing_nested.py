"""Objects in rows, JSON and arrays of objects, compared with an independent slow reading."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sources._http.errors import Drifted
from sources._tables.declare import Column, Kind, Table, VersionBy
from sources._tables.page import Page
from sources._tables.typer import Typed, Typer
from tests.sources.nested_table import CONTACTS, FIRST, ROWS
from tests.sources.typing_oracle import parse, plain, read_row

AT = datetime(2024, 1, 8, 13)
LOG = {"updated": "2024-01-08 12:00:00"}


@pytest.fixture(scope="module")
def typer() -> Iterator[Typer]:
    typer = Typer("here")
    yield typer
    typer.close()


def type_texts(typer: Typer, *texts: str) -> Typed:
    body = ("[" + ",".join(texts) + "]").encode()
    page = Page(table="contacts", body=body, received_at=AT, request="GET /x", page_id="p")
    return typer.type_pages(CONTACTS, [page], "w")


def type_rows(typer: Typer, *rows: Any) -> Typed:
    return type_texts(typer, *map(json.dumps, rows))


def type_row(typer: Typer, **fields: Any) -> dict[str, Any] | str:
    """The typed row with its lines, or the reason why it is in quarantine."""
    typed = type_rows(typer, FIRST, {"id": "a", "log": LOG, **fields})
    if typed.quarantine.num_rows:
        return str(typed.quarantine["reason"][0].as_py())
    return _rows(typed)[1]


def _rows(typed: Typed) -> dict[int, dict[str, Any]]:
    """The good rows by number, each with its lines and JSON as `plain` values."""
    rows = {row["_row_number"]: row for row in typed.rows.to_pylist()}
    for name, table in typed.children.items():
        for row in rows.values():
            row[name] = []
        for line in sorted(table.to_pylist(), key=lambda line: line["_line_number"]):
            assert line["_line_number"] == len(rows[line["_row_number"]][name])
            assert line["_key"] == rows[line["_row_number"]]["_key"]
            value = line["code"] if name == "contact_codes" else _as_plain(line, "tags")
            rows[line["_row_number"]][name].append(value)
    return {n: _as_plain(row, "consents", "records") for n, row in rows.items()}


def _as_plain(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return row | {n: plain(parse(row[n])) for n in names if row.get(n) is not None}


def _only(row: Any, wanted: Any) -> Any:
    """Of a typed row and its lines those columns that the other reading has."""
    if isinstance(wanted, dict):
        return {name: _only(row[name], wanted[name]) for name in wanted}
    if isinstance(wanted, list) and wanted and isinstance(wanted[0], dict):
        return [_only(one, want) for one, want in zip(row, wanted, strict=True)]
    return row


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROWS, min_size=1, max_size=6))
@example([{"id": "a", "log": LOG, "person": 5}, {"id": "a", "log": LOG, "person": [1]}])
@example([{"id": "a", "log": LOG, "records": [{"a": 12.70, "b": 0.1 + 0.2}]}])
@example([{"id": "a", "log": LOG, "records": [10**20]}, {"id": "a", "log": LOG, "codes": [10**20]}])
def test_as_the_oracle_reads_it(typer: Typer, rows: list[Any]) -> None:
    texts = [json.dumps(row) for row in [FIRST, *rows]]
    typed = type_texts(typer, *texts)
    expected = {n: read_row(CONTACTS, text) for n, text in enumerate(texts)}
    wanted = {n: row for n, row in expected.items() if row is not None}
    good = _rows(typed)
    assert good.keys() == wanted.keys()
    for number, row in wanted.items():
        assert _only(good[number], row) == row
    assert {q["row_number"] for q in typed.quarantine.to_pylist()} == expected.keys() - good.keys()
    assert all(q["raw"] == texts[q["row_number"]] for q in typed.quarantine.to_pylist())


KNOWN = {
    "": {"id", "log", "person", "records", "old_records", "lines", "lines_set", "steps", "codes"}
    | {"code_list", "privacy"},
    "log": {"updated"},
    "person": {"name", "age", "title", "address", "consents", "photo_url"},
    "person.address": {"zip", "post_code"},
    "lines[]": {"line_id", "price", "product", "tags", "photo"},
    "lines[].product": {"name", "id", "photo"},
    "steps[]": {"step"},
}


def unknown(held: Any, place: str = "") -> dict[str, Any]:
    """What an object of a row holds beside the declared fields, with the objects around it."""
    found: dict[str, Any] = {}
    for name, value in held.items() if isinstance(held, dict) else ():
        inner = f"{place}.{name}" if place else name
        if name not in KNOWN[place]:
            found[name] = value
        elif inner in KNOWN and (more := unknown(value, inner)):
            found[name] = more
    return found


def paths(extra: dict[str, Any], place: str = "") -> set[str]:
    """The names of unknown fields with dots between, as people are told."""
    found = set()
    for name, value in extra.items():
        inner = f"{place}.{name}".lstrip(".")
        found |= paths(value, inner) if inner in KNOWN else {inner}
    return found


def without_nulls(extra: dict[str, Any], place: str = "") -> dict[str, Any]:
    """What of it is kept: fields with a value, in objects that hold one."""
    kept = {}
    for name, value in extra.items():
        inner = f"{place}.{name}".lstrip(".")
        held = without_nulls(value, inner) if isinstance(value, dict) else value
        if held is not None and (held != {} or inner not in KNOWN):
            kept[name] = held
    return kept


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS)
def test_unknown_fields_are_kept_where_they_stood(typer: Typer, row: dict[str, Any]) -> None:
    typed = type_rows(typer, FIRST, row)
    told = paths(unknown(row))
    for name in ("lines", "lines_set"):
        held = row.get(name)
        if isinstance(held, list) and held:
            for element in held:
                told |= paths(unknown(element, "lines[]"), "lines[]")
            break
    for element in row["steps"] if isinstance(row.get("steps"), list) else ():
        told |= paths(unknown(element, "steps[]"), "steps[]")
    assert set(typed.unknown) == told
    if typed.rows.num_rows == 2:
        kept = typed.rows["_extra"].to_pylist()[1]
        assert (json.loads(kept) if kept else {}) == without_nulls(unknown(row))
        lines = [r for r in typed.children["contact_lines"].to_pylist() if r["_row_number"] == 1]
        sent = row.get("lines") or row.get("lines_set") or []
        assert [json.loads(r["_extra"]) if r["_extra"] else {} for r in lines] == [
            without_nulls(unknown(e, "lines[]"), "lines[]") for e in sent
        ]


def _content(row: dict[str, Any]) -> Any:
    """What a row says: nothing volatile, lines with a key in any order, and unknown fields."""
    told = read_row(CONTACTS, json.dumps(row))
    assert told is not None
    del told["title"], told["changed_at"]
    sent = row.get("lines") or row.get("lines_set") or []
    lines = [
        {n: v for n, v in line.items() if n != "product"} | {"_": _kept(element, "lines[]")}
        for line, element in zip(told["contact_lines"], sent, strict=True)
    ]
    told["contact_lines"] = sorted(map(repr, lines))
    told["steps"] = [_kept(element, "steps[]") for element in row.get("steps") or ()]
    told["contact_codes"] = plain(row.get("codes") or row.get("code_list") or [])
    return told | {"_": _kept(row, "")}


def _kept(held: dict[str, Any], place: str) -> str:
    return json.dumps(without_nulls(unknown(held, place), place))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS, st.data())
def test_the_hash_is_of_what_a_row_says(
    typer: Typer, row: dict[str, Any], data: st.DataObject
) -> None:
    """One thing of a row is changed: the hash changes with what the row says, and not else."""
    other = json.loads(json.dumps(row))
    name = data.draw(st.sampled_from(["lines", "person", "steps", "new", "records", "log"]))
    if name == "lines" and isinstance(other.get("lines"), list):
        other["lines"] = data.draw(st.permutations(other["lines"]))
    else:
        other[name] = data.draw(ROWS).get(name)
    typed = type_rows(typer, FIRST, row, other)
    if typed.rows.num_rows < 3:
        return
    _, one, two = typed.rows["_row_hash"].to_pylist()
    assert (one == two) == (_content(row) == _content(other))


CAR = {"line_id": "1", "price": 1.5, "product": {"name": "car", "id": 7}}
BALL = {"line_id": "2", "price": 2}
SOLD = {"id": "a", "log": LOG, "person": {"name": "Ann", "title": "Dr"}, "lines": [CAR, BALL]}
SOLD |= {"steps": [{"step": 1}, {"step": 2}], "records": [{"a": 1}]}


@pytest.mark.parametrize(
    ("fields", "is_same"),
    [
        ({"person": {"title": "Prof", "name": " Ann"}}, True),
        ({"person": {"name": "Ann", "address": {}, "nickname": None}}, True),
        ({"person": {"name": "Ann", "photo_url": "x"}, "privacy": {"a": 1}}, True),
        ({"log": {"updated": "2024-01-08 12:00:01"}}, True),
        ({"lines": [BALL, CAR]}, True),
        ({"lines": [CAR | {"product": {"name": "auto", "id": "7"}, "tags": []}, BALL]}, True),
        ({"lines": [CAR | {"price": "1.50", "photo": "x"}, BALL]}, True),
        ({"lines": [], "lines_set": [CAR, BALL]}, True),
        ({"records": None, "old_records": [{"a": 1}]}, True),
        ({"person": {"name": "Bob"}}, False),
        ({"person": {"name": "Ann", "nickname": "A"}}, False),
        ({"person": {"name": "Ann", "address": {"zip": "1"}}}, False),
        ({"lines": [CAR]}, False),
        ({"lines": [CAR, BALL, BALL]}, False),
        ({"lines": [CAR | {"price": 1.51}, BALL]}, False),
        ({"lines": [CAR | {"tags": ["x"]}, BALL]}, False),
        ({"lines": [CAR | {"discount": 1}, BALL]}, False),
        ({"lines": [CAR | {"product": {"id": 8}}, BALL]}, False),
        ({"steps": [{"step": 2}, {"step": 1}]}, False),
        ({"records": [{"a": 2}]}, False),
    ],
    ids=[
        *("volatile", "empty-object", "ignored", "version", "keyed-lines-moved", "volatile-line"),
        *("same-price", "other-spelling", "alias", "name", "unknown", "deeper", "line-gone"),
        *("line-twice", "price", "json-in-line", "unknown-in-line", "object-in-line"),
        *("steps-moved", "json"),
    ],
)
def test_what_a_hash_takes_in(typer: Typer, fields: dict[str, Any], is_same: bool) -> None:
    typed = type_rows(typer, FIRST, SOLD, SOLD | fields)
    assert typed.quarantine.num_rows == 0
    _, one, two = typed.rows["_row_hash"].to_pylist()
    assert (one == two) == is_same


def test_the_hash_stays(typer: Typer) -> None:
    """A hash that changes makes a new version of every row there is."""
    full = {
        "id": "a",
        "log": LOG,
        "person": {"name": "Ann", "address": {"zip": "1"}, "nickname": "A"},
        "lines": [{"line_id": "1", "price": 1.5, "product": {"id": 7}, "discount": 1}],
        "steps": [{"step": 1}, {"step": 2}],
        "codes": ["x", "y"],
        "records": [{"b": 1}],
    }
    typed = type_rows(typer, FIRST, full)
    assert typed.quarantine.num_rows == 0
    assert typed.rows["_row_hash"].to_pylist() == [
        "de47b638d2dc4f4522f4803bab215e90",
        "a6486fa19603d79f69bc3ae0817a10ef",
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"person": {"name": " Ann "}}, {"name": "Ann", "zip": None}),
        ({"person": {"address": {"post_code": "110"}}}, {"zip": "110"}),
        ({"person": {"address": {"zip": "", "post_code": "110"}}}, {"zip": "110"}),
        ({"person": {"address": []}}, {"zip": None}),
        ({"person": []}, {"name": None}),
        ({"person": {}}, {"name": None}),
        ({"person": None}, {"name": None}),
        ({"records": []}, {"records": None}),
        ({"records": None, "old_records": [1]}, {"records": [parse("1")]}),
        ({"records": "[1]"}, {"records": "[1]"}),
        ({"records": 12345678901234567}, {"records": parse("12345678901234567")}),
        ({"lines": None, "steps": []}, {"contact_lines": [], "contact_steps": []}),
        ({"code_list": ["x"], "codes": []}, {"contact_codes": ["x"]}),
    ],
    ids=lambda value: json.dumps(value)[:44],
)
def test_reads(typer: Typer, fields: dict[str, Any], expected: dict[str, Any]) -> None:
    row = type_row(typer, **fields)
    assert isinstance(row, dict), row
    assert {name: row[name] for name in expected} == expected


def test_lines_are_typed(typer: Typer) -> None:
    row = type_row(typer, lines_set=[{"price": "1.50", "product": {"id": 7}, "tags": {"a": [1]}}])
    assert isinstance(row, dict), row
    line = row["contact_lines"][0]
    assert (line["price"], line["product_id"], line["line_id"]) == (Decimal("1.5000"), 7, None)
    assert line["tags"] == (("a", [parse("1")]),)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"person": 5}, "person is not an object"),
        ({"person": "x"}, "person is not an object"),
        ({"person": [{}]}, "person is not an object"),
        ({"person": {"address": "x"}}, "person.address is not an object"),
        ({"person": {"name": {"a": 1}}}, "name cannot be read as text without loss"),
        (
            {"person": {"address": {"zip": None, "post_code": {}}}},
            "zip cannot be read as text without loss",
        ),
        ({"person": {"age": "x"}}, "age is no integer"),
        ({"log": {"updated": None}}, "changed_at is missing"),
        ({"log": None}, "changed_at is missing"),
        ({"records": [1.23456789012345678]}, "records cannot be read as json without loss"),
        ({"lines": [{"price": 1}, {"price": "x"}]}, "contact_lines.price is no decimal"),
        ({"lines": [{"line_id": "1"}]}, "contact_lines.price is missing"),
        (
            {"lines": [{"price": 1, "product": 7}]},
            "contact_lines.product is not an object",
        ),
        ({"lines": [5]}, "contact_lines holds an element that is not an object"),
        ({"lines": [None]}, "contact_lines holds an element that is not an object"),
        ({"lines": {"price": 1}}, "contact_lines is not an array"),
        ({"lines": [{"price": 1}], "lines_set": 5}, "contact_lines is not an array"),
        (
            {"lines": [{"price": 1}], "lines_set": [{"price": 2}]},
            "contact_lines says two things under two names",
        ),
        ({"codes": ["x", ["y"]]}, "contact_codes holds an element that is no text"),
        ({"codes": "x"}, "contact_codes is not an array"),
        ({"codes": [], "code_list": 7}, "contact_codes is not an array"),
    ],
    ids=lambda value: value if isinstance(value, str) else json.dumps(value)[:44],
)
def test_quarantines(typer: Typer, fields: dict[str, Any], reason: str) -> None:
    assert type_row(typer, **fields) == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('"person": {"name": "a", "name": "b"}', "person holds a field twice"),
        ('"person": {"address": {"zip": 1, "zip": 2}}', "person.address holds a field twice"),
        (
            '"lines": [{"price": 1, "price": 2}]',
            "contact_lines holds an element in which a field occurs twice",
        ),
        (
            '"lines": [{"price": 1, "product": {"id": 1, "id": 2}}]',
            "contact_lines.product holds a field twice",
        ),
    ],
    ids=["object", "deeper", "element", "in-element"],
)
def test_a_field_twice_is_quarantined(typer: Typer, text: str, reason: str) -> None:
    row = f'{{"id": "a", "log": {json.dumps(LOG)}, {text}}}'
    typed = type_texts(typer, json.dumps(FIRST), row)
    assert typed.quarantine["reason"].to_pylist() == [reason]
    assert typed.quarantine["raw"].to_pylist() == [row]


def test_one_bad_element_takes_the_whole_row(typer: Typer) -> None:
    bad = {"id": "a", "log": LOG, "lines": [{"price": 1}, {"price": "x"}], "steps": [{"step": 3}]}
    typed = type_rows(typer, FIRST, bad)
    assert typed.rows["id"].to_pylist() == ["first"]
    assert {name: t["_row_number"].to_pylist() for name, t in typed.children.items()} == {
        "contact_lines": [0],
        "contact_steps": [0],
        "contact_codes": [],
    }
    assert typed.received == 2


def test_one_reason_is_told_once_however_many_elements_have_it(typer: Typer) -> None:
    typed = type_rows(typer, FIRST, {"id": "a", "log": LOG, "lines": [{"price": "x"}] * 3})
    assert typed.quarantine["column_name"].to_pylist() == ["contact_lines.price"]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"id": "a"}, "log.updated"),
        ({"id": "a", "log": None}, "log.updated"),
        ({"id": "a", "log": {"changed": 1}}, "log.updated"),
        ({"id": "a", "log": LOG, "lines": [{"line_id": "1"}]}, "lines[].price"),
        ({"id": "a", "log": LOG, "steps": [{"Step": 1}]}, "steps[].step"),
    ],
    ids=["no-object", "null-object", "renamed-inside", "no-element-has-it", "renamed-in-elements"],
)
def test_a_required_field_that_vanishes_fails_loudly(
    typer: Typer, row: dict[str, Any], field: str
) -> None:
    with pytest.raises(Drifted) as caught:
        type_rows(typer, row, row)
    assert f"carries the required field {field!r}" in str(caught.value)


def test_what_was_asked_for_stands_in_where_the_row_does_not_say_it() -> None:
    table = Table(
        name="invoices",
        description="Invoices.",
        key=("invoice_id",),
        version_by=VersionBy.SEEN,
        columns=(
            Column(
                name="invoice_id", wire="id", kind=Kind.TEXT, description="Its id.", required=True
            ),
            Column(
                name="account_id",
                wire="id",
                within=("account",),
                kind=Kind.TEXT,
                description="Whose it is.",
                asked="account",
            ),
        ),
    )
    body = b'[{"id": "1"}, {"id": "2", "account": {"id": "B"}}, {"id": "3", "account": null}]'
    typer = Typer("one")
    asked, plain = (
        typer.type_pages(
            table,
            [
                Page(
                    table="invoices",
                    body=body,
                    received_at=datetime(2024, 1, 8),
                    request="GET /invoices",
                    page_id=f"page-{len(said)}",
                    asked=said,
                )
            ],
            "w",
        )
        for said in ((("account", "A"),), ())
    )
    typer.close()
    assert asked.rows["account_id"].to_pylist() == ["A", "B", "A"]
    assert plain.rows["account_id"].to_pylist() == [None, "B", None]
    assert asked.quarantine.num_rows == asked.unknown.get("account", 0) == 0
