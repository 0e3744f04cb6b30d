"""Who buys from the distributor: the kitchen maker, some of its contractors, and strangers.

A contractor carries the name, telephone and postal code that the kitchen maker knows, so that one
customer of two vendors can be recognised.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from sources._sandbox.chance import dice
from sources._sandbox.company import DAY, HOSTILE_NAME, Customer
from sources.cimcloud.sandbox.catalogue import names
from sources.cimcloud.sandbox.clock import office_minute

KITCHEN_MAKER = "MILLSTREAM KITCHENS LTD"
KITCHEN_BUYERS = (("LIAM", "OKAFOR"), ("TARA", "WHITLOCK"), ("BRENT", "HALVORSEN"))
HOSTILE_STRANGER = 2
TAX_PPM = {"BC": 120_000, "QC": 149_750, "ON": 130_000, "AB": 50_000}
TERMS = {"NET 30": 30, "NET 15": 15, "2% 10 NET 45": 45, "DUE ON RECEIPT": 0}


@dataclass(frozen=True, kw_only=True)
class Profile:
    """An account that will be opened at a minute."""

    opened: int
    name: str
    people: Sequence[tuple[str, str]]
    phone: str
    address: str
    city: str
    state: str
    postal_code: str
    level: str


@dataclass(slots=True, eq=False)
class Account:
    """An account as the distributor knows it.

    Attributes:
        users: the customers who may sign in.
        lateness: how many days after the due date it tends to pay.
        pays_online: whether it pays in the store.
    """

    a_id: int
    num: str
    profile: Profile
    rep: str
    terms: str
    lateness: int
    pays_online: bool
    users: list[int] = field(default_factory=list)

    @property
    def warehouse(self) -> str:
        """Where it is served from."""
        return "DUNCAN" if self.profile.state in ("BC", "AB") else "LAVAL"

    @property
    def tax_ppm(self) -> int:
        """Its sales tax in millionths."""
        return TAX_PPM[self.profile.state]


def kitchen_maker(since: int) -> Profile:
    """The kitchen maker, a customer since five years before `since` (minutes)."""
    return Profile(
        opened=office_minute(since // DAY - 1830, 0.3),
        name=KITCHEN_MAKER,
        people=KITCHEN_BUYERS,
        phone="(250) 555-0142",
        address="2890 MILLSTREAM RD",
        city="DUNCAN",
        state="BC",
        postal_code="V9L 3X2",
        level="OEM",
    )


def contractor(customer: Customer, seen: int) -> Profile:
    """A contractor of the kitchen maker's, who opens an account the day after being seen there."""
    return Profile(
        opened=office_minute(seen // DAY + 1, customer.number % 97 / 97),
        name=customer.company,
        people=((customer.first_name, customer.last_name),),
        phone=customer.phone,
        address=customer.address,
        city=customer.city,
        state="BC" if customer.postal_code.startswith("V") else "QC",
        postal_code=customer.postal_code,
        level="CONTRACTOR",
    )


def stranger(seed: int, number: int, since: int) -> Profile:
    """Another account, most of them older than `since` (minutes)."""
    rng, told = dice("cimcloud stranger", seed, number), names()
    roots, trades = told["roots"], told["trades"]
    city, state, area, prefix = rng.choice(told["places"])
    name = f"{roots[number % len(roots)]} {trades[(number // len(roots) + number) % len(trades)]}"
    again = number // (len(roots) * len(trades))
    return Profile(
        opened=office_minute(since // DAY - int(rng.random() * 2000), rng.random()),
        name=HOSTILE_NAME if number == HOSTILE_STRANGER else f"{name} {again or ''}".strip(),
        people=[_person(rng) for _ in range(1 + int(rng.random() * 3))],
        phone=f"({area}) 555-{int(rng.random() * 10_000):04}",
        address=f"{int(rng.random() * 9800) + 100} {rng.choice(told['streets'])}",
        city=city,
        state=state,
        postal_code=f"{prefix} {int(rng.random() * 10)}{rng.choice('ABCEGHJKL')}{number % 10}",
        level=rng.choice(("LIST", "CONTRACTOR", "DEALER", "DEALER")),
    )


def _person(rng: random.Random) -> tuple[str, str]:
    return rng.choice(names()["first"]), rng.choice(names()["last"])
