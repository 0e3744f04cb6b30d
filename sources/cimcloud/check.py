"""`penstock check`: is the site up, may this authorization read each table, and if not, why.

Three calls for the site, one for each table: the cheapest there is, what changed since today, where
the table can be asked that. Nothing here waits for another table's trouble to pass: a 401 of one
table means that the authorization does not reach it, since the site has just accepted the token.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo

from sources._http.answer import Answer, Expects
from sources._http.client import Client
from sources._http.errors import Drifted, OutOfTime, PenstockError
from sources._reading.paged import read_rows
from sources._tables.declare import Table
from sources._vendor import Finding
from sources.cimcloud.limits import hears
from sources.cimcloud.resources import Resource, Setting, settle
from sources.cimcloud.search import FIRST_PAGE, DaysAgo, list_path, since
from sources.cimcloud.settings import BASIC, CimcloudSettings

CANARY: Final = "healthcheck/canary"
HEALTH: Final = "healthcheck"
VALIDATE: Final = "validate"
_NOT_READ: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
)
_NO_LEAVE: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_SWAGGER: Final = "penstock check --swagger FILE"
_NAMED: Final = 8
_WORD: Final = 80


async def check(client: Client, settings: CimcloudSettings) -> AsyncIterator[Finding]:
    """Looks at the site, then at each table once.

    Raises:
        OutOfTime: the run is over before all is looked at.
    """
    asked = _Asked(client)
    site_is_well = True
    yield Finding("", True, _where_and_when(settings))
    async for finding in _site(asked, settings):
        site_is_well = site_is_well and finding.ok
        yield finding
    if site_is_well:
        for setting in settle(settings):
            if setting.is_read:
                yield await _table(asked, setting, settings)
    if asked.has_reached:
        yield asked.cost(settings)


def _where_and_when(settings: CimcloudSettings) -> str:
    """What the timezone setting comes to: a wrong one is silent until times are compared."""
    there = datetime.now(UTC).astimezone(ZoneInfo(settings.timezone))
    return f"timezone {settings.timezone}: it is {there:%Y-%m-%d %H:%M} there; is it at the site?"


class _Asked:
    """The client, and what the calls made through it cost."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._calls = 0
        self._last: Answer | None = None

    @property
    def has_reached(self) -> bool:
        """Whether anything was answered."""
        return self._last is not None

    async def get(
        self, path: str, *, tolerate: Collection[int] = (), expects: Expects = "json"
    ) -> Answer:
        """As `Client.get`; counted.

        Raises:
            PenstockError: as `Client.get`.
        """
        try:
            answer = await self._client.get(path, tolerate=tolerate, expects=expects)
        except PenstockError:
            self._calls += 1  # at least
            raise
        self._calls += answer.attempts
        self._last = answer
        return answer

    def shown(self, text: object) -> str:
        """What the vendor said, as it may be shown."""
        return self._client.redactor.excerpt(str(text).encode("utf-8", "replace"), _WORD)

    def cost(self, settings: CimcloudSettings) -> Finding:
        """What all this took of the budget, and what the vendor says is left."""
        login = "" if settings.auth_type == BASIC else " and a login"
        said = [f"this took {self._calls} call{'' if self._calls == 1 else 's'}{login}"]
        heard = hears(self._last.headers) if self._last else None
        if heard is not None:
            said.append(f"the vendor counts {heard.remaining} left for {heard.reset:.0f} s")
        said.append(
            f"{settings.calls_per_quarter_hour} calls a quarter hour are shared by all who use "
            "this App Authorization: give the extractor its own"
        )
        return Finding("", True, "; ".join(said))


async def _site(asked: _Asked, settings: CimcloudSettings) -> AsyncIterator[Finding]:
    """Whether the site runs, has its database, and takes the credentials."""
    try:
        canary = _object(await asked.get(CANARY))
        yield Finding("", True, f"the API says {asked.shown(canary.get('status', 'nothing'))!r}")
        answer = await asked.get(HEALTH, tolerate=_NOT_READ)
        if answer.status in _NOT_READ:
            yield Finding("", True, f"no health check for this authorization ({answer.status})")
        else:
            for finding in _health(asked, _object(answer)):
                yield finding
        answer = await asked.get(VALIDATE, tolerate=_NOT_READ, expects="bytes")
    except OutOfTime:
        raise
    except PenstockError as error:
        yield Finding("", False, error.message)
        return
    yield _validated(answer.status, settings)


