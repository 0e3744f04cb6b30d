"""The members: who they are, how they came, their cards and vouchers, what they did."""

from __future__ import annotations

import json
import random
import unicodedata
from dataclasses import dataclass

from sources._sandbox.chance import dice
from sources._sandbox.company import Customer
from sources._sandbox.store import Row
from sources.carecloud.sandbox.clock import DAY, HOUR
from sources.carecloud.sandbox.desk import ABSENT, ACTIVE, DELETED, NOT_ACTIVE, Desk, money
from sources.carecloud.sandbox.masters import WEB_SHOP, address, masters, reward

TRAPPED = 5  # the member whose birthdate has three digits of a year, as in an official example
TRAP = "985-02-12"
SHOWROOM, WEB, CONTRACTOR, FORMER_ERP = range(4)
_NEIGHBOURS = {"CEDAR": "NANAIMO", "LADYSMITH": "NANAIMO"}


@dataclass(frozen=True)
class Member:
    """A member; `number` is the customer's at the kitchen maker's."""

    number: int
    customer_id: str
    city: str
    card_number: str
    voucher_id: str


def join(desk: Desk, customer: Customer, at: int, *, has_traps: bool) -> Member:
    """Somebody joins: a customer, where from, a card, and a voucher for the beginning."""
    rng = dice("carecloud member", desk.seed, customer.number)
    city = _NEIGHBOURS.get(customer.city, customer.city)
    member = Member(
        number=customer.number,
        customer_id=desk.id("customer", customer.number),
        city=city,
        card_number=f"{1_000_000_000_000 + customer.number * 17}",
        voucher_id=desk.id("voucher", "welcome", customer.number),
    )
    is_trapped = has_traps and customer.number == TRAPPED
    birthdate = TRAP if is_trapped else f"{1948 + rng.randrange(55)}-{1 + rng.randrange(12):02}-12"
    person = _person(desk, customer, city, rng, birthdate, at)
    desk.insert(
        "customers",
        at,
        customer_id=member.customer_id,
        personal_information=person,
        doi_email=desk.clock.text(at + HOUR) if rng.random() < 0.7 else None,
        doi_phone=desk.clock.text(at + 2 * HOUR) if rng.random() < 0.3 else "",
        state=ACTIVE,
    )
    if is_trapped:
        desk.store.tables["customers"].spared.add(member.customer_id)
    _came(desk, customer, member, rng, at)
    _card(desk, member, rng, at)
    give_voucher(desk, member, 0, at, voucher_id=member.voucher_id)
    return member


def _person(
    desk: Desk, customer: Customer, city: str, rng: random.Random, birthdate: str, at: int
) -> Row:
    agreements = {"agreement_id": desk.id("agreement"), "agreement_value": rng.randrange(3)}
    consents = {
        "consent_id": desk.id("consent"),
        "consent_value": rng.randrange(3),
        "last_change": desk.clock.text(at),
    }
    street = customer.address
    return {
        "salutation": "" if rng.random() < 0.5 else f"Dear {customer.first_name.title()}",
        "gender": rng.choice((None, 1, 2, 3)),
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "pre_nominals": "",
        "post_nominals": None if rng.random() < 0.9 else "Ph.D",
        "birthdate": None if birthdate != TRAP and rng.random() < 0.3 else birthdate,
        "email": f"{_plain(customer.first_name)}.{customer.number}@club.example",
        "phone": "1" + "".join(filter(str.isdecimal, customer.phone)),
        "language_id": "fr" if city in ("MONTREAL", "LAVAL", "QUÉBEC") else "en",
        "store_id": desk.id("store", city),
        "photo_url": None,
        "address": address(street, customer.postal_code, customer.city),
        "agreement": {
            "agreement_gtc": 1,
            "agreement_profiling": rng.randrange(3),
            "agreement_marketing_communication": rng.randrange(3),
            "custom_agreements": [agreements] if rng.random() < 0.3 else [],
        },
        "consents": [consents] if rng.random() < 0.4 else [],
    }


