"""The published file as its readers meet it: where it is, how fresh, and what is missing from it.

A process that keeps a generation open keeps that snapshot, and DuckDB shares one instance per path
within a process. So readers open the file that the symlink names *now*, read, and close: the next
read sees the next generation, and no publish waits for anyone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import duckdb

from notebooks import figures
from pipelines.coverage import connection_label, day, unfinished, words
from pipelines.warehouse import read_only

if TYPE_CHECKING:
    import pandas as pd

VARIABLE = "PENSTOCK_WAREHOUSE"
DEFAULT = Path("data/warehouse.duckdb")
YESTERDAYS_NEWS = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Feed:
    """One source table of one connection.

    Attributes:
        vendor: the vendor's name.
        connection: the connection's name.
        table: the vendor's table.
        rows: documents in it, None where unknown.
        last_change_at: when a row last changed (UTC).
        complete_since: what changed before may be missing; None where nothing is known to be.
        backfill_share: how much of the first load is done, 0 to 1; None where there is none.
        expected_at: when that is expected to be 1 (UTC); None where nothing tells.
        is_fresh: whether it was read when it should have been; None where nobody judged.
    """

    vendor: str
    connection: str
    table: str
    rows: int | None = None
    last_change_at: datetime | None = None
    complete_since: datetime | None = None
    backfill_share: float | None = None
    expected_at: datetime | None = None
    is_fresh: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Status:
    """What `warehouse.status.json` says; every time in UTC without offset.

    Attributes:
        as_of: when the vendors were last read.
        run_id: the run that published, None where unknown.
        verdict: the audit's, in its own words; None where there is none.
        checks: how many checks were made.
        critical: how many critical checks failed.
        warnings: how many others failed.
        feeds: the source tables.
        version: Penstock's own.
    """

    as_of: datetime
    run_id: str | None = None
    verdict: str | None = None
    checks: int = 0
    critical: int = 0
    warnings: int = 0
    feeds: tuple[Feed, ...] = ()
    version: str | None = None


@dataclass(frozen=True)
class Concern:
    """Something a reader of any figure must know.

    "unfinished" is a source still being loaded, "warning" is out of order, "note" is a limit.
    """

    level: Literal["unfinished", "warning", "note"]
    text: str


def warehouse_path() -> Path:
    """PENSTOCK_WAREHOUSE, else `data/warehouse.duckdb` in the project directory (the current)."""
    return Path(os.environ.get(VARIABLE) or DEFAULT)


@contextmanager
def opened(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The generation that is published now, read-only, closed afterwards.

    Raises:
        FileNotFoundError: nothing is published there.
    """
    if not warehouse.exists():
        raise FileNotFoundError(
            f"no published warehouse at {warehouse}: `penstock run` makes one, "
            f"{VARIABLE} names another"
        )
    with read_only(warehouse.resolve()) as con:
        yield con


def query(sql: str, **values: object) -> pd.DataFrame:
    """The answer of the file that is published now, as pandas has it; `$name` takes a value.

    Raises:
        FileNotFoundError: nothing is published.
    """
    with opened(warehouse_path()) as con:
        return con.execute(sql, values).df()


def parse_status(raw: Mapping[str, Any]) -> Status:
    """The status file's content, checked once.

    Raises:
        KeyError: `as_of` is missing: a figure without its time is not shown.
        ValueError: a time is not ISO 8601.
    """
    audit = raw.get("audit") or {}
    return Status(
        as_of=_moment(raw["as_of"]),
        run_id=raw.get("run_id"),
        verdict=audit.get("verdict"),
        checks=audit.get("checks") or 0,
        critical=audit.get("critical") or 0,
        warnings=audit.get("warnings") or 0,
        feeds=tuple(_feed(table) for table in raw.get("tables") or ()),
        version=raw.get("penstock_version"),
    )


def status_of(warehouse: Path, con: duckdb.DuckDBPyConnection) -> Status | None:
    """The status beside the file; of a file that was copied without it, what the file knows.

    Returns:
        None where neither says when the vendors were last read.
    """
    beside = warehouse.with_name("warehouse.status.json")
    if beside.exists():
        return as_shown(parse_status(json.loads(beside.read_text(encoding="utf-8"))), con)
    feeds = figures.feeds(con).to_pylist()
    read_at = [feed["last_read_at"] for feed in feeds if feed["last_read_at"] is not None]
    if not read_at:
        return None
    tables = [feed | {"table": feed["table_name"]} for feed in feeds]
    return parse_status({"as_of": max(read_at), "tables": tables})


