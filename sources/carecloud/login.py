"""Logging in, by either interface; nobody asks twice at once.

Enterprise: `POST /users/actions/login` answers 200 or 201 with a bearer token that lasts seven
hours unless the project says otherwise, and `valid_to` in local project time [P]. It is renewed a
little before that, and by any 401: a wrong timezone setting costs nothing but that 401.
Customer: `POST /tokens` answers a token without expiry for an application, and
`POST /tokens/{id}/actions/login` makes it one customer's [P].
Whoever logs in has a client of its own, without credentials and without lanes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from sources._http.answer import Answer
from sources._http.auth import Auth, is_token
from sources._http.client import Client
from sources._http.errors import Drifted, Refused
from sources._http.lanes import Lanes
from sources._http.redact import Redactor
from sources._http.settings import WireSettings
from sources._tables.withhold import untold
from sources._vendor import Clock, Means
from sources.carecloud.resources import CUSTOMER
from sources.carecloud.saying import explained
from sources.carecloud.settings import CarecloudSettings
from sources.carecloud.times import earliest, local

LOGIN: Final = "users/actions/login"
TOKENS: Final = "tokens"
AHEAD: Final = timedelta(minutes=5)
_LANES: Final = "lanes"
_AUTH: Final = "login"
_REFUSALS: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
)
_WHAT_TO_CHECK: Final = {
    LOGIN: (
        "check user_external_application_id, login and password, that the user is of the group "
        "webservice, and project_url, interface and api_version"
    ),
    TOKENS: "check user_external_application_id, and project_url, interface and api_version",
    CUSTOMER: "check login_type, login and password of the customer",
}


def open_client(settings: CarecloudSettings, means: Means) -> Client:
    """The wire to one project, with what authorises there; not open yet.

    The login and what was learnt of how much may be asked at once are kept for the whole run.

    Raises:
        Misconfigured: a setting of the wire cannot be used.
    """
    door = partial(
        Client,
        settings.wire(),
        headers={
            "Accept-Language": settings.accept_language,
            "Content-Type": "application/json",
        },
        redactor=means.redactor,
        withholds=untold,
        connection=means.connection,
        budget=means.budget,
        ends_at=means.ends_at,
        clock=means.clock,
    )
    if _AUTH not in means.kept:
        kind = CustomerLogin if settings.interface == CUSTOMER else UserLogin
        means.kept[_AUTH] = kind(settings, door, means.redactor, means.clock)
        means.kept[_LANES] = Lanes(settings.concurrency)
    login: _Login = means.kept[_AUTH]
    lanes: Lanes = means.kept[_LANES]
    if isinstance(login, CustomerLogin):
        return CustomerClient(login, *door.args, **door.keywords, lanes=lanes)
    return door(auth=login, lanes=lanes)


class CustomerClient(Client):
    """The wire to one customer's own data.

    Args:
        login: that customer's.
        settings: as for a `Client`, like everything else.
        more: the same.
    """

    def __init__(self, login: CustomerLogin, settings: WireSettings, **more: Any) -> None:
        super().__init__(settings, auth=login, **more)
        self._login = login

    async def whose(self) -> str:
        """The customer's number, which its login tells.

        Raises:
            PenstockError: as `Auth.headers`.
        """
        await self._login.headers()
        return self._login.customer_id


class _Login:
    """Gets a bearer token and keeps it current; an `Auth`.

    Args:
        settings: the credentials.
        door: makes a client without `auth`.
        redactor: learns what must not be shown.
        clock: now, in UTC, naive.
    """

    def __init__(
        self,
        settings: CarecloudSettings,
        door: Callable[..., Client],
        redactor: Redactor,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._door = door
        self._redactor = redactor
        self._clock = clock
        self._token = ""
        self._renew_at: datetime | None = None
        redactor.add(*secrets(settings))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

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
        raise NotImplementedError

    async def _post(
        self, path: str, body: object, what: str, auth: Auth | None = None
    ) -> Mapping[str, Any]:
        """The `data` of an answer.

        Args:
            path: below the interface.
            body: the credentials.
            what: which of them they are, for what to check where they are refused.
            auth: what authorises the login itself, where something does.

        Raises:
            Refused: the vendor does not accept it.
            PenstockError: as `Client.post`.
        """
        async with self._door(auth=auth) as client:
            answer = await client.post(
                path, json=body, repeatable=True, expects="json", tolerate=_REFUSALS
            )
        if answer.status in _REFUSALS:
            said = explained(client, answer)
            quoted = f" ({said})" if said else ""
            # without its status, which would pass for one table's trouble
            raise Refused(
                f"POST {answer.url} answered {answer.status}{quoted}: {_WHAT_TO_CHECK[what]}"
            )
        return _data(answer)

    def _token_of(self, token: object, path: str) -> str:
        """A token as a header can carry it.

        Raises:
            Drifted: there is none.
        """
        if not is_token(token):
            raise Drifted(f"POST {path} answered without a token that a header could carry")
        self._redactor.add(token.strip())
        return token.strip()


class UserLogin(_Login):
    """A user's login to the enterprise interface."""

    async def _renew(self) -> None:
        settings = self._settings
        credentials = {
            "user_external_application_id": str(settings.user_external_application_id),
            "login": str(settings.login),
            "password": str(settings.password),
        }
        data = await self._post(LOGIN, credentials, LOGIN)
        self._token = self._token_of(data.get("bearer_token"), LOGIN)
        self._renew_at = self._ends(data.get("valid_to"))

    def _ends(self, valid_to: object) -> datetime | None:
        """When to renew; None leaves it to the vendor's 401.

        A token that seems to be over as it comes is a matter of clocks: renewing it would never
        end.
        """
        text = local(valid_to)
        if text is None:
            return None
        renew_at = earliest(text, self._settings.zone()) - AHEAD
        return renew_at if renew_at > self._clock() else None


class CustomerLogin(_Login):
    """One customer's login to the customer interface.

    Attributes:
        customer_id: who it is; empty before the login.
    """

    customer_id = ""

    async def _renew(self) -> None:
        settings = self._settings
        data = await self._post(TOKENS, settings.token_request(), TOKENS)
        token = self._token_of(data.get("token_id"), TOKENS)
        credentials = {
            "login_type": settings.login_type,
            "login_value": str(settings.login),
            "password": str(settings.password),
        }
        path = f"{TOKENS}/{quote(token, safe='')}/actions/login"
        data = await self._post(path, credentials, CUSTOMER, _Token(token))
        said = data.get("customer_id") or ""
        self.customer_id = str(said) if isinstance(said, str | int) else ""
        if not is_token(self.customer_id):  # it goes into a path
            raise Drifted(f"POST {TOKENS}/…/actions/login answered without a customer_id")
        self._token = token


class _Token:
    """A token that is there already; an `Auth`."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def headers(self) -> Mapping[str, str]:
        """The header that shows it."""
        return {"Authorization": f"Bearer {self._token}"}

    async def renew(self, stale: Mapping[str, str]) -> None:
        """Nothing renews it: its login is refused instead."""


def secrets(settings: CarecloudSettings) -> list[str]:
    """The values that must never be shown."""
    said = (settings.user_external_application_id, settings.login, settings.password)
    return [str(secret) for secret in said if secret]


def _data(answer: Answer) -> Mapping[str, Any]:
    try:
        said = json.loads(answer.body.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return {}
    data = said.get("data") if isinstance(said, dict) else None
    return data if isinstance(data, dict) else {}
