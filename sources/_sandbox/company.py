"""The fictional company behind every vendor: a kitchen maker, its people, products and customers.

It sells kitchens and their pieces from Vancouver Island to Quebec, to families and to contractors
who come back. Every name is invented; phone numbers use the exchange 555. Times are whole minutes
since 1970 in UTC, because a big company has millions of them.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

from sources._sandbox.chance import cumulative, weighted

DAY = 24 * 60
HOSTILE_NAME = "<script>alert(1)</script>"  # whoever shows a customer must escape it
HOSTILE_CUSTOMER = 3


@dataclass(frozen=True, slots=True)
class Rep:
    """A representative; `win_rate` is the share of the deals decided that are won."""

    name: str
    login: str
    win_rate: float
    weight: float


@dataclass(frozen=True, slots=True)
class Product:
    """Something that is made and sold; `price_cents` is Canadian, before tax."""

    code: str
    name: str
    price_cents: int


@dataclass(slots=True)
class Customer:
    """Who buys. A company's contact person has the name; `created` is when the card was made."""

    number: int
    first_name: str
    last_name: str
    company: str
    phone: str
    address: str
    city: str
    postal_code: str
    origin: str
    rep: int
    created: int
    is_contractor: bool
    deals: int = 0


REPS = (
    Rep("MARIE-ÈVE THÉBERGE", "MTHEBERGE", 0.72, 1.4),
    Rep("LIAM OKAFOR", "LOKAFOR", 0.64, 1.2),
    Rep("JOSÉE BÉLANGER", "JBELANGER", 0.61, 1.0),
    Rep("TARA WHITLOCK", "TWHITLOCK", 0.58, 1.3),
    Rep("GURDEEP SANDHAR", "GSANDHAR", 0.55, 0.9),
    Rep("NOÉMIE CÔTÉ-ROY", "NCOTEROY", 0.51, 0.8),
    Rep("BRENT HALVORSEN", "BHALVORSEN", 0.46, 1.0),
    Rep("OWEN PRZYBYLSKI", "OPRZYBYLSKI", 0.38, 0.5),
)
REP_SHARES = cumulative([rep.weight for rep in REPS])
MEAN_WIN_RATE = sum(rep.win_rate * rep.weight for rep in REPS) / sum(rep.weight for rep in REPS)

PRODUCTS = (
    Product("CAB-B24-MS", "BASE CABINET 24 MAPLE SHAKER", 31_900),
    Product("CAB-B36-MS", "BASE CABINET 36 MAPLE SHAKER", 42_500),
    Product("CAB-W30-MS", "WALL CABINET 30 MAPLE SHAKER", 27_400),
    Product("CAB-P24-MS", "PANTRY CABINET 24 MAPLE SHAKER", 68_900),
    Product("CAB-B24-TL", "BASE CABINET 24 THERMOFOIL WHITE", 24_900),
    Product("CAB-W30-TL", "WALL CABINET 30 THERMOFOIL WHITE", 21_300),
    Product("CTR-QZ-LF", "QUARTZ COUNTERTOP, LINEAR FOOT", 14_750),
    Product("CTR-LM-LF", "LAMINATE COUNTERTOP, LINEAR FOOT", 4_890),
    Product("CUT-SINK", "SINK CUT OUT", 12_500),
    Product("HDW-PULL-BN", "PULL, BRUSHED NICKEL", 1_195),
    Product("HDW-SC-HNG", "SOFT CLOSE HINGE, PAIR", 1_640),
    Product("VAN-48-OAK", "VANITY 48 OAK", 112_000),
    Product("ISL-72-WAL", "ISLAND 72 WALNUT", 389_000),
    Product("LBR-INST-HR", "INSTALLATION, HOUR", 8_500),
)

_PLACES = (  # city, area code, postal prefixes
    ("DUNCAN", "250", ("V9L",)),
    ("CEDAR", "250", ("V9X",)),
    ("NANAIMO", "250", ("V9R", "V9T")),
    ("LADYSMITH", "250", ("V9G",)),
    ("VICTORIA", "778", ("V8R", "V8V", "V9A")),
    ("MONTREAL", "514", ("H2J", "H1W", "H4C")),
    ("LAVAL", "450", ("H7N", "H7W")),
    ("QUÉBEC", "418", ("G1R", "G1K")),
    ("TROIS-RIVIÈRES", "819", ("G9A",)),
)
_PLACE_SHARES = cumulative([3, 1, 3, 1, 2, 3, 2, 2, 1])
_NAMES = Path(__file__).with_name("company_names.json")
_POSTAL_LETTERS = "ABCEGHJKLMNPRSTVWXYZ"


class Customers:
    """The company's customers, who come for the first time or come back."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._names: dict[str, list[str]] = json.loads(_NAMES.read_text("utf-8"))
        self._all: list[Customer] = []
        self._contractors: list[Customer] = []

    def next(self, now: int) -> Customer:
        """Who walks in at `now` (minutes): someone new more often than not, or someone known."""
        rng = self._rng
        customer = None
        if len(self._all) >= HOSTILE_CUSTOMER and rng.random() < 0.45:
            known = self._contractors if self._contractors and rng.random() < 0.6 else self._all
            customer = known[int(rng.random() * len(known))]
        if customer is None:
            customer = self._make(now)
            self._all.append(customer)
            if customer.is_contractor:
                self._contractors.append(customer)
        customer.deals += 1
        return customer

    def _make(self, now: int) -> Customer:
        rng, names = self._rng, self._names
        number = len(self._all) + 1
        is_contractor = rng.random() < 0.3
        last_name = rng.choice(names["last"])
        city, area, prefixes = weighted(rng, _PLACES, _PLACE_SHARES)
        # a card is made on the first visit, or is years old: the company is older than its records
        age = 0 if rng.random() < 0.65 else 1 + int(rng.random() * 2900)
        return Customer(
            number=number,
            first_name=rng.choice(names["first"]),
            last_name=HOSTILE_NAME if number == HOSTILE_CUSTOMER else last_name,
            company=f"{last_name} {rng.choice(names['trades'])}" if is_contractor else "",
            phone=f"({area}) 555-{int(rng.random() * 10_000):04}",
            address=f"{int(rng.random() * 9800) + 100} {rng.choice(names['streets'])}",
            city=city,
            postal_code=f"{rng.choice(prefixes)} {_local_delivery_unit(rng)}",
            origin=rng.choice(names["origins"]),
            rep=REPS.index(weighted(rng, REPS, REP_SHARES)),
            created=now if age == 0 else (now // DAY - age) * DAY,
            is_contractor=is_contractor,
        )


def _local_delivery_unit(rng: random.Random) -> str:
    letter = _POSTAL_LETTERS[int(rng.random() * len(_POSTAL_LETTERS))]
    return f"{int(rng.random() * 10)}{letter}{int(rng.random() * 10)}"
