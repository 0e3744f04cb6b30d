"""One company of five vendors: read twice over HTTP, published, and read once more unchanged.

What goes over the wire is listened to, for tests that ask where secrets and connections go.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb

import sources
from pipelines.clock import BUDGET_SPEED, SHIFT
from sources._sandbox.process import RunningSandbox, running_sandbox
from tests.house import House
from tests.security.interpreter import watching
from tests.security.wiretap import Wiretap, wiretapped
from tests.security.world import Listened, listened, run_watched

SEED, ROWS = 81, 40
# it ends at half past two at night in UTC, when it is the day before in Vancouver
START = datetime(2024, 5, 31, 1, 10, tzinfo=UTC)
LATER = timedelta(days=17, hours=1, minutes=20)  # longer than a quiet account waits for its turn
SPEED = 1000  # a quarter hour of a call budget takes a second
PENSTOCK = Path(sys.executable).with_name("penstock")


@dataclass
class FiveVendorHouse(House):
    """A project directory with a connection to each vendor of the sandbox, through a wiretap."""

    tap: Wiretap | None = None

    def write_settings(self, **more: str) -> None:
        """Writes both files as a user would, with what each vendor's sandbox says."""
        config, secrets = [], []
        for vendor in self.sandbox.vendors():
            told = {
                "base_url": f'"{self.tap.url if self.tap else self.sandbox.url}/{vendor}"',
                **self.sandbox.settings(vendor),
                **more,
            }
            config += [f"[sources.{vendor}]", *(f"{name} = {it}" for name, it in told.items())]
            secrets += [f"[sources.{vendor}]"]
            secrets += [f'{name} = "{it}"' for name, it in self.sandbox.credentials(vendor).items()]
        for file, lines in (("config.toml", config), ("secrets.toml", secrets)):
            (self.folder / ".dlt" / file).write_text("\n".join([*lines, ""]))


@dataclass(frozen=True)
class Unchanged:
    """A run in which no vendor had anything new.

    Attributes:
        code: its exit code.
        output: what it printed.
        imported: the modules that it and the processes it started imported.
        wall, cpu: seconds; the interpreter's start and the log of its imports are in them.
    """

    code: int
    output: str
    imported: frozenset[str]
    wall: float
    cpu: float


@dataclass(frozen=True)
class World:
    """What was published, and what is needed to know what should have been.

    Attributes:
        published: the file.
        seen: by vendor and table, the keys of what its books said a client can see at either run.
        built_at: when the file was built, by the clock that vendors and runs share.
        unchanged: the run after it.
        listened: what can be known of secrets and connections; nothing was published after it.
    """

    published: Path
    seen: Mapping[str, Mapping[str, frozenset[str]]]
    built_at: datetime
    unchanged: Unchanged
    listened: Listened

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer of the published file."""
        return self.answer(query)[1]

    def answer(self, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The names of an answer's columns, and its rows."""
        with duckdb.connect(str(self.published), read_only=True) as db:
            db.execute("set timezone = 'UTC'")
            told = db.execute(query)
            return [name for name, *_ in told.description or ()], told.fetchall()


def make(folder: Path) -> World:
    """Plays the company, reads it, publishes, and runs once more."""
    budgeted = [name for name in sources.names() if sources.load(name).budget is not None]
    options: dict[str, dict[str, object]] = {name: {"speed": SPEED} for name in budgeted}
    interpreter = watching(folder / "watching")
    with (
        running_sandbox(seed=SEED, rows=ROWS, start_at=START, options=options) as sandbox,
        wiretapped(urlsplit(sandbox.url).port or 0) as tap,
    ):
        house = FiveVendorHouse(folder / "project", sandbox, tap=tap)
        house.environment[BUDGET_SPEED] = str(SPEED)
        _set_clock(house)
        house.run("--max-minutes", "0", "--no-publish")
        seen = _seen(sandbox)
        sandbox.advance(hours=LATER / timedelta(hours=1))
        _set_clock(house)
        published = run_watched(house, interpreter, "--max-minutes", "0", "--data-docs")
        assert published.code == 0, published.output
        built_at = sandbox.now()
        seen = _both(seen, _seen(sandbox))
        unchanged = _run_again(house)
        assert sandbox.complaints() == ""
        file = house.published.resolve()
        return World(file, seen, built_at, unchanged, listened(house, tap, interpreter))


def _set_clock(house: FiveVendorHouse) -> None:
    """Sets the runs' clock to the sandbox's, which stands still between its advances."""
    shift = house.sandbox.now().astimezone(UTC) - datetime.now(UTC)
    house.environment[SHIFT] = str(shift.total_seconds())


def _seen(sandbox: RunningSandbox) -> dict[str, dict[str, frozenset[str]]]:
    return {
        vendor: {table: frozenset(keys) for table, keys in sandbox.books(vendor).keys().items()}
        for vendor in sandbox.vendors()
    }


def _both(
    one: Mapping[str, Mapping[str, frozenset[str]]],
    other: Mapping[str, Mapping[str, frozenset[str]]],
) -> dict[str, dict[str, frozenset[str]]]:
    return {
        vendor: {
            table: one[vendor].get(table, frozenset()) | keys for table, keys in tables.items()
        }
        for vendor, tables in other.items()
    }


def _run_again(house: FiveVendorHouse) -> Unchanged:
    """The installed command in a process of its own, which logs what it imports."""
    log = house.folder / "imports"
    # unlike -X importtime this is inherited: a process that the run starts logs its imports too
    environment = {**os.environ, **house.environment, "PYTHONPROFILEIMPORTTIME": "1"}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with log.open("wb") as errors:
        done = subprocess.run(
            [PENSTOCK, "run", "--project", house.folder],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            timeout=120,
        )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    lines = log.read_text("utf-8", "replace").splitlines()
    imported = [
        line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")
    ]
    output = "\n".join(
        [done.stdout.decode(), *(line for line in lines if not line.startswith("import time:"))]
    )
    return Unchanged(done.returncode, output, frozenset(imported), wall, cpu)
