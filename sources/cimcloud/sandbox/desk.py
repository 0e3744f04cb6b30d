"""The distributor's desk: gives numbers, writes into the site's tables, and keeps the stock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sources.cimcloud.sandbox.clock import SiteClock
from sources.cimcloud.sandbox.resources import UNIT
from sources.cimcloud.sandbox.store import Table

FIRST = {
    "accounts": 1001,
    "customers": 5001,
    "addresses": 8001,
    "orders": 300_001,
    "order_lines": 610_001,
    "invoice_payments": 2001,
    "order_history": 40_001,
    "order_history_lines": 90_001,
    "shipments": 70_001,
    "invoices": 30_001,
    "invoice_lines": 150_001,
    "payments": 20_001,
    "credits": 9001,
    "quotes": 501,
}
LOW_STOCK, LOT = 40, 400


class Desk:
    """Writes rows; numbers are given in the order in which things happen."""

    def __init__(self, tables: Mapping[str, Table], clock: SiteClock, seed: int) -> None:
        self.clock = clock
        self.seed = seed
        self._tables = tables
        self._next = Counter(FIRST)
        self._on_hand: Counter[tuple[str, str]] = Counter()
        self._committed: Counter[tuple[str, str]] = Counter()

    def number(self, table: str) -> int:
        """The next number of a table; never one that a test has made a row with."""
        rows = self._tables[table]
        while (number := self._next[table]) and rows.knows(str(number)):
            self._next[table] += 1
        self._next[table] += 1
        return number

    def insert(self, table: str, at: int, **values: Any) -> None:
        """Makes a row at a minute."""
        self._tables[table].insert(values, at)

    def update(self, table: str, key: object, at: int, **changes: Any) -> None:
        """Saves a row at a minute."""
        self._tables[table].update(str(key), changes, at)

    def value(self, table: str, key: object, field: str) -> Any:
        """What a row holds now; None where there is no such row."""
        record = self._tables[table].get(str(key))
        return record and record.row[field]

    def stock(self, sku: str, warehouse: str, at: int) -> None:
        """A product comes into a warehouse."""
        self._on_hand[sku, warehouse] = LOT + len(sku) * 13
        levels = self._levels(sku, warehouse)
        self.insert("inventory_levels", at, sku=sku, warehouse=warehouse, **levels)

    def move(self, sku: str, warehouse: str, at: int, *, committed: int, shipped: int = 0) -> None:
        """Promises or ships some of a product; what runs low is replenished."""
        place = (sku, warehouse)
        self._committed[place] += committed
        self._on_hand[place] -= shipped
        while self._on_hand[place] < LOW_STOCK:
            self._on_hand[place] += LOT
        self.update("inventory_levels", UNIT.join(place), at, **self._levels(sku, warehouse))

    def _levels(self, sku: str, warehouse: str) -> dict[str, int]:
        on_hand, committed = self._on_hand[sku, warehouse], self._committed[sku, warehouse]
        return {
            "quantity_on_hand": on_hand,
            "quantity_available": on_hand - committed,
        }
