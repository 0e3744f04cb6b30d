"""What a call budget survives: clocks, processes that die, and what may become of its file."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sources._http.budget import Budget, Budgets, Heard, Rate
from sources._http.errors import Misconfigured, Retryable
from sources._http.process import birth, is_alive
from tests.sources.budget_watch import BOTH, QUARTER, Opens, Watch, call, left, opens, take

ROOT = Path(__file__).parents[2]


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def open_budget(tmp_path: Path, watch: Watch) -> Opens:
    return opens(tmp_path / "budget", watch)


class TestClock:
    @pytest.mark.parametrize("hour", [3600.0, -3600.0, -4990.0])
    def test_that_jumps_holds_nobody_up_for_longer_than_a_window(
        self, open_budget: Opens, watch: Watch, hour: float
    ) -> None:
        budget = open_budget(QUARTER)
        call(budget, 100)
        on_the_way = [take(budget) for _ in range(2)]
        watch.now += hour
        began = watch.now
        call(budget)
        assert watch.now - began <= 901
        for ticket in on_the_way:
            budget.done(ticket)
        call(budget, 99)
        assert watch.now - began <= 1802

    def test_that_jumps_back_forgets_no_call(self, open_budget: Opens, watch: Watch) -> None:
        budget = open_budget(QUARTER)
        call(budget, 60)
        watch.now -= 3600
        assert left(budget) == [40]
        watch.now += 899
        assert left(budget) == [40]

    @pytest.mark.parametrize("hour", [3600.0, -3600.0])
    def test_that_jumps_ends_a_refusal_after_a_window_at_the_latest(
        self, open_budget: Opens, watch: Watch, hour: float
    ) -> None:
        budget = open_budget()
        budget.refused(call(budget), Heard(100, 0, 900), retry_after=900)
        watch.now += hour
        began = watch.now
        call(budget)
        assert watch.now - began <= 901

    def test_that_jumps_while_a_call_is_on_its_way_has_its_word_ignored(
        self, open_budget: Opens, watch: Watch
    ) -> None:
        budget = open_budget(QUARTER)
        ticket = take(budget)
        watch.now -= 3600
        budget.done(ticket)
        budget.heard(ticket, limit=100, remaining=7, reset=60)
        assert left(budget) == [99]
        budget.refused(ticket, Heard(100, 0, 60))
        assert budget.left()[0].free_in == pytest.approx(30)


class TestProcess:
    SCRIPT = """
