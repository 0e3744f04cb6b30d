"""What a vendor answered, read within bounds, and whether it looks like an answer at all."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

import httpx

Expects = Literal["json", "bytes"]

_SOME: Final = 64 * 1024
_DIGITS: Final = 18  # of a length that can be meant
_SPACE: Final = b" \t\r\n"
_MOST_MEMBERS: Final = 1_000  # of one gzip: each costs time, and may hold nothing
_OPENING = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*([\[{])")
_CLOSING: Final = {b"[": ord("]"), b"{": ord("}")}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer, whole.

    Attributes:
        status: the HTTP status; 204 comes with an empty body.
        headers: as the vendor sent them, looked up without regard to case; not redacted.
        body: the bytes after decompression, otherwise untouched (a byte order mark included).
        url: what was asked, redacted.
        received_at: when the last byte was here (UTC, naive).
        attempts: how many requests it took.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str
    received_at: datetime
    attempts: int


class TooLarge(Exception):  # noqa: N818
    """The body is larger than allowed; reading stopped there."""


class Undecodable(Exception):  # noqa: N818
    """The body's compression is cut, corrupt, or one that was not asked for."""


def utc_now() -> datetime:
    """Now, in UTC, naive: how every time is kept here."""
    return datetime.now(UTC).replace(tzinfo=None)


def looks_like_json(body: bytes) -> bool:
    """Whether the bytes begin as an array or object and end as the same.

    A glance at both ends, whatever the size: it tells JSON from an HTML page or a cut answer.
    Whether all between is valid shows when it is typed.
    """
    opening = _OPENING.match(body)
    if opening is None:
        return False
    end = len(body)
    if body[end - 1] in _SPACE:
        end = len(body.rstrip(_SPACE))
    return body[end - 1] == _CLOSING[opening[1]]


class Body:
    """Gathers a body, decompressing within the limit: a small gzip can hold gigabytes."""

    def __init__(self, encoding: str, limit: int) -> None:
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise Undecodable(f"it is encoded as {encoding!r}, only gzip was asked for")
        self._limit = limit
        self._raw = 0
        self._bytes = bytearray()
        self._members = 1
        self._gzip = zlib.decompressobj(zlib.MAX_WBITS | 16) if "gzip" in encoding else None

    def add(self, chunk: bytes) -> None:
        """Take the next chunk off the wire.

        Raises:
            TooLarge: the body is over the limit, before or after decompression.
            Undecodable: the compressed bytes are corrupt, or in more pieces than any file has.
        """
        self._raw += len(chunk)
        if self._raw > self._limit:
            raise TooLarge
        if self._gzip is None:
            self._bytes += chunk
            return
        while chunk:
            if self._gzip.eof:  # a file of several members goes on after the first one's end
                self._members += 1
                if self._members > _MOST_MEMBERS:
                    raise Undecodable(f"its gzip has more than {_MOST_MEMBERS} members")
                self._gzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
            room = self._limit - len(self._bytes)
            try:
                self._bytes += self._gzip.decompress(chunk, room + 1)
            except zlib.error as error:
                raise Undecodable(f"its gzip is corrupt ({error})") from None
            if len(self._bytes) > self._limit:
                raise TooLarge
            chunk = self._gzip.unused_data if self._gzip.eof else self._gzip.unconsumed_tail

    def so_far(self) -> bytes:
        """What has come."""
        return bytes(self._bytes)

    def whole(self) -> bytes:
        """All of it.

        Raises:
            Undecodable: the compressed bytes end before they should.
        """
        if self._gzip is not None and self._raw and not self._gzip.eof:
            raise Undecodable("its gzip is cut off")
        return self.so_far()


async def read_whole(response: httpx.Response, limit: int) -> bytes:
    """The whole body, at most `limit` bytes of it on the wire and after decompression.

    Raises:
        TooLarge: it is larger; nothing more is read.
        Undecodable: it is not gzip as announced.
        httpx.RequestError: the connection failed on the way, or the length is not as announced.
    """
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > _DIGITS or int(announced) > limit):
        raise TooLarge
    body = Body(_encoding(response), limit)
    async for chunk in response.aiter_raw():
        body.add(chunk)
    return body.whole()


async def read_some(response: httpx.Response) -> bytes:
    """The beginning of a body that only explains a failure: whatever comes of it will do."""
    try:
        body = Body(_encoding(response), _SOME)
    except Undecodable:
        return b""
    try:
        async for chunk in response.aiter_raw():
            body.add(chunk)
    except (TooLarge, Undecodable, httpx.RequestError):
        pass
    return body.so_far()


def _encoding(response: httpx.Response) -> str:
    return str(response.headers.get("content-encoding", "")).strip().lower()
