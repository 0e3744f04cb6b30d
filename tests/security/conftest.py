"""The run of five vendors that other tests look at too."""

from __future__ import annotations

import pytest

from tests.marts.world import make
from tests.once import Once
from tests.security.world import Listened


@pytest.fixture(scope="session")
def listened(once: Once) -> Listened:
    """Five vendors' documents, published, and all that was said and left on the way."""
    return once("marts", make).listened
