"""Who holds a data folder: processes, users and hosts that share it."""

from __future__ import annotations

import ctypes
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from filelock import FileLock

from pipelines.lock import Busy, Hold, Holder, Overtaken, kernel, read_holder, run_lock
from pipelines.stopping import Stop, Stopped
from pipelines.warehouse import Places
from tests.house import House, killable, wait_for
from tests.house import _penstock as penstock

BEAT = 0.1
ELSEWHERE = Holder(host="nas-2", kernel="another system", pid=77, started_at="2001-01-01T00:00:00")
NOBODY = 12345


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = Places(tmp_path, tmp_path / "data", tmp_path / "data" / "work")
    found.prepare()
    return found


@pytest.fixture
def holder(places: Places) -> Path:
    return places.work / "run.holder"


@pytest.fixture
def elsewhere(holder: Path) -> Iterator[Hold]:
    """A run of another host, whose lock this one does not see."""
    hold = Hold(holder, ELSEWHERE, BEAT)
    yield hold
    hold.release()


def left(holder: Path, who: Holder) -> None:
    holder.write_text(json.dumps(asdict(who)))


def test_every_verb_that_writes_is_refused_while_another_runs(house: House) -> None:
    places = Places(house.folder, house.data, house.data / "work")
    places.prepare()
    with run_lock(places):
        for verb in ("run", "sweep cienapps", "deliver", "rollback"):
            ended = house.penstock(*verb.split())
            assert ended.code == 75, f"{verb}: {ended.output}"
            assert f"pid {os.getpid()}, since 20" in ended.output
    assert house.penstock("rollback").code == 1, "nothing is published, and the lock is free"


def test_what_a_killed_process_left_holds_up_nobody(places: Places, holder: Path) -> None:
    left(holder, Holder(pid=4_000_000))
    told: list[str] = []
    with run_lock(places, tell=told.append):
        now = read_holder(holder)
    assert now is not None
    assert now.pid == os.getpid()
    assert told == []
    assert not holder.exists()


def test_the_holder_beats(places: Places, holder: Path) -> None:
    with run_lock(places, beat_seconds=0.02) as hold:
        end = time.monotonic() + 20
        while getattr(read_holder(holder), "beat", 0) < 3:
            assert time.monotonic() < end
            time.sleep(0.01)
        hold.check()


@pytest.mark.usefixtures("elsewhere")
def test_another_host_that_beats_is_not_disturbed(places: Places, holder: Path) -> None:
    """Whatever its clock says: it began in 2001."""
    with (
        pytest.raises(Busy, match=r"at nas-2 \(pid 77, since 2001-01-01"),
        run_lock(places, beat_seconds=10 * BEAT),
    ):
        pytest.fail("two hosts write")
    assert getattr(read_holder(holder), "host", None) == "nas-2"
    with FileLock(places.work / "run.lock", timeout=0):
        pass  # and the lock was let go


@pytest.mark.parametrize("year", [2001, 2124], ids=["clock behind", "clock ahead"])
def test_another_host_that_is_dead_is_taken_over(places: Places, holder: Path, year: int) -> None:
    left(holder, replace(ELSEWHERE, started_at=f"{year}-01-01T00:00:00"))
    told: list[str] = []
    with run_lock(places, tell=told.append, beat_seconds=BEAT):
        assert getattr(read_holder(holder), "kernel", None) == kernel()
    assert "waiting 0 s for a sign of life" in told[0]
    assert "nas-2 gave no sign of life" in told[1]


def test_another_host_that_ends_meanwhile_makes_room(places: Places, holder: Path) -> None:
    left(holder, ELSEWHERE)
    gone = threading.Timer(BEAT, holder.unlink)
    gone.start()
    began = time.monotonic()
    with run_lock(places, beat_seconds=2):
        assert time.monotonic() - began < 6
    gone.join()


def test_a_stop_ends_the_wait_for_another_host(places: Places, holder: Path) -> None:
    left(holder, ELSEWHERE)
    stop = Stop()
    stop.is_asked = True
    with pytest.raises(Stopped), run_lock(places, stop=stop, beat_seconds=10):
        pytest.fail("it was stopped")
    assert holder.exists()


def test_a_lock_that_has_outlived_its_host(places: Places, holder: Path) -> None:
    """The file server holds it: nothing but the host's name tells that it may be dead."""
    left(holder, ELSEWHERE)
    with (
        FileLock(places.work / "run.lock"),
        pytest.raises(Busy, match=r"at nas-2 .*dead for certain.*: rm .*run\.lock"),
        run_lock(places),
    ):
        pytest.fail("the lock is held")


def test_who_was_taken_over_writes_no_more(places: Places, holder: Path) -> None:
    with run_lock(places, beat_seconds=0.02) as hold:
        hold.check()
        left(holder, ELSEWHERE)
        with pytest.raises(Overtaken, match="nas-2"):
            hold.check()
        time.sleep(0.1)
    assert read_holder(holder) == ELSEWHERE, "neither beaten over nor taken away"


def test_a_run_that_was_taken_over_commits_nothing(house: House) -> None:
    house.sandbox.fault("slow", vendor="cienapps", times="always", ms=700)
    holder = house.data / "work" / "run.holder"
    with house.started("run", "--no-publish") as process:
        wait_for(holder)
        while read_holder(holder) is None:
            time.sleep(0.01)  # it is there, and not yet written
        left(holder, ELSEWHERE)
        process.join(60)
        assert process.exitcode == 75
    said = (house.folder / "printed").read_text()
    assert "nas-2 (pid 77, since 2001-01-01T00:00:00 UTC) took the data folder over" in said
    assert "Traceback" not in said
    assert house.ask_raw("select count(*) from ops.windows") == [(0,)]
    assert not any(e["sync_id"] > 10 for e in house.sandbox.truth("cienapps")["history"])
    assert read_holder(holder) == ELSEWHERE


@pytest.mark.parametrize("written", [b"", b'{"pid": 1', b"[]", b'{"pid": 1, "started_at": "x"}'])
def test_a_holder_that_cannot_be_read_is_none(places: Places, holder: Path, written: bytes) -> None:
    holder.write_bytes(written)
    assert read_holder(holder) is None
    with run_lock(places):
        assert read_holder(holder) is not None


@pytest.mark.skipif(
    sys.platform != "linux" or os.getuid() != 0,
    reason="only root can give a folder to another user, and do without its own privileges",
)
def test_another_users_folder_is_refused_with_its_owner(house: House) -> None:
    """The folder is another's, and root without its capabilities is a user like any other."""
    places = Places(house.folder, house.data, house.data / "work")
    places.prepare()
    os.chown(places.work, NOBODY, NOBODY)
    for verb in (["run"], ["deliver"], ["rollback"], ["sql", "--raw", "from ops.runs"]):
        arguments = (*verb, "--project", str(house.folder))
        assert killable(_as_another_user, arguments, house.folder / "printed") == 2
        said = (house.folder / "printed").read_text()
        assert f"is closed to this user: it is #{NOBODY}'s. Next: sudo -u '#{NOBODY}'" in said
        assert str(places.work) in said
        assert "Traceback" not in said


def _as_another_user(arguments: tuple[str, ...], printed: Path) -> None:
    version, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert ctypes.CDLL(None).capset(version, nothing) == 0
    penstock(arguments, {}, printed)
