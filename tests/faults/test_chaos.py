"""Two short stories of chaos; `make chaos` plays as many seeds as are wanted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.faults.chaos.__main__ import failure
from tests.faults.chaos.mutants import MUTANTS, edited
from tests.faults.chaos.plan import Line, Plan, Step, plan_of
from tests.faults.chaos.play import Played, play
from tests.faults.chaos.reader import Read
from tests.house import REPOSITORY

QUICK = {"attempts": "3", "backoff_seconds": "0.05", "read_seconds": "1.0"}
SHORT = Plan(
    seed=0,
    rows=8,
    companies=(7,),
    list_limit=None,
    options={},
    lines=(
        Line("cienapps", "cienapps", 0, {**QUICK, "confirm_batch_size": "3"}),
        Line("cleo", "cleo", 0, {**QUICK, "page_size": "5"}),
    ),
    page_by_page=False,
    steps=(
        Step("stir", {"line": "cleo", "every": 2}),
        Step("arm", {"line": "cienapps", "fault": "lost_confirm", "times": 1}),
        Step("arm", {"line": "cleo", "fault": "cut", "route": 0.5, "times": 1}),
        Step("run", {"verb": "load", "kill_at": "mid-promote"}),
        Step("back_up"),
        Step("spoil", {"line": "cienapps", "how": "day"}),
        Step("change", {"line": "cienapps", "table": 0.5, "row": 0.5}),
        Step("run", {"verb": "load", "clock": -1}),
        Step("restore"),
        Step("make", {"line": "cleo", "table": 0.1, "row": 0.5}),
    ),
)


def test_a_short_story_of_kill_faults_and_restore_holds(tmp_path: Path) -> None:
    played = play(SHORT, tmp_path)
    assert played.wrong == []
    assert played.tally.of("kill") == 1
    assert played.tally.of("fault") == 2
    assert played.tally.of("restore") == 1


def test_a_seed_is_always_the_same_plan_and_seeds_differ() -> None:
    assert plan_of(7) == plan_of(7)
    assert len({plan_of(seed).told() for seed in range(20)}) == 20


def test_everything_happens_in_a_hundred_seeds() -> None:
    steps = [step for seed in range(100) for step in plan_of(seed).steps]
    kinds = Counter(step.kind for step in steps)
    assert {"restore", "clock", "stir", "spoil", "requeue", "delete"} <= set(kinds)
    runs = [step.of for step in steps if step.kind == "run"]
    for trouble in ("kill_at", "kill_after", "kill_on_request", "kill_audit_after", "room"):
        assert sum(trouble in run for run in runs) >= 5, trouble


def test_a_seed_that_nothing_struck_fails() -> None:
    quiet, struck = Played(), Played()
    for played in (quiet, struck):
        played.tally.add("run: load", 9)
    struck.tally.add("kill: at random")
    for played in (quiet, struck):
        played.close(Read())
    assert quiet.wrong == ["nothing struck: this seed proved nothing"]
    assert struck.wrong == []


def test_what_the_reader_saw_fails_a_seed() -> None:
    played = Played()
    played.tally.add("kill: at random")
    played.close(Read(opens=3, wrong=["open 2: no such file"]))
    assert played.wrong == ["reader: open 2: no such file"]


def test_a_failure_says_what_is_wrong_and_how_to_see_it_again() -> None:
    said = failure(3, Played(wrong=["step 4 (run verb=load): 2 rows are there twice"]))
    assert "2 rows are there twice" in said
    assert plan_of(3).told() in said
    assert "make chaos SEED=3" in said


@pytest.mark.parametrize("name", MUTANTS)
def test_each_mutant_still_fits_the_product(name: str) -> None:
    for edit in MUTANTS[name]:
        assert edited(edit, (REPOSITORY / edit.file).read_text("utf-8"))
