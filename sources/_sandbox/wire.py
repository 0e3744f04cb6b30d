"""How things go wrong on the wire: every request to a vendor passes here.

A connection can only be cut at its transport, which ASGI does not hand out; the server's protocol
puts it into the state that each request carries.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sources._sandbox import faults
from sources._sandbox.faults import STRUCK, Fault, Faults
from sources._sandbox.journal import Entry, Journal

ENTRY = "penstock.entry"  # where a request carries its journal entry
TRANSPORT = "penstock.transport"
Noticed = Callable[[Scope, Entry], None]
LOGIN_PAGE = "<!doctype html><html><title>Sign in</title><body>Please sign in.</body></html>"


class CuttableProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, which lets a request reach the connection it came by."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keeps the transport where the requests of this connection find it."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}
        # asyncio leaves it off for a listener made without a protocol number; then a body waits
        # 40 ms for its headers to be acknowledged
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Dropped(Response):
    """No answer at all: the connection dies. A client can't know what became of its request."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__()
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Closes the connection instead of answering."""
        await _cut(scope, receive, reset=self._reset)


class Wire:
    """One vendor's API behind the faults that are armed for it, each request in the journal."""

    def __init__(
        self,
        vendor: str,
        app: ASGIApp,
        armed: Faults,
        journal: Journal,
        noticed: Noticed | None = None,
    ) -> None:
        self._vendor = vendor
        self._noticed = noticed
        self._app = app
        self._faults = armed
        self._journal = journal
        self._last: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets one request through, or what a fault leaves of it."""
        path = scope["path"].removeprefix(scope["root_path"])
        entry = self._journal.begin(
            self._vendor, scope["method"], path, scope["query_string"].decode("latin-1")
        )
        if self._noticed is not None:
            self._noticed(scope, entry)
        try:
            body = await _body(receive)
            striking = self._faults.strike(self._vendor, path)
            entry["fault"] = ", ".join(fault.kind.name for fault in striking) or None
            scope[ENTRY] = entry
            await self._serve(Exchange(scope, body, receive, _noting(send, entry)), striking)
        finally:
            self._journal.end(entry)

    async def _serve(self, exchange: Exchange, striking: list[Fault]) -> None:
        for added in striking:
            if added.kind is faults.SLOW and await exchange.left_within(added["ms"] / 1000):
                return
        fault = next((fault for fault in striking if fault.kind.alone), None)
        if fault is None:
            await self._honestly(exchange)
        elif (answer := _instead(fault, self._last.get(exchange.line))) is not None:
            await answer(exchange.scope, exchange.receive, exchange.send)
        elif fault.kind is faults.TIMEOUT:
            if not await exchange.left_within(fault["seconds"]):
                await exchange.ask(self._app, exchange.send)
        elif fault.kind in (faults.CUT, faults.TRUNCATED_JSON):
            await self._shortened(exchange, fault)
        else:
            exchange.scope[STRUCK] = fault if fault.kind not in faults.GENERAL else None
            await exchange.ask(self._app, exchange.send)

    async def _honestly(self, exchange: Exchange) -> None:
        """Answers, and remembers what a list answered in case it is to repeat itself."""
        caught = Caught(exchange.send)
        await exchange.ask(self._app, caught)
        if exchange.scope["method"] == "GET" and caught.status == 200:
            self._last[exchange.line] = caught.body

    async def _shortened(self, exchange: Exchange, fault: Fault) -> None:
        """Sends part of the answer: as all there is, or with the connection cut in its midst."""
        caught = Caught()
        await exchange.ask(self._app, caught)
        whole = len(caught.body)
        part = caught.body[: max(min(int(whole * fault["share"]), whole - 1), 0)]
        is_cut = fault.kind is faults.CUT
        promised = max(whole, 1) if is_cut else len(part)
        headers = [pair for pair in caught.headers if pair[0] != b"content-length"]
        headers.append((b"content-length", str(promised).encode()))
        start = {"type": "http.response.start", "status": caught.status, "headers": headers}
        await exchange.send(start)
        await exchange.send({"type": "http.response.body", "body": part, "more_body": is_cut})
        if is_cut:
            await _cut(exchange.scope, exchange.receive, reset=fault["reset"])


@dataclass(frozen=True)
class Exchange:
    """A request whose body has been read, and where its answer goes."""

    scope: Scope
    body: bytes
    receive: Receive
    send: Send

    @property
    def line(self) -> str:
        """What is asked for: path and query."""
        return f"{self.scope['path']}?{self.scope['query_string'].decode('latin-1')}"

    async def ask(self, app: ASGIApp, send: Send) -> None:
        """Has the vendor answer to `send`."""
        waiting = [self.body]

        async def receive() -> Message:
            if waiting:
                return {"type": "http.request", "body": waiting.pop(), "more_body": False}
            return await self.receive()

        await app(self.scope, receive, send)

    async def left_within(self, seconds: float | None) -> bool:
        """Waits, for ever if `seconds` is None; whether the client left before time was up."""
        try:
            async with asyncio.timeout(seconds):
                await _gone(self.receive)
        except TimeoutError:
            return False
        return True


class Caught:
    """An answer as it passes, or kept from passing when there is nowhere to send it."""

    def __init__(self, send: Send | None = None) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self._send = send

    async def __call__(self, message: Message) -> None:
        """Takes one message of an answer."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            part = message.get("body", b"")
            self.body = self.body + part if self.body else part  # one part is not copied
        if self._send is not None:
            await self._send(message)


def _instead(fault: Fault, last: bytes | None) -> Response | None:
    """What a fault answers without asking the vendor; None where the vendor must be asked."""
    if fault.kind is faults.UNAUTHORIZED:
        return PlainTextResponse("Unauthorized", 401)
    if fault.kind is faults.TOO_MANY:
        after = fault["retry_after"]
        headers = {} if after is None else {"Retry-After": str(after)}
        return PlainTextResponse("Too Many Requests", 429, headers)
    if fault.kind is faults.SERVER_ERROR:
        return PlainTextResponse("Something went wrong", fault["status"])
    if fault.kind is faults.HTML:
        return HTMLResponse(LOGIN_PAGE)
    if fault.kind is faults.DROP:
        return Dropped(reset=fault["reset"])
    if fault.kind is faults.REPEATED_LIST and last is not None:
        return Response(last, media_type="application/json")
    return None


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _noting(send: Send, entry: Entry) -> Send:
    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            entry["status"] = message["status"]
        await send(message)

    return noting


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cut(scope: Scope, receive: Receive, *, reset: bool) -> None:
    """Ends the connection: orderly (FIN) after what was sent, or at once with a reset (RST)."""
    transport = cast("asyncio.Transport", scope["state"][TRANSPORT])
    if reset:
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    else:
        transport.close()
    await _gone(receive)  # an application that returns early is reported as broken
