"""The company's documents as transaction sets of X12: what is between ST and SE."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sources.cleo.sandbox.papers import CURRENCY, Paper
from sources.cleo.sandbox.trades import Line, Party, money
from sources.cleo.sandbox.x12 import Segment, TransactionSet

BACK_ORDERED_OF = 7  # one line in so many


def set_of(paper: Paper) -> TransactionSet:
    """The transaction set that a document is."""
    written = {"850": _order, "855": _acknowledgment, "856": _notice, "810": _invoice}
    return TransactionSet(paper.kind, written[paper.kind](paper))


def receipt(group: str, control: int) -> TransactionSet:
    """A 997: a functional group was received and accepted."""
    return TransactionSet("997", [("AK1", group, str(control)), ("AK9", "A", "1", "1", "1")])


def _order(paper: Paper) -> list[Segment]:
    """BEG, CUR, REF, DTM, N1 loops, PO1/PID, CTT/AMT."""
    trade = paper.trade
    segments: list[Segment] = [
        ("BEG", "00", "SA", trade.purchase_order, "", _day(trade.ordered_on)),
        ("CUR", "BY", CURRENCY),
        ("REF", "IA", "MILLSTREAM"),
        ("DTM", "002", _day(trade.due_on)),
        *_parties(trade.parties),
    ]
    for place, line in enumerate(trade.lines, 1):
        segments += [_priced("PO1", place, line), _described(line)]
    return [*segments, *_count(paper), ("AMT", "TT", money(trade.subtotal))]


def _acknowledgment(paper: Paper) -> list[Segment]:
    """BAK, CUR, N1 loops, PO1/PID/ACK, CTT."""
    trade = paper.trade
    said = ("", "", "", trade.order_number, _day(paper.made_on))
    segments: list[Segment] = [
        ("BAK", "00", "AC", trade.purchase_order, _day(trade.ordered_on), *said),
        ("CUR", "SE", CURRENCY),
        *_parties(trade.parties[:2]),
    ]
    for place, line in enumerate(trade.lines, 1):
        status = "IB" if (trade.style + place) % BACK_ORDERED_OF == 0 else "IA"
        due = _day(trade.due_on)
        segments += [
            _priced("PO1", place, line),
            _described(line),
            ("ACK", status, str(line.quantity), line.unit, "067", due),
        ]
    return [*segments, *_count(paper)]


def _notice(paper: Paper) -> list[Segment]:
    """BSN, then HL loops: a shipment, its order, the order's items."""
    trade = paper.trade
    segments: list[Segment] = [
        ("BSN", "00", paper.number, _day(paper.made_on), f"{paper.at // 60 % 24:02}00", "0001"),
        ("HL", "1", "", "S"),
        ("TD1", "CTN", str(sum(line.quantity for line in trade.lines))),
        ("REF", "BM", f"B{trade.order_number}"),
        ("DTM", "011", _day(paper.made_on)),
        *_parties(trade.parties[1:3]),
        ("HL", "2", "1", "O"),
        ("PRF", trade.purchase_order, "", "", _day(trade.ordered_on)),
    ]
    for place, line in enumerate(trade.lines, 1):
        segments += [
            ("HL", str(place + 2), "2", "I"),
            ("LIN", str(place), "VP", line.product.code),
            ("SN1", str(place), str(line.quantity), line.unit),
        ]
    return [*segments, ("CTT", str(len(trade.lines) + 2))]


def _invoice(paper: Paper) -> list[Segment]:
    """BIG, CUR, REF, N1 loops, ITD, IT1/PID, TDS, SAC, CTT; TDS and SAC imply two decimals."""
    trade = paper.trade
    ordered = _day(trade.ordered_on)
    segments: list[Segment] = [
        ("BIG", _day(paper.made_on), paper.number, ordered, trade.purchase_order, "", "", "DI"),
        ("CUR", "SE", CURRENCY),
        ("REF", "VN", trade.order_number),
        *_parties(trade.parties),
        ("ITD", "01", "3", "", "", "", "", "30"),
    ]
    for place, line in enumerate(trade.lines, 1):
        segments += [_priced("IT1", place, line), _described(line)]
    segments.append(("TDS", str(trade.total)))
    for code, name, amount in trade.charges:
        indicator = "A" if amount < 0 else "C"
        filled = ("", "", str(abs(amount)), *[""] * 9, name)
        segments.append(("SAC", indicator, code, *filled))
    return [*segments, *_count(paper)]


def _priced(name: str, place: int, line: Line) -> Segment:
    price = money(line.product.price_cents)
    return (name, str(place), str(line.quantity), line.unit, price, "", "VP", line.product.code)


def _described(line: Line) -> Segment:
    return ("PID", "F", "", "", "", line.product.name)


def _count(paper: Paper) -> list[Segment]:
    return [("CTT", str(len(paper.trade.lines)))]


def _parties(parties: Sequence[Party]) -> list[Segment]:
    segments: list[Segment] = []
    for party in parties:
        segments += [
            ("N1", party.role, party.name, "92", party.ident),
            ("N3", party.street),
            ("N4", party.city, party.region, party.postal_code, "CA"),
        ]
    return segments


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")
