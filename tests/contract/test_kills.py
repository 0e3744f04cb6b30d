"""The process is killed where it matters and anywhere; the next run finds nothing lost or twice."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from pipelines import boundaries
from tests.contract.worlds import (
    LOAD,
    Hashes,
    assert_whole,
    books_of,
    tables_of,
    undisturbed_rows,
    vendor_house,
)
from tests.house import House
from tests.once import Once

PLACES = (
    boundaries.LISTED,
    boundaries.ARCHIVED,
    boundaries.EXTRACTED,
    boundaries.MID_LAND,
    boundaries.LANDED,
    boundaries.MID_PROMOTE,
    boundaries.PROMOTED,
)
KILLED_AFTER = (3, 2)  # answers
SLOW_MS = 500  # before each, which is more than a window takes to be committed


@pytest.fixture
def undisturbed(once: Once, vendor: str) -> Hashes:
    """What a run brings when nobody kills it."""
    return once(f"undisturbed-{vendor}", lambda folder: undisturbed_rows(folder, vendor))


def test_killed_at_every_place_that_matters(
    tmp_path: Path, vendor: str, undisturbed: Hashes
) -> None:
    """One after the other, each going on where the last one died, while there is always news."""
    with vendor_house(tmp_path, vendor) as house:
        _commit_page_by_page(house)
        books, first = books_of(house), tables_of(house)[0].name
        for place in PLACES:
            books.make(first)
            ended = house.penstock(*LOAD, environment={boundaries.KILL_AT: place})
            assert ended.was_killed, f"{place}: {ended.output}"
        house.write_settings()
        house.run(*LOAD[1:])
        assert_whole(house, undisturbed)


def test_killed_in_the_midst_of_lists(tmp_path: Path, vendor: str, undisturbed: Hashes) -> None:
    """After some answers, at any instant of the wait for the next one."""
    chance = random.Random(vendor)
    with vendor_house(tmp_path, vendor) as house:
        _commit_page_by_page(house)
        house.sandbox.fault("slow", vendor=vendor, ms=SLOW_MS)
        kills = 0
        for answers in KILLED_AFTER:
            last = len(house.sandbox.log()) + answers + 1
            with house.started(*LOAD) as process:
                while process.is_alive() and len(house.sandbox.log()) < last:
                    time.sleep(0.01)
                process.join(chance.uniform(0, SLOW_MS / 1000))
                kills += process.is_alive()
        assert kills, "no run was killed, so nothing is proved"
        house.sandbox.clear_faults()
        house.write_settings()
        house.run(*LOAD[1:])
        assert_whole(house, undisturbed)


def _commit_page_by_page(house: House) -> None:
    """Makes every page a window, so that a kill falls into the midst of a list."""
    with (house.folder / ".dlt" / "config.toml").open("a") as config:
        config.write("[penstock]\nwindow_mb = 0\n")
