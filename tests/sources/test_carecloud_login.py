"""One login for all, renewed in time, by either interface; and nothing secret in what is said."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from sources._http.answer import Answer
from sources._http.client import Client
from sources._http.errors import Drifted, PenstockError, Refused
from sources._http.redact import Redactor
from sources._vendor import Means
from sources.carecloud.login import open_client
from sources.carecloud.reading import read
from sources.carecloud.settings import CarecloudSettings
from tests.sources.carecloud_project import (
    APPLICATION,
    LOGIN,
    PASSWORD,
    Project,
    Read,
    ask,
    error,
    reading_of,
    said,
    settings_of,
)
from tests.sources.http_loopback import Reply, Server, reply

QUERY = {"count": "1", "offset": "0", "sort_field": "store_id", "sort_direction": "ASC"}
ENTERPRISE = "users/actions/login"
CREDENTIALS = {
    "user_external_application_id": APPLICATION,
    "login": LOGIN,
    "password": PASSWORD,
}


async def one(client: Client, _: CarecloudSettings) -> Answer | PenstockError:
    try:
        return await client.get("stores", params=QUERY)
    except PenstockError as failed:
        return failed


def several(number: int) -> Any:
    async def asking(client: Client, settings: CarecloudSettings) -> list[Any]:
        return [await one(client, settings) for _ in range(number)]

    return asking


async def twelve_at_once(client: Client, settings: CarecloudSettings) -> list[Any]:
    return await asyncio.gather(*(one(client, settings) for _ in range(12)))


@pytest.mark.parametrize("status", [200, 201])
def test_one_login_for_many_at_once(status: int) -> None:
    project = Project(login_status=status)
    answers = ask(project, twelve_at_once)
    assert all(isinstance(answer, Answer) for answer in answers)
    assert project.posted == [(ENTERPRISE, CREDENTIALS)]


def test_a_token_that_is_over_at_the_61st_request_of_many() -> None:
    project = Project(lasts=60)

    async def asking(client: Client, settings: CarecloudSettings) -> list[Any]:
        await asyncio.gather(*(one(client, settings) for _ in range(55)))
        return await asyncio.gather(*(one(client, settings) for _ in range(20)))

    assert all(isinstance(answer, Answer) for answer in ask(project, asking))
    assert project.logins == 2


@pytest.mark.parametrize(
    ("valid_to", "logins"),
    [
        # 15:00 in Prague is 14:00 UTC: it is renewed five minutes before
        ("2024-01-08 15:00:00", [1, 1, 2, 2]),
        ("2024-01-08 20:00:00", [1, 1, 1, 1]),
        (None, [1, 1, 1, 1]),
        ("soon", [1, 1, 1, 1]),
        # by the setting it is over as it comes: the vendor's 401 decides
        ("2024-01-08 13:04:00", [1, 1, 1, 1]),
        ("2020-01-08 13:00:00", [1, 1, 1, 1]),
    ],
)
def test_a_token_is_renewed_before_it_is_over(valid_to: str | None, logins: list[int]) -> None:
    project = Project(valid_to=valid_to)

    async def asking(client: Client, settings: CarecloudSettings) -> list[int]:
        seen: list[int] = []
        for minutes in (0, 114, 1, 1):
            project.now += timedelta(minutes=minutes)
            if project.logins == 1 and minutes == 1 and len(seen) == 2:
                project.valid_to = "2024-01-08 23:00:00"
            assert isinstance(await one(client, settings), Answer)
            seen.append(project.logins)
        return seen

    assert ask(project, asking) == logins


def test_one_fixed_language_and_json_for_every_request() -> None:
    project = Project()
    ask(project, one, accept_language="en")
    assert project.languages == {"en"}


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refused_login_is_told_and_not_tried_again(status: int) -> None:
    invalid = [{"name": "login", "reason": "unknown", "value": LOGIN, "message": LOGIN}]
    project = Project()
    project.answers[ENTERPRISE] = error(
        status, detail="Bad login", error_data={"invalid_params": invalid}
    )
    first, second = ask(project, several(2))
    assert isinstance(first, Refused)
    assert isinstance(second, Refused)
    assert f"answered {status}" in first.message
    assert first.status is None, "a status would pass for one table's trouble"
    assert "Bad login; login: unknown" in first.message
    assert "check user_external_application_id, login and password" in first.message
    assert len(project.posted) == 1
    assert not any(secret in str(first) for secret in (APPLICATION, LOGIN, PASSWORD))


def test_new_credentials_that_are_refused_too_are_told() -> None:
    project = Project(lasts=0)
    answer = ask(project, one)
    assert isinstance(answer, Refused)
    assert project.logins == 2


@pytest.mark.parametrize(
    "answer",
    [
        said(200, {"data": {}}),
        said(200, {"data": {"bearer_token": ""}}),
        said(200, {"data": {"bearer_token": 17}}),
        said(200, {"data": {"bearer_token": "a\nb"}}),
        said(200, {"data": []}),
        said(200, []),
        reply(204, b""),
    ],
    ids=["none", "empty", "number", "two-lines", "list", "no-object", "no-content"],
)
def test_a_login_without_a_token_is_drift(answer: Reply) -> None:
    project = Project()
    project.answers[ENTERPRISE] = answer
    assert isinstance(ask(project, one), Drifted)


def test_a_refused_login_is_no_tables_trouble() -> None:
    """Every further try counts towards the lock that most vendors put on an account."""
    project = Project()
    project.answers[ENTERPRISE] = error(403, detail="Bad login")
    found = Read()

    async def asking(client: Client, settings: CarecloudSettings) -> None:
        async for item in read(client, settings, reading_of(["cards", "orders"], {}, project)):
            found.take(item)

    with pytest.raises(Refused, match="check user_external_application_id"):
        ask(project, asking)
    assert len(project.posted) == 1
    assert found.troubles == []


def customer(**more: Any) -> tuple[Project, Any]:
    project = Project(prefix="/webservice/rest-api/customer-interface/v1.0/", **more)
    return project, {"interface": "customer", "login": "ann@example.com"}


def test_a_customer_logs_in_to_an_application_first() -> None:
    project, how = customer()
    assert isinstance(ask(project, one, **how), Answer)
    (tokens, told), (login, credentials) = project.posted
    assert (tokens, login) == ("tokens", "tokens/token-1/actions/login")
    assert told["external_application_id"] == APPLICATION
    assert set(told) == {"device", "setup", "external_application_id"}
    assert credentials == {
        "login_type": "email",
        "login_value": "ann@example.com",
        "password": PASSWORD,
    }


def test_a_customers_token_is_renewed_by_a_401_alone() -> None:
    project, how = customer(lasts=3, valid_to="2020-01-01 00:00:00")
    assert all(isinstance(answer, Answer) for answer in ask(project, several(5), **how))
    assert project.logins == 2


def test_a_customer_is_read_by_the_number_that_its_login_tells() -> None:
    project, how = customer()
    row = {"customer_id": "c1", "last_change": "2024-01-08 12:00:00"}
    project.rows["customers"], project.keys["customers"] = [row], "customer_id"
    found = Read()

    async def asking(client: Client, settings: CarecloudSettings) -> None:
        async for item in read(client, settings, reading_of(["customers"], {}, project)):
            found.take(item)

    ask(project, asking, **how)
    assert found.rows == [row]
    assert [path for path, _ in project.asked] == ["customers/c1"]
    assert found.marks[-1].coverage is not None
    assert "One customer's own data" in found.marks[-1].coverage.note


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("tokens", "check user_external_application_id"),
        ("tokens/token-1/actions/login", "check login_type, login and password"),
    ],
)
def test_a_customers_refusal_says_what_to_check(path: str, told: str) -> None:
    project, how = customer()
    project.answers[path] = error(403, detail="No")
    answer = ask(project, one, **how)
    assert isinstance(answer, Refused)
    assert told in answer.message
    assert "token-1" not in str(answer)
    assert "ann@example.com" not in str(answer)


def test_clients_of_one_run_share_the_login_and_what_was_learnt() -> None:
    project = Project()

    async def go() -> tuple[Client, Client]:
        async with Server(project) as server:
            settings = settings_of(server.url, concurrency=3)
            means = Means(connection="carecloud", redactor=Redactor(), clock=lambda: project.now)
            first, second = open_client(settings, means), open_client(settings, means)
            for client in (first, second):
                async with client:
                    assert isinstance(await one(client, settings), Answer)
            return first, second

    first, second = asyncio.run(go())
    assert project.logins == 1
    assert first.lanes is second.lanes
    assert first.lanes is not None
    assert first.lanes.most == 3
