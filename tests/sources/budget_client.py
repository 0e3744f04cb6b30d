"""One request through a client that must pass something, and the server that may see it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sources._http.answer import Answer
from sources._http.budget import Heard
from sources._http.client import Client
from sources._http.errors import PenstockError
from tests.sources.http_loopback import Reply, Request, Script, Server, quick, reply

Asks = Callable[[Client], Awaitable[Answer]]


def ask(
    script: tuple[Reply, ...] | Script,
    asks: Asks = lambda client: client.get("list"),
    *,
    quickly: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> tuple[Answer | PenstockError, list[Request]]:
    """The outcome of one request through a client made so, and what the server saw."""

    async def go() -> tuple[Answer | PenstockError, list[Request]]:
        async with (
            Server(script) as server,
            Client(quick(server.url, **(quickly or {})), connection="cim", **arguments) as client,
        ):
            try:
                return await asks(client), server.requests
            except PenstockError as error:
                return error, server.requests

    return asyncio.run(go())


class Login:
    """Logs in through a client of its own."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._token = 0

    async def headers(self) -> Mapping[str, str]:
        if self._token == 0:
            await self.renew({})
        return {"Authorization": f"Bearer {self._token}"}

    async def renew(self, stale: Mapping[str, str]) -> None:
        await self.client.post("login", json={})
        self._token += 1


def hears(headers: Mapping[str, str]) -> Heard | None:
    """The quota as the test server says it."""
    if "x-left" not in headers:
        return None
    return Heard(100, int(headers["x-left"]), float(headers["x-reset"]))


def says(remaining: int, reset: float, status: int = 200) -> Reply:
    return reply(status, headers={"X-Left": str(remaining), "X-Reset": str(reset)})
