"""The published world, once for all tests here."""

from __future__ import annotations

import pytest

from tests.marts.figures import Figures
from tests.marts.kept_by_company import cienapps, cleo
from tests.marts.kept_by_others import carecloud, cimcloud, crm_com
from tests.marts.replay import Replay
from tests.marts.world import World, make
from tests.once import Once


@pytest.fixture(scope="session")
def world(once: Once) -> World:
    """Five vendors' documents, published."""
    return once("marts", make)


@pytest.fixture(scope="session")
def replay() -> Replay:
    """The company that the vendors told of, in this process."""
    return Replay()


@pytest.fixture(scope="session")
def figures(world: World, replay: Replay) -> Figures:
    """What the company's own books say; of CRM.COM's what a client could see at some run."""
    books = {
        "cienapps": cienapps(replay),
        "cleo": cleo(replay),
        "cimcloud": cimcloud(replay),
        "carecloud": carecloud(replay),
        "crm_com": crm_com(replay, world.seen["crm_com"]),
    }
    return Figures(books, world.built_at.date())
