"""The one shape of a document's row, for both formats: every column is there, mostly as None."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sources.cleo.parsing.values import sum_of
from sources.cleo.tables import DOCUMENTS

Row = dict[str, Any]

_READINGS: Final = ("file_id", "is_withdrawn")  # the reading adds these
_LINES: Final = DOCUMENTS.children[0]
COLUMNS: Final = tuple(c.wire for c in DOCUMENTS.columns if c.wire not in _READINGS)
# names that a row's fields have; they are told apart without case behind us
TAKEN: Final = frozenset(name.casefold() for name in (*COLUMNS, *_READINGS, _LINES.wire))
_LINE_COLUMNS: Final = tuple(column.wire for column in _LINES.columns)
_SHOWN_AS: Final = {  # role of a party, to the columns that show it
    "buyer": {"buyer_id": "id", "buyer_name": "name"},
    "seller": {"seller_id": "id", "seller_name": "name"},
    "bill_to": {"bill_to_name": "name"},
    "ship_to": {
        "ship_to_name": "name",
        "ship_to_address": "address",
        "ship_to_city": "city",
        "ship_to_region": "region",
        "ship_to_postal_code": "postal_code",
    },
}


def document(position: int, **said: Any) -> Row:
    """A row that says this and nothing else."""
    row: Row = dict.fromkeys(COLUMNS)
    row.update(said, position=position, lines=[])
    return row


def line(**said: Any) -> Row:
    """A line that says this and nothing else."""
    row: Row = dict.fromkeys(_LINE_COLUMNS)
    row.update(said)
    return row


def party(role: str | None, **said: Any) -> Row:
    """A party; `role` is buyer, seller, bill_to, ship_to, or what the document calls another."""
    row: Row = {"role": role, "name": None, "id_qualifier": None, "id": None, "address": []}
    row.update(city=None, region=None, postal_code=None, country=None)
    row.update(said)
    return row


def add_lines(row: Row, lines: list[Row]) -> None:
    """Puts the lines into a document's row, with their count and sum."""
    row.update(lines=lines, line_count=len(lines), lines_amount=sum_of(lines))


def add_parties(row: Row, parties: Iterable[Mapping[str, Any]]) -> None:
    """Puts the first party of each role into the columns of a document's row."""
    seen = set()
    for each in parties:
        if each["role"] not in seen:
            seen.add(each["role"])
            for column, field in _SHOWN_AS.get(each["role"], {}).items():
                value = each[field]
                row[column] = ", ".join(value) or None if isinstance(value, list) else value
