"""Raw pages, kept before anything depends on them.

One segment file per run and connection, one zstd frame per page. A frame holds a line of JSON that
says where the page came from, then the body; so an archive can be read without the work file, and
`zstd -d` reads a whole segment. A crash can only tear the last frame of a segment, and nothing was
made of a page whose frame was not yet flushed to disk.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import zstandard

from sources._http.errors import PenstockError
from sources._reading.marks import LIVE
from sources._tables.page import Page

LEVEL = 3
_CHUNK = 1 << 20


class Damaged(PenstockError):  # noqa: N818 - a state of the disk, not a bug
    """A page of the archive cannot be read any more."""


@dataclass(frozen=True)
class Kept:
    """A page in the archive: which segment, and where in it (bytes)."""

    page: Page
    segment: str
    offset: int
    length: int


class Archive:
    """Writes one segment; `read_page` reads one page of any.

    Args:
        folder: the archive's folder.
        run_id: names the segment, and the pages in it.
        connection: whose pages these are.
    """

    def __init__(self, folder: Path, run_id: str, connection: str) -> None:
        self._folder = folder
        self._stem = f"{run_id}-{connection}"
        self._name = f"{self._stem}.zst"
        self._connection = connection
        self._file: BinaryIO | None = None
        self._count = 0
        self._is_needed = False
        self._zstd = zstandard.ZstdCompressor(level=LEVEL)

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is None:
            return
        self._file.close()
        if kind is None and not self._is_needed:
            (self._folder / self._name).unlink()

    @property
    def segment(self) -> str:
        """The segment's name."""
        return self._name

    def need(self) -> None:
        """Something came of this segment's pages; a segment of empty answers is not kept."""
        self._is_needed = True

    def keep(self, page: Page) -> Kept:
        """Appends a page and names it; durable only after `flush`.

        Raises:
            OSError: the disk refuses.
        """
        if self._file is None:
            self._file = (self._folder / self._name).open("xb")
        named = replace(page, page_id=f"{self._stem}-{self._count:06d}")
        head: dict[str, object] = {
            "page_id": named.page_id,
            "connection": self._connection,
            "table": page.table,
            "stream": page.stream,
            "request": page.request,
            "rows_at": page.rows_at,
            "asked": page.asked,
            "received_at": page.received_at.isoformat(),
        }
        if page.is_reread:
            head["is_reread"] = True
        elif page.read_as is not None:
            head["read_as"] = page.read_as.decode()
        frame = self._zstd.compress(json.dumps(head).encode() + b"\n" + page.body)
        offset = self._file.tell()
        self._file.write(frame)
        self._count += 1
        return Kept(named, self._name, offset, len(frame))

    def flush(self) -> None:
        """Makes every page kept so far durable, the segment's name too."""
        if self._file is None:
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        sync_folder(self._folder)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_page(folder: Path, segment: str, offset: int, length: int) -> Page:
    """One page, as it came.

    Raises:
        OSError: the segment is gone.
        Damaged: the frame cannot be read.
    """
    with (folder / segment).open("rb") as file:
        file.seek(offset)
        frame = file.read(length)
    try:
        for content, _ in _frames(io.BytesIO(frame)):
            return _page(content)
    except (zstandard.ZstdError, ValueError, KeyError) as error:
        raise _damaged(segment, offset) from error
    raise _damaged(segment, offset)


def pages_of(folder: Path, segment: str, start: int = 0) -> Iterator[Kept]:
    """The pages of a segment from a byte on, in order; a torn last frame is none.

    Raises:
        OSError: the segment is gone.
        Damaged: something else than frames of ours is in it.
    """
    offset = start
    with (folder / segment).open("rb") as file:
        file.seek(start)
        try:
            for content, length in _frames(file):
                yield Kept(_page(content), segment, offset, length)
                offset += length
        except (zstandard.ZstdError, ValueError, KeyError) as error:
            raise _damaged(segment, offset) from error


def _damaged(segment: str, offset: int) -> Damaged:
    return Damaged(
        f"the archive's {segment} is damaged at byte {offset:,}; what is before is whole",
        next_command="penstock archive list",
    )


def connection_of(segment: str) -> str:
    """Whose a segment is; empty where the file is none."""
    parts = segment.removesuffix(".zst").split("-", 3)
    return parts[3] if segment.endswith(".zst") and len(parts) == 4 else ""


def run_of_segment(segment: str) -> str:
    """The run that wrote it."""
    return "-".join(segment.split("-", 3)[:3])


def _frames(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Each whole frame's content, and how many bytes it takes."""
    pending = b""
    while True:
        inflate = zstandard.ZstdDecompressor().decompressobj()
        content, taken = io.BytesIO(), 0
        while not inflate.eof:
            chunk, pending = pending or file.read(_CHUNK), b""
            if not chunk:
                return
            content.write(inflate.decompress(chunk))
            taken += len(chunk)
        pending = inflate.unused_data
        yield content.getvalue(), taken - len(pending)


def _page(content: bytes) -> Page:
    head, _, body = content.partition(b"\n")
    said = json.loads(head)
    read_as = said.get("read_as")
    return Page(
        page_id=said["page_id"],
        table=said["table"],
        stream=said.get("stream", LIVE),
        request=said["request"],
        rows_at=tuple(said.get("rows_at", ())),
        asked=tuple((name, value) for name, value in said.get("asked", ())),
        received_at=datetime.fromisoformat(said["received_at"]),
        body=body,
        read_as=None if read_as is None else read_as.encode(),
        is_reread=said.get("is_reread", False),
    )
