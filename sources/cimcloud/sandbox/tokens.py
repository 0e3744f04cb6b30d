"""Who may call: bearer tokens and their renewal, or HTTP Basic on every call."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from sources._sandbox.company import DAY
from sources._sandbox.company_world import moment
from sources.cimcloud.sandbox.clock import SiteClock
from sources.cimcloud.sandbox.play import Play

TOKEN_DAYS, REFRESH_DAYS = 7, 30
SITE = "coastal"


class Tokens:
    """The one App Authorization of the site, and the tokens it was given.

    Tokens expire by the world's clock. A refresh token is good once [A].
    """

    def __init__(self, play: Play, clock: SiteClock) -> None:
        self._play = play
        self._clock = clock
        self._issued = 0
        self.issued: list[str] = []
        self._tokens: dict[str, int] = {}
        self._refresh_tokens: dict[str, int] = {}
        self.user = f"penstock-reader-{play.seed}"
        self.auth_key = self._secret("key")
        self.password = self._secret("password")

    def credentials(self) -> dict[str, str]:
        """The settings that a client needs."""
        own = {"auth_type": "basic"} if self._play.is_basic else {}
        return {
            "site": SITE,
            "auth_key": self.auth_key,
            "auth_user_name": self.user,
            "auth_password": self.password,
            **own,
        }

    def log_in(self, body: bytes) -> dict[str, str] | None:
        """The answer to `/authenticate`; None for anybody else, or where Basic is the way.

        Raises:
            ValueError: the body is no JSON object.
        """
        asked = json.loads(body)
        if not isinstance(asked, dict):
            raise ValueError("an object is expected")  # noqa: TRY004
        right = {
            "AuthKey": self.auth_key,
            "AuthUserName": self.user,
            "AuthPassword": self.password,
        }
        if self._play.is_basic or any(asked.get(name) != value for name, value in right.items()):
            return None
        answer = self._issue("token")
        if self._play.has_refresh_token:
            answer["refresh_token"] = self._refresh_token()
        return answer

    def refresh(self, body: bytes) -> dict[str, str] | None:
        """The answer to `/refresh`; None if the refresh token is none, or no longer.

        Raises:
            ValueError: the body is no bare JSON string.
        """
        token = json.loads(body)
        if not isinstance(token, str):
            raise ValueError("a string is expected")  # noqa: TRY004
        if self._refresh_tokens.pop(token, -1) <= self._clock.now:
            return None
        return {**self._issue(self._play.refresh_field), "refresh_token": self._refresh_token()}

    def admits(self, authorization: str) -> bool:
        """Whether a call with this header may come in."""
        if self._play.is_basic:
            pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            return authorization == f"Basic {pair}"
        scheme, _, token = authorization.partition(" ")
        return scheme.lower() == "bearer" and self._tokens.get(token, -1) > self._clock.now

    def forget(self, authorization: str) -> None:
        """Invalidates the token of a header."""
        self._tokens.pop(authorization.partition(" ")[2], None)

    def _issue(self, field: str) -> dict[str, str]:
        token = self._secret(f"token {self._next()}")
        ends = self._clock.now + TOKEN_DAYS * DAY
        self._tokens[token] = ends
        self.issued.append(token)
        return {"expiration": moment(ends).strftime("%Y-%m-%dT%H:%M:%SZ"), field: token}

    def _refresh_token(self) -> str:
        token = self._secret(f"refresh token {self._next()}")
        self._refresh_tokens[token] = self._clock.now + REFRESH_DAYS * DAY
        self.issued.append(token)
        return token

    def _next(self) -> int:
        self._issued += 1
        return self._issued

    def _secret(self, purpose: str) -> str:
        return hashlib.sha256(f"cimcloud/{self._play.seed}/{purpose}".encode()).hexdigest()[:40]


def as_json(answer: dict[str, Any]) -> bytes:
    """An answer's bytes."""
    return json.dumps(answer).encode()
