"""What the vendor allows: two calls a second and a hundred per fifteen minutes [P]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sources._http.budget import Budget, Budgets
from sources._http.budget_count import Heard, Rate
from sources.cimcloud.settings import CimcloudSettings

QUARTER_HOUR: Final = 900.0
_LONGEST_RESET: Final = 86_400.0  # what is longer is no time until a reset: an epoch, for one
_LEADING_NUMBER = re.compile(r"\s*(-?\d{1,9}(?:\.\d{1,6})?)\s*(?:[;,]|$)", re.ASCII)


def budget_of(settings: CimcloudSettings, budgets: Budgets) -> Budget:
    """The budget of the App Authorization; whoever else uses the same one shares it [P]."""
    who = settings.auth_key or settings.auth_user_name
    return budgets.account(
        "\n".join((settings.base_url.strip().rstrip("/"), settings.site, who)),
        (
            Rate(settings.calls_per_second, 1.0),
            Rate(settings.calls_per_quarter_hour, QUARTER_HOUR),
        ),
    )


def hears(headers: Mapping[str, str]) -> Heard | None:
    """What an answer says of the vendor's own count; None where it says nothing usable.

    `X-RateLimit-Reset` is in seconds left, not an epoch [P].
    """
    said = {name.lower(): value for name, value in headers.items()}
    remaining = _number(said.get("x-ratelimit-remaining"))
    reset = _number(said.get("x-ratelimit-reset"))
    limit = _number(said.get("x-ratelimit-limit"))
    if remaining is None or reset is None or not 0 <= reset <= _LONGEST_RESET:
        return None
    return Heard(
        limit=int(limit) if limit is not None and limit >= 1 else None,
        remaining=max(0, int(remaining)),
        reset=reset,
    )


def _number(text: str | None) -> float | None:
    found = _LEADING_NUMBER.match(text or "")
    return float(found[1]) if found else None
