"""One login for all, renewed in time; and nothing secret in what is said about it."""

from __future__ import annotations

import asyncio
import json
import traceback
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sources._http.answer import Answer
from sources._http.budget import Budgets
from sources._http.budget_count import Heard
from sources._http.client import Client
from sources._http.errors import Drifted, OutOfTime, PenstockError, Refused, Retryable
from sources._http.redact import Redactor
from sources._vendor import Means
from sources.cimcloud.limits import budget_of, hears
from sources.cimcloud.login import open_client, read_expiration
from sources.cimcloud.settings import CimcloudSettings
from tests.sources.http_loopback import CUT, Reply, Request, Server, json_reply, reply

KEY, USER, PASSWORD = "auth-key-17", "user-name-17", "pass/word:17"
NOW = datetime(2024, 1, 8, 12)


@dataclass
class Site:
    """The vendor's side: issues numbered tokens and takes the newest one, for `lasts` calls."""

    lasts: int = 1_000_000
    expires_in: timedelta = timedelta(days=7)
    now: datetime = NOW
    name: str = "token"
    gives_refresh: bool = False
    refuses: dict[str, Reply] = field(default_factory=dict)
    tokens: int = 0
    refreshes: int = 0
    served: int = 0
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        route = request.target.removeprefix("/acme/")
        self.asked.append(route)
        if route in self.refuses:
            return self.refuses[route]
        if route == "authenticate":
            assert json.loads(request.body) == {
                "AuthKey": KEY,
                "AuthUserName": USER,
                "AuthPassword": PASSWORD,
            }
            assert "authorization" not in request.headers
            return self.issue()
        if route == "refresh":
            assert json.loads(request.body) == f"refresh-token-{self.refreshes}"
            assert "authorization" not in request.headers
            return self.issue()
        good = f"Bearer token-number-{self.tokens}"
        if request.headers.get("authorization") != good or self.served == self.lasts:
            return reply(401, b"who are you?")
        self.served += 1
        return reply()

    def issue(self) -> Reply:
        self.tokens += 1
        self.served = 0
        said = {
            "expiration": (self.now + self.expires_in).isoformat() + "Z",
            self.name: f"token-number-{self.tokens}",
        }
        if self.gives_refresh:
            self.refreshes += 1
            said["refresh_token"] = f"refresh-token-{self.refreshes}"
        return json_reply(said)

    def count(self, route: str) -> int:
        return self.asked.count(route)


def settings_of(url: str, **said: Any) -> CimcloudSettings:
    settings = CimcloudSettings()
    plain: dict[str, Any] = {
        "base_url": url,
        "site": "acme",
        "auth_key": KEY,
        "auth_user_name": USER,
        "auth_password": PASSWORD,
        "backoff_seconds": 0.002,
        "attempts": 2,
        "deadline_seconds": 5.0,
    }
    for name, value in (plain | said).items():
        setattr(settings, name, value)
    settings.on_resolved()
    return settings


Asking = Callable[[Client], Awaitable[Any]]


def ask(site: Callable[[Request], Reply], asking: Asking, **said: Any) -> Any:
    """What comes of asking a site over a client that is opened for it."""

    async def go() -> Any:
        async with Server(site) as server:
            means = Means(connection="cimcloud", redactor=Redactor(), clock=lambda: clock(site))
            async with open_client(settings_of(server.url, **said), means) as client:
                return await asking(client)

    return asyncio.run(go())


def clock(site: object) -> datetime:
    return site.now if isinstance(site, Site) else NOW


async def one(client: Client) -> Answer | PenstockError:
    try:
        return await client.get("orders/1")
    except PenstockError as error:
        return error


def many(number: int) -> Asking:
    async def asking(client: Client) -> list[Answer | PenstockError]:
        return await asyncio.gather(*(one(client) for _ in range(number)))

    return asking


def one_by_one(number: int) -> Asking:
    async def asking(client: Client) -> list[Answer | PenstockError]:
        return [await one(client) for _ in range(number)]

    return asking


def test_one_login_for_many_at_once() -> None:
    site = Site()
    answers = ask(site, many(12))
    assert all(isinstance(answer, Answer) for answer in answers)
    assert (site.count("authenticate"), site.count("orders/1")) == (1, 12)


@pytest.mark.parametrize("name", ["token", "bearer_token"])
def test_both_names_of_the_token_are_taken(name: str) -> None:
    assert isinstance(ask(Site(name=name), one), Answer)


def test_a_token_that_is_over_at_the_61st_request() -> None:
    site = Site(lasts=60)
    answers = ask(site, one_by_one(61))
    assert all(isinstance(answer, Answer) for answer in answers)
    assert (site.count("authenticate"), site.count("orders/1")) == (2, 62)


def test_a_token_is_renewed_before_it_expires() -> None:
    site = Site(expires_in=timedelta(hours=1))

    async def asking(client: Client) -> list[int]:
        logins = []
        for minutes in (0, 54, 1, 1):
            site.now += timedelta(minutes=minutes)
            assert isinstance(await one(client), Answer)
            logins.append(site.count("authenticate"))
        return logins

    assert ask(site, asking) == [1, 1, 2, 2]
    assert site.count("orders/1") == 4


