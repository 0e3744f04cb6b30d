"""Bytes that are sent: as they are, and again only where that does no harm."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sources._http.answer import Answer
from sources._http.errors import Oversized, PenstockError, Retryable
from tests.sources.http_loopback import LOST, Reply, Server, client_of, reply

HEADERS = {"Content-Type": "application/octet-stream", "Content-Disposition": "attachment;x=1"}


def send(*replies: Reply, **how: Any) -> tuple[Answer | PenstockError, Server]:
    """The outcome of sending a few bytes, and the server that saw them."""

    async def go() -> tuple[Answer | PenstockError, Server]:
        async with Server(replies) as server, client_of(server) as client:
            try:
                said: dict[str, Any] = {"content": b"\x00\xff\r\n", "headers": HEADERS, **how}
                return await client.send("folders/a%2Fb/files", **said), server
            except PenstockError as error:
                return error, server

    return asyncio.run(go())


def test_bytes_and_headers_arrive_as_they_are() -> None:
    answer, server = send(reply(201, b"{}"))
    assert isinstance(answer, Answer)
    assert answer.status == 201
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/folders/a%2Fb/files")
    assert request.body == b"\x00\xff\r\n"
    assert request.headers["content-type"] == "application/octet-stream"
    assert request.headers["content-disposition"] == "attachment;x=1"


@pytest.mark.parametrize("bad", [LOST, reply(500), reply(503)], ids=["lost", "500", "503"])
def test_what_may_have_arrived_is_not_sent_again(bad: Reply) -> None:
    error, server = send(bad, reply(201))
    assert isinstance(error, Retryable)
    assert error.maybe_done
    assert len(server.requests) == 1


def test_what_may_be_repeated_is() -> None:
    answer, server = send(LOST, reply(201), repeatable=True)
    assert isinstance(answer, Answer)
    assert len(server.requests) == 2


def test_an_answer_that_is_tolerated_is_handed_back() -> None:
    answer, _ = send(reply(409, b'{"message": "exists"}'), tolerate=(409,))
    assert isinstance(answer, Answer)
    assert answer.status == 409


def test_an_answer_over_the_limit_is_told_as_that() -> None:
    async def go() -> object:
        async with (
            Server((reply(body=b"x" * 2000),)) as server,
            client_of(server, max_body_bytes=1000) as client,
        ):
            return await client.get("files/1", expects="bytes")

    with pytest.raises(Oversized, match="over 1000 bytes"):
        asyncio.run(go())
