"""Logging in: a bearer token, good for as long as it says itself.

`POST /authentication` takes a form and answers `access_token`, without `expires_in` or a refresh
token in the sample; the sample's token is a JWT that lives an hour [S, decoded]. A token is renewed
a little before its end, where that is known, and by any 401 [A].
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from sources._http.answer import Answer
from sources._http.auth import is_token
from sources._http.client import Client
from sources._http.errors import Drifted, Refused, Rejected
from sources._http.lanes import Lanes
from sources._vendor import Clock, Means
from sources.cleo.settings import CleoSettings

LOGIN: Final = "authentication"
EARLY: Final = timedelta(minutes=2)
_LONGEST: Final = 86_400.0 * 366  # seconds: what lasts longer is renewed once a year
_KEPT: Final = "login"
_LANES: Final = "lanes"
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_CHECK: Final = "check username, password and tenant or base_url"


def open_client(settings: CleoSettings, means: Means) -> Client:
    """The wire to one mailbox, with what authorises there; not open yet.

    Raises:
        Misconfigured: a setting of the wire cannot be used.
    """
    door = partial(
        Client,
        settings.wire(),
        redactor=means.redactor,
        connection=means.connection,
        ends_at=means.ends_at,
        clock=means.clock,
    )
    if _KEPT not in means.kept:
        means.redactor.add(str(settings.password))
        means.kept[_KEPT] = BearerLogin(settings, door, means.clock)
        means.kept[_LANES] = Lanes(settings.concurrency)
    return door(auth=means.kept[_KEPT], lanes=means.kept[_LANES])


class BearerLogin:
    """Gets a token and keeps it current; an `Auth`.

    Args:
        settings: the credentials.
        door: makes a client without `auth`.
        clock: now, in UTC, naive.
    """

    def __init__(self, settings: CleoSettings, door: Callable[..., Client], clock: Clock) -> None:
        self._settings = settings
        self._door = door
        self._clock = clock
        self._token = ""
        self._renew_at: datetime | None = None

    def __repr__(self) -> str:
        return "<BearerLogin>"

    async def headers(self) -> Mapping[str, str]:
        """What authorises a request; logs in first where there is no token that lasts.

        Raises:
            Refused: the login is; says what to check. It has no status, since it is of no table.
            Drifted: its answer has no token.
            PenstockError: whatever else the client raises.
        """
        if not self._token or (self._renew_at is not None and self._clock() >= self._renew_at):
            await self._log_in()
        return {"Authorization": f"Bearer {self._token}"}

    async def renew(self, stale: Mapping[str, str]) -> None:
        """Gets another token.

        Raises:
            PenstockError: as `headers`.
        """
        await self._log_in()

    async def _log_in(self) -> None:
        self._token = ""
        form = {
            "grant_type": "password",
            "username": self._settings.username,
            "password": str(self._settings.password),
        }
        asked_at = self._clock()
        try:
            async with self._door() as client:
                answer = await client.send(
                    LOGIN,
                    content=urlencode(form).encode("ascii"),
                    headers=_FORM,
                    expects="json",
                    repeatable=True,
                )
        except (Refused, Rejected) as error:
            if error.status == HTTPStatus.NOT_FOUND:
                raise Refused(f"there is no login at this address: {_CHECK}") from None
            raise Refused(f"the login failed: {error.message}; {_CHECK}") from None
        said = _said(answer)
        self._token = str(said["access_token"]).strip()
        lasts = lifetime(said)
        self._renew_at = None if lasts is None else asked_at + max(lasts - EARLY, lasts / 2)


def _said(answer: Answer) -> Mapping[str, Any]:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not is_token(said.get("access_token")):
        raise Drifted(f"POST {answer.url} answered without an access_token", status=answer.status)
    return dict(said)


def lifetime(said: Mapping[str, Any]) -> timedelta | None:
    """How long a token is good for: as its answer says, else as it says itself.

    A JWT's own clock is the vendor's, so its two times are compared with each other alone. None
    where nothing says it.
    """
    seconds = said.get("expires_in")
    if seconds is None:
        payload = _payload(str(said.get("access_token", "")))
        begun, ends = payload.get("iat"), payload.get("exp")
        if isinstance(begun, int | float) and isinstance(ends, int | float):
            seconds = _between(begun, ends)
    try:
        lasts = float(seconds) if seconds else 0.0
        return timedelta(seconds=min(lasts, _LONGEST)) if lasts >= 1 else None
    except (TypeError, ValueError, OverflowError):
        return None


def _between(begun: float, ends: float) -> float | None:
    try:
        return float(ends) - float(begun)
    except OverflowError:
        return None


def _payload(token: str) -> Mapping[str, Any]:
    """The claims of a JWT, unverified: they only say when to log in again."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
