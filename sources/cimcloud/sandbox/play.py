"""How this site is to be played: its options, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sources._sandbox.setup import Options, SetupError

NAMES = (
    "auth",
    "between",
    "budget",
    "busy",
    "calls_per_quarter_hour",
    "calls_per_second",
    "dates",
    "deny",
    "extra_fields",
    "headers_on_429",
    "login_counts",
    "order",
    "past_end",
    "refresh_field",
    "refresh_token",
    "slash",
    "speed",
    "timezone",
    "today_offset",
    "tolerance_ms",
)
STABLE, DRIFTING, SHUFFLED = "stable", "drifting", "shuffled"
FIXED, SLIDING = "fixed", "sliding"


@dataclass(frozen=True, kw_only=True)
class Play:
    """The options; the module `sources.cimcloud.sandbox` says what each does."""

    seed: int
    is_basic: bool
    has_refresh_token: bool
    refresh_field: str
    login_counts: bool
    order: str
    busy: int
    whole_days: bool
    us_dates: bool
    extra_fields: bool
    past_end_is_404: bool
    slash_is_kept: bool
    denied: frozenset[str]
    zone: ZoneInfo
    today_offset: int
    budget: str
    calls_per_second: int
    calls_per_quarter_hour: int
    speed: float
    tolerance_ms: float
    headers_on_429: bool


def play_of(options: Options) -> Play:
    """The options as they are to be played.

    Raises:
        SetupError: one of them is none, or cannot be played.
    """
    options.expect(NAMES)
    return Play(
        seed=options.seed,
        is_basic=options.choice("auth", ("bearer", "basic"), "bearer") == "basic",
        has_refresh_token=options.flag("refresh_token", False),
        refresh_field=options.choice("refresh_field", ("token", "bearer_token"), "token"),
        login_counts=options.flag("login_counts", True),
        order=options.choice("order", (STABLE, DRIFTING, SHUFFLED), DRIFTING),
        busy=int(options.number("busy", 0)),
        whole_days=options.choice("between", ("days", "midnight"), "days") == "days",
        us_dates=options.choice("dates", ("iso", "us"), "iso") == "us",
        extra_fields=options.flag("extra_fields", False),
        past_end_is_404=options.choice("past_end", ("empty", "404"), "empty") == "404",
        slash_is_kept=options.choice("slash", ("kept", "decoded"), "decoded") == "kept",
        denied=frozenset(filter(None, options.own.get("deny", "").lower().split("+"))),
        zone=_zone(options.own.get("timezone", "America/Vancouver")),
        today_offset=int(options.number("today_offset", 0, least=-400)),
        budget=options.choice("budget", (FIXED, SLIDING), FIXED),
        calls_per_second=int(options.number("calls_per_second", 2, least=1)),
        calls_per_quarter_hour=int(options.number("calls_per_quarter_hour", 100, least=1)),
        speed=options.number("speed", 1, least=0.001),
        tolerance_ms=options.number("tolerance_ms", 0),
        headers_on_429=options.flag("headers_on_429", True),
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SetupError(f"cimcloud.timezone is {name!r}: there is no such zone") from error
