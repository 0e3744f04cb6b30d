"""Who may call: a JWT that says itself how long it is good for [S, decoded]."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import Counter
from typing import Any
from uuid import UUID

from sources._sandbox.company_world import World
from sources.cleo.sandbox.play import Play

MINUTE = 60


class Tokens:
    """The one user of the mailbox, and the tokens it was given.

    Tokens expire by the world's clock.
    """

    def __init__(self, play: Play, world: World) -> None:
        self.issued: list[str] = []
        self._play = play
        self._world = world
        self._ends: dict[str, int] = {}
        self._shown: Counter[str] = Counter()
        self._user = f"cleo-partner-{play.seed}"
        self._password = self._secret("password")[:32]
        self.user_id = str(UUID(self._secret("user")[:32]))

    def credentials(self) -> dict[str, str]:
        """The settings that a client needs."""
        return {"username": self._user, "password": self._password}

    def is_right(self, username: str, password: str) -> bool:
        """Whether this is the user."""
        return {"username": username, "password": password} == self.credentials()

    def issue(self) -> dict[str, Any]:
        """A token for the user, as the login answers it [S]."""
        now = self._world.now * MINUTE
        ends = now + self._play.jwt_seconds
        head = _encoded({"typ": "JWT", "alg": "HS256"})
        body = {"sub": self.user_id, "jti": len(self.issued) + 1, "iat": now, "exp": ends}
        signed = f"{head}.{_encoded(body)}"
        signature = hmac.new(self._secret("signature").encode(), signed.encode(), "sha256").digest()
        token = f"{signed}.{_text(signature)}"
        self.issued.append(token)
        self._ends[token] = ends
        told = {"token_type": "bearer", "access_token": token, "user_id": self.user_id}
        return {**told, "expires_in": ends - now} if self._play.says_expires_in else told

    def admits(self, authorization: str) -> bool:
        """Whether a request may come in with what it shows; one that may is counted."""
        token = _shown(authorization)
        if self._ends.get(token, 0) <= self._world.now * MINUTE:
            return False
        self._shown[token] += 1
        most = self._play.token_requests
        return not most or self._shown[token] <= most

    def forget(self, authorization: str) -> None:
        """Ends a token's life early."""
        self._ends.pop(_shown(authorization), None)

    def _secret(self, purpose: str) -> str:
        return hashlib.sha256(f"cleo/{self._play.seed}/{purpose}".encode()).hexdigest()


def _shown(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _encoded(content: dict[str, Any]) -> str:
    return _text(json.dumps(content).encode())


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
