"""Archived pages read once more, by today's typing: what a repaired declaration makes of them.

A page's rows make room for what the page becomes now, under the time at which it came; the rest of
a document's history stays as it is. Rows in quarantine come out of it where they can be typed, or
where the vendor has sent the document again since.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from pipelines import clock
from pipelines.archive import Damaged, Kept, read_page
from pipelines.catch_up import batches, remade
from pipelines.committer import Committer
from pipelines.outcome import Outcome
from pipelines.project import Connection, Limits
from pipelines.quarantine import settle_sent_again
from pipelines.schema import end_retyping
from pipelines.warehouse import Places
from sources._http.errors import Drifted, PenstockError
from sources._tables.typer import Typer


class NotReplayed(PenstockError):  # noqa: N818 - a state of the archive, not a bug
    """Pages could not be read once more; what they became before stays."""

    verb = "archive list"


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which pages are replayed: those that all of it fits.

    Attributes:
        tables: their tables.
        window: the window that brought them; empty is any.
        first: the first day on which they came (UTC); None is any.
        last: the last one.
        quarantined: only pages with a row in quarantine that is open.
        ids: only pages with these quarantined rows; empty is any.
    """

    tables: tuple[str, ...]
    window: str = ""
    first: date | None = None
    last: date | None = None
    quarantined: bool = False
    ids: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether that is all there is of its tables."""
        return not (self.window or self.first or self.last or self.quarantined or self.ids)


@dataclass(frozen=True)
class _Where:
    page_id: str
    table: str
    segment: str
    offset: int
    length: int
    is_dropped: bool


class Replay:
    """The replay of one connection's pages in one run."""

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        places: Places,
        connection: Connection,
        committer: Committer,
        limits: Limits,
        outcome: Outcome,
    ) -> None:
        self._db = db
        self._folder = places.archive
        self._connection = connection
        self._committer = committer
        self._limits = limits
        self._outcome = outcome
        self._wrong: list[PenstockError] = []

    def __call__(self, chosen: Chosen) -> None:
        """Replays them, window by window; stopped or killed, the same again does the rest."""
        found = self._find(chosen)
        there = [where for where in found if not where.is_dropped]
        typer = Typer(self._connection.name, self._connection.settings.timezone)
        try:
            for batch in batches(self._read(there), self._limits):
                self._wrong += self._committer.take_in(typer, batch, is_replay=True)
        finally:
            typer.close()
        if chosen.is_whole and not self._wrong:
            for table in chosen.tables:
                end_retyping(self._db, self._connection.name, table)
        again = settle_sent_again(self._db, self._connection, chosen.tables, clock.now())
        self._tell(found, there, again)

    def _find(self, chosen: Chosen) -> list[_Where]:
        rows = self._db.execute(
            """
            select page_id, table_name, archive_file, archive_offset, archive_length,
                archive_file in (
                    select archive_file from ops.segments where dropped_at is not null)
            from ops.pages as p
            where connection = $connection and list_contains($tables::varchar[], table_name)
                and ($window = '' or window_id = $window)
                and ($first::date is null or received_at >= $first::date)
                and ($before::date is null or received_at < $before::date)
                and (not $quarantined or exists (
                    select 1 from ops.quarantine as q
                    where q.page_id = p.page_id and q.connection = p.connection
                        and q.table_name = p.table_name and q.resolved_at is null
                        and (len($ids::varchar[]) = 0
                            or list_contains($ids::varchar[], q.quarantine_id))))
            order by received_at, page_id""",
            {
                "connection": self._connection.name,
                "tables": list(chosen.tables),
                "window": chosen.window,
                "first": chosen.first,
                "before": chosen.last + timedelta(days=1) if chosen.last else None,
                "quarantined": chosen.quarantined or bool(chosen.ids),
                "ids": list(chosen.ids),
            },
        ).fetchall()
        return [_Where(*row) for row in rows]

    def _read(self, wanted: Sequence[_Where]) -> Iterator[Kept]:
        for where in wanted:
            try:
                page = read_page(self._folder, where.segment, where.offset, where.length)
                kept = Kept(page, where.segment, where.offset, where.length)
                yield remade(self._connection.vendor, kept)
            except (Damaged, Drifted) as error:
                self._wrong.append(error.at(table=where.table))
            except OSError as error:
                self._wrong.append(
                    NotReplayed(
                        f"the archive's {where.segment} cannot be read: {error.strerror}",
                        table=where.table,
                    )
                )

    def _tell(self, found: Sequence[_Where], there: Sequence[_Where], again: int) -> None:
        lost = len(found) - len(there)
        notes = [f"{len(there) - len(self._wrong):,} archived pages were read once more"]
        if lost:
            notes.append(
                f"{lost:,} others are older than the archive keeps them (setting archive_days)"
            )
        if again:
            notes.append(
                f"{again:,} rows in quarantine were settled: the vendor has sent them again"
            )
        self._outcome.notes += notes
        name = self._connection.name
        self._outcome.failed += [error.at(connection=name) for error in self._wrong]
