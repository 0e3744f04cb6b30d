"""People save, make and delete rows while lists are read; who was there all the time is here."""

from __future__ import annotations

from pathlib import Path

import pytest

import sources
from tests.contract.worlds import (
    LOAD,
    PATIENT,
    books_of,
    doubled,
    latest,
    missing,
    quarantined,
    tables_of,
    vendor_house,
)

PEOPLE = 90  # orders: lists of several pages
EVERY = 3  # answers


def test_nobody_who_stayed_is_missed(tmp_path: Path, vendor: str) -> None:
    """After the next run; where the vendor promises no order, after a sweep if there is one."""
    # a list of a few rows may well lose a large share of them
    settings = {**PATIENT, "sweep_max_vanished": "1.0"}
    with vendor_house(tmp_path, vendor, settings, rows=PEOPLE) as house:
        books = books_of(house)
        if not books.about().can_stir:
            pytest.skip("its lists cannot move while they are read")
        before = books.keys()
        books.stir(EVERY)
        house.run(*LOAD[1:])
        books.stir(0)
        after = books.keys()
        assert any(before[table] != after[table] for table in before), "nothing moved"
        house.run(*LOAD[1:])
        if not books.about().order_promised and sources.load(vendor).whole is not None:
            swept = house.penstock("sweep", vendor, *LOAD[1:])
            assert swept.code == 0, swept.output
        ours, all_left = latest(house), []
        for table in tables_of(house):
            stayed = set(before[table.name]) & set(after[table.name])
            all_left += [] if stayed else [table.name]
            bad = quarantined(house, table.name)
            assert missing(sorted(stayed), ours[table.name], bad) == [], table.name
            assert doubled(house, table.name) == 0, table.name
        assert len(all_left) <= 2, f"nobody of {all_left} stayed, so nothing is proved"
