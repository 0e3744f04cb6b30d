"""How each kind of a vendor's bytes is read: by what the product reads it with, and looked at."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from sources._http.answer import Answer, Body, TooLarge, Undecodable, looks_like_json
from sources._http.auth import Auth, is_token
from sources._http.call import Call, Fault
from sources._http.errors import PenstockError
from sources._http.redact import Redactor
from sources._http.retry import gave_up, retry_after
from sources._http.settings import WireSettings
from sources._http.verdict import verdict
from sources._reading.paged import read_rows
from sources._tables.declare import Table
from sources._tables.page import Page
from sources._tables.typer import Typer
from sources._tables.withhold import untold
from sources.carecloud import times
from sources.carecloud.login import CustomerLogin, UserLogin
from sources.carecloud.resources import resources_of as carecloud_resources
from sources.carecloud.saying import explained, is_missing, read_list, read_single
from sources.carecloud.settings import CarecloudSettings
from sources.carecloud.tables import TABLES as CARECLOUD
from sources.cimcloud.limits import hears
from sources.cimcloud.login import BearerLogin as CimcloudLogin
from sources.cimcloud.settings import CimcloudSettings
from sources.cimcloud.swagger import read_swagger
from sources.cleo.documents import raw_page, reread
from sources.cleo.folders import Folders
from sources.cleo.login import BearerLogin as CleoLogin
from sources.cleo.settings import CleoSettings
from sources.cleo.tables import DOCUMENTS
from sources.crm_com.envelope import is_not_found, judge, one_of, rows_of
from sources.crm_com.identifier import account_of
from sources.crm_com.login import TokenLogin
from sources.crm_com.news import News
from sources.crm_com.settings import CrmComSettings
from sources.crm_com.tables import TABLES as CRM_COM
from tests.sources.bad_samples import (
    page_of,
    row_of,
)


@dataclass(frozen=True)
class Parser:
    """One way that a vendor's bytes go.

    Attributes:
        read: takes any bytes; raises `PenstockError` at worst, and AssertionError for what is lost.
        samples: something valid, to be damaged.
        share: of the bytes of a long run; less where it is slow.
    """

    read: Callable[[bytes], None]
    samples: tuple[bytes, ...]
    share: int = 1


AT: Final = datetime(2024, 1, 8, 12)
PRAGUE: Final = ZoneInfo("Europe/Prague")
_REDACTOR: Final = Redactor(("correct horse", "battery staple"))


def answer_of(body: bytes, status: int = 200, **headers: str) -> Answer:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(
        status=status, headers=said, body=body, url="http://x/list", received_at=AT, attempts=1
    )


class Standing:
    """Stands where a client would, and answers the same to everything."""

    def __init__(self, body: bytes) -> None:
        self.redactor = _REDACTOR
        self._body = body

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def get(self, *_: Any, **__: Any) -> Answer:
        return answer_of(self._body)

    post = send = get


def settings_of(kind: type[Any], **said: Any) -> Any:
    made = kind()
    for name, value in said.items():
        setattr(made, name, value)
    return made


def rows_parser(table: Table, *samples: bytes, rows_at: tuple[str, ...] = ()) -> Parser:
    """The rows of a table's page, typed; every row is good or in quarantine, with its text."""
    typer = Typer("c", "Europe/Prague")

    def read(body: bytes) -> None:
        page = Page(
            table=table.name,
            body=body,
            received_at=AT,
            request="GET /list",
            page_id="p",
            rows_at=rows_at,
        )
        look_at(typer, table, page)

    return Parser(read, samples or (page_of(row_of(table), row_of(table, 2)),), share=3)


def look_at(typer: Typer, table: Table, page: Page) -> None:
    typed = typer.type_pages(table, [page], "w")
    bad = typed.quarantine.to_pylist()
    numbers = {row["row_number"] for row in bad}
    good = set(typed.rows["_row_number"].to_pylist())
    assert typed.rows.num_rows == len(good), "a row came out twice"
    assert not good & numbers, "a row is good and bad"
    assert good | numbers == set(range(typed.received)), "a row is lost"
    assert all(row["raw"] is not None and row["reason"] for row in bad), "no text, or no reason"


def read_paged(body: bytes) -> None:
    answer = answer_of(body)
    looks_like_json(body)
    for row in read_rows(answer, "orders"):
        json.dumps(row)
    told = verdict(answer_of(body, 500), _call(), _REDACTOR)
    assert told is not None
    str(told).encode()


def _call() -> Call:
    return Call(
        method="GET", shown="http://x", expects="json", repeatable=True, tolerate=frozenset()
    )


