"""The small things that rows refer to, and the ids that everything has: 32 hex, upper case."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

Row = dict[str, Any]
CLASSIFICATIONS = ("SPARE PARTS", "SERVICE CALL")
PRODUCT_TYPES = ("SPARE PART", "MAINTENANCE PLAN", "LABOUR")
LEAD_TYPES = ("NEW BUSINESS", "RENEWAL")
LEAD_CATEGORIES = ("MAINTENANCE PLAN", "RENOVATION")
LEAD_SOURCES = ("WEB SITE", "SHOWROOM", "REFERRAL")
IMPORTANCES = ("IMPORTANCE1", "IMPORTANCE2", "IMPORTANCE3")
PROVIDERS = ("SERVICE PORTAL",)
BRANDS = ("MILLSTREAM", "COASTAL HINGE & PANEL")
FAMILIES = ("KITCHENS", "BATHROOMS")
USERS = ("SERVICE DESK", "PARTS COUNTER", "FIELD TEAM")
REFERENCES: Mapping[str, tuple[str, ...]] = {
    "classification": CLASSIFICATIONS,
    "product type": PRODUCT_TYPES,
    "product brand": BRANDS,
    "product family": FAMILIES,
    "product category": ("HARDWARE", "SERVICES"),
    "lead type": LEAD_TYPES,
    "lead category": LEAD_CATEGORIES,
    "lead source": LEAD_SOURCES,
    "provider": PROVIDERS,
    "job type": ("REPAIR", "INSPECTION", "REPLACEMENT"),
    "job category": ("WARRANTY", "CHARGEABLE"),
    "job status": ("OPEN", "CLOSED"),
    "activity type": ("CALL", "VISIT"),
    "activity category": ("FOLLOW-UP", "REMINDER"),
    "subscription type": ("CARE", "CARE PLUS"),
    "contact category": ("HOUSEHOLD", "TRADE"),
    "group": ("SERVICE ARM",),
    "privacy level": ("NORMAL",),
    "industry": ("CONSTRUCTION",),
    "user": USERS,
}


def ident(*what: object) -> str:
    """The id of something."""
    name = "/".join(map(str, what)).encode()
    return hashlib.md5(name, usedforsecurity=False).hexdigest().upper()


@lru_cache(maxsize=1000)
def _reference(kind: str, name: str) -> tuple[str, str]:
    return ident("crm_com", kind, name), name


def reference(kind: str, name: str) -> Row:
    """A thing of a kind as rows show it; its code is its name."""
    key, name = _reference(kind, name)
    return {"id": key, "name": name, "code": name}


def found(kind: str, field: str, value: str) -> str | None:
    """The id of the thing of a kind that an identifier means."""
    for name in REFERENCES[kind]:
        held = reference(kind, name)
        if held.get("code" if field == "alternative_code" else field) == value:
            return str(held["id"])
    return None


def amount(cents: int) -> float:
    """Money as a JSON number."""
    return cents / 100
