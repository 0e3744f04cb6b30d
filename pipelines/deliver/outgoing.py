"""The bytes that are to be sent, durable before they are: `data/work/outgoing/<sha256>`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from pathlib import Path

from pipelines.archive import sync_folder
from pipelines.deliver.content import Content
from pipelines.warehouse import PRIVATE, Places

_OWN = 0o600


class Outgoing:
    """The folder of one project."""

    def __init__(self, places: Places) -> None:
        self._folder = places.outgoing

    def keep(self, content: Content) -> None:
        """Makes a file's bytes durable.

        Raises:
            OSError: the disk refuses.
        """
        self._folder.mkdir(mode=PRIVATE, exist_ok=True)
        half = self._folder / f".{content.sha256}"
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWN)
        with os.fdopen(handle, "wb") as file:
            file.write(content.data)
            file.flush()
            os.fsync(file.fileno())
        half.replace(self._file(content.sha256))
        sync_folder(self._folder)

    def read(self, sha256: str) -> bytes | None:
        """The bytes; None where they are gone, or are not those that were kept."""
        try:
            data = self._file(sha256).read_bytes()
        except FileNotFoundError:
            return None
        return data if hashlib.sha256(data).hexdigest() == sha256 else None

    def keep_only(self, needed: Collection[str]) -> None:
        """Deletes what nothing is left to do of, half-written files too."""
        if self._folder.is_dir():
            for file in self._folder.iterdir():
                if file.name not in needed:
                    file.unlink()

    def _file(self, sha256: str) -> Path:
        return self._folder / sha256