@pytest.mark.parametrize("left", [timedelta(minutes=5), timedelta(0), timedelta(days=-3)], ids=str)
def test_a_token_that_seems_to_be_over_is_used_until_it_is_refused(left: timedelta) -> None:
    site = Site(expires_in=left)
    answers = ask(site, one_by_one(5))
    assert all(isinstance(answer, Answer) for answer in answers)
    assert site.count("authenticate") == 1


def test_a_refresh_token_saves_the_login() -> None:
    site = Site(lasts=2, gives_refresh=True)
    answers = ask(site, one_by_one(5))
    assert all(isinstance(answer, Answer) for answer in answers)
    assert (site.count("authenticate"), site.count("refresh")) == (1, 2)


@pytest.mark.parametrize(
    "refusal",
    [
        reply(400, b"no"),
        reply(401, b"no"),
        reply(404, b"no"),
        reply(500, b"no"),
        json_reply({"expiration": "2030-01-01T00:00:00Z"}),
        json_reply({"token": ""}),
        json_reply({"token": 7}),
        json_reply({"token": "line\nbreak"}),
        json_reply([]),
        reply(200, b"<html>"),
        CUT,
    ],
    ids=lambda r: ascii(r.raw[-30:]),
)
def test_a_refresh_that_does_not_work_is_followed_by_a_login(refusal: Reply) -> None:
    site = Site(lasts=1, gives_refresh=True, refuses={"refresh": refusal})
    answers = ask(site, one_by_one(2))
    assert all(isinstance(answer, Answer) for answer in answers)
    assert site.count("authenticate") == 2
    assert site.count("refresh") in (1, 2)  # where the answer is lost, it is asked for once more


def test_a_refresh_token_is_given_one_chance() -> None:
    site = Site(lasts=1, gives_refresh=True, refuses={"refresh": reply(401)})

    async def asking(client: Client) -> list[Answer | PenstockError]:
        answers = [await one(client)]
        site.refuses["authenticate"] = reply(503)
        answers += [await one(client)]
        del site.refuses["authenticate"]
        return [*answers, await one(client)]

    kinds = [type(answer) for answer in ask(site, asking)]
    assert kinds == [Answer, Retryable, Answer]
    assert site.count("refresh") == 1


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (400, 'auth_type = "basic"'),
        (401, "check auth_key, auth_user_name and auth_password"),
        (403, "this machine's address"),
        (404, "check site and base_url"),
    ],
)
def test_a_refused_login_says_what_to_check_and_is_not_tried_again(status: int, told: str) -> None:
    site = Site(refuses={"authenticate": reply(status, b"no such user")})
    errors = ask(site, many(6))
    assert site.asked == ["authenticate"]
    for error in errors:
        assert isinstance(error, Refused)
        assert (error.status, error.connection) == (status, "cimcloud")
        assert told in error.message
        assert "no such user" in error.message


def test_a_refusal_of_the_second_login_is_remembered() -> None:
    site = Site(lasts=1)

    async def asking(client: Client) -> list[Answer | PenstockError]:
        answers = [await one(client)]
        site.refuses["authenticate"] = reply(401)
        return answers + [await one(client) for _ in range(3)]

    answers = ask(site, asking)
    assert isinstance(answers[0], Answer)
    assert all(isinstance(answer, Refused) for answer in answers[1:])
    assert site.count("authenticate") == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (json_reply({"expiration": "2030-01-01T00:00:00Z"}), Drifted),
        (json_reply({}), Drifted),
        (json_reply(["token"]), Drifted),
        (json_reply({"token": "é"}), Drifted),
        (reply(200, b"welcome"), Drifted),
        (reply(503), Retryable),
    ],
    ids=lambda value: ascii(value.raw[-20:]) if isinstance(value, Reply) else value.__name__,
)
def test_a_login_that_brings_no_token(answer: Reply, kind: type[PenstockError]) -> None:
    error = ask(Site(refuses={"authenticate": answer}), one)
    assert type(error) is kind
    assert "authenticate" in error.message


def test_nothing_secret_is_said(caplog: pytest.LogCaptureFixture) -> None:
    def echo(request: Request, status: int = 401) -> Reply:
        said = json.loads(request.body or b"null")
        values = list(said.values()) if isinstance(said, dict) else [said]
        known = [*values, request.headers.get("authorization", "nothing").split(" ")[-1]]
        return reply(status, " and ".join(map(str, known)).encode())

    site = Site(lasts=1, gives_refresh=True)

    def gossip(request: Request) -> Reply:
        if request.target.endswith("refresh"):
            return echo(request, 500)
        answer = site(request)
        is_good = site.tokens < 2 and answer.raw.startswith(b"HTTP/1.1 200")
        return answer if is_good else echo(request)

    with caplog.at_level("DEBUG"):
        errors = [*ask(echo, many(2)), *ask(gossip, one_by_one(3))]
        errors += [ask(echo, one, auth_type="basic")]
    told = [e for e in errors if isinstance(e, PenstockError)]
    assert len(told) == 5
    text = "\n".join([*map(str, told), *("".join(traceback.format_exception(e)) for e in told)])
    assert "answered 401" in text
    assert "/acme/refresh: answered 500" in caplog.text
    basic = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    for secret in (KEY, USER, PASSWORD, "token-number", "refresh-token", basic):
        assert secret not in text
        assert secret not in caplog.text


