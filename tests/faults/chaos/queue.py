"""A queue of notifications, watched from the vendor's side: confirmed once, and after commit."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import zstandard

from sources._sandbox.process import RunningSandbox
from tests.faults.chaos.plan import QUEUE, Line
from tests.faults.chaos.project import Project, Seen
from tests.faults.truth import TABLES, assert_equal_to_truth
from tests.house import Ended

FIRST = 11  # what has a lower number was confirmed before we were there
BAD_DAY = "2023-13-45"
BAD_TEXT = b'{"Quotation_Number": 7, "SyncID": %SYNC_ID%, "x": "\xff"}'
_NUMBER = re.compile(r'"SyncID":\s*(\d+)')
Entry = dict[str, Any]


class Books:
    """A sandbox that keeps to itself what was spoilt, and is otherwise the one it stands for."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self._sandbox = sandbox

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sandbox, name)

    def truth(self, vendor: str, **asked: Any) -> dict[str, Any]:
        """The books without what cannot be typed."""
        books = self._sandbox.truth(vendor, **asked)
        return {**books, "saves": [save for save in books["saves"] if not is_spoilt(save)]}


def is_spoilt(save: Mapping[str, Any]) -> bool:
    """Whether a save's row cannot be typed: a test spoilt it."""
    row = save["row"]
    return row is None or row.get("Order_DateDue") == BAD_DAY


class Watch:
    """What one queue saw of the runs."""

    def __init__(self, project: Project, line: Line) -> None:
        self._project = project
        self._line = line
        self._site = project.sites[line.site]
        self._asked: dict[int, int] = {}
        self._excused: set[int] = set()
        self._owed: set[int] = set()
        self._log_at = 0
        self._number = 0
        self.is_behind = False

    def restored(self) -> None:
        """The work file is an older one, until a run has gone well."""
        self.is_behind = True
        self._excused |= set(self._asked)

    def before(self) -> None:
        """Notes what the next run owes: what is durable and pending, and was never confirmed."""
        self._log_at = len(self._site.log())
        self._number += 1
        books = self._site.truth(QUEUE)
        never = {save["sync_id"] for save in books["saves"] if not save["times_requeued"]}
        self._owed = self._durable() & set(books["pending"]) & never
        # one that came back is told of again
        self._excused |= {save["sync_id"] for save in books["saves"]} - never

    def after(self, ended: Ended, *, is_disturbed: bool) -> Iterator[str]:
        """What is not as promised, after a run."""
        entries = [e for e in self._site.log(self._log_at) if e["vendor"] == QUEUE]
        calls = [entry for entry in entries if entry["path"].endswith("/confirm")]
        yield from self._confirms_first(entries)
        yield from self._asks_once(ended, calls, is_disturbed=is_disturbed)
        confirmed = {e["sync_id"] for e in self._site.truth(QUEUE)["history"]} - set(range(FIRST))
        if lost := confirmed - archived(self._project.work / "archive"):
            yield f"confirmed, and in no archive: {_some(lost)}"
        if not ended.was_killed and ended.code == 0:
            self.is_behind = False
        if self.is_behind:
            return
        if early := confirmed - self._durable():
            yield f"confirmed before it was durable: {_some(early)}"
        if unnoted := confirmed - self._noted():
            yield f"confirmed, and not in the outbox: {_some(unnoted)}"

    def _confirms_first(self, entries: Sequence[Entry]) -> Iterator[str]:
        places = [entry["path"].rpartition("/")[2] for entry in entries]
        if not self._owed or "list" not in places:
            return
        if "confirm" not in places[: places.index("list")]:
            yield f"read lists before it confirmed what a crash had left: {_some(self._owed)}"

    def _asks_once(
        self, ended: Ended, calls: Sequence[Entry], *, is_disturbed: bool
    ) -> Iterator[str]:
        asked = Counter(number for call in calls for number in call.get("asked", ()))
        went_wrong = any(call["fault"] or call["status"] != 200 for call in calls)
        if not went_wrong and (twice := {n for n, times in asked.items() if times > 1}):
            yield f"confirmed twice in one run: {_some(twice)}"
        if again := set(asked) & set(self._asked) - self._excused:
            yield f"confirmed again, though the vendor had taken it: {_some(again)}"
        self._excused -= set(asked)
        self._asked |= dict.fromkeys(asked, self._number)
        if went_wrong or is_disturbed or ended.code != 0:
            self._excused |= set(asked)

    def _seen(self) -> Seen:
        return self._project.of(self._line)

    def _durable(self) -> set[int]:
        """The numbers whose rows are in a version table, or in quarantine."""
        if not self._project.raw.exists():
            return set()
        seen, found = self._seen(), set[int]()
        made = seen.made()
        for table, _, _ in TABLES.values():
            if table in made:
                rows = seen.ask_raw(f"select sync_id from {QUEUE}.{table}")
                found |= {int(str(number)) for (number,) in rows}
        if "quarantine" in made:
            found |= set(quarantined(seen))
        return found

    def _noted(self) -> set[int]:
        seen = self._seen()
        if not self._project.raw.exists() or "outbox" not in seen.made():
            return set()
        return {int(str(n)) for (n,) in seen.ask_raw("select item_id from ops.outbox")}

    def end(self) -> Iterator[str]:
        """What is not as promised, once all is quiet."""
        seen = self._project.of(self._line, Books(self._site))
        try:
            assert_equal_to_truth(seen)
        except AssertionError as error:
            yield f"versions are not the vendor's saves: {str(error)[:2000]}"
        books = self._site.truth(QUEUE)
        spoilt = sorted(save["sync_id"] for save in books["saves"] if is_spoilt(save))
        if (kept := sorted(quarantined(seen))) != spoilt:
            yield f"in quarantine are {kept}, spoilt were {spoilt}"
        times = Counter(entry["sync_id"] for entry in books["history"])
        for save in books["saves"]:
            number, wanted = save["sync_id"], 1 + save["times_requeued"]
            if number >= FIRST and times[number] != wanted:
                yield f"{number} was confirmed {times[number]} times, not {wanted}"


def quarantined(seen: Seen) -> list[int]:
    """The numbers of the rows in quarantine."""
    rows = seen.ask_raw("select raw from ops.quarantine")
    return [int(found[1]) for (raw,) in rows if (found := _NUMBER.search(str(raw)))]


def archived(folder: Path) -> set[int]:
    """The numbers of all rows in the archive, without the work file; a torn end is left out."""
    found: set[int] = set()
    for segment in folder.glob("*.zst"):
        if QUEUE not in segment.name:
            continue
        for head, body in frames(segment):
            if head["table"] in {table for table, _, _ in TABLES.values()}:
                found |= {int(n) for n in _NUMBER.findall(body.decode("utf-8", "replace"))}
    return found


def frames(segment: Path) -> Iterator[tuple[dict[str, Any], bytes]]:
    """The pages of a segment: what their heads say, and their bodies."""
    rest = segment.read_bytes()
    while rest:
        one = zstandard.ZstdDecompressor().decompressobj()
        try:
            whole = one.decompress(rest)
        except zstandard.ZstdError:
            return
        if not one.eof:
            return
        rest = one.unused_data
        head, _, body = whole.partition(b"\n")
        yield json.load(io.BytesIO(head)), body


def _some(numbers: set[int]) -> str:
    return f"{len(numbers)} of them: {sorted(numbers)[:5]}"
