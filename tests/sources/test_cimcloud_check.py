"""`penstock check` of a site: what it finds, what it advises, and what it costs."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import pytest

from sources._http.errors import OutOfTime
from sources._http.redact import Redactor
from sources._vendor import Finding, Means
from sources.cimcloud.check import check
from sources.cimcloud.login import open_client
from sources.cimcloud.resources import resources_of
from sources.cimcloud.settings import CimcloudSettings
from tests.sources.http_loopback import CUT, Reply, Request, Server, json_reply, reply

HEALTH = {
    "status": "Running",
    "productionDatabase": "acme_prod",
    "apiVersionNumber": "2.4.1",
    "databaeConnection": True,
    "usingStagingDB": "false",
    "databaseConnectionError": "",
}
COUNTED = {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "61", "X-RateLimit-Reset": "840"}


@dataclass
class Site:
    """A site that is well, but for what a test says of some of its routes."""

    answers: dict[str, Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        route = unquote(request.target.removeprefix("/acme/"))
        self.asked.append(route)
        head = route if route.startswith("health") else route.split("/")[0]
        if head in self.answers:
            return self.answers[head]
        said: dict[str, Any] = {
            "authenticate": {"token": "token-17"},
            "healthcheck/canary": {"status": "Running"},
            "healthcheck": HEALTH,
        }
        return json_reply(said[head]) if head in said else reply(200, b"[]", COUNTED)


def found(site: Callable[[Request], Reply], **said: Any) -> list[Finding]:
    async def go() -> list[Finding]:
        async with Server(site) as server:
            settings = CimcloudSettings()
            plain: dict[str, Any] = {"base_url": server.url, "site": "acme", "auth_key": "key-17"}
            plain |= {"auth_user_name": "user-17", "auth_password": "password-17"}
            plain |= {"attempts": 2, "backoff_seconds": 0.002}
            for name, value in (plain | said).items():
                setattr(settings, name, value)
            settings.on_resolved()
            redactor = Redactor(["password-17"])
            means = Means(
                connection="cimcloud", redactor=redactor, clock=lambda: datetime(2024, 1, 8)
            )
            async with open_client(settings, means) as client:
                return [finding async for finding in check(client, settings)]

    return asyncio.run(go())


def of_site(findings: list[Finding]) -> str:
    return "\n".join(f"{f.ok}: {f.message}" for f in findings if not f.table)


def of(findings: list[Finding], table: str) -> Finding:
    return next(f for f in findings if f.table == table)


def test_a_site_that_is_well() -> None:
    site = Site()
    findings = found(site)
    assert all(finding.ok for finding in findings)
    assert [f.table for f in findings if f.table] == list(resources_of({}))
    zone, rest = of_site(findings).split("\n", 1)
    assert re.fullmatch(
        r"True: timezone UTC: it is [-0-9]+ [0-9:]+ there; is it at the site\?", zone
    )
    assert rest == (
        "True: the API says 'Running'\n"
        "True: API version 2.4.1, production database acme_prod\n"
        "True: the credentials are valid\n"
        "True: this took 19 calls and a login; the vendor counts 61 left for 840 s; 100 calls a "
        "quarter hour are shared by all who use this App Authorization: give the extractor its own"
    )


def test_each_table_costs_its_cheapest_call() -> None:
    site = Site()
    found(site)
    first, *rest = site.asked
    assert first == "authenticate"
    assert rest[:3] == ["healthcheck/canary", "healthcheck", "validate"]
    assert len(rest) == 3 + 16
    changed = "searchgreatherthanequal~last_modify_date~<<date>>"
    assert f"orders/{changed}/1" in rest
    assert "inventory/1" in rest


def test_what_is_set_otherwise_is_asked_otherwise() -> None:
    site = Site()
    resources = {
        "orders": {"path": "web_orders", "cursor": "changed"},
        "shipments": {"enabled": False},
        "payments": {"cursor": ""},
    }
    findings = found(site, resources=resources, operator_since="since")
    assert "web_orders/since~changed~<<date>>/1" in site.asked
    assert "payments/1" in site.asked
    assert not [f for f in findings if f.table == "shipments"]


def test_rows_and_what_of_the_declaration_they_carry() -> None:
    rows = [{"c_ordnum": 1, "o_key": "a"}, {"c_ordnum": 2, "order_total": "1.0000", "new": 1}]
    site = Site({"orders": json_reply(rows), "inventory": json_reply([])})
    findings = found(site)
    assert of(findings, "orders").message.startswith(
        "readable; 2 rows changed today; 3 of 19 columns are there, without Header_WS_ID, Coupon"
    )
    assert of(findings, "accounts").message == "readable; nothing changed today"
    assert of(findings, "inventory_levels").message == "readable; it has no rows"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (reply(401), "this authorization may not read orders"),
        (reply(403, b"resource not permitted"), "Worker Portal, App Authorizations"),
        (reply(404), "Set resources.orders.path, or let `penstock check --swagger FILE`"),
        (reply(400, b"no such field"), "does not know the field last_modify_date"),
        (json_reply({"rows": []}), "where a list of rows belongs"),
        (reply(200, b"<html>", COUNTED), "something that is no whole JSON"),
        (reply(500), "answered 500"),
        (CUT, "the connection broke"),
    ],
    ids=lambda value: ascii(value.raw[-16:]) if isinstance(value, Reply) else None,
)
def test_a_table_that_cannot_be_read_does_not_hide_the_others(answer: Reply, told: str) -> None:
    findings = found(Site({"orders": answer}))
    orders = of(findings, "orders")
    assert not orders.ok
    assert told in orders.message
    assert [f.table for f in findings if not f.ok] == ["orders"]


def test_a_refused_list_without_a_change_date_is_not_blamed_on_it() -> None:
    message = of(found(Site({"inventory": reply(400)})), "inventory_levels").message
    assert "does not take inventory as a list" in message
    assert "cursor" not in message


def test_a_table_that_is_out_of_reach_costs_one_call() -> None:
    site = Site({resource.path: reply(401) for resource in resources_of({}).values()})
    findings = found(site)
    assert sum(not f.ok for f in findings) == 16
    assert len(site.asked) == 1 + 3 + 16


@pytest.mark.parametrize(
    ("health", "told", "is_well"),
    [
        (
            {"databaeConnection": False, "databaseConnectionError": "timed out"},
            "False: the site has lost its database: timed out",
            False,
        ),
        ({"databaeConnection": "false"}, "has lost its database: no reason given", False),
        ({"usingStagingDB": "true"}, "True: the site is using its STAGING database", True),
        ({"usingStagingDB": True}, "STAGING", True),
    ],
    ids=str,
)
def test_what_the_health_check_says(health: dict[str, Any], told: str, is_well: bool) -> None:
    findings = found(Site({"healthcheck": json_reply(HEALTH | health)}))
    assert told in of_site(findings)
    assert bool([f for f in findings if f.table]) is is_well


def test_an_authorization_without_the_health_check_is_looked_at_all_the_same() -> None:
    findings = found(Site({"healthcheck": reply(403), "validate": reply(404)}))
    assert all(finding.ok for finding in findings)
    assert "no health check for this authorization (403)" in of_site(findings)
    assert len([f for f in findings if f.table]) == 16


@pytest.mark.parametrize("auth_type", ["bearer", "basic"])
def test_credentials_that_do_not_hold_end_it(auth_type: str) -> None:
    site = Site({"validate": reply(401)})
    findings = found(site, auth_type=auth_type)
    assert "False: the site does not accept" in of_site(findings)
    assert ("HTTP Basic" in of_site(findings)) is (auth_type == "basic")
    assert not [f for f in findings if f.table]


def test_a_refused_login_ends_it_and_tells_no_secret() -> None:
    site = Site({"authenticate": reply(401, b"bad password-17")})
    findings = found(site)
    assert [f.ok for f in findings] == [True, False], "nothing is said of calls that reached nobody"
    assert "check auth_key, auth_user_name and auth_password" in findings[1].message
    assert "password-17" not in of_site(findings)
    assert site.asked == ["authenticate"]


@pytest.mark.parametrize("body", [b"[]", b'{"status": {"a": 1}}', b"{}"])
def test_an_odd_canary_upsets_nothing(body: bytes) -> None:
    findings = found(Site({"healthcheck/canary": reply(200, body)}))
    assert findings[-1].message.startswith("this took ")


def test_secrets_that_a_site_echoes_are_not_shown() -> None:
    health = HEALTH | {"databaeConnection": False, "databaseConnectionError": "pw=password-17"}
    assert "password-17" not in of_site(found(Site({"healthcheck": json_reply(health)})))
    echo = found(Site({"orders": reply(403, json.dumps({"Authorization": "token-17"}).encode())}))
    assert "token-17" not in of(echo, "orders").message


def test_the_end_of_a_run_ends_it() -> None:
    async def go() -> None:
        async with Server(Site()) as server:
            settings = CimcloudSettings()
            plain = {"base_url": server.url, "site": "acme", "auth_key": "k"}
            for name, value in (plain | {"auth_user_name": "u", "auth_password": "p"}).items():
                setattr(settings, name, value)
            means = Means(
                connection="c", redactor=Redactor(), clock=lambda: datetime(2024, 1, 8), ends_at=0.0
            )
            async with open_client(settings, means) as client:
                async for _ in check(client, settings):
                    pass

    with pytest.raises(OutOfTime):
        asyncio.run(go())
