"""What is read of a mailbox: every file that is new or changed, and the documents in it.

The vendor's clock is no cursor: a file that was sent in shows 1970 [S], so a watermark would pass
it by. The folder is listed whole each time, and a file whose id, length and time are those of the
last reading is not fetched again [A]. What was seen of each file is its position, which moves with
its rows. Nothing is ever deleted or moved in the mailbox.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from sources._http.client import Client
from sources._http.errors import (
    Drifted,
    OutOfTime,
    Oversized,
    PenstockError,
    Refused,
    Retryable,
)
from sources._reading.ahead import in_order, lookahead
from sources._reading.marks import LIVE, Coverage, Mark, Position, Reading, Trouble
from sources._tables.page import Page
from sources._vendor import Item
from sources.cleo.fetching import fetch
from sources.cleo.files import Found, Listing, stream_of
from sources.cleo.folders import Entry, Folders, Listed, is_file
from sources.cleo.settings import CleoSettings
from sources.cleo.tables import DOCUMENTS, FILES

NOTE: Final = "Of the files that are in the folder, or were since the first run"
_TRIES: Final = 2
_BAD_LUCK: Final = 10  # files in a row that are not what is listed
_OUTAGE: Final = 2  # files in a row that the vendor does not answer for
_NEEDED: Final = tuple(column.wire for column in FILES.columns if column.required)
_GROUP_FILES: Final = 25
_GROUP_BYTES: Final = 32_000_000


async def read(client: Client, settings: CleoSettings, reading: Reading) -> AsyncIterator[Item]:
    """All that is new in the download folder and its subfolders.

    Files and documents come together, whichever of the two tables is asked for. A file that cannot
    be fetched is told, and tried again in the next run; the others go on.

    Raises:
        PenstockError: the folder cannot be found or listed whole, or one file after another fails.
    """
    folders, luck = Folders(client, settings), Luck()
    on_their_way = failed = 0
    try:
        folder = await folders.find(settings.download_folder)
        async with aclosing(folders.below(folder)) as lists:
            async for here, listed in lists:
                files = [
                    Listing(entry, here, _known(reading, entry))
                    for entry in listed.entries
                    if is_file(entry)
                ]
                on_their_way += sum(file.is_on_its_way for file in files)
                new = [file for file in files if not (file.is_known or file.is_on_its_way)]
                for number, group in enumerate(_groups(new)):
                    # a long list is not kept once for each group of it
                    words = listed.answer.body if number == 0 else _words(group)
                    own = replace(listed, answer=replace(listed.answer, body=words))
                    async with aclosing(_read(client, settings, own, group, luck)) as items:
                        async for item in items:
                            failed += isinstance(item, Trouble)
                            yield item
    except PenstockError as error:
        raise error.at(table=FILES.name) from None
    for table in (FILES, DOCUMENTS):
        yield _whole(table.name, on_their_way, failed)


def _known(reading: Reading, entry: Entry) -> Position | None:
    return reading.position(FILES.name, stream_of(entry.get("id")))


def _groups(files: Iterable[Listing]) -> Iterator[list[Listing]]:
    """Files that are committed together: a kill costs a group at most."""
    group: list[Listing] = []
    size = 0
    for one in files:
        if group and (len(group) >= _GROUP_FILES or size + (one.length or 0) > _GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(one)
        size += one.length or 0
    if group:
        yield group


async def _read(
    client: Client, settings: CleoSettings, listed: Listed, group: Sequence[Listing], luck: Luck
) -> AsyncGenerator[Item, None]:
    """The rows of some files, the documents in them, and what the next reading is to know."""
    works = [partial(_look_into, client, settings, file) for file in group]
    found: list[Found] = []
    async with aclosing(in_order(iter(works), lookahead(client))) as done:
        async for one in done:
            if one.error is None:
                found += [] if one.is_gone else [one]
                luck.good()
                continue
            yield Trouble(one.error.at(table=DOCUMENTS.name))
            if luck.is_over(one.error):
                break
    for item in _items(listed, found):
        yield item
    if luck.error is not None:
        raise luck.error


class Luck:
    """Tells one file's trouble from the mailbox's: so many in a row are no chance.

    Attributes:
        error: of the last one, once it is over.
    """

    def __init__(self) -> None:
        self.error: PenstockError | None = None
        self._bad = 0

    def good(self) -> None:
        """A file was read."""
        self._bad = 0

    def is_over(self, error: PenstockError) -> bool:
        """Whether nothing more is worth trying after this one."""
        self._bad += 1
        most = _OUTAGE if isinstance(error, Retryable) else _BAD_LUCK
        is_of_all = isinstance(error, Refused) and error.status != HTTPStatus.FORBIDDEN
        self.error = error if is_of_all or self._bad >= most else None
        return self.error is not None


def _words(group: Sequence[Listing]) -> bytes:
    """What the vendor said of some files."""
    return json.dumps([file.entry for file in group]).encode()


def _items(listed: Listed, found: Sequence[Found]) -> Iterator[Item]:
    if found:
        yield Page(
            table=FILES.name,
            body=listed.answer.body,
            received_at=listed.answer.received_at,
            request=f"GET /{listed.path}",
            read_as=json.dumps(_rows(listed, found)).encode(),
        )
    for one in found:
        if (bound := one.bound()) is not None:
            yield bound
    for one in found:
        if (page := one.page()) is not None:
            yield page
    for one in found:
        if (mark := one.mark()) is not None:
            yield mark


def _rows(listed: Listed, found: Sequence[Found]) -> list[Mapping[str, Any]]:
    """The files' rows. A field that other entries have and one lacks is said to be null.

    So a single odd entry goes to quarantine; only where all lack it has the vendor's shape changed.
    """
    usual = {name for name in _NEEDED if any(name in entry for entry in listed.entries)}
    return [{**dict.fromkeys(usual), **one.row()} for one in found]


async def _look_into(client: Client, settings: CleoSettings, file: Listing) -> Found:
    """Fetches and reads a file, if it has a name to be fetched by and is not too large.

    An answer of another length than is listed is another file by now, or none: a page of a proxy,
    a part. It is asked for once more before that is told. So is a file that is not there, unless
    the folder does not list it any more.
    """
    if file.id is None:
        return Found(file)
    if (file.length or 0) > settings.max_file_bytes:
        return Found(file, is_too_large=True)
    said = ""
    try:
        for _ in range(_TRIES):
            fetched = await fetch(client, settings, file.entry)
            if fetched is not None and file.length in (0, None, len(fetched.answer.body)):
                return Found(file, fetched=fetched)
            said = "is listed, and its content is not there"
            if fetched is not None:
                said = (
                    f"is listed with {file.length} bytes, and {fetched.request} answered "
                    f"{len(fetched.answer.body)}: whatever that is, it is not the file"
                )
            if not file.is_still(await Folders(client, settings).entry(file.folder, file.id)):
                return Found(file)  # the next run finds what it is by now
    except OutOfTime:
        raise
    except Oversized:
        return Found(file, is_too_large=True)
    except PenstockError as error:
        return Found(file, error=error)
    return Found(file, error=Drifted(f"{file.shown} {said}"))


def _whole(table: str, on_their_way: int, failed: int) -> Mark:
    """All that the folder lists is here, but for what the note says."""
    note = f"{NOTE}; {on_their_way} files are still being taken in" if on_their_way else NOTE
    cover = Coverage(complete_since=None, share=1.0, note=note)
    return Mark(
        table=table,
        stream=LIVE,
        position={},
        coverage=None if failed else cover,
        is_read=not failed,
    )
