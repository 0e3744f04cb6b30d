"""SIGTERM and Ctrl-C: the first ends a run well, the second at once; the next run goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil
import pytest

from pipelines import boundaries
from pipelines.clock import BUDGET_SPEED
from pipelines.stopping import TWICE_SECONDS, Stop, Stopped
from tests.contract.worlds import vendor_house
from tests.faults.conftest import Open
from tests.faults.truth import assert_equal_to_truth, assert_nothing_confirmed_before_commit
from tests.house import Ended, House

LOAD = ("run", "--no-publish")
HANGS = 60_000  # ms: the vendor answers long after a stop should have ended the run
SECONDS = 20.0  # no stop takes as long; what it was stopped in takes longer
IN_A_COMMIT = (
    boundaries.EXTRACTED,
    boundaries.MID_LAND,
    boundaries.LANDED,
    boundaries.MID_PROMOTE,
    boundaries.PROMOTED,
    boundaries.MID_CONFIRM,
    boundaries.CONFIRMED,
)
long = pytest.mark.long


def until(seen: Callable[[], object], what: str) -> None:
    """Waits until something is to be seen."""
    end = time.monotonic() + 60
    while not seen():
        assert time.monotonic() < end, f"{what} never came"
        time.sleep(0.02)


def struck(house: House) -> None:
    """Waits until the fault that was armed has struck."""
    until(lambda: any(f["struck"] for f in house.sandbox.faults()), "the fault")


def printed(text: str) -> Callable[[House], None]:
    """Waits until a run has said something."""
    return lambda house: until(lambda: text in said_by(house), text)


def said_by(house: House) -> str:
    """What its run has printed so far."""
    file = house.folder / "printed"
    return file.read_text() if file.exists() else ""


def stopped(
    house: House,
    *arguments: str,
    when: Callable[[House], None],
    number: signal.Signals = signal.SIGTERM,
) -> Ended:
    """A command that a signal asks to stop at a chosen moment, and how it ended."""
    (house.folder / "printed").write_text("")
    with house.started(*arguments) as process:
        when(house)
        assert process.pid is not None
        os.kill(process.pid, number)
        process.join(SECONDS)
        assert process.exitcode is not None, f"goes on: {(house.folder / 'printed').read_text()}"
        return Ended(process.exitcode, said_by(house))


def assert_stopped_well(house: House, ended: Ended) -> None:
    assert ended.code == 0, ended.output
    assert "stopped as asked; " in ended.output.splitlines()[-1]
    assert "Traceback" not in ended.output
    assert outcomes(house)[-1] == ("stopped", 0, True)
    assert not (house.data / "work" / "run.holder").exists()


def outcomes(house: House) -> list[tuple[object, ...]]:
    return house.ask_raw(
        "select outcome, exit_code, finished_at is not null from ops.runs order by run_id"
    )


def test_stopped_while_an_answer_is_waited_for(house: House) -> None:
    house.sandbox.fault("slow", vendor="cienapps", route="/list", times="always", ms=HANGS)
    ended = stopped(house, *LOAD, when=struck)
    assert_stopped_well(house, ended)
    assert "penstock run goes on with reading cienapps" in ended.output
    house.sandbox.clear_faults()
    house.run("--no-publish")
    assert_equal_to_truth(house)


@long
@pytest.mark.parametrize("kind", ["too_many", "server_error"])
def test_stopped_while_a_call_waits_to_be_tried_again(house: House, kind: str) -> None:
    house.write_settings(backoff_seconds="30")
    how = {"retry_after": 50} if kind == "too_many" else {}
    house.sandbox.fault(kind, vendor="cienapps", route="/list", times="always", **how)
    assert_stopped_well(house, stopped(house, *LOAD, when=struck, number=signal.SIGINT))
    house.sandbox.clear_faults()
    house.run("--no-publish")
    assert_equal_to_truth(house)


@long
@pytest.mark.parametrize("vendor", ["cimcloud", "carecloud", "crm_com", "cleo"])
def test_stopped_while_it_logs_in(tmp_path: Path, vendor: str) -> None:
    with vendor_house(tmp_path, vendor) as house:
        house.sandbox.fault("slow", vendor=vendor, times="always", ms=HANGS)
        assert_stopped_well(house, stopped(house, *LOAD, when=struck))


@long
def test_stopped_while_the_call_budget_makes_it_wait(budgeted: Open) -> None:
    house = budgeted(rows=150, speed=10, calls_per_quarter_hour=40)
    house.write_settings(calls_per_quarter_hour="40")
    house.environment[BUDGET_SPEED] = "10"

    def spent(house: House) -> None:
        until(lambda: len(house.sandbox.log()) >= 40, "the end of the budget")
        time.sleep(2)

    ended = stopped(house, "run", "--no-publish", "--max-minutes", "0", when=spent)
    assert_stopped_well(house, ended)
    shares = house.ask_raw(
        "select bool_or(backfill_share > 0), bool_or(backfill_share < 1) from ops.coverage"
    )
    assert shares == [(True, True)], "what had come is committed"


@pytest.mark.parametrize(
    "boundary",
    [
        boundaries.LISTED,
        pytest.param(boundaries.ARCHIVED, marks=long),
        *(pytest.param(b, marks=() if b == boundaries.LANDED else long) for b in IN_A_COMMIT),
    ],
)
def test_what_is_being_committed_is_confirmed_first(house: House, boundary: str) -> None:
    house.write_settings(confirm_batch_size="7")
    ended = house.penstock(*LOAD, environment={boundaries.STOP_AT: boundary})
    assert_stopped_well(house, ended)
    assert_nothing_confirmed_before_commit(house)
    committed = house.ask_raw("select count(*), count(confirmed_at) from ops.outbox")
    assert committed[0][0] == committed[0][1]
    assert committed != [(0, 0)]
    again = len(house.sandbox.log())
    house.run("--no-publish")
    assert again < len(house.sandbox.log())
    assert_equal_to_truth(house)


@long
@pytest.mark.parametrize("is_recovery", [False, True], ids=["of a window", "of an earlier run"])
def test_a_confirmation_is_waited_for_in_vain(house: House, is_recovery: bool) -> None:
    if is_recovery:
        killed = house.penstock(*LOAD, environment={boundaries.KILL_AT: boundaries.PROMOTED})
        assert killed.was_killed
    house.sandbox.fault("slow", vendor="cienapps", route="/confirm", times="always", ms=HANGS)
    ended = stopped(house, *LOAD, when=struck)
    assert_stopped_well(house, ended)
    assert house.ask_raw("select count(*) from ops.outbox where confirmed_at is null") != [(0,)]
    house.sandbox.clear_faults()
    house.run("--no-publish")
    assert_equal_to_truth(house)


@pytest.mark.parametrize(
    "moment",
    [
        "building the models",
        pytest.param("auditing", marks=long),
    ],
)
def test_what_is_half_built_is_left_to_the_next_run(house: House, moment: str) -> None:
    ended = stopped(house, "run", when=printed(moment))
    assert_stopped_well(house, ended)
    assert "goes on with publishing what is new" in ended.output
    assert not house.published.exists()
    assert children_of(house) == []
    if moment == "auditing":
        again = house.run()
        assert "published warehouse-000002" in again.output
        assert_equal_to_truth(house)


@long
def test_what_was_audited_is_not_published_after_a_stop(house: House) -> None:
    ended = house.penstock("run", environment={boundaries.STOP_AT: boundaries.AUDITED})
    assert_stopped_well(house, ended)
    assert not house.published.exists()


@long
@pytest.mark.parametrize("boundary", [boundaries.BEFORE_SYMLINK, boundaries.AFTER_SYMLINK])
def test_a_publish_is_finished(house: House, boundary: str) -> None:
    ended = house.penstock("run", environment={boundaries.STOP_AT: boundary})
    assert ended.code == 0
    assert outcomes(house) == [("published", 0, True)]
    assert house.ask("select count(*) > 0 from sales.orders") == [(True,)]
    assert house.ask_raw("select count(*) from ops.publications") == [(1,)]
    assert "nothing new" in house.run().output


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=long)]
)
def test_the_second_signal_ends_it_at_once(house: House, number: signal.Signals, code: int) -> None:
    """While it waits for a confirmation, which a first one lets it do for a while."""
    house.sandbox.fault("slow", vendor="cienapps", route="/confirm", times="always", ms=HANGS)
    with house.started(*LOAD) as process:
        struck(house)
        twice(process, number)
        process.join(2)
        assert process.exitcode == code
    said = said_by(house)
    assert "the next run goes on from what was committed" in said
    assert_nothing_confirmed_before_commit(house)
    house.sandbox.clear_faults()
    house.run("--no-publish")
    assert_equal_to_truth(house)


def test_a_call_that_nothing_cancels_is_not_waited_for() -> None:
    """As the resolving of a host's name is, while a confirmation is to be sent."""
    stop, answers = Stop(), threading.Event()
    stop.is_asked = True
    began = time.monotonic()
    with pytest.raises(Stopped):
        stop.run(asyncio.to_thread(answers.wait, 60), grace_seconds=0)
    assert time.monotonic() - began < 30
    answers.set()


