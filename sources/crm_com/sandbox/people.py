"""Contacts and their accounts receivable, as rows."""

from __future__ import annotations

from typing import Any

from sources.crm_com.sandbox.play import Play
from sources.crm_com.sandbox.profiles import Profile
from sources.crm_com.sandbox.values import USERS, Row, amount, ident, reference

SECRET = ("social_security_number", "passport_number", "id_number")
SETS = {"addresses_set": "address_set", "phones_set": "phone_set", "emails_set": "email_set"}
CANADA = {"two_character_code": "CA", "name": "Canada"}


def log_information(stamp: str, user: str) -> Row:
    """Who made a row and when; saving it moves the second half on."""
    who = reference("user", user)
    return {
        "created_date": stamp,
        "updated_date": stamp,
        "created_by_user": who,
        "updated_by_user": who,
    }


def contact(profile: Profile, key: str, stamp: str, play: Play) -> Row:
    """A contact who is no customer yet."""
    style, is_company = profile.style, bool(profile.company)
    sets = {
        "addresses_set": _addresses(profile, key),
        "phones_set": _phones(profile, key),
        "emails_set": _emails(profile, key),
    }
    return {
        "id": key,
        "type": "COMPANY" if is_company else "PERSON",
        "life_cycle_state": "MARKETING",
        "name": profile.name,
        "title": None if is_company else ("MS", "MR", "")[style % 3],
        "first_name": None if is_company else profile.first_name,
        "middle_name": None,
        "last_name": None if is_company else profile.last_name,
        "company_name": profile.company or None,
        "notes": ("", None)[style & 1],
        "preferred_language": "FR" if profile.postal_code[0] in "GHJ" else "EN",
        **{f"udf_string_{n}": "OAK" if n == 1 and style & 2 else None for n in range(1, 17)},
        **{f"udf_float_{n}": 12.5 if n == 2 and style & 4 else None for n in range(1, 8)},
        "privacy_level": reference("privacy level", "NORMAL"),
        "demographics": _demographics(profile),
        **{SETS[name] if play.singular_sets else name: held for name, held in sets.items()},
        "category": reference("contact category", "TRADE" if is_company else "HOUSEHOLD"),
        "owned_by_group": reference("group", "SERVICE ARM"),
        "log_information": log_information(stamp, USERS[style % 3]),
    }


def _demographics(profile: Profile) -> Row:
    style = profile.style
    if profile.company:
        return {
            "gender": None,
            "date_of_birth": None,
            "id_number": None,
            "passport_number": None,
            "social_security_number": None,
            "industry": reference("industry", "CONSTRUCTION"),
        }
    return {
        "gender": ("FEMALE", "MALE")[style >> 3 & 1],
        "date_of_birth": {
            "day": 1 + style % 28,
            "month": 1 + style // 28 % 12,
            "year": 1940 + style // 336 % 60,
        },
        "id_number": f"KQ{style % 999_999_937:09}",
        "passport_number": f"XZ{style // 7 % 9_999_991:07}" if style & 16 else None,
        "social_security_number": f"9{style % 97:02}-{style // 97 % 89 + 10}-{style % 9973:04}",
        "industry": None,
    }


def _addresses(profile: Profile, key: str) -> list[Row]:
    home = {
        "id": ident(key, "address", 1),
        "type": "HOME",
        "street_name": profile.street_name,
        "street_number": profile.street_number,
        "floor": None,
        "apartment_number": str(profile.style % 40) if profile.style % 5 == 0 else None,
        "area": None,
        "town_city": profile.town_city,
        "district": "QC" if profile.postal_code[0] in "GHJ" else "BC",
        "municipality": None,
        "postal_code": profile.postal_code,
        "po_box": None,
        "po_box_postal_code": None,
        "country": CANADA,
    }
    if profile.style % 4:
        return [home]
    box = {**home, "id": ident(key, "address", 2), "type": "CORRESPONDENCE", "po_box": "117"}
    return [home, {**box, "po_box_postal_code": profile.postal_code}]


def _phones(profile: Profile, key: str) -> list[Row]:
    kinds = ("LANDLINE", "MOBILE")[: 1 + profile.style % 2]
    return [
        {"id": ident(key, "phone", kind), "type": kind, "number": profile.phone} for kind in kinds
    ]


def _emails(profile: Profile, key: str) -> list[Row]:
    if profile.style % 6 == 5:
        return []
    return [{"id": ident(key, "email"), "type": "PERSONAL", "email_address": profile.email}]


def account(owner: Row, key: str, number: int, stamp: str, play: Play) -> Row:
    """The account receivable of a contact."""
    limit = (0, 50_000, 200_000)[number % 3]
    return {
        "id": key,
        "number": f"ACR{number:010}",
        "name": owner["name"],
        "type": "CUSTOMER",
        "balance": amount(0),
        "opening_balance": amount(0),
        "outstanding_amount": amount(0),
        "credit_limit": amount(limit),
        "life_cycle_state": "ACTIVE",
        "account_owner": owner_of(owner, play),
        "log_information": log_information(stamp, USERS[number % 3]),
        "$account": key,
    }


def owner_of(contact_row: Row, play: Play) -> Row:
    """A contact as its account shows it."""
    shown = {"id": contact_row["id"], "type": contact_row["type"], "name": contact_row["name"]}
    return {**shown, "demographics": contact_row["demographics"]} if play.extra_fields else shown


def account_of(account_row: Row) -> Row:
    """An account as other rows show it."""
    return {name: account_row[name] for name in ("id", "number", "name")}


def secrets(contact_rows: list[Row]) -> dict[str, list[str]]:
    """What must never be kept of people, by the field's name."""
    found: dict[str, set[str]] = {name: set() for name in SECRET}
    for row in contact_rows:
        held: dict[str, Any] = row["demographics"]
        for name in SECRET:
            if held[name]:
                found[name].add(held[name])
    return {name: sorted(values) for name, values in found.items()}
