"""A document, and how it is written as JSON: header, parties, lines, total [A].

The sheet prints one JSON document, a type and a value [S]; richer ones nest [P].
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sources._sandbox.company import DAY
from sources._sandbox.company_world import calendar_day
from sources.cleo.sandbox.trades import Line, Party, Trade, money

KINDS = ("850", "855", "856", "810")  # in the order in which a trade brings them
SAMPLE = b'[{"type":"850","value":"$99.99"}]'
CURRENCY = "CAD"
Row = dict[str, Any]


@dataclass(frozen=True)
class Paper:
    """A document: of a kind, about a trade, made at a minute; `revision` counts its changes."""

    kind: str
    trade: Trade
    at: int
    revision: int = 0

    @property
    def made_on(self) -> date:
        """Its day."""
        return calendar_day(self.at // DAY)

    @property
    def number(self) -> str:
        """Its own number: an invoice's, a shipment's."""
        return {"810": "INV-", "856": "SHP-"}.get(self.kind, "") + self.trade.order_number


def as_object(paper: Paper, planted: Mapping[str, object]) -> Row:
    """The document as a JSON object, with fields that nobody knows."""
    trade = paper.trade
    header: Row = {
        "purchaseOrderNumber": trade.purchase_order,
        "orderDate": trade.ordered_on.isoformat(),
        "currency": CURRENCY,
    }
    if paper.kind == "855":
        header |= {"acknowledgmentDate": paper.made_on.isoformat(), "acknowledgmentType": "AC"}
    elif paper.kind == "856":
        header |= {"shipmentId": paper.number, "shipDate": paper.made_on.isoformat()}
    elif paper.kind == "810":
        header |= {"invoiceNumber": paper.number, "invoiceDate": paper.made_on.isoformat()}
    if paper.revision:
        header["revision"] = paper.revision
    told: Row = {
        "type": paper.kind,
        "header": header,
        "parties": [_party(party) for party in trade.parties],
        "lines": [_line(paper, place, line) for place, line in enumerate(trade.lines, 1)],
    }
    if paper.kind == "810" and trade.charges:
        told["charges"] = [
            {"code": code, "description": name, "amount": money(amount)}
            for code, name, amount in trade.charges
        ]
    if paper.kind != "856":
        told["total"] = money(trade.total if paper.kind == "810" else trade.subtotal)
    return {**told, **planted}


def as_json(papers: Sequence[Paper], planted: Mapping[str, object], *, in_array: bool) -> bytes:
    """A file of documents: an array of them, or the only one itself; some are indented."""
    objects = [as_object(paper, planted) for paper in papers]
    content = objects if in_array or len(objects) > 1 else objects[0]
    indent = 2 if papers[0].trade.style % 2 else None
    # escaped, so that half a surrogate pair that was planted can be written as well
    return json.dumps(content, indent=indent).encode()


def _party(party: Party) -> Row:
    return {
        "role": party.role,
        "name": party.name,
        "id": party.ident,
        "address": {
            "street": party.street,
            "city": party.city,
            "region": party.region,
            "postalCode": party.postal_code,
            "country": "CA",
        },
    }


def _line(paper: Paper, place: int, line: Line) -> Row:
    told: Row = {
        "lineNumber": place,
        "quantity": line.quantity,
        "unit": line.unit,
        "unitPrice": money(line.product.price_cents),
        "vendorPart": line.product.code,
        "description": line.product.name,
    }
    if paper.kind == "855":
        told["status"] = "IA"
    elif paper.kind == "856":
        del told["unitPrice"]
    return told
