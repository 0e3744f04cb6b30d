"""The site's clock: the world's minutes as the site writes them, in its own time and no offset."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sources._sandbox.company import DAY
from sources._sandbox.company_world import World, calendar_day, moment

OPENS_AT, OPEN_MINUTES = (
    15 * 60,
    7 * 60,
)  # office hours in UTC, one day from coast to coast


class SiteClock:
    """What time it is at the site.

    Args:
        world: whose clock is read.
        zone: where the site is.
        today_offset: by how many days the site's today is another one.
    """

    def __init__(self, world: World, zone: ZoneInfo, today_offset: int = 0) -> None:
        self._world = world
        self._zone = zone
        self._offset_days = timedelta(days=today_offset)
        self._offsets: dict[int, int] = {}

    @property
    def now(self) -> int:
        """The world's minute."""
        return self._world.now

    def today(self) -> date:
        """What `<<date>>` means."""
        return calendar_day(self._local(self.now) // DAY) + self._offset_days

    def stamp(self, minute: int, second: int = 0) -> str:
        """A moment as ISO text without offset."""
        local = self._local(minute)
        clock = local % DAY
        day = calendar_day(local // DAY).isoformat()
        return f"{day}T{clock // 60:02}:{clock % 60:02}:{second:02}"

    def day(self, minute: int) -> str:
        """The day of a moment as ISO text."""
        return calendar_day(self._local(minute) // DAY).isoformat()

    def _local(self, minute: int) -> int:
        hour = minute // 60
        offset = self._offsets.get(hour)
        if offset is None:
            shift = moment(hour * 60).astimezone(self._zone).utcoffset() or timedelta()
            offset = self._offsets[hour] = int(shift.total_seconds() // 60)
        return minute + offset


def workday(day: int) -> int:
    """The day itself (counted from 1970), or the Monday after a weekend."""
    weekday = (day + 3) % 7  # 1970-01-01 was a Thursday
    return day + 7 - weekday if weekday > 4 else day


def office_minute(day: int, share: float) -> int:
    """A minute in office hours of the first workday from `day` on; `share` of the day is over."""
    return workday(day) * DAY + OPENS_AT + int(share * OPEN_MINUTES)
