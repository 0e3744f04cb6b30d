"""What is not complete yet, in words: the same on the pages, in the notebooks and in the audit.

A table whose past is still being loaded holds only a part of what the vendor has, so every count of
it is too low, and nothing in the count shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Covered(Protocol):
    """A source table of a connection, and how much of its past is here."""

    @property
    def vendor(self) -> str:
        """The vendor's name."""
        ...

    @property
    def connection(self) -> str:
        """The connection's name."""
        ...

    @property
    def table(self) -> str:
        """The vendor's table."""
        ...

    @property
    def complete_since(self) -> datetime | None:
        """What was made since then is here (UTC); None where nothing is certain."""
        ...

    @property
    def backfill_share(self) -> float | None:
        """How much of the past is loaded, 0 to 1; None where there is nothing to load."""
        ...

    @property
    def expected_at(self) -> datetime | None:
        """When it is expected to be 1 (UTC); None where nothing tells."""
        ...


@dataclass(frozen=True)
class Unfinished:
    """The tables of one connection whose past is still being loaded.

    Attributes:
        vendor: the vendor's name.
        connection: the connection's name.
        tables: the tables, as people write them: "order lines".
        text: how far they are, in sentences.
    """

    vendor: str
    connection: str
    tables: tuple[str, ...]
    text: str

    @property
    def label(self) -> str:
        """The connection, as it begins a sentence."""
        name = connection_label(self.vendor, self.connection)
        return name[:1].upper() + name[1:]

    @property
    def named(self) -> str:
        """The tables in a row: "orders, order lines and invoices"."""
        return listed(self.tables)


def unfinished(tables: Iterable[Covered], as_of: datetime) -> list[Unfinished]:
    """The connections whose tables are not all loaded, one entry each.

    Args:
        tables: every source table.
        as_of: the time of what is shown (UTC), which an expectation may have passed.
    """
    behind: dict[tuple[str, str], list[Covered]] = {}
    for table in tables:
        if table.backfill_share is not None and table.backfill_share < 1:
            behind.setdefault((table.vendor, table.connection), []).append(table)
    return [
        Unfinished(
            *whose,
            tuple(words(table.table) for table in group),
            f"{_shares(group)}{_reach(group)} {_expectation(group, as_of)}",
        )
        for whose, group in behind.items()
    ]


def connection_label(vendor: str, connection: str) -> str:
    """A connection's name, with its vendor's where they differ."""
    return connection if connection == vendor else f"{connection} ({vendor})"


def day(moment: datetime) -> str:
    """A day as people write it: 9 March 2025."""
    return f"{moment.day} {moment:%B %Y}"


def percent(share: float) -> str:
    """A share as a whole percentage, rounded down: what is not whole is never 100%."""
    return "less than 1%" if 0 < share < 0.01 else f"{int(share * 100)}%"


def words(name: str) -> str:
    """A table's name as people write it."""
    return name.replace("_", " ")


def listed(names: Sequence[str]) -> str:
    """Names in a row, the last after "and"."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _shares(group: Sequence[Covered]) -> str:
    shares = sorted(table.backfill_share or 0.0 for table in group)
    least, most = percent(shares[0]), percent(shares[-1])
    if most == "0%":
        return "Nothing is loaded yet"
    each = " of each" if len(group) > 1 else ""
    return f"About {least}{f' to {most}' if most != least else ''}{each} is loaded"


def _reach(group: Sequence[Covered]) -> str:
    """How far back they reach; the sentence goes on from the shares."""
    since = sorted((t.complete_since, t.table) for t in group if t.complete_since is not None)
    without = [words(table.table) for table in group if table.complete_since is None]
    if not since:
        return "; no part is complete."
    (first, whole_from), (last, whole_until) = since[0], since[-1]
    if day(first) == day(last):
        reach = f", complete since {day(first)}"
    else:
        reach = (
            f", complete since {day(first)} ({words(whole_from)}) to {day(last)} "
            f"({words(whole_until)})"
        )
    return reach + (f"; no part of {listed(without)} is complete." if without else ".")


def _expectation(group: Sequence[Covered], as_of: datetime) -> str:
    expected = [table.expected_at for table in group if table.expected_at is not None]
    if not expected:
        return "When the rest will be here cannot be told yet."
    if max(expected) < as_of:
        return f"The rest was expected by {day(max(expected))}."
    return f"The rest is expected around {day(max(expected))}."
