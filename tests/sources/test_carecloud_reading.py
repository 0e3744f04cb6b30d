"""What is read of a project while it moves: down to the watermark, from where it was left."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources._reading.marks import FIRST_LOAD, LIVE
from sources.carecloud.reading import MOVING_NOTE
from tests.sources.carecloud_project import (
    BEGIN,
    Project,
    Read,
    Row,
    card,
    cards,
    runs,
    said,
    written,
)
from tests.sources.http_loopback import reply


def held(read_of: Read, key: str = "card_id") -> dict[str, Row]:
    """The newest version of each row, as a warehouse has it."""
    return {r[key]: r for r in sorted(read_of.rows, key=lambda r: r["last_change"]) if key in r}


def calls(project: Project, table: str = "cards") -> int:
    return sum(path == table for path, _ in project.asked)


def test_the_first_run_reads_all_and_the_next_one_its_first_page() -> None:
    project, found = Project({"cards": cards(23)}), Read()
    runs(project, found)
    assert {r["card_id"] for r in found.rows} == {f"c{n}" for n in range(23)}
    last = found.marks[-1]
    assert last.is_read
    assert last.coverage is not None
    assert (last.coverage.share, last.coverage.calls_left) == (1.0, 0)
    assert last.coverage.complete_since == BEGIN
    assert found.positions["cards", LIVE]["watermark"] == written(BEGIN + timedelta(seconds=22))

    before, project.now = calls(project), BEGIN + timedelta(hours=5)
    project.rows["cards"][3] |= {"last_change": written(BEGIN + timedelta(hours=4)), "v": 1}
    found.rows, found.marks = [], []
    runs(project, found, overlap_minutes=0)
    assert calls(project) - before == 1
    assert next(r["card_id"] for r in found.rows) == "c3"
    assert [m.stream for m in found.marks] == [LIVE]
    assert found.marks[-1].is_read


def test_the_share_of_what_is_read_follows_the_total() -> None:
    project, found = Project({"cards": cards(21)}), Read()
    runs(project, found, concurrency=1)
    shares = [m.coverage.share for m in found.marks if m.coverage]
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(4 / 21, abs=0.05)
    assert shares[-1] == 1.0


def test_sorted_newest_first_with_the_fields_that_bring_all_of_a_row() -> None:
    project = Project({"purchases": [], "bookings": [], "events": [], "stores": []})
    runs(project, Read(), ("purchases", "bookings", "events"))
    asked = dict(project.asked)
    assert asked["purchases"] == {
        "purchase_items_extension": "true",
        "include_property_records": "true",
        "sort_field": "last_change",
        "sort_direction": "DESC",
        "count": "5",
        "offset": "0",
    }
    assert asked["bookings"]["add_booking_items"] == "full"
    assert asked["events"]["sort_field"] == "created_at"


@pytest.mark.parametrize("empty", ["no rows", "204", "null"])
def test_an_empty_list_is_read_and_what_comes_later_is_seen(empty: str) -> None:
    project, found = Project({"cards": []}), Read()
    if empty == "204":
        project.answers["cards"] = reply(204, b"")
    if empty == "null":
        project.answers["cards"] = said(200, {"data": {"cards": None, "total_items": 0}})
    runs(project, found)
    assert found.rows == []
    assert found.marks[-1].is_read
    project.answers.clear()
    project.rows["cards"] = cards(12)
    runs(project, found)
    assert len(held(found)) == 12
    assert found.positions["cards", LIVE]["watermark"] == written(BEGIN + timedelta(seconds=11))


def test_a_stopped_reading_of_changes_goes_on_and_then_reads_the_top_again() -> None:
    project, found = Project({"cards": cards(40)}), Read()
    runs(project, found, overlap_minutes=0)
    later = BEGIN + timedelta(hours=1)
    for n in range(30):
        project.rows["cards"][n] |= {"last_change": written(later + timedelta(seconds=n)), "v": 1}
    runs(project, found, pages=2, overlap_minutes=0)
    assert found.positions["cards", LIVE]["scan"] is not None
    assert found.positions["cards", LIVE]["watermark"] == written(BEGIN + timedelta(seconds=39))
    # what was read already changes behind the stopped reading's back
    project.rows["cards"][29] |= {"last_change": written(later + timedelta(hours=1)), "v": 2}
    found.marks, before = [], calls(project)
    runs(project, found, overlap_minutes=0, concurrency=1)
    assert held(found) == {r["card_id"]: r for r in project.rows["cards"]}
    assert calls(project) - before == 7, "what was left of it, and one page at the top"
    assert found.marks[-1].is_read
    assert not any(m.is_read for m in found.marks[:-1])
    assert found.positions["cards", LIVE] == {
        "watermark": written(later + timedelta(hours=1)),
        "newest": None,
        "scan": None,
        "is_loose": False,
    }


def never_seen(project: Project, at: datetime) -> Row:
    """Thirty rows of one second, in any order: the one given back is always on another page."""
    project.rows["cards"] += [card(n, at) for n in range(100, 130)]
    hidden = project.rows["cards"][-1]

    def hide(_path: str, offset: int) -> None:
        rows = project.rows["cards"]
        rows.remove(hidden)
        rows.insert(len(rows) if offset >= 5 else 0, hidden)

    project.on_list = hide
    return hidden


def test_changes_that_never_held_still_are_asked_for_again_and_said_to_be_in_doubt() -> None:
    project, found = Project({"cards": cards(12)}), Read()
    runs(project, found, overlap_minutes=0)
    began, certain = found.positions["cards", LIVE]["watermark"], found.marks[-1].coverage
    assert certain is not None
    later = BEGIN + timedelta(hours=1)
    project.now = later + timedelta(hours=1)
    hidden = never_seen(project, later)
    found.marks = []
    runs(project, found, overlap_minutes=0)
    assert hidden["card_id"] not in held(found)
    assert found.positions["cards", LIVE]["watermark"] == began
    assert found.marks[-1].coverage == replace(certain, note=f"{MOVING_NOTE} {certain.note}")

    project.on_list, found.marks = (lambda _path, _offset: None), []
    runs(project, found, overlap_minutes=0)
    assert held(found) == {r["card_id"]: r for r in project.rows["cards"]}
    assert found.positions["cards", LIVE]["watermark"] == written(later)
    assert found.marks[-1].coverage == certain
    found.marks = []
    runs(project, found, overlap_minutes=0)
    assert [m.coverage for m in found.marks if m.coverage] == []


def test_while_the_past_is_read_its_coverage_says_that_changes_are_in_doubt() -> None:
    project, found = Project({"cards": cards(60)}), Read()
    runs(project, found, pages=3, concurrency=1, overlap_minutes=0)
    project.now = BEGIN + timedelta(hours=2)
    hidden = never_seen(project, BEGIN + timedelta(hours=1))
    found.marks = []
    runs(project, found, overlap_minutes=0)
    assert hidden["card_id"] not in held(found)
    told = [(m.stream, MOVING_NOTE in m.coverage.note) for m in found.marks if m.coverage]
    assert set(told) == {(FIRST_LOAD, True)}


def test_a_stopped_first_load_goes_on_and_misses_nothing_that_changed() -> None:
    project, found = Project({"cards": cards(40)}), Read()
    runs(project, found, pages=3)
    assert ("cards", FIRST_LOAD) in found.positions
    assert not any(m.is_read for m in found.marks)
    project.now = BEGIN + timedelta(days=3)
    for n in (0, 20, 39):
        project.rows["cards"][n] |= {"last_change": written(project.now), "v": 1}
    project.rows["cards"].append(card(99, project.now))
    runs(project, found)
    assert held(found) == {r["card_id"]: r for r in project.rows["cards"]}


def test_the_watermark_is_written_down_before_the_past_goes_on() -> None:
    """Killed between the two, the past begins anew; the other way round, changes would be lost."""
    project, found = Project({"cards": cards(40)}), Read()
    runs(project, found, pages=1)
    assert set(found.positions) == {("cards", LIVE)}
    project.rows["cards"][39] |= {"last_change": written(project.now), "v": 1}
    runs(project, found)
    assert held(found) == {r["card_id"]: r for r in project.rows["cards"]}


def test_a_row_that_is_to_change_next_year_hides_nothing() -> None:
    project, found = Project({"cards": cards(30)}), Read()
    project.rows["cards"][0]["last_change"] = "2031-01-01 00:00:00"
    runs(project, found, overlap_minutes=0)
    assert found.positions["cards", LIVE]["watermark"] == written(project.now)
    for version in (1, 2):
        project.now += timedelta(hours=2)
        for n in range(1, 20):
            at = project.now - timedelta(minutes=n)
            project.rows["cards"][n] |= {"last_change": written(at), "v": version}
        runs(project, found, overlap_minutes=0)
        assert held(found) == {r["card_id"]: r for r in project.rows["cards"]}


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.integers(1, 2400), min_size=2, max_size=10),
    chosen=st.data(),
    overlap=st.sampled_from([0, 5, 60]),
)
def test_over_the_night_the_clock_is_set_back_every_change_is_seen(
    steps: list[int], chosen: st.DataObject, overlap: int
) -> None:
    at = datetime(2024, 10, 26, 23, 0)  # an hour of summer time before 02:00 comes twice
    project, found = Project({"cards": cards(14, at - timedelta(days=30))}, now=at), Read()
    runs(project, found, overlap_minutes=overlap)
    for step in steps:
        project.now += timedelta(seconds=step)
        for n in chosen.draw(st.lists(st.integers(0, 13), min_size=1, max_size=9, unique=True)):
            row = project.rows["cards"][n]
            row |= {"last_change": written(project.now), "v": row["v"] + 1}
        runs(project, found, overlap_minutes=overlap)
    seen = {(r["card_id"], r["v"]) for r in found.rows}
    assert {(r["card_id"], r["v"]) for r in project.rows["cards"]} <= seen


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_list_that_moves_at_every_page_loses_nothing(seed: int) -> None:
    """Rows are saved, made and deleted while it is read; the run after that has seen them all."""
    chance = random.Random(seed)
    project, found = Project({"cards": cards(60)}), Read()
    made = iter(range(100, 10_000))

    def stir(_path: str, _offset: int) -> None:
        project.now += timedelta(seconds=1)
        rows = project.rows["cards"]
        row = chance.choice(rows)
        row |= {"last_change": written(project.now), "v": row["v"] + 1}
        rows.append(card(next(made), project.now))
        rows.remove(chance.choice(rows))

    project.on_list = stir
    runs(project, found, pages=chance.randint(1, 12))
    runs(project, found, pages=chance.randint(1, 12))
    runs(project, found)
    project.on_list = lambda _path, _offset: None
    runs(project, found)
    seen = {(r["card_id"], r["v"]) for r in found.rows}
    assert {(r["card_id"], r["v"]) for r in project.rows["cards"]} <= seen
