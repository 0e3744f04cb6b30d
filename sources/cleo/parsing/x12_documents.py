"""From a transaction set to a document's row: headers of 850, 855 and 810, and some of 856.

Segments and elements are those of the X12 standard; which of them this mailbox's partners use is
not said anywhere [A]. Other kinds are rows too, with what the envelope says and their content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from sources.cleo.parsing.rows import Row, add_lines, add_parties, document
from sources.cleo.parsing.values import day, implied, number, text_of
from sources.cleo.parsing.x12_envelope import TransactionSet, transaction_sets
from sources.cleo.parsing.x12_lines import FIRST_OF_LINE, lines_of
from sources.cleo.parsing.x12_parties import parties_of
from sources.cleo.parsing.x12_segments import segments

Segment = list[str]


def x12_documents(text: str) -> Iterator[Row]:
    """The rows of an X12 file; the envelope of all of it is judged before the first comes.

    Raises:
        Unreadable: something is wrong with the envelope.
    """
    for position, found in enumerate(transaction_sets(text), start=1):
        yield _row(found, segments(text, found.first, found.last), position)


def _row(found: TransactionSet, content: list[Segment], position: int) -> Row:
    kind = at(content[0], 1)
    row = document(
        position,
        format="x12",
        document_type=kind,
        is_mapped=kind in FIRST_OF_LINE,
        sender_id=at(found.isa, 6),
        receiver_id=at(found.isa, 8),
        x12_version=at(found.gs, 8),
        interchange_control_number=at(found.isa, 13),
        group_control_number=at(found.gs, 6),
        set_control_number=at(content[0], 2),
        sent_on=day(at(found.isa, 9)),
        content=content,
    )
    if kind in _HEADERS:
        row.update(_HEADERS[kind](content))
    if kind in FIRST_OF_LINE:
        _read_whole(row, content, FIRST_OF_LINE[kind])
    return row


def _read_whole(row: Row, content: list[Segment], line_name: str) -> None:
    lines = [i for i, segment in enumerate(content) if segment[0] == line_name]
    row["currency_code"] = at(first(content, "CUR"), 2)
    row["parties"] = parties_of(content)
    # a party of one line is in `parties` and not in the columns of the whole document
    add_parties(row, parties_of(content[: lines[0]] if lines else content))
    add_lines(row, lines_of(content, line_name))


def at(segment: Segment, element: int) -> str | None:
    """An element of a segment by its number in the standard; None where it is empty or absent."""
    return text_of(segment[element]) if element < len(segment) else None


def first(content: list[Segment], name: str) -> Segment:
    """The first segment of that name; an empty one where there is none."""
    return next((segment for segment in content if segment[0] == name), [])


def _purchase_order(content: list[Segment]) -> Row:
    beg = first(content, "BEG")
    return {
        "purpose_code": at(beg, 1),
        "kind_code": at(beg, 2),
        "purchase_order_number": at(beg, 3),
        "purchase_order_on": day(at(beg, 5)),
        "document_on": day(at(beg, 5)),
        "total_amount": _stated_total(content, FIRST_OF_LINE["850"]),
    }


def _acknowledgment(content: list[Segment]) -> Row:
    """BAK04 is the day of the order, BAK09 that of the acknowledgment, which many leave out."""
    bak = first(content, "BAK")
    return {
        "purpose_code": at(bak, 1),
        "kind_code": at(bak, 2),
        "purchase_order_number": at(bak, 3),
        "purchase_order_on": day(at(bak, 4)),
        "document_on": day(at(bak, 9)),
        "total_amount": _stated_total(content, FIRST_OF_LINE["855"]),
    }


def _invoice(content: list[Segment]) -> Row:
    big = first(content, "BIG")
    return {
        "invoice_on": day(at(big, 1)),
        "document_on": day(at(big, 1)),
        "invoice_number": at(big, 2),
        "purchase_order_on": day(at(big, 3)),
        "purchase_order_number": at(big, 4),
        "kind_code": at(big, 7),
        "purpose_code": at(big, 8),
        "total_amount": implied(at(first(content, "TDS"), 1)),
    }


def _shipment(content: list[Segment]) -> Row:
    """A shipment may be of several orders: then none is the document's."""
    bsn = first(content, "BSN")
    orders = [segment for segment in content if segment[0] == "PRF"]
    row = {"purpose_code": at(bsn, 1), "document_on": day(at(bsn, 3))}
    if len({at(order, 1) for order in orders}) == 1:
        row["purchase_order_number"] = at(orders[0], 1)
        row["purchase_order_on"] = day(at(orders[0], 4))
    return row


_HEADERS: Final[dict[str | None, Callable[[list[Segment]], Row]]] = {
    "850": _purchase_order,
    "855": _acknowledgment,
    "810": _invoice,
    "856": _shipment,
}


def _stated_total(content: list[Segment], line_name: str) -> str | None:
    """AMT*TT behind the lines' count, else before the lines, else the only one there is.

    Within the lines it may be the total of one line: of several none is the document's.
    """
    names = [segment[0] for segment in content]
    amounts = [
        (index, number(at(segment, 2)))
        for index, segment in enumerate(content)
        if segment[0] == "AMT" and at(segment, 1) == "TT"
    ]
    counted = names.index("CTT") if "CTT" in names else len(names)
    lines = names.index(line_name) if line_name in names else len(names)
    for index, told in amounts:
        if index > counted:
            return told
    for index, told in amounts:
        if index < lines:
            return told
    return amounts[0][1] if len(amounts) == 1 else None
