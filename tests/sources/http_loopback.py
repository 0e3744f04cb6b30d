"""A scripted HTTP server on loopback, raw enough to misbehave in every way a vendor may."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from sources._http.client import Client
from sources._http.settings import WireSettings

Then = Literal["keep", "close", "reset", "hang"]


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """Bytes to send, and what becomes of the connection afterwards."""

    raw: bytes
    then: Then = "keep"


def reply(status: int = 200, body: bytes = b"[]", headers: dict[str, str] | None = None) -> Reply:
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return Reply("\r\n".join([*lines, "", ""]).encode() + body)


def json_reply(value: Any) -> Reply:
    return reply(body=json.dumps(value).encode())


LOST = Reply(b"", "close")
RESET = Reply(b"", "reset")
SILENT = Reply(b"", "hang")
CUT = Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1, 2", "close")
CUT_CHUNKED = Reply(
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n[1, 2]\r\n", "close"
)
GIBBERISH = Reply(b"220 mail.example ESMTP\r\n\r\n", "close")

Script = Callable[[Request], Reply | Awaitable[Reply]]


@dataclass
class Server:
    """Answers with its replies in turn, the last one for ever, or as a function says.

    A coroutine function takes its time; requests on other connections are served meanwhile.
    """

    script: tuple[Reply, ...] | Script
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    async def __aenter__(self) -> Self:
        self._over = asyncio.Event()
        self.asked = asyncio.Semaphore(0)
        self._handlers: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        self._server.close()
        if self._handlers:
            await asyncio.wait(self._handlers, timeout=5)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def _next(self, request: Request) -> Reply | Awaitable[Reply]:
        self.requests.append(request)
        self.asked.release()
        if callable(self.script):
            return self.script(request)
        return self.script[min(len(self.requests), len(self.script)) - 1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        over = asyncio.create_task(self._over.wait())
        try:
            while (request := await _until(over, _read(reader))) is not None:
                answered = self._next(request)
                answer = await answered if inspect.isawaitable(answered) else answered
                writer.write(answer.raw)
                await writer.drain()
                if answer.then == "reset":
                    _reset_on_close(writer)
                if answer.then == "hang":
                    await over
                if answer.then != "keep":
                    break
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            over.cancel()
            writer.close()
            with contextlib.suppress(OSError, TimeoutError, ssl.SSLError):
                await asyncio.wait_for(writer.wait_closed(), 1)
            self._handlers.discard(task)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, target, headers, body)


async def _until(over: asyncio.Task[Any], reading: Any) -> Request | None:
    task = asyncio.ensure_future(reading)
    await asyncio.wait({over, task}, return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
        return None
    result: Request | None = task.result()
    return result


def _reset_on_close(writer: asyncio.StreamWriter) -> None:
    plain: socket.socket = writer.get_extra_info("socket")
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def quick(base_url: str, **settings: Any) -> WireSettings:
    """Settings that retry at once, so that tests are fast."""
    patience: dict[str, Any] = {
        "backoff_seconds": 0.002,
        "backoff_cap_seconds": 0.01,
        "deadline_seconds": 5.0,
        "connect_seconds": 2.0,
        "read_seconds": 2.0,
        "attempts": 3,
    }
    return WireSettings(base_url=base_url, **(patience | settings))


def client_of(server: Server, *, path: str = "", **settings: Any) -> Client:
    return Client(quick(server.url + path, **settings))
