"""A project directory with several connections, and runs in it that are killed or lack room."""

from __future__ import annotations

import contextlib
import resource
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import psutil

import sources
from pipelines.boundaries import KILL_AT
from pipelines.clock import BUDGET_SPEED, SHIFT
from sources._sandbox.process import RunningSandbox
from sources._tables.declare import Table
from tests.contract.worlds import SPEED
from tests.faults.chaos.plan import Line
from tests.house import Ended, House, _context, _penstock

HANGS = 120.0  # seconds of its own work, not of the clock: a busy machine is slow, and no hang
LASTS = 900.0  # seconds by the clock
AUDIT = "_gx_worker"
MADE_UP = """\
# whoever changes single lines of invoices at random makes totals that are wrong indeed
change:
  invoice_total_right: {severity: warning}
"""
FRESH = {  # a seed's days pass without sales
    "carecloud": ("customers", "purchases"),
    "cienapps": ("orders", "quotations", "work_orders"),
    "cimcloud": ("accounts", "orders", "order_history", "invoices"),
    "cleo": ("files", "documents"),
    "crm_com": ("purchases", "accounts"),
}


@dataclass(frozen=True)
class Trouble:
    """What befalls one run.

    Attributes:
        kill_at: it is killed at this boundary.
        kill_after: it is killed after so many seconds.
        kill_on_request: it is killed once the vendors have had so many requests of it.
        kill_audit_after: its Great Expectations process is killed, so long after its start.
        most_bytes: no file can grow beyond that.
    """

    kill_at: str | None = None
    kill_after: float | None = None
    kill_on_request: int | None = None
    kill_audit_after: float | None = None
    most_bytes: int | None = None


