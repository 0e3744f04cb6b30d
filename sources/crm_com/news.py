"""Which rows of a list say something new, when the list can't be asked that.

`log_information.updated_date` tells [S]. It is the server's local time, so it is compared with
itself alone: with the latest that the list showed the last time. Clocks turn back an hour in
autumn, and changes become visible a little late, so the last hours before that are remembered row
by row; what stands there as it stood is no news.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

EDGE: Final = timedelta(hours=3)
_STAMPS: Final = ("updated_date", "created_date")

Row = Mapping[str, Any]


@dataclass
class News:
    """What a list has shown so far; goes into a position and comes back from one.

    Attributes:
        latest: the latest change that it showed, as the vendor writes it; "" where it showed none.
        edge: rows that changed in the hours before, by id, and when.
    """

    latest: str = ""
    edge: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, position: Mapping[str, Any] | None) -> News:
        """The one that a position holds; none where there is none."""
        return cls(**position) if position else cls()

    def position(self) -> dict[str, Any]:
        """Itself as JSON."""
        return {"latest": self.latest, "edge": dict(self.edge)}

    def has(self, row: Row) -> bool:
        """Whether a row is news to who saw this; one that says no time always is."""
        stamp = changed_at(row)
        at, latest = _moment(stamp), _moment(self.latest)
        if at is None or latest is None:
            return True
        if at <= latest - EDGE:
            return False
        return self.edge.get(str(row.get("id"))) != stamp

    def add(self, row: Row) -> None:
        """Sees a row."""
        stamp = changed_at(row)
        at = _moment(stamp)
        if at is None:
            return
        latest = _moment(self.latest)
        if latest is None or at > latest:
            self.latest, latest = stamp, at
            self.edge = {
                key: held
                for key, held in self.edge.items()
                if (then := _moment(held)) is not None and then > latest - EDGE
            }
        if at > latest - EDGE:
            self.edge[str(row.get("id"))] = stamp


def changed_at(row: Row) -> str:
    """When a row says that it last changed; "" where it does not."""
    log = row.get("log_information")
    if not isinstance(log, dict):
        return ""
    return next((log[name] for name in _STAMPS if isinstance(log.get(name), str)), "")


def _moment(stamp: str) -> datetime | None:
    """A stamp as a time, without its zone; None where it cannot be read."""
    try:
        return datetime.fromisoformat(stamp.strip()).replace(tzinfo=None)
    except ValueError:
        return None
