"""What this site has: its resources with their fields, as its own Swagger tells of them.

Paths, keys and the names of the fields are the sheet's; where the sheet names a table but none of
its fields (products, prices, stock, addresses, online payments), they are made up [A]. One resource
and a few fields are this site's own: a real site has more than any sheet knows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from pathlib import Path
from typing import Any
from zlib import crc32

Row = dict[str, Any]
FIELDS = Path(__file__).with_name("fields.json")
UNIT = "\x1f"  # between the parts of a key
CREATED, MODIFIED = "create_date", "last_modify_date"
ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
US_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


class Kind(Enum):
    """What a field holds; money is text with four places, a flag is 0 or 1."""

    INT = "int"
    FLAG = "flag"
    TEXT = "text"
    MONEY = "money"
    DATE = "date"
    TIME = "time"


@dataclass(frozen=True)
class Field:
    """A field: its kind and the vendor's description."""

    name: str
    kind: Kind
    about: str


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A list of the API.

    Attributes:
        table: what the sheet calls it.
        path: where it is listed.
        about: the vendor's description.
        key: the fields that tell its rows apart.
        note: a field that can change without any other having to; empty where there is none.
        fields: what a row carries, in order.
        extra: what a row carries besides where the site uses it.
    """

    table: str
    path: str
    about: str
    key: tuple[str, ...]
    note: str
    fields: Mapping[str, Field]
    extra: Mapping[str, Field]

    @property
    def is_dated(self) -> bool:
        """Whether its rows say when they were saved."""
        return MODIFIED in self.fields

    def key_of(self, row: Mapping[str, Any]) -> str:
        """A row's key as one text."""
        return UNIT.join(str(row[name]) for name in self.key)


def resources() -> dict[str, Resource]:
    """Every resource of the site, by table."""
    declared = json.loads(FIELDS.read_text("utf-8"))
    return {table: _resource(table, told) for table, told in declared.items()}


def _resource(table: str, told: Mapping[str, Any]) -> Resource:
    return Resource(
        table=table,
        path=told["path"],
        about=told["about"],
        key=tuple(told["key"]),
        note=told["note"],
        fields=_fields(told["fields"]),
        extra=_fields(told.get("extra", {})),
    )


def _fields(told: Mapping[str, tuple[str, str]]) -> dict[str, Field]:
    return {name: Field(name, Kind(kind), about) for name, (kind, about) in told.items()}


def day_of(text: object) -> date | None:
    """The day that a value begins with, ISO or M/D/YYYY; None if it begins with none."""
    if not isinstance(text, str):
        return None
    try:
        if found := ISO_DAY.match(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := US_DAY.match(text):
            return date(int(found[3]), int(found[1]), int(found[2]))
    except ValueError:
        return None
    return None


def extra_value(field: Field, key: str) -> object:
    """A value for one of the site's own fields: any, but the same for the same row."""
    number = crc32(f"{field.name}/{key}".encode())
    if field.kind is Kind.MONEY:
        return money(number % 500_000)
    if field.kind in (Kind.DATE, Kind.TIME):
        day = (date(2023, 1, 1) + timedelta(days=number % 360)).isoformat()
        return day if field.kind is Kind.DATE else f"{day}T08:{number % 60:02}:00"
    return number % 1000 if field.kind in (Kind.INT, Kind.FLAG) else f"{number:010}"


def money(cents: int) -> str:
    """Cents as the API writes money."""
    return ten_thousandths(cents * 100)


def ten_thousandths(value: int) -> str:
    """An amount in 1/10,000 as the API writes money."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    return f"{sign}{value // 10_000}.{value % 10_000:04}"
