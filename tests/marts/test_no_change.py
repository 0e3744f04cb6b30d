"""A run in which no vendor has anything new: what it does without."""

from __future__ import annotations

import pytest

import sources
from tests.marts.world import World

HEAVY = ("dbt", "great_expectations", "altair", "marimo", "vl_convert")


def test_a_run_without_news_ends_well_and_publishes_nothing(world: World) -> None:
    assert world.unchanged.code == 0, world.unchanged.output
    assert "nothing new: the published file stays" in world.unchanged.output
    assert len(sources.names()) == 5
    for table in ("customers", "purchases", "invoices", "order_history"):
        assert table in world.unchanged.output  # so it was read


@pytest.mark.parametrize("package", HEAVY)
def test_a_run_without_news_does_not_import(world: World, package: str) -> None:
    assert {"dlt", "duckdb", "pipelines.run"} <= world.unchanged.imported
    assert not {name for name in world.unchanged.imported if name.partition(".")[0] == package}
