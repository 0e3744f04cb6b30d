"""Pages of too much: fields, names, rows, elements. What can be typed still is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources._http.errors import Drifted
from sources._tables import slices, typer, typing_sql
from sources._tables.typer import OTHERS, Typer
from tests.sources.bad_table import GOOD, beside_a_good_one, read, row


@pytest.fixture(scope="module")
def reader() -> Iterator[Typer]:
    made = Typer("c", "Europe/Prague")
    yield made
    made.close()


def wide(count: int, start: int = 0) -> str:
    return ", ".join(f'"x{n}": {n}' for n in range(start, start + count))


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (row()[:-1] + f", {wide(100_000)}}}", "the row has more than 2000 fields"),
        (row(Inner=f"{{{wide(2_001)}}}"), "Inner has more than 2000 fields"),
        (row(Lines=f"[{{{wide(2_001)}}}]"), "lines holds an element of more than 2000 fields"),
    ],
    ids=["row", "object", "element"],
)
def test_a_row_of_too_many_fields_is_quarantined(reader: Typer, bad: str, why: str) -> None:
    assert beside_a_good_one(reader, bad) == why


def test_names_that_are_data_are_kept_and_not_told_one_by_one(reader: Typer) -> None:
    rows = [
        row(Id=f'"{n}"')[:-1] + f', "x{n}": {{"b": null, "a": {n}}}, "often": 1}}'
        for n in range(5_000)
    ]
    typed = read(reader, *rows)
    assert typed.rows.num_rows == 5_000
    kept = dict(zip(typed.rows["id"].to_pylist(), typed.rows["_extra"].to_pylist(), strict=True))
    assert kept["7"] == '{"often":1,"x7":{"a":7}}'
    assert kept["4999"] == '{"often":1,"x4999":{"a":4999}}'
    assert len(typed.unknown) == typer.MOST_UNKNOWN + 1
    assert typed.unknown["often"] == 5_000
    assert typed.unknown[OTHERS] == 5_000 - (typer.MOST_UNKNOWN - 1)


def test_a_required_field_is_seen_among_ever_so_many_others(reader: Typer) -> None:
    rows = [f'{{"Id": "{n}", {wide(3, 3 * (n // 2))}}}' for n in range(400)]
    typed = read(reader, *rows, GOOD)
    assert typed.rows["id"].to_pylist() == ["good"]


NAMES = st.sampled_from(["Id", "id", "f", "field", "name", "said", "a/b", 'q"', "ł", "z.z", "~"])
HELD: st.SearchStrategy[Any] = st.sampled_from([None, 7, "x", {"n": None, "m": []}, [{"o": None}]])
FIELDS = st.dictionaries(NAMES, HELD)


@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(FIELDS, FIELDS, FIELDS), min_size=1, max_size=4))
def test_many_names_make_no_other_row(
    reader: Typer, said: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]
) -> None:
    """A row is the same, and of the same hash, however many names the page has besides."""
    rows = [
        json.dumps({**own, "Id": f"{n}", "Part": "1", "Number": 1, "Inner": inner, "Lines": [line]})
        for n, (own, inner, line) in enumerate(said)
    ]
    others = [row(Id=f'"o{n}"')[:-1] + f", {wide(150, 150 * n)}}}" for n in range(4)]
    others += [row(Id=f'"p{n}"', Lines=f"[{{{wide(150, 150 * n)}}}]") for n in range(4)]
    few, many = read(reader, *rows), read(reader, *rows, *others)
    assert OTHERS not in few.unknown
    assert {OTHERS, f"Lines[].{OTHERS}"} < set(many.unknown)
    taken = ["_key", "_extra", "_row_hash"]
    assert many.rows.slice(0, len(rows)).select(taken) == few.rows.select(taken)
    told = few.children["lines"].num_rows
    assert many.children["lines"].slice(0, told)["_extra"] == few.children["lines"]["_extra"]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (["1"] * (slices.MOST_ROWS + 1), "has more than 1000000 rows"),
        ([row(Lines="[" + "{}," * typer.MOST_ELEMENTS + "{}]")], "1000001 elements of lines"),
        ([row(Numbers="[" + "1," * typer.MOST_ELEMENTS + "1]")], "1000001 elements of numbers"),
    ],
    ids=["rows", "elements", "scalars"],
)
def test_a_page_of_more_than_memory_can_bear_is_refused(
    reader: Typer, rows: list[str], why: str
) -> None:
    with pytest.raises(Drifted, match=why) as caught:
        read(reader, *rows)
    assert "kept in the archive as p" in str(caught.value)
    assert caught.value.table == "things"


def test_the_most_fields_of_a_row_are_typed(reader: Typer) -> None:
    most = row()[:-1] + f", {wide(typing_sql.MOST_FIELDS - 3)}}}"
    typed = read(reader, GOOD, most)
    assert len(json.loads(typed.rows["_extra"].to_pylist()[1])) == typing_sql.MOST_FIELDS - 3
