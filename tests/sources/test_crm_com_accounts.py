"""Which accounts a run visits: all of them in their time, and never too many at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources._reading.marks import Mark, Position
from sources.crm_com.accounts import TABLE, VISITED, Account, Accounts
from sources.crm_com.settings import CrmComSettings

BEGIN = datetime(2024, 1, 8, 12)
Positions = dict[tuple[str, str], Position]


def set_to(**said: Any) -> CrmComSettings:
    made = CrmComSettings()
    for name, value in said.items():
        setattr(made, name, value)
    return made


def shows(account: str) -> dict[str, Any]:
    return {"id": f"purchase of {account}", "accounts_receivable": {"id": account}}


def keep(positions: Positions, *marks: Mark) -> None:
    for mark in marks:
        assert mark.position is not None
        positions[mark.table, mark.stream] = mark.position


class Company:
    """Accounts that are visited run after run, as `Visits` does."""

    def __init__(self, count: int, **said: Any) -> None:
        self.settings = set_to(**said)
        self.positions: Positions = {}
        self.now = BEGIN
        self.visits: dict[str, list[datetime]] = {}
        self.found = [f"{number:032X}" for number in range(count)]

    def run(self, *changed: str) -> int:
        accounts = Accounts(self.positions, self.settings, self.now)
        for one in self.found if not self.visits else changed:
            keep(self.positions, *accounts.note(shows(one), is_news=True))
        news, turns = accounts.turn()
        for account in (*news, *turns):
            account.visited_at, account.has_news = self.now, False
            self.visits.setdefault(account.identifier.value, []).append(self.now)
            keep(self.positions, account.mark)
        keep(self.positions, accounts.turned())
        return len(news) + len(turns)

    def gaps(self) -> list[timedelta]:
        return [
            later - earlier
            for visits in self.visits.values()
            for earlier, later in zip(visits, [*visits[1:], self.now], strict=True)
        ]


def test_the_first_run_visits_all_and_the_next_a_share() -> None:
    company = Company(5_000)
    assert company.run() == 5_000
    counts = []
    for _ in range(24 * 8):
        company.now += timedelta(hours=1)
        counts.append(company.run())
    assert max(company.gaps()) <= timedelta(days=7)
    # 5,000 in 168 hours is 29.8 an hour; once, as the first round closes, a run takes two shares
    assert sorted(counts)[-2] <= 31
    assert max(counts) <= 60
    assert len(company.visits) == 5_000


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 60),
    st.lists(st.integers(1, 60 * 30), min_size=5, max_size=40),
    st.floats(0.5, 10),
    st.data(),
)
def test_every_account_is_visited_in_time_however_runs_come(
    count: int, minutes: list[int], days: float, data: st.DataObject
) -> None:
    company = Company(count, revisit_days=days)
    company.run()
    longest = timedelta(0)
    for wait in minutes:
        company.now += timedelta(minutes=wait)
        longest = max(longest, timedelta(minutes=wait))
        company.run(*data.draw(st.lists(st.sampled_from(company.found), max_size=3)))
    # a run cannot know that the next one comes later than the last one did
    assert max(company.gaps()) <= timedelta(days=days) + longest


def test_accounts_with_news_go_first_and_new_ones_with_them() -> None:
    company = Company(20, revisit_days=0.0)
    company.run()
    company.now += timedelta(hours=1)
    accounts = Accounts(company.positions, company.settings, company.now)
    changed, new = company.found[7], "F" * 32
    keep(company.positions, *accounts.note(shows(changed), is_news=True))
    keep(company.positions, *accounts.note(shows(new), is_news=False))
    assert list(accounts.note(shows(changed), is_news=True)) == []
    assert list(accounts.note(shows(company.found[8]), is_news=False)) == []
    news, turns = accounts.turn()
    assert [one.identifier.value for one in news] == [new, changed]
    assert len(turns) == 19
    # a run that was stopped before its visits knows as much
    again = Accounts(company.positions, company.settings, company.now)
    assert [one.identifier.value for one in again.turn()[0]] == [new, changed]


def test_a_short_wait_between_runs_is_saved_up() -> None:
    company = Company(100)
    company.run()
    taken = []
    for _ in range(2 * 7 * 24 * 60 // 10):
        company.now += timedelta(minutes=10)
        taken.append(company.run())
    assert max(taken) <= 1 + 1  # 100 in 1,008 runs of ten minutes
    assert 180 <= sum(taken) <= 220


def test_the_accounts_of_a_window_are_kept_as_one() -> None:
    company = Company(3)
    accounts = Accounts({}, company.settings, BEGIN)
    for one in company.found:
        keep(company.positions, *accounts.note(shows(one), is_news=True))
    news, _ = accounts.turn()
    for account in news[:2]:
        account.visited_at, account.has_news = BEGIN, False
    first, *rest = accounts.visited_marks(news[:2])
    assert (first.table, first.stream) == (TABLE, VISITED)
    assert len(rest) == 2
    keep(company.positions, first)  # and there the process was killed
    again = Accounts(company.positions, company.settings, BEGIN)
    assert [one.identifier.value for one in again.turn()[0]] == company.found[2:]
    # what was noted behind it counts for more
    keep(company.positions, *again.note(shows(company.found[0]), is_news=True))
    last = Accounts(company.positions, company.settings, BEGIN)
    assert [one.identifier.value for one in last.turn()[0]] == [company.found[2], company.found[0]]


def test_an_account_of_the_settings_is_one_with_that_of_its_id() -> None:
    known = set_to(accounts=["ACR0000000164", f"id={'A' * 32}"], accounts_left_out=["ACR13"])
    accounts = Accounts({}, known, BEGIN)
    assert len(accounts) == 2
    by_number, _ = sorted(accounts.turn()[0], key=lambda one: one.identifier.field != "number")
    by_number.also, by_number.visited_at = "A" * 32, BEGIN
    again = Accounts(
        {(by_number.mark.table, by_number.mark.stream): by_number.mark.position or {}}, known, BEGIN
    )
    assert [one.identifier.text for one in again.turn()[0]] == [f"id={'A' * 32}"]
    left_out = {"id": "x", "accounts_receivable": {"number": "ACR13"}}
    list(again.note(left_out, is_news=True))
    assert len(again) == 1


def test_a_mark_holds_all_that_is_known() -> None:
    (one,) = Accounts({}, set_to(accounts=["id=" + "A" * 32]), BEGIN).turn()[0]
    one.visited_at, one.purchases_at, one.has_news = BEGIN, BEGIN - timedelta(days=1), True
    one.lacks, one.also = ("invoices",), "B" * 32
    mark = one.mark
    assert mark.position is not None
    assert Account.of(mark.stream, mark.position) == one


@pytest.mark.parametrize("named", [{}, {"id": ""}, None, [], {"id": 7}], ids=str)
def test_a_row_without_an_account_notes_none(named: object) -> None:
    accounts = Accounts({}, set_to(), BEGIN)
    assert list(accounts.note({"id": "x", "accounts_receivable": named}, is_news=True)) == []
    assert len(accounts) == 0
