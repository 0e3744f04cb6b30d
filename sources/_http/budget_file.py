"""The file that holds call budgets: SQLite, shared by all processes of this machine.

Write-ahead log with `synchronous=NORMAL`: commits are not flushed to the disk (0.2 ms a call; 0.5
when they are), the file stays whole whatever happens, and all that a power cut can take are the
last calls, which the vendor's next answer corrects. A process may be killed anywhere.
"""

from __future__ import annotations

import os
import secrets
import shlex
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sources._http.budget_rows import TABLES, VERSION
from sources._http.errors import Misconfigured, PenstockError, Retryable

_BUSY_PAUSE: Final = 0.02


class BudgetFile:
    """Opens the file when it is needed, and again when it was removed or replaced meanwhile."""

    def __init__(self, file: Path, *, patience_seconds: float) -> None:
        """Nothing is opened yet.

        Args:
            file: where it is, or will be.
            patience_seconds: how long another process may hold it.
        """
        self.file = file
        self._patience_seconds = patience_seconds
        self._turn = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._inode: tuple[int, int] | None = None
        self._closing: weakref.finalize[[], BudgetFile] | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The file, held against all other processes; committed at the end.

        Raises:
            Retryable: another process holds it for too long.
            Misconfigured: it cannot be opened, or is no budget.
        """
        with self._turn:
            try:
                db = self._current()
                db.execute("BEGIN IMMEDIATE")
                try:
                    yield db
                    db.execute("COMMIT")
                except BaseException:
                    with suppress(sqlite3.Error):
                        db.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                self._close()
                raise _told(self.file, error, self._patience_seconds) from None

    def version(self) -> tuple[int, int] | None:
        """Another one whenever anybody has changed something; costs a tenth of a transaction.

        None when the file must be opened again to know, or cannot be read.
        """
        with self._turn:
            if self._db is None or self._inode != _inode(self.file):
                return None
            try:
                (others,) = self._db.execute("PRAGMA data_version").fetchone()
            except sqlite3.Error:
                return None
            return others, self._db.total_changes

    def close(self) -> None:
        """Let go of the file; the next transaction opens it again."""
        with self._turn:
            self._close()

    def _close(self) -> None:
        if self._closing is not None:
            self._closing()
        self._db = self._inode = self._closing = None

    def _current(self) -> sqlite3.Connection:
        if self._db is not None and self._inode == _inode(self.file):
            return self._db
        self._close()
        self._db = db = self._open()
        self._inode = _inode(self.file)
        self._closing = weakref.finalize(self, db.close)
        return db

    def _open(self) -> sqlite3.Connection:
        try:
            os.close(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise Misconfigured(
                f"the call budget {self.file} cannot be opened: {error.strerror}"
            ) from None
        db = sqlite3.connect(
            self.file,
            timeout=self._patience_seconds,
            isolation_level=None,
            check_same_thread=False,  # `transaction` lets one thread in at a time
        )
        try:
            self._prepare(db)
        except BaseException:
            db.close()
            raise
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        """Have the log and the tables; several processes may be at it.

        Raises:
            Misconfigured: another version wrote the file.
        """
        until = time.monotonic() + self._patience_seconds
        while True:
            try:
                db.execute("PRAGMA journal_mode=WAL")
                break
            except sqlite3.OperationalError as error:
                # SQLite does not wait for this one by itself
                if not _is_busy(error) or time.monotonic() > until:
                    raise
                time.sleep(_BUSY_PAUSE)
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("BEGIN IMMEDIATE")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in TABLES.split(";"):
                db.execute(statement)
            # a ticket of a file that was removed must not be another call's in its successor
            db.execute("INSERT INTO sqlite_sequence VALUES ('calls', ?)", [secrets.randbits(48)])
            db.execute(f"PRAGMA user_version={VERSION}")
        db.execute("COMMIT")
        if version not in (0, VERSION):
            raise _unusable(self.file, f"another version of penstock wrote it (format {version})")


def _inode(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def _told(file: Path, error: sqlite3.Error, patience_seconds: float) -> PenstockError:
    if _is_busy(error):
        return Retryable(
            f"another process holds the call budget {file} for more than {patience_seconds:g} s"
        )
    return _unusable(file, str(error))


def _unusable(file: Path, why: str) -> Misconfigured:
    every = " ".join(shlex.quote(f"{file}{suffix}") for suffix in ("", "-wal", "-shm"))
    return Misconfigured(
        f"the call budget {file} cannot be used: {why}; it may be removed while nothing runs: "
        "the vendor's next answers tell how many calls are left",
        next_command=f"rm -f {every}",
    )