def test_a_signal_that_comes_twice_at_once_is_one(house: House) -> None:
    """`timeout` sends it to the process and to its group."""
    house.sandbox.fault("slow", vendor="cienapps", route="/list", times="always", ms=HANGS)

    def echoed(house: House) -> None:
        struck(house)
        (run,) = (p for p in psutil.Process().children(recursive=True) if is_run(p, house))
        run.send_signal(signal.SIGTERM)

    assert_stopped_well(house, stopped(house, *LOAD, when=echoed))


@long
def test_the_audits_process_ends_with_the_run_however_that_ends(house: House) -> None:
    with house.started("run") as process:
        printed("building the models")(house)
        until(lambda: children_of(house), "the audit's process")
        process.kill()
        process.join()
    until(lambda: not children_of(house), "the end of the audit's process")
    assert "published warehouse-000002" in house.run().output


@long
def test_a_model_that_takes_for_ever_is_given_up(house: House) -> None:
    (house.folder / "models").mkdir()
    endless = "select count(*) as n from range(400000000000) as r where hash(range) % 7 = 3"
    (house.folder / "models" / "endless.sql").write_text(endless)

    def building(house: House) -> None:
        printed("building the models")(house)
        until((house.data / "work" / "dbt" / "log" / "dbt.log").exists, "dbt")
        time.sleep(5)

    assert_stopped_well(house, stopped(house, "run", when=building))
    assert children_of(house) == []