import asyncio, sys
from pathlib import Path
from sources._http.budget import Budget, Rate
rates = [Rate(2, 1), Rate(100, 900)]
budget = Budget(Path(sys.argv[1]), "account", rates, monotonic=lambda: 5000.0)
asyncio.run(budget.take())
asyncio.run(budget.take())
print("taken", flush=True)
sys.stdin.read()
"""

    def started(self, file: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", self.SCRIPT, str(file)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "taken\n"
        return process

    def test_that_died_leaves_calls_that_count_as_answered(
        self, tmp_path: Path, open_budget: Opens, watch: Watch
    ) -> None:
        budget = open_budget()
        with self.started(tmp_path / "budget") as process:
            watch.now += 30
            assert left(budget) == [0, 98]
            process.kill()
        assert left(budget) == [2, 98]
        watch.now = 5000 + 59 + 900
        assert left(budget) == [2, 98]
        watch.now += 1.1
        assert left(budget) == [2, 100]

    def test_that_has_just_died_may_still_be_counted_by_the_vendor(
        self, tmp_path: Path, open_budget: Opens, watch: Watch
    ) -> None:
        budget = open_budget()
        with self.started(tmp_path / "budget") as process:
            process.kill()
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet mourned
            watch.now += 1.9
            assert left(budget) == [0, 98]
            watch.now += 0.2
            assert left(budget) == [2, 98]

    def test_that_lives_and_never_tells_is_waited_for_no_longer_than_a_window(
        self, open_budget: Opens, watch: Watch
    ) -> None:
        budget = open_budget(Rate(1, 100))
        take(budget)
        watch.now += 199
        assert left(budget) == [0]
        watch.now += 1.1
        assert left(budget) == [1]

    def test_is_told_from_another_of_its_number(self) -> None:
        born = birth(os.getpid())
        assert born is not None
        assert is_alive(os.getpid(), born)
        assert not is_alive(os.getpid(), "1")

    def test_is_found_where_there_is_no_list_of_processes(self, tmp_path: Path) -> None:
        with subprocess.Popen([sys.executable, "-c", ""]) as gone:
            pass
        assert birth(os.getpid(), proc=tmp_path) == birth(1, proc=tmp_path) == ""
        assert birth(gone.pid, proc=tmp_path) is None
        assert birth(gone.pid) is None


class TestFile:
    def test_is_for_its_owner_alone(self, tmp_path: Path, open_budget: Opens) -> None:
        budget = open_budget()
        call(budget)
        files = list(tmp_path.iterdir())
        assert len(files) == 3
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        budget.close()

    def test_holds_no_account_names(self, tmp_path: Path, watch: Watch) -> None:
        budgets = Budgets(tmp_path / "budget", monotonic=watch.monotonic, sleep=watch.sleep)
        budget = budgets.account("site|sk-Zq8-secret", BOTH)
        budget.refused(call(budget), Heard(100, 0, 60), retry_after=5)
        assert all(b"Zq8" not in file.read_bytes() for file in tmp_path.iterdir())
        assert left(budgets.account("site|sk-Zq8-secret", BOTH)) == [0, 0]

    def test_does_not_grow(self, tmp_path: Path, open_budget: Opens, watch: Watch) -> None:
        budget = open_budget(Rate(10, 100))
        call(budget, 200)
        budget.close()
        with sqlite3.connect(tmp_path / "budget") as db:
            (rows,) = db.execute("SELECT count(*) FROM calls").fetchone()
        db.close()
        assert rows <= 30

    def test_that_is_lost_begins_anew_for_all(self, tmp_path: Path, open_budget: Opens) -> None:
        first, second = open_budget(QUARTER), open_budget(QUARTER)
        ticket = take(first)
        call(second, 9)
        (tmp_path / "budget").unlink()
        call(first, 2)
        assert left(second) == [98]
        first.done(ticket)
        first.heard(ticket, limit=100, remaining=7, reset=60)
        assert left(second) == [5]
        first.close()
        second.close()

    def test_is_opened_again_after_it_was_closed(self, open_budget: Opens) -> None:
        budget = open_budget(QUARTER)
        call(budget)
        budget.close()
        budget.close()
        assert left(budget) == [99]

    @pytest.mark.parametrize(
        "content", [b"no database " * 1000, b"SQLite format 3\0" + b"x" * 9000]
    )
    def test_that_is_corrupt_says_what_to_type(
        self, tmp_path: Path, open_budget: Opens, content: bytes
    ) -> None:
        file = tmp_path / "budget"
        file.write_bytes(content)
        with pytest.raises(Misconfigured, match="cannot be used") as caught:
            take(open_budget())
        assert str(caught.value).endswith(f"Next: rm -f {file} {file}-wal {file}-shm")

    def test_that_goes_bad_while_it_is_used_says_so_too(
        self, tmp_path: Path, open_budget: Opens
    ) -> None:
        budget = open_budget()
        call(budget)
        budget.close()
        file = tmp_path / "budget"
        file.write_bytes(file.read_bytes()[:4096] + b"\xff" * 20_000)
        with pytest.raises(Misconfigured, match="rm -f"):
            call(budget)

    def test_of_another_version_is_left_alone(self, tmp_path: Path, open_budget: Opens) -> None:
        with sqlite3.connect(tmp_path / "budget") as db:
            db.execute("PRAGMA user_version=7")
        db.close()
        with pytest.raises(Misconfigured, match=r"another version of penstock .*format 7"):
            call(open_budget())

    def test_that_cannot_be_made_says_why(self, tmp_path: Path) -> None:
        budget = Budget(tmp_path / "nowhere" / "budget", "account", BOTH)
        with pytest.raises(Misconfigured, match=r"nowhere/budget cannot be opened: No such file"):
            call(budget)

    @pytest.mark.parametrize("held", ["before it was opened", "afterwards"])
    def test_that_another_process_holds_is_worth_another_run(
        self, tmp_path: Path, held: str
    ) -> None:
        file = tmp_path / "budget"
        budget = Budget(file, "account", BOTH, patience_seconds=0.1)
        if held == "afterwards":
            call(budget)
        holder = sqlite3.connect(file, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Retryable, match=r"holds the call budget .* more than 0.1 s") as caught:
            call(budget)
        assert str(caught.value).endswith("Next: penstock run")
        holder.close()
        call(budget)
        budget.close()
