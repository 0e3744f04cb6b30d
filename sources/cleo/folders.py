"""The folders of a mailbox: found by name, listed whole.

A list answers `totalResults`, `startIndex`, `count` and `resources` [S]; `startIndex` counts from 0
[P], and a mailbox may ignore both parameters and answer everything each time [A]. So a page begins
behind the rows received so far, and the end is where as many are here as the list counts, or where
a page is empty or repeats. A list that counts more than it shows is read again, then told.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

from sources._http.answer import Answer
from sources._http.client import Client
from sources._http.errors import Drifted, Misconfigured
from sources._tables import slices
from sources.cleo.settings import CleoSettings

ROOT: Final = "folders"
FOLDER: Final = "folder"
FILE: Final = "file"
_MOST_PAGES: Final = 100_000
_READINGS: Final = 2  # a list that moves may count a row that has slipped past
_MOST_ENTRIES: Final = 1_000_000  # of one list: each is remembered while it is read
_LONGEST_ID: Final = 1_000  # characters; it goes into a path
_NAMED: Final = 12

Entry = dict[str, Any]


class Short(Drifted):
    """A list counts more entries than it shows."""


@dataclass(frozen=True)
class Folder:
    """A folder.

    Attributes:
        id: the vendor's, opaque.
        path: the names that lead to it from the mailbox's root, with slashes between.
        permissions: what the user may do in it [S]; empty where nothing is said.
    """

    id: str
    path: str
    permissions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Listed:
    """One page of a folder's list: the answer, and its entries that were not on a page before."""

    answer: Answer
    path: str
    entries: tuple[Entry, ...]


class Folders:
    """The folders of one mailbox, as one client sees them."""

    def __init__(self, client: Client, settings: CleoSettings) -> None:
        self._client = client
        self._size = settings.page_size

    async def find(self, name: str) -> Folder:
        """The folder that is called so, or whose subspace is: below the root, or the root itself.

        Raises:
            Misconfigured: there is none, or several; names those there are.
            PenstockError: whatever the client raises.
        """
        roots = [entry async for entry in self._folders(ROOT, "")]
        below = [
            entry
            for _, root in roots
            async for entry in self._folders(_children(root.id), root.path)
        ]
        for wanted in ("subspace", "name"):
            found = {
                folder.id: folder
                for entry, folder in (*below, *roots)
                if _same(entry.get(wanted), name)
            }
            if len(found) == 1:
                return next(iter(found.values()))
            if found:
                raise Misconfigured(
                    f"there are {len(found)} folders called {name!r}: "
                    + ", ".join(sorted(folder.path for folder in found.values()))
                )
        seen = sorted(folder.path for _, folder in (*roots, *below))[:_NAMED]
        raise Misconfigured(
            f"there is no folder {name!r}; the mailbox shows "
            + (", ".join(seen) if seen else "no folder at all: may this user see it?")
        )

    async def below(self, folder: Folder) -> AsyncGenerator[tuple[Folder, Listed], None]:
        """Every page of the list of a folder and of its subfolders.

        Raises:
            Short: a list counts more than it shows; the others are read first.
            Drifted: an answer is no list, or a list does not end.
            PenstockError: whatever the client raises.
        """
        waiting, known = [folder], {folder.id}
        short: Short | None = None
        while waiting:
            here = waiting.pop(0)
            try:
                async with aclosing(self.listed(_children(here.id))) as pages:
                    async for listed in pages:
                        yield here, listed
                        for entry in listed.entries:
                            inner = _folder(entry, here.path)
                            if inner is not None and inner.id not in known:
                                known.add(inner.id)
                                waiting.append(inner)
            except Short as error:
                short = error
        if short is not None:
            raise short

    async def entry(self, folder: Folder, file_id: str) -> Entry | None:
        """What the folder lists of one file by now.

        Raises:
            PenstockError: as `below`.
        """
        return next((e for e in await self.files(folder) if e.get("id") == file_id), None)

    async def files(self, folder: Folder) -> list[Entry]:
        """The files of a folder, without those of its subfolders.

        Raises:
            PenstockError: as `below`.
        """
        return [
            entry
            async for listed in self.listed(_children(folder.id))
            for entry in listed.entries
            if is_file(entry)
        ]

    async def listed(self, path: str) -> AsyncGenerator[Listed, None]:
        """Every page of a list that has something new; read again where it counts more than that.

        Raises:
            Short: the list counts more than it shows, twice.
            Drifted: an answer is no list, or the list does not end.
            PenstockError: whatever the client raises.
        """
        known: set[str] = set()
        for _ in range(_READINGS):
            total: int | None = None
            async with aclosing(self._pages(path)) as pages:
                async for answer, total, entries in pages:
                    new = [entry for entry in entries if _mark(entry) not in known]
                    known.update(map(_mark, new))
                    if len(known) > _MOST_ENTRIES:
                        raise Drifted(
                            f"GET /{path} shows more than {_MOST_ENTRIES} entries: it may never "
                            "end, or files are never taken out of it"
                        )
                    if new:
                        yield Listed(answer, path, tuple(new))
                    if total is not None and len(known) >= total:
                        return
            if total is None:
                return
        raise Short(
            f"GET /{path} counts {total} entries and shows {len(known)}: the others cannot be read"
        )

    async def _pages(
        self, path: str
    ) -> AsyncGenerator[tuple[Answer, int | None, list[Entry]], None]:
        """One page after another, to an empty one, the last that is counted, or a repeated one."""
        received, before = 0, list[str]()
        for _ in range(_MOST_PAGES):
            asked = {"startIndex": received, "count": self._size}
            answer = await self._client.get(path, params=asked)
            total, entries = _read(answer)
            here = [_mark(entry) for entry in entries]
            if not entries or here == before:
                return
            yield answer, total, entries
            received, before = received + len(entries), here
            if total is not None and received >= total:
                return
        raise Drifted(f"GET /{path} goes on behind page {_MOST_PAGES}: it may never end")

    async def _folders(self, path: str, above: str) -> AsyncGenerator[tuple[Entry, Folder], None]:
        with suppress(Short):  # what this user may not see is not what is looked for
            async for listed in self.listed(path):
                for entry in listed.entries:
                    folder = _folder(entry, above)
                    if folder is not None:
                        yield entry, folder


