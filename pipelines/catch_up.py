"""Pages that are in the archive and not in the work file, taken in before anything is read.

A run that was killed leaves a few. A work file that was restored from a backup lacks all that came
after it: what was confirmed since is in no vendor's list any more, and the archive alone has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import duckdb

from pipelines.archive import Damaged, Kept, pages_of, run_of_segment
from pipelines.committer import Committer
from pipelines.outcome import Outcome
from pipelines.project import Connection, Limits
from pipelines.segments import Unsettled, settle, unsettled
from pipelines.warehouse import Places
from sources._http.errors import Drifted
from sources._tables.typer import Typer
from sources._vendor import Vendor


class CatchUp:
    """Brings the work file up to its archive, for one connection."""

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

    def __call__(self) -> None:
        """Takes in what is not known; costs a look at the folder where there is nothing.

        What cannot be typed stays in the archive and is told: the vendor is asked for it again.
        """
        behind = list(unsettled(self._db, self._connection.name, self._folder))
        if not behind:
            return
        typer = Typer(self._connection.name, self._connection.settings.timezone)
        wrong: list[str] = []
        taken = 0
        try:
            for batch in batches(self._pages(behind, wrong), self._limits):
                failed = self._committer.take_in(typer, batch, is_replay=False)
                wrong += [error.message for error in failed]
                taken += len(batch) - len(failed)
        finally:
            typer.close()
        for one in behind:
            settle(self._db, self._connection, self._folder, one.name)
        self._tell(behind, taken, wrong)

    def _pages(self, behind: Iterable[Unsettled], wrong: list[str]) -> Iterator[Kept]:
        for one in behind:
            try:
                for kept in pages_of(self._folder, one.name, one.start):
                    try:
                        yield remade(self._connection.vendor, kept)
                    except Drifted as error:
                        wrong.append(error.message)
            except Damaged as error:
                wrong.append(error.message)

    def _tell(self, behind: Sequence[Unsettled], taken: int, wrong: Sequence[str]) -> None:
        runs = {run_of_segment(one.name) for one in behind if one.is_strange}
        known = {run for (run,) in self._db.execute("select run_id from ops.runs").fetchall()}
        strangers = sorted(runs - known)
        if strangers:
            self._outcome.notes.append(
                f"the work file is older than its archive: it knows nothing of {len(strangers)} "
                f"runs since {strangers[0]} (was it restored from a backup?); {taken:,} pages that "
                "they had archived were taken in"
            )
        elif taken:
            self._outcome.notes.append(
                f"{taken:,} pages that a stopped run had archived were taken in"
            )
        if wrong:
            self._outcome.notes.append(
                f"{len(wrong)} pages of the archive could not be taken in: {wrong[0]}"
            )


def remade(vendor: Vendor, kept: Kept) -> Kept:
    """An archived page with the rows that the vendor's reading makes of it today.

    Raises:
        Drifted: the page does not say enough.
    """
    if not kept.page.is_reread:
        return kept
    assert vendor.reread is not None  # noqa: S101 - the vendor's own page says that it has one
    try:
        return replace(kept, page=vendor.reread(kept.page))
    except ValueError as error:
        raise Drifted(
            f"the page {kept.page.page_id} cannot be read once more: {error}",
            table=kept.page.table,
        ) from None


def batches(kept: Iterable[Kept], limits: Limits) -> Iterator[list[Kept]]:
    """Archived pages in windows."""
    held: list[Kept] = []
    size = 0
    for one in kept:
        held.append(one)
        size += len(one.page.body)
        if size >= limits.megabytes * 1_000_000 or len(held) >= limits.free_pages:
            yield held
            held, size = [], 0
    if held:
        yield held
