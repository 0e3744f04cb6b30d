"""The mailbox on the wire: who comes in, what is listed, fetched and sent, how it is answered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sources._sandbox.company_world import World
from sources._sandbox.faults import FaultKind, struck
from sources._sandbox.wire import Dropped
from sources.cleo.sandbox.disposition import file_name
from sources.cleo.sandbox.mailbox import (
    DOWNLOAD,
    UPLOAD,
    File,
    Folder,
    Row,
    as_entry,
    as_metadata,
)
from sources.cleo.sandbox.play import TAKEN, UNLISTED, Play
from sources.cleo.sandbox.post import Post
from sources.cleo.sandbox.tokens import Tokens

FAULTS = (
    FaultKind("expired_token", route="/children"),
    FaultKind("unlistable_children", route="/children"),
    FaultKind("missing_from_list", route="/children", unseen=True),
    FaultKind("upload_answer_lost", route="/files"),
)
FILES = "files"
OCTETS, FORM = "application/octet-stream", "application/x-www-form-urlencoded"
ANY = ("GET", "POST", "PUT", "PATCH", "DELETE")
Handler = Callable[[Request], Awaitable[Response]]


class RefusedError(Exception):
    """What is asked is refused, with a status and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Upload:
    """An upload that was taken in."""

    file: File
    name: str
    content: bytes

    def told(self, *, is_listed: bool) -> Row:
        """What is known of it."""
        return {
            "id": self.file.key,
            "name": self.name,
            "length": len(self.content),
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "listed": is_listed,
        }


