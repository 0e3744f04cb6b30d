"""The site's clock: the world's minutes as CRM.COM writes them, in local time without offset."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sources._sandbox.company import DAY
from sources._sandbox.company_world import World, calendar_day, minutes, moment

HOUR = 60


class SiteClock:
    """What time it is at the site."""

    def __init__(self, world: World, zone: ZoneInfo) -> None:
        self.zone = zone
        self._world = world
        self._offsets: dict[int, int] = {}

    @property
    def now(self) -> int:
        """The world's minute."""
        return self._world.now

    def stamp(self, minute: int, second: int = 0) -> str:
        """A moment as `2016-08-25T06:22:28` [P]."""
        hour = minute // HOUR
        offset = self._offsets.get(hour)
        if offset is None:
            shift = moment(hour * HOUR).astimezone(self.zone).utcoffset() or timedelta()
            offset = self._offsets[hour] = int(shift.total_seconds() // 60)
        local = minute + offset
        clock = local % DAY
        day = calendar_day(local // DAY).isoformat()
        return f"{day}T{clock // HOUR:02}:{clock % HOUR:02}:{second:02}"

    def stamp_now(self) -> str:
        """What the site's clock shows."""
        return self.stamp(self.now)

    def stamp_of(self, at: datetime) -> str:
        """A moment with an offset, as the site writes it."""
        return self.stamp(minutes(at), at.second)

    def minute(self, text: str) -> int:
        """The minute of a local day or time; of a time that comes twice, the first.

        Raises:
            ValueError: the text is neither.
        """
        local = datetime.fromisoformat(text)
        if local.tzinfo is not None:
            raise ValueError(f"{text} has an offset")
        return minutes(local.replace(tzinfo=self.zone).astimezone(UTC))
