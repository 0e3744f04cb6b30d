"""Which rows of a list say something new, when the list can't be asked that.

`log_information.updated_date` tells [S]. It is the server's local time, so it is compared with
itself alone: with the latest that the list showed the last time. Clocks turn back an hour in
autumn, and changes become visible a little late, so the last hours before that are remembered row
by row; what stands there as it stood is no news. After an import they are too many: then the last
hour is news, whatever stood there. A row of the future would hide all others, so it is remembered,
and is not the latest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

EDGE: Final = timedelta(hours=3)
MOST: Final = 2_000  # rows that are remembered
HOUR: Final = timedelta(hours=1)
_FIRST_YEAR, _LAST_YEAR = 1900, 2199  # as columns are typed: others leave no room to reckon
_STAMPS: Final = ("updated_date", "created_date")

Row = Mapping[str, Any]


@dataclass
class News:
    """What a list has shown so far; goes into a position and comes back from one.

    Attributes:
        latest: the latest change that it showed, as the vendor writes it; "" where it showed none.
        edge: rows that changed in the hours before, or in the future, by id, and when.
        full: of changes until then, rows are not remembered, since they were too many; "" where
            all are.
    """

    latest: str = ""
    edge: dict[str, str] = field(default_factory=dict)
    full: str = ""

    @classmethod
    def of(cls, position: Mapping[str, Any] | None) -> News:
        """The one that a position holds; none where there is none."""
        return cls(**position) if position else cls()

    def position(self) -> dict[str, Any]:
        """Itself as JSON."""
        return {"latest": self.latest, "edge": dict(self.edge), "full": self.full}

    def has(self, row: Row) -> bool:
        """Whether a row is news to who saw this; one that says no time always is."""
        stamp = changed_at(row)
        at, latest = _moment(stamp), _moment(self.latest)
        if at is None:
            return True
        if self.edge.get(str(row.get("id"))) == stamp:
            return False
        if latest is None:
            return True
        full = _moment(self.full)
        return at > latest - (EDGE if full is None or at > full else HOUR)

    def add(self, row: Row, until: datetime | None = None) -> None:
        """Sees a row.

        Args:
            row: of the list.
            until: a change later than that (the vendor's local time) is not believed.
        """
        stamp = changed_at(row)
        at = _moment(stamp)
        if at is None:
            return
        latest = _moment(self.latest)
        if until is not None and at > until:
            if len(self.edge) < MOST:
                self.edge[str(row.get("id"))] = stamp
            return
        if latest is None or at > latest:
            self.latest, latest = stamp, at
            self._forget(latest - EDGE)
        full = _moment(self.full)
        if at > latest - EDGE and (full is None or at > full):
            self.edge[str(row.get("id"))] = stamp
        if len(self.edge) > MOST:
            self.full = self.latest
            self._forget(latest)

    def _forget(self, until: datetime) -> None:
        """Forgets rows that changed before; what was forgotten for being too many, with them."""
        self.edge = {
            key: held
            for key, held in self.edge.items()
            if (then := _moment(held)) is not None and then > until
        }
        full = _moment(self.full)
        if full is not None and full < until:
            self.full = ""


def changed_at(row: Row) -> str:
    """When a row says that it last changed; "" where it does not."""
    log = row.get("log_information")
    if not isinstance(log, dict):
        return ""
    return next((log[name] for name in _STAMPS if isinstance(log.get(name), str)), "")


def _moment(stamp: str) -> datetime | None:
    """A stamp as a time, without its zone; None where it cannot be read."""
    try:
        at = datetime.fromisoformat(stamp.strip()).replace(tzinfo=None)
    except ValueError:
        return None
    return at if _FIRST_YEAR <= at.year <= _LAST_YEAR else None
