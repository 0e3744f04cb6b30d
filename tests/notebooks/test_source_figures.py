"""What the data quality notebook says of sources and audits."""

from __future__ import annotations

from pathlib import Path

from notebooks import figures
from notebooks.published import opened

from .published import AS_OF, NASTY_NAME, changed


def test_checks_that_fail_now_and_since_when(warehouse: Path) -> None:
    with opened(warehouse) as con:
        broken, late = figures.failing_checks(con).to_pylist()
    # the check that failed once, long ago, is not among them
    assert (broken["check_name"], broken["status"]) == ("rows as before", "error")
    assert (broken["audit_count"], broken["failing_rows"]) == (1, None)
    assert (late["check_name"], late["severity"]) == ("due after made", "warning")
    assert (late["audit_count"], late["failing_rows"], late["detail"]) == (7, 40, NASTY_NAME)
    assert (AS_OF - late["failing_since"]).days == 6


def test_a_check_that_passed_meanwhile_fails_since_then(warehouse: Path, tmp_path: Path) -> None:
    mended = """UPDATE ops.audit_results SET status = 'pass'
      WHERE check_name = 'due after made' AND run_id = 'run038'"""
    with changed(warehouse, tmp_path, mended) as con:
        (late,) = [r for r in figures.failing_checks(con).to_pylist() if r["severity"] == "warning"]
    assert late["audit_count"] == 2


def test_what_a_check_found_before_is_not_what_it_finds_now(
    warehouse: Path, tmp_path: Path
) -> None:
    failed = """UPDATE ops.audit_results SET status = 'fail', failing_rows = 5, detail = 'five'
      WHERE check_name = 'rows as before' AND run_id = 'run039'"""
    with changed(warehouse, tmp_path, failed) as con:
        broken, _ = figures.failing_checks(con).to_pylist()
    assert (broken["status"], broken["failing_rows"], broken["detail"]) == ("error", None, None)
    assert broken["audit_count"] == 2


def test_the_audit_trend_ends_with_the_latest(warehouse: Path) -> None:
    with opened(warehouse) as con:
        trend = figures.audit_trend(con, at_most=30).to_pylist()
    assert len(trend) == 30
    assert [r["checked_at"] for r in trend] == sorted(r["checked_at"] for r in trend)
    assert trend[-1]["checked_at"] == AS_OF
    assert sum(r["critical_count"] for r in trend) == 2
    assert [r["warning_count"] for r in trend[-8:]] == [0] + [1] * 7


def test_what_is_late_comes_first(warehouse: Path, tmp_path: Path) -> None:
    script = """UPDATE ops.freshness SET last_change_at = last_change_at - INTERVAL 30 HOUR
      WHERE table_name = 'quotations'"""
    with opened(warehouse) as con:
        assert not any(figures.freshness(con, AS_OF)["is_late"].to_pylist())
    with changed(warehouse, tmp_path, script) as con:
        first, *others = figures.freshness(con, AS_OF).to_pylist()
    assert (first["table_name"], first["is_late"], first["hours_since_change"]) == (
        "quotations", True, 32,
    )  # fmt: skip
    assert not any(row["is_late"] for row in others)


def test_columns_begin_with_the_sales_model(warehouse: Path) -> None:
    with opened(warehouse) as con:
        columns = figures.columns(con).to_pylist()
        counted = con.execute(
            "SELECT count(*) FROM information_schema.columns WHERE table_schema IN ('sales', 'ops')"
        ).fetchone()
    assert columns[0]["table_name"].startswith("sales.")
    assert columns[-1]["table_name"].startswith("ops.")
    assert (len(columns),) == counted
