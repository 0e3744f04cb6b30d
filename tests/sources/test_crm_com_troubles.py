"""What a job, a list or an account of CRM.COM cannot show: told, kept, and in no other's way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sources._http.client import Client
from sources._http.errors import PenstockError
from sources._reading.marks import Coverage, Mark, Position, Reading, Trouble
from sources._tables.page import Page
from sources.crm_com.envelope import is_not_found, judge
from sources.crm_com.lists import ALL_THERE_IS, Place
from sources.crm_com.reading import read
from sources.crm_com.settings import CrmComSettings
from sources.crm_com.visits import FAN_OUT
from tests.sources.crm_com_reader import rows_of
from tests.sources.http_loopback import Reply, Request, Server, json_reply, quick, reply

BEGIN = datetime(2024, 1, 8, 12)
JOBS = [f"{n:032X}" for n in range(5)]
NOT_FOUND = "COM.CRM.EXCEPTION.ENTITYNOTFOUNDEXCEPTION"
DOWN = "COM.CRM.EXCEPTION.DATABASE.UNAVAILABLE"
Asked = dict[str, Any]
Site = Callable[[str, Asked], Reply]


def ok(data: object) -> Reply:
    return json_reply({"status": {"code": "OK"}, "data": data})


def error(code: str) -> Reply:
    return json_reply({"status": {"code": code}, "data": None})


def some(count: int) -> list[dict[str, Any]]:
    return [{"id": f"{n:03}"} for n in range(count)]


def cut(rows: list[dict[str, Any]], asked: Asked) -> list[dict[str, Any]]:
    begin = int(asked["offset"])
    return rows[begin : begin + int(asked["number_of_results"])]


@dataclass
class Runs:
    """Runs of one connection to a site of a few lines."""

    site: Site
    said: dict[str, Any] = field(default_factory=dict)
    positions: dict[tuple[str, str], Position] = field(default_factory=dict)
    now: datetime = BEGIN
    asked: list[tuple[str, Asked]] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    is_read: set[str] = field(default_factory=set)
    coverage: dict[str, Coverage] = field(default_factory=dict)

    def run(self, *tables: str) -> None:
        for what in (self.asked, self.pages, self.troubles, self.is_read):
            what.clear()
        self.now += timedelta(hours=1)
        asyncio.run(self._run(tables))

    def _answer(self, request: Request) -> Reply:
        url = urlsplit(request.target)
        asked = {k: v[0] for k, v in parse_qs(url.query).items()} or json.loads(request.body)
        self.asked.append((url.path.lstrip("/"), asked))
        return self.site(*self.asked[-1])

    async def _run(self, tables: tuple[str, ...]) -> None:
        settings = CrmComSettings()
        settings.timezone = "UTC"
        for name, value in self.said.items():
            setattr(settings, name, value)
        reading = Reading(tables=tables, positions=dict(self.positions), clock=lambda: self.now)
        async with Server(self._answer) as server:
            client = Client(quick(server.url, attempts=1), judge=judge)
            async with client:
                await self._keep(read(client, settings, reading))

    async def _keep(self, items: AsyncIterator[Page | Mark | Trouble]) -> None:
        async for item in items:
            if isinstance(item, Page):
                self.pages.append(item)
            elif isinstance(item, Trouble):
                self.troubles.append(str(item.error))
            else:
                if item.position is None:
                    self.positions.pop((item.table, item.stream), None)
                else:
                    held = json.loads(json.dumps(item.position))
                    self.positions[item.table, item.stream] = held
                self.is_read |= {item.table} if item.is_read else set()
                if item.coverage:
                    self.coverage[item.table] = item.coverage

    def ids(self, table: str) -> set[str]:
        return {row["id"] for page in self.pages if page.table == table for row in rows_of(page)}

    def open_jobs(self) -> set[str]:
        return {stream[4:] for _, stream in self.positions if stream.startswith("job ")}


def jobs_open(show: Callable[[str], Reply], listed: list[str] | None = None) -> Runs:
    rows = [{"id": job, "life_cycle_state": "COMPLETED"} for job in listed or []]

    def site(path: str, asked: Asked) -> Reply:
        if path == "jobs/show":
            return show(asked["job_identifier"].removeprefix("id="))
        return ok(rows if path.endswith("completed") else [])

    known: dict[tuple[str, str], Position] = {
        ("jobs", f"job {job}"): {"changed_at": "2024-01-01T00:00:00"} for job in JOBS
    }
    return Runs(site, positions=known)


def well(job: str) -> Reply:
    return ok({"id": job, "life_cycle_state": "IN PROGRESS"})


@pytest.mark.parametrize(
    "answer",
    [error(DOWN), error("COM.CRM.METHODNOTFOUNDEXCEPTION"), error(NOT_FOUND), reply(500), ok([])],
    ids=["down", "no method", "none is there", "500", "drifted"],
)
def test_no_open_job_is_forgotten_where_none_is_shown(answer: Reply) -> None:
    runs = jobs_open(lambda _: answer)
    runs.run("jobs")
    assert runs.open_jobs() == set(JOBS)
    assert len(runs.troubles) == 1
    assert "more open jobs" in runs.troubles[0]
    assert "jobs" not in runs.is_read
    well_again = jobs_open(well)
    well_again.positions = runs.positions
    well_again.run("jobs")
    assert well_again.ids("jobs") == set(JOBS)
    assert well_again.is_read == {"jobs"}


@pytest.mark.parametrize(
    ("answer", "is_kept"),
    [(error(NOT_FOUND), False), (error(DOWN), True), (reply(500), True), (ok([]), True)],
    ids=["gone", "down", "500", "drifted"],
)
@pytest.mark.parametrize("bad", [JOBS[0], JOBS[3]], ids=["first", "fourth"])
def test_a_job_that_is_not_shown_stops_no_other(bad: str, answer: Reply, is_kept: bool) -> None:
    runs = jobs_open(lambda job: answer if job == bad else well(job))
    runs.run("jobs")
    assert runs.ids("jobs") == {*JOBS} - {bad}
    assert (bad in runs.open_jobs()) is is_kept
    assert len(runs.troubles) == 1
    assert runs.is_read == {"jobs"}


def test_the_last_open_job_is_forgotten_where_a_listed_one_is_shown() -> None:
    other = "F" * 32
    runs = jobs_open(lambda job: well(job) if job == other else error(NOT_FOUND), [other])
    runs.run("jobs")
    assert not runs.open_jobs() & set(JOBS)


@pytest.mark.parametrize(
    ("said", "is_gone"),
    [
        (NOT_FOUND, True),
        ("COM.CRM.EXCEPTION.NOTFOUNDEXCEPTION: x", True),
        ("COM.CRM.EXCEPTION: The job with id 7 does not exist", True),
        ("COM.CRM.EXCEPTION.METHODNOTFOUNDEXCEPTION: There is no GET jobs/show", False),
        ("COM.CRM.EXCEPTION.SERVICENOTFOUND", False),
        ("COM.CRM.EXCEPTION.INVALIDPARAMETEREXCEPTION: fields_set", False),
        (DOWN, False),
    ],
    ids=str,
)
def test_only_what_is_said_to_be_gone_is(said: str, is_gone: bool) -> None:
    assert is_not_found(f"GET http://x/jobs/show?a=id=NOTFOUND answered 200 ('{said}')") is is_gone


def test_a_list_that_is_rejected_stops_no_other_list_or_table() -> None:
    wrong = ({"name": "Retial"}, "name=Wbe", "name=Nope", "name=Typo")

    def site(path: str, asked: Asked) -> Reply:
        named = [value for name, value in asked.items() if name.endswith("_identifier")]
        if named and named[0] in wrong:
            return error("COM.CRM.EXCEPTION.ENTITYNOTFOUNDEXCEPTION")
        return ok(cut([{"id": f"of {path}"}], asked))

    runs = Runs(
        site,
        {
            "classifications": ["Retial", "Retail"],
            "lead_categories": ["Wbe", "Web"],
            "product_types": ["Nope", "Type"],
            "provisioning_providers": ["Typo", "Portal"],
        },
    )
    tables = ("purchases", "jobs", "leads", "activities", "products", "provisioning_requests")
    runs.run(*tables)
    assert {page.table for page in runs.pages} == set(tables)
    assert [trouble.partition(":")[0] for trouble in runs.troubles] == [
        *("purchases", "leads", "products", "provisioning_requests")
    ]
    assert runs.is_read == {"jobs", "activities"}
    assert runs.coverage["purchases"].complete_since is None


@pytest.mark.parametrize("rows", [50, 20, 70], ids=str)
def test_a_null_is_an_end_where_the_list_ends(rows: int) -> None:
    runs = Runs(lambda _, asked: ok(cut(some(rows), asked) or None), {"classifications": ["A"]})
    runs.run("purchases")
    assert runs.troubles == []
    assert len(runs.ids("purchases")) == rows


def test_a_null_elsewhere_is_drift() -> None:
    runs = Runs(
        lambda _, asked: ok(None if asked["offset"] == 50 else cut(some(130), asked)),
        {"classifications": ["A"]},
    )
    runs.run("purchases")
    assert "that is no end of a list" in runs.troubles[0]
    assert runs.coverage["purchases"].share == 0


def test_a_short_page_of_a_first_load_is_no_end() -> None:
    def site(_: str, asked: Asked) -> Reply:
        return ok(cut(some(130), asked)[:30])

    runs = Runs(site, {"classifications": ["A"]})
    runs.run("purchases")
    assert runs.ids("purchases") == {row["id"] for row in some(130)}
    runs.run("purchases")
    assert len(runs.asked) == 1


def test_a_reading_that_never_held_still_is_made_again() -> None:
    def moving(_: str, asked: Asked) -> Reply:
        return ok(cut(some(50) + some(10), asked))  # ten rows twice, so ten others never

    runs = Runs(moving, {"classifications": ["A"], "history_since": "2020-01-01"})
    runs.run("purchases")
    (place,) = (Place.of(p) for (_, s), p in runs.positions.items() if "classification" in s)
    assert (place.since, place.read_at, place.loose) == (None, None, 1)
    assert runs.coverage["purchases"].complete_since is None
    assert "never held still" in runs.coverage["purchases"].note
    runs.site = lambda _, asked: ok(cut(some(60), asked))
    runs.run("purchases")
    assert runs.asked[0][1]["submitted_after_date"] == "2019-12-31"
    assert runs.coverage["purchases"].complete_since == datetime(2020, 1, 1)


@pytest.mark.parametrize(
    ("then", "asked", "complete"),
    [
        ("2019-06-01", "2019-05-31", datetime(2019, 6, 1)),
        (None, None, ALL_THERE_IS),
        ("2022-01-01", "2024-01-07", datetime(2020, 1, 1)),
    ],
    ids=["earlier", "all", "later"],
)
def test_an_earlier_first_day_is_read_from(
    then: str | None, asked: str | None, complete: datetime
) -> None:
    said: dict[str, Any] = {"classifications": ["A"], "history_since": "2020-01-01"}
    runs = Runs(lambda _, asked: ok(cut(some(3), asked)), said)
    runs.run("purchases")
    said["history_since"] = then
    runs.run("purchases")
    assert runs.asked[0][1].get("submitted_after_date") == asked
    assert runs.coverage["purchases"].complete_since == complete


def accounts(count: int, site: Site, **said: Any) -> Runs:
    def whole(path: str, asked: Asked) -> Reply:
        named = asked.get("accounts_receivable_identifier", "").rpartition("=")[2]
        told = site(path, {**asked, "whose": named.removeprefix("ID")})
        if told.raw != ok([]).raw or path != "accounts_receivable/show":
            return told
        return ok({"id": f"ID{named.removeprefix('ID')}", "account_owner": {}})

    seed = [f"A{n:03}" for n in range(count)]
    return Runs(whole, {"accounts": seed, "purchases_by_account": False, **said})


def account(runs: Runs, number: int) -> Position:
    return runs.positions["accounts", f"account number=A{number:03}"]


@pytest.mark.parametrize("bad", [reply(500), ok([{"nr": 1}])], ids=["500", "drifted"])
def test_a_table_of_one_account_is_not_given_up_for_the_others(bad: Reply) -> None:
    def site(path: str, asked: Asked) -> Reply:
        return bad if path == "invoices/list" and asked["whose"] == "A000" else ok([])

    runs = accounts(30, site)
    runs.run(*FAN_OUT)
    assert [path for path, _ in runs.asked].count("invoices/list") == 30
    assert account(runs, 0)["lacks"] == ["invoices"]
    assert account(runs, 1)["lacks"] == []
    assert len(runs.troubles) == 1


@pytest.mark.parametrize("bad", [reply(500), ok([{"nr": 1}])], ids=["500", "drifted"])
def test_a_table_of_no_account_is_given_up(bad: Reply) -> None:
    runs = accounts(200, lambda path, _: bad if path == "invoices/list" else ok([]))
    runs.run(*FAN_OUT)
    assert [path for path, _ in runs.asked].count("invoices/list") < 60
    assert len(runs.troubles) == 3
    assert runs.is_read == {*FAN_OUT} - {"invoices"}


def test_an_account_of_which_nothing_is_read_was_not_visited_and_goes_last() -> None:
    def site(_: str, asked: Asked) -> Reply:
        return error(NOT_FOUND) if asked["whose"] == "A000" else ok([])

    runs = accounts(3, site)
    runs.run(*FAN_OUT)
    assert account(runs, 0)["visited_at"] is None
    assert account(runs, 1)["visited_at"] is not None
    runs.said["accounts"] += ["A003"]
    runs.run(*FAN_OUT)
    asked = [a["accounts_receivable_identifier"] for path, a in runs.asked if "show" in path]
    assert asked[:2] == ["number=A003", "number=A000"]


def test_two_accounts_in_a_row_that_are_not_served_stop_the_vendor() -> None:
    runs = accounts(50, lambda _, asked: reply(500))
    with pytest.raises(PenstockError):
        runs.run(*FAN_OUT)
    assert len({a["accounts_receivable_identifier"] for _, a in runs.asked}) < 20


def test_rows_of_an_account_that_is_asked_for_by_number_name_it() -> None:
    is_bad = [True]

    def site(path: str, _: Asked) -> Reply:
        bad = path == "invoices/list" and is_bad[0]
        return reply(500) if bad else ok([{"id": "I"}] if path == "invoices/list" else [])

    runs = accounts(1, site)
    runs.run(*FAN_OUT)
    is_bad[0] = False
    runs.run(*FAN_OUT)
    assert [page.asked for page in runs.pages if page.table == "invoices"] == [
        (("account", "IDA000"),)
    ]


def test_a_place_goes_into_json_and_back() -> None:
    place = Place(first=date(2020, 1, 1), since=date(2024, 1, 1), loose=2)
    assert Place.of(json.loads(json.dumps(place.position()))) == place