class Site:
    """One partner's Cleo."""

    def __init__(self, world: World, play: Play) -> None:
        self.tokens = Tokens(play, world)
        self.post = Post(play, world)
        self.uploads: list[Upload] = []
        self.listed: Callable[[], None] = lambda: None
        self._play = play
        self.routes = [
            Route("/api/authentication", self._plainly(self._log_in), methods=["POST"]),
            Route("/api/folders", self._guarded(self._root), methods=["GET"]),
            Route("/api/folders/{key}/children", self._guarded(self._children), methods=["GET"]),
            Route("/api/folders/{key}/files", self._guarded(self._take), methods=["POST"]),
            Route("/api/files/{key}", self._guarded(self._file), methods=["GET"]),
            Route("/api/files/{key}/content", self._guarded(self._content), methods=["GET"]),
            Route("/{path:path}", self._guarded(self._nothing), methods=ANY),
        ]

    def is_listed(self, file: File) -> bool:
        """Whether a list shows an upload, or would if it were asked for."""
        return self._play.upload != UNLISTED and self.post.box.file(file.key) is file

    def _plainly(self, handler: Handler) -> Handler:
        async def endpoint(request: Request) -> Response:
            try:
                return await handler(request)
            except RefusedError as refused:
                return _json({"message": str(refused)}, refused.status)

        return endpoint

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            authorization = request.headers.get("Authorization", "")
            if struck(request) == "expired_token":
                self.tokens.forget(authorization)
            if not self.tokens.admits(authorization):
                raise RefusedError(401, "The access token is missing, unknown or expired")
            return await handler(request)

        return self._plainly(guarded)

    async def _log_in(self, request: Request) -> Response:
        """A user gets a token [S]; a wrong password is 401 [A]."""
        if not _is_of(request, FORM):
            raise RefusedError(400, f"{FORM} is expected")
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        asked = {name: values[-1] for name, values in form.items()}
        if asked.get("grant_type") != "password":
            raise RefusedError(400, "grant_type is password")
        if not self.tokens.is_right(asked.get("username", ""), asked.get("password", "")):
            raise RefusedError(401, "The username or the password is not right")
        return _json(self.tokens.issue())

    async def _root(self, request: Request) -> Response:
        return _json(self._envelope(request, [self.post.box.root]))

    async def _children(self, request: Request) -> Response:
        """What is in a folder [S]."""
        folder = self._folder(request)
        is_upload = folder.subspace == UPLOAD
        if struck(request) == "unlistable_children":
            raise RefusedError(403, "The folder may not be listed now")
        if is_upload and self._play.upload == UNLISTED:
            raise RefusedError(403, "The folder may not be listed")
        entries = folder.entries()
        if struck(request) == "missing_from_list":
            last = next((each for each in reversed(entries) if isinstance(each, File)), None)
            entries = [each for each in entries if each is not last]
        answer = _json(self._envelope(request, entries))
        if is_upload:
            self._process(folder)
        self.listed()
        return answer

    def _process(self, folder: Folder) -> None:
        """What the platform does with uploads once a list has shown them."""
        for file in list(folder.files.values()):
            file.in_transit = False
            if self._play.upload == TAKEN:
                self.post.box.remove(file)

    def _envelope(self, request: Request, entries: list[Folder] | list[Folder | File]) -> Row:
        """A page of a list: `startIndex` counts from 0 [P]."""
        start, count = _number(request, "startIndex", 0), _number(request, "count", self._play.most)
        page = entries[start : start + min(count, self._play.most)]
        if self._play.ignores_paging:
            start, page = 0, entries
        resources = [self._entry(each) for each in page]
        return {
            "totalResults": len(entries),
            "startIndex": start,
            "count": len(resources),
            "resources": resources,
        }

    def _entry(self, each: Folder | File) -> Row:
        row = as_entry(each)
        return self.post.written.of(FILES, row) if isinstance(each, File) else row

    async def _take(self, request: Request) -> Response:
        """Takes an upload in, and answers before it knows anything of it [S]."""
        folder = self._folder(request)
        if UPLOAD not in folder.permissions:
            raise RefusedError(403, f"{UPLOAD} is not permitted in {folder.name}")
        if not _is_of(request, OCTETS):
            raise RefusedError(415, f"{OCTETS} is expected")
        name = file_name(request.headers.get("Content-Disposition", ""))
        if name is None:
            raise RefusedError(400, "Content-Disposition names no file")
        if "/" in name or "\\" in name or "\0" in name:
            raise RefusedError(400, f"{name!r} is not the name of a file")
        if self._play.names is not None and not self._play.names.fullmatch(name):
            raise RefusedError(400, f"{name!r} is not allowed: {self._play.names.pattern}")
        if folder.called(name) is not None:
            raise RefusedError(409, f"{name!r} exists already")
        content, may = await request.body(), ("overwrite", "delete")
        file = self.post.box.add(
            folder, name, lambda: content, modified=self.post.now, permissions=may
        )
        file.in_transit = True
        self.uploads.append(Upload(file, name, content))
        if struck(request) == "upload_answer_lost":
            return Dropped()
        return _json(as_metadata(file), 201)

    async def _file(self, request: Request) -> Response:
        """A file's own link: its bytes, or what is known of it [A]."""
        file = self._readable(request)
        if self._play.tells_metadata:
            return _json(self.post.written.of(FILES, as_metadata(file)))
        return Response(file.content, media_type=OCTETS)

    async def _content(self, request: Request) -> Response:
        """A file's bytes, where its own link does not answer them [A]."""
        if not self._play.tells_metadata:
            return await self._nothing(request)
        return Response(self._readable(request).content, media_type=OCTETS)

    async def _nothing(self, request: Request) -> Response:
        raise RefusedError(404, f"There is no {request.method} {request.url.path}")

    def _folder(self, request: Request) -> Folder:
        folder = self.post.box.folder(request.path_params["key"])
        if folder is None:
            raise RefusedError(404, "There is no such folder")
        return folder

    def _readable(self, request: Request) -> File:
        file = self.post.box.file(request.path_params["key"])
        if file is None:
            raise RefusedError(404, "There is no such file")
        if DOWNLOAD not in file.folder.permissions:
            raise RefusedError(403, f"{DOWNLOAD} is not permitted in {file.folder.name}")
        return file


def _is_of(request: Request, media_type: str) -> bool:
    said = request.headers.get("Content-Type", "")
    return said.partition(";")[0].strip().lower() == media_type


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise RefusedError(400, f"{name} is {text!r}: it is a number from 0")
    return int(text)


def _json(content: object, status: int = 200) -> Response:
    # escaped, so that half a surrogate pair in a planted field can be told as well
    return Response(json.dumps(content).encode(), status, media_type="application/json")
