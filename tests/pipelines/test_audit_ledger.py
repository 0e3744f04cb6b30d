"""Verdicts kept: in the private file for good, in the published one for the trend."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.audit.checks import Result, Severity, Status, Verdict
from pipelines.audit.ledger import COMMENTS, publish_results, record
from pipelines.ledger import prepare_ops
from tests.pipelines.audit_files import NOW


def result(
    check: str,
    status: Status = Status.PASS,
    severity: Severity = Severity.WARNING,
    failing_rows: int | None = 0,
) -> Result:
    return Result(
        vendor="shop",
        check=check,
        kind="fact",
        table="orders",
        severity=severity,
        means="Something is not right.",
        status=status,
        failing_rows=failing_rows,
        examples=({"order_number": 1, "said": "é <b>"},) if failing_rows else (),
        query="select 1",
    )


CRITICAL = Severity.CRITICAL
HELD = result("held")
WARNED = result("warned", Status.FAIL, failing_rows=1)
LOST = result("lost", Status.FAIL, CRITICAL, failing_rows=1234)
UNKNOWN = result("unknown", Status.ERROR, CRITICAL, failing_rows=None)


@pytest.mark.parametrize(
    ("results", "refused", "summary"),
    [
        ([], False, "0 warnings, 0 of 0 checks passed"),
        ([HELD, WARNED], False, "1 warning, 1 of 2 checks passed"),
        ([result("held", severity=CRITICAL)], False, "0 warnings, 1 of 1 checks passed"),
        (
            [HELD, LOST],
            True,
            "refused by shop orders: lost (1,234 rows); 0 warnings, 1 of 2 checks passed",
        ),
        (
            [UNKNOWN],
            True,
            "refused by shop orders: unknown (could not be evaluated); "
            "0 warnings, 0 of 1 checks passed",
        ),
    ],
    ids=["nothing asked", "a warning", "critical holds", "critical fails", "critical unknown"],
)
def test_only_a_critical_check_that_does_not_pass_refuses(
    results: list[Result], refused: bool, summary: str
) -> None:
    verdict = Verdict(results)
    assert verdict.refused is refused
    assert verdict.summary() == summary


def test_results_are_kept_and_the_last_ninety_days_published(tmp_path: Path) -> None:
    target = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(tmp_path / "raw.duckdb")) as raw:
        prepare_ops(raw)
        record(Verdict([LOST]), raw, "r0", NOW - timedelta(days=91))
        record(Verdict([]), raw, "r1", NOW - timedelta(days=2))
        record(Verdict([UNKNOWN]), raw, "r2", NOW - timedelta(days=1))
        record(Verdict([HELD, WARNED]), raw, "r3", NOW)
        kept = raw.execute("select count(*) from ops.audit_results").fetchall()
        publish_results(target, raw, NOW)
        publish_results(target, raw, NOW)
    assert kept == [(4,)]
    assert not target.with_suffix(".duckdb.wal").exists()
    with duckdb.connect(str(target), read_only=True) as published:
        rows = published.execute(
            "select run_id, check_name, status, severity, failing_rows, examples "
            "from ops.audit_results order by run_id, check_name"
        ).fetchall()
    assert [row[:5] for row in rows] == [
        ("r2", "unknown", "error", "critical", None),
        ("r3", "held", "pass", "warning", 0),
        ("r3", "warned", "fail", "warning", 1),
    ]
    assert json.loads(rows[2][5]) == [{"order_number": 1, "said": "é <b>"}]


def test_the_published_table_explains_itself(tmp_path: Path) -> None:
    target = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(tmp_path / "raw.duckdb")) as raw:
        prepare_ops(raw)
        publish_results(target, raw, NOW)
    with duckdb.connect(str(target), read_only=True) as published:
        columns = published.execute(
            "select column_name, comment from duckdb_columns() "
            "where schema_name = 'ops' order by column_index"
        ).fetchall()
        (comment,) = published.execute("select comment from duckdb_tables()").fetchall()
    assert columns == list(COMMENTS.items())
    assert comment[0]
