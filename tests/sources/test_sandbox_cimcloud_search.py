"""Searchstrings: what the sandbox finds is what an oracle finds in the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.cimcloud_wire import Caller, Row, site

TODAY = date(2024, 1, 8)  # where the sandbox's clock stands, seen from Vancouver
NUMBERS = ("c_ordnum", "a_id", "exported")
MONEY = ("order_total", "shipping_total")
TEXTS = ("po_number", "lifecycle_stage", "OrderComment_Text", "CouponData_UserCode")
DAYS = ("order_date", "create_date", "last_modify_date")
PIECES = (
    *("searchlike", "searchbetween", "searchexact", "nm", "create_date", "a_id", "é", "9", "%"),
    *("~", "|and|", "|or|", "(", ")", "|", "<<date>>", "<<dateadd:days:-", ">>", "1/1/2024"),
)
Test = Callable[[Row], bool]
Said = tuple[str, Test]  # a searchstring, and whether a row fits
# the sites are this module's, and an example does not change them
quick = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with site(rows=120, order="stable") as caller:
        yield caller


class Orders:
    """The rows to be searched, told briefly when an example fails."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows

    def __repr__(self) -> str:
        return f"{len(self.rows)} orders"


@pytest.fixture(scope="module")
def orders(caller: Caller) -> Orders:
    return Orders(list(caller.books.rows("orders").values()))


def _typed(field: str, value: object) -> Any:
    """A value as it is compared; None if there is none."""
    if value in (None, ""):
        return None
    if field in DAYS:
        return datetime.fromisoformat(str(value)).date()
    return str(value).lower() if field in TEXTS else Decimal(str(value))


def _pick(draw: st.DrawFn, field: str, orders: Orders) -> tuple[str, Any]:
    """A value to search for, often one that a row has: as it is said, and as it is compared."""
    row = draw(st.sampled_from(orders.rows))
    value = _typed(field, row[field])
    if field in DAYS:
        day = value + timedelta(days=draw(st.integers(-2, 2)))
        ago = (day - TODAY).days
        said = [f"<<dateadd:days:{ago}>>", f"{day.month}/{day.day}/{day.year}"]
        said += [f"{day.month:02}/{day.day:02}/{day.year}"] + ["<<date>>"] * (ago == 0)
        return draw(st.sampled_from(said)), day
    if field in TEXTS:
        text = draw(st.sampled_from([str(row[field] or "SUBMITTED"), "po", "PO-80", "zz"]))
        return text, text.lower()
    number = value + draw(st.sampled_from([0, 0, 1, -1]))
    return str(number), number


@st.composite
def _conditions(draw: st.DrawFn, orders: Orders) -> Said:
    field = draw(st.sampled_from([*NUMBERS, *MONEY, *TEXTS, *DAYS]))
    operator = draw(
        st.sampled_from(["searchlike", "searchexact", "searchbetween", "searchgreatherthanequal"])
    )
    said, value = _pick(draw, field, orders)
    if operator == "searchlike":
        part = str(draw(st.sampled_from(orders.rows))[field] or "x")[: draw(st.integers(1, 6))]
        return (
            f"searchlike~{field}~{part}",
            lambda row: part.lower() in str(row[field] or "").lower(),
        )
    if operator == "searchbetween":
        said_end, end = _pick(draw, field, orders)
        return (
            f"{operator}~{field}~{said}~{said_end}",
            lambda row: (it := _typed(field, row[field])) is not None and value <= it <= end,
        )
    if operator == "searchexact":
        return f"{operator}~{field}~{said}", lambda row: _typed(field, row[field]) == value
    return (
        f"{operator}~{field}~{said}",
        lambda row: (it := _typed(field, row[field])) is not None and it >= value,
    )


def _joined(word: str, terms: list[Said]) -> Said:
    said = f"|{word}|".join(text for text, _ in terms)
    how = all if word == "and" else any
    return f"({said})", lambda row: how(test(row) for _, test in terms)


