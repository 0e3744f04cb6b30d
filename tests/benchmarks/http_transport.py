"""What a request costs over httpx's own transport and over aiohttp's, and what each gets wrong.

    uv run --with httpx-aiohttp==0.2.0 python -m tests.benchmarks.http_transport

Read with docs/decisions/0001-http-transport.md. Without httpx-aiohttp only httpx is measured.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable

import httpx

from sources._http.client import Client
from tests.sources.http_loopback import LOST, Server, quick, reply

REQUESTS = 2000
ROWS = {"1 KB": 10, "250 KB": 3000}


class Fixed(asyncio.Protocol):
    """Answers every request with the same page, as fast as Python can."""

    page = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.pending = b""

    def data_received(self, data: bytes) -> None:
        *asked, self.pending = (self.pending + data).split(b"\r\n\r\n")
        self.transport.write(self.page * len(asked))


async def serve(rows: int) -> None:
    """Serve until killed; says its port first."""
    body = json.dumps([{"number": n, "title": "x" * 60} for n in range(rows)]).encode()
    Fixed.page = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    server = await asyncio.get_running_loop().create_server(Fixed, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def transports() -> dict[str, Callable[[], httpx.AsyncBaseTransport]]:
    found: dict[str, Callable[[], httpx.AsyncBaseTransport]] = {"httpx": httpx.AsyncHTTPTransport}
    if importlib.util.find_spec("httpx_aiohttp"):
        found["httpx-aiohttp"] = importlib.import_module("httpx_aiohttp").AiohttpTransport
    return found


async def bare(transport: httpx.AsyncBaseTransport, url: str, concurrency: int) -> float:
    """Milliseconds of CPU for one request, its body read from the wire and nothing else."""
    async with httpx.AsyncClient(transport=transport) as http:

        async def ask() -> None:
            async with http.stream("GET", f"{url}/list?a=1") as response:
                async for _ in response.aiter_raw():
                    pass

        return await measured(ask, concurrency)


async def whole(url: str, concurrency: int) -> float:
    """The same through our client: retries, limits, redaction and all."""
    async with Client(quick(url), headers={"ApiToken": "tok-12345"}) as client:

        async def ask() -> None:
            await client.get("list", params={"a": 1})

        return await measured(ask, concurrency)


async def measured(ask: Callable[[], object], concurrency: int) -> float:
    async def worker() -> None:
        for _ in range(REQUESTS // concurrency):
            await ask()  # type: ignore[misc]

    await worker()
    began = time.process_time()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    return (time.process_time() - began) / REQUESTS * 1000


async def lost_answer(transport: httpx.AsyncBaseTransport) -> str:
    """What becomes of a GET whose connection closes without an answer."""
    async with Server((LOST,)) as server, httpx.AsyncClient(transport=transport) as http:
        try:
            await http.get(server.url)
        except Exception as error:  # noqa: BLE001 - what comes out is the question
            return f"{len(server.requests)} request(s), {type(error).__name__}"
    return "answered"


async def on_the_wire(transport: httpx.AsyncBaseTransport, path: str) -> str:
    """What a path becomes."""
    async with Server((reply(),)) as server, httpx.AsyncClient(transport=transport) as http:
        await http.get(server.url + path)
        return server.requests[0].target


def main() -> None:
    for name, make in transports().items():
        print(f"{name}: lost answer: {asyncio.run(lost_answer(make()))}")
        print(f"{name}: /a%28b%29%7Ec becomes {asyncio.run(on_the_wire(make(), '/a%28b%29%7Ec'))}")
    for size, rows in ROWS.items():
        command = [sys.executable, "-m", __spec__.name, str(rows)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                url = f"http://127.0.0.1:{int(server.stdout.readline())}"
                for concurrency in (1, 8):
                    where = f"{size}, {concurrency} at a time"
                    for name, make in transports().items():
                        cost = asyncio.run(bare(make(), url, concurrency))
                        print(f"{where}: {name} {cost:.2f} ms of CPU")
                    print(
                        f"{where}: our client {asyncio.run(whole(url, concurrency)):.2f} ms of CPU"
                    )
            finally:
                server.terminate()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(serve(int(sys.argv[1])))
    else:
        main()
