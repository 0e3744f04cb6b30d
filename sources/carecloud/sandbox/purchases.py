"""Purchases: what members paid, in the showrooms and in the web shop."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from sources._sandbox.store import Row
from sources.carecloud.sandbox.desk import ABSENT, Desk, money
from sources.carecloud.sandbox.masters import Article, masters
from sources.carecloud.sandbox.members import Member, store_of

STORE, ONLINE, RETURN = "store_purchase", "online_purchase", "return"
VAT = 12
Line = tuple[Article, int]


def buy(
    desk: Desk,
    member: Member,
    lines: Sequence[Line],
    at: int,
    rng: random.Random,
    *,
    external_id: str,
    how: str = STORE,
) -> None:
    """A purchase is paid."""
    purchase_id = desk.id("purchase", external_id)
    sign = -1 if how == RETURN else 1
    items = [item(desk, external_id, place, line, sign, rng) for place, line in enumerate(lines)]
    cents = sign * sum(article.cents * count for article, count in lines)
    desk.insert(
        "purchases",
        at,
        purchase_id=purchase_id,
        customer_id=member.customer_id,
        store_id=store_of(desk, member, is_web=how == ONLINE),
        external_purchase_id=external_id,
        payment_time=desk.clock.text(at - rng.randrange(50)),
        items_count=len(items),
        purchase_items=items,
        type_id=desk.id("purchase_types", how),
        total_price=money(cents),
        currency_id=desk.id("currency", "CAD"),
        card_number=member.card_number if rng.random() < 0.8 else None,
        cashdesk_number="web" if how == ONLINE else f"{1 + rng.randrange(4)}a",
        property_records=_properties(desk, external_id, at, rng),
    )


def item(
    desk: Desk, external_id: str, place: int, line: Line, sign: int, rng: random.Random
) -> Row:
    """A line of a purchase; the price is that of one piece, before its amount."""
    article, count = line
    return {
        "purchase_item_id": desk.id("purchase item", external_id, place),
        "product_id": desk.id("product", article.code),
        "product_name": article.name,
        "product_group_id": desk.id("group", article.group),
        "product_group_name": group_name(article.group),
        "product_brand_id": desk.id("brand", article.brand),
        "product_brand_name": masters()["product_brands"][article.brand][0],
        "external_id": article.code if rng.random() < 0.7 else "",
        "purchase_item_type_id": desk.id(
            "purchase_item_types", "service" if article.is_service else "goods"
        ),
        "price": money(article.cents),
        "amount": sign * count,
        "vat_rate": VAT,
        "additional_properties": [],
    }


def group_name(code: str) -> str:
    """The name of a product group."""
    names: dict[str, str] = {known: name for name, known, _parent in masters()["product_groups"]}
    return names[code]


def _properties(desk: Desk, external_id: str, at: int, rng: random.Random) -> Any:
    """`property_records`: none in three ways, or some [P]."""
    record = {
        "property_record_id": f"delivery_note:{external_id}",
        "property_id": "delivery_note",
        "property_name": "Delivery note asked for",
        "property_value": rng.choice((True, 2, 1.5, "2002-02-02", None)),
        "last_change": desk.clock.text(at),
    }
    return rng.choice(([], None, ABSENT, [record]))
