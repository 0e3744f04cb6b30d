"""One login for all, a token that rides in query and body, and nothing secret in what is said."""

from __future__ import annotations

import asyncio
import json
import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sources._http.client import Client
from sources._http.errors import Drifted, PenstockError, Refused, Rejected
from sources._http.redact import Redactor
from sources._vendor import Means
from sources.crm_com.api import Api, Ask
from sources.crm_com.identifier import Identifier, account
from sources.crm_com.login import open_client
from sources.crm_com.settings import CrmComSettings
from tests.sources.http_loopback import Reply, Request, Server, json_reply, reply

BASE = "/crmapi/rest/v2/"
PASSWORD, KEY = "pass/word:17", "web-api-key-17"
NOW = datetime(2024, 1, 8, 12)
EXPIRED = {"code": "COM.CRM.EXCEPTION.INVALIDTOKENEXCEPTION", "description": "Token expired"}


def ok(data: object) -> Reply:
    return json_reply({"data": data, "status": {"code": "OK"}})


def error(code: str, description: str = "") -> Reply:
    return json_reply({"status": {"description": description, "code": code}, "data": None})


@dataclass
class Crm:
    """The vendor's side: issues numbered tokens and takes the newest, for `lasts` calls."""

    lasts: int = 1_000_000
    token: object = None
    login: Reply | None = None
    answer: Reply | None = None
    logins: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    served: int = 0

    def __call__(self, request: Request) -> Reply:
        path = urlsplit(request.target).path.removeprefix(BASE)
        if path.startswith("authentication/"):
            said = request.headers.get("authorization", "")
            self.logins.append((path, json.loads(request.body), said))
            self.served = 0
            return self.login or ok({"token": self.token or f"token-number-{len(self.logins)}"})
        self.asked.append(request)
        if self.given(request) != f"token-number-{len(self.logins)}" or self.served == self.lasts:
            return json_reply({"status": EXPIRED})
        self.served += 1
        return self.answer or ok([])

    @staticmethod
    def given(request: Request) -> object:
        if request.method == "POST":
            return json.loads(request.body)["token"]
        return parse_qs(urlsplit(request.target).query)["token"][0]


def settings_of(port: int, **said: Any) -> CrmComSettings:
    settings = CrmComSettings()
    known: dict[str, Any] = {"username": "u", "password": PASSWORD, "organisation": "o"}
    for name, value in {**known, "backoff_seconds": 0.0, **said}.items():
        setattr(settings, name, value)
    settings.base_url = f"http://127.0.0.1:{port}"
    return settings


def talk(
    crm: Crm,
    what: Callable[[Client, CrmComSettings], Awaitable[None]],
    *,
    clock: Callable[[], datetime] = lambda: NOW,
    redactor: Redactor | None = None,
    **said: Any,
) -> None:
    async def main() -> None:
        async with Server(crm) as server:
            settings = settings_of(server.port, **said)
            means = Means(connection="crm", redactor=redactor or Redactor(), clock=clock)
            async with open_client(settings, means) as client:
                await what(client, settings)

    asyncio.run(main())


def test_logs_in_once_as_a_user_and_signs_query_and_body() -> None:
    crm = Crm()

    async def ask(client: Client, _: CrmComSettings) -> None:
        await client.get(
            "jobs/list", params={"x_identifier": "name=Août & co", "fields_set": "a,b"}
        )
        answer = await client.post("purchases/list", json={"offset": 0}, repeatable=True)
        assert "token" not in answer.url

    talk(crm, ask, unit="U1")
    login = {"username": "u", "password": PASSWORD, "organisation": "o", "unit": "U1"}
    assert crm.logins == [("authentication/token", login, "")]
    got, posted = crm.asked
    # the second "=" as it is
    assert got.target.endswith("&x_identifier=name=Ao%C3%BBt%20%26%20co&fields_set=a,b")
    assert json.loads(posted.body) == {"offset": 0, "token": "token-number-1"}
    assert "token" not in posted.target
    assert posted.headers["content-type"] == "application/json"


def test_logs_in_by_key() -> None:
    crm = Crm()

    async def ask(client: Client, _: CrmComSettings) -> None:
        await client.get("jobs/list")

    talk(crm, ask, web_api_key=KEY)
    said = "Basic " + b64encode(f"{KEY}:".encode()).decode()
    assert crm.logins == [("authentication/web_api_key/token", {}, said)]


def test_a_token_that_is_over_is_renewed_once_for_all_in_flight() -> None:
    crm = Crm(lasts=30)

    async def ask(client: Client, _: CrmComSettings) -> None:
        assert client.lanes is not None
        await asyncio.gather(*(client.get(f"jobs/{n}") for n in range(60)))

    talk(crm, ask)
    assert len(crm.logins) == 2
    assert len(crm.asked) <= 60 + 8


