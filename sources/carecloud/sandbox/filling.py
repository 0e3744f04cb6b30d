"""Many purchases at little cost, for lists that are long."""

from __future__ import annotations

from collections.abc import Sequence

from sources._sandbox.chance import dice
from sources.carecloud.sandbox.desk import Desk, money
from sources.carecloud.sandbox.masters import Article
from sources.carecloud.sandbox.members import Member
from sources.carecloud.sandbox.purchases import STORE, item

TEMPLATES = 500


def fill(
    desk: Desk,
    members: Sequence[Member],
    articles: Sequence[Article],
    count: int,
    span: tuple[int, int],
) -> None:
    """Makes `count` purchases of one line each, spread evenly over a span of moments.

    They differ in customer, product, time and number; the rest is shared.
    """
    rng = dice("carecloud filling", desk.seed)
    lines = [(rng.choice(articles), 1 + rng.randrange(3)) for _ in range(TEMPLATES)]
    items = [item(desk, f"F{place}", 0, line, 1, rng) for place, line in enumerate(lines)]
    fixed = {
        "items_count": 1,
        "type_id": desk.id("purchase_types", STORE),
        "currency_id": desk.id("currency", "CAD"),
        "cashdesk_number": "1a",
        "property_records": [],
    }
    stores = {member.city: desk.id("store", member.city) for member in members}
    table, text, (since, until) = desk.store.tables["purchases"], desk.clock.text, span
    for number in range(count):
        member = members[number * 7 % len(members)]
        article, amount = lines[number % TEMPLATES]
        line = items[number % TEMPLATES]
        paid = text(since + (until - since) * number // count)
        key = f"f{number:025x}"
        table.insert(
            {
                "purchase_id": key,
                "customer_id": member.customer_id,
                "store_id": stores[member.city],
                "external_purchase_id": f"F{number}",
                "payment_time": paid,
                "purchase_items": [{**line, "purchase_item_id": f"i{key[1:]}"}],
                "total_price": money(article.cents * amount),
                "card_number": member.card_number,
                "last_change": paid,
                **fixed,
            }
        )
