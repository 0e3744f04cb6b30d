"""The project's clock: moments as it writes them, in its own time and without an offset.

Moments are whole seconds since 1970 in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sources._sandbox.company_world import World, calendar_day

MINUTE, HOUR, DAY = 60, 3600, 86_400
STEADY = 900  # seconds in which no zone changes its offset


class ProjectClock:
    """What time it is in the project.

    The world's clock shows minutes. Business is stamped within the minute before the last one,
    what tests do within the last one, each save a second later while there are seconds left: what
    was saved last has the greatest time, and no time is ahead of the world's.

    Args:
        world: whose clock is read.
        zone: where the project is.
    """

    def __init__(self, world: World, zone: ZoneInfo) -> None:
        self.zone = zone
        self._world = world
        self._offsets: dict[int, int] = {}
        self._minute = -1
        self._saves = 0

    @property
    def now(self) -> int:
        """The world's moment."""
        return self._world.now * MINUTE

    def tick(self) -> int:
        """The moment of a save that is made now."""
        if self._minute != self._world.now:
            self._minute, self._saves = self._world.now, 0
        self._saves += 1
        return self.now - MINUTE + min(self._saves, MINUTE) - 1

    def saved_now(self) -> str:
        """The moment of a save that is made now, as text."""
        return self.text(self.tick())

    def text(self, at: int) -> str:
        """A moment as the API writes it: `YYYY-MM-DD HH:MM:SS`."""
        local = at + self._offset(at)
        day, second = divmod(local, DAY)
        clock = f"{second // HOUR:02}:{second // MINUTE % 60:02}:{second % 60:02}"
        return f"{calendar_day(day).isoformat()} {clock}"

    def text_of(self, moment: datetime) -> str:
        """A moment with an offset as the API writes it."""
        return self.text(int(moment.timestamp()))

    def _offset(self, at: int) -> int:
        piece = at // STEADY
        offset = self._offsets.get(piece)
        if offset is None:
            moment = datetime.fromtimestamp(piece * STEADY, UTC).astimezone(self.zone)
            shift = moment.utcoffset() or timedelta()
            offset = self._offsets[piece] = int(shift.total_seconds())
        return offset


def moment_of(minute: int, spread: int) -> int:
    """The moment of what the business does at a minute; `spread` is any number of its own."""
    return (minute - 2) * MINUTE + spread % MINUTE
