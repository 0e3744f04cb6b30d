"""Who may call: users of the enterprise interface, and one customer of the customer interface."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Any

from sources.carecloud.sandbox.clock import HOUR, ProjectClock
from sources.carecloud.sandbox.play import CUSTOMER, ENTERPRISE, Play

TOKEN_HOURS = 7


@dataclass
class Token:
    """A token; `ends` is a moment, None for a token that never ends.

    Attributes:
        interface: where it is good.
        customer_id: whose token it is, once the customer has logged in.
        requests: how many requests it was shown on.
    """

    interface: str
    ends: int | None
    customer_id: str | None = None
    requests: int = 0


class Tokens:
    """The tokens that were handed out, and the accounts that get them.

    Tokens end by the world's clock. Wrong credentials are 403, an unknown application is 404, a
    body that is incomplete 400 [A: the sheet only says that it is one of the three].
    """

    def __init__(self, play: Play, clock: ProjectClock) -> None:
        self.issued: list[str] = []
        self._play = play
        self._clock = clock
        self._tokens: dict[str, Token] = {}
        self.application = self._secret("application")[:26]
        self.users = {
            ENTERPRISE: (f"penstock-reader-{play.seed}", self._secret("user password")),
            CUSTOMER: (f"club-member-{play.seed}", self._secret("customer password")),
        }

    def credentials(self) -> dict[str, str]:
        """The settings that a client of the interface of the options needs."""
        login, password = self.users[self._play.interface]
        return {
            "user_external_application_id": self.application,
            "login": login,
            "password": password,
        }

    def issue(self, interface: str) -> tuple[str, str]:
        """A new token, and until when it is good as the API writes it; "" is for ever."""
        token = self._secret(f"token {len(self.issued)}")
        hours = TOKEN_HOURS if interface == ENTERPRISE else None
        ends = None if hours is None else self._clock.now + hours * HOUR
        self._tokens[token] = Token(interface, ends)
        self.issued.append(token)
        return token, "" if ends is None else self._clock.text(ends)

    def is_right(self, interface: str, login: Any, password: Any) -> bool:
        """Whether these are the interface's credentials."""
        return (login, password) == self.users[interface]

    def get(self, token: str) -> Token | None:
        """A token that is still good; who only looks does not spend it."""
        found = self._tokens.get(token)
        is_over = found is not None and found.ends is not None and found.ends <= self._clock.now
        return None if is_over else found

    def admit(self, interface: str, authorization: str) -> Token | None:
        """The token that a call shows, if it may come in."""
        found = self.get(shown(authorization))
        if found is None or found.interface != interface:
            return None
        found.requests += 1
        if self._play.token_requests and found.requests > self._play.token_requests:
            self.forget(authorization)
            return None
        return found

    def forget(self, authorization: str) -> None:
        """Ends the token of a header."""
        self._tokens.pop(shown(authorization), None)

    def _secret(self, purpose: str) -> str:
        return hashlib.sha256(f"carecloud/{self._play.seed}/{purpose}".encode()).hexdigest()[:48]


def shown(authorization: str) -> str:
    """The token in a header; "" if there is none.

    `Bearer`, or the password of `Basic`, as the vendor's public client has it for customers [P].
    """
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value).decode().partition(":")[2].strip()
    except (binascii.Error, UnicodeDecodeError):
        return ""
