"""What a person reads after a run: status file, audit page, the sales manager's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from pipelines import clock, publish, status
from pipelines.audit.checks import Verdict
from pipelines.audit.page import (
    Outcome,
    audit_page,
    read_coverage,
    read_freshness,
    write_audit_page,
)
from pipelines.warehouse import READABLE, Places

# a run without a build judges freshness alone, and leaves the page about the last build
_BUILDS = {"published": Outcome.PUBLISHED, "refused": Outcome.REFUSED}


def write_pages(
    db: duckdb.DuckDBPyConnection,
    places: Places,
    run: Mapping[str, Any],
    verdict: Verdict | None,
    standing: status.Standing | None = None,
) -> None:
    """Writes them about the file that readers get now.

    The audit page is written where a build was judged; the sales page where the file
    is another, a table has gone stale or come back, or the audit says something else.
    """
    row = db.execute(
        "select published_at from ops.publications order by run_id desc limit 1"
    ).fetchone()
    current = publish.current(places)
    published_run = run_of(current.name) if current else None
    said = status.collect(db, places, run, published_run, verdict, standing)
    before = status.last(places)
    # a refused build changes nothing that readers get, but for what the page says of the audit
    has_turned = status.staleness(said) != status.staleness(before) or status.verdict(
        said
    ) != status.verdict(before)
    status.write(places, said)
    outcome = _BUILDS.get(str(run["outcome"]))
    if verdict is not None and outcome is not None:
        html = audit_page(
            verdict,
            read_coverage(db),
            read_freshness(db),
            outcome=outcome,
            run_id=str(run["run_id"]),
            now=clock.now(),
            last_published_at=row[0] if row else None,
            sql_command="penstock sql --refused" if outcome is Outcome.REFUSED else "penstock sql",
        )
        write_audit_page(places.audit_page, html)
    if current is not None and (run["outcome"] in ("published", "rolled_back") or has_turned):
        from pipelines.report import write_page

        write_page(places.published, said, places.page)
    _open_to_readers(places)


def _open_to_readers(places: Places) -> None:
    """Everybody may read what is beside the warehouse, and only its owner writes it.

    A umask of 077 would keep analysts out, one of 0 would let them write.
    """
    for file in (places.status, places.audit_page, places.page):
        if file.exists():
            file.chmod(READABLE & 0o666)
    if places.page.parent.exists():
        places.page.parent.chmod(READABLE)


def run_of(generation: str) -> str:
    """The run that published a generation, from its file's name."""
    return generation.removeprefix("warehouse-").removesuffix(".duckdb")
