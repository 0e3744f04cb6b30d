"""A list read whole, page by page, from where it was left."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any

from sources._reading.marks import Position
from sources._reading.paged import FIRST_PAGE, Fetch, Limits, NumberedPage, numbered_pages


@dataclass
class Whole:
    """How far it has come; goes into a position and comes back from one.

    Attributes:
        page: the page to read next.
        rows: read so far.
        calls: made so far.
        is_over: the list has been read to its end.
    """

    page: int = FIRST_PAGE
    rows: int = 0
    calls: int = 0
    is_over: bool = False

    @classmethod
    def of(cls, position: Position | None) -> Whole:
        """The one that a position holds; the beginning without one."""
        return cls(**position) if position is not None else cls()

    def position(self) -> dict[str, Any]:
        """Itself as JSON."""
        return asdict(self)


async def whole_pages(
    fetch: Fetch, limits: Limits, whole: Whole
) -> AsyncGenerator[NumberedPage, None]:
    """Every page from where `whole` stands; it is up to date when a page comes.

    Raises:
        PenstockError: as `numbered_pages`.
    """
    if whole.is_over:
        return
    async with aclosing(numbered_pages(fetch, limits, start=whole.page)) as pages:
        async for page in pages:
            whole.page = page.number + 1
            whole.rows += len(page.rows)
            whole.calls += 1
            whole.is_over = page.is_last
            yield page
