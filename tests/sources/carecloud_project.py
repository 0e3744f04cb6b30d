"""The vendor's side, as little of it as a client's tests need, and how they ask it.

It logs in with numbered tokens, keeps lists that can be changed at any time, and sorts, cuts and
counts them. Written from the vendor's sheet.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from sources._http.client import Client
from sources._http.redact import Redactor
from sources._reading.marks import Mark, Reading, Trouble
from sources._tables.page import Page
from sources._vendor import Means
from sources.carecloud.login import open_client
from sources.carecloud.reading import read
from sources.carecloud.settings import CarecloudSettings
from tests.sources.http_loopback import Reply, Request, Server, reply

APPLICATION, LOGIN, PASSWORD = "application-17", "extractor-17", "pass/word:17"
NOW = datetime(2024, 1, 8, 12)
BEGIN = datetime(2024, 1, 8, 9)
PRAGUE = ZoneInfo("Europe/Prague")
Row = dict[str, Any]


def said(status: int, value: object) -> Reply:
    """An answer in JSON."""
    return reply(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def error(status: int, **told: Any) -> Reply:
    """An error as the vendor says it."""
    return said(status, {"error": {"exception": "E", "title": "T", **told}})


@dataclass
class Project:
    """The vendor.

    Attributes:
        rows: the lists, by path.
        keys: the field that identifies a row, by path.
        answers: replies in place of a list's or an object's, by path.
        lasts: a token is taken for so many requests.
        valid_to: what a login says of its token.
        on_list: called before each list is answered, with its path and offset.
    """

    rows: dict[str, list[Row]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Reply] = field(default_factory=dict)
    lasts: int = 1_000_000
    valid_to: str | None = "2024-01-08 20:00:00"
    login_status: int = 201
    on_list: Callable[[str, int], None] = lambda _path, _offset: None
    now: datetime = NOW
    logins: int = 0
    served: int = 0
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    posted: list[tuple[str, Any]] = field(default_factory=list)
    languages: set[str] = field(default_factory=set)
    prefix: str = "/webservice/rest-api/enterprise-interface/v1.0/"

    def __call__(self, request: Request) -> Reply:
        at = urlsplit(request.target)
        assert at.path.startswith(self.prefix), at.path
        path = at.path.removeprefix(self.prefix)
        self.languages.add(request.headers["accept-language"])
        if request.method == "POST":
            self.posted.append((path, json.loads(request.body)))
            return self.answers.get(path) or self._log_in(path, request)
        self.asked.append((path, dict(parse_qsl(at.query))))
        token = request.headers.get("authorization")
        if token != f"Bearer token-{self.logins}" or self.served >= self.lasts:
            return error(401, detail="who are you?")
        self.served += 1
        if path in self.answers:
            return self.answers[path]
        table, _, key = path.partition("/")
        return self._one(table, key) if key else self._list(table, self.asked[-1][1])

    def _log_in(self, path: str, request: Request) -> Reply:
        if path.endswith("/actions/login") and path.startswith("tokens/"):
            assert request.headers["authorization"] == f"Bearer token-{self.logins}"
            return said(200, {"data": {"customer_id": "c1"}})
        assert "authorization" not in request.headers
        self.logins, self.served = self.logins + 1, 0
        name = "token_id" if path == "tokens" else "bearer_token"
        data: dict[str, Any] = {name: f"token-{self.logins}", "valid_to": self.valid_to, "user": {}}
        return said(self.login_status, {"data": data})

    def _list(self, table: str, query: Mapping[str, str]) -> Reply:
        self.on_list(table, int(query["offset"]))
        rows = self.rows.get(table, [])
        sort = query["sort_field"]
        ordered = sorted(rows, key=lambda row: str(row.get(sort)))
        if query["sort_direction"] == "DESC":
            ordered.reverse()
        first, count = int(query["offset"]), int(query["count"])
        name = table.replace("-", "_")
        cut = ordered[first : first + count]
        return said(200, {"data": {name: cut, "total_items": len(rows)}})

    def _one(self, table: str, key: str) -> Reply:
        found = [r for r in self.rows.get(table, []) if r[self.keys[table]] == key]
        return said(200, {"data": found[0]}) if found else error(404, detail="no such object")


def settings_of(url: str, **more: Any) -> CarecloudSettings:
    """The settings of a connection to a server."""
    settings = CarecloudSettings()
    plain: dict[str, Any] = {
        "project_url": url,
        "user_external_application_id": APPLICATION,
        "login": LOGIN,
        "password": PASSWORD,
        "timezone": "Europe/Prague",
        "page_size": 5,
        "backoff_seconds": 0.002,
        "attempts": 2,
        "deadline_seconds": 5.0,
    }
    for name, value in (plain | more).items():
        setattr(settings, name, value)
    settings.on_resolved()
    return settings


Asking = Callable[[Client, CarecloudSettings], Awaitable[Any]]


def ask(project: Project, asking: Asking, **more: Any) -> Any:
    """What comes of asking a project over a client that is opened for it."""

    async def go() -> Any:
        async with Server(project) as server:
            settings = settings_of(server.url, **more)
            means = Means(connection="carecloud", redactor=Redactor(), clock=lambda: project.now)
            try:
                async with open_client(settings, means) as client:
                    return await asking(client, settings)
            finally:
                await asyncio.sleep(0.02)  # what was cancelled on the way is let go here

    return asyncio.run(go())


@dataclass
class Read:
    """What a reading brought: rows in order, the positions behind them, and what failed."""

    rows: list[Row] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    positions: dict[tuple[str, str], Any] = field(default_factory=dict)

    def take(self, item: Page | Mark | Trouble) -> None:
        """Keeps an item; positions go through JSON, as they do between runs."""
        if isinstance(item, Trouble):
            self.troubles.append(item)
        elif isinstance(item, Mark):
            self.marks.append(item)
            if item.position is None:
                self.positions.pop((item.table, item.stream), None)
            else:
                at = json.loads(json.dumps(item.position))
                self.positions[item.table, item.stream] = at
        else:
            held: Any = json.loads(item.body)
            for name in item.rows_at:
                held = held[name]
            self.rows += held if isinstance(held, list) else [held]


def reading_of(
    tables: Sequence[str], positions: Mapping[tuple[str, str], Any], project: Project
) -> Reading:
    """What is to be read, from where."""
    return Reading(tables=tuple(tables), positions=positions, clock=lambda: project.now)


def written(at: datetime) -> str:
    """A time (UTC, naive) as the vendor writes it."""
    return at.replace(tzinfo=UTC).astimezone(PRAGUE).strftime("%Y-%m-%d %H:%M:%S")


def card(number: int, at: datetime, **fields: Any) -> Row:
    """A row that says when it changed."""
    return {"card_id": f"c{number}", "last_change": written(at), "v": 0, **fields}


def cards(count: int, at: datetime = BEGIN) -> list[Row]:
    """So many, a second apart."""
    return [card(n, at + timedelta(seconds=n)) for n in range(count)]


def runs(
    project: Project,
    read_of: Read,
    tables: Sequence[str] = ("cards",),
    *,
    pages: int | None = None,
    how: Callable[..., Any] = read,
    **more: Any,
) -> None:
    """One run over a client of its own; stopped behind so many marks, if that is said."""

    async def asking(client: Client, of: CarecloudSettings) -> None:
        items: AsyncIterator[Any] = how(client, of, reading_of(tables, read_of.positions, project))
        marks = 0
        async with aclosing(items):  # type: ignore[type-var]
            async for item in items:
                read_of.take(item)
                marks += isinstance(item, Mark)
                if pages is not None and marks >= pages:
                    return

    ask(project, asking, **more)