def _validated(status: int, settings: CimcloudSettings) -> Finding:
    """What the site says of the credentials."""
    if status in _NO_LEAVE:
        how = "HTTP Basic" if settings.auth_type == BASIC else "the token it has just issued"
        return Finding(
            "",
            False,
            f"the site does not accept {how} ({status}): check the App Authorization in the Worker "
            "Portal, whether it is active and lets this machine's address in",
        )
    if status in _NOT_READ:
        return Finding("", True, f"the site does not say whether the credentials hold ({status})")
    return Finding("", True, "the credentials are valid")


def _health(asked: _Asked, said: Mapping[str, Any]) -> list[Finding]:
    """What the health check says; its misspelling is the vendor's, its flags are text or none."""
    findings = []
    if _is_flag(said.get("databaeConnection"), False):
        why = asked.shown(said.get("databaseConnectionError") or "no reason given")
        findings.append(Finding("", False, f"the site has lost its database: {why}"))
    version = asked.shown(said.get("apiVersionNumber", "of no number"))
    database = asked.shown(said.get("productionDatabase", "not named"))
    findings.append(Finding("", True, f"API version {version}, production database {database}"))
    if _is_flag(said.get("usingStagingDB"), True):
        message = "the site is using its STAGING database: these are not its real sales"
        findings.append(Finding("", True, message))
    return findings


async def _table(asked: _Asked, setting: Setting, settings: CimcloudSettings) -> Finding:
    """One table's cheapest call, and what came of it."""
    resource, name = setting.resource, setting.table.name
    search = None
    if resource.cursor is not None:
        search = since(resource.cursor, DaysAgo(0), settings.operators())
    try:
        answer = await asked.get(list_path(resource.path, search, FIRST_PAGE), tolerate=_NOT_READ)
        if answer.status in _NOT_READ:
            return Finding(name, False, _why_not(asked, resource, answer))
        rows = read_rows(answer, name)
    except OutOfTime:
        raise
    except PenstockError as error:
        return Finding(name, False, error.message)
    return Finding(name, True, _readable(setting, rows))


def _why_not(asked: _Asked, resource: Resource, answer: Answer) -> str:
    """What a refusal means, and what to do about it."""
    said = asked.shown(answer.body.decode("utf-8", "replace"))
    heard = f"answered {answer.status}" + (f" ({said!r})" if said else "")
    if answer.status in _NO_LEAVE:
        return (
            f"{heard}: this authorization may not read {resource.path}. In the Worker Portal, App "
            "Authorizations: its resources and methods (GET), and the addresses it is called from"
        )
    if answer.status == HTTPStatus.NOT_FOUND:
        return (
            f"{heard}: the site has no {resource.path}. Set resources.{resource.table}.path, or "
            f"let `{_SWAGGER}` find it; enabled = false leaves the table out"
        )
    if resource.cursor is None:
        return f"{heard}: the site does not take {resource.path} as a list. `{_SWAGGER}` tells more"
    return (
        f"{heard}: the site does not know the field {resource.cursor} or the search operator. Set "
        f"resources.{resource.table}.cursor, operator_since, or let `{_SWAGGER}` find the field"
    )


def _readable(setting: Setting, rows: tuple[dict[str, Any] | None, ...]) -> str:
    """How many rows the page has, and how the declaration meets them."""
    since_today = setting.resource.cursor is not None
    if not rows:
        return "readable; nothing changed today" if since_today else "readable; it has no rows"
    said = f"readable; {len(rows)} rows {'changed today' if since_today else 'on its first page'}"
    return f"{said}; {_carried(setting.table, rows)}"


def _carried(table: Table, rows: tuple[dict[str, Any] | None, ...]) -> str:
    fields = {field for row in rows if row is not None for field in row}
    missing = [c.wire for c in table.columns if fields.isdisjoint((c.wire, *c.aliases))]
    said = f"{len(table.columns) - len(missing)} of {len(table.columns)} columns are there"
    if not missing:
        return said
    named = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
    return f"{said}, without {named}"


def _object(answer: Answer) -> dict[str, Any]:
    """The object that an answer holds.

    Raises:
        Drifted: it holds none.
    """
    try:
        said = json.loads(answer.body.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Drifted(f"{answer.url} did not answer one JSON object")
    return said


def _is_flag(value: object, wanted: bool) -> bool:
    """Whether a flag is there and is that; some of them are text [P]."""
    return str(value).strip().lower() == str(wanted).lower()
