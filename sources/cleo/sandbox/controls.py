"""What tests may do to the mailbox, below `/_sandbox/cleo`.

| route | |
|---|---|
| `POST /put` | `{"folder", "name", "content_base64", "modified"?, "documents"?, "id"?}`: a file |
| | is put into a folder (`download/x`, made where it is missing); a file of that name there |
| | gives way to it, unless `id` says that this file is to have the content. Answers `id` |
| `POST /remove` | `{"id"}`: a file is taken away |
| `GET /uploads` | every upload that was taken in, oldest first: `id`, `name`, `length`, `sha256`, |
| | `listed` |
| `GET /uploads/content?name=` | `name`, `count`, `contents`: those of that name, in base64 |

`modified` is ISO 8601 with an offset; without it, it is now. `documents` says how many documents
the keys of the books shall count in it; without it they are counted as they look: `ST` segments,
elements of an array, one for an object, none in anything else.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from sources._sandbox.answers import order, told
from sources._sandbox.books import Books
from sources._sandbox.chance import dice
from sources._sandbox.company_world import EPOCH
from sources.cleo.sandbox.mailbox import File, Row
from sources.cleo.sandbox.post import DOCUMENTS
from sources.cleo.sandbox.site import FILES, Site

SEPARATOR = "\x1f"
ISA_WIDTH = 106


class Controls:
    """The control routes of one site, and its books."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._every = self._lists = 0
        self._chance = dice("cleo controls", site.tokens.user_id)
        site.listed = self._count_list
        self.routes: list[BaseRoute] = [
            Route("/put", told(self._put), methods=["POST"]),
            Route("/remove", told(self._remove), methods=["POST"]),
            Route("/uploads", told(self._uploads), methods=["GET"]),
            Route("/uploads/content", told(self._upload), methods=["GET"]),
        ]

    def books(self) -> Books:
        """The controls in the language of all sandboxes."""
        return Books(
            keys=self._keys,
            change=lambda table: _key(table, self._site.post.change()),
            make=lambda table: _key(table, self._site.post.make()),
            delete=self._delete,
            plant=lambda table, *said: self._site.post.written.plant(_known(table), *said),
            rename=self._rename,
            derived=("documents",),
            stir=self._stir,
            routes={FILES: "/children", DOCUMENTS: "/files/"},
            order_promised=False,
            issued=lambda: self._site.tokens.issued,
        )

    def _keys(self) -> Mapping[str, Sequence[str]]:
        files = list(self._site.post.box.downloads())
        documents = [
            f"{file.key}{SEPARATOR}{position}"
            for file in files
            for position in range(1, file.documents + 1)
        ]
        return {FILES: [file.key for file in files], DOCUMENTS: documents}

    def _delete(self, table: str, keys: Sequence[str]) -> None:
        """Takes files away; of documents, the files that they are in."""
        _known(table)
        for key in dict.fromkeys(each.partition(SEPARATOR)[0] for each in keys):
            self._site.post.box.remove(self._file(key))

    def _rename(self, table: str, field: str, to: str) -> None:
        if _known(table) == DOCUMENTS:
            raise ValueError("documents are what is in files, which nobody writes otherwise")
        self._site.post.written.rename(table, field, to)

    def _stir(self, every: int) -> None:
        self._every, self._lists = every, 0

    def _count_list(self) -> None:
        """After every so many lists a file is rewritten, one deleted, one made."""
        self._lists += 1
        if not self._every or self._lists % self._every:
            return
        post = self._site.post
        changed = post.change()
        others = sorted((f for f in post.box.downloads() if f is not changed), key=lambda f: f.age)
        if others:
            post.box.remove(self._chance.choice(others))
        post.make()

    async def _put(self, request: Request) -> Row:
        asked, post = await order(request), self._site.post
        content = base64.b64decode(asked["content_base64"], validate=True)
        modified = _moment(asked["modified"]) if asked.get("modified") else post.now
        documents = int(asked.get("documents", counted(content)))
        name = str(asked["name"])
        folder = post.box.folder_at(asked["folder"], post.now)
        same = folder.called(name)
        if (key := asked.get("id")) is None:
            if same is not None:
                post.box.remove(same)
            made = post.box.add(
                folder, name, lambda: content, modified=modified, documents=documents
            )
            return {"id": made.key}
        file = self._file(key)
        if same is not None and same is not file:
            raise ValueError(f"{folder.path} has another file {name!r}")
        post.box.move(file, folder, name)
        file.rewrite(lambda: content, documents, modified)
        file.paper = None
        return {"id": file.key}

    async def _remove(self, request: Request) -> Row:
        file = self._file((await order(request))["id"])
        self._site.post.box.remove(file)
        return {"id": file.key}

    async def _uploads(self, _request: Request) -> Sequence[Row]:
        site = self._site
        return [each.told(is_listed=site.is_listed(each.file)) for each in site.uploads]

    async def _upload(self, request: Request) -> Row:
        name = request.query_params["name"]
        found = [each.content for each in self._site.uploads if each.name == name]
        contents = [base64.b64encode(content).decode() for content in found]
        return {"name": name, "count": len(found), "contents": contents}

    def _file(self, key: str) -> File:
        file = self._site.post.box.file(key)
        if file is None:
            raise ValueError(f"there is no file {key!r}")
        return file


def counted(content: bytes) -> int:
    """How many documents there are in a file that somebody else wrote, as it looks."""
    if content.startswith(b"ISA") and len(content) >= ISA_WIDTH:
        element, terminator = content[3:4], content[105:106]
        segments = (segment.strip() for segment in content.split(terminator))
        return sum(segment.startswith(b"ST" + element) for segment in segments)
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return 0
    if isinstance(found, list):
        return sum(isinstance(each, dict) for each in found)
    return int(isinstance(found, dict))


def _known(table: str) -> str:
    if table not in (FILES, DOCUMENTS):
        raise ValueError(f"no table {table!r}; there are {FILES} and {DOCUMENTS}")
    return table


def _key(table: str, file: File) -> str:
    return f"{file.key}{SEPARATOR}1" if _known(table) == DOCUMENTS else file.key


def _moment(text: str) -> int:
    """A moment in milliseconds since 1970."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return (at - EPOCH) // timedelta(milliseconds=1)
