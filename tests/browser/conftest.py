"""One run over a small company, its pages, and its notebooks on loopback, for all these tests."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from notebooks.launch import environment, launch_command
from pipelines.clock import SHIFT
from sources._sandbox.process import running_sandbox
from sources._sandbox.setup import DEFAULT_START
from tests.house import House

from .watched import OFFLINE, browser_file

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NOTEBOOKS = ("sales_pipeline", "data_quality", "explore")
SCREENSHOTS = Path(__file__).parents[2] / "screenshots"


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A project after its first run, on a day on which the customer whose name is a script has an
    open quotation."""
    shift = (DEFAULT_START - datetime.now(UTC)).total_seconds()
    with running_sandbox(rows=25, seed=1) as sandbox:
        house = House(
            tmp_path_factory.mktemp("browser") / "project",
            sandbox,
            vendor="crm_com",
            environment={SHIFT: str(shift)},
        )
        house.run()
    return house


@pytest.fixture(scope="session")
def served(house: House) -> Iterator[dict[str, str]]:
    """The notebooks' app view: where each is served."""
    with ExitStack() as stack:
        addresses = {}
        for name in NOTEBOOKS:
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            process = subprocess.Popen(
                launch_command(name, project=house.folder, port=port, headless=True),
                env=environment(house.published, os.environ | house.environment),
                cwd=house.folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
            addresses[name] = f"http://127.0.0.1:{port}/"
        for address in addresses.values():
            _wait_for(address)
        yield addresses


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a network."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=str(browser_file()), args=list(OFFLINE))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures are put to be looked at; git takes no notice of the folder."""
    SCREENSHOTS.mkdir(exist_ok=True)
    (SCREENSHOTS / ".gitignore").write_text("*\n", encoding="utf-8")
    return SCREENSHOTS


def _wait_for(address: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not _answers(address):
        assert time.monotonic() < until, f"{address} never answered"
        time.sleep(0.2)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address).status_code == 200
    except httpx.TransportError:
        return False
