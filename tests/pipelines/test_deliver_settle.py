"""What becomes of a delivery whose end was not seen, and what a person may say of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import clock
from sources._http.errors import Misconfigured
from tests.pipelines.deliver_world import (
    NOW,
    ON_ITS_WAY,
    ORDERS,
    Killed,
    World,
    clock_at,
    made,
    passes,
)

FILE = "orders_2026-11-23.csv"
PERIOD = "2026-11-23"
CONTENT = b"number,made_on,amount\n23,2026-11-23,12.5000\n"


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*next(iter(clock_at(NOW).items())))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return made(tmp_path)


def arrived(world: World) -> int:
    return [name for name, _ in world.box.uploads].count(FILE)


def crash(world: World) -> None:
    with pytest.raises(Killed):
        world.deliver()


@pytest.mark.parametrize("end", ["answer lost", "breaks off"])
def test_what_is_still_on_its_way_is_not_sent_twice(world: World, end: str) -> None:
    """Files stay in this mailbox, and still one that is not listed yet may come."""
    world.keeps = True
    world.box.set(kind="overwrites", next=[f"takes it late, {end}"])
    if end == "breaks off":
        crash(world)
    assert world.deliver().exit_code == 0
    assert world.states() == {FILE: "delivered"}
    passes(ON_ITS_WAY)
    world.box.arrive()
    assert arrived(world) == 1


def test_a_call_that_comes_later_waits_no_more(world: World) -> None:
    world.keeps = True
    world.box.set(next=["breaks off"])
    crash(world)
    passes(60)
    before = os.environ[clock.SHIFT]
    assert world.deliver().exit_code == 0
    assert os.environ[clock.SHIFT] == before
    assert world.states() == {FILE: "delivered"}


def test_a_clock_that_is_set_back_holds_nothing_up(world: World) -> None:
    """And proves nothing."""
    world.keeps = True
    world.box.set(next=["breaks off"])
    crash(world)
    passes(-86_400 / 4)
    assert world.deliver("orders").exit_code == 1
    assert world.states() == {FILE: "unsettled"}


@pytest.mark.parametrize(("shows", "state"), [(True, "delivered"), (False, "accepted")])
def test_again_looks_first(world: World, shows: bool, state: str) -> None:
    """It came after all: a mailbox that overwrites, or takes a second one, gets none."""
    world.box.set(kind="overwrites", next=["takes it late, answer lost"], shows=False)
    assert world.deliver().exit_code == 1
    passes(ON_ITS_WAY)
    world.box.set(shows=shows)
    again = world.deliver("orders", period=PERIOD, settle="again")
    assert again.exit_code == 0
    assert world.states() == {FILE: state}
    assert arrived(world) == (1 if shows else 2)


@pytest.mark.parametrize("end", ["answer lost", "breaks off"])
def test_a_file_listed_without_its_length_stays_open(world: World, end: str) -> None:
    # it is looked at once before it is sent, too
    world.box.set(next=[f"takes it, {end}"], late=99)
    if end == "breaks off":
        crash(world)
    for _ in range(2):
        ended = world.deliver()
        assert ended.exit_code == 1
        assert "listed without its length: on its way, or half of it" in str(ended.errors[0])
        assert str(ended.errors[0]).endswith("Next: penstock deliver orders")
        assert world.states() == {FILE: "unsettled"}
    again = world.deliver("orders", period=PERIOD, settle="again")
    assert (again.exit_code, arrived(world)) == (1, 1)
    world.box.set(late=0)
    assert world.deliver().exit_code == 0
    assert world.states() == {FILE: "delivered"}
    assert arrived(world) == 1


def test_what_was_taken_and_is_listed_with_another_length_is_told_once(world: World) -> None:
    world.box.set(lengths={FILE: 7})
    ended = world.deliver()
    assert ended.exit_code == 1
    (told,) = ended.errors
    said = "the vendor took it, and lists it with 7 bytes instead of 44"
    assert f"arrived, and not as it was sent: {said}" in str(told)
    assert "may have arrived or not" not in str(told)
    assert world.states() == {FILE: "accepted"}
    assert world.outgoing == []
    again = world.deliver()
    assert (again.exit_code, again.errors, arrived(world)) == (0, [], 1)


def leave(world: World, state: str) -> None:
    """A delivery that is open in that state."""
    if state == "prepared":
        world.box.set(next=["is not reached"])
        world.deliver()
    elif state == "unsettled":
        world.box.set(next=["loses it"])
        world.deliver()
    elif state == "sending":
        world.box.set(next=["breaks off"])
        crash(world)
    else:
        world.box.set(next=["takes, breaks off afterwards"], kind="taken")
        crash(world)
    assert world.states() == {FILE: state}


@pytest.mark.parametrize("state", ["prepared", "sending", "accepted", "unsettled"])
def test_a_person_may_say_of_all_that_is_open_that_it_arrived(world: World, state: str) -> None:
    leave(world, state)
    world.gone = ("shop",)  # nobody can be asked any more
    assert world.deliver("orders", period=PERIOD, settle="sent").exit_code == 0
    assert world.states() == {FILE: "accepted"}
    assert world.outgoing == []


@pytest.mark.parametrize(
    ("state", "uploads"), [("prepared", 1), ("sending", 1), ("accepted", 1), ("unsettled", 1)]
)
def test_a_person_may_say_that_it_is_to_be_sent(world: World, state: str, uploads: int) -> None:
    leave(world, state)
    ended = world.deliver("orders", period=PERIOD, settle="again")
    assert arrived(world) == uploads
    if state == "accepted":
        assert "the vendor took orders_2026-11-23.csv" in str(ended.errors[0])
    else:
        assert (ended.exit_code, world.states()) == (0, {FILE: "delivered"})


def test_an_occupied_name_is_nothing_to_decide(world: World) -> None:
    world.box.put(FILE, b"not ours")
    world.deliver()
    ended = world.deliver("orders", period=PERIOD, settle="sent")
    assert isinstance(ended.errors[0], Misconfigured)
    assert "nothing to decide" in str(ended.errors[0])


def test_a_connection_that_is_gone_holds_no_other_up(world: World) -> None:
    world.connections = ("west", "shop")
    world.box.set(next=["is not reached"])
    world.extract(ORDERS.replace("shop", "west").replace("-- conn", "-- needs: shop\n-- conn"))
    world.deliver("orders")
    assert world.states() == {FILE: "prepared"}
    world.connections, world.gone = ("shop",), ("west",)
    world.extract(ORDERS)
    ended = world.deliver("orders", period="2026-11-22")
    assert ended.exit_code == 1
    assert [str(error) for error in ended.errors] == [
        "there is no connection 'west'. Next: penstock check"
    ]
    assert world.states() == {FILE: "prepared", "orders_2026-11-22.csv": "delivered"}


@pytest.mark.parametrize("does", ["rejects", "loses it", "is occupied"])
def test_a_period_that_fails_for_itself_stops_no_later_one(world: World, does: str) -> None:
    world.extract(ORDERS.replace("-- conn", "-- since: 2026-11-22\n-- conn"))
    world.box.set(next=[does])
    if does == "is occupied":
        world.box.put("orders_2026-11-22.csv", b"not ours")
        world.box.set(next=[])
    assert world.deliver().exit_code == 1
    assert world.states()[FILE] == "delivered"


@pytest.mark.parametrize("does", ["is not reached", "forbids"])
def test_a_vendor_that_fails_is_left_alone(world: World, does: str) -> None:
    world.extract(ORDERS.replace("-- conn", "-- since: 2026-11-22\n-- conn"))
    world.box.set(next=[does])
    ended = world.deliver()
    assert str(ended.errors[0]).endswith("Next: penstock deliver orders")
    assert world.states() == {"orders_2026-11-22.csv": "prepared"}


def test_what_nobody_foresaw_tells_no_secret_of_any_connection(world: World) -> None:
    """Nor is it sent again: an error that is none of the mailbox's own leaves its end open."""
    world.connections = ("shop", "west")
    text = ORDERS.replace("-- conn", "-- needs: shop\n-- conn")
    for name, connection in (("a", "west"), ("orders", "shop"), ("z", "west")):
        world.extract(text.replace("connection: shop", f"connection: {connection}"), name=name)
    world.box.set(next=["takes", "takes", "stumbles"])
    (error,) = world.deliver().errors
    log = (world.places.work / "errors.log").read_text()
    assert "RuntimeError: over ***" in str(error)
    assert "RuntimeError: over ***" in log
    assert "hidden-" not in log
    assert world.states()["z_2026-11-23.csv"] == "sending"