def id_of(entry: Mapping[str, Any]) -> str | None:
    """An entry's id; None where it has none that a path can carry."""
    found = entry.get("id")
    if not isinstance(found, str) or found in ("", ".", "..") or len(found) > _LONGEST_ID:
        return None
    try:
        found.encode()
    except UnicodeEncodeError:
        return None
    return found


def is_file(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is a file; what says nothing of its kind and is no folder may be one [A]."""
    return str(entry.get("type", FILE)) != FOLDER


def _read(answer: Answer) -> tuple[int | None, list[Entry]]:
    """How many the list counts in all, if it says so, and the entries of this page."""
    try:
        answer.body.decode()
        held = slices.as_python(answer.body)
    except ValueError as error:
        raise Drifted(f"GET {answer.url} did not answer JSON that can be read: {error}") from None
    entries = held.get("resources") if isinstance(held, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Drifted(f"GET {answer.url} answered without a list of resources")
    total = held.get("totalResults")
    is_count = isinstance(total, int) and not isinstance(total, bool) and total >= 0
    return (total if is_count else None), entries


def _mark(entry: Entry) -> str:
    """What tells an entry from the others: its id, else all of it."""
    return id_of(entry) or sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()


def _folder(entry: Entry, above: str) -> Folder | None:
    found = id_of(entry)
    if is_file(entry) or found is None:
        return None
    name = str(entry.get("name", "")).strip() or "?"
    may: Iterable[Any] = entry.get("permissions") or ()
    allowed = frozenset(str(one) for one in may) if isinstance(may, list) else frozenset[str]()
    return Folder(found, f"{above}/{name}".lstrip("/"), allowed)


def _children(folder: str) -> str:
    return f"folders/{quote(folder, safe='')}/children"


def _same(said: object, name: str) -> bool:
    return isinstance(said, str) and said.strip().casefold() == name.strip().casefold()
