"""Lists by offset: read to their end, in order, ahead, and without a miss while they move."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources._http.errors import Drifted, Retryable
from sources._reading import seam
from sources._reading.offset import Ends, ListAnswer, OffsetList, Scan
from sources._reading.seam import Place, RankedSeam
from tests.sources.moving_offsets import (
    MovingOffsets,
    listed,
    missed,
    read_all,
    read_with_stops,
)

SEEDS = 300  # tests/benchmarks/moving_list.py reads a thousand


def _world(count: int, **settings: Any) -> MovingOffsets:
    world = MovingOffsets(random.Random(1), **settings)
    world.fill(count)
    return world


def _static(
    rows: list[dict[str, Any]],
    ends: Ends,
    change: Callable[[int, ListAnswer], ListAnswer] = lambda _, said: said,
    page_rows: int = 5,
    *,
    total: bool = False,
) -> OffsetList:
    async def fetch(offset: int, count: int) -> ListAnswer:
        shown = rows[offset : offset + count]
        return change(offset, listed(shown, len(rows) if total else None))

    return OffsetList(table="sales", fetch=fetch, key=("id",), page_rows=page_rows, ends=ends)


ROWS = [{"id": number} for number in range(23)]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_row_that_stands_still_is_never_missed(seed: int) -> None:
    assert missed(seed) == set()


def test_without_the_seam_rows_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail: with pages believed wherever they lie, it does."""
    monkeypatch.setattr(RankedSeam, "place", lambda *_, **__: Place.NEXT)
    assert any(missed(seed) for seed in range(100))


@pytest.mark.parametrize("by", ["changed", "id", "nothing"])
@pytest.mark.parametrize("ends", [Ends.TOTAL, Ends.SHORT, Ends.EMPTY], ids=lambda e: e.name)
@pytest.mark.parametrize("count", [0, 1, 4, 5, 9, 10, 11, 47])
def test_each_end_rule_ends_at_the_end(by: str, ends: Ends, count: int) -> None:
    world = _world(count, by=by if count < 6 or by != "nothing" else "id")
    rows = asyncio.run(read_all(world.listing(5, ends)))
    assert {row["id"] for row in rows} == set(world.rows)


@given(st.integers(0, 2**32), st.integers(2, 60))
@settings(max_examples=150, deadline=None)
def test_ties_in_any_order_are_all_seen_or_said_to_be_loose(seed: int, ties: int) -> None:
    chance = random.Random(seed)
    world = MovingOffsets(chance, ties=ties, says_total=chance.random() < 0.5)
    world.fill(chance.randrange(120))
    came, scan = read_with_stops(world, chance)
    assert came == set(world.rows) or scan.loose


def test_a_run_of_ties_longer_than_pages_is_seen_whole_where_it_holds_still() -> None:
    rows = [{"id": number, "changed": 7} for number in range(1000)]
    lists = _static(rows, Ends.TOTAL, total=True, page_rows=20)
    lists = OffsetList(**{**vars(lists), "rank": lambda row: row["changed"]})
    scan = Scan()
    found = asyncio.run(read_all(lists, scan))
    assert {row["id"] for row in found} == set(range(1000))
    assert not scan.loose
    assert scan.calls == 53  # no page twice


