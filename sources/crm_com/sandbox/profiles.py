"""Who the service arm serves: the kitchen maker's customers, and people with older kitchens."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from sources._sandbox.chance import dice
from sources._sandbox.company import HOSTILE_NAME, Customer

_FIRST = ("AGATHE", "BORIS", "CORALIE", "DIMITRI", "EUNICE", "FARID", "GWEN", "HECTOR", "IRIS")
_LAST = ("ALMEIDA", "BEAUPRÉ", "CHOW", "DUFFERIN", "ESKOLA", "FONTAINE", "GRIEVE", "HAMELIN")
_TRADES = ("RENTALS LTD", "STRATA COUNCIL", "IMMEUBLES INC", "BISTRO")
_STREETS = ("CANNERY ROW", "RUE DU QUAI", "HILLCREST AVE", "CHEMIN DES PINS", "GORGE RD")
_PLACES = (("VICTORIA", "778", "V8T"), ("NANAIMO", "250", "V9S"), ("LÉVIS", "418", "G6V"))
HOSTILE_STRANGER = 4


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Somebody, before the site knows them.

    Attributes:
        who: tells them from all others.
        company: empty for a person.
        style: chance that belongs to them.
    """

    who: str
    first_name: str
    last_name: str
    company: str
    phone: str
    street_number: str
    street_name: str
    town_city: str
    postal_code: str
    style: int

    @property
    def name(self) -> str:
        """What they are called."""
        return self.company or f"{self.first_name} {self.last_name}"

    @property
    def email(self) -> str:
        """Where mail reaches them."""
        local = unicodedata.normalize("NFKD", f"{self.first_name}.{self.last_name}".lower())
        plain = "".join(letter for letter in local if letter.isascii() and letter not in " <>()/'")
        return f"{plain}{self.style % 97}@example.com"


def customer_profile(customer: Customer, seed: int) -> Profile:
    """A customer of the kitchen maker's, under the name, telephone and address known there."""
    number, _, street = customer.address.partition(" ")
    return Profile(
        who=f"customer {customer.number}",
        first_name=customer.first_name,
        last_name=customer.last_name,
        company=customer.company,
        phone=customer.phone,
        street_number=number,
        street_name=street,
        town_city=customer.city,
        postal_code=customer.postal_code,
        style=dice("crm_com customer", seed, customer.number).getrandbits(32),
    )


def stranger_profile(number: int, seed: int) -> Profile:
    """Somebody whose kitchen is from elsewhere."""
    rng = dice("crm_com stranger", seed, number)
    town, area, prefix = rng.choice(_PLACES)
    last = HOSTILE_NAME if number == HOSTILE_STRANGER else rng.choice(_LAST)
    is_company = number % 4 == 3
    return Profile(
        who=f"stranger {number}",
        first_name=rng.choice(_FIRST),
        last_name=last,
        company=f"{last} {rng.choice(_TRADES)}" if is_company else "",
        phone=f"({area}) 555-{number % 10_000:04}",
        street_number=str(rng.randint(10, 9900)),
        street_name=rng.choice(_STREETS),
        town_city=town,
        postal_code=f"{prefix} {rng.randint(1, 9)}{rng.choice('ABCEGHJ')}{rng.randint(1, 9)}",
        style=rng.getrandbits(32),
    )
