"""A run: recover, extract every connection, build, audit, publish, and say what happened.

One connection that fails does not stop the others; what was committed is published all the same,
and the run exits 1. A run that finds nothing new rebuilds nothing, but freshness is judged.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import duckdb

from pipelines import clock
from pipelines.archive import run_of_segment
from pipelines.audit.checks import Verdict
from pipelines.budgets import open_budget, open_budgets, told
from pipelines.cadence import due_times
from pipelines.extract import Extraction
from pipelines.ledger import note_connection, prepare_ops
from pipelines.lock import Hold, Overtaken, run_lock
from pipelines.outcome import Bounds, Outcome, Recovery
from pipelines.pages import run_of, write_pages
from pipelines.project import Connection, Project
from pipelines.publish import current, generations
from pipelines.release import Release, Releaser, fingerprint, has_windows, last_fingerprint
from pipelines.schema import obstacle
from pipelines.segments import drop_old
from pipelines.status import Standing
from pipelines.stopping import Stop, Stopped
from pipelines.stopwatch import Stopwatch
from pipelines.unforeseen import unforeseen
from pipelines.warehouse import Places, open_raw
from sources._http.errors import Misconfigured, PenstockError, Retryable
from sources._http.redact import Redactor

DONE, VENDOR_FAILED, WRONG_USAGE, REFUSED, BUSY = 0, 1, 2, 3, 75


@dataclass
class Summary:
    """What a run did.

    Attributes:
        run_id: its name; sorts by the order of runs.
        outcome: 'published', 'nothing_new', 'refused', 'failed', 'landed' without a publish, or
            'stopped' where that was asked for.
        exit_code: as the design lists them.
        connections: what each brought.
        seconds: per stage.
        verdict: the audit's, where one was held.
        published: the new file.
        data_docs: where Great Expectations' own pages are, or why they are nowhere; empty where
            nobody asked for them.
        obstacle: why nothing can be built.
        goes_on_with: what a stopped run left undone, and the command that goes on with it.
    """

    run_id: str
    outcome: str = "running"
    exit_code: int = DONE
    connections: list[Outcome] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    verdict: Verdict | None = None
    published: Path | None = None
    data_docs: str = ""
    obstacle: PenstockError | None = None
    goes_on_with: str = ""

    def errors(self) -> list[str]:
        """What ended connections early, and what stands in the way of building."""
        found = [e for outcome in self.connections for e in (*outcome.failed, outcome.error)]
        said = [str(error) for error in (*found, self.obstacle) if error is not None]
        return list(dict.fromkeys(said))

    @property
    def has_errors(self) -> bool:
        """Whether a connection ended early."""
        return bool(self.errors())

    def said(self) -> dict[str, object]:
        """What the status file says of the run."""
        return {"run_id": self.run_id, "outcome": self.outcome, "exit_code": self.exit_code}


Job = Callable[[Extraction], None]


def read_what_is_due(extraction: Extraction) -> None:
    """A run without anything special: what is new in every table that is due."""
    extraction.run()


class Run:
    """One run over some connections of a project."""

    def __init__(
        self,
        project: Project,
        connections: Sequence[Connection],
        *,
        job: Job = read_what_is_due,
        again: str = "",
        max_minutes: float | None = None,
        publishes: bool = True,
        data_docs: bool = False,
        recovery: Recovery | None = None,
        progress: Callable[[str], None] = lambda _: None,
        stop: Stop | None = None,
    ) -> None:
        """What is to be run.

        Args:
            project: the project directory.
            connections: those to work on.
            job: what is done with each.
            again: the command that does it again, where it is not a plain run.
            max_minutes: when reading stops; None is what the project says, 0 is never.
            publishes: whether what is new is built and published.
            data_docs: whether Great Expectations' own pages are wanted.
            recovery: what is done with each before the job.
            progress: told in a few words what is going on.
            stop: whether somebody wants it to end.
        """
        self._project = project
        self._places = project.places
        # an account with a budget may have to wait: nobody else waits for it
        self._connections = sorted(connections, key=lambda c: c.vendor.budget is not None)
        self._job = job
        self._again = again
        minutes = project.max_minutes if max_minutes is None else max_minutes
        self._ends_at = time.monotonic() + minutes * 60 if minutes > 0 else None
        self._publishes = publishes
        self._docs_to = self._places.work / "data_docs" if data_docs else None
        self._recovery = recovery or Recovery()
        self._progress = progress
        self._stop = stop or Stop()
        self._watch = Stopwatch()
        self._budgets = open_budgets(project.places)

    def __call__(self) -> Summary:
        """Runs.

        Raises:
            Busy: another run holds the lock.
            Stopped: while it waited whether another host still has the folder.
            PenstockError: what concerns no single connection: settings, models, disk.
        """
        self._places.prepare()
        with run_lock(self._places, stop=self._stop, tell=self._progress) as hold:
            try:
                return self._run(hold)
            except PenstockError:
                raise
            except Exception as error:
                redactors = [Redactor(c.vendor.secrets(c.settings)) for c in self._connections]
                again = self._again or "penstock run"
                raise unforeseen(error, self._places.work, redactors, again=again) from error

    def _run(self, hold: Hold) -> Summary:
        with open_raw(self._places) as db:
            prepare_ops(db)
            summary = Summary(_begin(db, self._places))
        try:
            self._work(summary, hold)
        except Overtaken:
            raise  # the record is another host's to write
        except BaseException as error:
            summary.outcome, summary.exit_code = "failed", VENDOR_FAILED
            message = error.message if isinstance(error, PenstockError) else type(error).__name__
            self._finish(summary, message)
            raise
        self._drop_old(summary)
        self._finish(summary, "")
        return summary

    def _work(self, summary: Summary, hold: Hold) -> None:
        vendors = self._project.declared()
        releaser = Releaser(
            self._places, summary.run_id, vendors, self._watch, self._progress, self._stop
        )
        with open_raw(self._places) as db:
            self._note_settings(db)
            for connection in self._connections:
                if not self._stop.is_asked:
                    summary.connections.append(self._extract(db, connection, summary.run_id, hold))
            hold.check()
            releaser.note_limits(db)
            mark = fingerprint(db, self._places)
            # a first run that could not read anything has nothing to show
            is_empty = summary.has_errors and not has_windows(db)
            is_missing = current(self._places) is None
            is_news = (is_missing or mark != last_fingerprint(db)) and not is_empty
            summary.obstacle = obstacle(db, vendors) if is_news else None
            is_released = (
                is_news and self._publishes and summary.obstacle is None and not self._stop.is_asked
            )
            if self._stop.is_asked:
                self._note_stop(summary, is_news=is_news and self._publishes)
            elif not is_released:
                summary.outcome = "landed" if is_news else "nothing_new"
                summary.verdict = releaser.judge_every_run(db)
        if is_released:
            self._release(summary, releaser, mark, hold)
        elif self._docs_to is not None:
            summary.data_docs = "not written: nothing was built"
        if summary.verdict is not None and summary.verdict.refused:
            summary.exit_code = REFUSED
        elif summary.has_errors:
            asked_wrongly = all(
                isinstance(outcome.error, Misconfigured) for outcome in summary.connections
            )
            summary.exit_code = WRONG_USAGE if asked_wrongly else VENDOR_FAILED

    def _drop_old(self, summary: Summary) -> None:
        """Deletes raw pages that are older than they are kept, of what was read to its end."""
        well = {o.connection for o in summary.connections if o.error is None and not o.is_stopped}
        with open_raw(self._places) as db, self._watch.stage("archive"):
            for connection in self._connections:
                if connection.name in well:
                    drop_old(db, connection, self._places.archive, clock.now())

    def _release(self, summary: Summary, releaser: Releaser, mark: str, hold: Hold) -> None:
        try:
            release = releaser.release(mark, hold, summary.errors(), self._docs_to)
        except Stopped:
            self._note_stop(summary, is_news=True)
        else:
            self._take(summary, release)

    def _note_stop(self, summary: Summary, *, is_news: bool) -> None:
        """What a run leaves undone that was asked to stop."""
        summary.outcome = "stopped"
        begun = len(summary.connections)
        unread = [o.connection for o in summary.connections if o.is_stopped]
        unread += [connection.name for connection in self._connections[begun:]]
        left = [f"reading {', '.join(unread)}"] if unread else []
        left += ["publishing what is new"] if is_news else []
        summary.goes_on_with = (
            f"{self._again or 'penstock run'} goes on with {' and '.join(left)}" if left else ""
        )

    def _note_settings(self, db: duckdb.DuckDBPyConnection) -> None:
        """Notes what the model needs to know of every connection, also of those not run now."""
        for name in self._project.sections:
            try:
                (known,) = self._project.connections((name,))
            except Misconfigured:
                continue  # told when it is run; what was noted before stays
            note_connection(db, name, known.vendor.name, known.settings.currency)

    def _take(self, summary: Summary, release: Release) -> None:
        summary.verdict = release.verdict
        summary.published = release.published
        summary.outcome = "refused" if release.published is None else "published"
        if self._docs_to is not None:
            why_not = release.docs_failure
            summary.data_docs = (
                f"not written: {why_not}" if why_not else str(self._docs_to / "index.html")
            )

    def _extract(
        self, db: duckdb.DuckDBPyConnection, connection: Connection, run_id: str, hold: Hold
    ) -> Outcome:
        redactor = Redactor(connection.vendor.secrets(connection.settings))
        extraction = Extraction(
            db,
            self._places,
            connection,
            run_id,
            Bounds(
                limits=self._project.limits,
                hold=hold,
                budget=open_budget(connection, self._budgets),
                ends_at=self._ends_at,
                stop=self._stop,
            ),
            redactor,
            self._watch,
            lambda text: self._progress(f"{connection.name}: {text}"),
        )
        try:
            extraction.recover(self._recovery)
            self._job(extraction)
        except Stopped:
            extraction.outcome.is_stopped = True
        except Overtaken:
            # what is written when the file is closed would meet what the other host writes
            db.execute("pragma disable_checkpoint_on_shutdown")
            raise
        except PenstockError as error:
            extraction.outcome.error = error.at(connection=connection.name)
            if self._again and isinstance(error, Retryable):
                error.then(self._again)
        except Exception as error:  # noqa: BLE001 - one connection's trouble must not stop the others
            extraction.outcome.error = unforeseen(
                error,
                self._places.work,
                (redactor,),
                again=f"penstock run {connection.name}",
                connection=connection.name,
            )
        return extraction.outcome

    def _finish(self, summary: Summary, message: str) -> None:
        summary.seconds = dict(self._watch.seconds)
        errors = summary.errors()
        with open_raw(self._places) as db:
            db.execute(
                "update ops.runs set finished_at = ?, outcome = ?, exit_code = ?, seconds = ?, "
                "message = ? where run_id = ?",
                [
                    clock.now(),
                    summary.outcome,
                    summary.exit_code,
                    json.dumps(summary.seconds),
                    "; ".join([*errors, message]).strip("; ") or None,
                    summary.run_id,
                ],
            )
            with self._watch.stage("pages"):
                write_pages(db, self._places, summary.said(), summary.verdict, self._standing(db))

    def _standing(self, db: duckdb.DuckDBPyConnection) -> Standing:
        return Standing(
            tuple(told(self._connections, self._budgets)),
            {
                (connection.name, table): at
                for connection in self._connections
                for table, at in due_times(db, connection).items()
            },
        )


def _begin(db: duckdb.DuckDBPyConnection, places: Places) -> str:
    """Names the run and writes it down; the names sort by sequence, whatever the clock does.

    The sequence goes on after what is published and archived, too: a work file restored from a
    backup knows fewer runs than there were.
    """
    # under the lock nobody else runs: what still says so was killed
    db.execute("update ops.runs set outcome = 'stopped' where outcome = 'running'")
    known = [run_id for (run_id,) in db.execute("select run_id from ops.runs").fetchall()]
    known += [run_of(file.name) for file in generations(places)]
    known += [run_of_segment(file.name) for file in places.archive.glob("*-*-*-*.zst")]
    number = max((int(run_id.partition("-")[0]) for run_id in known), default=0) + 1
    now = clock.now()
    run_id = f"{number:06d}-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    db.execute(
        "insert into ops.runs values (?, ?, null, 'running', null, ?, null, null)",
        [run_id, now, version("penstock")],
    )
    return run_id
