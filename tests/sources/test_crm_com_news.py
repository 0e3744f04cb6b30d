"""Which rows say something new, told by a clock that is not ours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.crm_com.news import EDGE, MOST, News, changed_at

NOON = datetime(2024, 3, 1, 12)


def row(key: str, at: datetime) -> dict[str, Any]:
    return {"id": key, "log_information": {"updated_date": at.isoformat()}}


def seen(*rows: dict[str, Any]) -> News:
    news = News()
    for one in rows:
        news.add(one)
    return News.of(news.position())


def test_all_is_news_at_first_and_nothing_the_second_time() -> None:
    rows = [row("a", NOON), row("b", NOON - timedelta(days=9)), row("c", NOON - EDGE / 2)]
    assert all(News().has(one) for one in rows)
    assert not any(seen(*rows).has(one) for one in rows)


@pytest.mark.parametrize(
    ("after", "is_news"),
    [
        (timedelta(seconds=1), True),
        (timedelta(0), True),
        # the hour that autumn repeats, or a change that became visible late
        (-timedelta(hours=1), True),
        (-EDGE, False),
    ],
    ids=["later", "the same second", "an hour earlier", "long before"],
)
def test_a_row_that_was_not_there(after: timedelta, is_news: bool) -> None:
    assert seen(row("a", NOON)).has(row("b", NOON + after)) is is_news


def test_a_row_that_changed_is_news_whatever_the_clock_says() -> None:
    news = seen(row("a", NOON), row("b", NOON - timedelta(minutes=1)))
    assert news.has(row("b", NOON - timedelta(minutes=30)))


@pytest.mark.parametrize("log", [None, {}, {"updated_date": 7}, {"updated_date": "soon"}], ids=str)
def test_a_row_that_says_no_time_is_always_news(log: object) -> None:
    silent = {"id": "a", "log_information": log}
    assert seen(silent, row("b", NOON)).has(silent)


def test_a_row_never_changed_says_when_it_was_made() -> None:
    assert changed_at({"log_information": {"created_date": "2024-03-01T12:00:00"}}) != ""


@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3_000), max_size=6),
        min_size=1,
        max_size=5,
    )
)
def test_no_change_made_in_the_last_hours_or_later_is_overlooked(
    readings: list[dict[str, int]],
) -> None:
    news = News()
    known: dict[str, datetime] = {}
    for minutes in readings:
        reading = {key: NOON + timedelta(minutes=m) for key, m in minutes.items()}
        edge = max(known.values(), default=NOON - timedelta(days=1)) - EDGE
        before = News.of(news.position())
        for key, at in reading.items():
            if known.get(key) == at:
                assert not before.has(row(key, at))
            elif at > edge and f"{key}{at}" not in known:
                assert before.has(row(key, at))
            news.add(row(key, at))
        # a list shows what there is: a time that was seen once is behind us for good
        known |= reading
        known |= {f"{key}{at}": at for key, at in reading.items()}


def test_a_row_of_the_future_hides_no_other_and_is_news_once() -> None:
    news, future = News(), row("far", NOON + timedelta(days=26_000))
    for one in (row("a", NOON), future):
        news.add(one, NOON + timedelta(days=1))
    news = News.of(news.position())
    assert news.has(row("b", NOON + timedelta(minutes=1)))
    assert not news.has(future)
    assert not news.has(row("a", NOON))
    news.add(row("b", NOON + timedelta(days=3)), NOON + timedelta(days=4))
    assert not news.has(future)


def test_an_import_is_remembered_by_its_time_alone() -> None:
    news = News()
    for number in range(MOST + 1):
        news.add(row(f"{number}", NOON))
    news = News.of(news.position())
    assert len(news.edge) <= MOST
    assert news.latest == NOON.isoformat()
    assert news.has(row("new", NOON - timedelta(minutes=59)))
    assert not news.has(row("new", NOON - timedelta(minutes=61)))
    for minutes in (30, 90):
        news.add(row(f"later {minutes}", NOON + timedelta(minutes=minutes)))
    assert not news.has(row("0", NOON))
    assert not news.has(row("later 90", NOON + timedelta(minutes=90)))
    assert news.has(row("new", NOON + timedelta(minutes=5)))
    news.add(row("next day", NOON + timedelta(days=1)))
    assert news.full == ""
