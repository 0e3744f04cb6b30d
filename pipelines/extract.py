"""One connection, from its answers to its version tables: archive, type, land, promote, confirm.

Pages are fetched ahead in a thread of their own while a window is typed and landed. A queue of
notifications is read again until a pass brings none that this run has not seen: the list may show
more once what it showed is confirmed. Other readings go on from their marks.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from typing import TYPE_CHECKING

import duckdb

from pipelines import clock
from pipelines.archive import Archive
from pipelines.cadence import due
from pipelines.catch_up import CatchUp
from pipelines.committer import Committer
from pipelines.confirm import is_open, settle_absent
from pipelines.outcome import Bounds, Outcome, Recovery
from pipelines.positions import note_freshness, positions
from pipelines.project import Connection
from pipelines.schema import begin_retyping, hold_keys, prepare_vendor, refuse_unfinished
from pipelines.segments import settle
from pipelines.stopping import Stop
from pipelines.stopwatch import Stopwatch
from pipelines.sweeps import cover_whole, latest, least_lately_swept
from pipelines.warehouse import Places
from pipelines.windows import Batch, Items, Windows
from sources._http.client import Client
from sources._http.errors import Misconfigured, OutOfTime, PenstockError, Rejected
from sources._http.redact import Redactor
from sources._reading.apart import Apart
from sources._reading.closing import closed
from sources._reading.marks import Reading
from sources._tables.typer import Typer
from sources._vendor import Item, Means, Whole

if TYPE_CHECKING:
    from pipelines.quarantine import Bad
    from pipelines.replay import Chosen


class Extraction:
    """The extraction of one connection in one run.

    Args:
        db: the open work file.
        progress: told in a few words what is going on.
    """

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        places: Places,
        connection: Connection,
        run_id: str,
        bounds: Bounds,
        redactor: Redactor,
        stopwatch: Stopwatch,
        progress: Callable[[str], None],
    ) -> None:
        self._db = db
        self._connection = connection
        self._vendor = connection.vendor
        self._run_id = run_id
        self._bounds = bounds
        self._means = Means(
            connection=connection.name,
            redactor=redactor,
            clock=clock.now,
            budget=bounds.budget,
            ends_at=bounds.ends_at,
        )
        self._watch = stopwatch
        self._progress = progress
        self._places = places
        self.outcome = Outcome(connection.name)
        self._committer = Committer(
            db, places, connection, run_id, redactor, stopwatch, progress, self.outcome, bounds.stop
        )
        self._deferred: Rejected | None = None

    def recover(self, recovery: Recovery) -> None:
        """Finishes what earlier runs left: landed windows, then archived pages, then the outbox.

        Raises:
            PenstockError: the tables cannot be brought to what is declared; nothing was touched.
        """
        read = {table.name for table in self._connection.tables}
        # a table that no connection reads is published and audited empty
        others = tuple(table for table in self._vendor.tables if table.name not in read)
        tables = (*self._connection.tables, *others)
        name, vendor = self._connection.name, self._vendor.name
        if recovery.retypes:
            begin_retyping(self._db, vendor, tables, self._places)
        else:
            refuse_unfinished(self._db, name)
        self.outcome.notes += prepare_vendor(self._db, name, vendor, tables, self._places)
        hold_keys(self._db, name, vendor, self._connection.tables)
        self._committer.recover()
        CatchUp(
            self._db,
            self._places,
            self._connection,
            self._committer,
            self._bounds.limits,
            self.outcome,
        )()
        if not recovery.confirms:
            return
        try:
            self._committer.confirm()
        except Rejected as error:
            # somebody else may have confirmed them: what the lists show decides, after reading
            self._deferred = error

    def run(self, tables: Sequence[str] = ()) -> None:
        """Reads until there is nothing new, or the time is over, window by window.

        Args:
            tables: read these whether or not they are due; without any, those that are due.

        Raises:
            PenstockError: with the connection named; what was committed stays.
        """
        wanted = tables or due(self._db, self._connection)
        whole = self._whole_of(wanted)
        for name in whole:
            cover_whole(self._db, self._connection, name, is_done=False)
        only = self.whole.on_every_run(self._connection.settings) if self._vendor.whole else ()
        with self._windows() as windows:
            listed = [name for name in wanted if name not in only]
            if listed:
                self._read(windows, listed)
            self._sweep(windows, whole)

    def _whole_of(self, wanted: Sequence[str]) -> list[str]:
        """Those of the wanted tables that are to be read whole now."""
        if self._vendor.whole is None:
            return []
        settings = self._connection.settings
        loaded = {
            name
            for (name,) in self._db.execute(
                "select table_name from ops.coverage where connection = ? and backfill_share = 1",
                [self._connection.name],
            ).fetchall()
        }
        at_first = set(self.whole.at_first(settings)) - loaded
        every_time = set(self.whole.on_every_run(settings))
        return [name for name in wanted if name in at_first | every_time]

    def backfill(self, table: str, first: date, last: date) -> None:
        """Reads once more what was made between two days; the live reading is not touched.

        Raises:
            PenstockError: as `run`.
        """
        vendor = self._vendor
        if vendor.backfill is None:
            raise Misconfigured(
                f"{vendor.title} cannot be asked for a range of days. {vendor.coverage}",
                connection=self._connection.name,
                next_command="penstock status",
            )
        backfill = vendor.backfill
        try:
            with self._windows() as windows:
                self.consume(
                    windows,
                    lambda c: backfill(
                        c, self._connection.settings, self.reading([table]), first, last
                    ),
                )
        except Misconfigured as error:
            # what cannot be asked for by days can be read whole
            raise error.then(f"penstock sweep {self._connection.name} --tables {table}") from None

    def sweep(self, tables: Sequence[str]) -> None:
        """Reads lists whole and marks what vanished, table by table.

        Raises:
            PenstockError: as `run`. A list that is too short to be believed stops no other: it is
                among `outcome.failed`.
        """
        ordered = least_lately_swept(self._db, self._connection.name, tables)
        with self._windows() as windows:
            swept = self._sweep(windows, ordered)
        if swept < len(ordered):
            self.outcome.notes.append(
                f"{swept} of {len(ordered)} tables were swept; the next sweep goes on with "
                f"{ordered[swept]}"
            )
        else:
            self.outcome.notes.append(f"{swept} tables were swept")

    def replay(self, chosen: Chosen) -> None:
        """Reads archived pages once more, by today's typing; asks the vendor nothing."""
        from pipelines.replay import Replay

        Replay(
            self._db,
            self._places,
            self._connection,
            self._committer,
            self._bounds.limits,
            self.outcome,
        )(chosen)

    def correct(self, bad: Bad, content: bytes, name: str) -> None:
        """Puts a corrected row in the place of one in quarantine; asks the vendor nothing.

        Raises:
            Misconfigured: it cannot be typed either.
        """
        from pipelines.correction import Correction

        Correction(
            self._db,
            self._places,
            self._connection,
            self._committer,
            self._run_id,
            self.outcome,
        )(bad, content, name)

    @property
    def whole(self) -> Whole:
        """How the vendor's lists are read whole.

        Raises:
            Misconfigured: they are not.
        """
        if self._vendor.whole is None:
            raise Misconfigured(
                f"{self._vendor.title} shows no list of all there is, so nothing tells what "
                "vanished",
                connection=self._connection.name,
                next_command="penstock status",
            )
        return self._vendor.whole

    def _sweep(self, windows: Windows, tables: Sequence[str]) -> int:
        """Sweeps table by table, and how many it came to; one that fails stops no other."""
        from pipelines.sweep import Sweep

        sweep = Sweep(self, self._db, self._connection, self._run_id, self._progress)
        apart = Apart()
        for number, name in enumerate(tables):
            try:
                sweep.table(windows, name)
                apart.read()
            except PenstockError as error:
                if not apart.is_of_one_table(error.at(table=name)):
                    raise
                self.outcome.failed.append(error.at(connection=self._connection.name))
            if self.outcome.ended_early is not None:
                return number
        return len(tables)

    def _read(self, windows: Windows, tables: Sequence[str]) -> None:
        while self._pass(windows, tables):
            self._progress("reading again")
        queues = {table.name for table in self._connection.tables if table.queue}
        # what a list that was not read does not show proves nothing
        if queues <= set(tables) and self.outcome.ended_early is None:
            settle_absent(self._db, self._connection, self._committer.listed)
        if self._deferred is not None and is_open(self._db, self._connection):
            raise self._deferred

    def _pass(self, windows: Windows, tables: Sequence[str]) -> bool:
        """Reads everything once; whether a queue showed something not seen before."""
        seen = self._committer.seen
        seen_before = len(seen)
        self._committer.listed.clear()
        read = self.consume(
            windows,
            lambda c: self._vendor.read(c, self._connection.settings, self.reading(tables)),
        )
        self._note_queues(read)
        # without confirmations a list shows the same again
        return len(seen) > seen_before and self._connection.settings.confirm

    def reading(self, tables: Sequence[str]) -> Reading:
        """What the vendor is asked to read, and from where."""
        return Reading(
            tables=tuple(tables),
            positions=positions(self._db, self._connection.name),
            clock=clock.now,
        )

    @contextmanager
    def _windows(self) -> Iterator[Windows]:
        name = self._connection.name
        with Archive(self._places.archive, self._run_id, name) as archive:
            self._archive = archive
            yield Windows(
                archive,
                self._bounds.limits,
                self._vendor.withheld,
                self._watch,
                latest(self._db, name),
                name,
                self.stop,
                calls_are_free=self._bounds.budget is None
                and all(table.queue is None for table in self._connection.tables),
            )
        settle(self._db, self._connection, self._places.archive, archive.segment)

    def consume(self, windows: Windows, read: Callable[[Client], AsyncIterator[Item]]) -> set[str]:
        """Commits a reading window by window, until it ends or the time does.

        Returns:
            The tables that came.

        Raises:
            PenstockError: what the reading failed of; what has a mark is committed.
            Stopped: a stop was asked for; what had come is committed.
        """
        came: set[str] = set()
        typer = Typer(self._connection.name, self._connection.settings.timezone)
        try:
            # closed at once where a window fails, so that nothing goes on fetching
            with closing(windows.of(self._items(read))) as batches:
                for batch in batches:
                    self.outcome.failed += [
                        trouble.error.at(connection=self._connection.name)
                        for trouble in batch.troubles
                    ]
                    came |= {k.page.table for k in batch.kept}
                    self.commit(typer, batch)
        except OutOfTime as error:
            self.outcome.ended_early = error.at(connection=self._connection.name)
        finally:
            typer.close()
        return came

    def _items(self, read: Callable[[Client], AsyncIterator[Item]]) -> Items:
        async def items() -> AsyncGenerator[Item, None]:
            async with self.client() as client, closed(read(client)) as under_way:
                async for item in under_way:
                    yield item

        return items

    @property
    def stop(self) -> Stop:
        """Whether somebody wants it to end."""
        return self._bounds.stop

    def client(self) -> Client:
        """The wire of this connection, not yet open."""
        return self._vendor.client(self._connection.settings, self._means)

    def has_given_up(self, table: str) -> bool:
        """Whether pages of the table could not be typed in this run, which has been told."""
        return table in self._committer.given_up

    def commit(self, typer: Typer, batch: Batch) -> None:
        """Makes a window durable.

        Raises:
            PenstockError: as `Committer.commit`.
            Overtaken: the data folder is another host's now.
        """
        self._bounds.hold.check()
        self._committer.commit(self._archive, typer, batch)

    def _note_queues(self, read: set[str]) -> None:
        """When a queue was last read, and that its table is complete since the first time."""
        now = clock.now()
        for table in self._connection.tables:
            if table.name not in read or table.queue is None:
                continue
            who = (self._connection.name, self._vendor.name, table.name)
            note_freshness(self._db, *who, read_at=now)
            self._db.execute(
                "insert into ops.coverage (connection, vendor, table_name, complete_since, note) "
                "select $1, $2, $3, $4, $5 where not exists "
                "(select 1 from ops.coverage where connection = $1 and table_name = $3)",
                [*who, now, self._vendor.coverage],
            )
