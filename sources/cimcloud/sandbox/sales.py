"""A sale's life, drawn when it is placed: exported, shipped, invoiced, paid, or cancelled.

How far it has come at a given time is the distributor's affair. Amounts are in cents, prices in
1/10,000 of a dollar, times in minutes.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from sources._sandbox.company import DAY
from sources.cimcloud.sandbox.accounts import TERMS, Account
from sources.cimcloud.sandbox.catalogue import CENT, Product, extended, names, quantity_of
from sources.cimcloud.sandbox.clock import office_minute

SYNC_EVERY = 240  # minutes: the ERP fetches web orders every four hours
NEVER_EXPORTED, EXPORTED_LATE = 0.03, 0.06


class Step(IntEnum):
    """What happens to a sale."""

    PLACED = 0
    EXPORTED = 1
    CANCELLED = 2
    SHIPPED = 3
    INVOICED = 4
    CREDITED = 5
    PAID_ONLINE = 6
    PAID = 7


@dataclass(frozen=True)
class Happening:
    """A step at a minute; `part` says of which shipment, `last` whether it settles the invoice."""

    at: int
    step: Step
    part: int = 0
    last: bool = True


@dataclass(slots=True, eq=False)
class Line:
    """A line; `later` of its quantity comes with the second shipment."""

    product: Product
    quantity: int
    price: int
    later: int = 0
    line_id: int = 0

    @property
    def amount(self) -> int:
        """What it costs."""
        return extended(self.quantity, self.price)

    def part(self, part: int) -> int:
        """How many come with a shipment."""
        return self.later if part else self.quantity - self.later


@dataclass(slots=True, eq=False)
class Invoice:
    """An invoice as it stands."""

    ih_id: int
    number: str
    balance: int
    is_paid_online: bool = False


@dataclass(slots=True, eq=False)
class Sale:
    """One sale.

    Attributes:
        is_web: whether it is placed in the store; otherwise somebody calls.
        comes_in: how many shipments it takes.
        happenings: what is to happen to it, in time.
        credit: how much of the first invoice will be credited.
        coupon: by how much a coupon lowers its lines.
        c_ordnum, oh_id, order_number: the numbers that it is given.
        shipments: the ids of its shipments.
    """

    account: Account
    user: int
    po_number: str | None
    is_web: bool
    lines: list[Line]
    style: int
    carrier: str
    shipping: int
    tax: int
    coupon: int = 0
    comes_in: int = 1
    credit: int = 0
    happenings: list[Happening] = field(default_factory=list)
    c_ordnum: int | None = None
    oh_id: int = 0
    order_number: str = ""
    shipments: list[int] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)

    @property
    def subtotal(self) -> int:
        """The lines."""
        return sum(line.amount for line in self.lines)

    @property
    def total(self) -> int:
        """Lines, taxes and shipping."""
        return self.subtotal + self.tax + self.shipping

    def invoice_amounts(self, part: int) -> tuple[int, int, int]:
        """Subtotal, tax and shipping of an invoice; those of all invoices add up to the order's."""
        if self.comes_in == 1:
            return self.subtotal, self.tax, self.shipping
        goods = sum(extended(line.part(0), line.price) for line in self.lines)
        tax = _tax(goods + self.shipping, self.account.tax_ppm)
        if part == 0:
            return goods, tax, self.shipping
        return self.subtotal - goods, self.tax - tax, 0


def draw_sale(
    rng: random.Random,
    account: Account,
    assortment: Sequence[Product],
    at: int,
    *,
    po_number: str | None,
    most_lines: int,
) -> Sale:
    """Draws the whole life of a sale that is placed at a minute."""
    chosen = rng.sample(assortment, min(1 + int(rng.random() * most_lines), len(assortment)))
    lines = [
        Line(product, quantity_of(product, rng.random()), product.price(account.profile.level))
        for product in chosen
    ]
    is_web = rng.random() < 0.7
    coupon = _couponed(lines) if is_web and rng.random() < 0.03 else 0
    carrier = rng.choice(names()["carriers"])
    shipping = 0 if carrier == "WILL CALL" else 1200 + int(rng.random() * 90) * 50
    taxed = sum(line.amount for line in lines) + shipping
    sale = Sale(
        account=account,
        user=rng.choice(account.users),
        po_number=po_number,
        is_web=is_web,
        lines=lines,
        style=rng.getrandbits(31),
        carrier=carrier,
        shipping=shipping,
        tax=_tax(taxed, account.tax_ppm),
        coupon=coupon,
    )
    sale.happenings = _life(rng, sale, at)
    return sale


