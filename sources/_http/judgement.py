"""What a vendor's own way of answering means, where the HTTP status does not say it.

Some vendors answer every error with status 200 and say in the body what went wrong; some tell an
expired login by words rather than by 401. A `Judge` reads one vendor's answers that way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from sources._http.answer import Answer


class Kind(Enum):
    """What to do about an answer."""

    STALE = auto()
    """The credentials are over: renew them, once for all requests in flight, and ask again."""
    BUSY = auto()
    """Another try later may be served; fewer requests at once until then."""
    REFUSED = auto()
    """The credentials, or their scope, don't reach this far: raised as `Refused`."""
    REJECTED = auto()
    """The vendor rejects the request itself: raised as `Rejected`."""


@dataclass(frozen=True)
class Judgement:
    """What a vendor's answer means.

    Attributes:
        kind: what to do about it.
        said: the vendor's own words; redacted and cut before they are shown.
    """

    kind: Kind
    said: str


Judge = Callable[[Answer], Judgement | None]
"""Looks at every answer, whatever its status, before the ordinary rules do; None leaves it to them.

It must not raise: an answer that it cannot read (HTML, a body that was cut) is left to the rules.
Of an answer that is no data (4xx, 5xx), the body holds the first 64 KiB.
"""
