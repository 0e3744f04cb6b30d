"""Readers, writers and a second run beside a run; and a build that the audit refuses."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from sources._sandbox.process import RunningSandbox
from tests.house import House

READER = """
import duckdb, sys
with duckdb.connect(sys.argv[1], read_only=True) as db:
    print(db.sql("select count(*) from sales.orders").fetchone()[0], flush=True)
    sys.stdin.readline()
    print(db.sql("select count(*) from sales.orders").fetchone()[0], flush=True)
"""
SCRIBBLER = """
import duckdb, os, signal, sys
db = duckdb.connect(sys.argv[1])
db.execute("set checkpoint_threshold = '1GB'")
db.execute("delete from sales.orders")
db.execute("create table sales.mine as select 1 as scribble")
os.kill(os.getpid(), signal.SIGKILL)
"""


def _process(code: str, file: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(  # our own code
        [sys.executable, "-c", code, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_readers_keep_their_snapshot_and_scribblers_harm_nothing(
    house: House, sandbox: RunningSandbox
) -> None:
    house.run()
    ((first,),) = house.ask("select count(*) from sales.orders")
    with _process(READER, house.published) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        assert int(reader.stdout.readline()) == first
        with _process(SCRIBBLER, house.published) as scribbler:
            scribbler.wait()
        sandbox.save("cienapps", "order")
        house.run()
        ((second,),) = house.ask("select count(*) from sales.orders")
        assert second == int(str(first)) + 1
        reader.stdin.write("again\n")
        reader.stdin.flush()
        assert int(reader.stdout.readline()) == first
    assert house.ask(
        "select count(*) from information_schema.tables where table_name = 'mine'"
    ) == [(0,)]

    house.penstock("rollback")
    assert house.ask("select count(*) from sales.orders") == [(first,)]


def test_a_second_run_does_nothing_and_names_the_first(house: House) -> None:
    house.write_settings(read_seconds="30")
    house.sandbox.fault("slow", vendor="cienapps", times="always", ms=3000)
    with house.started("run", "--no-publish") as first:
        holder = house.data / "work" / "run.holder"
        from tests.house import wait_for

        wait_for(holder)
        second = house.penstock("run", "--no-publish")
        assert second.code == 75
        assert f"pid {first.pid}, since 20" in second.output
        assert first.exitcode is None
    house.sandbox.clear_faults()
    assert house.penstock("run", "--no-publish").code == 0


@pytest.mark.long
def test_a_refused_build_leaves_readers_with_the_last_good_file(
    house: House, sandbox: RunningSandbox
) -> None:
    house.run()
    target, digest = house.published.resolve(), _digest(house.published)
    with duckdb.connect(str(house.raw)) as db:
        db.execute("insert into cienapps.orders from cienapps.orders where order_number = 4700")
    sandbox.save("cienapps", "quotation")

    refused = house.penstock("run")

    assert refused.code == 3
    assert "CRITICAL cienapps orders" in refused.output
    assert "4700" in refused.output
    assert "penstock sql --raw" in refused.output
    assert (house.published.resolve(), _digest(house.published)) == (target, digest)
    assert "Refused" in (house.data / "audit.html").read_text("utf-8")
    assert house.penstock("run").code == 3, "refused until it is mended"

    with duckdb.connect(str(house.raw)) as db:
        db.execute("""
            delete from cienapps.orders where rowid in (
                select max(rowid) from cienapps.orders group by _page_id, _row_number
                having count(*) > 1)""")
    house.run()
    assert house.published.resolve() != target


@pytest.mark.long
def test_a_quiet_run_puts_a_missing_file_back_and_keeps_the_verdict(house: House) -> None:
    """Also where the data folder is a symlink to another disk."""
    disk = house.folder.parent / "disk"
    disk.mkdir()
    house.data.symlink_to(disk)
    house.run()
    verdict = json.loads(house.penstock("status", "--json").output)["audit"]

    quiet = house.run()
    assert "nothing new" in quiet.output
    said = json.loads(house.penstock("status", "--json").output)
    assert said["audit"] == verdict
    assert said["checked_now"]["checks"] < verdict["checks"]

    house.published.unlink()
    house.run()
    assert house.ask("select count(*) > 0 from sales.orders") == [(True,)]
    assert len(list(disk.glob("warehouse-*.duckdb"))) == 2
    assert house.penstock("rollback").code == 0
    assert json.loads(house.penstock("status", "--json").output)["last_run"]["outcome"] == (
        "rolled_back"
    )


@pytest.mark.long
def test_a_dead_feed_shows_on_the_page(house: House) -> None:
    house.run()
    page = house.data / "site" / "index.html"
    before = page.read_text("utf-8")
    ended = house.penstock("run", environment={"PENSTOCK_CLOCK_SHIFT": str(30 * 86_400)})
    assert ended.code == 3, ended.output
    assert "nothing new" in ended.output
    said = json.loads(house.penstock("status", "--json").output)
    assert [t["fresh"] for t in said["tables"]] == [False, False, False]
    assert page.read_text("utf-8") != before