def _life(rng: random.Random, sale: Sale, at: int) -> list[Happening]:
    happenings, in_erp = [Happening(at, Step.PLACED)], at
    if sale.is_web:
        in_erp = (at // SYNC_EVERY + 1) * SYNC_EVERY + 7
        chance = rng.random()
        if chance < NEVER_EXPORTED:
            return happenings
        if chance < EXPORTED_LATE:  # the ERP refuses it until somebody looks
            in_erp += (2 + int(rng.random() * 25)) * DAY
        happenings.append(Happening(in_erp, Step.EXPORTED))
    if rng.random() < 0.04:
        return [*happenings, Happening(_later(rng, in_erp, 1, 2), Step.CANCELLED)]
    shipped = [_later(rng, in_erp, 1, 5)]
    if rng.random() < 0.12 and _held_back(rng, sale.lines):
        sale.comes_in = 2
        shipped.append(_later(rng, shipped[0], 6, 24))
    for part, ship in enumerate(shipped):
        invoiced = ship + 45 + int(rng.random() * 360)
        happenings.append(Happening(ship, Step.SHIPPED, part))
        happenings.append(Happening(invoiced, Step.INVOICED, part))
        credited = invoiced
        if part == 0 and rng.random() < 0.06:
            sale.credit = 1 + int(sale.lines[0].amount * (0.1 + 0.5 * rng.random()))
            credited = _later(rng, invoiced, 2, 9)
            happenings.append(Happening(credited, Step.CREDITED, part))
        happenings += _payments(rng, sale.account, part, invoiced, credited)
    return sorted(happenings, key=lambda happening: happening.at)


def _payments(
    rng: random.Random, account: Account, part: int, invoiced: int, credited: int
) -> list[Happening]:
    due = invoiced // DAY + TERMS[account.terms] + account.lateness
    day = max(due + int(rng.random() * 21) - 12, invoiced // DAY + 1, credited // DAY + 1)
    if rng.random() < 0.05:
        day += 70
    first = office_minute(day, rng.random())
    if rng.random() < 0.1:
        rest = _later(rng, first, 8, 20)
        half = Happening(first, Step.PAID, part, last=False)
        return [half, Happening(rest, Step.PAID, part)]
    if account.pays_online:
        posted = office_minute(first // DAY + 1, 0.05)
        return [Happening(first, Step.PAID_ONLINE, part), Happening(posted, Step.PAID, part)]
    return [Happening(first, Step.PAID, part)]


def _held_back(rng: random.Random, lines: list[Line]) -> bool:
    """Marks what comes later; whether there is something, and something comes before it."""
    line = rng.choice(lines)
    if line.price % CENT:
        return False  # parts of it would not add up to the cent
    line.later = line.quantity if len(lines) > 1 and rng.random() < 0.6 else line.quantity // 2
    return line.later > 0 and (len(lines) > 1 or line.later < line.quantity)


def _couponed(lines: list[Line]) -> int:
    """Lowers the lines by a twentieth; by how much in all."""
    before = sum(line.amount for line in lines)
    for line in lines:
        line.price = line.price * 95 // 100
    return before - sum(line.amount for line in lines)


def _tax(amount: int, ppm: int) -> int:
    return (amount * ppm + 500_000) // 1_000_000


def _later(rng: random.Random, at: int, fewest: int, most: int) -> int:
    return office_minute(at // DAY + fewest + int(rng.random() * (most - fewest + 1)), rng.random())