def as_shown(status: Status, con: duckdb.DuckDBPyConnection) -> Status:
    """The status with no more of the past than the file holds.

    The status tells how far reading is, which goes on where a build is refused or not published.
    """
    held = {(feed.connection, feed.table): feed for feed in _feeds_of(con)}
    known = [
        _less_complete(feed, held.pop((feed.connection, feed.table), None)) for feed in status.feeds
    ]
    behind = [feed for feed in held.values() if feed.backfill_share is not None]
    return replace(status, feeds=(*known, *behind))


def partial_vendors(status: Status, connections: Sequence[str] = ()) -> frozenset[str]:
    """The vendors of which a figure shows a part, because a past is still being loaded.

    Args:
        status: of the published file.
        connections: the ones that the figure is about; none means every one.
    """
    return frozenset(
        behind.vendor
        for behind in unfinished(status.feeds, status.as_of)
        if not connections or behind.connection in connections
    )


def concerns(status: Status, now: datetime | None = None) -> list[Concern]:
    """What is incomplete or stale, in sentences, worst first.

    Args:
        status: of the published file.
        now: for a reader who looks later than the file was made; UTC without offset.
    """
    found = [
        Concern("unfinished", f"{behind.label} is not complete yet: {behind.named}. {behind.text}")
        for behind in unfinished(status.feeds, status.as_of)
    ]
    if now is not None and now - status.as_of > YESTERDAYS_NEWS:
        days = (now - status.as_of).days
        found.append(
            Concern(
                "warning", f"Nothing has been read for {days} {'day' if days == 1 else 'days'}."
            )
        )
    if not status.feeds:
        found.append(Concern("warning", "No source table has been read yet."))
    for name, feeds in _by_connection(status.feeds).items():
        found += _feed_concerns(name[:1].upper() + name[1:], feeds)
    return sorted(found, key=lambda concern: ("unfinished", "warning", "note").index(concern.level))


def _feed_concerns(name: str, feeds: Sequence[Feed]) -> Iterator[Concern]:
    late = [feed for feed in feeds if feed.is_fresh is False]
    if late:
        changes = [feed.last_change_at for feed in late if feed.last_change_at is not None]
        last = f" The last change seen is of {day(max(changes))}." if changes else ""
        yield Concern("warning", f"{name} was not read in time: {_tables(late)}.{last}")
    # what has a past to load is told apart while that lasts, and lacks nothing afterwards
    limited = [feed for feed in feeds if feed.backfill_share is None]
    since = [feed.complete_since for feed in limited if feed.complete_since is not None]
    if since:
        what = name if len(limited) == len(feeds) else f"{name}, as to {_tables(limited)},"
        yield Concern(
            "note",
            f"{what} is complete since {day(max(since))}. Documents that were not saved after "
            "that day may be missing, and their earlier steps are unknown.",
        )


def _by_connection(feeds: Sequence[Feed]) -> dict[str, list[Feed]]:
    grouped: dict[str, list[Feed]] = {}
    for feed in feeds:
        grouped.setdefault(connection_label(feed.vendor, feed.connection), []).append(feed)
    return grouped


def _tables(feeds: Sequence[Feed]) -> str:
    return ", ".join(words(feed.table) for feed in feeds)


def _feeds_of(con: duckdb.DuckDBPyConnection) -> list[Feed]:
    """What the file itself says of its sources."""
    return [_feed(row | {"table": row["table_name"]}) for row in figures.feeds(con).to_pylist()]


def _less_complete(feed: Feed, held: Feed | None) -> Feed:
    if held is None or held.backfill_share is None:
        return feed
    if feed.backfill_share is not None and feed.backfill_share <= held.backfill_share:
        return feed
    return replace(
        feed,
        complete_since=held.complete_since,
        backfill_share=held.backfill_share,
        expected_at=feed.expected_at or held.expected_at,
    )


def _feed(raw: Mapping[str, Any]) -> Feed:
    share = raw.get("backfill_share")
    return Feed(
        vendor=raw["vendor"],
        connection=raw.get("connection") or raw["vendor"],
        table=raw["table"],
        rows=raw.get("rows"),
        last_change_at=_maybe_moment(raw.get("last_change_at")),
        complete_since=_maybe_moment(raw.get("complete_since")),
        backfill_share=None if share is None else float(share),
        expected_at=_maybe_moment(raw.get("expected_at")),
        is_fresh=raw.get("fresh"),
    )


def _maybe_moment(value: str | datetime | None) -> datetime | None:
    return None if value is None else _moment(value)


def _moment(value: str | datetime) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
