"""How this site is to be played: its options, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sources._sandbox.setup import Options, SetupError

NAMES = (
    "accounts",
    "at_once",
    "auth",
    "busy",
    "contact_sets",
    "equals",
    "extra_fields",
    "ignores_paging",
    "items_key",
    "latency_ms",
    "list_data",
    "order",
    "over_fifty",
    "pending",
    "pending_days",
    "stale",
    "timezone",
    "token_minutes",
    "unknown_parameters",
)
STABLE, DRIFTING, SHUFFLED = "stable", "drifting", "shuffled"
USER, WEB_API_KEY = "user", "web_api_key"


@dataclass(frozen=True, kw_only=True)
class Play:
    """The options; the module `sources.crm_com.sandbox` says what each does."""

    seed: int
    accounts: int
    at_once: int
    by_key: bool
    busy: int
    singular_sets: bool
    literal_equals: bool
    extra_fields: bool
    ignores_paging: frozenset[str]
    items_key: str
    latency: float
    data_is_object: bool
    order: str
    refuses_over_fifty: bool
    grouped: bool
    pending_days: int
    stale: str
    zone: ZoneInfo
    token_minutes: int
    refuses_unknown: bool


def play_of(options: Options) -> Play:
    """The options as they are to be played.

    Raises:
        SetupError: one of them is none, or cannot be played.
    """
    options.expect(NAMES)
    choice, number = options.choice, options.number
    return Play(
        seed=options.seed,
        accounts=int(number("accounts", 0)),
        at_once=int(number("at_once", 0)),
        by_key=choice("auth", (USER, WEB_API_KEY), USER) == WEB_API_KEY,
        busy=int(number("busy", 0)),
        singular_sets=choice("contact_sets", ("plural", "singular"), "plural") == "singular",
        literal_equals=choice("equals", ("literal", "any"), "literal") == "literal",
        extra_fields=options.flag("extra_fields", False),
        ignores_paging=frozenset(filter(None, options.own.get("ignores_paging", "").split("+"))),
        items_key=options.own.get("items_key", "invoice_items_set"),
        latency=number("latency_ms", 0) / 1000,
        data_is_object=choice("list_data", ("array", "object"), "array") == "object",
        order=choice("order", (STABLE, DRIFTING, SHUFFLED), DRIFTING),
        refuses_over_fifty=choice("over_fifty", ("cap", "refuse"), "cap") == "refuse",
        grouped=choice("pending", ("flat", "grouped"), "flat") == "grouped",
        pending_days=int(number("pending_days", 7)),
        stale=choice("stale", ("envelope", "401", "403"), "envelope"),
        zone=_zone(options.own.get("timezone", "America/Vancouver")),
        token_minutes=int(number("token_minutes", 120, least=1)),
        refuses_unknown=choice("unknown_parameters", ("refuse", "ignore"), "refuse") == "refuse",
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SetupError(f"crm_com.timezone is {name!r}: there is no such zone") from error
