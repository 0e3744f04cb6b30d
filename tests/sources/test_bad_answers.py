"""Answers that are hostile below their body: headers, lengths, encodings, words to be shown."""

from __future__ import annotations

import asyncio
import gzip
import time
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources._http.answer import Answer, TooLarge, looks_like_json, read_whole
from sources._http.auth import LONGEST_TOKEN, is_token
from sources._http.errors import Drifted, Oversized, PenstockError, Rejected, sayable
from sources._http.retry import retry_after
from sources.cimcloud.limits import hears
from tests.sources.http_loopback import Reply, Server, client_of, reply

MIB = 1024 * 1024
AT = datetime(2024, 1, 8, 12)


def outcome(*replies: Reply, **more: Any) -> Answer | PenstockError:
    async def go() -> Answer | PenstockError:
        async with Server(replies) as server, client_of(server, attempts=1, **more) as client:
            try:
                return await client.get("list")
            except PenstockError as error:
                return error

    return asyncio.run(go())


def raw(*lines: bytes, body: bytes = b"[]") -> Reply:
    return Reply(b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"", b""]) + body, "close")


@pytest.mark.parametrize(
    "digits", [b"9" * 19, b"9" * 5_000, b"1" + b"0" * 90_000], ids=["19", "5000", "90001"]
)
def test_a_length_of_any_number_of_digits_is_refused(digits: bytes) -> None:
    assert isinstance(outcome(raw(b"Content-Length: " + digits)), PenstockError)


def test_a_length_that_python_makes_no_number_of_is_too_large() -> None:
    said = httpx.Response(200, headers={"Content-Length": "9" * 5_000}, content=b"[]")
    with pytest.raises(TooLarge):
        asyncio.run(read_whole(said, MIB))


@pytest.mark.parametrize(
    "lines",
    [
        [b"Content-Length: 2", *(b"X-%d: y" % n for n in range(20_000))],
        [b"Content-Length: 2", b"X: " + b"y" * 2 * MIB],
        [b"Content-Length: 2", b"X" * 2 * MIB + b": y"],
        [b"Content-Length: -2"],
        [b"Content-Length: 2", b"Content-Length: 3"],
        [b"Transfer-Encoding: chunked, gzip"],
        [b"no colon"],
        [b"\x00: \x00"],
    ],
    ids=["many", "long", "long-name", "negative", "two-lengths", "coding", "no-colon", "nul"],
)
def test_headers_that_are_none_are_refused(lines: list[bytes]) -> None:
    error = outcome(raw(*lines))
    assert isinstance(error, PenstockError)
    assert len(str(error)) < 1_000


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.binary(min_size=1, max_size=12), st.binary(max_size=30)), max_size=4))
def test_any_headers_are_an_answer_or_an_error(headers: list[tuple[bytes, bytes]]) -> None:
    lines = [name + b": " + value for name, value in headers]
    found = outcome(raw(b"Content-Length: 2", *lines))
    assert isinstance(found, Answer | PenstockError)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([b"Content-Type", b"Content-Encoding", b"Retry-After", b"Location", b"Date"]),
    st.sampled_from([b"200 OK", b"301 Moved", b"429 Wait", b"503 No", b"100 Go on", b"999 ?"]),
    st.binary(max_size=40).map(lambda value: value.replace(b"\r", b"").replace(b"\n", b"")),
)
def test_any_value_of_a_header_that_is_read(name: bytes, status: bytes, value: bytes) -> None:
    head = b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n" + name + b": " + value
    found = outcome(Reply(head + b"\r\n\r\n[]", "close"), read_seconds=0.5)
    assert isinstance(found, Answer | PenstockError)
    assert not isinstance(found, PenstockError) or str(found).encode()


def test_a_gzip_of_very_many_members_is_refused_soon() -> None:
    body = gzip.compress(b"") * 200_000
    began = time.monotonic()
    error = outcome(reply(body=body, headers={"Content-Encoding": "gzip"}), max_body_bytes=64 * MIB)
    assert isinstance(error, Drifted)
    assert "more than 1000 members" in str(error)
    assert time.monotonic() - began < 3


