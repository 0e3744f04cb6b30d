"""Where the files are and how they are opened: the only file that knows.

data/                       published: what analysts may open
  warehouse.duckdb          symlink, re-pointed by rename
  warehouse-<run>.duckdb    one generation, read-only
  warehouse.status.json  audit.html  site/index.html
  work/                     private (0700)
    raw.duckdb              versions and operations: the truth
    next/warehouse.duckdb   what is being built
    budget.sqlite           calls made, per vendor account
    outgoing/               what is to be delivered, until it is
    archive/  dlt/  dbt/  audit/  run.lock
"""

from __future__ import annotations

import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import duckdb

from sources._http.errors import Misconfigured, PenstockError

PRIVATE = 0o700
READABLE = 0o755


@dataclass(frozen=True)
class Places:
    """Every path of one project directory.

    Attributes:
        project: the directory that holds `.dlt/`, `maps/` and the rest of what a user owns.
        publish_to: where analysts read.
        work: the private folder.
    """

    project: Path
    publish_to: Path
    work: Path

    @property
    def raw(self) -> Path:
        """The work file: versions and operations."""
        return self.work / "raw.duckdb"

    @property
    def next(self) -> Path:
        """The warehouse being built, not yet audited."""
        return self.work / "next" / "warehouse.duckdb"

    @property
    def archive(self) -> Path:
        """Raw pages, compressed."""
        return self.work / "archive"

    @property
    def outgoing(self) -> Path:
        """What is to be delivered, as it will be sent."""
        return self.work / "outgoing"

    @property
    def budget(self) -> Path:
        """The calls made lately, which the vendors count."""
        return self.work / "budget.sqlite"

    @property
    def published(self) -> Path:
        """The name that analysts open."""
        return self.publish_to / "warehouse.duckdb"

    @property
    def status(self) -> Path:
        """What is known about the published file, for those who do not open it."""
        return self.publish_to / "warehouse.status.json"

    @property
    def audit_page(self) -> Path:
        """The verdict, readable."""
        return self.publish_to / "audit.html"

    @property
    def page(self) -> Path:
        """The sales manager's page."""
        return self.publish_to / "site" / "index.html"

    @property
    def maps(self) -> Path:
        """The mappings that the user owns."""
        return self.project / "maps"

    @property
    def models(self) -> Path:
        """The models that the user adds, or puts in the place of ours."""
        return self.project / "models"

    @property
    def macros(self) -> Path:
        """The user's own macros, for those models."""
        return self.project / "macros"

    def prepare(self) -> None:
        """Makes the folders; the private one is closed to others even where it was open.

        The published one is open for reading to everybody and for writing to nobody else,
        whatever the umask: who may come as far is told by the folders above it.

        Raises:
            PermissionError: they are another user's, as `not_ours` tells.
        """
        if not self.publish_to.exists():
            self.publish_to.mkdir(parents=True)
            self.publish_to.chmod(READABLE)  # one that is there is as its owner made it
        self.work.mkdir(parents=True, exist_ok=True)
        self.work.chmod(PRIVATE)
        for folder in (self.archive, self.next.parent):
            folder.mkdir(exist_ok=True)


def not_ours(error: PermissionError) -> Misconfigured:
    """What another user closed, named with its owner: a project directory has one user."""
    folder = Path(error.filename or ".")
    while True:
        try:
            user = folder.stat().st_uid
            break
        except OSError:
            folder = folder.parent
    try:
        owner = pwd.getpwuid(user).pw_name
    except KeyError:
        owner = f"#{user}"
    return Misconfigured(
        f"{folder} is closed to this user: it is {owner}'s",
        next_command=f"sudo -u {quote(owner)} penstock run",
    )


@contextmanager
def open_raw(places: Places) -> Iterator[duckdb.DuckDBPyConnection]:
    """The work file, for writing; held open while a run lasts.

    dlt opens the same file in the same process: without a connection that stays, its last close
    would drop DuckDB's lock on the file between two windows.

    Raises:
        PenstockError: another process has it open, or it cannot be read.
    """
    try:
        connection = duckdb.connect(str(places.raw))
    except duckdb.Error as error:
        raise PenstockError(
            f"the work file cannot be opened: {error}", next_command="penstock status"
        ) from error
    with connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


@contextmanager
def transaction(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All that is done inside, or nothing of it."""
    db.execute("begin transaction")
    try:
        yield
        db.execute("commit")
    except BaseException:
        db.execute("rollback")
        raise


@contextmanager
def read_only(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Any file of ours, for reading, closed afterwards."""
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection
