"""One table's list read whole: what vanished is marked, what came back is unmarked.

Nothing tells of a delete, so a document counts as gone when a whole reading does not show it *and*
asking for it by its key brings nothing: a list that moves while it is read hides rows. A list that
lacks too many of them is not believed at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb

from pipelines import clock
from pipelines.deletions import forget_seen, known_before, mark_deleted
from pipelines.positions import note_freshness
from pipelines.project import Connection
from pipelines.sweeps import after_all, cover_whole
from pipelines.warehouse import transaction
from pipelines.windows import Windows
from sources._http.errors import OutOfTime
from sources._reading.apart import Shrunken
from sources._reading.marks import SWEEP
from sources._tables.typer import Typer
from sources._vendor import Looked

if TYPE_CHECKING:
    from pipelines.extract import Extraction

PASSES = 3
CHUNK = 16  # keys asked for before what came is committed
UNIT = "\x1f"


@dataclass(frozen=True)
class _Begun:
    sweep_id: str
    started_at: datetime
    passes: int


class Sweep:
    """The sweeps of one connection in one run."""

    def __init__(
        self,
        extraction: Extraction,
        db: duckdb.DuckDBPyConnection,
        connection: Connection,
        run_id: str,
        progress: Callable[[str], None],
    ) -> None:
        self._extraction = extraction
        self._db = db
        self._connection = connection
        self._run_id = run_id
        self._progress = progress

    def table(self, windows: Windows, name: str) -> None:
        """Sweeps one table, from where an earlier run stopped.

        Raises:
            Shrunken: the list lacks too much to be believed.
            PenstockError: the vendor cannot be read; the sweep goes on with the next run.
        """
        whole = self._extraction.whole
        settings = self._connection.settings
        begun = self._begun(name) or self._begin(name)
        while True:
            self._progress(f"reading the whole list of {name}")
            self._extraction.consume(
                windows, lambda c: whole.read(c, settings, self._extraction.reading([name]))
            )
            if self._extraction.outcome.ended_early or self._extraction.has_given_up(name):
                return
            hidden = self._hidden(begun, name)
            if hidden <= 0 or begun.passes >= PASSES:
                break
            begun = self._again(name, begun)
        known, missing = known_before(
            self._db,
            self._connection.name,
            self._connection.vendor.name,
            name,
            begun.started_at,
        )
        # a row that cannot be read is there, under a key that nobody could read either
        allowed = max(1, int(settings.sweep_max_vanished * known)) + self._quarantined(name)
        if len(missing) > allowed:
            raise self._refuse(name, begun, known, missing)
        unasked = self._look(windows, name, begun, missing) if missing else []
        if not self._extraction.outcome.ended_early:
            self._finish(name, begun, unasked, max(self._hidden(begun, name), 0))

    def _who(self, name: str) -> list[str]:
        return [self._connection.name, name]

    def _begun(self, name: str) -> _Begun | None:
        row = self._db.execute(
            "select sweep_id, started_at, passes from ops.sweeps "
            "where connection = ? and table_name = ? and outcome = 'running'",
            self._who(name),
        ).fetchone()
        return _Begun(*row) if row else None

    def _begin(self, name: str) -> _Begun:
        begun = _Begun(
            f"{self._run_id}-{self._connection.name}-{name}",
            after_all(self._db, self._connection.name),
            1,
        )
        with transaction(self._db):
            self._forget(name)
            self._db.execute(
                "insert into ops.sweeps (connection, vendor, table_name, sweep_id, started_at, "
                "outcome, passes, rows_read) values (?, ?, ?, ?, ?, 'running', 1, 0)",
                [
                    *(self._connection.name, self._connection.vendor.name, name),
                    *(begun.sweep_id, begun.started_at),
                ],
            )
        return begun

    def _forget(self, name: str) -> None:
        forget_seen(self._db, *self._who(name))
        self._forget_place(name)

    def _forget_place(self, name: str) -> None:
        self._db.execute(
            "delete from ops.positions where connection = ? and table_name = ? and stream = ?",
            [*self._who(name), SWEEP],
        )

    def _seen(self, name: str) -> int:
        query = "select count(*) from ops.sweep_seen where connection = ? and table_name = ?"
        return self._one(query, self._who(name))[0]

    def _hidden(self, begun: _Begun, name: str) -> int:
        """How many rows the list had in its last pass beyond those that showed: it moved."""
        query = "select rows_read from ops.sweeps where sweep_id = ?"
        return self._one(query, [begun.sweep_id])[0] - self._seen(name)

    def _quarantined(self, name: str) -> int:
        query = (
            "select count(distinct (page_id, row_number)) from ops.quarantine "
            "where connection = ? and table_name = ? and resolved_at is null"
        )
        return self._one(query, self._who(name))[0]

    def _again(self, name: str, begun: _Begun) -> _Begun:
        """Another pass: the list moved, and some rows showed twice in another's place."""
        with transaction(self._db):
            self._forget_place(name)
            self._db.execute(
                "update ops.sweeps set passes = passes + 1, rows_read = 0 where sweep_id = ?",
                [begun.sweep_id],
            )
        return _Begun(begun.sweep_id, begun.started_at, begun.passes + 1)

    def _look(
        self, windows: Windows, name: str, begun: _Begun, missing: Sequence[str]
    ) -> list[str]:
        """Asks for each missing document by its key; why some could not be asked for."""
        if (wrong := self._cannot_ask(name)) or self._extraction.outcome.ended_early:
            return [wrong] * len(missing)
        unasked: list[str] = []
        typer = Typer(self._connection.name, self._connection.settings.timezone)
        try:
            for start in range(0, len(missing), CHUNK):
                keys = missing[start : start + CHUNK]
                looked = self._asked(name, keys)
                pages = [found.page for found in looked if found.page is not None]
                if pages:
                    self._extraction.commit(typer, windows.batch(pages))
                gone = [k for k, f in zip(keys, looked, strict=False) if not f.page and not f.note]
                mark_deleted(
                    self._db,
                    *(self._connection.name, self._connection.vendor.name, name),
                    *(gone, after_all(self._db, self._connection.name), begun.sweep_id),
                )
                unasked += [found.note for found in looked if found.note]
                if self._extraction.outcome.ended_early:
                    break
        finally:
            typer.close()
        return unasked

    def _cannot_ask(self, name: str) -> str:
        """Why asking by key cannot be believed: it does not find a row that the list shows."""
        row = self._db.execute(
            "select min(_key) from ops.sweep_seen where connection = ? and table_name = ?",
            self._who(name),
        ).fetchone()
        if row is None or row[0] is None:
            return ""  # nothing is there any more, and nothing contradicts it
        for found in self._asked(name, [row[0]]):
            if found.page is None:
                return found.note or (
                    "asked by its key for a row that its list shows, the vendor answers none"
                )
        return ""

    def _asked(self, name: str, keys: Sequence[str]) -> list[Looked]:
        return self._extraction.stop.run(self._looked(name, keys), grace_seconds=0)

    async def _looked(self, name: str, keys: Sequence[str]) -> list[Looked]:
        looked: list[Looked] = []
        parts = [tuple(key.split(UNIT)[1:]) for key in keys]  # the connection comes first
        try:
            async with self._extraction.client() as client:
                async for found in self._extraction.whole.look_up(
                    client, self._connection.settings, name, parts
                ):
                    looked.append(found)
        except OutOfTime as error:
            self._extraction.outcome.ended_early = error.at(connection=self._connection.name)
        return looked

    def _refuse(self, name: str, begun: _Begun, known: int, missing: Sequence[str]) -> Shrunken:
        connection = self._connection.name
        message = (
            f"the whole list lacks {len(missing):,} of the {known:,} rows that are known, more "
            f"than sweep_max_vanished allows ({self._connection.settings.sweep_max_vanished:.0%}): "
            "the vendor seems to answer in part, and nothing was marked as deleted. If so many are "
            "really gone, raise it for one sweep"
        )
        with transaction(self._db):
            self._forget(name)
            self._end(begun, "refused", 0, message)
        setting = f"SOURCES__{connection.upper()}__SWEEP_MAX_VANISHED"
        share = min(len(missing) / known + 0.01, 1.0)
        return Shrunken(
            message,
            connection=connection,
            table=name,
            next_command=f"{setting}={share:.2f} penstock sweep {connection} --tables {name}",
        )

    def _finish(self, name: str, begun: _Begun, unasked: Sequence[str], hidden: int) -> None:
        notes = []
        if unasked:
            notes.append(f"{len(unasked)} missing rows could not be asked for singly: {unasked[0]}")
        if hidden:
            notes.append(f"the list moved, and {hidden} of its rows never showed")
        note = "; ".join(notes)
        with transaction(self._db):
            self._end(begun, "done", self._seen(name), note or None)
            self._forget(name)
            note_freshness(
                self._db,
                *(self._connection.name, self._connection.vendor.name, name),
                read_at=clock.now(),
            )
            self._cover(name, note)
        vanished, returned = self._one(
            "select keys_vanished, keys_returned from ops.sweeps where sweep_id = ?",
            [begun.sweep_id],
        )
        if vanished or returned or note:
            told = f"{name}: {vanished:,} rows vanished, {returned:,} came back"
            self._extraction.outcome.notes.append("; ".join(filter(None, (told, note))))

    def _end(self, begun: _Begun, outcome: str, seen: int, message: str | None) -> None:
        self._db.execute(
            """
            update ops.sweeps as s set finished_at = $2, outcome = $3, keys_seen = $4,
                message = $5,
                keys_vanished = (
                    select count(*) from ops.deletions as d where d.sweep_id = s.sweep_id),
                keys_returned = (
                    select count(*) from ops.deletions as d
                    where d.connection = s.connection and d.table_name = s.table_name
                        and d.restored_at >= s.started_at)
            where s.sweep_id = $1""",
            [begun.sweep_id, clock.now(), outcome, seen, message],
        )

    def _cover(self, name: str, note: str) -> None:
        """A table that is only ever read whole is complete once it was."""
        whole, settings = self._extraction.whole, self._connection.settings
        if name in {*whole.on_every_run(settings), *whole.at_first(settings)}:
            cover = cover_whole(self._db, self._connection, name, is_done=True, note=note)
            self._extraction.outcome.coverage[name] = cover

    def _one(self, query: str, values: Sequence[object]) -> tuple[int, ...]:
        row = self._db.execute(query, list(values)).fetchone()
        return tuple(int(n or 0) for n in row) if row else ()
