"""Rows that are hostile: a good one beside them is typed, and they are kept as they came."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources._tables import depth
from sources._tables.typer import Typer
from tests.sources.bad_table import GOOD, beside_a_good_one, nested, read, row


@pytest.fixture(scope="module")
def reader() -> Iterator[Typer]:
    made = Typer("c", "Europe/Prague")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("field", "levels"),
    [("Free", 100_000), ("New", 100_000), ("Inner", 9_000), ("Lines", 300), ("Numbers", 300)],
)
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")], ids=["arrays", "objects"])
def test_what_is_nested_too_deep_is_quarantined(
    reader: Typer, field: str, levels: int, brackets: tuple[str, str]
) -> None:
    why = beside_a_good_one(reader, row(**{field: nested(levels, *brackets)}))
    assert why == "the row is nested more than 200 deep"


def test_a_bad_row_of_depth_still_shows_its_number_to_be_confirmed(reader: Typer) -> None:
    typed = read(reader, GOOD, row(Number="77", New=nested(100_000)))
    assert typed.queue is not None
    assert sorted(typed.queue["item_id"].to_pylist()) == [1, 77]


@pytest.mark.parametrize("quoted", ['"]]]]"', '"\\"]]"', '"\\\\"', '"\\\\\\"]"', '"[[[["'])
def test_brackets_in_texts_do_not_count(reader: Typer, quoted: str) -> None:
    deep = ('[{"a": ' + quoted + ', "b": ') * 150 + "1" + "}]" * 150
    assert "nested" in beside_a_good_one(reader, row(New=deep))
    many = "[" + ", ".join([quoted] * 300) + "]"
    assert read(reader, GOOD, row(New=many)).rows.num_rows == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('[]{}"\\a', max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text('[]{}"\\a', max_size=3), inner, max_size=3)
    ),
    max_leaves=20,
)


def levels_of(value: Any) -> int:
    if not isinstance(value, list | dict):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(levels_of, inner), default=0)


@settings(deadline=None)
@given(JSON, st.integers(0, 205))
def test_depth_is_counted_as_it_is(value: Any, around: int) -> None:
    text = nested(around).replace("1", json.dumps(value))
    levels = around + levels_of(value)
    assert depth.is_deep(text.encode()) == (levels > 200)
    shallow = json.loads(depth.shallow(text))
    assert levels_of(shallow) == min(levels, 200)
    if levels <= 200:
        assert shallow == json.loads(text)
    assert depth.where_it_ends(f"[{text}] ]", 0) == len(text) + 2


LONG = "1" + "0" * 1_000_000


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"Number": LONG}, "number cannot be read as integer without loss"),
        ({"Amount": LONG}, "amount cannot be read as decimal without loss"),
        ({"Amount": "1e400"}, "amount is no decimal"),
        ({"Amount": "NaN"}, "amount is no decimal"),
        ({"Amount": "-Infinity"}, "amount is no decimal"),
        ({"Number": '"5"', "Amount": '"1e2"'}, "amount is no decimal"),
        ({"Day": '"10000-01-01"'}, "day is no date"),
        ({"Day": '"9999-12-31"'}, "day is no date"),
        ({"Day": '"0000-00-00"'}, "day is no date"),
        ({"Moment": '"0001-01-01T00:00:00+14:00"'}, "moment is no timestamp"),
        ({"Moment": '"9999-12-31T23:59:59-14:00"'}, "moment is no timestamp"),
        ({"Moment": '"2023-08-13T10:00:00+99:99"'}, "moment is no timestamp"),
        ({"Id": '"\\ud800"'}, "the row is not valid Unicode text"),
        ({"New\\udc00": "1"}, "the row is not valid Unicode text"),
        ({"Id": '"a\\u001fb"'}, "id holds a character that no key can (U+001F)"),
        ({"Part": '"a\\u001fb"'}, "part holds a character that no key can (U+001F)"),
        ({"Id": '"' + "k" * 1_000_000 + '"'}, "id is longer than a key can be (1000)"),
        ({"Id": '""'}, "id is missing"),
        ({"Id": '"\\u00a0 "'}, "id is missing"),
        ({"Flag": '"yes"', "Id": '"\\u0000"'}, "flag is no flag"),
        ({"Lines": '[{"Price": NaN}]'}, "lines.price is no decimal"),
        ({"Numbers": "[1, 1e400]"}, "numbers holds an element that is no integer"),
    ],
    ids=lambda value: value[:50] if isinstance(value, str) else next(iter(value)),
)
def test_a_value_that_is_none_is_quarantined(
    reader: Typer, fields: dict[str, str], why: str
) -> None:
    assert beside_a_good_one(reader, row(**fields)) == why


@pytest.mark.parametrize(
    ("fields", "column", "value"),
    [
        ({"Number": "-0"}, "number", 0),
        ({"Amount": "-0.0"}, "amount", Decimal("0.0000")),
        ({"Id": '"a\\u0000b"'}, "id", "a\x00b"),
        ({"New": LONG}, "_extra", '{"New":' + LONG + "}"),
        ({"New": "1e400"}, "_extra", '{"New":1e400}'),
        ({"Free": "NaN"}, "free", "NaN"),
        ({"x\\u0000y": "1"}, "_extra", '{"x\\u0000y":1}'),
        ({"": "1"}, "_extra", '{"":1}'),
        ({"a\\u001fb": "1"}, "_extra", '{"a\\u001Fb":1}'),
        ({'*$[0].\\"/~': "1"}, "_extra", '{"*$[0].\\"/~":1}'),
        ({"n" * 10_000_000: "1"}, "_extra", '{"' + "n" * 10_000_000 + '":1}'),
    ],
    ids=[
        "-0",
        "-0.0",
        "nul",
        "long",
        "power",
        "nan",
        "nul-name",
        "no-name",
        "unit",
        "path",
        "10MB",
    ],
)
def test_a_value_that_is_odd_is_kept(
    reader: Typer, fields: dict[str, str], column: str, value: object
) -> None:
    typed = read(reader, GOOD, row(**fields))
    assert typed.rows[column].to_pylist()[1] == value


def test_keys_of_several_parts_do_not_meet(reader: Typer) -> None:
    said = [("a", "b"), ("a\x1f", "b"), ("a", "\x1fb"), ("ab", "c"), ("a", "bc")]
    rows = [row(Id=json.dumps(one), Part=json.dumps(two)) for one, two in said]
    keys = read(reader, *rows).rows["_key"].to_pylist()
    assert keys == ["c\x1fa\x1fb", "c\x1fab\x1fc", "c\x1fa\x1fbc"]


def test_a_text_cannot_pass_for_another_columns(reader: Typer) -> None:
    one = row(Inner='{"F": "x", "Field": "y"}')
    other = row(Inner='{"F": "x\\u001fInner.Field=y"}')
    assert len(set(read(reader, one, other).rows["_row_hash"].to_pylist())) == 2


def test_a_comma_too_many_spoils_no_page(reader: Typer) -> None:
    typed = read(reader, GOOD, row(Amount='"no"')[:-1] + ",}", "")
    assert typed.rows["id"].to_pylist() == ["good"]
    (bad,) = typed.quarantine.to_pylist()
    assert json.loads(bad["raw"])["Amount"] == "no"


@pytest.mark.parametrize("bad", ["7", '"text"', "null", "[]", "true", "1e400"])
def test_of_what_is_no_object_nothing_else_is_said(reader: Typer, bad: str) -> None:
    assert beside_a_good_one(reader, bad) == "the row is not an object"
    assert read(reader, GOOD, bad).quarantine.num_rows == 1


def test_every_bad_row_is_kept(reader: Typer) -> None:
    bad = [row(Amount='"no"'), "7", row(Id='"\\ud800"'), row(New=nested(300)), row(Flag='"?"')]
    typed = read(reader, bad[0], GOOD, *bad[1:])
    kept = {q["row_number"]: q["raw"] for q in typed.quarantine.to_pylist()}
    assert kept == dict(zip([0, 2, 3, 4, 5], bad, strict=True))
    assert (typed.received, typed.rows.num_rows) == (6, 1)