JOBS: Final = next(t for t in CRM_COM if t.name == "jobs")
CUSTOMERS: Final = next(t for t in CARECLOUD if t.name == "customers")
RESOURCE: Final = carecloud_resources({})["customers"]


def read_carecloud(body: bytes) -> None:
    client: Any = Standing(body)
    explained(client, answer_of(body, 400)).encode()
    is_missing(answer_of(body, 404))
    with suppress(PenstockError):
        read_single(answer_of(body), RESOURCE)
    for row in read_list(answer_of(body), RESOURCE).rows:
        read_times(row.get("last_change") if row else None)


def read_times(value: object) -> None:
    text = times.local(value)
    times.rank(value, PRAGUE)
    if text is not None:
        times.latest(text, PRAGUE)
        times.floor(text, timedelta(hours=1), PRAGUE, times.earliest(text, PRAGUE))


def read_crm_com(body: bytes) -> None:
    for status in (200, 401, 404):
        found = judge(answer_of(body, status))
        if found is not None:
            is_not_found(f"GET /x answered {status} ({found.said!r})")
    with suppress(PenstockError):
        one_of(answer_of(body), "jobs")
    news = News()
    for row in rows_of(answer_of(body), "jobs")[0]:
        if row is not None:
            named = account_of(row)
            assert named is None or str(named.query).encode()
            news.has(row)
            news.add(row, AT)
            news.add(row)


def files_parser(*samples: bytes) -> Parser:
    """Files of a mailbox, and the documents in them, typed."""
    typer = Typer("c")

    def read(body: bytes) -> None:
        raw = raw_page(body, AT, "GET /f", file_id="f", shown="in/f", documents_before=0)
        look_at(typer, DOCUMENTS, replace(reread(raw), page_id="p"))

    return Parser(read, samples, share=3)


MAILBOX: Final = settings_of(CleoSettings, username="u", password="p", page_size=10)


def read_folder(body: bytes) -> None:
    async def go() -> None:
        client: Any = Standing(body)
        async for listed in Folders(client, MAILBOX).listed("folders"):
            for entry in listed.entries:
                json.dumps(entry)
        await Folders(client, MAILBOX).find("old")

    asyncio.run(go())


def logins(body: bytes) -> Iterator[Auth]:
    def door(**_: Any) -> Any:
        return Standing(body)

    def clock() -> datetime:
        return AT

    redactor = Redactor()
    yield CleoLogin(MAILBOX, door, clock)
    site = settings_of(CimcloudSettings, auth_key="k", auth_user_name="u", auth_password="p")
    yield CimcloudLogin(site, door, redactor, clock)
    project = settings_of(CarecloudSettings, login="u", password="p", timezone="Europe/Prague")
    project.user_external_application_id = "a"
    yield UserLogin(project, door, redactor, clock)
    yield CustomerLogin(project, door, redactor, clock)
    yield TokenLogin(settings_of(CrmComSettings, username="u"), door, redactor, clock)


def read_logins(body: bytes) -> None:
    """Every login is given the answer, twice: a refresh may follow."""

    async def go() -> None:
        for login in logins(body):
            with suppress(PenstockError):
                said = await login.headers()
                await login.renew(said)
                for value in said.values():
                    assert is_token(value.removeprefix("Bearer ")), "no header can carry it"

    asyncio.run(go())


_QUOTA: Final = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def read_headers(body: bytes) -> None:
    """The bytes as the headers' values, as HTTP hands them over."""
    lines = [line.strip() for line in body.decode("latin-1").split("\n")][:6]
    value = [*lines, *[""] * 6]
    hears(dict(zip(_QUOTA, value[:3], strict=True)))
    for text in value:
        wait = retry_after(text, value[3], AT)
        fault = Fault("answered 429", status=429, retry_after=wait)
        call = _call()
        call.faults.append(fault)
        str(gave_up(call, WireSettings(base_url="https://x.example"), AT, late=False)).encode()


def read_body(body: bytes) -> None:
    """The bytes as gzip, in pieces."""
    held = Body("gzip", 100_000)
    try:
        for at in range(0, len(body), 1000):
            held.add(body[at : at + 1000])
        assert len(held.whole()) <= 100_000, "more than the limit"
    except (TooLarge, Undecodable):
        pass


def read_site(body: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(body)
        file.flush()
        read_swagger(Path(file.name), "cimcloud", {"site": "acme"})


def read_withheld(body: bytes) -> None:
    untold(body)
    shown = _REDACTOR.excerpt(body)
    assert len(shown) <= 200
    assert "correct horse" not in shown