def test_a_token_is_renewed_before_its_two_hours_are_over() -> None:
    crm, now = Crm(), [NOW]

    async def ask(client: Client, _: CrmComSettings) -> None:
        for minutes in (0, 60, 111, 200):
            now[0] = NOW + timedelta(minutes=minutes)
            await client.get("jobs/list")

    talk(crm, ask, clock=lambda: now[0])
    assert len(crm.logins) == 2
    assert len(crm.asked) == 4


def test_a_token_that_is_never_taken_is_given_up() -> None:
    crm = Crm(lasts=0)

    async def ask(client: Client, _: CrmComSettings) -> None:
        with pytest.raises(Refused):
            await client.get("jobs/list")

    talk(crm, ask)
    assert len(crm.logins) == 2


@pytest.mark.parametrize(
    ("login", "kind", "said"),
    [
        (error("COM.CRM.EXCEPTION.LOGIN", "wrong password"), Refused, "wrong password"),
        (ok({"tokens": 1}), Drifted, "without a token"),
        (ok({"token": " "}), Drifted, "without a token"),
        (ok(None), Drifted, "without a token"),
        (json_reply([]), Drifted, "without the envelope"),
        (reply(401, b"{}"), Refused, "401"),
        (reply(400, b"{}"), Refused, "400"),
        (reply(403, b"{}"), Refused, "403"),
        (reply(404, b"{}"), Refused, "404"),
    ],
    ids=["refused", "no token", "blank", "no data", "no envelope", "401", "400", "403", "404"],
)
def test_a_login_that_fails_says_why(login: Reply, kind: type[PenstockError], said: str) -> None:
    crm = Crm(login=login)

    async def ask(client: Client, _: CrmComSettings) -> None:
        with pytest.raises(kind, match=said) as caught:
            await client.get("jobs/list")
        assert PASSWORD not in str(caught.value)
        if kind is Refused:  # of no table, and nobody tries it again
            assert caught.value.status is None
            with pytest.raises(Refused, match=said):
                await client.get("leads/list")
            assert len(crm.logins) == 1

    talk(crm, ask)
    assert crm.asked == []


def test_an_error_with_status_200_is_raised_in_the_vendor_s_words() -> None:
    crm = Crm(answer=error("COM.CRM.EXCEPTION.INVALIDPARAMETER", "Parameter page_token is invalid"))

    async def ask(client: Client, _: CrmComSettings) -> None:
        with pytest.raises(Rejected, match="INVALIDPARAMETER: Parameter page_token is invalid"):
            await client.get("jobs/list")

    talk(crm, ask)
    assert len(crm.logins) == len(crm.asked) == 1


def test_nothing_secret_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    crm = Crm(token="eagle4711", answer=error("COM.CRM.EXCEPTION", f"no {PASSWORD} for eagle4711"))
    said: list[str] = []

    async def ask(client: Client, _: CrmComSettings) -> None:
        with pytest.raises(PenstockError) as caught:
            await client.get("jobs/list")
        said.append(str(caught.value))

    talk(crm, ask)
    for text in (*said, caplog.text):
        assert PASSWORD not in text
        assert "eagle4711" not in text
    assert said


def test_lists_ask_for_rows_and_declared_fields() -> None:
    crm = Crm()

    async def ask(client: Client, settings: CrmComSettings) -> None:
        api = Api(client, settings)
        whose = account("ACR0000000164")
        await api.list_of(Ask(table="invoices", method="invoices/list", identifier=whose)).fetch(
            50, 50
        )
        retail = Identifier("classification_identifier", "name", "Retail")
        method = "customer_events/purchases/list"
        await api.list_of(Ask(table="purchases", method=method, identifier=retail)).fetch(0, 50)

    talk(crm, ask)
    invoices, purchases = crm.asked
    assert invoices.target.partition("?")[2] == (
        "token=token-number-1&accounts_receivable_identifier=number=ACR0000000164"
        "&number_of_results=50&offset=50"
    )
    body = json.loads(purchases.body)
    assert body["classification_identifier"] == {"name": "Retail"}
    assert (body["number_of_results"], body["offset"]) == (50, 0)
    assert "products_set" in body["fields_set"].split(",")


def test_all_fields_are_asked_for_where_new_ones_are_to_show() -> None:
    crm = Crm()

    async def ask(client: Client, settings: CrmComSettings) -> None:
        api = Api(client, settings)
        await api.list_of(Ask(table="jobs", method="jobs/all_scopes/get_draft")).fetch(0, 50)

    talk(crm, ask, declared_fields_only=False, unpaged=["jobs"])
    assert crm.asked[0].target.endswith("get_draft?token=token-number-1")
