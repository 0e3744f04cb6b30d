"""What is read of CRM.COM, run after run, against its sandbox: all that can be seen, once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date, timedelta

import pytest

from sources._http.errors import Misconfigured
from sources._sandbox.process import RunningSandbox, running_sandbox
from sources._vendor import Item
from sources.crm_com import VENDOR
from sources.crm_com.accounts import VISITED
from sources.crm_com.reading import backfill
from tests.sources.crm_com_reader import NAME, Reader

VISIT = ("accounts_receivable/show", "invoices/list", "credit_notes/list", "subscriptions/list")


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(rows=30) as running:
        yield running
        assert running.complaints() == ""


def visits(paths: list[str]) -> int:
    return paths.count("accounts_receivable/show")


def visible(sandbox: RunningSandbox) -> dict[str, set[str]]:
    return {table: set(keys) for table, keys in sandbox.books(NAME).keys().items() if keys}


def test_all_that_can_be_seen_is_read_once(sandbox: RunningSandbox) -> None:
    reader = Reader(sandbox)
    paths = reader.run()
    assert reader.keys() == visible(sandbox)
    assert reader.troubles == []
    asked = Counter(paths)
    accounts = len(reader.rows["accounts"])
    assert {asked[path] for path in VISIT} == {accounts}
    assert asked["contact_information/show"] == len(reader.rows["contacts"])
    assert {cover.share for cover in reader.coverage.values()} == {1.0}
    assert set(reader.coverage) == {table.name for table in VENDOR.tables}


def test_a_run_without_changes_asks_for_lists_alone(sandbox: RunningSandbox) -> None:
    reader = Reader(sandbox)
    reader.run()
    kept = dict(reader.rows["accounts"])
    paths = reader.run()
    assert visits(paths) == 0
    assert not {*VISIT, "contact_information/show"} & set(paths)
    assert "jobs/all_scopes/get_completed" not in paths
    assert len(paths) < 40
    assert reader.rows["accounts"] == kept


def test_what_a_list_shows_changed_has_its_account_read(sandbox: RunningSandbox) -> None:
    reader = Reader(sandbox)
    reader.run()
    books = sandbox.tables(NAME)
    newest = max(
        books.rows("purchases").values(), key=lambda row: row["log_information"]["updated_date"]
    )
    account = newest["accounts_receivable"]["id"]
    books.save("accounts", account, name="RENAMED LTD")
    made = books.make("purchases")
    books.save("purchases", made["id"], accounts_receivable=newest["accounts_receivable"])
    paths = reader.run()
    assert visits(paths) == 1
    assert reader.rows["accounts"][account]["name"] == "RENAMED LTD"
    assert made["id"] in reader.rows["purchases"]
    assert visits(reader.run()) == 0


def test_a_quiet_account_is_read_again_in_its_turn(sandbox: RunningSandbox) -> None:
    reader = Reader(sandbox, {"concurrency": 2})
    reader.run()
    books = sandbox.tables(NAME)
    invoice = next(iter(reader.rows["invoices"]))
    books.save("invoices", invoice, notes="CHANGED IN SILENCE")
    accounts = len(reader.rows["accounts"])
    seen_on, visited = None, []
    for day in range(1, 9):
        before = {key for key, _ in sorted(reader.rows["accounts"].items())}
        sandbox.advance(days=1)
        visited.append(visits(reader.run()))
        assert before <= set(reader.rows["accounts"])
        if seen_on is None and reader.rows["invoices"][invoice]["notes"]:
            seen_on = day
    assert seen_on is not None
    assert seen_on <= 7
    assert sum(visited[:7]) >= accounts
    # what a list showed once is here, even where none shows it now
    seen = visible(sandbox)
    assert all(keys <= reader.keys()[table] for table, keys in seen.items())


def test_stopped_anywhere_it_goes_on_without_a_gap(sandbox: RunningSandbox) -> None:
    chance = random.Random(5)
    reader = Reader(sandbox)
    asked: Counter[str] = Counter()
    stops = 0
    while "rotation" not in {stream for _, stream in reader.positions}:
        asked += Counter(reader.run(stop_after=chance.randint(20, 120)))
        stops += 1
        assert stops < 60
    assert stops > 3
    assert reader.keys() == visible(sandbox)
    accounts = len(reader.rows["accounts"])
    # a stop costs the visits since the last mark, and those begun ahead
    assert visits([path for path, n in asked.items() for _ in range(n)]) <= accounts + stops * 33


def test_an_open_job_is_asked_for_until_it_is_done(sandbox: RunningSandbox) -> None:
    books, reader = sandbox.tables(NAME), Reader(sandbox)
    reader.run()
    drafts = [key for key, row in reader.rows["jobs"].items() if row["life_cycle_state"] == "DRAFT"]
    job = drafts[0]
    for state in ("PENDING", "IN PROGRESS"):
        books.save("jobs", job, life_cycle_state=state, expected_completion_date=None)
        assert "jobs/show" in reader.run("jobs")
        assert reader.rows["jobs"][job]["life_cycle_state"] == state
    books.save("jobs", job, life_cycle_state="CANCELLED")
    reader.run("jobs")
    assert reader.rows["jobs"][job]["life_cycle_state"] == "CANCELLED"
    assert ("jobs", f"job {job}") not in reader.positions


def test_a_job_that_is_gone_is_told_and_forgotten(sandbox: RunningSandbox) -> None:
    books, reader = sandbox.tables(NAME), Reader(sandbox)
    reader.run()
    (table, stream), *_ = [name for name in reader.positions if name[1].startswith("job ")]
    books.delete(table, [stream.removeprefix("job ")])
    reader.run("jobs")
    assert len(reader.troubles) == 1
    assert (table, stream) not in reader.positions
    reader.run("jobs")
    assert reader.troubles == []


@pytest.mark.parametrize("setting", ["classifications", "lead_categories"])
def test_without_a_setting_its_list_is_not_read(sandbox: RunningSandbox, setting: str) -> None:
    reader = Reader(sandbox, {setting: None})
    reader.run()
    table = {"classifications": "purchases", "lead_categories": "leads"}[setting]
    assert setting in reader.coverage[table].note
    if table == "leads":
        assert "leads" not in reader.rows
        return
    # jobs and leads still show accounts, and those have purchases
    theirs = {
        key
        for key, row in sandbox.tables(NAME).rows("purchases").items()
        if row["accounts_receivable"]["id"] in reader.rows["accounts"]
    }
    assert set(reader.rows["purchases"]) == theirs
    assert theirs


def test_purchases_of_no_classification_come_with_their_account(sandbox: RunningSandbox) -> None:
    one, *_ = Reader(sandbox).settings().classifications or []
    reader = Reader(sandbox, {"classifications": [one], "revisit_days": 0.0})
    reader.run()
    assert set(reader.rows["purchases"]) < visible(sandbox)["purchases"]
    reader.run()
    known = set(reader.rows["accounts"])
    assert set(reader.rows["purchases"]) == {
        key
        for key, row in sandbox.tables(NAME).rows("purchases").items()
        if row["accounts_receivable"]["id"] in known
    }


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_table_that_cannot_be_read_stops_no_other_and_is_caught_up(
    sandbox: RunningSandbox, status: int
) -> None:
    sandbox.fault(
        "server_error", vendor=NAME, status=status, route="/subscriptions/list", times="always"
    )
    reader = Reader(sandbox, {"attempts": 1})
    paths = reader.run()
    assert paths.count("subscriptions/list") < 30
    assert "subscriptions" in reader.troubles[0]
    assert "subscriptions" not in reader.rows
    seen = visible(sandbox)
    assert reader.keys() == {k: v for k, v in seen.items() if k != "subscriptions"}
    sandbox.clear_faults()
    paths = reader.run()
    assert visits(paths) == 0
    assert "invoices/list" not in paths
    assert reader.keys() == seen
    assert "subscriptions/list" not in reader.run()


def test_one_table_can_be_read_alone(sandbox: RunningSandbox) -> None:
    reader = Reader(sandbox)
    reader.run()
    reader.positions = {k: v for k, v in reader.positions.items() if k != ("accounts", VISITED)}
    before = dict(reader.positions)
    sandbox.advance(days=8)
    paths = reader.run("invoices")
    assert set(paths) == {"authentication/token", "invoices/list"}
    # what was read in part counts as no visit
    assert reader.positions == before


def test_past_purchases_can_be_read_again(sandbox: RunningSandbox) -> None:
    reader = Reader(sandbox)
    reader.run()
    rows = dict(reader.rows.pop("purchases"))
    days = sorted(date.fromisoformat(row["performed_on"][:10]) for row in rows.values())
    first, last = days[len(days) // 3], days[2 * len(days) // 3]
    positions = dict(reader.positions)
    paths = reader.run("purchases", read=_between(first, last))
    assert visits(paths) == 0
    wanted = {
        key
        for key, row in rows.items()
        if first <= date.fromisoformat(row["performed_on"][:10]) <= last
    }
    assert wanted <= set(reader.rows["purchases"]) < set(rows)
    assert reader.positions == positions
    with pytest.raises(Misconfigured, match="without any date"):
        reader.run("invoices", read=_between(first, last))
    with pytest.raises(Misconfigured, match="name those to be read in classifications"):
        Reader(sandbox, {"classifications": None}).run("purchases", read=_between(first, last))


def _between(first: date, last: date) -> Callable[..., AsyncIterator[Item]]:
    return lambda client, settings, reading: backfill(client, settings, reading, first, last)


def test_a_day_of_overlap_hides_no_purchase(sandbox: RunningSandbox) -> None:
    reader = Reader(sandbox)
    reader.run()
    sandbox.advance(hours=20)
    reader.run()
    made = sandbox.tables(NAME).make("purchases")
    moment = reader.clock() - timedelta(hours=10)
    sandbox.tables(NAME).save("purchases", made["id"], performed_on=moment.isoformat()[:19])
    reader.run()
    assert made["id"] in reader.rows["purchases"]


def test_other_lists_of_activities_can_be_named(sandbox: RunningSandbox) -> None:
    states = {"activities/get_cancelled", "activities/get_completed"}
    reader = Reader(sandbox, {"activity_lists": sorted(states)})
    reader.run("activities")
    held = {row["life_cycle_state"] for row in reader.rows["activities"].values()}
    assert held == {"CANCELLED", "COMPLETED"}
