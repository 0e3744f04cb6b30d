"""One connection, from its answers to its version tables: archive, type, land, promote, confirm.

Pages are fetched ahead in a thread of their own while a window is typed and landed. A queue of
notifications is read again until a pass brings none that this run has not seen: the list may show
more once what it showed is confirmed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import duckdb

from pipelines import clock
from pipelines.archive import Archive, Kept
from pipelines.boundaries import ARCHIVED, LANDED, LISTED, PROMOTED, reached
from pipelines.confirm import Confirmed, confirm_outbox, is_open, settle_absent
from pipelines.landing import Landing, Window
from pipelines.ledger import prepare_vendor
from pipelines.project import Connection, Limits
from pipelines.promote import Promoted, Promotion
from pipelines.record import Counts
from pipelines.stopwatch import Stopwatch
from pipelines.warehouse import Places
from sources._http.bridge import Bridge
from sources._http.errors import PenstockError, Rejected
from sources._http.redact import Redactor
from sources._tables.page import Page
from sources._tables.typer import Typed, Typer

AHEAD = 4  # pages fetched ahead of the one being worked on


@dataclass
class Outcome:
    """What a run made of one connection, so far.

    Attributes:
        connection: its name.
        counts: rows per table.
        confirmed: items confirmed and refused.
        returned: notifications that came back after their confirmation.
        unknown: undeclared fields met, per table.
        windows: how many were committed.
        error: what ended it early.
    """

    connection: str
    counts: dict[str, Counts] = field(default_factory=dict)
    confirmed: Confirmed = field(default_factory=Confirmed)
    returned: int = 0
    unknown: dict[str, set[str]] = field(default_factory=dict)
    windows: int = 0
    error: PenstockError | None = None

    def add(self, promoted: Promoted) -> None:
        """Adds what a window brought."""
        for table, counts in promoted.counts.items():
            self.counts[table] = self.counts.get(table, Counts()) + counts
        self.returned += promoted.returned


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
        limits: Limits,
        redactor: Redactor,
        stopwatch: Stopwatch,
        progress: Callable[[str], None],
    ) -> None:
        self._db = db
        self._connection = connection
        self._vendor = connection.vendor
        self._run_id = run_id
        self._limits = limits
        self._redactor = redactor
        self._watch = stopwatch
        self._progress = progress
        self._places = places
        self._landing = Landing(places, connection.name, self._vendor)
        self._promotion = Promotion(db, connection.name, self._vendor, run_id)
        self.outcome = Outcome(connection.name)
        self._seen: set[tuple[str, int]] = set()
        self._listed: set[int] = set()
        self._deferred: Rejected | None = None
        self._latest = _latest(db, connection.name)

    def recover(self) -> None:
        """Finishes what an earlier run left: landed windows first, then the outbox."""
        prepare_vendor(self._db, self._vendor.name, self._vendor.tables)
        with self._watch.stage("recover"):
            self._landing.recover()
            promoted = self._promotion.promote()
        if promoted.is_cleared:
            self._progress("an earlier run's window had landed in part: cleared, read again")
        elif promoted.counts:
            self._progress("recovered a window that an earlier run had landed")
        self.outcome.add(promoted)
        try:
            self._confirm()
        except Rejected as error:
            # somebody else may have confirmed them: what the lists show decides, after reading
            self._deferred = error

    def run(self) -> None:
        """Reads until there is nothing new, window by window.

        Raises:
            PenstockError: with the connection named; what was committed stays.
        """
        with Archive(self._places.archive, self._run_id, self._connection.name) as archive:
            # without confirmations a list shows the same again
            while self._pass(archive) and self._connection.settings.confirm:
                self._progress("reading again")
        settle_absent(self._db, self._connection, self._listed)
        if self._deferred is not None and is_open(self._db, self._connection):
            raise self._deferred

    def _pass(self, archive: Archive) -> bool:
        """Reads everything once; whether a queue showed something not seen before."""
        seen_before = len(self._seen)
        read: set[str] = set()
        self._listed.clear()
        typer = Typer(self._connection.name, self._connection.settings.timezone)
        try:
            # closed at once where a window fails, so that nothing goes on fetching
            with closing(self._windows(archive)) as windows:
                for kept in windows:
                    read |= {k.page.table for k in kept}
                    self._window(archive, typer, kept)
        finally:
            typer.close()
        self._note_read(read)
        return len(self._seen) > seen_before

    def _windows(self, archive: Archive) -> Generator[tuple[Kept, ...], None, None]:
        """Pages, archived, cut into windows; every page of a window is durable when it comes."""
        window: list[Kept] = []
        size = 0
        with Bridge(self._read, items=AHEAD, name=self._connection.name) as pages:
            while True:
                with self._watch.stage("fetch"):
                    page = next(pages, None)
                if page is None:
                    break
                reached(LISTED)
                with self._watch.stage("archive"):
                    window.append(archive.keep(self._in_order(page)))
                size += len(page.body)
                full = len(window) >= self._limits.pages
                if full or size >= self._limits.megabytes * 1_000_000:
                    yield self._durable(archive, window)
                    window, size = [], 0
        if window:
            yield self._durable(archive, window)

    def _in_order(self, page: Page) -> Page:
        """The page with a time after all that this connection has seen, whatever the clock does.

        Within one version the later seen counts, and a notification returned if it is seen after
        its confirmation: a clock that jumps back must not turn that around.
        """
        self._latest = max(page.received_at, self._latest + timedelta(microseconds=1))
        return replace(page, received_at=self._latest)

    def _durable(self, archive: Archive, window: list[Kept]) -> tuple[Kept, ...]:
        with self._watch.stage("archive"):
            archive.flush()
        reached(ARCHIVED)
        return tuple(window)

    async def _read(self) -> AsyncGenerator[Page, None]:
        settings = self._connection.settings
        async with self._vendor.client(settings, self._redactor, clock.now) as client:
            async for page in self._vendor.read(client, settings):
                yield page

    def _window(self, archive: Archive, typer: Typer, kept: tuple[Kept, ...]) -> None:
        window_id = f"{self._run_id}-{self._connection.name}-w{self.outcome.windows:05d}"
        typed = []
        with self._watch.stage("type"):
            for table in self._vendor.tables:
                pages = [k.page for k in kept if k.page.table == table.name]
                if pages:
                    typed.append((table, typer.type_pages(table, pages, window_id)))
        for table, found in typed:
            self._look_at(table.name, found)
        if not any(found.received for _, found in typed):
            return
        archive.need()
        self._progress(f"landing {sum(found.received for _, found in typed):,} rows")
        with self._watch.stage("land"):
            self._landing.land(Window(window_id, kept, tuple(typed)))
        reached(LANDED)
        with self._watch.stage("promote"):
            promoted = self._promotion.promote()
        if promoted.is_cleared:
            raise PenstockError(
                f"window {window_id} did not land whole and was cleared; nothing of it was "
                "confirmed, and its pages are in the archive",
                connection=self._connection.name,
                next_command=f"penstock run {self._connection.name}",
            )
        reached(PROMOTED)
        self.outcome.add(promoted)
        self.outcome.windows += 1
        self._confirm()

    def _look_at(self, table: str, typed: Typed) -> None:
        if typed.unknown:
            self.outcome.unknown.setdefault(table, set()).update(typed.unknown)
        if typed.queue is not None:
            items = typed.queue["item_id"].to_pylist()
            self._listed.update(items)
            self._seen.update((table, item) for item in items)

    def _confirm(self) -> None:
        with self._watch.stage("confirm"):
            self.outcome.confirmed += confirm_outbox(
                self._db, self._connection, self._redactor, self._listed
            )

    def _note_read(self, tables: set[str]) -> None:
        """When the vendor last answered for each table, and since when its rows are complete."""
        now = clock.now()
        for table in sorted(tables):
            who = [self._connection.name, self._vendor.name, table]
            counts = self.outcome.counts.get(table, Counts())
            changed_at = now if counts.new + counts.changed else None
            self._db.execute(
                "insert into ops.freshness select ?, ?, ?, null, null, null where not exists "
                "(select 1 from ops.freshness where connection = ? and table_name = ?)",
                [*who, self._connection.name, table],
            )
            self._db.execute(
                "update ops.freshness set last_read_at = ?, "
                "last_change_at = coalesce(?, last_change_at) "
                "where connection = ? and table_name = ?",
                [now, changed_at, self._connection.name, table],
            )
            self._db.execute(
                "insert into ops.coverage select ?, ?, ?, ?, null, ? where not exists "
                "(select 1 from ops.coverage where connection = ? and table_name = ?)",
                [*who, now, self._vendor.coverage, self._connection.name, table],
            )


def _latest(db: duckdb.DuckDBPyConnection, connection: str) -> datetime:
    """The latest time that anything of a connection was seen or confirmed."""
    row = db.execute(
        "select greatest((select max(received_at) from ops.pages where connection = $1), "
        "(select max(confirmed_at) from ops.outbox where connection = $1))",
        [connection],
    ).fetchone()
    return row[0] if row and row[0] else datetime.min  # noqa: DTZ901 - naive UTC, as everywhere