@dataclass
class Project(House):
    """One project directory over the sandboxes of a seed.

    Attributes:
        sites: the sandboxes.
        lines: the connections.
        ahead: by how many hours our clock is ahead of the vendors'.
    """

    sites: Sequence[RunningSandbox] = ()
    lines: Sequence[Line] = ()
    page_by_page: bool = False
    ahead: float = 0.0

    def write_settings(self, **more: str) -> None:
        """Writes both files, and lets feeds be quiet for long."""
        config, secrets = ["[penstock]", *(["window_mb = 0"] if self.page_by_page else [])], []
        for line in self.lines:
            site = self.sites[line.site]
            told = {
                "vendor": f'"{line.vendor}"',
                "base_url": f'"{site.base_url(line.vendor)}"',
                **site.settings(line.vendor),
                **line.settings,
                **more,
            }
            config += [f"[sources.{line.name}]", *(f"{name} = {it}" for name, it in told.items())]
            secrets += [f"[sources.{line.name}]"]
            given = site.credentials(line.vendor).items()
            secrets += [f'{name} = "{value}"' for name, value in given]
        for file, text in (("config.toml", config), ("secrets.toml", secrets)):
            (self.folder / ".dlt" / file).write_text("\n".join([*text, ""]))
        (self.folder / "checks").mkdir(exist_ok=True)
        for vendor in {line.vendor for line in self.lines}:
            quiet = "".join(f"  {table}: 90d\n" for table in FRESH[vendor])
            (self.folder / "checks" / f"{vendor}.yml").write_text(f"freshness:\n{quiet}")
        (self.folder / "checks" / "sales.yml").write_text(MADE_UP)

    @property
    def work(self) -> Path:
        """The private folder."""
        return self.data / "work"

    def tables(self, line: Line) -> tuple[Table, ...]:
        """The tables of a connection."""
        return sources.load(line.vendor).tables_in(
            {**self.sites[line.site].settings(line.vendor), **line.settings}
        )

    def go(self, *arguments: str, trouble: Trouble | None = None, clock: float = 0.0) -> Ended:
        """One command, and what befalls it; its clock is `clock` hours off for once."""
        befalls = trouble or Trouble()
        environment = {KILL_AT: befalls.kill_at} if befalls.kill_at else {}
        environment |= {SHIFT: self._shift(clock), BUDGET_SPEED: str(SPEED)}
        with self._begun(arguments, environment, befalls.most_bytes) as process:
            is_due, hangs = (
                self._killing(befalls, process.pid or 0),
                self._hanging(process.pid or 0),
            )
            while process.is_alive() and not hangs():
                process.join(0.02)
                if process.is_alive() and is_due():
                    process.kill()
                    process.join()
            assert process.exitcode is not None, f"{arguments} hangs: {self._printed()}"
            return Ended(process.exitcode, self._printed())

    def _shift(self, clock: float) -> str:
        now = self.sites[0].now().astimezone(UTC)
        seconds = (now - datetime.now(UTC)).total_seconds()
        return str(seconds + (self.ahead + clock) * 3600)

    @contextlib.contextmanager
    def _begun(
        self, arguments: Sequence[str], environment: Mapping[str, str], most_bytes: int | None
    ) -> Iterator[Any]:
        where = (*arguments, "--project", str(self.folder))
        printed = self.folder / "printed"
        process = _context().Process(
            target=_without_room, args=(most_bytes, where, dict(environment), printed)
        )
        process.start()
        try:
            yield process
        finally:
            if process.exitcode is None:
                process.kill()
                process.join()

    def _hanging(self, pid: int) -> Callable[[], bool]:
        """What says whether a run goes on for longer than any should."""
        began = time.monotonic()

        def is_hanging() -> bool:
            with contextlib.suppress(psutil.Error):
                worked = psutil.Process(pid).cpu_times()
                if worked.user + worked.system > HANGS:
                    return True
            return time.monotonic() - began > LASTS

        return is_hanging

    def _killing(self, befalls: Trouble, pid: int) -> Callable[[], bool]:
        """What says whether the time has come to kill the run; kills its audit by itself."""
        began = time.monotonic()
        logged = [len(site.log()) for site in self.sites]
        audits: dict[int, float] = {}

        def is_due() -> bool:
            now = time.monotonic()
            if befalls.kill_audit_after is not None:
                _kill_audit(pid, befalls.kill_audit_after, audits, now)
            if befalls.kill_on_request is not None:
                # the log is asked for what is new alone
                asked = sum(len(site.log(n)) for site, n in zip(self.sites, logged, strict=True))
                return asked >= befalls.kill_on_request
            return befalls.kill_after is not None and now - began >= befalls.kill_after

        return is_due

    def of(self, line: Line, sandbox: Any = None) -> Seen:
        """What one connection has in the work file now, as if it were the only one.

        Args:
            line: which connection.
            sandbox: what stands for its sandbox, where it is not to tell all that it knows.
        """
        return Seen(
            self.folder,
            sandbox or self.sites[line.site],
            vendor=line.vendor,
            line=line,
            project=self,
        )

    def orphans(self) -> list[psutil.Process]:
        """Processes that killed runs have left in this project's folder."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if Path(process.cwd()).is_relative_to(self.folder):
                    found.append(process)
        return found


@dataclass
class Seen(House):
    """The project as one of its connections sees it: only that connection's rows can be asked for.

    What is asked of the work file is asked of a copy in memory, made when something is first asked.
    """

    line: Line = field(default_factory=lambda: Line("", "", 0, {}))
    project: Project | None = None
    _copy: duckdb.DuckDBPyConnection | None = None

    def __post_init__(self) -> None:
        """The project is there already."""

    def ask_raw(self, query: str) -> list[tuple[object, ...]]:
        """A query over this connection's rows."""
        self._copy = self._copy or self._copied()
        return self._copy.execute(query).fetchall()

    def made(self) -> set[str]:
        """The tables that there are: a run that was killed early made none."""
        return {str(name) for (name,) in self.ask_raw("select table_name from duckdb_tables()")}

    def _copied(self) -> duckdb.DuckDBPyConnection:
        db = duckdb.connect()
        db.execute("set timezone = 'UTC'")
        db.execute(f"attach '{self.raw}' as file (read_only)")
        for schema, table in db.execute(
            "select distinct schema_name, table_name from duckdb_columns() where "
            "database_name = 'file' and column_name = 'connection' and schema_name in (?, 'ops')",
            [self.vendor],
        ).fetchall():
            db.execute(f'create schema if not exists "{schema}"')
            db.execute(
                f'create table "{schema}"."{table}" as from file."{schema}"."{table}" '
                f"where connection = '{self.line.name}'"
            )
        db.execute("detach file")
        return db


def _kill_audit(pid: int, after: float, audits: dict[int, float], now: float) -> None:
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            is_audit = any(AUDIT in word for word in child.cmdline())
            if is_audit and now - audits.setdefault(child.pid, now) >= after:
                child.kill()


def _without_room(
    most_bytes: int | None, where: tuple[str, ...], environment: dict[str, str], printed: Path
) -> None:
    if most_bytes is not None:
        _, hardest = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hardest))
    _penstock(where, environment, printed)


def copy_file(raw: Path, to: Path) -> None:
    """Copies the work file, with its log where it has one, over what is there."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir()
    for file in (raw, wal(raw)):
        if file.exists():
            shutil.copy2(file, to / file.name)


def put_back(kept: Path, raw: Path) -> None:
    """Puts a copied work file in the place of the one that is there."""
    for file in (raw, wal(raw)):
        file.unlink(missing_ok=True)
        if (kept / file.name).exists():
            shutil.copy2(kept / file.name, file)


def wal(raw: Path) -> Path:
    """DuckDB's log of the work file."""
    return raw.with_name(raw.name + ".wal")


def mode_of(folder: Path) -> int:
    """Who may enter a folder."""
    return folder.stat().st_mode & 0o777
