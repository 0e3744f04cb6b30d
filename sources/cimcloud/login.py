"""Logging in: a bearer token that is renewed in time, or HTTP Basic.

`POST /authenticate` answers `{"expiration", "token"}`, valid for seven days [P]. Some answers carry
a refresh token, good for thirty days; `POST /refresh` takes it as a bare JSON string and answers
the same fields, the token as `token` or, as the prose has it, `bearer_token` [P]. Logging in again
is always possible [P], so it is what follows wherever a refresh does not work. Whether a login
spends budget is not said: it is counted.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from sources._http.answer import Answer
from sources._http.auth import is_token
from sources._http.client import Client
from sources._http.errors import Drifted, Refused, Retryable
from sources._http.redact import Redactor
from sources._tables.withhold import untold
from sources._vendor import Clock, Means
from sources.cimcloud.guard import forbidden
from sources.cimcloud.limits import hears
from sources.cimcloud.settings import BASIC, CimcloudSettings

LOGIN: Final = "authenticate"
REFRESH: Final = "refresh"
AHEAD: Final = timedelta(minutes=5)
_TOKENS: Final = ("token", "bearer_token")
_CREDENTIALS: Final = (
    "check auth_key, auth_user_name and auth_password against the App Authorization in the Worker "
    "Portal, and that it allows calls from this machine's address"
)
_WHAT_TO_CHECK: Final = {
    HTTPStatus.BAD_REQUEST: f'{_CREDENTIALS}; some authorizations want auth_type = "basic"',
    HTTPStatus.UNAUTHORIZED: _CREDENTIALS,
    HTTPStatus.FORBIDDEN: f"{_CREDENTIALS}, and the API2 bundle of the site's edition",
    HTTPStatus.NOT_FOUND: "check site and base_url: there is no login at that address",
}


def open_client(settings: CimcloudSettings, means: Means) -> Client:
    """The wire to one site, with what authorises there; not open yet.

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
        hears=hears,
        ends_at=means.ends_at,
        forbids=forbidden,
        clock=means.clock,
    )
    if settings.auth_type == BASIC:
        return door(headers=basic(str(settings.auth_user_name), str(settings.auth_password)))
    if LOGIN not in means.kept:
        means.kept[LOGIN] = BearerLogin(settings, door, means.redactor, means.clock)
    return door(auth=means.kept[LOGIN])


def basic(user_name: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic."""
    said = b64encode(f"{user_name}:{password}".encode()).decode("ascii")
    return {"Authorization": f"Basic {said}"}


class BearerLogin:
    """Gets a bearer token and keeps it current; an `Auth`.

    Args:
        settings: the credentials.
        door: makes a client without `auth`, which shares the account's budget.
        redactor: learns what must not be shown.
        clock: now, in UTC, naive.
    """

    def __init__(
        self,
        settings: CimcloudSettings,
        door: Callable[[], Client],
        redactor: Redactor,
        clock: Clock,
    ) -> None:
        self._credentials = {
            "AuthKey": str(settings.auth_key),
            "AuthUserName": str(settings.auth_user_name),
            "AuthPassword": str(settings.auth_password),
        }
        redactor.add(*self._credentials.values())
        self._door = door
        self._redactor = redactor
        self._clock = clock
        self._token = ""
        self._refresh_token = ""
        self._renew_at: datetime | None = None

    def __repr__(self) -> str:
        return "<BearerLogin>"

    async def headers(self) -> Mapping[str, str]:
        """The header that authorises a request; logs in first where there is no token that lasts.

        Raises:
            Refused: the login is; says what to check.
            Drifted: its answer has no token.
            PenstockError: whatever else the client raises.
        """
        if not self._token or (self._renew_at is not None and self._clock() >= self._renew_at):
            await self._renew()
        return {"Authorization": f"Bearer {self._token}"}

    async def renew(self, stale: Mapping[str, str]) -> None:
        """Gets another token.

        Raises:
            PenstockError: as `headers`.
        """
        await self._renew()

    async def _renew(self) -> None:
        async with self._door() as client:
            if not (self._refresh_token and await self._refreshed(client)):
                await self._log_in(client)

    async def _log_in(self, client: Client) -> None:
        answer = await client.post(
            LOGIN, json=self._credentials, repeatable=True, expects="json", tolerate=_WHAT_TO_CHECK
        )
        if answer.status in _WHAT_TO_CHECK:
            said = self._redactor.excerpt(answer.body)
            quoted = f" ({said!r})" if said else ""
            raise Refused(
                f"POST {answer.url} answered {answer.status}{quoted}: "
                f"{_WHAT_TO_CHECK[HTTPStatus(answer.status)]}",
                status=answer.status,
            )
        self._take(answer)

    async def _refreshed(self, client: Client) -> bool:
        """Whether the refresh token brought a token; it is given one chance."""
        refresh_token, self._refresh_token = self._refresh_token, ""
        try:
            answer = await client.post(REFRESH, json=refresh_token, repeatable=True, expects="json")
            self._take(answer)
        except (Refused, Drifted, Retryable):
            return False
        return True

    def _take(self, answer: Answer) -> None:
        """Keeps the token that an answer carries.

        Raises:
            Drifted: it carries none that a header could.
        """
        said = _fields(answer)
        tokens = [said[name] for name in _TOKENS if is_token(said.get(name))]
        if not tokens:
            found = self._redactor.clean(", ".join(sorted(map(str, said))[:8])) or "nothing"
            raise Drifted(
                f"POST {answer.url} answered {answer.status} without a token; it has {found}",
                status=answer.status,
            )
        refresh_token = said.get("refresh_token")
        self._token = tokens[0].strip()
        self._refresh_token = refresh_token if is_token(refresh_token) else ""
        self._redactor.add(self._token, self._refresh_token)
        self._renew_at = _renew_at(said.get("expiration"), self._clock())


def read_expiration(value: object) -> datetime | None:
    """When a token expires, in UTC, naive; None where that cannot be read.

    Args:
        value: ISO with Z, an offset, or none, which is UTC [A].
    """
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value.strip())
        return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read
    except (ValueError, OverflowError):
        return None


def _renew_at(expiration: object, now: datetime) -> datetime | None:
    """When to renew; None leaves it to the vendor's 401.

    A token that seems to be over as it comes is a matter of clocks: renewing it would never end.
    """
    expires_at = read_expiration(expiration)
    if expires_at is None or expires_at - now <= AHEAD:
        return None
    return expires_at - AHEAD


def _fields(answer: Answer) -> dict[str, Any]:
    try:
        said = json.loads(answer.body.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
