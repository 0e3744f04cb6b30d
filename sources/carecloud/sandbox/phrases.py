"""What the API says in the language of `Accept-Language`: Czech or English, Czech by default.

Rows are kept in English; a text that has no translation is the same in both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from sources._sandbox.store import Row

CZECH, ENGLISH = "cs", "en"
PHRASES = Path(__file__).with_name("phrases.json")
# names and descriptions; a name below another is that of an object, or of each of an array's
TRANSLATED: Mapping[str, tuple[str, ...]] = {
    "purchases": (
        "purchase_items.product_name",
        "purchase_items.product_group_name",
        "purchase_items.additional_properties.property_name",
        "property_records.property_name",
    ),
    "bookings": ("booking_items.booking_ticket.name",),
    "products": ("name", "additional_properties.property_name"),
    "stores": ("short_description", "description"),
    "purchase_types": ("name",),
    "purchase_item_types": ("name",),
    "product_groups": ("name",),
    "customer_sources": ("name",),
    "countries": ("name",),
    "statuses": ("name", "description"),
    "rewards": ("name",),
    "vouchers": ("reward.name",),
}


@lru_cache(maxsize=1)
def phrases() -> Mapping[str, str]:
    """The Czech of every English text that has one."""
    found: dict[str, str] = json.loads(PHRASES.read_text("utf-8"))
    return found


def language_of(header: str) -> str:
    """The language that an `Accept-Language` wants most of those there are.

    Ranges without `q` come first [RFC 9110, 12.5.4]; a header that wants neither gets Czech [A].
    """
    wanted = []
    for place, part in enumerate(header.lower().split(",")):
        tag, _, parameter = part.partition(";")
        tag = tag.strip().partition("-")[0]
        quality = parameter.strip().removeprefix("q=") or "1"
        if tag in (CZECH, ENGLISH) and _is_number(quality):
            wanted.append((-float(quality), place, tag))
    return min(wanted)[2] if wanted else CZECH


def translated(table: str, row: Row, language: str) -> Row:
    """A row in a language; the row itself stays as it is."""
    if language == CZECH:
        for name in TRANSLATED.get(table, ()):
            row = _translated(row, name.split("."))
    return row


def _translated(value: Any, path: list[str]) -> Any:
    if isinstance(value, list):
        return [_translated(element, path) for element in value]
    if not path:
        return phrases().get(value, value) if isinstance(value, str) else value
    if not isinstance(value, dict) or not value.get(path[0]):
        return value
    return {**value, path[0]: _translated(value[path[0]], path[1:])}


def _is_number(text: str) -> bool:
    try:
        return float(text) >= 0
    except ValueError:
        return False