@given(st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_a_shuffled_list_is_whole_or_said_to_be_loose(seed: int) -> None:
    chance = random.Random(seed)
    world = MovingOffsets(chance, by="nothing", says_total=chance.random() < 0.5)
    world.fill(chance.randrange(60))
    came, scan = read_with_stops(world, chance)
    assert came == set(world.rows) or scan.loose


def test_a_deleted_row_above_costs_a_step_back_and_no_more() -> None:
    world = _world(200, by="id", says_total=False)
    asked_before: list[int] = []

    async def fetch(offset: int, count: int) -> ListAnswer:
        if offset == 57 and not asked_before:
            world.delete(3)
            asked_before.append(offset)
        return await world.fetch(offset, count)

    lists = world.listing(20, Ends.SHORT)
    lists = OffsetList(**{**vars(lists), "fetch": fetch})
    found = asyncio.run(read_all(lists, ahead=1))
    assert {row["id"] for row in found} >= set(world.rows)
    assert world.asked[:6] == [0, 19, 38, 57, 49, 68]


def test_a_first_page_is_asked_for_alone_and_more_are_ahead_as_more_are_needed() -> None:
    world = _world(400)
    asyncio.run(read_all(world.listing(10), stop_after=1))
    assert world.asked == [0]
    asyncio.run(read_all(world.listing(10), ahead=8))
    assert 6 <= world.most_under_way <= 8


def test_nothing_is_asked_for_behind_a_known_end() -> None:
    world = _world(95)
    asyncio.run(read_all(world.listing(10), ahead=8))
    assert max(world.asked) == 90


@pytest.mark.parametrize("ahead", [1, 8])
def test_a_stopped_scan_goes_on_where_it_was(ahead: int) -> None:
    world, scan = _world(200), Scan()
    first = asyncio.run(read_all(world.listing(10), scan, ahead, stop_after=7))
    scan = Scan.of(scan.position())
    asked = len(world.asked)
    rest = asyncio.run(read_all(world.listing(10), scan, ahead))
    assert len(first) == 70
    assert {row["id"] for row in first + rest} == set(world.rows)
    assert min(world.asked[asked:]) == 63


def test_a_scan_that_is_far_behind_finds_its_place_without_beginning_again() -> None:
    world, scan = _world(400), Scan()
    asyncio.run(read_all(world.listing(20), scan, 1, stop_after=12))
    for row in list(world.rows)[:55]:
        world.save(row)
    scan, asked = Scan.of(scan.position()), len(world.asked)
    found = asyncio.run(read_all(world.listing(20), scan, 1))
    assert set(world.rows) - world.moved - {row["id"] for row in found} <= set(range(172, 401))
    assert min(world.asked[asked:]) >= 220


def test_a_failing_page_fails_the_scan_after_the_pages_before_it() -> None:
    async def fetch(offset: int, count: int) -> ListAnswer:
        if offset == 12:
            raise Retryable("answered 500")
        return listed(ROWS[offset : offset + count])

    lists = OffsetList(table="sales", fetch=fetch, key=("id",), page_rows=5, ends=Ends.SHORT)
    scan = Scan()
    with pytest.raises(Retryable):
        asyncio.run(read_all(lists, scan))
    assert scan.offset == 12


def test_a_list_that_ignores_the_offset_is_loud() -> None:
    lists = _static(ROWS, Ends.SHORT, lambda _, said: listed(ROWS[:5]))
    with pytest.raises(Drifted, match="the offset seems to be ignored"):
        asyncio.run(read_all(lists))


def test_a_page_that_a_cache_repeats_is_stepped_over() -> None:
    told: list[int] = []

    def cached(offset: int, said: ListAnswer) -> ListAnswer:
        told.append(offset)
        return listed(ROWS[4:9]) if told.count(8) == 1 and offset == 8 else said

    found = asyncio.run(read_all(_static(ROWS, Ends.SHORT, cached), ahead=1))
    assert {row["id"] for row in found} == {row["id"] for row in ROWS}


@pytest.mark.parametrize(
    ("ends", "total", "change", "says"),
    [
        (Ends.SHORT, False, lambda _, __: listed(ROWS[:9]), "answered 9 rows where 5"),
        (Ends.TOTAL, False, lambda _, said: said, "does not say how many rows"),
        (Ends.TOTAL, True, lambda _, __: listed([], 23), "says that there are 23 rows"),
        (Ends.TOTAL, True, lambda _, __: listed(ROWS[:1], 23), "says that there are 23 rows"),
        (Ends.AT_ONCE, False, lambda _, said: said, "has more rows behind the first 5"),
    ],
    ids=["too many rows", "no total", "nothing of many", "one of many", "pages after all"],
)
def test_what_could_pass_for_an_end_is_loud(
    ends: Ends, total: bool, change: Callable[[int, ListAnswer], ListAnswer], says: str
) -> None:
    with pytest.raises(Drifted, match=says):
        asyncio.run(read_all(_static(ROWS, ends, change, total=total)))


def test_a_list_that_does_not_page_is_one_answer() -> None:
    lists = _static(ROWS, Ends.AT_ONCE, lambda _, __: listed(ROWS[:5]))
    assert len(asyncio.run(read_all(lists))) == 5
    lists = _static(ROWS, Ends.AT_ONCE, lambda _, __: listed(ROWS))
    assert len(asyncio.run(read_all(lists))) == 23


def test_a_vendor_that_answers_fewer_rows_than_asked_is_read_whole() -> None:
    world = _world(100, at_most=7)
    found = asyncio.run(read_all(world.listing(50), ahead=4))
    assert {row["id"] for row in found} == set(world.rows)
    assert len(world.asked) <= 21  # of 17 that are needed


def test_a_list_that_never_ends_is_loud() -> None:
    async def fetch(offset: int, count: int) -> ListAnswer:
        return listed([{"id": offset + place} for place in range(count)])

    lists = OffsetList(
        table="sales", fetch=fetch, key=("id",), page_rows=5, ends=Ends.SHORT, most_rows=100
    )
    with pytest.raises(Drifted, match="goes on behind row 100"):
        asyncio.run(read_all(lists))


def test_a_long_run_of_ties_is_begun_again_after_a_stop_and_its_position_is_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seam, "KEPT_RUN", 200)
    rows = [{"id": number, "changed": 7 if number > 9 else 99 - number} for number in range(2000)]
    lists = _static(rows, Ends.TOTAL, total=True, page_rows=100)
    lists = OffsetList(**{**vars(lists), "rank": lambda row: row["changed"]})
    scan = Scan()
    first = asyncio.run(read_all(lists, scan, stop_after=12))
    position = scan.position()
    assert len(str(position)) < 1000
    assert position["offset"] == 9  # the run is begun again: what was seen of it is not kept
    rest = asyncio.run(read_all(lists, Scan.of(position)))
    assert {row["id"] for row in first + rest} == set(range(2000))


