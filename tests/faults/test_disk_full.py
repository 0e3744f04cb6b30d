"""A file may not grow any more: told in a sentence, nothing lost, and the next run goes on."""

from __future__ import annotations

import resource

import pytest

from tests.faults.truth import assert_equal_to_truth, assert_nothing_confirmed_before_commit
from tests.house import House, killable


def _run_without_room(folder: str, room: int) -> None:
    from pathlib import Path

    from tests.house import _penstock

    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    arguments = ("run", "--no-publish", "--project", folder)
    _penstock(arguments, {}, Path(folder).parent / "printed")


@pytest.mark.parametrize(
    "kilobytes",
    [
        pytest.param(16, marks=pytest.mark.long),
        64,
        pytest.param(160, marks=pytest.mark.long),
    ],
    ids=lambda kilobytes: f"{kilobytes}-kB",
)
def test_a_full_disk_is_told_and_loses_nothing(house: House, kilobytes: int) -> None:
    code = killable(_run_without_room, str(house.folder), kilobytes * 1024)

    printed = (house.folder.parent / "printed").read_text()
    assert code == 1, printed
    assert "the disk is full, or a file may not grow" in printed
    assert "Next: penstock run" in printed
    assert "Traceback" not in printed
    if house.raw.exists():
        assert_nothing_confirmed_before_commit(house)
    house.run("--no-publish")
    assert_equal_to_truth(house)
