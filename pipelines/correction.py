"""A row in quarantine, corrected by hand: the vendor said otherwise what it should have been.

The correction is archived as a page of its own, under the time at which the bad row came, so that
the version that comes of it takes the place that the bad one would have had.
"""

from __future__ import annotations

from dataclasses import replace

import duckdb

from pipelines import clock
from pipelines.archive import Archive, read_page
from pipelines.committer import Committer
from pipelines.outcome import Outcome
from pipelines.project import Connection
from pipelines.quarantine import CORRECTED, Bad, settle
from pipelines.warehouse import Places
from sources._http.errors import Drifted, Misconfigured
from sources._tables.page import Page
from sources._tables.typer import Typer
from sources._tables.withhold import withhold


class Correction:
    """Corrections of one connection's rows in one run."""

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        places: Places,
        connection: Connection,
        committer: Committer,
        run_id: str,
        outcome: Outcome,
    ) -> None:
        self._db = db
        self._folder = places.archive
        self._connection = connection
        self._committer = committer
        self._run_id = run_id
        self._outcome = outcome

    def __call__(self, bad: Bad, content: bytes, name: str) -> None:
        """Puts a corrected row in the place of a bad one.

        Args:
            bad: the row in quarantine.
            content: the row as it should have been: a JSON object; where a whole file was bad, the
                file.
            name: where it is from, for errors.

        Raises:
            Misconfigured: it cannot be typed either; nothing was done then.
        """
        page = self._page(bad, content)
        typer = Typer(self._connection.name, self._connection.settings.timezone)
        try:
            self._try(typer, bad, page, name)
            with Archive(self._folder, self._run_id, self._connection.name) as archive:
                kept = archive.keep(page)
                archive.need()
                archive.flush()
                # a person's word is none of the vendor's: no check takes it for news
                self._committer.take_in(typer, [kept], is_replay=True)
        finally:
            typer.close()
        how = f"{CORRECTED}: {kept.page.page_id}"
        settle(self._db, [bad.quarantine_id], how, clock.now())
        self._outcome.notes.append(f"{bad.quarantine_id} was corrected, as of {bad.received_at}")

    def _page(self, bad: Bad, content: bytes) -> Page:
        """The correction as a page like the one that the row came on."""
        said = Page(
            table=bad.table,
            body=b"[" + content.strip() + b"]",
            received_at=bad.received_at,
            request=f"correction of row {bad.row_number} of {bad.page_id}",
            stream="correction",
        )
        row = self._db.execute(
            "select archive_file, archive_offset, archive_length from ops.pages "
            "where page_id = ? and connection = ?",
            [bad.page_id, bad.connection],
        ).fetchone()
        if row is not None and (self._folder / row[0]).exists():
            before = read_page(self._folder, *row)
            said = replace(said, asked=before.asked)
            if before.is_reread:
                said = replace(said, body=content, is_reread=True)
        vendor = self._connection.vendor
        body, _ = withhold(said.body, vendor.withheld)
        said = replace(said, body=body)
        return vendor.reread(said) if said.is_reread and vendor.reread is not None else said

    def _try(self, typer: Typer, bad: Bad, page: Page, name: str) -> None:
        table = next(t for t in self._connection.tables if t.name == bad.table)
        why = ""
        try:
            typed = typer.type_pages(table, [page], "")
            if typed.quarantine.num_rows:
                why = typed.quarantine["reason"][0].as_py()
            elif typed.rows.num_rows == 0:
                why = "there is no row in it"
        except Drifted as error:
            why = error.message
        if why:
            raise Misconfigured(
                f"{name} cannot be typed either: {why}; nothing was changed",
                connection=bad.connection,
                table=bad.table,
                next_command=f"penstock quarantine show {bad.quarantine_id}",
            )
