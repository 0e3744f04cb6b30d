"""Each extract arrives once for each of its periods, whatever breaks in between."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from pathlib import Path

import pytest

from pipelines import boundaries, clock
from sources._http.errors import Misconfigured
from tests.house import killable
from tests.pipelines.deliver_world import (
    NOW,
    Box,
    Killed,
    World,
    clock_at,
    deliver_there,
    made,
    publish,
    sha256,
)

FILE = "orders_2026-11-23.csv"
CONTENT = b"number,made_on,amount\n23,2026-11-23,12.5000\n"


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in clock_at(NOW).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return made(tmp_path)


def crash(world: World) -> None:
    with pytest.raises(Killed):
        world.deliver()


def kill(world: World, boundary: str) -> None:
    """A process that delivers is killed there."""
    environment = {clock.SHIFT: os.environ[clock.SHIFT], boundaries.KILL_AT: boundary}
    assert killable(deliver_there, str(world.folder), environment) == -signal.SIGKILL


def deliver_earlier(world: World) -> None:
    """A file of ours that is delivered and listed, of the day before."""
    assert world.deliver("orders", period="2026-11-22").exit_code == 0


def test_yesterday_is_sent_once(world: World) -> None:
    first = world.deliver()
    assert first.exit_code == 0
    assert world.box.uploads == [(FILE, CONTENT)]
    assert world.states() == {FILE: "delivered"}
    assert world.outgoing == []

    again = world.deliver()
    assert (again.exit_code, again.settled, again.errors) == (0, [], [])
    assert len(world.box.uploads) == 1


@pytest.mark.parametrize("boundary", boundaries.OF_DELIVERY)
@pytest.mark.parametrize("kind", ["kept", "taken"])
def test_killed_at_a_boundary(world: World, boundary: str, kind: str) -> None:
    world.box.set(kind=kind)
    world.keeps = True if kind == "kept" else None
    kill(world, boundary)

    next_call = world.deliver()

    sent = arrived(world.box)
    assert sent <= 1
    is_unknown = boundary in (boundaries.DELIVERY_SENDING, boundaries.DELIVERY_ANSWERED)
    if kind == "taken" and is_unknown:
        assert (next_call.exit_code, world.states()[FILE]) == (1, "unsettled")
    elif kind == "taken":
        assert (sent, next_call.exit_code, world.states()[FILE]) == (1, 0, "accepted")
    else:
        assert (sent, next_call.exit_code, world.states()[FILE]) == (1, 0, "delivered")
        assert world.outgoing == []


@pytest.mark.parametrize("boundary", boundaries.OF_DELIVERY)
def test_killed_where_nothing_can_be_listed(world: World, boundary: str) -> None:
    """What nobody can know is left to a person; what is known is not."""
    world.box.set(shows=False)
    kill(world, boundary)
    next_call = world.deliver()
    is_unknown = boundary in (boundaries.DELIVERY_SENDING, boundaries.DELIVERY_ANSWERED)
    assert next_call.exit_code == (1 if is_unknown else 0)
    assert world.states() == {FILE: "unsettled" if is_unknown else "accepted"}
    assert len(world.box.uploads) == (boundary != boundaries.DELIVERY_SENDING)


def test_what_was_prepared_is_sent_though_the_warehouse_has_changed(world: World) -> None:
    kill(world, boundaries.DELIVERY_PREPARED)
    assert world.outgoing == [sha256(CONTENT)]
    assert (world.places.outgoing / sha256(CONTENT)).stat().st_mode & 0o777 == 0o600
    publish(world, as_of=NOW, run="000002-20261124T060000-abcd", amount="99.0")
    world.deliver()
    assert world.box.uploads == [(FILE, CONTENT)]


def test_a_lost_answer_is_settled_by_the_list(world: World) -> None:
    world.box.set(next=["takes it, answer lost"])
    assert world.deliver().exit_code == 0
    assert world.states() == {FILE: "delivered"}
    assert len(world.box.uploads) == 1


def test_what_never_arrived_is_sent_by_the_next_call(world: World) -> None:
    world.keeps = True
    world.box.set(next=["loses it"])
    lost = world.deliver()
    assert lost.exit_code == 1
    assert str(lost.errors[0]) == "shop: answer lost. Next: penstock deliver orders"
    assert arrived(world.box) == 0
    assert world.deliver().exit_code == 0
    assert arrived(world.box) == 1


def test_a_list_without_the_file_proves_nothing_by_itself(world: World) -> None:
    world.box.set(next=["loses it"])
    for _ in range(2):
        lost = world.deliver()
        assert lost.exit_code == 1
        assert "--period 2026-11-23 --settle sent" in str(lost.errors[0])
        assert str(lost.errors[0]).endswith("--period 2026-11-23 --settle again")
    assert world.states() == {FILE: "unsettled"}
    assert world.box.uploads == []


def test_what_a_person_was_asked_about_is_not_sent_by_itself_later(world: World) -> None:
    """The partner may have fetched it meanwhile: a list that lacks it proves nothing any more."""
    world.keeps = True
    world.box.set(next=["loses it"], shows=False)
    assert world.deliver().exit_code == 1
    world.box.set(shows=True)
    assert world.deliver().exit_code == 1
    assert world.states()[FILE] == "unsettled"
    assert arrived(world.box) == 0


@pytest.mark.parametrize(("keeps", "uploads"), [(True, 1), (False, 0)])
def test_the_settings_say_whether_files_stay(world: World, keeps: bool, uploads: int) -> None:
    world.keeps = keeps
    world.box.set(next=["breaks off"])
    crash(world)
    world.deliver()
    assert len(world.box.uploads) == uploads


@pytest.mark.parametrize("keeps", [None, False])
def test_an_earlier_file_that_is_still_there_proves_nothing(
    world: World, keeps: bool | None
) -> None:
    """One file that nobody has fetched yet says nothing of the next one."""
    deliver_earlier(world)
    world.keeps = keeps
    world.box.set(kind="taken", next=["takes it, breaks off"])
    crash(world)
    assert world.deliver().exit_code == 1
    assert world.states()[FILE] == "unsettled"
    assert arrived(world.box) == 1


def test_a_person_settles_what_nobody_knows(world: World) -> None:
    world.box.set(next=["loses it"], kind="taken")
    world.deliver()
    again = world.deliver("orders", period="2026-11-23", settle="again")
    assert again.exit_code == 0
    assert world.states() == {FILE: "accepted"}
    assert world.box.uploads == [(FILE, CONTENT)]
    with pytest.raises(Misconfigured, match="needs one extract named"):
        world.deliver("orders", settle="again")
    settled = world.deliver("orders", period="2026-11-23", settle="again")
    assert settled.exit_code == 2
    assert "nothing to decide" in str(settled.errors[0])


def test_a_person_says_that_it_arrived(world: World) -> None:
    world.box.set(next=["takes it, answer lost"], kind="taken")
    world.deliver()
    assert world.deliver("orders", period="2026-11-23", settle="sent").exit_code == 0
    assert world.states() == {FILE: "accepted"}
    assert world.outgoing == []
    assert world.deliver().settled == []
    assert len(world.box.uploads) == 1


def test_an_undecided_one_does_not_stop_the_next_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.box.set(next=["loses it"])
    world.deliver()
    later = datetime(2026, 11, 25, 6)
    publish(world, as_of=later, run="000002-20261125T060000-abcd")
    for name, value in clock_at(later).items():
        monkeypatch.setenv(name, value)
    assert world.deliver().exit_code == 1
    assert world.states() == {FILE: "unsettled", "orders_2026-11-24.csv": "delivered"}


@pytest.mark.parametrize("does", ["is not reached", "forbids", "rejects", "drifts"])
def test_what_was_certainly_not_sent_is_sent_by_the_next_call(world: World, does: str) -> None:
    world.box.set(next=[does], shows=False)
    assert world.deliver().exit_code == 1
    assert world.states() == {FILE: "prepared"}
    assert world.deliver().exit_code == 0
    assert len(world.box.uploads) == 1


@pytest.mark.parametrize("shows", [True, False])
def test_somebody_elses_file_has_the_name(world: World, shows: bool) -> None:
    world.box.put(FILE, b"not ours")
    world.box.set(shows=shows)
    ended = world.deliver()
    assert ended.exit_code == 1
    assert "not from here" in str(ended.errors[0])
    assert world.states() == {FILE: "occupied"}
    world.extract(
        (world.folder / "deliveries" / "orders.sql")
        .read_text()
        .replace("-- connection", "-- file: ours_{period}.csv\n-- connection")
    )
    assert world.deliver().exit_code == 0
    assert [name for name, _ in world.box.uploads] == ["ours_2026-11-23.csv"]
    assert list(world.states()) == ["ours_2026-11-23.csv"]


def test_somebody_elses_file_is_not_overwritten(world: World) -> None:
    world.box.put(FILE, b"not ours")
    world.box.set(kind="overwrites")
    assert world.deliver().exit_code == 1
    assert world.box.uploads == []


def test_a_name_that_is_taken_after_a_crash_is_ours(world: World) -> None:
    world.box.set(next=["takes it, breaks off"], shows=False)
    crash(world)
    world.deliver()
    again = world.deliver("orders", period="2026-11-23", settle="again")
    assert again.exit_code == 0
    assert world.states() == {FILE: "accepted"}
    assert len(world.box.uploads) == 1


def test_a_file_listed_with_another_length_is_not_believed(world: World) -> None:
    world.box.set(next=["takes it, breaks off"], lengths={FILE: 7})
    crash(world)
    ended = world.deliver()
    assert ended.exit_code == 1
    assert "listed with 7 bytes instead of 44" in str(ended.errors[0])
    assert world.states() == {FILE: "unsettled"}
    world.box.set(lengths={})
    assert world.deliver().exit_code == 0
    assert world.states() == {FILE: "delivered"}


@pytest.mark.parametrize(("late", "state"), [(2, "delivered"), (99, "accepted")])
def test_a_length_that_comes_late_is_waited_for(world: World, late: int, state: str) -> None:
    # it is looked at once before it is sent, too
    world.box.set(next=["takes"], late=late + 1)
    assert world.deliver().exit_code == 0
    assert world.states() == {FILE: state}


def test_a_201_counts_where_the_file_is_gone_again(world: World) -> None:
    world.box.set(kind="taken")
    assert world.deliver().exit_code == 0
    assert world.states() == {FILE: "accepted"}


def arrived(box: Box) -> int:
    return [name for name, _ in box.uploads].count(FILE)