def _came(desk: Desk, customer: Customer, member: Member, rng: random.Random, at: int) -> None:
    sources = [SHOWROOM if rng.random() < 0.6 else WEB]
    if customer.is_contractor:
        sources.append(CONTRACTOR)
    if rng.random() < 0.4:
        sources.append(FORMER_ERP)
    for source in sources:
        desk.insert(
            "customer_source_records",
            at,
            customer_source_record_id=desk.id("source record", member.number, source),
            customer_source_id=desk.id("source", source),
            customer_id=member.customer_id,
            external_id=f"A{66_000 + member.number}{'SWCE'[source]}",
        )


def _card(desk: Desk, member: Member, rng: random.Random, at: int) -> None:
    """A card; some have lost an earlier one, which is blocked."""
    is_lost = rng.random() < 0.12
    for place, number in enumerate([f"9{member.card_number[1:]}"] * is_lost + [member.card_number]):
        desk.insert(
            "cards",
            at + place,
            card_id=desk.id("card", number),
            customer_id=member.customer_id,
            card_type_id=desk.id("card type", member.number % 2),
            card_number=number,
            secondary_card_number=None if rng.random() < 0.6 else f"AX{number[-6:]}",
            valid_from=desk.clock.text(at // DAY * DAY),
            valid_to="2059-07-05 00:00:00",
            store_id=desk.id("store", member.city),
            state=DELETED if is_lost and place == 0 else ACTIVE,
        )


def give_voucher(desk: Desk, member: Member, kind: int, at: int, *, voucher_id: str) -> None:
    """A voucher, with its reward."""
    desk.insert(
        "vouchers",
        at,
        voucher_id=voucher_id,
        customer_id=member.customer_id,
        store_id=None if kind == 0 else desk.id("store", member.city),
        code=voucher_id[-9:].upper(),
        value=money(masters()["rewards"][kind][3] * 100 + 49),
        applied_date=None,
        valid_from=desk.clock.text(at),
        valid_to=desk.clock.text(at + 90 * DAY),
        reward_group=desk.id("reward group", kind),
        note="" if kind == 0 else None,
        reward=reward(desk, at, kind),
        created_at=desk.clock.text(at),
        state=ACTIVE,
    )


def apply_voucher(desk: Desk, member: Member, at: int) -> None:
    """The welcome voucher is used, if it still can be."""
    row = desk.row("vouchers", member.voucher_id)
    if row is not None and row["state"] == ACTIVE:
        changes = {"applied_date": desk.clock.text(at), "state": NOT_ACTIVE}
        desk.update("vouchers", member.voucher_id, at, changes)


def moved_house(desk: Desk, member: Member, at: int, house: int) -> None:
    """A member's address changes."""
    changes = {"personal_information.address.address2": str(house)}
    desk.update("customers", member.customer_id, at, changes)


def left(desk: Desk, member: Member, at: int) -> None:
    """A member leaves: the row stays and says so, the cards are blocked."""
    desk.update("customers", member.customer_id, at, {"state": DELETED})
    desk.update("cards", desk.id("card", member.card_number), at, {"state": DELETED})


def did(desk: Desk, member: Member, what: str, mark: object, at: int) -> None:
    """An event; its data is JSON inside text, its properties are empty in three ways."""
    rng = dice("carecloud event", desk.seed, what, mark)
    told = json.dumps({"what": what, "store": member.city, "about": str(mark)})
    desk.insert(
        "events",
        at,
        event_id=desk.id("event", what, mark),
        event_type_id=desk.id("event type", what),
        customer_id=member.customer_id,
        external_id=f"{what[:1].upper()}-{mark}",
        data=told if rng.random() < 0.8 else None,
        created_at=desk.clock.text(at),
        secondary_external_id=rng.choice((None, "", f"{what}/{mark}")),
        state=ACTIVE,
        property_records=rng.choice(([], None, ABSENT)),
    )


def store_of(desk: Desk, member: Member, *, is_web: bool) -> str:
    """Where a member buys."""
    return desk.id("store", WEB_SHOP if is_web else member.city)


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFD", name.lower())
    return "".join(letter for letter in folded if letter.isascii() and letter.isalnum()) or "member"
