"""What goes over the wire, what comes back, and where the client refuses to go."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from sources._http.answer import Answer
from sources._http.client import Client
from sources._http.errors import Misconfigured, PenstockError, Rejected
from sources._http.exchange import Params
from tests.sources.http_loopback import (
    Reply,
    Request,
    Script,
    Server,
    client_of,
    json_reply,
    quick,
    reply,
)

NOW = datetime.fromisoformat("2026-03-01 12:00")


def seen(prefix: str, path: str, params: Params | None = None) -> Request:
    """The request that the server saw for a path below a base with that prefix."""

    async def go() -> Request:
        async with Server((reply(),)) as server, client_of(server, path=prefix) as client:
            await client.get(path, params=params)
            return server.requests[0]

    return asyncio.run(go())


@pytest.mark.parametrize("prefix", ["", "/", "/cienapps", "/cienapps/", "/a/b"])
@pytest.mark.parametrize("path", ["api/sync/order/list", "/api/sync/order/list"])
def test_a_path_always_lands_below_the_base(prefix: str, path: str) -> None:
    assert seen(prefix, path).target == f"{prefix.rstrip('/')}/api/sync/order/list"


@pytest.mark.parametrize(
    "segment",
    [
        "a%2Fb",
        "100%25",
        "%28x%29%7E%7C%3C%3Cdate%3E%3E",
        "searchlike~nm~x|and|(a~b)",
        "%41%20%2B+y;z=1:2@",
        "%C3%A9",
        "%2e%2e",
    ],
)
def test_segments_are_sent_as_they_are_written(segment: str) -> None:
    assert seen("/site", f"accounts/{segment}/1").target == f"/site/accounts/{segment}/1"


def test_what_no_url_may_hold_is_encoded_on_the_way() -> None:
    assert seen("", "accounts/<<date>> é/1").target == "/accounts/%3C%3Cdate%3E%3E%20%C3%A9/1"


def test_a_quoted_value_arrives_as_it_was() -> None:
    value = "1/1/2021 ~ 50% <é> ?#"
    assert seen("", f"x/{quote(value, safe='')}").target == f"/x/{quote(value, safe='')}"


@pytest.mark.parametrize("path", ["a?b=1", "a#b", "a/../../b", "./a", "a\nb"])
def test_what_is_no_path_is_a_defect_of_the_caller(path: str) -> None:
    with pytest.raises(ValueError, match=r"path|URL"):
        seen("/site", path)


def test_parameters_keep_order_and_repeat() -> None:
    params: Params = {"count": 100, "ids[]": ["a", "b c"], "fields_set": "a,b&=é"}
    assert (
        seen("", "x", params).target
        == "/x?count=100&ids%5B%5D=a&ids%5B%5D=b+c&fields_set=a%2Cb%26%3D%C3%A9"
    )


def test_headers_go_along_and_a_trailing_newline_does_not() -> None:
    async def go() -> Request:
        async with (
            Server((reply(),)) as server,
            Client(quick(server.url), headers={"ApiToken": " tok-12345\n"}) as client,
        ):
            await client.get("list")
            return server.requests[0]

    headers = asyncio.run(go()).headers
    assert headers["apitoken"] == "tok-12345"
    assert headers["accept"] == "application/json"
    assert headers["accept-encoding"] == "gzip"
    assert headers["user-agent"] == "penstock"


@pytest.mark.parametrize("value", ["tok\nX-Evil: 1", "töken-123", "tok\x00en"])
def test_a_header_that_cannot_be_sent_is_misconfigured_and_not_shown(value: str) -> None:
    async def go() -> None:
        settings = quick("http://localhost")
        async with Client(settings, headers={"ApiToken": value}, connection="cienapps"):
            pass

    with pytest.raises(Misconfigured, match=r"^cienapps: the value of header ApiToken") as caught:
        asyncio.run(go())
    assert value not in str(caught.value)


def test_an_answer_tells_what_when_and_how() -> None:
    async def go() -> tuple[Answer, str]:
        body = reply(body=b"\xef\xbb\xbf [1] \n", headers={"X-RateLimit-Remaining": "99"})
        async with (
            Server((body,)) as server,
            Client(quick(server.url), clock=lambda: NOW) as client,
        ):
            return await client.get("list", params={"token": "t-999", "a": 1}), server.url

    answer, url = asyncio.run(go())
    assert answer.status == 200
    assert answer.headers["x-ratelimit-remaining"] == "99"
    assert answer.body == b"\xef\xbb\xbf [1] \n"
    assert answer.url == f"{url}/list?token=***&a=1"
    assert answer.received_at == NOW
    assert answer.attempts == 1
    assert "[1]" not in repr(answer)


def test_bytes_are_taken_as_they_come() -> None:
    async def go() -> Answer:
        async with (
            Server((reply(body=b"ISA*00*<html>\x00\xff"),)) as server,
            client_of(server) as client,
        ):
            return await client.get("files/1", expects="bytes")

    assert asyncio.run(go()).body == b"ISA*00*<html>\x00\xff"


def test_many_requests_share_connections() -> None:
    async def go() -> tuple[list[Answer], int]:
        async with (
            Server(lambda request: json_reply([request.target])) as server,
            client_of(server, max_connections=3) as client,
        ):
            answers = await asyncio.gather(*(client.get(f"p/{n}") for n in range(30)))
            return answers, server.connections

    answers, connections = asyncio.run(go())
    assert [answer.body for answer in answers] == [f'["/p/{n}"]'.encode() for n in range(30)]
    assert connections <= 3


def test_a_cancelled_request_gives_its_connection_back() -> None:
    def slow_first(request: Request) -> Reply:
        return Reply(b"", "hang") if request.target == "/slow" else reply()

    async def go() -> Answer:
        async with Server(slow_first) as server, client_of(server, max_connections=1) as client:
            for _ in range(3):
                asking = asyncio.create_task(client.get("slow"))
                await server.asked.acquire()
                asking.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asking
            return await client.get("fast")

    assert asyncio.run(go()).status == 200


class TestRedirect:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_is_not_followed_to_another_host(self, status: int) -> None:
        async def go() -> list[Request]:
            async with Server((reply(),)) as other:
                away = reply(status, headers={"Location": f"{other.url}/x?token=t-4711&a=1"})
                async with (
                    Server((away,)) as server,
                    Client(quick(server.url), headers={"ApiToken": "tok-12345"}) as client,
                ):
                    with pytest.raises(Misconfigured) as caught:
                        await client.get("list")
                assert f"redirected ({status}) to {other.url}/x?token=***&a=1" in str(caught.value)
                assert "set base_url" in str(caught.value)
                assert len(server.requests) == 1
                return other.requests

        assert asyncio.run(go()) == []

    def test_is_not_followed_on_the_same_host_either(self) -> None:
        async def go() -> None:
            home = reply(307, headers={"Location": "/list/"})
            async with Server((home,)) as server, client_of(server) as client:
                with pytest.raises(Misconfigured, match=r"redirected \(307\) to /list/"):
                    await client.get("list")
                assert len(server.requests) == 1

        asyncio.run(go())

    def test_without_a_place_is_an_error_too(self) -> None:
        async def go() -> None:
            async with Server((reply(302),)) as server, client_of(server) as client:
                await client.get("list")

        with pytest.raises(Misconfigured, match="to nowhere"):
            asyncio.run(go())


def test_errors_name_the_connection_and_the_next_command() -> None:
    async def go() -> None:
        async with (
            Server((reply(404, b""),)) as server,
            Client(quick(server.url), connection="cien2") as client,
        ):
            await client.get("list")

    with pytest.raises(Rejected) as caught:
        asyncio.run(go())
    told = str(caught.value.at(table="orders"))
    assert told.startswith("cien2.orders: GET http://127.0.0.1:")
    assert told.endswith("/list answered 404. Next: penstock check cien2")


def test_a_closed_client_says_so() -> None:
    client = Client(quick("http://localhost"))
    with pytest.raises(RuntimeError, match="async with"):
        asyncio.run(client.get("list"))


SECRET = "sk-Zq8/3+vX=="


ECHOES: dict[str, Script] = {
    "echoed in a 500": lambda r: reply(500, f"<pre>{r.headers['apitoken']}</pre>".encode()),
    "echoed in a 400": lambda r: reply(400, r.target.encode()),
    "echoed in a 403": lambda r: reply(403, str(r.headers).encode()),
    "echoed in JSON-like HTML": lambda r: reply(body=b"oops " + r.body + r.target.encode()),
    "echoed in a redirect": lambda r: reply(302, headers={"Location": f"/x{r.target}"}),
    "lost": lambda _: Reply(b"", "close"),
    "cut": lambda r: Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[1", "close"),
    "gibberish with the key": lambda r: Reply(r.headers["apitoken"].encode() + b"\r\n\r\n"),
    "odd header": lambda r: Reply(
        f"HTTP/1.1 200 OK\r\n{r.headers['apitoken']} : 1\r\n\r\n".encode(), "close"
    ),
}


class TestSecrets:
    """Whatever goes wrong, the key is in no message, no chain, no log."""

    @pytest.mark.parametrize("fault", ECHOES.values(), ids=ECHOES)
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_stays_secret(
        self, fault: Script, method: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)

        async def go() -> PenstockError:
            async with (
                Server(fault) as server,
                Client(quick(server.url), headers={"ApiToken": SECRET}) as client,
            ):
                params: Params = {"token": "unknown-token", "q": SECRET}
                asking = (
                    client.get("list", params=params)
                    if method == "get"
                    else client.post(
                        "list", json={"k": SECRET}, params=params, expects="json", repeatable=True
                    )
                )
                with pytest.raises(PenstockError) as caught:
                    await asking
                return caught.value

        error = asyncio.run(go())
        assert error.__cause__ is None
        assert error.__context__ is None
        records = [f"{r.getMessage()} {r.exc_text} {r.__dict__}" for r in caplog.records]
        assert any("list" in told for told in records)
        for told in (str(error), repr(error), str(vars(error)), *records):
            for form in (SECRET, quote(SECRET, safe=""), quote(SECRET), "unknown-token"):
                assert form not in told

    def test_httpx_own_log_is_clean_only_while_the_client_is_open(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "httpx")

        async def go() -> None:
            async with Server((reply(),)) as server, client_of(server) as client:
                await client.get("list", params={"token": "t-1234"})

        asyncio.run(go())
        assert next(r.getMessage().split()[3] for r in caplog.records).endswith("/list?token=***")
        assert logging.getLogger("httpx").filters == []


def test_this_machine_is_asked_directly_whatever_the_environments_proxy() -> None:
    script = """
import asyncio
from tests.sources.http_loopback import Server, client_of, reply
async def go():
    async with Server((reply(),)) as server, client_of(server, attempts=1) as client:
        return (await client.get("x")).status
print(asyncio.run(go()))
"""
    nobody = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **nobody},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "200", done.stderr
