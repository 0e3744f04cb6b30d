"""Orders of the web shop, and bookings of a consultation in a showroom: what changes for days."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

from sources._sandbox.chance import dice
from sources._sandbox.store import Row
from sources.carecloud.sandbox.clock import DAY, HOUR
from sources.carecloud.sandbox.desk import ACTIVE, DELETED, Desk, money
from sources.carecloud.sandbox.masters import address
from sources.carecloud.sandbox.members import Member
from sources.carecloud.sandbox.purchases import VAT, Line

NEW, CONFIRMED, SHIPPED, DELIVERED, CANCELLED = (
    "New Uncomfirmed",  # as the vendor writes it
    "Confirmed",
    "Shipped",
    "Delivered",
    "Cancelled",
)
UNPAID, PAID, REFUNDED = "Unpaid", "Paid", "Refunded"
REQUESTED, AGREED, ATTENDED, CALLED_OFF = "requested", "agreed", "attended", "called_off"


def order_number(seed: int, number: int) -> str:
    """How an order of the web shop is called, and later its purchase."""
    return f"W{seed:02}{40_000 + number}"


def place_order(desk: Desk, member: Member, lines: Sequence[Line], number: str, at: int) -> None:
    """An order is placed."""
    rng = dice("carecloud order", desk.seed, number)
    person = desk.row("customers", member.customer_id)
    told: Row = person["personal_information"] if person else {}
    desk.insert(
        "orders",
        at,
        order_id=desk.id("order", number),
        order_number=number,
        customer_id=member.customer_id,
        currency_id=desk.id("currency", "CAD"),
        total_price=money(sum(article.cents * count for article, count in lines)),
        discount_codes=["SPRING"] if rng.random() < 0.2 else [],
        order_items=[
            {
                "order_item_id": desk.id("order item", number, place),
                "product_variant_id": desk.id("product", article.code),
                "customer_id": member.customer_id,
                "amount": count,
                "unit_price": money(article.cents),
                "vat_rate": VAT,
            }
            for place, (article, count) in enumerate(lines)
        ],
        invoicing_data={
            "payment_id": desk.id("payment", rng.randrange(2)),
            "paid_date": None,
            "personal_information": told,
        },
        shipping_data=_shipping(desk, told, rng),
        customer_note=rng.choice(("", "", None, "Please ring twice")),
        order_status=NEW,
        shipping_date=None,
        program_ranking=rng.randrange(5),
        payment_status=UNPAID,
        invoice_document_url="",
    )


def _shipping(desk: Desk, person: Row, rng: random.Random) -> Row:
    """Where an order goes; the phone is a number here and text elsewhere [P]."""
    return {
        "shipping_id": desk.id("shipping", rng.randrange(2)),
        "contact_firstname": person.get("first_name"),
        "contact_lastname": person.get("last_name"),
        "phone": int(person.get("phone") or 0),
        "address": person.get("address") or address("", "", ""),
    }


def go_on(desk: Desk, number: str, status: str, at: int) -> None:
    """An order moves on."""
    changes: Row = {"order_status": status}
    now = desk.clock.text(at)
    if status == CONFIRMED:
        changes |= {"payment_status": PAID, "invoicing_data.paid_date": now}
    elif status == SHIPPED:
        url = f"https://docs.arbutuskitchens.example/{number}"
        changes |= {"shipping_date": now, "invoice_document_url": url}
    elif status == CANCELLED:
        changes["payment_status"] = REFUNDED
    desk.update("orders", desk.id("order", number), at, changes)


def book(desk: Desk, member: Member, number: int, slot: int, at: int) -> None:
    """A consultation is booked, for one slot or for two."""
    rng = dice("carecloud booking", desk.seed, number)
    slots = [slot + place * HOUR for place in range(1 if rng.random() < 0.8 else 2)]
    data = json.dumps({"visit": rng.choice(("first", "again")), "rooms": [number % 3]})
    utm = {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring_kitchens"}
    desk.insert(
        "bookings",
        at,
        booking_id=desk.id("booking", number),
        customer_id=member.customer_id,
        booking_items=[
            _booked(desk, member, number, place, each, at) for place, each in enumerate(slots)
        ],
        booking_status=desk.id("booking status", REQUESTED),
        utm=utm if rng.random() < 0.5 else [],
        data=data if rng.random() < 0.8 else None,
        created_at=desk.clock.text(at),
        state=ACTIVE,
    )


def _booked(desk: Desk, member: Member, number: int, place: int, slot: int, at: int) -> Row:
    made = desk.clock.text(at)
    return {
        "booking_item_id": desk.id("booking item", number, place),
        "customer_id": member.customer_id if place == 0 else None,
        "time_slot_id": desk.id("slot", slot // HOUR),
        "booking_ticket": {
            "ticket_id": desk.id("ticket"),
            "name": "Showroom consultation",
            "created_at": "2021-03-01 08:00:00",
            "state": ACTIVE,
            "last_change": "2021-03-01 08:00:00",
        },
        "valid_from": desk.clock.text(slot),
        "valid_to": desk.clock.text(slot + HOUR // 2),
        "capacity_taken": 1 + place,
        "booking_item_status": desk.id("booking status", REQUESTED),
        "additional_properties": [],
        "created_at": made,
        "state": ACTIVE,
        "last_change": made,
    }


def attend(desk: Desk, number: int, status: str, at: int) -> None:
    """A booking moves on; one that is called off is deleted softly, and its items with it."""
    key = desk.id("booking", number)
    row = desk.row("bookings", key)
    if row is None:
        return
    told: Row = {"booking_item_status": desk.id("booking status", status)}
    if status == CALLED_OFF:
        told |= {"state": DELETED}
    told["last_change"] = desk.clock.text(at)
    changes = {
        "booking_status": desk.id("booking status", status),
        "booking_items": [{**each, **told} for each in row["booking_items"] or []],
        "state": DELETED if status == CALLED_OFF else row["state"],
    }
    desk.update("bookings", key, at, changes)


def slot_after(at: int, days: int) -> int:
    """A half past some days later, on the hour of opening."""
    return (at // DAY + days) * DAY + 18 * HOUR
