"""What is sold and charged, as rows: products, purchases, invoices, credit notes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from sources._sandbox.company import PRODUCTS
from sources.crm_com.sandbox.people import account_of, log_information
from sources.crm_com.sandbox.play import Play
from sources.crm_com.sandbox.values import BRANDS, FAMILIES, USERS, Row, amount, ident, reference

CURRENCY = {"id": ident("crm_com", "currency", "CAD"), "code": "CAD"}
TAX_PPM = 120_000
_PARTS = ("HINGE SET", "DRAWER RUNNER", "DOOR FRONT", "SEAL KIT", "LED DRIVER", "TOE KICK")
_PLANS = (("CARE", 14_900), ("CARE PLUS", 27_900))


class Article(NamedTuple):
    """What the service arm sells; `cents` is its price before tax."""

    code: str
    description: str
    kind: str
    cents: int


class Line(NamedTuple):
    """So many of an article; amounts are in cents."""

    article: Article
    quantity: int

    @property
    def net(self) -> int:
        """Before tax."""
        return self.quantity * self.article.cents

    @property
    def tax(self) -> int:
        """The tax on it."""
        return self.net * TAX_PPM // 1_000_000


def articles() -> list[Article]:
    """Spare parts for what the kitchen maker makes, maintenance plans, and hours of labour."""
    parts = [
        Article(f"SP-{product.code}", f"SPARE PART FOR {product.name}", "SPARE PART", cents)
        for product in PRODUCTS
        for cents in [max(product.price_cents // 9, 495)]
    ]
    kits = [
        Article(f"SK-{place:03}", name, "SPARE PART", 1995 + 700 * place)
        for place, name in enumerate(_PARTS, 1)
    ]
    plans = [
        Article(f"MP-{place}", f"{name}, ONE YEAR", "MAINTENANCE PLAN", cents)
        for place, (name, cents) in enumerate(_PLANS, 1)
    ]
    return [*parts, *kits, *plans, Article("LB-HR", "SERVICE, HOUR", "LABOUR", 9500)]


def draw_lines(rng: random.Random, offered: Sequence[Article], most: int = 3) -> list[Line]:
    """What somebody buys."""
    chosen = rng.sample(offered, rng.randint(1, most))
    return [Line(article, 1 + int(rng.random() ** 3 * 8)) for article in chosen]


def product(article: Article, place: int, stamp: str) -> Row:
    """A product [A]: what a purchase shows of it, and what lists can be filtered by."""
    is_part = article.kind == "SPARE PART"
    return {
        "id": product_id(article),
        "code": article.code,
        "description": article.description,
        "product_type": reference("product type", article.kind),
        "brand": reference("product brand", BRANDS[place % 2]),
        "family": reference("product family", FAMILIES[place % 2]),
        "category": reference("product category", "HARDWARE" if is_part else "SERVICES"),
        "log_information": log_information(stamp, USERS[1]),
    }


def product_id(article: Article) -> str:
    """The id of an article."""
    return ident("crm_com", "product", article.code)


def purchase(account: Row, key: str, number: int, lines: Sequence[Line], stamp: str) -> Row:
    """A purchase customer event."""
    net, tax = sum(line.net for line in lines), sum(line.tax for line in lines)
    return {
        "id": key,
        "number": f"PU{number:08}",
        "life_cycle_state": "POSTED",
        "performed_on": stamp,
        "reference_number": f"R{number:06}" if number % 3 else None,
        "total_amount": amount(net + tax),
        "net_amount": amount(net),
        "vat_amount": amount(tax),
        "external_system_reference_number": f"WEB-{number}" if number % 2 else "",
        "accounts_receivable": account_of(account),
        "products_set": [_bought(key, place, line) for place, line in enumerate(lines)],
        "log_information": log_information(stamp, USERS[1]),
        "$account": account["id"],
    }


def _bought(key: str, place: int, line: Line) -> Row:
    article = line.article
    return {
        "id": ident(key, place),
        "quantity": line.quantity,
        "net_amount": amount(line.net),
        "vat_amount": amount(line.tax),
        "total_amount": amount(line.net + line.tax),
        "product": {
            "id": product_id(article),
            "code": article.code,
            "description": article.description,
            "product_type": reference("product type", article.kind),
        },
    }


def invoice(
    account: Row, key: str, number: int, lines: Sequence[Line], dates: tuple[str, str], play: Play
) -> Row:
    """An invoice; `dates` are when it is issued and when it is due."""
    net, tax = sum(line.net for line in lines), sum(line.tax for line in lines)
    issued, due = dates
    row = {
        "id": key,
        "number": f"IN{number:08}",
        "reference_number": None,
        "life_cycle_state": "POSTED",
        "discount_amount": amount(0),
        "tax_amount": amount(tax),
        "net_amount": amount(net),
        "total_amount": amount(net + tax),
        "outstanding_amount": amount(net + tax),
        "unsettled_amount": amount(net + tax),
        "issued_on": issued,
        "posted_on": issued,
        "due_on": due,
        "notes": None,
        "back_office_code": f"BO-{number}" if number % 2 else None,
        "currency_rate_period": {"rate": 1.0, "inverse_rate": 1.0, "currency": CURRENCY},
        play.items_key: [_charged(key, place, line) for place, line in enumerate(lines)],
        "$account": account["id"],
    }
    if play.extra_fields:
        row["accounts_receivable"] = account_of(account)
        row["log_information"] = log_information(issued, USERS[0])
    return row


def _charged(key: str, place: int, line: Line) -> Row:
    article = line.article
    return {
        "id": ident(key, "item", place),
        "quantity": line.quantity,
        "cost": amount(article.cents),
        "net_amount": amount(line.net),
        "discount_percentage": 0,
        "discount_amount": amount(0),
        "tax_amount": amount(line.tax),
        "sub_total": amount(line.net + line.tax),
        "product": {
            "id": product_id(article),
            "code": article.code,
            "description": article.description,
        },
    }


def credit_note(account: Row, key: str, number: int, net: int, stamp: str) -> Row:
    """A credit note [A]: what an invoice has, without items."""
    tax = net * TAX_PPM // 1_000_000
    return {
        "id": key,
        "number": f"CN{number:08}",
        "reference_number": None,
        "life_cycle_state": "POSTED",
        "tax_amount": amount(tax),
        "net_amount": amount(net),
        "total_amount": amount(net + tax),
        "issued_on": stamp,
        "posted_on": stamp,
        "notes": "GOODWILL" if number % 2 else None,
        "accounts_receivable": account_of(account),
        "log_information": log_information(stamp, USERS[0]),
        "$account": account["id"],
    }
