"""Fixtures that several rooms share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from sources._sandbox.process import RunningSandbox, running_sandbox
from tests.house import House
from tests.once import Once

# explaining a failure traces every line of the libraries below, for minutes and gigabytes
settings.register_profile("house", phases=[p for p in Phase if p is not Phase.explain])
settings.load_profile("house")


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    """A small company behind real HTTP."""
    with running_sandbox(rows=20) as running:
        yield running
        assert running.complaints() == ""


@pytest.fixture
def house(tmp_path: Path, sandbox: RunningSandbox) -> House:
    """A project directory that reads the sandbox."""
    return House(tmp_path / "project", sandbox)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Once:
    """Does what several tests look at a single time, whichever of the test processes asks first."""
    own = tmp_path_factory.getbasetemp()
    is_worker = hasattr(request.config, "workerinput")
    return Once((own.parent if is_worker else own) / "once")
