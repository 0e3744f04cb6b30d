"""What is delivered is in the mailbox once, whenever the process dies and whatever is lost."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines import boundaries
from pipelines.clock import SHIFT
from sources._sandbox.process import RunningSandbox, running_sandbox
from tests.faults.test_stopping import HANGS, stopped, struck
from tests.house import House
from tests.once import Once
from tests.sources.cleo_mailbox import VENDOR, MailboxControls

EXTRACT = """-- connection: cleo
-- period: day
-- wait_seconds: 1
select order_number, customer_name, $period_start as day from sales.orders order by all
"""
KEEPS = {"upload_keeps": "true"}
Open = Callable[..., House]


def _house(folder: Path, sandbox: RunningSandbox, settings: dict[str, str]) -> House:
    shift = (sandbox.now().astimezone(UTC) - datetime.now(UTC)).total_seconds()
    given = {"backoff_seconds": "0.05", "attempts": "2", **settings}
    house = House(folder, sandbox, given, VENDOR, {SHIFT: str(shift)})
    (house.folder / "deliveries").mkdir()
    (house.folder / "deliveries" / "orders.sql").write_text(EXTRACT)
    return house


def _published(folder: Path) -> Path:
    """What a run leaves in a project: a warehouse is built once for all that is delivered."""
    with running_sandbox(rows=20) as sandbox:
        house = _house(folder / "p", sandbox, {})
        house.run()
        return house.data


@pytest.fixture
def opened(tmp_path: Path, once: Once) -> Iterator[Open]:
    """Opens houses of Cleo with an extract and a published warehouse."""
    with ExitStack() as stack:

        def open_house(settings: dict[str, str] | None = None, **options: object) -> House:
            sandbox = stack.enter_context(running_sandbox(rows=20, options={VENDOR: options}))
            house = _house(tmp_path / "p", sandbox, settings or {})
            shutil.copytree(once("published-to-deliver", _published), house.data, symlinks=True)
            return house

        yield open_house


def days(house: House) -> Iterator[str]:
    """Days that are over, each another period."""
    day = house.sandbox.now().date()
    while True:
        day -= timedelta(days=1)
        yield day.isoformat()


def uploaded(house: House) -> dict[str, int]:
    return MailboxControls.of(house.sandbox).counts()


def states(house: House) -> dict[str, str]:
    """Where each delivery stands, by file name."""
    rows = house.ask_raw("select file_name, state from ops.deliveries")
    return {str(name): str(state) for name, state in rows}


def assert_each_once(house: House, periods: list[str]) -> None:
    names = [f"orders_{period}.csv" for period in periods]
    assert uploaded(house) == dict.fromkeys(names, 1)
    assert not list((house.data / "work" / "outgoing").glob("*"))


def test_an_extract_arrives_as_it_is_and_once(opened: Open) -> None:
    house = opened()
    dry = house.penstock("deliver", "--dry-run")
    assert dry.code == 0, dry.output
    assert "nothing was" in dry.output
    assert uploaded(house) == {}
    (period,) = [next(days(house))]
    for _ in range(2):
        ended = house.penstock("deliver")
        assert ended.code == 0, ended.output
    assert_each_once(house, [period])
    (content,) = MailboxControls.of(house.sandbox).contents(f"orders_{period}.csv")
    rows = list(csv.reader(io.StringIO(content.decode())))
    assert rows[0] == ["order_number", "customer_name", "day"]
    ours = house.ask("select order_number, customer_name from sales.orders order by all")
    assert [tuple(row[:2]) for row in rows[1:]] == [(n or "", c or "") for n, c in ours]
    ((digest, size, count),) = house.ask_raw(
        "select content_sha256, content_bytes, row_count from ops.deliveries"
    )
    assert digest == hashlib.sha256(content).hexdigest()
    assert (size, count) == (len(content), len(rows) - 1)


def test_killed_at_every_boundary_each_is_there_once(opened: Open) -> None:
    """In a mailbox that keeps its files, as the settings say."""
    house = opened(KEEPS)
    coming, sent = days(house), []
    for boundary in boundaries.OF_DELIVERY:
        sent.append(next(coming))
        deliver = ("deliver", "orders", "--period", sent[-1])
        ended = house.penstock(*deliver, environment={boundaries.KILL_AT: boundary})
        assert ended.was_killed, f"{boundary}: {ended.output}"
        for _ in range(2):
            ended = house.penstock(*deliver)
            assert ended.code == 0, f"{boundary}: {ended.output}"
        assert_each_once(house, sent)


@pytest.mark.parametrize("mode", ["taken", "unlisted"])
def test_where_no_list_proves_anything_nothing_is_sent_twice(opened: Open, mode: str) -> None:
    """And nobody is told that it is there: a person decides."""
    house = opened(upload=mode)
    coming, sent = days(house), []
    for boundary in boundaries.OF_DELIVERY:
        sent.append(next(coming))
        name = f"orders_{sent[-1]}.csv"
        deliver = ("deliver", "orders", "--period", sent[-1])
        ended = house.penstock(*deliver, environment={boundaries.KILL_AT: boundary})
        assert ended.was_killed, f"{boundary}: {ended.output}"
        house.penstock("check", VENDOR)  # looks at the folder, where "taken" files vanish
        ended = house.penstock(*deliver)
        assert uploaded(house).get(name, 0) <= 1, boundary
        if ended.code != 0:
            assert "may have arrived or not" in ended.output
            assert states(house)[name] == "unsettled"
            answer = "again" if name not in uploaded(house) else "sent"
            assert f"--settle {answer}" in ended.output
            assert house.penstock(*deliver, "--settle", answer).code == 0
        assert states(house)[name] in ("accepted", "delivered")
        assert_each_once(house, sent)


@pytest.mark.parametrize(("mode", "is_known"), [("kept", True), ("unlisted", False)])
def test_an_upload_whose_answer_is_lost(opened: Open, mode: str, is_known: bool) -> None:
    house = opened(upload=mode)
    period = next(days(house))
    house.sandbox.fault("upload_answer_lost", vendor=VENDOR)
    ended = house.penstock("deliver")
    assert (ended.code == 0) is is_known, ended.output
    for _ in range(2):
        again = house.penstock("deliver")
        assert (again.code == 0) is is_known, again.output
    assert uploaded(house) == {f"orders_{period}.csv": 1}
    if not is_known:
        settled = house.penstock("deliver", "orders", "--period", period, "--settle", "sent")
        assert settled.code == 0, settled.output
    assert_each_once(house, [period])


def test_what_goes_wrong_on_the_way_is_told_and_mended_by_the_next_call(opened: Open) -> None:
    house = opened(KEEPS)
    coming, sent = days(house), []
    for kind in ("server_error", "too_many", "unauthorized", "drop", "html"):
        sent.append(next(coming))
        deliver = ("deliver", "orders", "--period", sent[-1])
        house.sandbox.fault(kind, vendor=VENDOR, route="/files", times="always")
        ended = house.penstock(*deliver)
        assert ended.code == 1, f"{kind}: {ended.output}"
        assert "cleo: " in ended.output
        assert "Next: penstock " in ended.output
        house.sandbox.clear_faults()
        ended = house.penstock(*deliver)
        assert ended.code == 0, f"{kind}: {ended.output}"
        assert_each_once(house, sent)


@pytest.mark.long
@pytest.mark.parametrize("boundary", boundaries.OF_DELIVERY)
def test_stopped_it_finishes_what_it_sends(opened: Open, boundary: str) -> None:
    house = opened(KEEPS)
    deliver = ("deliver", "orders", "--period", next(days(house)))
    ended = house.penstock(*deliver, environment={boundaries.STOP_AT: boundary})
    assert ended.code == 0, ended.output
    is_sent = boundary not in (boundaries.DELIVERY_WRITTEN, boundaries.DELIVERY_PREPARED)
    assert "stopped as asked" in ended.output or boundary == boundaries.DELIVERY_RECORDED
    assert set(states(house).values()) <= ({"accepted", "delivered"} if is_sent else {"prepared"})
    assert len(uploaded(house)) == is_sent
    assert house.penstock(*deliver).code == 0
    assert_each_once(house, [deliver[-1]])


@pytest.mark.long
def test_stopped_while_the_mailbox_takes_its_time(opened: Open) -> None:
    """Nobody knows whether it arrived: the next call finds out."""
    house = opened(KEEPS)
    house.sandbox.fault("slow", vendor=VENDOR, route="/files", times="always", ms=HANGS)
    ended = stopped(house, "deliver", when=struck)
    assert ended.code == 0, ended.output
    assert "stopped as asked; penstock deliver goes on" in ended.output
    assert set(states(house).values()) == {"sending"}
    house.sandbox.clear_faults()
    assert house.penstock("deliver").code == 0
    assert_each_once(house, [next(days(house))])


def test_a_run_and_a_delivery_do_not_meet(opened: Open) -> None:
    house = opened(KEEPS)
    house.sandbox.fault("slow", vendor=VENDOR, ms=3000)
    with house.started("deliver") as process:
        while "POST" not in str(house.sandbox.log()[-3:]) and process.is_alive():
            process.join(0.02)
        assert process.is_alive()
        assert house.penstock("run").code == 75
        house.sandbox.clear_faults()
        process.join(60)
        assert process.exitcode == 0
    assert_each_once(house, [next(days(house))])
