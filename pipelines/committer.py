"""A window of pages made durable: typed, landed, promoted, and what it brought confirmed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import duckdb

from pipelines import clock
from pipelines.archive import Archive, Kept
from pipelines.boundaries import LANDED, PROMOTED, reached
from pipelines.confirm import confirm_outbox
from pipelines.landing import Landing, Window
from pipelines.outcome import Outcome
from pipelines.positions import apply_marks
from pipelines.project import Connection
from pipelines.promote import Promotion
from pipelines.state import refuse_backwards
from pipelines.stopping import Stop
from pipelines.stopwatch import Stopwatch
from pipelines.warehouse import Places, transaction
from pipelines.windows import Batch
from sources._http.errors import Drifted, PenstockError
from sources._http.redact import Redactor
from sources._reading.marks import Mark
from sources._tables.declare import Table
from sources._tables.page import Page
from sources._tables.typer import Typed, Typer


class Committer:
    """Commits the windows of one connection in one run.

    Attributes:
        seen: every (table, number) that a queue showed in this run.
        listed: the numbers that the pass under way showed.
        given_up: the tables whose pages could not be typed, and that the next run reads again.
    """

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        places: Places,
        connection: Connection,
        run_id: str,
        redactor: Redactor,
        stopwatch: Stopwatch,
        progress: Callable[[str], None],
        outcome: Outcome,
        stop: Stop,
    ) -> None:
        self._db = db
        self._connection = connection
        self._run_id = run_id
        self._redactor = redactor
        self._watch = stopwatch
        self._progress = progress
        self._outcome = outcome
        self._stop = stop
        self._landing = Landing(places, connection.name, connection.vendor)
        self._promotion = Promotion(db, connection, run_id)
        self.given_up: set[str] = set()
        self.seen: set[tuple[str, int]] = set()
        self.listed: set[int] = set()

    def recover(self) -> None:
        """Finishes windows that an earlier run had landed."""
        with self._watch.stage("recover"):
            failed = self._landing.recover()
            promoted = self._promotion.promote()
        if promoted.counts:
            self._progress("recovered a window that an earlier run had landed")
        elif failed is not None:
            self._progress(
                "what an earlier run had begun to land cannot be finished "
                f"({type(failed).__name__}): cleared, read again"
            )
        elif promoted.is_cleared:
            self._progress("an earlier run's window had landed in part: cleared, read again")
        self._outcome.add(promoted)

    def commit(self, archive: Archive, typer: Typer, batch: Batch) -> None:
        """Types, lands and promotes a window, and confirms what it brought.

        A table whose pages cannot be typed is given up for this run where its reading has a place
        to go on from: it is read again from there, and the others go on.

        Raises:
            PenstockError: it did not land whole, or its pages cannot be read.
        """
        window_id = f"{self._run_id}-{self._connection.name}-w{self._outcome.windows:05d}"
        self._outcome.pages += len(batch.kept)
        typed = self._typed(archive, typer, batch, window_id)
        batch = self._without_given_up(batch)
        refuse_backwards(self._db, self._connection, batch.marks)
        for mark in batch.marks:
            if mark.coverage is not None:
                self._outcome.coverage[mark.table] = mark.coverage
        for table, found in typed:
            self._look_at(table.name, found)
        if any(found.received for _, found in typed):
            archive.need()
            self._land(Window(window_id, batch.kept, tuple(typed), batch.marks))
            self.confirm()
        elif batch.marks:
            self._apply(batch.marks)

    def take_in(self, typer: Typer, kept: Sequence[Kept], *, is_replay: bool) -> list[Drifted]:
        """Makes rows of pages that are in the archive already, and confirms nothing.

        Args:
            typer: of the connection.
            kept: the pages.
            is_replay: whether they were made rows of before, which then make room.

        Returns:
            Why pages could not be typed; what they became before stays.

        Raises:
            PenstockError: they did not land whole.
        """
        self._stop.check()
        window_id = f"{self._run_id}-{self._connection.name}-w{self._outcome.windows:05d}"
        typed: list[tuple[Table, Typed]] = []
        taken: set[str] = set()
        failed: list[Drifted] = []
        with self._watch.stage("type"):
            for table in self._connection.tables:
                pages = [k.page for k in kept if k.page.table == table.name]
                if not pages:
                    continue
                try:
                    typed.append((table, typer.type_pages(table, pages, window_id)))
                except Drifted:
                    pages, wrong = _good(typer, table, pages, window_id)
                    failed += wrong
                    if pages:
                        typed.append((table, typer.type_pages(table, pages, window_id)))
                taken.update(page.page_id for page in pages)
        good_ones = tuple(k for k in kept if k.page.page_id in taken)
        if good_ones:
            self._land(Window(window_id, good_ones, tuple(typed), is_replay=is_replay))
        return failed

    def _typed(
        self, archive: Archive, typer: Typer, batch: Batch, window_id: str
    ) -> list[tuple[Table, Typed]]:
        typed = []
        marked = {mark.table for mark in batch.marks}
        with self._watch.stage("type"):
            for table in self._connection.tables:
                pages = [k.page for k in batch.kept if k.page.table == table.name]
                if not pages or table.name in self.given_up:
                    continue
                try:
                    typed.append((table, typer.type_pages(table, pages, window_id)))
                except Drifted as error:
                    if table.name not in marked:
                        raise
                    archive.need()  # the page at fault is to be looked at
                    self.given_up.add(table.name)
                    self._outcome.failed.append(error.at(connection=self._connection.name))
        return typed

    def _without_given_up(self, batch: Batch) -> Batch:
        if not self.given_up:
            return batch
        return replace(
            batch,
            kept=tuple(k for k in batch.kept if k.page.table not in self.given_up),
            marks=tuple(m for m in batch.marks if m.table not in self.given_up),
        )

    def _land(self, window: Window) -> None:
        self._progress(f"landing {sum(found.received for _, found in window.typed):,} rows")
        with self._watch.stage("land"):
            self._landing.land(window)
        reached(LANDED)
        with self._watch.stage("promote"):
            promoted = self._promotion.promote()
        if promoted.is_cleared:
            raise PenstockError(
                f"window {window.window_id} did not land whole and was cleared; nothing of it was "
                "confirmed, and its pages are in the archive",
                connection=self._connection.name,
                next_command=f"penstock run {self._connection.name}",
            )
        reached(PROMOTED)
        self._outcome.add(promoted)
        self._outcome.windows += 1

    def _apply(self, marks: Sequence[Mark]) -> None:
        """Moves positions that no row came with."""
        who = (self._connection.name, self._connection.vendor.name)
        with transaction(self._db):
            apply_marks(self._db, *who, marks, clock.now())

    def _look_at(self, table: str, typed: Typed) -> None:
        if typed.unknown:
            self._outcome.unknown.setdefault(table, set()).update(typed.unknown)
        if typed.queue is not None:
            items = typed.queue["item_id"].to_pylist()
            self.listed.update(items)
            self.seen.update((table, item) for item in items)

    def confirm(self) -> None:
        """Confirms what is durable.

        Raises:
            PenstockError: as `confirm_outbox`.
        """
        with self._watch.stage("confirm"):
            self._outcome.confirmed += confirm_outbox(
                self._db, self._connection, self._redactor, self.listed, self._stop
            )


def _good(
    typer: Typer, table: Table, pages: Sequence[Page], window_id: str
) -> tuple[list[Page], list[Drifted]]:
    """The pages that can be typed, and what is wrong with the others."""
    good, wrong = [], []
    for page in pages:
        try:
            typer.type_pages(table, [page], window_id)
        except Drifted as error:
            wrong.append(error.at(table=table.name))
        else:
            good.append(page)
    return good, wrong
