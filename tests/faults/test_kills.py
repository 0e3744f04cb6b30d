"""The process is killed, at every place that matters and anywhere; then it runs again."""

from __future__ import annotations

import random

import pytest

from pipelines import boundaries
from tests.faults.truth import assert_equal_to_truth, assert_nothing_confirmed_before_commit
from tests.house import House

# half a minute each; the publish of a kill before the symlink is asked in `make test`
SLOW = (boundaries.BUILT, boundaries.AFTER_SYMLINK)


@pytest.mark.parametrize(
    "boundary",
    [pytest.param(name, marks=pytest.mark.long if name in SLOW else ()) for name in boundaries.ALL],
)
def test_killed_at_a_boundary(house: House, boundary: str) -> None:
    house.write_settings(confirm_batch_size="7")
    is_about_publishing = boundary in (
        boundaries.BUILT,
        boundaries.BEFORE_SYMLINK,
        boundaries.AFTER_SYMLINK,
    )
    arguments = () if is_about_publishing else ("--no-publish",)

    killed = house.penstock("run", *arguments, environment={boundaries.KILL_AT: boundary})
    assert killed.was_killed, killed.output
    assert_nothing_confirmed_before_commit(house)
    house.run(*arguments)

    assert_equal_to_truth(house)
    if is_about_publishing:
        assert house.ask("select count(*) from sales.orders") == house.ask_raw(
            "select count(distinct _key) from cienapps.orders"
        )
        assert [file for file in house.data.rglob("*.wal") if "work" not in file.parts] == []


@pytest.mark.long
def test_killed_at_random_while_loading(house: House) -> None:
    """Twelve instants: the company goes on saving, the process is killed, the next one ends."""
    chance = random.Random(1)
    house.write_settings(confirm_batch_size="7")
    kills = 0
    while kills < 12:
        house.sandbox.advance(days=chance.uniform(0.5, 2))
        ended = house.penstock("run", "--no-publish", kill_after=chance.uniform(0.05, 1.6))
        kills += ended.was_killed
        assert ended.was_killed or ended.code == 0, ended.output
        if house.raw.exists():
            assert_nothing_confirmed_before_commit(house)
    house.run("--no-publish")
    assert_equal_to_truth(house)


@pytest.mark.long
def test_killed_at_random_while_publishing(house: House) -> None:
    """Six instants over whole runs; the published file answers after every one."""
    chance = random.Random(100)
    house.run()
    kills = 0
    while kills < 6:
        house.sandbox.advance(days=chance.uniform(0.5, 2))
        ended = house.penstock("run", kill_after=chance.uniform(0.3, 4))
        kills += ended.was_killed
        assert ended.was_killed or ended.code == 0, ended.output
        assert_nothing_confirmed_before_commit(house)
        assert house.ask("select count(*) > 0 from sales.orders") == [(True,)]
    house.run()
    assert_equal_to_truth(house)
    assert house.ask("select count(*) from sales.orders") == house.ask_raw(
        "select count(distinct _key) from cienapps.orders"
    )
