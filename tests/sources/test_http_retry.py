"""What is tried again, how often, when not, and what is said at the end."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
from datetime import datetime
from typing import Any

import httpx
import pytest

from sources._http.answer import Answer
from sources._http.call import Call, Fault
from sources._http.client import Client
from sources._http.errors import Drifted, PenstockError, Refused, Rejected, Retryable
from sources._http.redact import Redactor
from sources._http.retry import fault_of, retry_after
from tests.sources.http_loopback import (
    CUT,
    CUT_CHUNKED,
    GIBBERISH,
    LOST,
    RESET,
    SILENT,
    Reply,
    Server,
    client_of,
    quick,
    reply,
)

NOW = datetime.fromisoformat("2026-03-01 12:00")
HTML = reply(
    body=b"<!doctype html><title>Maintenance</title>", headers={"Content-Type": "text/html"}
)
GOOD = reply(body=b"[1]")


def ask(*replies: Reply, **settings: Any) -> tuple[Answer | PenstockError, Server]:
    """The outcome of one GET, and the server that saw it."""

    async def go() -> tuple[Answer | PenstockError, Server]:
        async with Server(replies) as server, client_of(server, **settings) as client:
            try:
                return await client.get("list"), server
            except PenstockError as error:
                return error, server

    return asyncio.run(go())


def send(*replies: Reply, repeatable: bool = False, **settings: Any) -> tuple[object, Server]:
    """The outcome of one POST, and the server that saw it."""

    async def go() -> tuple[object, Server]:
        async with Server(replies) as server, client_of(server, **settings) as client:
            try:
                body = {"SyncID": [11, 12]}
                return await client.post("confirm", json=body, repeatable=repeatable), server
            except PenstockError as error:
                return error, server

    return asyncio.run(go())


PASSING = {
    "408": reply(408),
    "429": reply(429),
    "500": reply(500),
    "502": reply(502, b"<html>bad gateway</html>"),
    "503": reply(503),
    "lost answer": LOST,
    "reset": RESET,
    "cut body": CUT,
    "cut chunks": CUT_CHUNKED,
    "no HTTP": GIBBERISH,
    "html with 200": HTML,
    "truncated JSON": reply(body=b'[{"a": 1}, {"a"'),
    "empty body": reply(body=b""),
}


@pytest.mark.parametrize("bad", PASSING.values(), ids=PASSING)
def test_a_passing_fault_costs_one_more_request(bad: Reply) -> None:
    answer, server = ask(bad, GOOD)
    assert isinstance(answer, Answer)
    assert answer.body == b"[1]"
    assert answer.attempts == len(server.requests) == 2


@pytest.mark.parametrize("bad", PASSING.values(), ids=PASSING)
def test_a_fault_that_stays_ends_after_the_last_attempt(bad: Reply) -> None:
    error, server = ask(bad, attempts=3)
    assert isinstance(error, Retryable | Drifted)
    assert len(server.requests) == 3
    assert "(3 times)" in str(error)
    assert f"GET {server.url}/list" in str(error)
    assert not getattr(error, "maybe_done", False)
    assert "nobody knows" not in str(error)


def test_silence_is_retried_and_says_how_long_it_was() -> None:
    error, server = ask(SILENT, read_seconds=0.05, attempts=2)
    assert isinstance(error, Retryable)
    assert len(server.requests) == 2
    assert "silent for 0.05 s (2 times)" in str(error)


def test_nobody_listening_is_retryable() -> None:
    async def go() -> None:
        async with Server(()) as server:
            closed = server.url
        async with Client(quick(closed), connection="cienapps") as client:
            await client.get("list")

    with pytest.raises(Retryable, match=r"^cienapps: GET .*cannot connect \(.*111.*\) \(3 times\)"):
        asyncio.run(go())


def test_a_name_that_does_not_resolve_is_worth_another_try() -> None:
    error = httpx.ConnectError("")
    error.__cause__ = socket.gaierror(-2, "Name or service not known")
    call = Call(method="GET", shown="x", expects="json", repeatable=True, tolerate=frozenset())
    fault = fault_of(error, call, Redactor(), quick("http://localhost"))
    assert isinstance(fault, Fault)
    assert fault.reason == "the host's name does not resolve (Name or service not known)"
    assert not fault.sent


def test_different_faults_are_told_in_order() -> None:
    error, _ = ask(reply(500, b""), reply(500, b""), LOST, attempts=3)
    assert "answered 500 (2 times), then the connection broke" in str(error)


def test_html_that_stays_has_drifted_and_says_what_it_is() -> None:
    error, _ = ask(HTML)
    assert isinstance(error, Drifted)
    assert "answered 200 with something that is no whole JSON (text/html)" in str(error)
    assert "Maintenance" not in str(error)
    assert error.status == 200


def test_the_excerpt_is_two_hundred_characters_at_most() -> None:
    error, _ = ask(reply(500, b"x" * 5000))
    assert "x" * 200 in str(error)
    assert "x" * 201 not in str(error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, Refused),
        (403, Refused),
        (404, Rejected),
        (409, Rejected),
        (422, Rejected),
    ],
)
def test_what_no_retry_mends_is_raised_at_once(status: int, kind: type[PenstockError]) -> None:
    error, server = ask(reply(status, b'{"title": "no such thing"}'))
    assert type(error) is kind
    assert error.status == status
    assert len(server.requests) == 1
    assert f"answered {status}" in str(error)
    assert "no such thing" in str(error)


BROKEN = {
    "cut off": (b"", b"bad k"),
    "gzip cut off": (b"Content-Encoding: gzip\r\n", gzip.compress(b"bad key")[:-3]),
    "no gzip": (b"Content-Encoding: gzip\r\n", b"bad key"),
    "not asked for": (b"Content-Encoding: br\r\n", b"bad key"),
}


@pytest.mark.parametrize(("header", "body"), BROKEN.values(), ids=BROKEN)
def test_a_refusal_counts_even_when_its_explanation_is_broken(header: bytes, body: bytes) -> None:
    head = b"HTTP/1.1 403 No\r\nContent-Length: 99\r\n" + header
    error, server = ask(Reply(head + b"\r\n" + body, "close"))
    assert isinstance(error, Refused)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [401, 404, 409, 500])
def test_a_tolerated_status_is_handed_back(status: int) -> None:
    async def go() -> Answer:
        async with Server((reply(status, b"gone"),)) as server, client_of(server) as client:
            return await client.get("x", tolerate={status})

    answer = asyncio.run(go())
    assert (answer.status, answer.body) == (status, b"gone")


def test_204_is_success_without_data() -> None:
    answer, _ = ask(Reply(b"HTTP/1.1 204 No Content\r\n\r\n"))
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body) == (204, b"")


class TestRetryAfter:
    def test_is_waited_for(self) -> None:
        waits: list[float] = []

        async def note(seconds: float) -> None:
            waits.append(seconds)

        async def go() -> None:
            limited = reply(429, headers={"Retry-After": "3"})
            async with (
                Server((limited, GOOD)) as server,
                Client(quick(server.url), sleep=note) as client,
            ):
                await client.get("list")

        asyncio.run(go())
        assert len(waits) == 1
        assert 3 <= waits[0] <= 3.01

    def test_longer_than_the_deadline_is_not_waited_for(self) -> None:
        async def go() -> None:
            limited = reply(429, b"", headers={"Retry-After": "900"})
            async with (
                Server((limited,)) as server,
                Client(quick(server.url), clock=lambda: NOW, connection="cimcloud") as client,
            ):
                try:
                    await client.get("list")
                finally:
                    assert len(server.requests) == 1

        began = time.monotonic()
        with pytest.raises(Retryable) as caught:
            asyncio.run(go())
        assert time.monotonic() - began < 1
        assert caught.value.retry_at == datetime.fromisoformat("2026-03-01 12:15")
        assert "come back in 900 s, at 2026-03-01 12:15:00 UTC" in str(caught.value)
        assert str(caught.value).endswith("Next: penstock run cimcloud")

    @pytest.mark.parametrize(
        ("value", "date", "seconds"),
        [
            ("120", None, 120),
            (" 1.5 ", None, 1.5),
            ("0", None, 0),
            ("Sun, 01 Mar 2026 12:00:30 GMT", None, 30),
            ("Sun, 01 Mar 2026 11:00:00 GMT", None, 0),
            ("Sun, 01 Mar 2026 14:00:30 +0200", None, 30),
            ("Sun, 01 Mar 2026 12:00:30 GMT", "Sun, 01 Mar 2026 12:00:20 GMT", 10),
            ("soon", None, None),
            ("-5", None, None),
            ("", None, None),
            ("9" * 40, None, None),
            (None, None, None),
        ],
    )
    def test_is_read_as_seconds_or_date(
        self, value: str | None, date: str | None, seconds: float | None
    ) -> None:
        assert retry_after(value, date, NOW) == seconds


def test_waits_are_random_below_a_bound_that_doubles_up_to_the_cap() -> None:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    async def go() -> None:
        patience = {
            "backoff_seconds": 1.0,
            "backoff_cap_seconds": 5.0,
            "attempts": 6,
            "deadline_seconds": 60.0,
        }
        async with Server((reply(500),)) as server:
            for _ in range(20):
                async with Client(quick(server.url, **patience), sleep=note) as client:
                    with pytest.raises(Retryable):
                        await client.get("list")

    asyncio.run(go())
    for nth, bound in enumerate([1, 2, 4, 5, 5]):
        seen = waits[nth::5]
        assert max(seen) <= bound
        assert max(seen) > bound / 2
        assert min(seen) < bound / 2


class TestDeadline:
    def test_ends_an_answer_that_trickles(self) -> None:
        def trickle_for_ever() -> Reply:
            return Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[", "hang")

        began = time.monotonic()
        error, server = ask(trickle_for_ever(), deadline_seconds=0.2)
        assert isinstance(error, Retryable)
        assert "not finished within 0.2 s" in str(error)
        assert time.monotonic() - began < 2
        assert len(server.requests) == 1

    def test_leaves_the_client_usable(self) -> None:
        async def go() -> Answer:
            async with (
                Server((SILENT, GOOD)) as server,
                client_of(server, deadline_seconds=0.5, max_connections=1) as client,
            ):
                with pytest.raises(Retryable):
                    await client.get("list")
                return await client.get("list")

        assert asyncio.run(go()).status == 200

    def test_a_wait_that_would_end_after_it_is_not_begun(self) -> None:
        error, server = ask(
            reply(500), attempts=50, deadline_seconds=0.5, backoff_seconds=5, backoff_cap_seconds=5
        )
        assert isinstance(error, Retryable)
        assert len(server.requests) < 10


UNSURE = {"lost answer": LOST, "cut body": CUT, "reset": RESET, "500": reply(500)}


class TestPost:
    @pytest.mark.parametrize("bad", UNSURE.values(), ids=UNSURE)
    def test_is_not_sent_again_when_it_may_have_worked(self, bad: Reply) -> None:
        error, server = send(bad)
        assert isinstance(error, Retryable)
        assert error.maybe_done
        assert "nobody knows whether the vendor acted on it" in str(error)
        assert len(server.requests) == 1

    def test_silence_may_have_worked_too(self) -> None:
        error, server = send(SILENT, read_seconds=0.05)
        assert isinstance(error, Retryable)
        assert error.maybe_done
        assert len(server.requests) == 1

    def test_a_deadline_in_the_middle_may_have_worked_too(self) -> None:
        error, _ = send(SILENT, deadline_seconds=0.05)
        assert isinstance(error, Retryable)
        assert error.maybe_done

    def test_a_429_has_not_worked(self) -> None:
        error, server = send(reply(429))
        assert isinstance(error, Retryable)
        assert not error.maybe_done
        assert len(server.requests) == 1

    @pytest.mark.parametrize("bad", UNSURE.values(), ids=UNSURE)
    def test_is_sent_again_when_that_does_no_harm(self, bad: Reply) -> None:
        answer, server = send(bad, reply(200, b"accepted"), repeatable=True)
        assert isinstance(answer, Answer)
        assert [request.body for request in server.requests] == [b'{"SyncID":[11,12]}'] * 2

    def test_is_tried_again_when_it_was_never_sent(self) -> None:
        opened: list[asyncio.Server] = []
        port = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(reply().raw)
            await writer.drain()
            writer.close()

        async def open_meanwhile(_: float) -> None:
            opened.append(await asyncio.start_server(serve, "127.0.0.1", port))

        async def go() -> Answer:
            nonlocal port
            async with Server(()) as gone:
                port = gone.port
            try:
                async with Client(quick(gone.url), sleep=open_meanwhile) as client:
                    return await client.post("confirm", json={}, repeatable=False)
            finally:
                opened[0].close()
                await opened[0].wait_closed()

        assert asyncio.run(go()).attempts == 2
        assert len(opened) == 1

    def test_never_sent_is_not_maybe_done(self) -> None:
        async def go() -> None:
            async with Server(()) as gone:
                pass
            async with Client(quick(gone.url)) as client:
                await client.post("confirm", json={})

        with pytest.raises(Retryable) as caught:
            asyncio.run(go())
        assert not caught.value.maybe_done

    def test_takes_any_body_unless_told(self) -> None:
        answer, _ = send(reply(200, b"<html>thank you</html>"))
        assert isinstance(answer, Answer)