def test_basic_says_name_and_password_with_every_call() -> None:
    seen = []

    def site(request: Request) -> Reply:
        seen.append((request.target, request.headers["authorization"]))
        return reply()

    assert len(ask(site, one_by_one(2), auth_type="basic", auth_key=None)) == 2
    said = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert seen == [("/acme/orders/1", said)] * 2


def test_logging_in_is_counted(tmp_path: Path) -> None:
    async def go() -> list[int]:
        async with Server(Site(lasts=3)) as server:
            settings = settings_of(server.url, calls_per_second=50)
            budget = budget_of(settings, Budgets(tmp_path / "budgets.sqlite"))
            means = Means(
                connection="cimcloud", redactor=Redactor(), clock=lambda: NOW, budget=budget
            )
            left = [budget.left()[1].calls]
            async with open_client(settings, means) as client:
                for _ in range(4):
                    assert isinstance(await one(client), Answer)
            left += [budget.left()[1].calls]
            budget.close()
            return left

    assert asyncio.run(go()) == [100, 100 - 2 - 5]


def test_no_login_after_the_end_of_a_run() -> None:
    site = Site()

    async def go() -> PenstockError | Answer:
        async with Server(site) as server:
            means = Means(
                connection="cimcloud", redactor=Redactor(), clock=lambda: NOW, ends_at=0.0
            )
            async with open_client(settings_of(server.url), means) as client:
                return await one(client)

    assert isinstance(asyncio.run(go()), OutOfTime)
    assert site.asked == []


@pytest.mark.parametrize(
    ("text", "expires_at"),
    [
        ("2022-01-01T01:00:00Z", datetime(2022, 1, 1, 1)),
        ("2022-01-01T01:00:00", datetime(2022, 1, 1, 1)),
        ("2022-01-01 01:00:00", datetime(2022, 1, 1, 1)),
        ("2022-01-01T01:00:00-06:00", datetime(2022, 1, 1, 7)),
        ("2022-01-01T01:00:00.1234567Z", datetime(2022, 1, 1, 1, 0, 0, 123456)),
        ("9999-12-31T23:59:59-10:00", None),
        ("1/1/2022 1:00:00 AM", None),
        ("", None),
        (1641000000, None),
        (None, None),
    ],
    ids=str,
)
def test_when_a_token_expires(text: object, expires_at: datetime | None) -> None:
    assert read_expiration(text) == expires_at


@given(st.one_of(st.text(), st.datetimes(timezones=st.timezones()).map(str), st.integers()))
def test_any_expiration_is_a_time_or_none(value: object) -> None:
    read = read_expiration(value)
    assert read is None or read.tzinfo is None


def headers_of(**said: str) -> dict[str, str]:
    return {f"X-RateLimit-{name.title()}": value for name, value in said.items()}


@pytest.mark.parametrize(
    ("headers", "heard"),
    [
        (headers_of(limit="100", remaining="42", reset="600"), Heard(100, 42, 600.0)),
        (headers_of(limit="100", remaining="0", reset="0"), Heard(100, 0, 0.0)),
        (headers_of(remaining=" 42 ", reset="12.5"), Heard(None, 42, 12.5)),
        (headers_of(limit="100;w=900", remaining="1", reset="9"), Heard(100, 1, 9.0)),
        (headers_of(limit="many", remaining="1", reset="9"), Heard(None, 1, 9.0)),
        (headers_of(limit="100", remaining="-3", reset="9"), Heard(100, 0, 9.0)),
        (headers_of(limit="100", remaining="42"), None),
        (headers_of(limit="100", reset="600"), None),
        (headers_of(remaining="42", reset="1700000000"), None),
        (headers_of(remaining="42", reset="86401"), None),
        (headers_of(remaining="42", reset="-1"), None),
        (headers_of(remaining="", reset=""), None),
        (headers_of(remaining="4e9", reset="1"), None),
        ({}, None),
    ],
    ids=str,
)
def test_what_the_vendor_says_of_its_count(headers: dict[str, str], heard: Heard | None) -> None:
    assert hears(headers) == heard
    assert hears({name.lower(): value for name, value in headers.items()}) == heard


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
@example("١", "٤٢", "٦")
@example("1" * 12, "1" * 12, "1" * 12)
def test_any_headers_are_heard_or_not(limit: str, remaining: str, reset: str) -> None:
    heard = hears(headers_of(limit=limit, remaining=remaining, reset=reset))
    assert heard is None or (heard.remaining >= 0 and heard.reset >= 0)
