"""What a company's books say, in words of no vendor and no query: papers, and what joins them.

Amounts are exact decimals, days are dates; None is what the books do not say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

QUOTATION, ORDER, WORK_ORDER, INVOICE, WEB_ORDER = (
    "quotation",
    "order",
    "work_order",
    "invoice",
    "web_order",
)
Name = tuple[str, str, str]  # kind, vendor, the number that people call it by


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of an order or of an invoice; `amount` has the tax in it that its prices have."""

    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A document as it now stands.

    Attributes:
        number: what people call it by.
        step: where it stands, in the vendor's words as `maps/steps.csv` writes them.
        made_on: its day.
        total: what it comes to.
        open: what is still to be paid of an invoice.
    """

    number: str
    step: str | None = None
    made_on: date | None = None
    due_on: date | None = None
    currency: str | None = None
    total: Decimal | None = None
    open: Decimal | None = None
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Payment:
    """Money that came, or went back."""

    invoice: str | None
    paid_on: date
    currency: str | None
    amount: Decimal


@dataclass(kw_only=True)
class Books:
    """A vendor's papers by kind.

    Attributes:
        links: from the earlier paper to the later, with what on the wire tells of it.
    """

    papers: Mapping[str, list[Paper]]
    payments: list[Payment] = field(default_factory=list)
    links: dict[tuple[Name, Name], str] = field(default_factory=dict)


def exactly(value: object) -> Decimal:
    """A number of the books as a decimal, whatever JSON would make of it."""
    return Decimal(str(value))


def cents(amount: int) -> Decimal:
    """Cents as the amount they are."""
    return Decimal(amount) / 100
