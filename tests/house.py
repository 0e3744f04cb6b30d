"""A project directory beside a sandbox, and real processes that run in it and can be killed.

A run is a process of its own, forked from a server that has the imports behind it: it is the
command line with its arguments, its exit code and its output, without four seconds of start-up.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext
from pathlib import Path

import duckdb

from sources._sandbox.process import RunningSandbox

REPOSITORY = Path(__file__).parent.parent
VENDOR = "cienapps"
SECONDS = 120.0


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (negative: the signal), what it printed."""

    code: int
    output: str

    @property
    def was_killed(self) -> bool:
        """Whether SIGKILL ended it."""
        return self.code == -signal.SIGKILL


@dataclass
class House:
    """One project directory whose connection leads to a sandbox."""

    folder: Path
    sandbox: RunningSandbox
    settings: dict[str, str] = field(default_factory=dict)
    vendor: str = VENDOR
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / ".dlt").mkdir(parents=True)
        shutil.copytree(REPOSITORY / "maps", self.folder / "maps")
        self.write_settings()

    def write_settings(self, **more: str) -> None:
        """Writes config and secrets; values are TOML, and go before what the sandbox says."""
        self.settings = self.sandbox.settings(self.vendor) | self.settings | more
        lines = [f'base_url = "{self.sandbox.base_url(self.vendor)}"']
        lines += [f"{name} = {value}" for name, value in self.settings.items()]
        self._write("config.toml", lines)
        given = self.sandbox.credentials(self.vendor)
        self._write("secrets.toml", [f'{name} = "{value}"' for name, value in given.items()])

    def _write(self, file: str, lines: list[str]) -> None:
        text = "\n".join([f"[sources.{self.vendor}]", *lines, ""])
        (self.folder / ".dlt" / file).write_text(text)

    @property
    def data(self) -> Path:
        """Where analysts read."""
        return self.folder / "data"

    @property
    def raw(self) -> Path:
        """The work file."""
        return self.data / "work" / "raw.duckdb"

    @property
    def published(self) -> Path:
        """The published name."""
        return self.data / "warehouse.duckdb"

    def penstock(
        self,
        *arguments: str,
        kill_after: float | None = None,
        environment: Mapping[str, str] | None = None,
        seconds: float = SECONDS,
    ) -> Ended:
        """One command as a process; killed after so many seconds, if that is given."""
        with self.started(*arguments, environment=environment) as process:
            process.join(seconds if kill_after is None else kill_after)
            if process.exitcode is None:
                process.kill()
                process.join()
                if kill_after is None:
                    raise AssertionError(f"{arguments} hangs: {self._printed()}")
            return Ended(process.exitcode or 0, self._printed())

    @contextlib.contextmanager
    def started(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> Iterator[multiprocessing.process.BaseProcess]:
        """A command as a process that goes on while the block runs, and is killed after it."""
        where = (*arguments, "--project", str(self.folder))
        process = _context().Process(
            target=_penstock,
            args=(where, self.environment | dict(environment or {}), self.folder / "printed"),
        )
        process.start()
        try:
            yield process
        finally:
            if process.exitcode is None:
                process.kill()
                process.join()

    def _printed(self) -> str:
        file = self.folder / "printed"
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def run(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        seconds: float = SECONDS,
    ) -> Ended:
        """`penstock run`, which must end well, and within so many seconds."""
        ended = self.penstock("run", *arguments, environment=environment, seconds=seconds)
        assert ended.code == 0, ended.output
        return ended

    def ask(self, query: str, file: Path | None = None) -> list[tuple[object, ...]]:
        """A query over the published file, or another."""
        return ask(file or self.published, query)

    def ask_raw(self, query: str) -> list[tuple[object, ...]]:
        """A query over the work file, which nothing may have open."""
        return ask(self.raw, query)


def ask(file: Path, query: str) -> list[tuple[object, ...]]:
    """A query over a file, read-only."""
    with duckdb.connect(str(file), read_only=True) as db:
        db.execute("set timezone = 'UTC'")
        return db.execute(query).fetchall()


def change(file: Path, statements: str) -> None:
    """Changes a file of ours behind the product's back."""
    with duckdb.connect(str(file)) as db:
        db.execute(statements)


def wait_for(seen: Path, seconds: float = 30.0) -> None:
    """Waits until a file is there."""
    until = time.monotonic() + seconds
    while not seen.exists():
        assert time.monotonic() < until, f"{seen.name} never came"
        time.sleep(0.01)


def killable(work: Callable[..., None], *arguments: object) -> int | None:
    """Does some work in a process of its own, and says how that ended: its exit code."""
    process = _context().Process(target=work, args=arguments)
    process.start()
    process.join(SECONDS)
    return process.exitcode


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.preloaded"])
    return context


def _penstock(arguments: tuple[str, ...], environment: Mapping[str, str], printed: Path) -> None:
    os.environ.update(environment)
    with printed.open("w", encoding="utf-8", buffering=1) as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
        sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb"), encoding="utf-8", line_buffering=True)
        sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb"), encoding="utf-8", line_buffering=True)
        from pipelines import cli

        sys.argv = ["penstock", *arguments]
        try:
            cli.main()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
