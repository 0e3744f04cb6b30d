"""Generators closed by who reads them, and not whenever they happen to be found unused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


@asynccontextmanager
async def closed(items: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """The items, closed at the end where they can be.

    A reading that is left early may have requests under way, which must end before their client is
    closed: the generator that waits for them has to be closed first, and it is the innermost one.
    """
    try:
        yield items
    finally:
        close = getattr(items, "aclose", None)
        if close is not None:
            await close()