SWEEP = ("sweep", "cimcloud", "--tables", "orders")
BACKFILL = ("backfill", "cimcloud", "orders", "--from", "2020-01-01", "--to", "2030-12-31")


@long
def test_a_stopped_sweep_goes_on_where_it_was(budgeted: Open) -> None:
    house = budgeted(rows=40)
    books = house.sandbox.tables("cimcloud")
    assert house.penstock(*LOAD).code == 0
    gone = sorted(books.rows("orders"))[3:6]
    books.delete("orders", gone)
    ended = house.penstock(
        *SWEEP, "--no-publish", environment={boundaries.STOP_AT: boundaries.LANDED}
    )
    assert_stopped_well(house, ended)
    assert f"penstock {' '.join(SWEEP)} goes on with reading cimcloud" in ended.output
    (begun,) = house.ask_raw("select sweep_id from ops.sweeps where outcome = 'running'")
    assert house.penstock(*SWEEP, "--no-publish").code == 0
    swept = "select sweep_id, outcome, keys_vanished from ops.sweeps where table_name = 'orders'"
    assert house.ask_raw(swept) == [(*begun, "done", 3)]


@long
def test_a_stopped_sweep_leaves_off_asking_for_what_is_missing(budgeted: Open) -> None:
    house = budgeted(rows=40)
    books = house.sandbox.tables("cimcloud")
    assert house.penstock(*LOAD).code == 0
    gone = sorted(books.rows("orders"))[3:6]
    books.delete("orders", gone)
    house.sandbox.fault("slow", vendor="cimcloud", route=gone[0], times="always", ms=HANGS)
    ended = stopped(house, *SWEEP, "--no-publish", when=struck)
    assert_stopped_well(house, ended)
    house.sandbox.clear_faults()
    assert house.penstock(*SWEEP, "--no-publish").code == 0
    swept = "select outcome, keys_vanished from ops.sweeps where table_name = 'orders'"
    assert house.ask_raw(swept) == [("done", 3)]


@long
def test_a_stopped_backfill_goes_on_where_it_was(budgeted: Open) -> None:
    house = budgeted(rows=60)
    assert house.penstock(*LOAD).code == 0
    ended = house.penstock(
        *BACKFILL, "--no-publish", environment={boundaries.STOP_AT: boundaries.LISTED}
    )
    assert_stopped_well(house, ended)
    assert f"penstock {' '.join(BACKFILL)} goes on with reading cimcloud" in ended.output
    assert house.ask_raw("select count(*) from ops.positions where stream != 'live'") != [(0,)]
    assert house.penstock(*BACKFILL, "--no-publish").code == 0


def twice(process: BaseProcess, number: signal.Signals) -> None:
    assert process.pid is not None
    os.kill(process.pid, number)
    time.sleep(TWICE_SECONDS + 0.3)
    os.kill(process.pid, number)


def is_run(process: psutil.Process, house: House) -> bool:
    """Whether it has the house's work file open."""
    try:
        return any(file.path == str(house.raw.resolve()) for file in process.open_files())
    except psutil.Error:
        return False


def children_of(house: House) -> list[psutil.Process]:
    """What works in the house's audit folder."""
    folder = (house.data / "work" / "audit").resolve()
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found
