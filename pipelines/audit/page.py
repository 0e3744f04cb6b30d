"""audit.html: the verdict for whoever asks whether today's figures can be trusted.

One self-contained page, no script, nothing fetched. It shows what vendors wrote, so every value is
escaped by the template engine, and the page forbids the browser to run or fetch anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from importlib.resources import files
from itertools import groupby
from pathlib import Path

import duckdb
from jinja2 import Environment, StrictUndefined

from pipelines.audit.checks import Reads, Result, Verdict
from pipelines.coverage import percent, unfinished, words

_LONGEST = 120  # characters of one value; the query shows it whole


class Outcome(Enum):
    """What became of the build that was judged: headline, and what it means to a reader."""

    PUBLISHED = ("Published", "The build passed and is what everyone reads now.")
    REFUSED = ("Refused", "The build was not published. Everyone keeps reading the last good file.")
    NOTHING_NEW = ("Nothing new", "No rows came, so the published file stays as it is.")
    NOT_PUBLISHED = (
        "Not published",
        "Publishing was switched off for this run; readers keep the last file.",
    )


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How much of a table has been read: one row of `ops.coverage`."""

    connection: str
    vendor: str
    table: str
    complete_since: datetime | None
    backfill_share: float | None
    expected_at: datetime | None
    note: str | None


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """How recent a table is: one row of `ops.freshness`."""

    connection: str
    vendor: str
    table: str
    last_read_at: datetime | None
    last_change_at: datetime | None
    expected_within_hours: float | None


def read_coverage(connection: duckdb.DuckDBPyConnection) -> list[Coverage]:
    """What `ops.coverage` says, in either file."""
    rows = connection.execute(
        "select connection, vendor, table_name, complete_since, backfill_share, expected_at, note "
        "from ops.coverage order by connection, table_name"
    ).fetchall()
    names = ("connection", "vendor", "table", "complete_since", "backfill_share", "expected_at")
    return [Coverage(**dict(zip((*names, "note"), row, strict=True))) for row in rows]


def read_freshness(connection: duckdb.DuckDBPyConnection) -> list[Freshness]:
    """What `ops.freshness` says, in either file."""
    rows = connection.execute(
        "select connection, vendor, table_name, last_read_at, last_change_at, "
        "expected_within_hours from ops.freshness order by connection, table_name"
    ).fetchall()
    names = ("connection", "vendor", "table", "last_read_at", "last_change_at")
    return [
        Freshness(**dict(zip((*names, "expected_within_hours"), row, strict=True))) for row in rows
    ]


def audit_page(
    verdict: Verdict,
    coverage: Sequence[Coverage],
    freshness: Sequence[Freshness],
    *,
    outcome: Outcome,
    run_id: str,
    now: datetime,
    last_published_at: datetime | None = None,
    sql_command: str = "penstock sql",
) -> str:
    """The page as HTML.

    Args:
        verdict: what the audit found.
        coverage: how complete each table is.
        freshness: how recent each table is.
        outcome: what became of the build.
        run_id: the run it was part of.
        now: the moment of the audit (UTC).
        last_published_at: when the file that is read now was published (UTC).
        sql_command: the command that asks the file that was judged.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {
        "shown": shown,
        "shown_long": lambda text: shown(text, 600),
        "moment": moment,
        "ago": lambda at: ago(at, now),
        "words": words,
        "percent": percent,
    }
    template = environment.from_string(
        (files("pipelines.audit") / "page.html.j2").read_text("utf-8")
    )
    return template.render(
        outcome=outcome.name.lower(),
        headline=outcome.value[0],
        consequence=outcome.value[1],
        verdict=verdict,
        passed=_grouped(verdict.passed),
        raw=Reads.RAW,
        coverage=coverage,
        unfinished=unfinished(coverage, now),
        freshness=[(one, _is_stale(one, now)) for one in freshness],
        run_id=run_id,
        now=now,
        last_published_at=last_published_at,
        sql_command=sql_command,
    )


def write_audit_page(path: Path, html: str) -> None:
    """Put the page in place at once; a reader never meets half of it."""
    half = path.with_suffix(".part")
    half.write_text(html, "utf-8")
    half.replace(path)


def shown(value: object, longest: int = _LONGEST) -> str:
    """A value of an example: short, on one line, without characters that hide or reorder text."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def moment(at: datetime | None) -> str:
    """A time as text (UTC)."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago that was, coarsely."""
    if at is None:
        return ""
    minutes = max(0, int((now - at).total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // 1440} days ago"


def _is_stale(one: Freshness, now: datetime) -> bool:
    if one.expected_within_hours is None:
        return False
    if one.last_change_at is None:
        return True
    return (now - one.last_change_at).total_seconds() > one.expected_within_hours * 3600


def _grouped(results: Iterable[Result]) -> list[tuple[str, list[Result]]]:
    def relation(result: Result) -> str:
        return result.table if "." in result.table else f"{result.vendor}.{result.table}"

    ordered = sorted(results, key=lambda r: (relation(r), r.check))
    return [(name, list(members)) for name, members in groupby(ordered, key=relation)]
