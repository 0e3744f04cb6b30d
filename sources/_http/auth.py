"""Credentials that can be renewed, once for all requests in flight."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Mapping
from typing import Final, Protocol, TypeGuard

from sources._http.errors import Refused

LONGEST_TOKEN: Final = 16_384
"""Characters; servers take headers of 8 to 64 KB in all, and a redactor searches for each token."""


def is_token(value: object) -> TypeGuard[str]:
    """Whether what a login answered can be sent as credentials: one line of plain ASCII."""
    return (
        isinstance(value, str)
        and len(value) <= LONGEST_TOKEN
        and bool(value.strip())
        and value.strip().isascii()
        and value.strip().isprintable()
    )


class Auth(Protocol):
    """Credentials that a vendor issues and lets expire.

    An implementation needs no lock and no memory of failures: `SharedAuth` calls it from one
    request at a time. It must not send through the client it serves, which would wait for itself:
    logging in takes a client of its own, without `auth` and without its `Lanes`.
    """

    async def headers(self) -> Mapping[str, str]:
        """The headers that authorise a request now; the first call may have to log in.

        Where a `Sign` puts them on requests, they need be no headers.

        Raises:
            Refused: the vendor does not accept the credentials.
        """
        ...

    async def renew(self, stale: Mapping[str, str]) -> None:
        """Get new credentials: the vendor answered that these are over.

        Raises:
            Refused: the vendor does not accept the credentials.
        """
        ...


class SharedAuth:
    """Takes turns at an `Auth`, so that many requests in flight cause one login.

    A refused login is remembered and not tried again: every further try counts towards the lock
    that most vendors put on an account.
    """

    def __init__(self, auth: Auth) -> None:
        self._auth = auth
        self._turn = asyncio.Lock()
        self._refusal: Refused | None = None

    async def headers(self) -> dict[str, str]:
        """The headers that authorise a request now; waits while they are being renewed.

        Raises:
            Refused: the vendor does not accept the credentials.
        """
        async with self._turn:
            return await self._current()

    async def renew(self, stale: Mapping[str, str]) -> None:
        """Renew, unless another request already did since these headers were current.

        Raises:
            Refused: the vendor does not accept the credentials.
        """
        async with self._turn:
            if await self._current() != stale:
                return
            try:
                await self._auth.renew(stale)
            except Refused as refusal:
                self._refusal = refusal
                raise

    async def _current(self) -> dict[str, str]:
        if self._refusal is not None:
            raise copy.copy(self._refusal)
        try:
            return dict(await self._auth.headers())
        except Refused as refusal:
            self._refusal = refusal
            raise
