"""How a client comes in and leaves: users of the enterprise interface, customers by a token."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sources._sandbox.store import Store
from sources._sandbox.wire import ENTRY
from sources.carecloud.sandbox.answers import (
    BAD_LOGIN,
    NOT_ALLOWED,
    NOT_FOUND,
    UNAUTHORIZED,
    Invalid,
    InvalidError,
    as_json,
    error,
    nothing,
)
from sources.carecloud.sandbox.play import CUSTOMER, ENTERPRISE, Play
from sources.carecloud.sandbox.tokens import Tokens

LOGIN = ["users", "actions", "login"]
LOGOUT = ["users", "actions", "logout"]
OWN_TABLES = ("purchases", "orders", "bookings", "cards", "vouchers")


class Door:
    """Answers whatever has to do with tokens.

    Args:
        play: how the project is played.
        tokens: those that were handed out.
        store: the tables as they are now.
    """

    def __init__(self, play: Play, tokens: Tokens, store: Callable[[], Store]) -> None:
        self._play = play
        self._tokens = tokens
        self._store = store
        self._customer: str | None = None

    async def enter(self, request: Request, interface: str, path: list[str]) -> Response | None:
        """The answer to a request about tokens; None to any other.

        Raises:
            InvalidError: its body is not complete.
        """
        if path[0] not in ("tokens", "users"):
            return None
        is_login = path[:1] == ["tokens"] and path[2:] == ["actions", "login"]
        if is_login:
            entry = request.scope[ENTRY]
            entry["path"] = entry["path"].replace(path[1], "{token_id}")
        if request.method != "POST":
            return error(405, NOT_ALLOWED, f"{request.method} is not for {'/'.join(path)}")
        if interface == ENTERPRISE and path == LOGIN:
            return await self._log_in(request)
        if interface == ENTERPRISE and path == LOGOUT:
            return self._log_out(request)
        if interface == CUSTOMER and path == ["tokens"]:
            return await self._token(request)
        if interface == CUSTOMER and is_login:
            return await self._customer_comes(request, path[1])
        return error(404, NOT_FOUND, "There is no such resource")

    async def _log_in(self, request: Request) -> Response:
        """A user of the enterprise interface gets a bearer token [P]."""
        asked = await _body(request, "user_external_application_id", "login", "password")
        if asked["user_external_application_id"] != self._tokens.application:
            return error(404, NOT_FOUND, "There is no such external application")
        if not self._tokens.is_right(ENTERPRISE, asked["login"], asked["password"]):
            return error(403, BAD_LOGIN, "The login or the password is not right")
        token, ends = self._tokens.issue(ENTERPRISE)
        user = {"user_id": self._tokens.application[::-1], "login": asked["login"], "state": 1}
        told = {"bearer_token": token, "valid_to": ends, "user": user}
        return as_json({"data": told}, self._play.login_status)

    def _log_out(self, request: Request) -> Response:
        authorization = request.headers.get("Authorization", "")
        if self._tokens.admit(ENTERPRISE, authorization) is None:
            return error(401, UNAUTHORIZED, "The token is missing, wrong or over")
        self._tokens.forget(authorization)
        return nothing(204)

    async def _token(self, request: Request) -> Response:
        """An application on a device gets a token, which never ends [P]."""
        asked = await _body(request, "device", "setup", "external_application_id")
        for name in ("device", "setup"):
            if not isinstance(asked[name], dict):
                raise InvalidError(Invalid(name, None, "invalid_type", f"{name} is no object"))
        if asked["external_application_id"] != self._tokens.application:
            return error(404, NOT_FOUND, "There is no such external application")
        token, _ends = self._tokens.issue(CUSTOMER)
        return as_json({"data": {"token_id": token}}, self._play.login_status)

    async def _customer_comes(self, request: Request, token_id: str) -> Response:
        """A customer logs in; the names of the fields are those of the public client [P]."""
        token = self._tokens.get(token_id)
        if token is None or token.interface != CUSTOMER:
            return error(404, NOT_FOUND, "There is no such token")
        asked = await _body(request, "password")
        login = asked.get("login_value", asked.get("login"))
        if not self._tokens.is_right(CUSTOMER, login, asked["password"]):
            return error(403, BAD_LOGIN, "The login or the password is not right")
        token.customer_id = self._chosen()
        return as_json({"data": {"customer_id": token.customer_id}}, self._play.login_status)

    def _chosen(self) -> str:
        """Whose account it is: the customer with most in most tables, always the same one."""
        if self._customer is None:
            store, has = self._store(), Counter[str]()
            for place, name in enumerate(OWN_TABLES):
                counted = Counter(r.row["customer_id"] for r in store.table(name).records())
                for customer, rows in counted.items():
                    has[customer] += 1000 + min(rows, 99) * (place == 0)
            self._customer = min(has, key=lambda who: (-has[who], who), default="")
        return self._customer


async def _body(request: Request, *needed: str) -> dict[str, Any]:
    """The JSON object of a request.

    Raises:
        InvalidError: it is none, or lacks something.
    """
    try:
        asked = json.loads(await request.body())
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise InvalidError(Invalid("body", None, "invalid_json", "the body is no JSON object"))
    missing = [name for name in needed if not asked.get(name) and asked.get(name) != {}]
    if missing:
        why = "a mandatory parameter is missing"
        raise InvalidError(*(Invalid(name, None, "missing", why) for name in missing))
    return asked
