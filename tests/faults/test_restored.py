"""The work file comes back from a backup, or goes: the archive has what no vendor tells again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines import boundaries
from tests.faults.truth import assert_equal_to_truth
from tests.house import House


def _put_back(house: House, backup: Path) -> None:
    house.raw.with_name("raw.duckdb.wal").unlink(missing_ok=True)
    shutil.copyfile(backup, house.raw)


def test_what_was_confirmed_since_the_backup_comes_from_the_archive(
    house: House, tmp_path: Path
) -> None:
    house.run("--no-publish")
    backup = tmp_path / "raw.backup"
    shutil.copyfile(house.raw, backup)
    for _ in range(2):
        house.sandbox.advance(days=3)
        house.run("--no-publish")
    _put_back(house, backup)

    ended = house.run("--no-publish")

    assert "older than its archive" in ended.output
    assert "2 runs" in ended.output
    assert_equal_to_truth(house)
    assert "older than its archive" not in house.run("--no-publish").output


def test_a_lost_work_file_is_made_anew_from_the_archive(house: House) -> None:
    house.run("--no-publish")
    house.sandbox.advance(days=3)
    house.run("--no-publish")
    house.raw.unlink()

    house.run("--no-publish")

    assert_equal_to_truth(house)


def test_what_a_killed_run_had_archived_is_taken_in_though_the_vendor_is_gone(
    house: House,
) -> None:
    killed = house.penstock(
        "run", "--no-publish", environment={boundaries.KILL_AT: boundaries.ARCHIVED}
    )
    assert killed.was_killed, killed.output
    house.write_settings(attempts="1", backoff_seconds="0.05")
    house.sandbox.fault("server_error", vendor="cienapps", times="always")

    ended = house.penstock("run", "--no-publish")

    assert ended.code == 1, ended.output
    ((orders,),) = house.ask_raw("select count(*) from cienapps.orders")
    assert int(str(orders)) > 0
    house.sandbox.clear_faults()
    house.run("--no-publish")
    assert_equal_to_truth(house)


@pytest.mark.long
def test_a_damaged_page_is_told_and_stops_nothing(house: House) -> None:
    house.run("--no-publish")
    house.sandbox.advance(days=3)
    house.run("--no-publish")
    (first, second) = sorted((house.data / "work" / "archive").glob("*.zst"))
    content = second.read_bytes()
    second.write_bytes(content[:40] + b"rot" + content[43:])
    house.raw.unlink()

    ended = house.run("--no-publish")

    assert f"{second.name} is damaged at byte 0" in ended.output
    ((orders,),) = house.ask_raw("select count(*) from cienapps.orders")
    assert int(str(orders)) > 0
    assert first.exists()