STEP = st.tuples(
    st.sampled_from(
        [
            *("takes", "breaks off", "is not reached", "forbids", "rejects", "drifts", "loses it"),
            *("takes it, answer lost", "takes it, breaks off", "takes, breaks off afterwards"),
            *("takes it late, answer lost", "takes it late, breaks off"),
        ]
    ),
    st.booleans(),
    st.sampled_from([None, None, "sent", "again"]),
)


@settings(max_examples=15, deadline=None)
@given(
    kind=st.sampled_from(
        [("kept", True), ("overwrites", True), ("overwrites", None), ("taken", None)]
    ),
    late=st.sampled_from([0, 0, 3, 30]),
    steps=st.lists(STEP, max_size=6),
)
def test_never_twice_and_never_called_delivered_in_vain(
    template: Path,
    kind: tuple[str, bool | None],
    late: int,
    steps: list[tuple[str, bool, str | None]],
) -> None:
    os.environ.update(clock_at(NOW))
    with tempfile.TemporaryDirectory() as where:
        shutil.copytree(template, where, symlinks=True, dirs_exist_ok=True)
        world = World(Path(where), keeps=kind[1])
        world.box.set(kind=kind[0], late=late)
        allowed = 1
        for does, shows, person in steps:
            world.box.set(next=[does], shows=shows)
            state = world.states().get(FILE)
            try:
                if person and state in ("unsettled", "sending", "prepared"):
                    if person == "sent" and not arrived(world):
                        continue  # a person says so only where it is so
                    allowed += person == "again" and state != "prepared"
                    world.deliver("orders", period=PERIOD, settle=person)
                else:
                    world.deliver()
            except Killed:
                pass
            assert arrived(world) <= allowed
            if world.states()[FILE] in ("delivered", "accepted"):
                assert arrived(world) >= 1
        passes(2 * ON_ITS_WAY)
        world.box.set(next=[], shows=True, late=0)
        world.deliver()
        ended = world.deliver()
        world.box.arrive()
        assert arrived(world) <= allowed
        assert {content for name, content in world.box.uploads if name == FILE} <= {CONTENT}
        assert ended.exit_code == (world.states()[FILE] == "unsettled")
        if not ended.exit_code:
            assert arrived(world) >= 1
            assert world.outgoing == []


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    made(folder)
    return folder
