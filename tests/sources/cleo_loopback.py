"""A mailbox as a function: the smallest other side that a client of Cleo can be asked about."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sources._http.answer import utc_now
from sources._http.client import Client
from sources._http.redact import Redactor
from sources._vendor import Means
from sources.cleo.login import open_client
from sources.cleo.settings import CleoSettings
from tests.sources.http_loopback import Reply, Request, Server, json_reply, reply

PASSWORD = "pass&word=17"


def jwt(**claims: object) -> str:
    """A token that says so of itself."""
    return ".".join(
        urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none"}, claims, "signature")
    )


def folder(name: str, *may: str, subspace: str | None = None) -> dict[str, Any]:
    """A folder's entry, with an id made of its name."""
    entry: dict[str, Any] = {"type": "folder", "id": f"id-{name}", "name": name}
    entry |= {"permissions": list(may)}
    return entry if subspace is None else {**entry, "subspace": subspace}


def file(name: str, content: bytes, modified: str = "2024-05-31T10:00:00.000Z") -> dict[str, Any]:
    """A file's entry, with an id made of its name."""
    return {
        "type": "file",
        "id": f"id-{name}",
        "name": name,
        "length": len(content),
        "meta": {"lastModified": modified},
    }


@dataclass
class Mailbox:
    """Answers as a mailbox does.

    Attributes:
        lists: entries by the folder's id; "" is the root.
        contents: bytes by the file's id, or an answer of any kind.
        token: what a login hands out, besides what `said` says.
        valid: how many requests a token is good for.
        most: entries on a page; paging is ignored where it is 0.
        total: what `totalResults` says instead of the truth.
    """

    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    contents: dict[str, bytes | Reply] = field(default_factory=dict)
    said: dict[str, object] = field(default_factory=dict)
    login: Reply | None = None
    uploads: dict[str, bytes | Reply] = field(default_factory=dict)
    valid: int = 1_000_000
    most: int = 100
    total: object = None
    forms: list[dict[str, list[str]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    served: int = 0

    @property
    def token(self) -> str:
        """The newest token."""
        return f"token-{len(self.forms)}"

    def __call__(self, request: Request) -> Reply:
        at = urlsplit(request.target)
        path = unquote(at.path).removeprefix("/api/")
        if path == "authentication":
            self.forms.append(parse_qs(request.body.decode()))
            self.served = 0
            told = {"token_type": "bearer", "access_token": self.token, **self.said}
            return self.login or json_reply(told)
        self.asked.append(f"{request.method} {path}" + (f"?{at.query}" if at.query else ""))
        wanted = self.said.get("access_token", self.token)
        if request.headers.get("authorization") != f"Bearer {wanted}" or self.served >= self.valid:
            return reply(401, b'{"message": "the token is over"}')
        self.served += 1
        if request.method == "POST":
            return self._upload(path, request)
        if path.startswith("files/"):
            found = self.contents.get(path.removeprefix("files/"))
            return found if isinstance(found, Reply) else _content(found)
        own = path.removeprefix("folders").removesuffix("/children").strip("/")
        return self._listed(own, parse_qs(at.query))

    def _listed(self, own: str, asked: dict[str, list[str]]) -> Reply:
        if own not in self.lists:
            return reply(403, b'{"message": "not yours"}')
        entries = self.lists[own]
        start = int(asked["startIndex"][0]) if self.most else 0
        page = entries[start:][: min(self.most, int(asked["count"][0]))] if self.most else entries
        total = len(entries) if self.total is None else self.total
        return json_reply(
            {"totalResults": total, "startIndex": start, "count": len(page), "resources": page}
        )

    def _upload(self, path: str, request: Request) -> Reply:
        name = request.headers["content-disposition"].partition("filename=")[2]
        if isinstance(refusal := self.uploads.get(name), Reply):
            return refusal
        if name in self.uploads:
            return reply(409, b'{"message": "exists"}')
        self.uploads[name] = request.body
        return reply(201, b'{"length": 0}')


def _content(found: bytes | None) -> Reply:
    return reply(404, b'{"message": "none"}') if found is None else reply(body=found)


def settings_of(server: Server, **said: Any) -> CleoSettings:
    """Settings that lead to a server."""
    settings = CleoSettings()
    known = {"base_url": server.url, "username": "us & them", "password": PASSWORD}
    for name, value in {**known, "backoff_seconds": 0.0, "attempts": 2, **said}.items():
        setattr(settings, name, value)
    settings.on_resolved()
    return settings


def client_of(settings: CleoSettings, **means: Any) -> Client:
    """A client of the mailbox, not open yet."""
    known = {"connection": "cleo", "redactor": Redactor(), "clock": utc_now}
    given: dict[str, Any] = {**known, **means}
    return open_client(settings, Means(**given))
