"""What is in a delivered file, and what a query may and may not do."""

from __future__ import annotations

import csv as library
import io
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.deliver.content import Unwritable, csv, json_lines, make
from pipelines.deliver.declared import Extract, parse
from pipelines.deliver.periods import Kind, Period
from sources._http.errors import Misconfigured
from tests.pipelines.deliver_world import World, made

DAY = Period(Kind.DAY, date(2026, 11, 23))
TEXTS = st.lists(st.tuples(st.text(), st.none() | st.text()), max_size=5)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return made(tmp_path_factory.mktemp("content"))


def extract(query: str, **said: str) -> Extract:
    header = "".join(f"-- {key}: {value}\n" for key, value in said.items())
    return parse("orders", f"-- connection: shop\n{header}{query}")


def content(world: World, query: str, **said: str) -> bytes:
    return make(extract(query, **said), DAY, world.places.published).data


def test_each_format(world: World) -> None:
    query = "select number, made_on, amount from sales.orders order by number limit 1"
    assert content(world, query) == b"number,made_on,amount\n22,2026-11-22,12.5000\n"
    line = b'{"number":22,"made_on":"2026-11-22","amount":12.5000}\n'
    assert content(world, query, format="jsonl") == line
    table = pq.read_table(io.BytesIO(content(world, query, format="parquet")))
    assert table.to_pylist() == [
        {"number": 22, "made_on": date(2026, 11, 22), "amount": Decimal("12.5000")}
    ]


def test_the_first_rows_are_shown(world: World) -> None:
    for form in ("csv", "parquet"):
        made_so = make(
            extract("select n from range(9) as t(n) order by n", format=form),
            DAY,
            world.places.published,
        )
        assert (made_so.rows, made_so.columns) == (9, ("n",))
        assert made_so.first == ((0,), (1,), (2,), (3,), (4,))


def test_a_period_has_bounds_in_days_and_in_utc(world: World) -> None:
    query = "select $period_start, $period_end, $period_start_at, $period_end_at"
    said = content(world, query, timezone="America/Vancouver").decode().splitlines()[1]
    assert said == "2026-11-23,2026-11-24,2026-11-23T08:00:00,2026-11-24T08:00:00"


@given(TEXTS)
def test_csv_is_read_back_as_it_was(rows: list[tuple[str, str | None]]) -> None:
    written = csv(("a", "b,c"), rows).decode()
    read = list(library.reader(io.StringIO(written, newline=""), strict=True))
    assert read == [["a", "b,c"], *([a, b or ""] for a, b in rows)]


@given(TEXTS)
def test_json_lines_are_read_back_as_they_were(rows: list[tuple[str, str | None]]) -> None:
    written = json_lines(('"a"', "b"), rows).decode()
    read = [json.loads(line) for line in written.split("\n")[:-1]]
    assert read == [{'"a"': a, "b": b} for a, b in rows]


@given(st.lists(st.none() | st.text(), max_size=5))
def test_a_single_column_loses_no_row(values: list[str | None]) -> None:
    """Readers pass over an empty line."""
    written = csv(("a",), [(value,) for value in values]).decode()
    read = [row for row in library.reader(io.StringIO(written, newline=""), strict=True) if row]
    assert read == [["a"], *([value or ""] for value in values)]


def test_nothing_and_an_empty_text_differ() -> None:
    assert csv(("a", "b"), [(None, "")]) == b'a,b\n,""\n'


@pytest.mark.parametrize(
    ("value", "in_csv", "in_json"),
    [
        (True, "true", "true"),
        (Decimal("0E-8"), "0.00000000", "0.00000000"),
        (Decimal("123456789012345678.1234"), *["123456789012345678.1234"] * 2),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05", '"2026-01-02T03:04:05"'),
        ({"x": [Decimal("1.50"), None]}, '"{""x"":[1.50,null]}"', '{"x":[1.50,null]}'),
        ("été", "été", '"été"'),
    ],
    ids=["bool", "zero", "digits", "time", "nested", "accents"],
)
def test_values(value: Any, in_csv: str, in_json: str) -> None:
    assert csv(("a",), [(value,)]).decode() == f"a\n{in_csv}\n"
    assert json_lines(("a",), [(value,)]).decode() == f'{{"a":{in_json}}}\n'


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(Unwritable, match="no nan"):
        json_lines(("a",), [(float("nan"),)])
    with pytest.raises(Unwritable, match="bytes"):
        csv(("a",), [(b"a",)])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select * from read_text('{file}')", "disabled by configuration"),
        ("from '{file}'", "disabled by configuration"),
        ("select 1 as a, 2 as a", "two columns are called 'a'"),
        ("select nothing from sales.orders", "nothing"),
        ("select made_on from nowhere", "nowhere"),
    ],
    ids=["reads-a-file", "names-a-file", "twins", "no-column", "no-table"],
)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_a_query_may_not(world: World, form: str, query: str, said: str) -> None:
    file = Path(world.folder) / "secret.csv"
    file.write_text("a\n1\n")
    with pytest.raises(Misconfigured, match=said) as refused:
        content(world, query.format(file=file), format=form)
    assert "deliveries/orders.sql" in str(refused.value)
