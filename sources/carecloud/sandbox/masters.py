"""The small lists: showrooms, partners, what a purchase can be, what is sold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sources._sandbox.company import PRODUCTS
from sources._sandbox.store import Row
from sources.carecloud.sandbox.clock import DAY
from sources.carecloud.sandbox.desk import ACTIVE, NOT_ACTIVE, Desk, money

MASTERS = Path(__file__).with_name("masters.json")
WEB_SHOP = "WEB SHOP"


@dataclass(frozen=True)
class Article:
    """Something that is sold, as it stands on a receipt."""

    code: str
    name: str
    cents: int
    group: str
    brand: int

    @property
    def is_service(self) -> bool:
        """Whether it is work."""
        return self.group == "LBR"


@lru_cache(maxsize=1)
def masters() -> dict[str, Any]:
    """The data of the small lists."""
    found: dict[str, Any] = json.loads(MASTERS.read_text("utf-8"))
    return found


def articles(count: int) -> list[Article]:
    """About `count` articles: the kitchen maker's products and accessories, in many finishes."""
    plain = [Article(p.code, p.name, p.price_cents, p.code[:3], 0) for p in PRODUCTS]
    plain += [Article(*each) for each in masters()["accessories"]]
    finished = [
        Article(f"{each.code}-{place}", f"{each.name}, {finish}", each.cents + 300, *_of(each))
        for place, finish in enumerate(masters()["finishes"], 1)
        for each in plain
        if not each.is_service
    ]
    return [*plain, *finished[: max(count - len(plain), 0)]]


def _of(article: Article) -> tuple[str, int]:
    return article.group, article.brand


def found(desk: Desk, at: int) -> None:
    """Opens the club: writes every small list."""
    data = masters()
    for number, (name, *rest) in enumerate(data["partners"]):
        _partner(desk, at, number, name, *rest)
    for number, told in enumerate(data["stores"]):
        _store(desk, at + number, number, *told)
    for currency, code in data["currencies"]:
        key = desk.id("currency", code)
        desk.insert("currencies", at, currency_id=key, name=currency, code=code)
    for table in ("purchase_types", "purchase_item_types"):
        for name, text_id in data[table]:
            desk.insert(table, at, type_id=desk.id(table, text_id), name=name, text_id=text_id)
    for number, (name, code, parent) in enumerate(data["product_groups"]):
        _group(desk, at + number, number, name, code, parent)
    for number, (name, code) in enumerate(data["product_brands"]):
        brand = desk.id("brand", number)
        desk.insert("product_brands", at, product_brand_id=brand, name=name, external_id=code)
    for number, (name, text_id, state) in enumerate(data["customer_sources"]):
        values: Row = {"name": name, "customer_source_text_id": text_id, "state": state}
        source = desk.id("source", number)
        desk.insert("customer_sources", at + number, customer_source_id=source, **values)
    _off_by_default(desk, at)


def _off_by_default(desk: Desk, at: int) -> None:
    data = masters()
    for code, state in data["languages"]:
        desk.insert("languages", at, language_id=code, state=state)
    for code, name, state in data["countries"]:
        desk.insert("countries", at, country_id=code, name=name, state=state)
    for number, (name, about, discount) in enumerate(data["statuses"]):
        desk.insert(
            "statuses",
            at + number,
            status_id=desk.id("status", number),
            name=name,
            description=about,
            qualification_period=12 * number,
            qualification_turnover=[],
            previous_status=desk.id("status", number - 1) if number else None,
            next_status=desk.id("status", number + 1) if number < 2 else None,
            validity_period="365",
            collection_points=True,
            payment_points=number > 0,
            qualification_type=min(number, 1) * 2,
            discount=discount,
        )
    for number, (name, note) in enumerate(data["segments"]):
        desk.insert("segments", at, segment_id=desk.id("segment", number), name=name, note=note)
    for number in range(len(data["rewards"])):
        desk.insert("rewards", at + number, **reward(desk, at + number, number))


def reward(desk: Desk, at: int, number: int) -> Row:
    """A reward, as its list shows it and as a voucher carries it."""
    code, name, points, _value = masters()["rewards"][number]
    return {
        "reward_id": desk.id("reward", number),
        "code": code,
        "name": name,
        "note": None,
        "subtitle": "",
        "points_cost": points,
        "valid_time_from": "00:00:00",
        "valid_time_to": "23:59:59",
        "reward_group": number,
        "store_list": [],
        "additional_properties": [],
        "priority": number + 1,
        "image_urls": [],
        "reward_external_url": None,
        "has_product_condition": False,
        "has_group_condition": number > 0,
        "has_brand_condition": False,
        "is_automated": number == 0,
        "last_change": desk.clock.text(at),
        "state": ACTIVE,
    }


