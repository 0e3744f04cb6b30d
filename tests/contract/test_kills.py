"""The process is killed where it matters and anywhere; the next run finds nothing lost or twice."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pipelines import boundaries
from tests.contract.once import Once
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

PLACES = (
    boundaries.LISTED,
    boundaries.ARCHIVED,
    boundaries.EXTRACTED,
    boundaries.MID_LAND,
    boundaries.LANDED,
    boundaries.MID_PROMOTE,
    boundaries.PROMOTED,
)
INSTANTS = 3
SECONDS = (0.15, 1.5)  # until one run is killed


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


def test_killed_anywhere(tmp_path: Path, vendor: str, undisturbed: Hashes) -> None:
    chance = random.Random(vendor)
    with vendor_house(tmp_path, vendor) as house:
        _commit_page_by_page(house)
        kills = 0
        # the first early enough for any machine
        for seconds in (SECONDS[0], *(chance.uniform(*SECONDS) for _ in range(INSTANTS))):
            ended = house.penstock(*LOAD, kill_after=seconds)
            assert ended.was_killed or ended.code == 0, ended.output
            kills += ended.was_killed
        assert kills, "no run was killed, so nothing is proved"
        house.write_settings()
        house.run(*LOAD[1:])
        assert_whole(house, undisturbed)


def _commit_page_by_page(house: House) -> None:
    """Makes every page a window, so that a kill falls into the midst of a list."""
    with (house.folder / ".dlt" / "config.toml").open("a") as config:
        config.write("[penstock]\nwindow_mb = 0\n")
