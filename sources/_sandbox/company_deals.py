"""A deal's life: quotations, the order they become, its work orders, each walking through steps.

A whole life is drawn when the deal opens, so that it hangs together: an order follows the
quotations that were accepted, is delivered after its work orders are, is invoiced after that. How
far it has come at a given time is the world's affair.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from sources._sandbox.chance import dice, weighted
from sources._sandbox.company import DAY, PRODUCTS, REP_SHARES, REPS, Customer, Product

OPENS_AT, OPEN_MINUTES = 14 * 60, 8 * 60  # office hours in UTC: one calendar day here and there


class Kind(Enum):
    """What a document is."""

    QUOTATION = "quotation"
    ORDER = "order"
    WORK_ORDER = "work order"


class Stage(Enum):
    """Where a document stands; each vendor has its own words for it."""

    FIRST_MEETING = "first meeting"
    QUOTING = "quoting"
    PRESENTED = "presented"
    ACCEPTED = "accepted"
    LOST = "lost"
    CONFIRMED = "confirmed"
    ON_HOLD = "on hold"
    IN_PRODUCTION = "in production"
    DELIVERED = "delivered"
    PARTIALLY_INVOICED = "partially invoiced"
    INVOICED = "invoiced"
    READY = "ready"
    CUTTING = "cutting"
    ASSEMBLY = "assembly"
    FINISHING = "finishing"
    READY_TO_SHIP = "ready to ship"
    SHIPPED = "shipped"
    INSTALLED = "installed"


class Step(NamedTuple):
    """One save of a document: when (minutes), and all that can differ between its saves.

    Attributes:
        at: when it is saved, in minutes.
        stage: where the document then stands.
        days_late: by how many days what was promised has been put off so far.
        edits: how often its contents have been reworked so far.
        is_back_ordered: whether something is missing.
    """

    at: int
    stage: Stage
    days_late: int = 0
    edits: int = 0
    is_back_ordered: bool = False


@dataclass(slots=True, eq=False)
class Document:
    """A quotation, an order or a work order. Times are minutes; 0 is none.

    Attributes:
        part: its place among the deal's documents of this kind, from 0.
        steps: the saves still to come.
        due: until when a quotation holds; when an order or a work order was promised.
        closed: when it reaches its end.
        number: given when it is made; work orders are numbered by text.
    """

    kind: Kind
    deal: Deal
    part: int
    steps: list[Step]
    created: int
    due: int
    delivery: int = 0
    installation: int = 0
    closed: int = 0
    number: int = 0
    serial: int = 0

    @property
    def key(self) -> str:
        """The number people call it by; work orders take their order's first quotation's."""
        if self.kind is Kind.WORK_ORDER:
            return f"{self.deal.accepted[0].number}-{self.part + 1}"
        return str(self.number)


@dataclass(slots=True, eq=False)
class Deal:
    """One sale, from the first visit to the last invoice.

    Attributes:
        visit: how many deals the customer has had, this one included.
        style: 32 random bits for everything that is a matter of taste, such as how a clerk writes.
    """

    number: int
    customer: Customer
    visit: int
    seller: int
    keeper: int
    style: int
    opened: int
    quotations: list[Document] = field(default_factory=list)
    accepted: list[Document] = field(default_factory=list)
    order: Document | None = None
    work_orders: list[Document] = field(default_factory=list)

    def documents(self) -> list[Document]:
        """Its documents, in the order in which they come to be."""
        return [*self.quotations, *([self.order] if self.order else []), *self.work_orders]

    def lines(self) -> list[tuple[Product, int]]:
        """What is sold, and how many of it."""
        rng = dice("lines", self.style)
        chosen = rng.sample(PRODUCTS, 1 + int(rng.random() * 6))
        return [(product, 1 + int(rng.random() * 12)) for product in chosen]


def open_deal(rng: random.Random, number: int, customer: Customer, opened: int) -> Deal:
    """Draws the whole life of a deal that opens at `opened` (minutes)."""
    keeper = customer.rep
    seller = keeper if rng.random() < 0.6 else REPS.index(weighted(rng, REPS, REP_SHARES))
    deal = Deal(number, customer, customer.deals, seller, keeper, rng.getrandbits(32), opened)
    decided = _later(rng, opened, 8, 34)
    undecided = rng.random() < 0.06
    won = not undecided and rng.random() < REPS[seller].win_rate
    count = 1 if rng.random() < 0.78 else 2 + int(rng.random() * 2)
    for part in range(count):
        # of several quotations the first is taken when the deal is won, the others often are too
        accepted = won and (part == 0 or rng.random() < 0.6)
        quotation = _quotation(rng, deal, part, None if undecided else decided, accepted)
        deal.quotations.append(quotation)
        if accepted:
            deal.accepted.append(quotation)
    if won:
        _produce(rng, deal, decided + 20 + int(rng.random() * 60))
    return deal


def _quotation(
    rng: random.Random, deal: Deal, part: int, decided: int | None, accepted: bool
) -> Document:
    created = deal.opened + part * (25 + int(rng.random() * 90))
    steps = [Step(created, Stage.FIRST_MEETING if rng.random() < 0.7 else Stage.QUOTING)]
    if steps[0].stage is Stage.FIRST_MEETING:
        steps.append(Step(_later(rng, created, 1, 3), Stage.QUOTING))
    steps.append(Step(_later(rng, steps[-1].at, 1, 4), Stage.PRESENTED))
    closed = 0
    if decided is not None:
        closed = max(decided + part, steps[-1].at + 5)
        steps.append(Step(closed, Stage.ACCEPTED if accepted else Stage.LOST))
    steps = _with_second_thoughts(rng, steps, edited=0.12, late=0.0)
    due = created + (14 + 2 * int(rng.random() * 9)) * DAY
    return Document(Kind.QUOTATION, deal, part, steps, created, due, closed=closed)


def _produce(rng: random.Random, deal: Deal, confirmed: int) -> None:
    """Gives a deal that is won its order and its work orders."""
    # an order cannot precede the last of its quotations
    confirmed = max(confirmed, max(quotation.closed for quotation in deal.accepted) + 10)
    started = _later(rng, confirmed, 3, 10)
    count = weighted(rng, (1, 2, 3), (0.6, 0.9, 1.0))
    deal.work_orders = [_work_order(rng, deal, part, started) for part in range(count)]
    delivered = max(work_order.delivery for work_order in deal.work_orders) + 30
    steps = [Step(confirmed, Stage.CONFIRMED)]
    if rng.random() < 0.04:
        steps.append(Step(min(_later(rng, confirmed, 1, 2), started), Stage.ON_HOLD))
    steps.append(Step(started + 12, Stage.IN_PRODUCTION))
    steps.append(Step(delivered, Stage.DELIVERED))
    if rng.random() < 0.25:
        steps.append(Step(_later(rng, delivered, 1, 4), Stage.PARTIALLY_INVOICED))
    closed = _later(rng, steps[-1].at, 2, 9)
    steps.append(Step(closed, Stage.INVOICED))
    steps = _with_second_thoughts(rng, steps, edited=0.05, late=0.05)
    due = confirmed + (20 + int(rng.random() * 22)) * DAY
    deal.order = Document(Kind.ORDER, deal, 0, steps, confirmed, due, closed=closed)


def _work_order(rng: random.Random, deal: Deal, part: int, started: int) -> Document:
    at = created = started + 20 + part * (15 + int(rng.random() * 40))
    is_back_ordered = rng.random() < 0.07
    steps = [Step(at, Stage.READY, is_back_ordered=is_back_ordered)]
    finishing = (Stage.FINISHING,) if deal.style & 1 else ()
    for stage in (Stage.CUTTING, Stage.ASSEMBLY, *finishing, Stage.READY_TO_SHIP):
        wait = 6 if is_back_ordered and stage is Stage.CUTTING else 0
        at = _later(rng, at, 1 + wait, 4 + wait)
        missing = is_back_ordered and stage is Stage.CUTTING
        steps.append(Step(at, stage, is_back_ordered=missing))
    delivery = _later(rng, at, 1, 4)
    installation = _later(rng, delivery, 1, 5)
    steps += [Step(delivery, Stage.SHIPPED), Step(installation, Stage.INSTALLED)]
    steps = _with_second_thoughts(rng, steps, edited=0.0, late=0.04)
    due = started + (12 + int(rng.random() * 12)) * DAY
    return Document(
        Kind.WORK_ORDER, deal, part, steps, created, due, delivery, installation, installation
    )


def _with_second_thoughts(
    rng: random.Random, steps: Sequence[Step], *, edited: float, late: float
) -> list[Step]:
    """The steps, with the saves in between: reworked, put off, or saved again as it was."""
    result = []
    days_late = edits = 0
    for position, step in enumerate(steps):
        if days_late or edits:
            step = step._replace(days_late=days_late, edits=edits)
        result.append(step)
        again = step.at + 3 + int(rng.random() * 200)
        chance = rng.random()
        if chance > edited + late + 0.05:
            continue
        if position + 1 < len(steps) and again >= steps[position + 1].at:
            continue
        if chance < edited:
            edits += 1
        elif chance < edited + late:
            days_late += 2 + int(rng.random() * 9)
        result.append(step._replace(at=again, days_late=days_late, edits=edits))
    return result


def _later(rng: random.Random, at: int, fewest: int, most: int) -> int:
    """A minute in office hours, `fewest` to `most` days after `at`, never on a weekend."""
    day = at // DAY + fewest + int(rng.random() * (most - fewest + 1))
    weekday = (day + 3) % 7  # 1970-01-01 was a Thursday
    if weekday > 4:
        day += 7 - weekday
    return day * DAY + OPENS_AT + int(rng.random() * OPEN_MINUTES)
