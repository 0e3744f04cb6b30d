"""What an extraction keeps to, and what it made of a connection."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipelines.confirm import Confirmed
from pipelines.lock import Hold
from pipelines.project import Limits
from pipelines.promote import Promoted
from pipelines.record import Counts
from pipelines.stopping import Stop
from sources._http.budget import Budget
from sources._http.errors import OutOfTime, PenstockError
from sources._reading.marks import Coverage


@dataclass
class Outcome:
    """What a run made of one connection, so far.

    Attributes:
        connection: its name.
        counts: rows per table.
        confirmed: items confirmed and refused.
        returned: notifications that came back after their confirmation.
        unknown: undeclared fields met, per table.
        windows: how many were committed.
        pages: how many were read.
        coverage: how much of each table is here, where this run changed it.
        ended_early: what ended it before everything was read, though nothing is wrong.
        is_stopped: a stop was asked for before everything was read.
        notes: what else is to be told.
        failed: why single tables could not be read, while the others were.
        error: what ended it early.
    """

    connection: str
    counts: dict[str, Counts] = field(default_factory=dict)
    confirmed: Confirmed = field(default_factory=Confirmed)
    returned: int = 0
    unknown: dict[str, set[str]] = field(default_factory=dict)
    windows: int = 0
    pages: int = 0
    coverage: dict[str, Coverage] = field(default_factory=dict)
    ended_early: OutOfTime | None = None
    is_stopped: bool = False
    notes: list[str] = field(default_factory=list)
    failed: list[PenstockError] = field(default_factory=list)
    error: PenstockError | None = None

    def add(self, promoted: Promoted) -> None:
        """Adds what a window brought."""
        for table, counts in promoted.counts.items():
            self.counts[table] = self.counts.get(table, Counts()) + counts
        self.returned += promoted.returned


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What an extraction keeps to.

    Attributes:
        limits: how much goes into one window.
        budget: the account's call budget, if there is one.
        ends_at: when reading ends (`time.monotonic` seconds); None is when all is read.
        stop: whether somebody wants it to end.
        hold: the data folder's lock, which another host may have taken over.
    """

    limits: Limits
    hold: Hold
    budget: Budget | None = None
    ends_at: float | None = None
    stop: Stop = field(default_factory=Stop)


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """How an extraction begins, before its job.

    Attributes:
        confirms: whether the vendor may be told what is durable; otherwise the next run does.
        retypes: whether columns may be emptied whose stored values their declared type cannot
            hold: the job types the archived pages anew.
    """

    confirms: bool = True
    retypes: bool = False
