"""How this project is to be played: its options, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sources._sandbox.setup import Options, SetupError

NAMES = (
    "at_once",
    "busy",
    "cached",
    "empty_is_204",
    "interface",
    "latency_ms",
    "login_status",
    "max_count",
    "property_records_as",
    "purchases",
    "ties",
    "timezone",
    "token_requests",
    "traps",
    "unknown_filters",
)
ENTERPRISE, CUSTOMER = "enterprise", "customer"
PROPERTY_RECORDS = "property_records"


@dataclass(frozen=True, kw_only=True)
class Play:
    """The options; the module `sources.carecloud.sandbox` says what each does."""

    seed: int
    interface: str
    zone: ZoneInfo
    login_status: int
    token_requests: int
    max_count: int
    at_once: int
    latency_ms: float
    ties: bool
    busy: int
    cached: int
    empty_is_204: bool
    purchases: int
    property_records: str
    has_traps: bool
    refuses_unknown_filters: bool


def play_of(options: Options) -> Play:
    """The options as they are to be played.

    Raises:
        SetupError: one of them is none, or cannot be played.
    """
    options.expect(NAMES)
    properties = (PROPERTY_RECORDS, f"purchase_{PROPERTY_RECORDS}")
    unknown = options.choice("unknown_filters", ("refused", "ignored"), "refused")
    return Play(
        seed=options.seed,
        interface=options.choice("interface", (ENTERPRISE, CUSTOMER), ENTERPRISE),
        zone=_zone(options.own.get("timezone", "Europe/Prague")),
        login_status=int(options.choice("login_status", ("200", "201"), "200")),
        token_requests=int(options.number("token_requests", 0)),
        max_count=int(options.number("max_count", 0)),
        at_once=int(options.number("at_once", 0)),
        latency_ms=options.number("latency_ms", 0),
        ties=options.flag("ties", False),
        busy=int(options.number("busy", 0)),
        cached=int(options.number("cached", 0)),
        empty_is_204=options.flag("empty_is_204", False),
        purchases=int(options.number("purchases", 0)),
        property_records=options.choice("property_records_as", properties, PROPERTY_RECORDS),
        has_traps=options.flag("traps", True),
        refuses_unknown_filters=unknown == "refused",
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SetupError(f"carecloud.timezone is {name!r}: there is no such zone") from error
