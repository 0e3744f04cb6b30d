"""A client of Cleo with no opinions, to see what the sandbox really sends; and a checker of X12."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from sources._sandbox.process import RunningSandbox, running_sandbox
from tests.sources.cleo_mailbox import VENDOR, MailboxControls

API = f"/{VENDOR}/api"
OCTETS = "application/octet-stream"
Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def said(self) -> str:
        """The message of an error."""
        assert self.status >= 400, self
        assert self.headers["content-type"] == "application/json", self
        (message,) = self.json().values()
        assert "message" in self.json()
        return str(message)


class Caller:
    """One connection to a mailbox; `token` is what it shows on every call."""

    def __init__(self, sandbox: RunningSandbox, line: http.client.HTTPConnection) -> None:
        self.sandbox = sandbox
        self.books = sandbox.books(VENDOR)
        self.mailbox = MailboxControls.of(sandbox)
        self.token = ""
        self._line = line

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request below the API."""
        shown = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self._line.request(method, API + path, body, {**shown, **(headers or {})})
        response = self._line.getresponse()
        received = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, received, response.read())

    def log_in(self, **changes: str) -> Answer:
        form = {"grant_type": "password", **self.sandbox.credentials(VENDOR), **changes}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(form).encode()
        answer = self.ask("/authentication", method="POST", body=body, headers=headers)
        if answer.status == 200:
            self.token = answer.json()["access_token"]
        return answer

    def children(self, key: str, **asked: object) -> Row:
        answer = self.ask(f"/folders/{key}/children?{urlencode(asked)}")
        assert answer.status == 200, answer
        page: Row = answer.json()
        return page

    def entries(self, key: str) -> list[Row]:
        """All there is in a folder, page by page."""
        rows: list[Row] = []
        while True:
            page = self.children(key, startIndex=len(rows))
            rows += page["resources"]
            if len(rows) >= page["totalResults"] or not page["resources"]:
                return rows

    def root(self) -> Row:
        (root,) = self.ask("/folders").json()["resources"]
        found: Row = root
        return found

    def folder(self, *names: str) -> Row:
        """The folder that a path of names leads to."""
        here = self.root()
        for name in names:
            rows = self.entries(here["id"])
            (here,) = (row for row in rows if row["type"] == "folder" and row["name"] == name)
        return here

    def files(self, *names: str) -> list[Row]:
        """The files of a folder, without those below."""
        rows = self.entries(self.folder(*names)["id"])
        return [row for row in rows if row["type"] == "file"]

    def everything(self) -> dict[str, tuple[Row, bytes]]:
        """Every file in download and below, with its content, by id."""
        found, waiting = {}, [self.folder("download")["id"]]
        while waiting:
            for row in self.entries(waiting.pop()):
                if row["type"] == "folder":
                    waiting.append(row["id"])
                else:
                    found[row["id"]] = (row, self.ask(f"/files/{row['id']}").body)
        return found

    def upload(
        self, name: str, content: bytes, *, key: str = "", header: str = "", kind: str = OCTETS
    ) -> Answer:
        key = key or self.folder("upload")["id"]
        told = header or f"attachment;filename={name}"
        headers = {"Content-Disposition": told, "Content-Type": kind}
        where = f"/folders/{key}/files"
        return self.ask(where, method="POST", body=content, headers=headers)


@contextmanager
def calling(sandbox: RunningSandbox, *, logged_in: bool = True) -> Iterator[Caller]:
    """A caller on a connection of its own."""
    at = urlsplit(sandbox.url)
    with closing(http.client.HTTPConnection(str(at.hostname), at.port, timeout=10)) as line:
        caller = Caller(sandbox, line)
        if logged_in:
            assert caller.log_in().status == 200
        yield caller


@contextmanager
def site(
    *, rows: int = 12, seed: int = 7, logged_in: bool = True, **options: object
) -> Iterator[Caller]:
    """A sandbox, and a caller of its mailbox."""
    with (
        running_sandbox(rows=rows, seed=seed, options={VENDOR: options}) as sandbox,
        calling(sandbox, logged_in=logged_in) as caller,
    ):
        yield caller
        assert sandbox.complaints() == ""


@dataclass(frozen=True)
class Set:
    """A transaction set, its segments without ST and SE."""

    kind: str
    group: str
    segments: list[list[str]]

    def all(self, name: str) -> list[list[str]]:
        """The segments of a name."""
        return [segment for segment in self.segments if segment[0] == name]

    def one(self, name: str) -> list[str]:
        (segment,) = self.all(name)
        return segment


@dataclass(frozen=True)
class Interchange:
    """What an interchange says, once all its counts and numbers are right."""

    marks: tuple[str, str, str, str]
    isa: list[str]
    groups: list[str] = field(default_factory=list)
    sets: list[Set] = field(default_factory=list)


def read_x12(content: bytes) -> Interchange:
    """Reads one interchange; any count, number or order that is wrong is an AssertionError."""
    text = content.decode("ascii")
    element, part, end = text[3], text[104], text[105]
    assert len({element, part, end}) == 3
    after = "\r\n" if text[106:108] == "\r\n" else "\n" if text[106:107] == "\n" else ""
    assert text.endswith(end + after)
    parts = text.removesuffix(end + after).split(end + after)
    segments = [piece.split(element) for piece in parts]
    assert not [piece for piece in parts if end in piece or "\n" in piece]
    isa, *inside, iea = segments
    assert (isa[0], len(isa), iea[0]) == ("ISA", 17, "IEA")
    assert isa[13] == iea[2]
    assert [len(value) for value in (isa[6], isa[8], isa[13])] == [15, 15, 9]
    found = Interchange((element, part, end, after), isa)
    groups = 0
    while inside:
        groups += 1
        inside = _group(inside, found)
    assert int(iea[1]) == groups > 0
    return found


def _group(segments: list[list[str]], found: Interchange) -> list[list[str]]:
    """Reads the first group; what comes after it."""
    gs, *rest = segments
    assert (gs[0], len(gs)) == ("GS", 9)
    assert gs[8].startswith(found.isa[12])
    found.groups.append(gs[1])
    count = 0
    while rest[0][0] == "ST":
        count += 1
        length = next(place for place, segment in enumerate(rest) if segment[0] == "SE")
        st, se = rest[0], rest[length]
        assert se == ["SE", str(length + 1), st[2]]
        assert all(segment[-1] for segment in rest[: length + 1]), "an empty element at an end"
        found.sets.append(Set(st[1], gs[1], rest[1:length]))
        rest = rest[length + 1 :]
    assert rest[0] == ["GE", str(count), gs[6]]
    assert count > 0
    return rest[1:]
