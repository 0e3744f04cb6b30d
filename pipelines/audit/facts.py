"""Facts asked of a database: each a query whose rows should not be there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.audit.checks import EXAMPLES, Fact, Reads, Result, Status, VendorChecks
from pipelines.audit.sql import NotAQuery, bound, parse
from pipelines.warehouse import read_only


def judge_facts(
    database: Path | duckdb.DuckDBPyConnection,
    checks: Sequence[VendorChecks],
    *,
    now: datetime,
    every_run_only: bool = False,
    reads: Reads = Reads.PUBLISHED,
) -> list[Result]:
    """Judge the facts that a file can answer.

    Args:
        database: the file, opened read-only, or a connection to it. Facts of every run may be
            asked of the work file, and of the published one where they read that; the others of
            the one that `reads` names.
        checks: all checks.
        now: the moment of the audit (UTC), `$now` in the queries.
        every_run_only: ask only what can be asked when nothing new arrived.
        reads: the file it is.

    Returns:
        One result per fact. A query that cannot be run is a result with status 'error'.
    """
    facts = [f for c in checks for f in c.facts]
    if every_run_only:
        facts = [f for f in facts if f.every_run]
    else:
        facts = [f for f in facts if f.reads is reads]
    if isinstance(database, duckdb.DuckDBPyConnection):
        return _judge(database, facts, now)
    with read_only(database) as connection:
        return _judge(connection, facts, now)


def _judge(
    connection: duckdb.DuckDBPyConnection, facts: Iterable[Fact], now: datetime
) -> list[Result]:
    # a cursor of its own: a query that fails must not undo what the connection is in the middle of
    with connection.cursor() as cursor:
        return [_one(cursor, fact, now) for fact in facts]


def _one(cursor: duckdb.DuckDBPyConnection, fact: Fact, now: datetime) -> Result:
    values = {"now": now, **fact.parameters}
    count, examples, detail = None, [], ""
    try:
        asked = {name: values[name] for name in parse(cursor, fact.failing).parameters}
        rows = cursor.execute(
            f"with failing as materialized (\n{fact.failing}\n)\n"
            "select to_json(failing)::varchar, (select count(*) from failing)\n"
            f"from failing limit {EXAMPLES}",
            asked,
        ).fetchall()
        count = rows[0][1] if rows else 0
        examples = [json.loads(row[0]) for row in rows]
        status = Status.FAIL if count else Status.PASS
    except (duckdb.Error, NotAQuery, KeyError) as error:
        status, detail = Status.ERROR, f"{type(error).__name__}: {' '.join(str(error).split())}"
    return Result(
        vendor=fact.vendor,
        check=fact.name,
        kind="fact",
        table=fact.table,
        severity=fact.severity,
        means=fact.means,
        status=status,
        failing_rows=count,
        examples=tuple(examples),
        query=bound(fact.failing, values),
        reads=fact.reads,
        detail=detail,
    )
