"""A file of the mailbox: as it is listed, what was found in it, and the rows that become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sources._http.errors import PenstockError
from sources._reading.marks import Mark, Position
from sources._tables.page import Page
from sources.cleo.documents import raw_page, with_documents
from sources.cleo.fetching import Fetched
from sources.cleo.folders import Entry, Folder, id_of
from sources.cleo.tables import FILES, OURS

READ: Final = "read"
UNREADABLE: Final = "unreadable"
TOO_LARGE: Final = "too large"
_EPOCH: Final = "1970-01-01"
_SHOWN: Final = 120
_READER: Final = 1  # bumped where `parsing` reads more: then every file is fetched once more


@dataclass(frozen=True)
class Listing:
    """A file as it is listed now.

    Attributes:
        entry: the vendor's words.
        folder: where it is.
        known: what an earlier reading left of it.
    """

    entry: Entry
    folder: Folder
    known: Position | None

    @property
    def id(self) -> str | None:
        """The vendor's id; None where the entry has none that can be used."""
        return id_of(self.entry)

    @property
    def length(self) -> int | None:
        """In bytes, as it is listed."""
        found = self.entry.get("length")
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    @property
    def modified(self) -> str:
        """When it was changed last, as the vendor writes it."""
        meta = self.entry.get("meta")
        return str(meta.get("lastModified", "")) if isinstance(meta, dict) else ""

    @property
    def is_on_its_way(self) -> bool:
        """Whether it is still being taken in: without length, and of 1970 [S of uploads]."""
        return self.length == 0 and self.modified.startswith(_EPOCH)

    @property
    def shown(self) -> str:
        """Folder and name, for people."""
        return f"{self.folder.path}/{self.entry.get('name', '')}"[:_SHOWN]

    def is_still(self, entry: Entry | None) -> bool:
        """Whether a later list shows the same content."""
        if entry is None:
            return False
        later = Listing(entry, self.folder, None)
        return (later.length, later.modified) == (self.length, self.modified)

    @property
    def is_known(self) -> bool:
        """Whether its content is the one that was read, as it would be read now."""
        now = {"length": self.length, "modified": self.modified, "reader": _READER}
        return self.known is not None and now.items() <= self.known.items()

    @property
    def documents_before(self) -> int:
        """How many documents its last content that could be read had."""
        return int(self.known["documents"]) if self.known is not None else 0


@dataclass(frozen=True)
class Found:
    """What came of looking into a file.

    Attributes:
        file: as it is listed.
        fetched: its content.
        is_too_large: it is larger than a file may be, and was not fetched.
        error: why it could not be fetched.
    """

    file: Listing
    fetched: Fetched | None = None
    is_too_large: bool = False
    error: PenstockError | None = None

    @property
    def is_gone(self) -> bool:
        """Whether what was listed is not there any more, or is another file by now."""
        nothing = self.fetched is None and not self.is_too_large and self.error is None
        return nothing and self.file.id is not None

    @property
    def documents(self) -> int:
        """How many documents are here of it."""
        if self.fetched is None or self.fetched.parsed is None:
            return self.file.documents_before
        return len(self.fetched.parsed.documents)

    def row(self) -> Mapping[str, Any]:
        """The file's row: the vendor's words, and ours beside them."""
        if self.file.id is None:
            return self.file.entry
        ours: dict[str, Any] = {"folder": self.file.folder.path, "reading": TOO_LARGE}
        if self.fetched is not None:
            parsed = self.fetched.parsed
            ours |= {
                "reading": READ if parsed else UNREADABLE,
                "format": parsed.format if parsed else None,
                "content_bytes": len(self.fetched.answer.body),
                "content_sha256": self.fetched.sha256,
                "document_count": len(parsed.documents) if parsed else None,
            }
        return {**self.file.entry, OURS: ours}

    def page(self) -> Page | None:
        """Its content for the archive, with the documents in it; None where none came."""
        if self.fetched is None:
            return None
        raw = raw_page(
            self.fetched.answer.body,
            self.fetched.answer.received_at,
            self.fetched.request,
            file_id=str(self.file.id),
            shown=self.file.shown,
            documents_before=self.file.documents_before,
        )
        return with_documents(raw, self.fetched.parsed, self.fetched.reason)

    def bound(self) -> Mark | None:
        """What is said before its documents: how many places may be taken from now on.

        Rows may be committed before the mark behind them. Should the process die between the two
        and the file be replaced by a shorter one, the places behind its end are withdrawn still.
        """
        if self.file.id is None or self.documents <= self.file.documents_before:
            return None
        known = self.file.known or {"length": None, "modified": "", "reader": 0}
        position = {**known, "documents": self.documents}
        return Mark(table=FILES.name, stream=stream_of(self.file.id), position=position)

    def mark(self) -> Mark | None:
        """What the next reading is to know of it; None where it is to be looked at again.

        That is an entry without an id, a file that is too large until the setting is raised, and
        what cannot be read and has no length to prove that it was the file at all.
        """
        is_doubtful = self.fetched is not None and self.fetched.parsed is None
        if self.file.id is None or self.is_too_large or (is_doubtful and not self.file.length):
            return None
        return Mark(
            table=FILES.name,
            stream=stream_of(self.file.id),
            position={
                "length": self.file.length,
                "modified": self.file.modified,
                "reader": _READER,
                "documents": self.documents,
            },
        )


def stream_of(file_id: object) -> str:
    """The stream of one file."""
    return f"file {file_id}"
