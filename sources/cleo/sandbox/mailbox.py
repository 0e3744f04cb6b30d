"""The mailbox itself: folders, files, what may be done where; written as its lists write them [S].

Moments are milliseconds since 1970.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from sources._sandbox.company_world import EPOCH
from sources.cleo.sandbox.papers import Paper

ROOT_NAME = "millstreamedi"
DOWNLOAD, UPLOAD, ARCHIVE = "download", "upload", "archive 2023"
Row = dict[str, Any]
Content = Callable[[], bytes]


@dataclass(eq=False)
class Folder:
    """A folder; `subspace` is what the platform calls it and all that is in it."""

    key: str
    name: str
    parent: Folder | None
    subspace: str
    permissions: Sequence[str]
    is_protected: bool
    modified: int
    folders: dict[str, Folder] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    shown: list[Folder | File] | None = None

    @property
    def path(self) -> str:
        """Its path below the root folder, which has none."""
        return "" if self.parent is None else f"{self.parent.path}/{self.name}".lstrip("/")

    def entries(self) -> list[Folder | File]:
        """What is in it, in the order of names."""
        if self.shown is None:
            inside: list[Folder | File] = [*self.folders.values(), *self.files.values()]
            self.shown = sorted(inside, key=lambda each: (each.name, each.key))
        return self.shown

    def called(self, name: str) -> File | None:
        """The file of a name."""
        return next((file for file in self.files.values() if file.name == name), None)


@dataclass(eq=False)
class File:
    """A file.

    Attributes:
        age: its place among all that was ever made.
        modified: when it was changed last.
        write: makes its content, which nobody may ever ask for.
        documents: how many documents are in it.
        paper: of a JSON file of one document that the company made, that document.
        in_transit: whether it was uploaded and no list has shown it yet.
    """

    key: str
    age: int
    name: str
    folder: Folder
    modified: int
    write: Content
    documents: int
    permissions: Sequence[str]
    paper: Paper | None = None
    in_transit: bool = False

    @cached_property
    def content(self) -> bytes:
        """Its bytes."""
        return self.write()

    def rewrite(self, write: Content, documents: int, modified: int) -> None:
        """Gives it another content under the same id."""
        self.write, self.documents, self.modified = write, documents, modified
        self.__dict__.pop("content", None)


class Mailbox:
    """One partner's mailbox."""

    def __init__(self, seed: int, now: int) -> None:
        self._seed = seed
        self._folders: dict[str, Folder] = {}
        self._files: dict[str, File] = {}
        self._made = 0
        self.root = self._folder(ROOT_NAME, None, "", [], now, is_protected=False)
        self.download = self._folder(DOWNLOAD, self.root, DOWNLOAD, [DOWNLOAD], now)
        self.upload = self._folder(UPLOAD, self.root, UPLOAD, [UPLOAD], now)

    def folder(self, key: str) -> Folder | None:
        """The folder of an id."""
        return self._folders.get(key)

    def file(self, key: str) -> File | None:
        """The file of an id."""
        return self._files.get(key)

    def folder_at(self, path: str, now: int) -> Folder:
        """The folder of a path; the folders on the way to it are made where they are missing.

        Raises:
            ValueError: it does not begin with the name of a folder that there is.
        """
        first, *rest = path.strip("/").split("/")
        here = next((f for f in self.root.folders.values() if f.name == first), None)
        if here is None:
            raise ValueError(f"{path!r} begins with no folder of the mailbox")
        for name in rest:
            found = next((f for f in here.folders.values() if f.name == name), None)
            here = found or self._folder(
                name, here, here.subspace, here.permissions, now, is_protected=False
            )
        return here

    def add(
        self,
        folder: Folder,
        name: str,
        write: Content,
        *,
        modified: int,
        documents: int = 0,
        paper: Paper | None = None,
        permissions: Sequence[str] = (DOWNLOAD, "delete"),
    ) -> File:
        """A new file, with an id of its own."""
        key = self._key("file", 64)
        file = File(key, self._made, name, folder, modified, write, documents, permissions, paper)
        self._files[key] = folder.files[key] = file
        folder.shown = None
        return file

    def move(self, file: File, folder: Folder, name: str) -> None:
        """Calls a file otherwise, or puts it elsewhere."""
        del file.folder.files[file.key]
        file.folder.shown = folder.shown = None
        file.folder, file.name = folder, name
        folder.files[file.key] = file

    def remove(self, file: File) -> None:
        """Takes a file away."""
        del self._files[file.key], file.folder.files[file.key]
        file.folder.shown = None

    def downloads(self) -> Iterator[File]:
        """The files in the download folder and below."""
        waiting = [self.download]
        while waiting:
            folder = waiting.pop()
            yield from folder.files.values()
            waiting += folder.folders.values()

    def _folder(
        self,
        name: str,
        parent: Folder | None,
        subspace: str,
        permissions: Sequence[str],
        now: int,
        *,
        is_protected: bool = True,
    ) -> Folder:
        key = self._key("folder", 32)
        folder = Folder(key, name, parent, subspace, list(permissions), is_protected, now)
        self._folders[key] = folder
        if parent is not None:
            parent.folders[key] = folder
            parent.shown = None
        return folder

    def _key(self, kind: str, width: int) -> str:
        """An opaque id as the sheet's: base64url of hexadecimal digits that begin alike [S]."""
        self._made += 1
        own = hashlib.sha256(f"cleo/{self._seed}/{kind}/{self._made}".encode()).hexdigest()
        space = hashlib.sha256(f"cleo/{self._seed}".encode()).hexdigest()[:32]
        return base64.urlsafe_b64encode((space + own[:width]).encode()).decode().rstrip("=")


