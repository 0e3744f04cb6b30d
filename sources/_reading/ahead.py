"""Work begun ahead of who takes its results, and handed over in order: with bounded memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable
from typing import TypeVar

from sources._http.client import Client

T = TypeVar("T")
LINGER_SECONDS = 5.0  # for what is under way when nobody wants it any more


async def in_order(
    works: Iterable[Callable[[], Awaitable[T]]], width: Callable[[], int]
) -> AsyncGenerator[T, None]:
    """The results of `works`, in their order, whichever is done first.

    Close it (`contextlib.aclosing`) where it may be left early: what is under way is given a moment
    to end, then cancelled.

    Args:
        works: drawn one by one, each only when it is about to begin.
        width: how many may be begun and not yet taken; asked anew before each beginning, and never
            less than one.

    Raises:
        BaseException: what the first work in order that fails failed of, once the results before
            it are taken.
    """
    drawn = iter(works)
    begun: deque[asyncio.Future[T]] = deque()
    has_more = True
    try:
        while True:
            while has_more and len(begun) < max(width(), 1):
                work = next(drawn, None)
                if work is None:
                    has_more = False
                else:
                    begun.append(asyncio.ensure_future(work()))
            if not begun:
                return
            result = await begun[0]
            begun.popleft()
            yield result
    finally:
        await _ended(begun)


async def _ended(begun: Collection[asyncio.Future[T]]) -> None:
    """Waits until all of it has ended.

    A request that is cancelled costs its connection, and now and then the next one's too.
    """
    if begun:
        await asyncio.wait(begun, timeout=LINGER_SECONDS)
    for future in begun:
        future.cancel()
    await asyncio.gather(*begun, return_exceptions=True)


def lookahead(client: Client) -> Callable[[], int]:
    """How much may be begun ahead of who takes it, so that the wire is kept busy.

    Twice what may be in flight: an answer that waits for one before it must not idle a lane.
    """
    return lambda: 2 * client.lanes.limit if client.lanes is not None else 1
