"""The build itself: what the file holds, what it leaves behind, what it says when it fails."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.transform import ModelFailed, build
from tests.once import Once
from tests.pipelines.model_world import AS_OF, STEPS, VENDORS, World, rebuild, world, write_maps
from tests.pipelines.published_schema import empty_world, listing, pinned

# opens a file for writing, which any lock or WAL left behind would prevent or show
_TAKE = """
import sys, duckdb
from pathlib import Path
for name in sys.argv[1:]:
    assert not Path(name + ".wal").exists(), name
    with duckdb.connect(name) as db:
        db.execute("create table main.taken(i integer)")
        db.execute("drop table main.taken")
"""


def test_a_vendor_publishes_the_same_without_another() -> None:
    assert listing(world()) == pinned("cienapps")


def test_only_published_schemas_are_in_the_file() -> None:
    schemas = world().rows("SELECT schema_name FROM duckdb_schemas() WHERE NOT internal")
    # main is DuckDB's own: every file has it
    assert {name for (name,) in schemas} - {"main"} == {"cienapps", "history", "ops", "sales"}
    assert world().rows("SELECT view_name FROM duckdb_views() WHERE NOT internal") == []


def test_every_published_table_and_column_has_a_comment() -> None:
    commented = world().rows(
        "SELECT schema_name, table_name, NULL, comment FROM duckdb_tables() UNION ALL "
        "SELECT schema_name, table_name, column_name, comment FROM duckdb_columns() "
        "WHERE NOT internal"
    )
    assert len(commented) > 300
    assert [place for *place, comment in commented if not comment] == []
    assert [place for *place, comment in commented if "{" in comment or "doc(" in comment] == []


def test_observed_times_say_so() -> None:
    comments = dict(
        world().rows(
            "SELECT table_name || '.' || column_name, comment FROM duckdb_columns() "
            "WHERE schema_name = 'sales'"
        )
    )
    for column in ("entered_at", "left_at", "days_in_step"):
        assert "observed time" in comments[f"document_steps.{column}"]
    for table in ("quotations", "orders", "work_orders"):
        for column in ("step_entered_at", "changed_at"):
            assert "observed time" in comments[f"{table}.{column}"]


def test_the_file_can_be_opened_by_older_clients() -> None:
    assert world().rows(
        "SELECT database_name, tags['storage_version'] FROM duckdb_databases() WHERE NOT internal"
    ) == [("warehouse", "v1.0.0+")]


def test_the_report_counts_what_was_published() -> None:
    report = world().report
    assert report.models == len(report.rows) == 37
    assert report.rows["sales.orders"] == 3
    assert report.rows["history.cienapps__orders"] == 6
    assert report.run_id == "run-1"


def test_building_again_in_the_same_process_is_silent_quick_to_parse_and_leaves_nothing_open(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world()
    monkeypatch.chdir(tmp_path)
    project = _files(first)
    again = rebuild(first.folder)
    assert again.rows == first.report.rows
    assert _files(first) == project  # dbt writes nothing there, and nothing was written anew
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []
    assert [path.name for path in first.warehouse.parent.iterdir()] == ["warehouse.duckdb"]
    files = [str(first.warehouse), str(first.raw), str(first.folder / "dbt" / "inputs.duckdb")]
    subprocess.run([sys.executable, "-c", _TAKE, *files], check=True)
    log = (first.folder / "dbt" / "log" / "dbt.log").read_text(encoding="utf-8")
    last = log.rpartition("Running with dbt")[2]
    assert "Unable to do partial parsing" not in last
    assert re.search(r"PASS=\d+ WARN=0 ERROR=0 SKIP=0", last)


def _files(built: World) -> dict[Path, int]:
    """The assembled project's files and when each was written."""
    found = (built.folder / "dbt" / "project").rglob("*")
    return {path: path.stat().st_mtime_ns for path in found if path.is_file()}


def test_nothing_loaded_yet_is_empty_tables(once: Once) -> None:
    rows = empty_world(once).report.rows
    assert len(rows) > 150
    assert set(rows.values()) == {0}


def test_without_any_vendor_the_marts_are_there_and_empty(tmp_path: Path) -> None:
    raw, target = tmp_path / "raw.duckdb", tmp_path / "next" / "warehouse.duckdb"
    duckdb.connect(str(raw)).close()
    report = build(raw, target, {}, tmp_path / "maps", tmp_path / "dbt", AS_OF, "run-0")
    assert set(report.rows.values()) == {0}
    assert {name for name in world().report.rows if name.startswith(("sales.", "ops."))} == set(
        report.rows
    )


def test_a_failing_model_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    raw = tmp_path / "raw.duckdb"
    shutil.copy(world().raw, raw)
    with duckdb.connect(str(raw)) as db:
        db.execute("ALTER TABLE cienapps.orders DROP COLUMN title")
    write_maps(tmp_path / "maps", steps=STEPS)
    with pytest.raises(ModelFailed, match='column named "title"') as failure:
        rebuild(tmp_path)
    assert "cienapps__orders" in failure.value.models
    assert "cienapps__orders" in str(failure.value)
    assert str(tmp_path / "dbt" / "log" / "dbt.log") in failure.value.next_command
    assert list((tmp_path / "next").iterdir()) == []
    subprocess.run([sys.executable, "-c", _TAKE, str(raw)], check=True)
    with duckdb.connect(str(raw)) as db:
        db.execute("ALTER TABLE cienapps.orders ADD COLUMN title VARCHAR")
    assert rebuild(tmp_path).rows == world().report.rows


def test_a_missing_work_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelFailed, match="the work file cannot be read"):
        rebuild(tmp_path)


def test_the_file_must_have_the_catalogues_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not next"):
        build(
            tmp_path / "raw.duckdb",
            tmp_path / "next.duckdb",
            VENDORS,
            tmp_path,
            tmp_path / "dbt",
            AS_OF,
            "run-1",
        )
