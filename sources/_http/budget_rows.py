"""What the budget file holds of one account: calls, the vendor's last words, a pause.

Times in it are ticks of the machine's monotonic clock. One that lies ahead of now is from before a
reboot, or from a clock that has jumped: it is moved to now, so it holds nobody up for longer than a
window.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from sources._http.budget_count import Rate, Spent, Word

VERSION: Final = 1
TABLES: Final = """
CREATE TABLE calls (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    taken_at REAL NOT NULL,
    answered_at REAL,
    pid INTEGER NOT NULL,
    born TEXT NOT NULL
);
CREATE INDEX calls_of_account ON calls (account, taken_at);
CREATE TABLE words (
    account TEXT NOT NULL,
    calls INTEGER NOT NULL,
    seconds REAL NOT NULL,
    number INTEGER NOT NULL,
    taken_at REAL NOT NULL,
    heard_at REAL NOT NULL,
    remaining INTEGER NOT NULL,
    foreign_calls INTEGER NOT NULL,
    is_strict INTEGER NOT NULL,
    reset_at REAL NOT NULL,
    PRIMARY KEY (account, calls, seconds)
);
CREATE TABLE closures (
    account TEXT PRIMARY KEY,
    said_at REAL NOT NULL,
    ends_at REAL NOT NULL
)
"""


class Rows:
    """One account's rows, inside a transaction."""

    def __init__(self, db: sqlite3.Connection, account: str, now: float) -> None:
        """Move to now what lies ahead of it."""
        self._db = db
        self._account = account
        self._now = now
        mine = {"account": account, "now": now}
        db.execute(
            "UPDATE calls SET taken_at = min(taken_at, :now), answered_at = min(answered_at, :now)"
            " WHERE account = :account AND (taken_at > :now OR answered_at > :now)",
            mine,
        )
        # a word can't be placed among calls whose order is lost; the next answer brings another
        db.execute("DELETE FROM words WHERE account = :account AND heard_at > :now", mine)
        db.execute(
            "UPDATE closures SET said_at = :now, ends_at = :now + ends_at - said_at"
            " WHERE account = :account AND said_at > :now",
            mine,
        )

    def calls(self, patience: float, is_alive: Callable[[int, str], bool]) -> list[Spent]:
        """The calls there are.

        Args:
            patience: a call that takes more ticks than this was answered, but nobody could say so.
            is_alive: whether a process still runs, by its number and birth.
        """
        found = self._db.execute(
            "SELECT number, taken_at, answered_at, pid, born FROM calls WHERE account = ?",
            [self._account],
        )
        calls = []
        for number, taken_at, answered_at, pid, born in found.fetchall():
            is_lost = answered_at is None and not is_alive(pid, born)
            if answered_at is None and not is_lost and taken_at + patience <= self._now:
                answered_at = taken_at + patience
            calls.append(Spent(number, taken_at, answered_at, is_lost))
        return calls

    def add(self, pid: int, born: str) -> int:
        """A call that is being sent now by that process; its number."""
        added = self._db.execute(
            "INSERT INTO calls (account, taken_at, pid, born) VALUES (?, ?, ?, ?)",
            [self._account, self._now, pid, born],
        )
        if added.lastrowid is None:
            raise sqlite3.InternalError("the call got no number")
        return added.lastrowid

    def answered(self, number: int) -> None:
        """The call's answer is complete. Says nothing of one that is unknown or was answered."""
        self._db.execute(
            "UPDATE calls SET answered_at = ?"
            " WHERE number = ? AND account = ? AND answered_at IS NULL",
            [self._now, number, self._account],
        )

    def drop(self, number: int) -> None:
        """The call was never sent."""
        self._db.execute(
            "DELETE FROM calls WHERE number = ? AND account = ?", [number, self._account]
        )

    def prune(self, before: float, patience: float) -> None:
        """Forget the calls that were answered before then.

        Args:
            before: ticks.
            patience: as for `calls`.
        """
        self._db.execute(
            "DELETE FROM calls WHERE account = ? AND taken_at < ?"
            " AND coalesce(answered_at, taken_at + ?) < ?",
            [self._account, before, patience, before],
        )

    def word(self, rate: Rate) -> Word | None:
        """The last word about a rate."""
        found = self._db.execute(
            "SELECT number, taken_at, heard_at, remaining, foreign_calls, is_strict, reset_at"
            " FROM words WHERE account = ? AND calls = ? AND seconds = ?",
            [self._account, rate.calls, rate.seconds],
        ).fetchone()
        if found is None:
            return None
        number, taken_at, heard_at, remaining, foreign, is_strict, reset_at = found
        return Word(number, taken_at, heard_at, remaining, foreign, bool(is_strict), reset_at)

    def keep(self, rate: Rate, word: Word) -> None:
        """The last word about a rate is this one."""
        self._db.execute(
            "REPLACE INTO words VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                self._account,
                rate.calls,
                rate.seconds,
                word.number,
                word.taken_at,
                word.heard_at,
                word.remaining,
                word.foreign,
                word.is_strict,
                word.reset_at,
            ],
        )

    def closed_until(self) -> float:
        """Until when nothing may be called, in ticks; in the past when that is over."""
        found = self._db.execute(
            "SELECT ends_at FROM closures WHERE account = ?", [self._account]
        ).fetchone()
        return self._now if found is None else float(found[0])

    def close(self, ticks: float) -> None:
        """Nothing may be called for that long."""
        ends_at = max(self._now + ticks, self.closed_until())
        self._db.execute(
            "REPLACE INTO closures VALUES (?, ?, ?)", [self._account, self._now, ends_at]
        )
