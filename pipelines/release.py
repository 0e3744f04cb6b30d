"""From the work file to the published one: build, audit, publish.

Nothing here reads a vendor. What is built depends on the versions in the work file, the outbox,
the maps and our own models; a fingerprint of these tells whether there is anything to build.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from pipelines import clock, publish
from pipelines.audit.changed import write_changed_rows
from pipelines.audit.checks import Reads, Result, VendorChecks, Verdict
from pipelines.audit.configuration import load_project
from pipelines.audit.expectations import DataDocs, start_expectations
from pipelines.audit.facts import judge_facts
from pipelines.audit.ledger import publish_results, record
from pipelines.boundaries import AUDITED, BUILT, reached
from pipelines.lock import Hold
from pipelines.stopping import Stop
from pipelines.stopwatch import Stopwatch
from pipelines.warehouse import Places, open_raw
from sources._tables.declare import Table

HAND_WRITTEN = ("*.sql", "*.yml", "*.md", "*.py")
OWN = frozenset({".sql", ".yml", ".md", ".py", ".yaml"})  # those not read are told about


@dataclass(frozen=True)
class Release:
    """What became of a build.

    Attributes:
        verdict: the audit's.
        published: the file that readers get now; None where the audit refused.
        docs_failure: why Great Expectations' own pages were not written.
    """

    verdict: Verdict
    published: Path | None
    docs_failure: str = ""


def fingerprint(db: duckdb.DuckDBPyConnection, places: Places) -> str:
    """What a build would be made of; equal fingerprints build equal warehouses."""
    mark = hashlib.sha256(version("penstock").encode())
    state = db.execute(
        """
        select (select count(*) from ops.windows where rows_new + rows_changed > 0),
            (select max(window_id) from ops.windows where rows_new + rows_changed > 0),
            (select count(*) from ops.quarantine),
            (select count(*) from ops.outbox where confirmed_at is not null),
            (select coalesce(sum(times_returned), 0) from ops.outbox),
            (select count(*) from ops.quarantine where resolved_at is not null),
            (select count(*) from ops.deletions),
            (select count(*) from ops.deletions where restored_at is not null),
            (select count(*) from ops.sweeps where outcome = 'refused'),
            (select list((connection, table_name, complete_since, backfill_share)
                order by connection, table_name) from ops.coverage),
            (select list((connection, currency_code) order by connection) from ops.connections)"""
    ).fetchone()
    mark.update(repr(state).encode())
    for file in _inputs(places):
        mark.update(f"{file.parent.name}/{file.name}".encode())
        mark.update(file.read_bytes())
    return mark.hexdigest()


def _inputs(places: Places) -> Iterable[Path]:
    here = Path(__file__).parent / "transform"
    ours = sorted(f for pattern in HAND_WRITTEN for f in here.rglob(pattern))
    users = sorted((*places.maps.glob("*.csv"), *(places.project / "checks").glob("*.yml")))
    own = (file for folder in (places.models, places.macros) for file in folder.rglob("*"))
    return (*ours, *users, *sorted(file for file in own if file.suffix in OWN and file.is_file()))


def has_windows(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether anything has ever been loaded."""
    return db.execute("select 1 from ops.windows limit 1").fetchone() is not None


def last_fingerprint(db: duckdb.DuckDBPyConnection) -> str | None:
    """The fingerprint of what is published."""
    row = db.execute(
        "select fingerprint from ops.publications order by run_id desc limit 1"
    ).fetchone()
    return str(row[0]) if row else None


