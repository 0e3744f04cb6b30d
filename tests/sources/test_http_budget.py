"""The call budget by itself: what it allows when, and what it hears."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sources._http.budget import Budget, Heard, Rate
from sources._http.budget_count import Spent, standing, worded
from sources._http.errors import Misconfigured, OutOfTime
from tests.sources.budget_watch import QUARTER, Opens, Watch, call, left, opens, take
from tests.sources.budget_world import simulate


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def open_budget(tmp_path: Path, watch: Watch) -> Opens:
    return opens(tmp_path / "budget", watch)


def test_every_rate_holds(open_budget: Opens, watch: Watch) -> None:
    budget = open_budget(Rate(2, 1), Rate(3, 10))
    took = []
    for _ in range(7):
        call(budget)
        took.append(watch.now - 5000)
    assert took == pytest.approx([0, 0, 1, 10, 10, 11, 20], abs=0.01)


def test_a_hundred_calls_a_quarter_hour_are_reached(open_budget: Opens, watch: Watch) -> None:
    budget = open_budget()
    took = []
    for _ in range(300):
        call(budget)
        took.append(watch.now)
    for nth in range(100, 300):
        assert 900 <= took[nth] - took[nth - 100] < 900.1


def test_a_call_occupies_its_window_from_sending_until_after_its_answer(
    open_budget: Opens, watch: Watch
) -> None:
    budget = open_budget(Rate(1, 10))
    ticket = take(budget)
    watch.now += 7
    assert left(budget) == [0]
    budget.done(ticket)
    watch.now += 9.9
    assert left(budget) == [0]
    assert budget.left()[0].free_in == pytest.approx(0.1)
    watch.now += 0.2
    assert left(budget) == [1]


def test_it_is_never_asked_for_more_than_once_a_millisecond(
    open_budget: Opens, watch: Watch
) -> None:
    budget = open_budget(Rate(1, 10))
    call(budget, 3)
    assert min(watch.slept) >= 0.001
    assert max(watch.slept) <= 1
    assert len(watch.slept) <= 24


def test_a_faster_clock_waits_less(open_budget: Opens, watch: Watch) -> None:
    budget = open_budget(Rate(1, 900), speed=300)
    call(budget, 2)
    assert watch.now - 5000 == pytest.approx(3, abs=0.01)
    assert budget.left()[0].free_in == pytest.approx(3, abs=0.01)


def test_what_was_never_sent_costs_nothing(open_budget: Opens) -> None:
    budget = open_budget()
    budget.done(take(budget), sent=False)
    assert left(budget) == [2, 100]


def test_accounts_do_not_share(open_budget: Opens) -> None:
    call(open_budget(account="one"), 2)
    assert left(open_budget(account="two")) == [2, 100]
    assert left(open_budget(account="one")) == [0, 98]


def test_who_waits_sees_what_another_process_hears(tmp_path: Path) -> None:
    took: list[float] = []

    async def main() -> None:
        now = asyncio.get_running_loop().time
        one, other = (Budget(tmp_path / "budget", "a", [QUARTER], monotonic=now) for _ in "ab")
        for _ in range(100):
            ticket = await one.take()
            one.done(ticket)
        waiting = asyncio.create_task(one.take())
        await asyncio.sleep(300)
        other.heard(ticket, limit=100, remaining=50, reset=600)
        await waiting
        took.append(now())
        one.close()
        other.close()

    simulate(main)
    assert 300 <= took[0] <= 301


class TestEnd:
    def test_a_wait_that_ends_later_is_not_begun(self, open_budget: Opens, watch: Watch) -> None:
        budget = open_budget(Rate(1, 900))
        call(budget)
        watch.now += 300
        with pytest.raises(OutOfTime) as caught:
            take(budget, ends_at=watch.now + 599)
        assert caught.value.next_call_in == pytest.approx(600)
        assert str(caught.value) == (
            "the time given to this run is over before the vendor's call budget allows another "
            "call, in 600 s. Next: penstock run"
        )
        assert watch.slept == []

    def test_a_wait_that_ends_earlier_is_waited(self, open_budget: Opens, watch: Watch) -> None:
        budget = open_budget(Rate(1, 900))
        call(budget)
        assert take(budget, ends_at=watch.now + 901).taken_at == pytest.approx(5900)

    def test_is_real_time_whatever_the_speed(self, open_budget: Opens, watch: Watch) -> None:
        budget = open_budget(Rate(1, 900), speed=300)
        call(budget)
        with pytest.raises(OutOfTime) as caught:
            take(budget, ends_at=watch.now + 2.9)
        assert caught.value.next_call_in == pytest.approx(3)
        take(budget, ends_at=watch.now + 3.1)


class TestWord:
    """What the vendor says corrects our own count, until its reset and sensibly after it."""

    def test_corrects_down(self, open_budget: Opens, watch: Watch) -> None:
        budget = open_budget()
        budget.heard(call(budget), limit=100, remaining=7, reset=60)
        assert left(budget) == [1, 7]
        call(budget, 7)
        assert left(budget)[1] == 0
        assert 56 < budget.left()[1].free_in < 60

    def test_corrects_up(self, open_budget: Opens, watch: Watch) -> None:
        budget = open_budget(QUARTER)
        call(budget, 99)
        budget.heard(call(budget), limit=100, remaining=30, reset=60)
        assert left(budget) == [30]
        call(budget, 3)
        assert left(budget) == [27]

    def test_never_corrects_above_the_rate(self, open_budget: Opens) -> None:
        budget = open_budget(QUARTER)
        budget.heard(call(budget), limit=100, remaining=10**9, reset=60)
        assert left(budget) == [99]

    def test_leaves_out_what_it_may_not_have_counted(self, open_budget: Opens) -> None:
        budget = open_budget(QUARTER)
        on_the_way, asked = take(budget), take(budget)
        budget.done(asked)
        budget.heard(asked, limit=100, remaining=7, reset=60)
        assert left(budget) == [6]
        budget.done(on_the_way)
        assert left(budget) == [6]

    def test_of_an_older_call_is_ignored(self, open_budget: Opens) -> None:
        budget = open_budget(QUARTER)
        older, newer = take(budget), take(budget)
        budget.done(older)
        budget.done(newer)
        budget.heard(newer, limit=100, remaining=7, reset=60)
        budget.heard(older, limit=100, remaining=90, reset=60)
        assert left(budget) == [6]

    @pytest.mark.parametrize(
        ("limit", "calls"), [(2, [0, 99]), (100, [1, 0]), (50, [1, 0]), (None, [1, 0])]
    )
    def test_is_about_the_rate_of_that_limit_else_the_longest(
        self, open_budget: Opens, limit: int | None, calls: list[int]
    ) -> None:
        budget = open_budget()
        budget.heard(call(budget), limit=limit, remaining=0, reset=60)
        assert left(budget) == calls

    def test_after_its_reset_one_call_is_free_and_tells_the_rest(
        self, open_budget: Opens, watch: Watch
    ) -> None:
        budget = open_budget(QUARTER)
        budget.heard(call(budget), limit=100, remaining=0, reset=60.5)
        assert left(budget) == [0]
        watch.now += 60.6
        assert left(budget) == [1]
        probe = call(budget)
        assert left(budget) == [0]
        budget.heard(probe, limit=100, remaining=99, reset=900)
        assert left(budget) == [99]

    def test_after_its_reset_nothing_is_free_that_a_newer_call_may_have_got(
        self, open_budget: Opens, watch: Watch
    ) -> None:
        budget = open_budget(QUARTER)
        call(budget)
        watch.now += 400
        call(budget, 98)
        watch.now += 445
        budget.heard(call(budget), limit=100, remaining=0, reset=60.5)
        watch.now += 59.5
        call(budget)
        watch.now += 1.5
        assert left(budget) == [0]

    def test_a_reset_of_whole_seconds_may_have_been_rounded_down(
        self, open_budget: Opens, watch: Watch
    ) -> None:
        budget = open_budget(QUARTER)
        budget.heard(call(budget), limit=100, remaining=0, reset=0)
        assert left(budget) == [0]
        watch.now += 1
        assert left(budget) == [1]

    def test_for_more_calls_than_are_wanted_corrects_down_only(
        self, open_budget: Opens, watch: Watch
    ) -> None:
        budget = open_budget(Rate(50, 900))
        call(budget, 39)
        budget.heard(call(budget), limit=100, remaining=40, reset=60)
        assert left(budget) == [10]
        call(budget, 10)
        assert left(budget) == [0]
        watch.now += 800
        assert left(budget) == [0]

    @given(
        limit=st.none() | st.integers(),
        remaining=st.integers(),
        reset=st.floats() | st.integers(-10, 10**10),
        spent=st.integers(0, 12),
    )
    @example(limit=10, remaining=0, reset=1.7e9, spent=10)  # an epoch, where seconds belong
    @example(limit=None, remaining=-1, reset=math.nan, spent=0)
    def test_whatever_it_says_holds_nobody_up_for_longer_than_a_window(
        self, limit: int | None, remaining: int, reset: float, spent: int
    ) -> None:
        rate, now = Rate(10, 900), 5000.0
        calls = [Spent(n, now - 1, now) for n in range(spent + 1)]
        heard = Heard(limit, remaining, float(reset))
        for is_refused in (False, True):
            word = worded(rate, calls, calls[-1], heard, now, is_refused=is_refused)
            stands = standing(rate, calls, word, now)
            assert 0 <= stands.left < rate.calls
            assert now <= stands.next_at <= now + rate.seconds
            assert standing(rate, calls, word, stands.next_at).left >= 1


class TestRefusal:
    def test_with_a_word_is_spent_until_the_reset(self, open_budget: Opens, watch: Watch) -> None:
        budget = open_budget()
        budget.refused(call(budget), Heard(100, 0, 412.5))
        assert [one.free_in for one in budget.left()] == pytest.approx([0, 412.5])
        watch.now += 412
        assert left(budget) == [2, 0]
        watch.now += 1
        assert left(budget) == [2, 1]

    def test_is_believed_though_our_own_calls_explain_it(
        self, open_budget: Opens, watch: Watch
    ) -> None:
        budget = open_budget(QUARTER)
        call(budget, 99)
        watch.now += 800
        budget.refused(call(budget), Heard(100, 0, 600.5))
        watch.now += 600
        assert left(budget) == [0]
        watch.now += 1
        assert left(budget)[0] > 0

    def test_without_a_word_pauses_for_the_shortest_window(
        self, open_budget: Opens, watch: Watch
    ) -> None:
        budget = open_budget()
        budget.refused(call(budget))
        assert [one.free_in for one in budget.left()] == pytest.approx([1, 1])
        watch.now += 1.1
        assert left(budget) == [2, 99]

    def test_of_a_long_rate_without_a_word_pauses_for_half_a_minute(
        self, open_budget: Opens
    ) -> None:
        budget = open_budget(QUARTER)
        budget.refused(call(budget))
        assert budget.left()[0].free_in == pytest.approx(30)

    def test_pauses_for_as_long_as_it_is_asked_to(self, open_budget: Opens) -> None:
        budget = open_budget()
        budget.refused(call(budget), retry_after=120)
        assert [one.free_in for one in budget.left()] == pytest.approx([120, 120])
        budget.refused(call(budget), retry_after=10**6)
        assert [one.free_in for one in budget.left()] == pytest.approx([900, 900])

    def test_of_another_limit_than_the_word_is_about_spends_nothing_of_it(
        self, open_budget: Opens, watch: Watch
    ) -> None:
        budget = open_budget()
        budget.refused(call(budget), Heard(100, 57, 600))
        assert [one.free_in for one in budget.left()] == pytest.approx([1, 1])
        watch.now += 1.1
        assert left(budget) == [2, 57]


@pytest.mark.parametrize("rate", [(0, 1), (-1, 1), (1, 0), (1, -1), (1, math.inf), (1, math.nan)])
def test_a_rate_that_allows_nothing_is_misconfigured(rate: tuple[int, float]) -> None:
    with pytest.raises(Misconfigured, match="is no rate"):
        Rate(*rate)


def test_a_budget_without_a_rate_is_a_defect(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a rate"):
        Budget(tmp_path / "budget", "account", [])
