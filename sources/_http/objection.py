"""What is wrong with a setting and how it is written right, so that all of it is told at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sources._http.errors import Misconfigured

LONGEST = 60
_ZONE = 'timezone = "America/Montreal"'
_CURRENCY = 'currency = "CAD"'


@dataclass(frozen=True)
class Objection:
    """One thing to mend in the settings of a connection.

    Attributes:
        setting: its name below the connection's section; dotted where it is a table of settings.
        message: what is wrong, as the end of a sentence that the setting's name begins.
        example: a line that works in its place; empty where the message says it all.
        also: other settings that have a part in it.
    """

    setting: str
    message: str
    example: str = ""
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{' and '.join((self.setting, *self.also))} {self.message}"


class Unusable(Misconfigured):
    """Settings that cannot be used.

    Attributes:
        objections: to each of them.
    """

    def __init__(self, message: str, objections: Iterable[Objection] = ()) -> None:
        super().__init__(message)
        self.objections = tuple(objections)


def refuse(objections: Iterable[Objection]) -> None:
    """Raises where there is something to object to.

    Raises:
        Unusable: naming all of it.
    """
    found = tuple(objections)
    if found:
        raise Unusable("; ".join(map(str, found)), found)


def shown(value: object) -> str:
    """A value as a message may quote it."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def not_above(settings: Any, examples: dict[str, float], least: float = 0) -> Iterator[Objection]:
    """Objects to numbers that are not above a bound.

    Args:
        settings: what has them as attributes.
        examples: by name, a number that works.
        least: the bound; it is itself too low.
    """
    for name, example in examples.items():
        value = getattr(settings, name)
        if not value > least:
            yield Objection(
                name, f"is {value}, it must be above {least:g}", f"{name} = {example:g}"
            )


def connection_objections(settings: Any) -> Iterator[Objection]:
    """What every connection's settings are held to, whatever the vendor.

    Args:
        settings: a connection's (`sources._vendor.ConnectionSettings`).
    """
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Objection("timezone", f"is {shown(settings.timezone)}, which is no IANA zone", _ZONE)
    currency = settings.currency
    if currency is not None and not (
        len(currency) == 3 and currency.isascii() and currency.isupper()
    ):
        yield Objection("currency", f"is {shown(currency)}, which is no ISO 4217 code", _CURRENCY)
    yield from not_above(settings, {"refusals_before_stop": 100})
    if settings.archive_days is not None and not settings.archive_days >= 0:
        message = f"is {settings.archive_days}, it must be 0 or above"
        yield Objection("archive_days", message, "archive_days = 30")
    if not 0 <= settings.sweep_max_vanished <= 1:
        yield Objection(
            "sweep_max_vanished",
            f"is {settings.sweep_max_vanished}, it is a share: from 0 to 1",
            "sweep_max_vanished = 0.1",
        )
    try:
        settings.wire()
    except Unusable as error:
        for objection in error.objections:
            yield _as_setting(objection, settings)


def _as_setting(objection: Objection, settings: Any) -> Objection:
    """What the wire calls otherwise than the settings do."""
    if objection.setting == "max_body_bytes":
        message = f"is {settings.max_body_mb}, it must be above 0"
        return Objection("max_body_mb", message, "max_body_mb = 1024")
    return objection
