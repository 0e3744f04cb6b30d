"""A file's content: fetched where the mailbox keeps it, within bounds."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from sources._http.answer import Answer
from sources._http.client import Client
from sources._http.errors import Oversized
from sources.cleo.parsing import Parsed, Unreadable, parse
from sources.cleo.settings import CleoSettings

_GONE: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


@dataclass(frozen=True)
class Fetched:
    """A file's content, and what it was found to be.

    Attributes:
        answer: that brought it.
        request: method and path of it.
        sha256: of its bytes, in hexadecimal.
        parsed: its documents; None where nothing could be made of it.
        reason: why nothing could.
    """

    answer: Answer
    request: str
    sha256: str
    parsed: Parsed | None
    reason: str = ""


async def fetch(client: Client, settings: CleoSettings, entry: Mapping[str, Any]) -> Fetched | None:
    """A file's content, read; None where the file is gone since it was listed.

    The route of a file answers its bytes, or what is known of it as JSON with its content one step
    further [A]: JSON that says the file's own id is the latter.

    Raises:
        Oversized: the answer is larger than a file may be.
        PenstockError: whatever else the client raises.
    """
    found = await _answer(client, settings.file_path, entry)
    if found is not None and _is_about(found[0].body, entry):
        found = await _answer(client, settings.content_path, entry)
    if found is None:
        return None
    answer, request = found
    if len(answer.body) > settings.max_file_bytes:
        raise Oversized(f"{request} answered {len(answer.body)} bytes")
    # a large file takes seconds, in which the others go on
    return await asyncio.to_thread(_read, answer, request)


async def _answer(
    client: Client, route: str, entry: Mapping[str, Any]
) -> tuple[Answer, str] | None:
    path = route.format(id=quote(str(entry["id"]), safe=""))
    answer = await client.get(path, expects="bytes", tolerate=_GONE)
    return None if answer.status in _GONE else (answer, f"GET /{path}")


def _is_about(body: bytes, entry: Mapping[str, Any]) -> bool:
    """Whether an answer tells of the file instead of being it."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{" or str(entry["id"]).encode() not in body:
        return False
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("id") == entry["id"]


def _read(answer: Answer, request: str) -> Fetched:
    parsed, reason = None, ""
    try:
        parsed = parse(answer.body)
    except Unreadable as error:
        reason = str(error)
    return Fetched(answer, request, hashlib.sha256(answer.body).hexdigest(), parsed, reason)
