"""Logging in: a token for two hours, put into the query of a GET and the body of a POST.

`POST authentication/token` takes user name, password and organisation; `POST
authentication/web_api_key/token` takes the key as Basic user name with an empty password. There is
no refresh: whoever needs another token logs in again [P].
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import quote

import httpx

from sources._http.auth import is_token
from sources._http.client import Client
from sources._http.errors import Drifted, Refused, Rejected
from sources._http.lanes import Lanes
from sources._http.redact import Redactor
from sources._tables.withhold import untold
from sources._vendor import Clock, Means
from sources.crm_com.envelope import OK, data_of, judge, status_of, told
from sources.crm_com.settings import CrmComSettings

TOKEN: Final = "token"  # noqa: S105 - the parameter's name
BY_USER: Final = "authentication/token"
BY_KEY: Final = "authentication/web_api_key/token"
LASTS: Final = timedelta(hours=2)  # used or not [P]
EARLY: Final = timedelta(minutes=10)
_LOGIN: Final = "login"
_LANES: Final = "lanes"
_CHECK: Final = "check username, password, organisation and unit, or web_api_key"


def open_client(settings: CrmComSettings, means: Means) -> Client:
    """The wire to one server, with what authorises there; not open yet.

    Raises:
        Misconfigured: a setting of the wire cannot be used.
    """
    door = partial(
        Client,
        settings.wire(),
        redactor=means.redactor,
        withholds=untold,
        connection=means.connection,
        budget=means.budget,
        ends_at=means.ends_at,
        clock=means.clock,
    )
    if _LOGIN not in means.kept:
        means.kept[_LOGIN] = TokenLogin(settings, door, means.redactor, means.clock)
        means.kept[_LANES] = Lanes(settings.concurrency)
    return door(auth=means.kept[_LOGIN], sign=sign, judge=judge, lanes=means.kept[_LANES])


def sign(request: httpx.Request, credentials: Mapping[str, str]) -> httpx.Request:
    """The request with its token, and with identifiers as the API wants them.

    `accounts_receivable_identifier=id=…` has a literal second `=` [S], which a query encoder would
    turn into %3D.
    """
    if request.method == "GET":
        said = {**credentials, **dict(request.url.params.multi_items())}
        query = "&".join(f"{quote(k, safe='')}={quote(v, safe='=,')}" for k, v in said.items())
        request.url = request.url.copy_with(query=query.encode("ascii"))
        return request
    body = {**json.loads(request.content or b"{}"), **credentials}
    headers = {k: v for k, v in request.headers.items() if k.lower() != "content-length"}
    return httpx.Request(
        request.method, request.url, headers=headers, content=json.dumps(body).encode()
    )


class TokenLogin:
    """Gets a token and keeps it current; an `Auth`.

    Args:
        settings: the credentials.
        door: makes a client without `auth`.
        redactor: learns what must not be shown.
        clock: now, in UTC, naive.
    """

    def __init__(
        self,
        settings: CrmComSettings,
        door: Callable[..., Client],
        redactor: Redactor,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._door = door
        self._redactor = redactor
        self._clock = clock
        self._token = ""
        self._renew_at = datetime.min  # noqa: DTZ901 - naive UTC, as everywhere
        self._refused = ""
        redactor.add(*(str(s) for s in (settings.password, settings.web_api_key) if s))

    def __repr__(self) -> str:
        return "<TokenLogin>"

    async def headers(self) -> Mapping[str, str]:
        """What authorises a request; logs in first where there is no token that lasts.

        Raises:
            Refused: the login is; says what to check. It has no status, since it is of no table,
                and is remembered for the run: many wrong logins may lock a user out.
            Drifted: its answer has no token.
            PenstockError: whatever else the client raises.
        """
        if not self._token or self._clock() >= self._renew_at:
            await self._log_in()
        return {TOKEN: self._token}

    async def renew(self, stale: Mapping[str, str]) -> None:
        """Gets another token.

        Raises:
            PenstockError: as `headers`.
        """
        await self._log_in()

    async def _log_in(self) -> None:
        if self._refused:
            raise Refused(self._refused)
        path, body, headers = self._credentials()
        try:
            async with self._door(headers=headers) as client:
                answer = await client.post(path, json=body, repeatable=True, expects="json")
        except (Refused, Rejected) as error:
            raise self._refuse(f"the login failed: {error.message}; {_CHECK}") from None
        status = status_of(answer.body)
        if status is not None and status.get("code") != OK:
            said = self._redactor.excerpt(told(status).encode("utf-8", "replace"))
            raise self._refuse(f"POST {answer.url} answered {said!r}: {_CHECK}")
        held = data_of(answer, "")
        token = held.get(TOKEN) if isinstance(held, dict) else None
        if not is_token(token):
            raise Drifted(f"POST {answer.url} answered without a token", status=answer.status)
        self._token = token.strip()  # whoever signs with it tells the redactor
        self._renew_at = self._clock() + LASTS - EARLY

    def _refuse(self, message: str) -> Refused:
        self._token, self._refused = "", message
        return Refused(message)

    def _credentials(self) -> tuple[str, dict[str, Any], dict[str, str]]:
        """Where to log in, and with what body and headers."""
        settings = self._settings
        if settings.web_api_key:
            said = b64encode(f"{settings.web_api_key}:".encode()).decode("ascii")
            return BY_KEY, {}, {"Authorization": f"Basic {said}"}
        named = ("username", "password", "organisation", "unit")
        given = {name: str(value) for name in named if (value := getattr(settings, name))}
        return BY_USER, given, {}