def _expressions(orders: Orders) -> st.SearchStrategy[Said]:
    def grown(smaller: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
        words = st.sampled_from(["and", "or"])
        return st.builds(_joined, words, st.lists(smaller, min_size=2, max_size=3))

    return st.recursive(_conditions(orders), grown, max_leaves=5)


@quick
@given(data=st.data())
def test_what_is_found_is_what_fits(data: st.DataObject, caller: Caller, orders: Orders) -> None:
    said, fits = data.draw(_expressions(orders))
    if said.startswith("(") and data.draw(st.booleans()):
        said = said[1:-1]  # the outermost parentheses may go

    found = caller.everything("orders", said)

    assert found == [row for row in orders.rows if fits(row)], said


@quick
@given(said=st.lists(st.sampled_from(PIECES), min_size=1, max_size=9).map("".join))
def test_whatever_is_said_is_answered_or_refused(caller: Caller, said: str) -> None:
    answer = caller.ask(f"/accounts/{quote(said, safe='')}/1")

    assert answer.status in (200, 400)
    if answer.status == 400:
        assert answer.body.startswith(b"Bad searchstring: ")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("nm", "operator~field~value is expected"),
        ("searchlike~nm", "operator~field~value is expected"),
        ("searchalike~nm~x", "there is no operator 'searchalike'"),
        ("SEARCHLIKE~nm~x", "there is no operator 'SEARCHLIKE'"),
        ("searchlike~name~x", "there is no field 'name'"),
        ("searchbetween~a_id~1", "searchbetween takes 2 value(s)"),
        ("searchexact~a_id~1~2", "searchexact takes 1 value(s)"),
        ("searchexact~a_id~one", "a_id is a number, not 'one'"),
        ("searchgreatherthanequal~create_date~2024-01-01", "'2024-01-01' is no day"),
        ("searchexact~create_date~2/30/2024", "day is out of range for month"),
        ("searchexact~create_date~<<dateadd:months:1>>", "is no day"),
        ("searchexact~create_date~<<dateadd:days:99999>>~", "searchexact takes 1"),
        ("searchlike~nm~a|and|searchlike~nm~b|or|searchlike~nm~c", "and and or are mixed"),
        ("searchlike~nm~a|xor|searchlike~nm~b", "a joiner is expected"),
        ("(searchlike~nm~a", "a closing parenthesis is expected"),
        ("searchlike~nm~a)", "a joiner is expected"),
        ("searchlike~nm~a|and|", "operator~field~value is expected"),
        ("(" * 60 + "searchlike~nm~a" + ")" * 60, "nested too deep"),
    ],
)
def test_a_searchstring_that_is_none_is_refused(caller: Caller, said: str, why: str) -> None:
    answer = caller.ask(f"/accounts/{quote(said, safe='')}/1")

    assert answer.status == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert why in answer.body.decode()


def test_nothing_is_found_by_an_empty_value(caller: Caller, orders: Orders) -> None:
    empty = [row for row in orders.rows if row["OrderComment_Text"] in (None, "")]

    assert caller.everything("orders", "searchexact~OrderComment_Text~") == empty


TIMES = [f"2024-01-0{day}T{clock}" for day in (5, 6, 7, 8) for clock in ("00:00:00", "23:59:59")]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, TIMES[2:6]),
        ({"between": "midnight"}, TIMES[2:5]),
        ({"today_offset": -1}, TIMES[:4]),
        ({"timezone": "Pacific/Kiritimati"}, TIMES[4:]),
    ],
    ids=["whole days", "until midnight", "today is another", "where it is tomorrow"],
)
def test_days_are_the_sites(options: dict[str, Any], found: list[str]) -> None:
    with site(rows=0, **options) as caller:
        for time in TIMES:
            caller.books.make("accounts", create_date=time)
        said = "searchbetween~create_date~<<dateadd:days:-2>>~<<dateadd:days:-1>>"
        shown = sorted(row["create_date"] for row in caller.everything("accounts", said))

    assert shown == found


def test_order_of_values_matters(caller: Caller, orders: Orders) -> None:
    numbers = [row["c_ordnum"] for row in orders.rows]
    low, high = min(numbers), max(numbers)

    assert caller.page("orders", f"searchbetween~c_ordnum~{high}~{low}", 1) == []
    assert caller.everything("orders", f"searchbetween~c_ordnum~{low}~{high}") == orders.rows