class Releaser:
    """Builds, audits and publishes for one run.

    Args:
        vendors: the declared tables of each vendor in use.
        progress: told in a few words what is going on.
        stop: whether somebody wants it to end.
    """

    def __init__(
        self,
        places: Places,
        run_id: str,
        vendors: Mapping[str, Sequence[Table]],
        stopwatch: Stopwatch,
        progress: Callable[[str], None],
        stop: Stop,
    ) -> None:
        self._places = places
        self._run_id = run_id
        self._vendors = vendors
        self._watch = stopwatch
        self._progress = progress
        self._stop = stop
        self.checks: list[VendorChecks] = load_project(vendors, places.project)

    def note_limits(self, db: duckdb.DuckDBPyConnection) -> None:
        """Writes beside each table's freshness how fresh its checks want it, in hours."""
        for vendor in self.checks:
            for table, hours in vendor.freshness.items():
                db.execute(
                    "update ops.freshness set expected_within_hours = ? "
                    "where vendor = ? and table_name = ?",
                    [hours, vendor.vendor, table],
                )

    def judge_every_run(self, db: duckdb.DuckDBPyConnection) -> Verdict:
        """The checks that hold on a run without news: freshness, volume.

        The results are appended to the record; neither dbt nor Great Expectations is loaded.
        """
        now = clock.now()
        with self._watch.stage("audit"):
            results = judge_facts(db, self.checks, now=now, every_run_only=True)
            verdict = Verdict(tuple(results))
            record(verdict, db, self._run_id, now)
        return verdict

    def release(
        self, mark: str, hold: Hold, errors: Sequence[str] = (), docs_to: Path | None = None
    ) -> Release:
        """Builds and, where the audit passes, publishes; the work file must not be open.

        Args:
            mark: the fingerprint of what is built.
            hold: the data folder's lock.
            errors: what ended connections early in this run; the published file tells.
            docs_to: where Great Expectations' own pages are wanted.

        Raises:
            PenstockError: the models could not be built, or the file could not be put in place.
            Stopped: a stop was asked for before anything of it was put before readers.
        """
        as_of = clock.now()
        with self._stop.breakable():
            verdict, docs_failure = self._judged(as_of, docs_to)
        hold.check()
        with open_raw(self._places) as db, self._watch.stage("audit"):
            record(verdict, db, self._run_id, as_of)
            publish_results(self._places.next, db, now=as_of)
        if verdict.refused:
            return Release(verdict, None, docs_failure)
        reached(AUDITED)
        self._stop.check()
        self._progress("publishing")
        with self._watch.stage("publish"):
            _close_run(self._places.next, self._run_id, errors)
            published = publish.publish(self._places, self._run_id)
        with open_raw(self._places) as db:
            db.execute(
                "insert into ops.publications values (?, ?, ?, ?)",
                [self._run_id, published.name, clock.now(), mark],
            )
        publish.retire(self._places)
        return Release(verdict, published, docs_failure)

    def _judged(self, as_of: datetime, docs_to: Path | None) -> tuple[Verdict, str]:
        """Builds and audits: the verdict, and why the library's own pages were not written."""
        audit_folder = self._places.work / "audit"
        with open_raw(self._places) as db, self._watch.stage("audit"):
            changed = write_changed_rows(db, self.checks, audit_folder)
            versions = judge_facts(db, self.checks, now=as_of, reads=Reads.RAW)
        docs = DataDocs(docs_to, self._run_id) if docs_to else None
        pending = start_expectations(changed, self.checks, audit_folder, docs=docs)
        try:
            self._build(as_of)
            reached(BUILT)
            facts = self._judge(as_of)
            with self._watch.stage("audit"):
                expectations = pending.results()
            docs_failure = pending.docs_failure() if docs else ""
        except BaseException:
            pending.cancel()
            raise
        return Verdict((*versions, *facts, *expectations)), docs_failure

    def _build(self, as_of: datetime) -> None:
        from pipelines.transform import build

        self._progress("building the models")
        with self._watch.stage("model"):
            build(
                raw_file=self._places.raw,
                target_file=self._places.next,
                vendors=self._vendors,
                maps_dir=self._places.maps,
                models_dir=self._places.models,
                macros_dir=self._places.macros,
                work_dir=self._places.work / "dbt",
                as_of=as_of,
                run_id=self._run_id,
            )

    def _judge(self, as_of: datetime) -> list[Result]:
        self._progress("auditing")
        with self._watch.stage("audit"):
            return judge_facts(self._places.next, self.checks, now=as_of)


def _close_run(built: Path, run_id: str, errors: Sequence[str]) -> None:
    """The published file says of its own run what it will be once readers see it."""
    with duckdb.connect(str(built)) as db:
        db.execute(
            "update ops.runs set outcome = 'published', exit_code = ?, finished_at = ?, "
            "message = ? where run_id = ?",
            [1 if errors else 0, clock.now(), "; ".join(errors) or None, run_id],
        )