def test_who_leaves_early_leaves_nothing_under_way() -> None:
    gone: list[int] = []

    async def fetch(offset: int, count: int) -> ListAnswer:
        try:
            await asyncio.sleep(60 if offset > 6 else offset / 600)
        except asyncio.CancelledError:
            gone.append(offset)
            raise
        return listed(ROWS[offset : offset + count])

    lists = OffsetList(table="sales", fetch=fetch, key=("id",), page_rows=4, ends=Ends.SHORT)
    asyncio.run(read_all(lists, stop_after=3))
    assert gone == [9, 12, 15]


def test_a_list_without_any_order_is_loud_where_one_was_expected() -> None:
    world = _world(60, by="nothing")
    lists = OffsetList(**{**vars(world.listing(5)), "keeps_order": True, "key": ("id",)})
    lists = OffsetList(**{**vars(lists), "rank": lambda row: row["changed"]})
    with pytest.raises(Drifted, match="is not sorted as it was asked for"):
        asyncio.run(read_all(lists))


def test_a_list_without_order_is_read_again_until_it_was_seen_whole() -> None:
    """Two rows change places between two pages, once."""
    rows, answers = list(ROWS), [0]

    async def fetch(offset: int, count: int) -> ListAnswer:
        answers[0] += 1
        if answers[0] == 2:
            rows[2], rows[7] = rows[7], rows[2]
        return listed(rows[offset : offset + count])

    lists = OffsetList(
        table="sales",
        fetch=fetch,
        key=("id",),
        page_rows=5,
        ends=Ends.SHORT,
        keeps_order=False,
    )
    scan = Scan()
    found = asyncio.run(read_all(lists, scan, ahead=1))
    assert {row["id"] for row in found} == set(range(23))
    assert (scan.calls, scan.loose) == (10, False)


def _seam(*runs: tuple[int, list[int]]) -> RankedSeam:
    """A seam behind pages, each an offset and the ranks of its rows; keys are their places."""
    seam = RankedSeam(("id",), lambda row: row["rank"])
    for offset, ranks in runs:
        seam.move(offset, _ranked(offset, ranks))
    return seam


def _ranked(offset: int, ranks: list[int]) -> list[dict[str, int] | None]:
    return [{"id": offset + place, "rank": rank} for place, rank in enumerate(ranks)]


def test_a_run_whose_head_was_not_seen_is_not_gone_on_with() -> None:
    seam = _seam((0, [9, 7, 7]), (2, [7, 7, 7]))
    assert seam.back() == 0  # the row above the run
    assert seam.place(4, _ranked(4, [7, 7, 5]), is_end=False) is Place.BEHIND
    assert seam.place(0, _ranked(0, [9, 7, 7]), is_end=False) is Place.NEXT


def test_passes_over_a_run_add_up_only_while_it_has_as_many_places() -> None:
    seam = _seam((0, [9, 7, 7]))
    page = [{"id": 1, "rank": 7}, {"id": 2, "rank": 7}, {"id": 8, "rank": 5}]
    assert seam.place(2, page, is_end=False) is Place.AGAIN
    seam.run.keys = {"a", "b"}
    seam.run.places = 3
    seam.back()
    seam.run.keys, seam.run.places = {"c", "d"}, 3
    assert not seam.run.is_whole  # four different rows on three places
    seam.run.keys = {"a", "c"}
    assert seam.run.is_whole
    seam.run.keys, seam.run.places = {"c", "d", "e", "f"}, 6
    assert not seam.run.is_whole


def test_a_run_of_ties_is_gone_on_with_after_a_stop() -> None:
    rows = [{"id": number, "changed": 7} for number in range(1000)]
    lists = _static(rows, Ends.TOTAL, total=True, page_rows=20)
    lists = OffsetList(**{**vars(lists), "rank": lambda row: row["changed"]})
    came: set[int] = set()
    scan = Scan()
    for _ in range(6):
        came |= {row["id"] for row in asyncio.run(read_all(lists, scan, stop_after=10))}
        scan = Scan.of(json.loads(json.dumps(scan.position())))
    assert came == set(range(1000))
    assert (scan.is_over, scan.loose) == (True, False)