def test_a_bomb_inside_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(gzip.compress(bytes(64 * MIB)))
    error = outcome(reply(body=bomb, headers={"Content-Encoding": "gzip, gzip"}))
    assert isinstance(error, Drifted)
    error = outcome(reply(body=bomb, headers={"Content-Encoding": "gzip"}), max_body_bytes=MIB)
    assert isinstance(error, Drifted), "one layer is no JSON"


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "compress", "x" * 5_000, "gzip;q=1"])
def test_only_what_was_asked_for_is_unpacked(encoding: str) -> None:
    error = outcome(reply(body=b"[]", headers={"Content-Encoding": encoding}))
    assert isinstance(error, Drifted)


def test_a_body_over_the_limit_names_the_setting() -> None:
    error = outcome(reply(body=b"[" + b" " * MIB + b"]"), max_body_bytes=MIB)
    assert isinstance(error, Oversized)
    assert "max_body" in str(error)


def test_blanks_at_the_end_are_passed_over_quickly() -> None:
    began = time.monotonic()
    assert looks_like_json(b"[]" + b" " * 64 * MIB)
    assert not looks_like_json(b"[" + b" " * 64 * MIB)
    assert time.monotonic() - began < 2


def test_cookies_are_not_kept() -> None:
    cookies = {"Set-Cookie": "session=abc; Path=/; Max-Age=9999"}

    async def go() -> list[dict[str, str]]:
        async with Server((reply(headers=cookies),)) as server, client_of(server) as client:
            for _ in range(3):
                await client.get("list")
            return [request.headers for request in server.requests]

    assert not any("cookie" in headers for headers in asyncio.run(go()))


@pytest.mark.parametrize(
    "named", ["\ud800", "a\udfffb", "x" * 100_000], ids=["half", "other-half", "long"]
)
def test_what_a_vendor_names_and_no_url_can_hold_is_drift(named: str) -> None:
    async def go() -> None:
        async with Server((reply(),)) as server, client_of(server) as client:
            await client.get("list", params={"id": named})

    with pytest.raises(Drifted, match="with what the vendor named"):
        asyncio.run(go())


@settings(max_examples=300)
@given(
    st.text(max_size=40) | st.from_regex(r"[0-9]{1,12}(\.[0-9]{1,400})?", fullmatch=True),
    st.none() | st.text(max_size=40),
)
def test_any_wait_is_bearable_or_none(value: str, date: str | None) -> None:
    wait = retry_after(value, date, AT)
    assert wait is None or 0 <= wait <= 1e9
    assert wait is None or AT + timedelta(seconds=wait) >= AT


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
        ("Mon, 01 Jan 0001 00:00:00 +1400", None),
        ("Mon, 01 Jan 2024 00:00:00 +9999999999", None),
        ("Mon, 01 Jan 2024 00:00:00 -9999", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00", None),
        ("999999999." + "9" * 500, None),
        ("٣", None),
    ],
)
def test_a_wait_at_the_edges_of_time(value: str, date: str | None) -> None:
    wait = retry_after(value, date, AT)
    assert wait is None or 0 <= wait <= 1e9


@settings(max_examples=200)
@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_any_quota_is_heard_or_not(limit: str, remaining: str, reset: str) -> None:
    names = ("x-ratelimit-limit", "X-RateLimit-Remaining", "X-RATELIMIT-RESET")
    heard = hears(dict(zip(names, (limit, remaining, reset), strict=True)))
    assert heard is None or (heard.remaining >= 0 and 0 <= heard.reset <= 86_400)


@given(st.text())
def test_any_message_can_be_shown_and_kept(said: str) -> None:
    shown = str(Rejected(said, connection="c", table="t"))
    shown.encode()
    assert not {"\x1b", "\x00", "\r", "\x9b", "\u202e"} & set(shown)


def test_a_message_of_megabytes_is_cut() -> None:
    error = Rejected("x" * 10_000_000)
    assert len(str(error)) < 21_000
    assert "10000000 characters" in str(error)
    assert sayable("two\nlines\tand é") == "two\nlines\tand é"


@pytest.mark.parametrize(
    "value",
    ["", " ", "a\nb", "a\x00", "é", "\ud800", "x" * (LONGEST_TOKEN + 1), None, 7, ["a"], {"a": 1}],
    ids=lambda value: repr(value)[:12],
)
def test_what_no_header_can_carry_is_no_token(value: object) -> None:
    assert not is_token(value)
    assert is_token("x" * LONGEST_TOKEN)
