"""Who may call: a token that is good for two hours, used or not [P]."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from sources.crm_com.sandbox.clock import SiteClock
from sources.crm_com.sandbox.envelope import RefusedError
from sources.crm_com.sandbox.play import Play

ORGANISATION = "MILLSTREAM"


class Tokens:
    """The one user of the site, and the tokens it was given.

    Tokens expire by the world's clock.
    """

    def __init__(self, play: Play, clock: SiteClock) -> None:
        self.issued: list[str] = []
        self._play = play
        self._clock = clock
        self._ends: dict[str, int] = {}
        self._user = f"penstock-reader-{play.seed}"
        self._password = self._secret("password")
        self._key = self._secret("web api key").upper()

    def credentials(self) -> dict[str, str]:
        """The settings that a client needs."""
        if self._play.by_key:
            return {"web_api_key": self._key}
        return {
            "username": self._user,
            "password": self._password,
            "organisation": ORGANISATION,
        }

    def log_in(self, asked: dict[str, Any]) -> str:
        """A token for a user.

        Raises:
            RefusedError: it is somebody else.
        """
        right = {"username": self._user, "password": self._password, "organisation": ORGANISATION}
        if self._play.by_key or any(asked.get(name) != value for name, value in right.items()):
            raise RefusedError("AUTHENTICATION.LOGINEXCEPTION", "The user cannot log in")
        return self._issue()

    def log_in_by_key(self, authorization: str) -> str:
        """A token for a key, which comes as the Basic user with an empty password.

        Raises:
            RefusedError: it is another key.
        """
        right = base64.b64encode(f"{self._key}:".encode()).decode()
        scheme, _, shown = authorization.partition(" ")
        if not self._play.by_key or scheme.lower() != "basic" or shown != right:
            raise RefusedError("AUTHENTICATION.LOGINEXCEPTION", "The web API key is unknown")
        return self._issue()

    def admit(self, token: str) -> None:
        """Lets a call in.

        Raises:
            RefusedError: its token is none, or no longer.
        """
        status = 200 if self._play.stale == "envelope" else int(self._play.stale)
        if not token:
            raise RefusedError("TOKEN.MISSINGTOKENEXCEPTION", "The token is invalid", status)
        if token not in self._ends:
            raise RefusedError("TOKEN.INVALIDTOKENEXCEPTION", "The token is invalid", status)
        if self._ends[token] <= self._clock.now:
            raise RefusedError("SESSION.EXPIREDEXCEPTION", "The session has expired", status)

    def expire(self, token: str) -> None:
        """Ends a token's life early."""
        if token in self._ends:
            self._ends[token] = self._clock.now

    def release(self, token: str) -> None:
        """Ends a token for good.

        Raises:
            RefusedError: it was none, or no longer.
        """
        self.admit(token)
        del self._ends[token]

    def _issue(self) -> str:
        """A JWT."""
        ends = self._clock.now + self._play.token_minutes
        head = _encoded({"typ": "JWT", "alg": "HS256"})
        body = _encoded({"sub": self._user, "jti": len(self.issued) + 1, "exp": ends * 60})
        signed = f"{head}.{body}"
        signature = hmac.new(self._secret("signature").encode(), signed.encode(), "sha256").digest()
        token = f"{signed}.{_text(signature)}"
        self.issued.append(token)
        self._ends[token] = ends
        return token

    def _secret(self, purpose: str) -> str:
        return hashlib.sha256(f"crm_com/{self._play.seed}/{purpose}".encode()).hexdigest()[:32]


def _encoded(content: dict[str, Any]) -> str:
    return _text(json.dumps(content).encode())


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
