"""What the documents are about: orders placed by EDI, of the company's deals or from before them.

Money is in cents, Canadian.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sources._sandbox.chance import dice
from sources._sandbox.company import DAY, PRODUCTS, Product
from sources._sandbox.company_deals import Deal, Document
from sources._sandbox.company_world import calendar_day

SELLER_ID, SELLER = "MILLSTREAM", "MILLSTREAM KITCHENS"
FREIGHT, ALLOWANCE = ("D240", "FREIGHT"), ("C310", "DISCOUNT")
_UNITS = {"LF": "LF", "HR": "HR"}  # by how a product's code ends; the rest is counted


@dataclass(frozen=True)
class Party:
    """Who takes part, in the roles of X12: BY buys, SE sells, ST receives, BT pays."""

    role: str
    name: str
    ident: str
    street: str
    city: str
    region: str
    postal_code: str


@dataclass(frozen=True)
class Line:
    """A line of an order."""

    product: Product
    quantity: int

    @property
    def unit(self) -> str:
        """Unit of measure, as X12 calls it."""
        return _UNITS.get(self.product.code.rsplit("-", 1)[1], "EA")

    @property
    def amount(self) -> int:
        """What it costs."""
        return self.quantity * self.product.price_cents


@dataclass(frozen=True)
class Trade:
    """An order that came by EDI; `style` is for what is a matter of taste."""

    purchase_order: str
    order_number: str
    ordered_on: date
    due_on: date
    buyer: Party
    lines: tuple[Line, ...]
    style: int

    @property
    def parties(self) -> tuple[Party, ...]:
        """Who takes part in it."""
        street, city = "2100 MILL STREET", "DUNCAN"
        seller = Party("SE", SELLER, SELLER_ID, street, city, "BC", "V9L 2A1")
        return self.buyer, seller, replace(self.buyer, role="ST"), replace(self.buyer, role="BT")

    @property
    def subtotal(self) -> int:
        """The lines."""
        return sum(line.amount for line in self.lines)

    @property
    def charges(self) -> tuple[tuple[str, str, int], ...]:
        """What an invoice adds: code, name and amount; an allowance's is negative."""
        freight = 4_500 + self.style % 40 * 250
        allowance = -(self.subtotal // 50)
        wanted = ((*FREIGHT, freight), (*ALLOWANCE, allowance))
        return wanted[: self.style // 40 % 3]

    @property
    def total(self) -> int:
        """What an invoice asks for."""
        return self.subtotal + sum(amount for _code, _name, amount in self.charges)

    def more(self) -> Trade:
        """The same order, of one piece more."""
        first, *rest = self.lines
        return replace(self, lines=(replace(first, quantity=first.quantity + 1), *rest))


def is_by_edi(document: Document) -> bool:
    """Whether an order came by EDI: those of contractors did, and a third of the others'."""
    return document.deal.customer.is_contractor or document.number % 3 == 0


def trade_of(order: Document) -> Trade:
    """The trade that an order of the company is."""
    deal, customer = order.deal, order.deal.customer
    name = customer.company or f"{customer.first_name} {customer.last_name}"
    region = "BC" if customer.postal_code.startswith("V") else "QC"
    return Trade(
        # a number of the buyer's own: the company's suppliers know its orders as PO-8149
        purchase_order=_shown_number(deal) or f"45{order.number:08}",
        order_number=str(order.number),
        ordered_on=calendar_day(order.created // DAY),
        due_on=calendar_day(order.due // DAY),
        buyer=Party(
            role="BY",
            name=name,
            ident=f"C{customer.number:05}",
            street=customer.address,
            city=customer.city,
            region=region,
            postal_code=customer.postal_code,
        ),
        lines=tuple(Line(product, quantity) for product, quantity in deal.lines()),
        style=deal.style,
    )


def invented(seed: int, purchase_order: str, number: int, on: date) -> Trade:
    """A trade that the company's other systems know nothing of."""
    rng = dice("cleo trade", seed, number)
    chosen = rng.sample(PRODUCTS, 2 + number % 4)
    city, region, postal_code = ("NANAIMO", "BC", "V9R 5J6")
    return Trade(
        purchase_order=purchase_order,
        order_number=f"W{number}",
        ordered_on=on,
        due_on=on + timedelta(days=30),
        buyer=Party(
            role="BY",
            name="HARBOUR RENOVATION SUPPLY",
            ident="C90001",
            street="77 WHARF ROAD",
            city=city,
            region=region,
            postal_code=postal_code,
        ),
        lines=tuple(Line(product, 1 + int(rng.random() * 12)) for product in chosen),
        style=rng.getrandbits(32),
    )


def _shown_number(deal: Deal) -> str | None:
    """The purchase order number that the company's own system shows for a deal, if it has one.

    Written a second time, since no vendor knows of another; a test holds the two against each
    other.
    """
    taste = (deal.style ^ 14 * 0x9E3779B1) % 0x7FFFFFF3 % 5
    return f"PO {20_000 + deal.number}" if deal.customer.is_contractor and taste < 3 else None


def money(cents: int) -> str:
    """An amount with its decimal point."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"