def _told(
    change: Callable[[int, int, ListAnswer], ListAnswer], count: int = 100, page_rows: int = 10
) -> tuple[OffsetList, list[int]]:
    """A sorted list that stands still, whose answers, by number and offset, are changed."""
    rows = [{"id": number, "changed": 1000 - number} for number in range(count)]
    asked: list[int] = []

    async def fetch(offset: int, count: int) -> ListAnswer:
        asked.append(offset)
        return change(len(asked), offset, listed(rows[offset : offset + count], len(rows)))

    lists = OffsetList(
        table="sales",
        fetch=fetch,
        key=("id",),
        page_rows=page_rows,
        ends=Ends.TOTAL,
        rank=lambda row: row["changed"],
    )
    return lists, asked


@pytest.mark.parametrize("from_call", [2, 3, 9])
def test_a_list_that_suddenly_has_nothing_is_loud(from_call: int) -> None:
    lists, _ = _told(lambda n, _, said: listed([], 0) if n >= from_call else said)
    with pytest.raises(Drifted, match="answers nothing, again and again"):
        asyncio.run(read_all(lists, ahead=1))


def test_an_empty_answer_now_and_then_is_asked_for_again() -> None:
    lists, _ = _told(lambda n, _, said: listed([], 0) if n in (3, 4, 8) else said)
    assert len({row["id"] for row in asyncio.run(read_all(lists, ahead=1))}) == 100


@pytest.mark.parametrize("wrong", [15, 10, 20])
def test_a_wrong_total_now_and_then_is_no_end(wrong: int) -> None:
    def change(number: int, _: int, said: ListAnswer) -> ListAnswer:
        return ListAnswer(said.answer, said.rows, wrong) if number in (1, 2, 4) else said

    lists, _ = _told(change)
    assert len({row["id"] for row in asyncio.run(read_all(lists, ahead=1))}) == 100


def test_a_short_page_now_and_then_is_asked_for_again() -> None:
    def change(number: int, _: int, said: ListAnswer) -> ListAnswer:
        return ListAnswer(said.answer, said.rows[:2], said.total) if number == 2 else said

    lists, asked = _told(change)
    assert len({row["id"] for row in asyncio.run(read_all(lists, ahead=1))}) == 100
    assert len(asked) <= 14


@pytest.mark.parametrize("odd", [4, 9])
def test_a_row_out_of_its_place_does_not_blind_the_seam(odd: int) -> None:
    world = _world(100, by="changed")
    strange = sorted(world.rows, key=lambda row: -world.rows[row])[odd]
    gone = [row for row in world.rows if row > 60 and row != strange][:6]

    async def fetch(offset: int, count: int) -> ListAnswer:
        if offset > 30 and gone:
            world.delete(gone.pop())
        said = await world.fetch(offset, count)
        rows = [row for row in said.rows if row is not None]
        odd_one = [{**row, "changed": -1} if row["id"] == strange else row for row in rows]
        return ListAnswer(said.answer, tuple(odd_one), said.total)

    lists = OffsetList(**{**vars(world.listing(10)), "fetch": fetch})
    found = asyncio.run(read_all(lists, ahead=1))
    assert set(world.rows) <= {row["id"] for row in found}


def test_a_list_without_order_that_ignores_the_offset_is_loud() -> None:
    world = _world(60, by="nothing", says_total=False)

    async def fetch(offset: int, count: int) -> ListAnswer:
        return await world.fetch(0, count)

    lists = OffsetList(**{**vars(world.listing(50, Ends.SHORT)), "fetch": fetch})
    with pytest.raises(Drifted, match="the offset seems to be ignored"):
        asyncio.run(read_all(lists))


@pytest.mark.parametrize("place", ["first", "last"])
def test_rows_without_a_rank_are_seen_wherever_they_stand(place: str) -> None:
    ranked = [{"id": number, "changed": 1000 - number} for number in range(40)]
    none = [{"id": 100 + number, "changed": None} for number in range(25)]
    rows: list[dict[str, Any]] = none + ranked if place == "first" else ranked + none
    gone = [1, 2, 3]

    async def fetch(offset: int, count: int) -> ListAnswer:
        if offset > 20 and gone:
            rows.remove({"id": gone[-1], "changed": 1000 - gone.pop()})
        return listed(rows[offset : offset + count], len(rows))

    lists = OffsetList(
        table="sales",
        fetch=fetch,
        key=("id",),
        page_rows=6,
        ends=Ends.TOTAL,
        rank=lambda row: row["changed"],
    )
    found = asyncio.run(read_all(lists, ahead=1))
    assert {row["id"] for row in rows} <= {row["id"] for row in found}
