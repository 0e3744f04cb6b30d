"""`penstock check`: does the login hold, and can each table be read; one row of each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus

from sources._http.client import Client
from sources._http.errors import OutOfTime, PenstockError
from sources._reading.apart import Apart
from sources._reading.offset import ListAnswer
from sources._tables.declare import Column, Table
from sources._vendor import Finding
from sources.carecloud.lists import ResourceLists
from sources.carecloud.past import CUSTOMER_NOTE
from sources.carecloud.resources import CUSTOMER, resources_of, tables_of
from sources.carecloud.settings import CarecloudSettings
from sources.carecloud.times import local, newest

_NAMED = 8


async def check(client: Client, settings: CarecloudSettings) -> AsyncIterator[Finding]:
    """Looks at the login, then at each table once.

    Raises:
        OutOfTime: the run is over before all is looked at.
    """
    there = datetime.now(UTC).astimezone(settings.zone())
    said = f"timezone {settings.timezone}: it is {there:%Y-%m-%d %H:%M} there"
    yield Finding("", True, f"{said}; is that the project's clock?")
    resources = resources_of(settings.section())
    apart, newest_seen, has_read = Apart(), None, False
    for table in tables_of(settings.section()):
        lists = ResourceLists(client, settings, resources[table.name])
        try:
            listed = await lists.whole().fetch(0, 1)
        except OutOfTime:
            raise
        except PenstockError as error:
            yield Finding(table.name, False, error.message)
            if error.status == HTTPStatus.UNAUTHORIZED or not apart.is_of_one_table(error):
                return
            continue
        if not has_read:
            has_read = True
            yield Finding("", True, _logged_in(settings))
        apart.read()
        times = [text for v in lists.change_times(listed.rows) if (text := local(v))]
        newest_seen = newest([*times, *([newest_seen] if newest_seen else [])])
        yield Finding(table.name, True, _readable(table, listed))
    if newest_seen is not None:
        now = there.strftime("%Y-%m-%d %H:%M:%S")
        yield _clock(settings, newest_seen, now)


def _logged_in(settings: CarecloudSettings) -> str:
    said = f"the {settings.interface} interface accepts the login"
    return f"{said}. {CUSTOMER_NOTE}" if settings.interface == CUSTOMER else said


def _clock(settings: CarecloudSettings, newest_seen: str, now: str) -> Finding:
    """A row that changed later than now shows a wrong timezone setting."""
    if newest_seen > now:
        return Finding(
            "",
            False,
            f"a row last changed at {newest_seen} by the project's clock, and in "
            f"{settings.timezone} it is {now}: set timezone to the project's",
        )
    return Finding("", True, f"the latest change is of {newest_seen}, by the project's clock")


def _readable(table: Table, listed: ListAnswer) -> str:
    """How many rows the list has, and how the declaration meets one of them."""
    total = listed.total if listed.total is not None else "an unknown number of"
    rows = [row for row in listed.rows if row is not None]
    if not rows:
        return f"readable; it has {total or 'no'} rows"
    found = [c for c in table.columns if any(_is_there(row, c) for row in rows)]
    missing = [c.path for c in table.columns if c not in found]
    said = f"readable; {total} rows; {len(found)} of {len(table.columns)} columns are there"
    if not missing:
        return said
    named = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
    return f"{said}, without {named}"


def _is_there(row: dict[str, object], column: Column) -> bool:
    held: object = row
    for name in column.within:
        held = held.get(name) if isinstance(held, dict) else None
    return isinstance(held, dict) and any(wire in held for wire in column.wires)
