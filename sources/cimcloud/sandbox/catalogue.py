"""What the distributor sells: hinges, slides, panels and what else goes into a cabinet.

Prices are in 1/10,000 of a Canadian dollar, since a screw costs less than a dime.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DISTRIBUTOR = "COASTAL HINGE & PANEL SUPPLY LTD"
LEVELS: Mapping[str, int] = {"LIST": 100, "CONTRACTOR": 88, "DEALER": 80, "OEM": 71}  # percent
WAREHOUSES = ("DUNCAN", "LAVAL")
CENT = 100
_NAMES = Path(__file__).with_name("names.json")


@dataclass(slots=True, eq=False)
class Product:
    """Something that is sold; its list price moves with time."""

    sku: str
    name: str
    category: str
    unit: str
    list_price: int

    def price(self, level: str) -> int:
        """What a price level pays."""
        return self.list_price * LEVELS[level] // 100


@cache
def names() -> Mapping[str, Any]:
    """Invented names of people, places, firms and goods."""
    told: Mapping[str, Any] = json.loads(_NAMES.read_text("utf-8"))
    return told


def products(count: int) -> list[Product]:
    """The first `count` products there are, of every family in turn."""
    sorts = [
        Product(
            f"{prefix}-{size}-{code}",
            f"{name} {size}, {finish}",
            category,
            unit,
            price + place * price // 7 // CENT * CENT,
        )
        for code, finish in names()["finishes"]
        for place in range(5)
        for prefix, category, name, unit, price, sizes in names()["families"]
        for size in sizes[place : place + 1]
    ]
    return sorts[:count]


def quantity_of(product: Product, chance: float) -> int:
    """How many somebody buys at once: cheap things by the hundred."""
    if product.list_price > 100_000:
        return 1 + int(chance * 12)
    if product.list_price > 10_000:
        return 4 + int(chance * 40)
    return 100 * (1 + int(chance * 20))


def extended(quantity: int, price: int) -> int:
    """Quantity times price in cents, halves rounded up."""
    return (quantity * price + CENT // 2) // CENT