def stamp(modified: int) -> str:
    """A moment as `2021-03-30T18:13:34.365Z` [S]."""
    at = EPOCH + timedelta(milliseconds=modified)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{modified % 1000:03}Z"


def as_entry(each: Folder | File) -> Row:
    """A folder [S] or a file [A] as lists show it; a file in transit has nothing to tell yet."""
    is_file = isinstance(each, File)
    told: Row = {"type": "file" if is_file else "folder", "space": "home"}
    subspace = each.folder.subspace if isinstance(each, File) else each.subspace
    if subspace:
        told["subspace"] = subspace
    told |= {"id": each.key, "name": each.name}
    modified = each.modified
    if isinstance(each, File):
        told["length"] = 0 if each.in_transit else len(each.content)
        modified = 0 if each.in_transit else modified
    is_protected = isinstance(each, Folder) and each.is_protected
    return {
        **told,
        "permissions": list(each.permissions),
        "systemProtected": {"delete": is_protected, "rename": is_protected},
        "_links": {"self": {"href": f"/api/{'files' if is_file else 'folders'}/{each.key}"}},
        "meta": {"lastModified": stamp(modified)},
    }


def as_metadata(file: File) -> Row:
    """A file as an upload is answered [S]: without its type, with its path and its folder."""
    told = as_entry(file)
    del told["type"]
    above: list[Folder] = []
    folder: Folder | None = file.folder
    while folder is not None:
        above.insert(0, folder)
        folder = folder.parent
    links = [_link(folder) for folder in above]
    # the root's name has a space after it here and nowhere else [S]
    path = [
        {**link, "id": each.key, "name": each.name if place else f"{each.name} "}
        for place, (link, each) in enumerate(zip(links, above, strict=True))
    ]
    first = {name: told.pop(name) for name in ("space", "subspace", "id")}
    start = {**first, "parentId": file.folder.key, "name": told.pop("name")}
    start |= {"length": told.pop("length"), "path": path}
    return {**start, **told, "_links": {**told["_links"], "parent": links[-1]}}


def _link(folder: Folder) -> Row:
    return {"href": f"/api/folders/{folder.key}"}
