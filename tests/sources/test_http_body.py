"""Bodies: bounded whatever they claim or unpack to, and looked at from both ends."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources._http.answer import Answer, Body, TooLarge, Undecodable, looks_like_json
from sources._http.errors import Drifted, Misconfigured, PenstockError
from tests.sources.http_loopback import Reply, Request, Server, client_of, reply

MIB = 1024 * 1024


def ask(*replies: Reply, limit: int = MIB) -> tuple[Answer | PenstockError, int]:
    """The outcome of one GET, and how many requests it took."""

    async def go() -> tuple[Answer | PenstockError, int]:
        async with Server(replies) as server, client_of(server, max_body_bytes=limit) as client:
            try:
                return await client.get("list"), len(server.requests)
            except PenstockError as error:
                return error, len(server.requests)

    return asyncio.run(go())


def zipped(body: bytes, encoding: str = "gzip") -> Reply:
    return reply(body=body, headers={"Content-Encoding": encoding})


def chunked(body: bytes) -> Reply:
    size = f"{len(body):x}".encode()
    return Reply(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"%s\r\n%s\r\n0\r\n\r\n" % (size, body)
    )


def test_gzip_is_unpacked() -> None:
    answer, _ = ask(zipped(gzip.compress(b"[1, 2]")))
    assert isinstance(answer, Answer)
    assert answer.body == b"[1, 2]"


def test_a_body_of_exactly_the_limit_is_fine() -> None:
    body = b"[" + b" " * 998 + b"]"
    for good in (reply(body=body), chunked(body), zipped(gzip.compress(body))):
        answer, _ = ask(good, limit=1000)
        assert isinstance(answer, Answer)
        assert answer.body == body


OVER = b"[" + b" " * 999 + b"]"
OVERSIZE = {
    "announced": reply(body=OVER),
    "chunked": chunked(OVER),
    "gzip": zipped(gzip.compress(OVER)),
    "announced, and never sent": Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", "hang"),
}


@pytest.mark.parametrize("big", OVERSIZE.values(), ids=OVERSIZE)
def test_a_byte_more_is_refused_at_once(big: Reply) -> None:
    error, requests = ask(big, limit=1000)
    assert isinstance(error, Misconfigured)
    assert requests == 1
    assert "over 1000 bytes" in str(error)
    assert "max_body_bytes" in str(error)


def test_an_answer_left_unread_gives_its_connection_back() -> None:
    def big_first(request: Request) -> Reply:
        return reply(body=OVER) if request.target == "/big" else reply()

    async def go() -> Answer:
        async with (
            Server(big_first) as server,
            client_of(server, max_body_bytes=1000, max_connections=1) as client,
        ):
            for _ in range(3):
                with pytest.raises(Misconfigured):
                    await client.get("big")
            return await client.get("small")

    assert asyncio.run(go()).status == 200


def test_a_gzip_bomb_does_not_fill_the_memory() -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    packed = b"".join(bomb.compress(b" " * MIB) for _ in range(300)) + bomb.flush()
    assert len(packed) < MIB / 2
    tracemalloc.start()
    try:
        error, _ = ask(zipped(packed))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(error, Misconfigured)
    assert peak < 20 * MIB


def test_a_huge_error_page_is_read_only_as_far_as_it_is_shown() -> None:
    head = b"HTTP/1.1 404 Not Found\r\nContent-Length: 9000000\r\n\r\n"
    began = time.monotonic()
    error, _ = ask(Reply(head + b"no " * 50_000, "hang"), limit=1000)
    assert "answered 404 ('no no" in str(error)
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    "bad",
    [
        zipped(gzip.compress(b"[1, 2, 3]")[:-9]),
        zipped(b"[1, 2, 3]"),
        zipped(gzip.compress(b"[1]") + b"rubbish"),
        zipped(b"[1]", "br"),
    ],
    ids=["cut", "not gzip", "rubbish after it", "not asked for"],
)
def test_compression_that_is_wrong_is_tried_again_then_drift(bad: Reply) -> None:
    answer, requests = ask(bad, reply())
    assert isinstance(answer, Answer)
    assert requests == 2
    error, _ = ask(bad)
    assert isinstance(error, Drifted)
    assert "cannot be unpacked" in str(error)


@given(
    st.lists(st.binary(max_size=300), min_size=1, max_size=3),
    st.integers(1, 50),
    st.integers(0, 1000),
)
def test_what_was_packed_comes_out_or_is_too_large(
    parts: list[bytes], step: int, limit: int
) -> None:
    whole = b"".join(parts)
    packed = b"".join(map(gzip.compress, parts))
    body = Body("gzip", limit)
    fits = max(len(whole), len(packed)) <= limit
    try:
        for at in range(0, len(packed), step):
            body.add(packed[at : at + step])
        assert body.whole() == whole
        assert fits
    except TooLarge:
        assert not fits


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_cut_gzip_is_never_whole(content: bytes, data: st.DataObject) -> None:
    packed = gzip.compress(content)
    body = Body("gzip", 10_000)
    body.add(packed[: data.draw(st.integers(1, len(packed) - 1))])
    with pytest.raises(Undecodable, match="cut off"):
        body.whole()


JSON_VALUES = st.none() | st.integers() | st.text() | st.lists(st.text(max_size=3), max_size=2)
SPACE = st.text(" \t\r\n", max_size=5).map(str.encode)


@given(st.lists(JSON_VALUES) | st.dictionaries(st.text(), JSON_VALUES), SPACE, SPACE, st.booleans())
def test_every_array_and_object_looks_like_json(
    value: object, before: bytes, after: bytes, marked: bool
) -> None:
    mark = b"\xef\xbb\xbf" if marked else b""
    assert looks_like_json(mark + before + json.dumps(value).encode() + after)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"[",
        b"{",
        b"]",
        b"[}",
        b"{]",
        b'[{"a": 1}',
        b'{"a": [1]',
        b"null",
        b'"text"',
        b"<html>]",
        b"[1]<!-- -->",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbf[",
        b"\xff\xfe[\x00]\x00",
    ],
)
def test_what_is_no_array_or_object_does_not(body: bytes) -> None:
    assert not looks_like_json(body)
