"""A first load over a list that moves: nothing that was there all the time is missed.

What deletes can hide is left out here, because it cannot be seen; the sweep's tests have it.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources._http.answer import Answer
from sources._reading.changes import Changes, changed_pages
from sources._reading.counted import Count, counted_pages
from sources._reading.paged import Fetch, Limits, NumberedPage
from sources._reading.slices import Load, SlicedLoad
from sources._reading.whole import Whole, whole_pages
from tests.sources.moving_list import TODAY, MovingList

FLOOR = date(2024, 1, 1)
_ANSWER = Answer(
    status=200, headers={}, body=b"[]", url="list", received_at=datetime(2026, 1, 1), attempts=1
)
DAY = timedelta(days=1)
ORDERS = ("stable", "drifting", "shuffled")


class Loading:
    """A load that may be stopped after any page: its position goes through JSON each time."""

    def __init__(self, world: MovingList, load: Load, *, slice_rows: int = 20) -> None:
        self.world = world
        self.load = load
        self.seen: set[int] = set()
        self.today = TODAY
        self.before_slice: Callable[[], None] = lambda: None
        self._slice_rows = slice_rows

    def run(self, *, stops: random.Random | None = None, most: int = 20_000) -> None:
        asyncio.run(self._run(stops, most))

    async def _run(self, stops: random.Random | None, most: int) -> None:
        while not self.load.is_done:
            assert self.world.calls < most, "it does not come to an end"
            self.load = Load.of(json.loads(json.dumps(self.load.position())))
            if not self.load.count.has_begun:
                self.before_slice()
            sliced = SlicedLoad(
                lists=lambda first, last: self.world.between(first, last, self.today),
                limits=Limits(table="orders", page_rows=self.world.page_rows, ceiling=500),
                key=("id",),
                day_of=lambda row: date.fromisoformat(row["made"]),
                today=lambda: self.today,
                slice_rows=self._slice_rows,
                load=self.load,
            )
            async for page in sliced.slice():
                self.seen |= {row["id"] for row in page.rows if row}
                if stops is not None and stops.random() < 0.2:
                    break


def world_of(seed: int, count: int, order: str, days: int = 600, **more: object) -> MovingList:
    chance = random.Random(seed)
    world = MovingList(chance, order=order, **more)  # type: ignore[arg-type]
    for _ in range(count):
        # nothing is made on a day that the vendor has not reached
        newest = min(TODAY, world.vendor_today)
        world.make(newest - timedelta(days=int(chance.random() ** 2 * days)))
    return world


def begun() -> Load:
    return Load.between(FLOOR, TODAY + timedelta(days=2), TODAY)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("past_the_end", ["empty", "404"])
@pytest.mark.parametrize("whole_last_day", [True, False], ids=["whole-day", "midnight"])
def test_a_still_list_is_loaded_whole(order: str, past_the_end: str, whole_last_day: bool) -> None:
    for seed in range(4):
        world = world_of(
            seed, 40 * seed, order, past_the_end=past_the_end, whole_last_day=whole_last_day
        )
        loading = Loading(world, begun())
        loading.run(stops=random.Random(seed))
        assert loading.seen == set(world.rows)
        assert loading.load.share == 1.0


@given(
    seed=st.integers(0, 10_000),
    count=st.integers(0, 150),
    order=st.sampled_from(ORDERS),
    ahead=st.sampled_from([-1, 0, 1]),
    whole_last_day=st.booleans(),
)
def test_rows_that_are_there_all_the_time_are_never_missed(
    seed: int, count: int, order: str, ahead: int, whole_last_day: bool
) -> None:
    """Rows are saved and made between answers, the day turns, and the load stops anywhere.

    The vendor's day turns before ours only between slices: within one, it would take rows out of
    the list unseen, as a delete does.
    """
    world = world_of(
        seed, count, order, vendor_today=TODAY + ahead * DAY, whole_last_day=whole_last_day
    )
    there = set(world.rows)
    loading = Loading(world, begun())
    chance = world.chance

    def busy(world: MovingList) -> None:
        if chance.random() < 0.15 and world.rows:
            world.save(chance.choice(sorted(world.rows)))
        if chance.random() < 0.05:
            world.make(TODAY - DAY - timedelta(days=chance.randrange(600)))
        if chance.random() < 0.03:
            loading.today += DAY
            world.vendor_today += DAY
        if chance.random() < 0.03 and world.vendor_today >= loading.today:
            loading.today += DAY

    def between_slices() -> None:
        if chance.random() < 0.1 and world.vendor_today <= loading.today:
            world.vendor_today += DAY

    world.between_answers, loading.before_slice = busy, between_slices
    loading.run(stops=random.Random(seed))
    assert loading.load.loose or not there - loading.seen


def test_our_day_turns_first_between_two_slices() -> None:
    """What was three days ago is four days ago, and the last day of a search does not count."""
    world = MovingList(random.Random(1), whole_last_day=False)
    for number in range(400):
        world.make(TODAY - timedelta(days=1 + number // 4))
    loading = Loading(world, begun())
    slices = 0

    def turn() -> None:
        nonlocal slices
        slices += 1
        if slices == 4:
            loading.today += DAY

    loading.before_slice = turn
    loading.run()
    assert slices > 4
    assert loading.seen == set(world.rows)


def test_the_day_turns_while_a_slice_is_read() -> None:
    """Here and at the vendor: the days that its pages were asked for are other days now."""
    world = MovingList(random.Random(1))
    for number in range(400):
        world.make(TODAY - timedelta(days=1 + number // 4))
    loading = Loading(world, begun())

    def turn(world: MovingList) -> None:
        if world.calls == 8:
            loading.today += DAY
            world.vendor_today += DAY

    world.between_answers = turn
    loading.run()
    assert world.calls > 8
    assert loading.seen == set(world.rows)


@pytest.mark.parametrize("order", ["stable", "drifting"])
def test_the_calls_of_a_first_load_are_near_the_least_possible(order: str) -> None:
    """Two thousand rows of fifty, made day by day: forty calls at least, and not a fifth more."""
    world = MovingList(random.Random(1), order=order, page_rows=50)
    for number in range(2000):
        world.make(TODAY - timedelta(days=600 - number * 600 // 2000))
    loading = Loading(world, begun(), slice_rows=400)
    loading.run()
    assert loading.seen == set(world.rows)
    assert 40 <= world.calls <= 48, world.calls


@pytest.mark.parametrize("count", [0, 1, 49])
def test_a_table_of_one_page_takes_one_call(count: int) -> None:
    world = world_of(1, count, "stable", page_rows=50)
    Loading(world, begun(), slice_rows=400).run()
    assert world.calls == 1


def test_a_dense_day_is_read_though_it_is_longer_than_a_slice() -> None:
    world = world_of(1, 0, "stable")
    for _ in range(200):
        world.make(TODAY - timedelta(days=3))
    loading = Loading(world, begun())
    loading.run()
    assert loading.seen == set(world.rows)
    assert loading.load.loose == 0


def test_a_day_that_never_holds_still_is_noted() -> None:
    world = world_of(1, 0, "shuffled")
    for _ in range(120):
        world.make(TODAY - timedelta(days=3))
    loading = Loading(world, begun())
    loading.run()
    assert loading.load.loose > 0


def test_a_share_is_an_estimate_until_it_is_done() -> None:
    world = world_of(3, 400, "drifting")
    loading = Loading(world, begun())
    shares = []

    async def read() -> None:
        while not loading.load.is_done:
            sliced = SlicedLoad(
                lists=world.between,
                limits=Limits(table="orders", page_rows=5, ceiling=500),
                key=("id",),
                day_of=lambda row: date.fromisoformat(row["made"]),
                today=lambda: TODAY,
                slice_rows=20,
                load=loading.load,
            )
            async for _ in sliced.slice():
                shares.append(loading.load.share)

    asyncio.run(read())
    assert shares[-1] == 1.0
    assert max(shares[:-1]) < 1.0
    # an older row that shows makes the past longer, and nothing else makes the share smaller
    assert sum(later < earlier for earlier, later in pairwise(shares)) <= 3


def test_without_the_count_a_moving_list_loses_rows() -> None:
    """What the count is for: the same list, believed at its first pass, hides rows."""
    lost = 0
    for seed in range(20):
        world = world_of(seed, 60, "drifting", days=5)
        there = set(world.rows)
        world.between_answers = lambda w: w.save(w.chance.choice(sorted(w.rows)))
        count, seen = Count(), set[int]()

        async def one_pass(
            world: MovingList = world, count: Count = count, seen: set[int] = seen
        ) -> None:
            limits = Limits(table="orders", page_rows=5, ceiling=500)
            async for page in counted_pages(world.fetch(), limits, ("id",), count):
                seen |= {row["id"] for row in page.rows if row}

        asyncio.run(one_pass())
        if there - seen:
            lost += 1
            assert not count.is_whole
    assert lost > 10


@given(
    seed=st.integers(0, 10_000),
    count=st.integers(0, 60),
    order=st.sampled_from(["stable", "drifting"]),
)
def test_changes_are_seen_whole_or_noted(seed: int, count: int, order: str) -> None:
    world = world_of(seed, count, order, days=20)
    there = set(world.rows)
    chance = random.Random(seed)
    today: list[date] = [TODAY]

    def busy(world: MovingList) -> None:
        if chance.random() < 0.3 and world.rows:
            world.save(chance.choice(sorted(world.rows)))
        if chance.random() < 0.05:
            today[0] += timedelta(days=1)

    world.between_answers = busy
    seen: set[int] = set()
    changes = Changes(TODAY - timedelta(days=1))

    async def read() -> Changes:
        held = changes
        while True:
            held = Changes.of(json.loads(json.dumps(held.position())))
            limits = Limits(table="orders", page_rows=5, ceiling=500)
            lists: Callable[[date], object] = lambda _: world.fetch()  # noqa: E731
            async for page in changed_pages(
                lists,  # type: ignore[arg-type]
                limits,
                ("id",),
                lambda: today[0],
                held,
                lookback=timedelta(days=2),
            ):
                seen.update(row["id"] for row in page.rows if row)
                if chance.random() < 0.1:
                    break
            if not held.is_under_way and held.since >= TODAY:
                return held

    held = asyncio.run(read())
    assert held.loose or not there - seen


def test_a_reading_of_changes_that_takes_days_goes_on_where_it_was() -> None:
    """Its list has no end in time and begins on the same day, so page two is page two."""
    world = world_of(1, 12, "stable")
    asked: list[int] = []

    def lists(_: date) -> Fetch:
        whole = world.fetch()

        async def fetch(page: int, tolerate: Collection[int]) -> Answer:
            asked.append(page)
            return await whole(page, tolerate)

        return fetch

    changes = Changes(TODAY - DAY)

    async def read(today: date, pages: int) -> None:
        limits = Limits(table="orders", page_rows=5, ceiling=500)
        async for _ in changed_pages(
            lists, limits, ("id",), lambda: today, changes, lookback=2 * DAY
        ):
            pages -= 1
            if not pages:
                break

    asyncio.run(read(TODAY, 1))
    asyncio.run(read(TODAY + DAY, 9))
    assert asked == [1, 2, 3]
    # what changed while it lasted is asked for again
    assert changes.since == TODAY


def test_a_clock_that_ran_ahead_skips_no_day() -> None:
    asked: list[date] = []

    def lists(first: date) -> Fetch:
        asked.append(first)
        return world_of(1, 3, "stable").fetch()

    async def read() -> None:
        changes = Changes(TODAY + 30 * DAY)
        limits = Limits(table="orders", page_rows=5, ceiling=500)
        async for _ in changed_pages(
            lists, limits, ("id",), lambda: TODAY, changes, lookback=2 * DAY
        ):
            pass

    asyncio.run(read())
    assert asked == [TODAY - 2 * DAY]


def test_passes_over_lists_of_another_count_do_not_add_up() -> None:
    """A row of the first pass is gone, so the list is shorter; what it hid is still hidden."""
    pages = [["a", "b"], ["b", "c"], ["d"]], [["b", "c"], ["c", "d"], []]
    count = Count()
    for one in pages:
        for number, keys in enumerate(one, 1):
            rows = tuple({"id": key} for key in keys)
            count.add(NumberedPage(number, _ANSWER, rows, len(keys) < 2), ("id",))
        assert not count.is_whole
        count.begin_again()


def test_a_whole_list_goes_on_where_it_was_left() -> None:
    world = world_of(1, 23, "stable")
    limits = Limits(table="orders", page_rows=5, ceiling=500)
    seen: list[int] = []
    whole = Whole()

    async def read() -> None:
        nonlocal whole
        while not whole.is_over:
            whole = Whole.of(json.loads(json.dumps(whole.position())))
            async for page in whole_pages(world.fetch(), limits, whole):
                seen.extend(row["id"] for row in page.rows if row)
                break
        async for _ in whole_pages(world.fetch(), limits, whole):
            pytest.fail("it is over")

    asyncio.run(read())
    assert seen == sorted(world.rows)
    assert (whole.rows, whole.calls, world.calls) == (23, 5, 5)
