"""What was asked and what was answered, for tests to hold against what a client says it did."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


class Journal:
    """The requests that vendors received, and whatever else a vendor wants kept.

    Args:
        folder: where JSON lines are written, made if missing; None keeps requests in memory only.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.requests: list[Entry] = []
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def begin(self, vendor: str, method: str, path: str, query: str) -> Entry:
        """A request has come. Its entry has `status` None until an answer starts.

        `at` is the real time in seconds since 1970, since that is what clients are measured by.
        """
        entry = {
            "seq": len(self.requests) + 1,
            "at": time.time(),
            "vendor": vendor,
            "method": method,
            "path": path,
            "query": query,
            "status": None,
            "fault": None,
        }
        self.requests.append(entry)
        return entry

    def end(self, entry: Entry) -> None:
        """The request is over, answered or not."""
        entry["seconds"] = time.time() - entry["at"]
        self.keep("requests", [entry])

    def keep(self, name: str, records: Iterable[Entry]) -> None:
        """Appends records to `name`.jsonl, where there is a folder."""
        if self._folder is None:
            return
        with (self._folder / f"{name}.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(record) + "\n" for record in records)