def address(street: str, zip_code: str, city: str) -> Row:
    """An address: street and house in lines, most lines empty."""
    house, _, road = street.partition(" ")
    return {
        "address1": road,
        "address2": house,
        **{f"address{line}": "" for line in range(3, 8)},
        "zip": zip_code,
        "city": city,
        "country_code": "ca",
    }


def _partner(
    desk: Desk,
    at: int,
    number: int,
    name: str,
    registration: str,
    vat: str,
    email: str | None,
    phone: str | int,
    state: int,
) -> None:
    desk.insert(
        "partners",
        at,
        partner_id=desk.id("partner", number),
        name=name,
        address=address(f"{100 + number} HARBOUR ST", "V9L 1P1", "DUNCAN"),
        registration_id=registration,
        vat_id=vat,
        email=email,
        phone=phone,
        state=state,
    )


def _store(
    desk: Desk,
    at: int,
    number: int,
    city: str,
    _province: str,
    zip_code: str,
    latitude: float,
    longitude: float,
    state: int,
) -> None:
    is_web = city == WEB_SHOP
    hours = [{"from": "09:00:00", "to": "17:30:00"}]
    opening = [{"day_id": str(day), "time_intervals": hours} for day in range(1, 6)]
    desk.insert(
        "stores",
        at,
        store_id=desk.id("store", city),
        store_code=f"S{number + 1:02}",
        name=f"Arbutus {city.title()}",
        store_address=[] if is_web else address(f"{12 + number} MAIN ST", zip_code, city),
        contact_email=f"store{number + 1}@arbutuskitchens.example",
        manager_name="" if is_web else f"Manager {number + 1}",
        phone_number=f"1250555{170 + number:04}",
        partner_id=desk.id("partner", 0),
        system_id=str(2_375_303_497 + number),
        gps_coordinates={"gps_longitude": longitude, "gps_latitude": latitude},
        url_address="shop.arbutuskitchens.example" if is_web else None,
        opening=[] if is_web else opening,
        image_urls=[] if number % 2 else [f"https://img.arbutuskitchens.example/{number + 1}.jpg"],
        visibility_for_customer=int(state == ACTIVE),
        short_description="Kitchens to look at and to touch",
        description=None if is_web else "A showroom with kitchens, hardware and advice",
        registration_id=None if number % 3 else "812044711",
        state=state,
    )


def _group(desk: Desk, at: int, number: int, name: str, code: str, parent: str) -> None:
    desk.insert(
        "product_groups",
        at,
        product_group_id=desk.id("group", code),
        name=name,
        parent_product_group_id=desk.id("group", parent) if parent else None,
        parent_external_id=parent or None,
        code=str(567_829 + number),
        external_id=code,
        store_id=None,
        partner_id=desk.id("partner", 0),
        state=NOT_ACTIVE if code == "CUT" else ACTIVE,
    )


def offer(desk: Desk, article: Article, number: int, at: int) -> None:
    """A product comes into the shops."""
    prices = [{"currency_id": desk.id("currency", "CAD"), "value": money(article.cents)}]
    has_tag = number % 5 == 0
    tag = {
        "tag_id": desk.id("tag"),
        "name": "BESTSELLER",
        "text_id": "bestseller",
        "state": ACTIVE,
        "last_change": desk.clock.text(at),
    }
    desk.insert(
        "products",
        at,
        product_id=desk.id("product", article.code),
        name=article.name,
        code=article.code,
        external_id=f"EXT-{1000 + number}",
        plu_ids=[{"list_code": "GLOBAL", "code": f"{2_000_000 + number}"}] if number % 3 else [],
        product_group_id=desk.id("group", article.group),
        product_brand_id=desk.id("brand", article.brand),
        partner_id=desk.id("partner", 1 if article.brand == 1 else 0),
        prices=prices,
        additional_properties=[],
        image_urls=[],
        state=NOT_ACTIVE if number % 17 == 16 else ACTIVE,
        tags=[tag] if has_tag else [],
    )


def reprice(desk: Desk, article: Article, month: int, at: int) -> None:
    """A product becomes a little dearer."""
    cents = article.cents + 50 * month
    prices = [{"currency_id": desk.id("currency", "CAD"), "value": money(cents)}]
    desk.update("products", desk.id("product", article.code), at, {"prices": prices})


def founded(since: int) -> int:
    """When the club was opened: years before its first purchase."""
    return since - 2100 * DAY
