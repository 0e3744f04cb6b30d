"""From JSON to documents' rows: what is recognised goes into columns, all of it into `content`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from sources.cleo.parsing import json_names as names
from sources.cleo.parsing.json_names import Fields
from sources.cleo.parsing.json_parts import lines_of, parties_of, scalar
from sources.cleo.parsing.json_text import read_json
from sources.cleo.parsing.rows import TAKEN, Row, add_lines, add_parties, document
from sources.cleo.parsing.unreadable import Unreadable
from sources.cleo.parsing.values import amount, day

_MAPPED: Final = frozenset(("850", "855", "810"))
_CURRENCY: Final = re.compile(r"[A-Za-z]{3}", re.ASCII)


def json_documents(text: str) -> Iterator[Row]:
    """The rows of a JSON file: one object with a `type`, or an array of such [S].

    Raises:
        Unreadable: it is not JSON, or holds something that is no such object.
    """
    value = read_json(text)
    for position, held in enumerate(value if isinstance(value, list) else [value], start=1):
        if not isinstance(held, dict):
            raise Unreadable(f"document {position} is no object")
        yield _row(held, position)


def _row(held: dict[str, Any], position: int) -> Row:
    top = Fields(held)
    kind = scalar(top.take(names.TYPE, (str, int)))
    if kind is None:
        raise Unreadable(f"document {position} has no type")
    places = [top, *(Fields(inner) for inner in top.all_of(names.HOLDERS, dict))]
    row = document(
        position,
        format="json",
        document_type=kind,
        is_mapped=kind in _MAPPED,
        content=held,
    )
    for column, called in names.HEADER.items():
        row[column] = scalar(_take(places, called, (str, int)))
    _add_days(row, places)
    _add_total(row, places)
    row["parties"] = [party for place in places for party in parties_of(place)]
    add_parties(row, row["parties"])
    lines = _take(places, names.LINES, list)
    add_lines(row, lines_of(lines) if lines else [])
    _add_unrecognised(row, top)
    return row


def _take(places: list[Fields], called: names.Names, kinds: type | tuple[type, ...]) -> Any:
    """The first such field of the document itself, else of the objects in it."""
    found = (place.take(called, kinds) for place in places)
    return next((value for value in found if value is not None), None)


def _add_days(row: Row, places: list[Fields]) -> None:
    """The day of an order or an invoice is the document's, under whatever name it comes."""
    for column, called in names.DAYS.items():
        row[column] = day(scalar(_take(places, called, (str, int))))
    own = {"850": "purchase_order_on", "810": "invoice_on"}.get(row["document_type"])
    if own:
        row[own] = row[own] or row["document_on"]
        row["document_on"] = row["document_on"] or row[own]


def _add_total(row: Row, places: list[Fields]) -> None:
    """A currency comes from its own field or the total's text; from neither if they differ."""
    row["total_amount"], written = amount(_take(places, names.TOTAL, (str, int)))
    told = scalar(_take(places, names.CURRENCY, str))
    told = told.upper() if told and _CURRENCY.fullmatch(told) else None
    row["currency_code"] = None if told and written and told != written else told or written


def _add_unrecognised(row: Row, top: Fields) -> None:
    """Fields that nothing took are fields of the row too, so that a change of shape is reported.

    Names are told apart without case behind us: of two that differ in it, the first is there.
    """
    taken = set(TAKEN)
    for name, value in top.held.items():
        if name not in top.used and name.casefold() not in taken:
            taken.add(name.casefold())
            row[name] = value
