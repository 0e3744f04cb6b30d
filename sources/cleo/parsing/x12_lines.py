"""Lines of X12 orders, acknowledgments and invoices: PO1 or IT1, with PID and ACK."""

from __future__ import annotations

from typing import Final

from sources.cleo.parsing.rows import Row, line
from sources.cleo.parsing.values import moved, number, reckoned, rounded, text_of

FIRST_OF_LINE: Final[dict[str | None, str]] = {"850": "PO1", "855": "PO1", "810": "IT1"}

# what comes behind the lines, or is a line within a line with a description of its own
_ENDS: Final = frozenset(("SLN", "CTT", "TDS"))
_BASES: Final = {"HP": 2, "TP": 3}  # price per hundred, per thousand: powers of ten
_FIRST_PAIR: Final = 6
_PARTS: Final = {  # product id qualifiers
    "BP": "buyer_part_number",
    "IN": "buyer_part_number",
    "VP": "vendor_part_number",
    "VN": "vendor_part_number",
    "SK": "vendor_part_number",
    "UP": "upc",
    "UI": "upc",
    "EN": "upc",
}


def lines_of(content: list[list[str]], name: str) -> list[Row]:
    """The lines that begin with the segment of that name, in order."""
    lines: list[Row] = []
    current: Row | None = None
    for segment in content:
        if segment[0] == name:
            current = _line(segment)
            lines.append(current)
        elif segment[0] in _ENDS:
            current = None
        elif current is not None and segment[0] == "PID":
            _join(current, "description", segment[5:6], " ")
        elif current is not None and segment[0] == "ACK":
            _join(current, "status_code", segment[1:2], ",")
    return lines


def _line(segment: list[str]) -> Row:
    told = [text_of(element) for element in segment[: _FIRST_PAIR + 1]]
    told += [None] * (_FIRST_PAIR - len(told))
    quantity, price = number(told[2]), moved(number(told[4]), _BASES.get(told[5] or "", 0))
    row = line(
        line_id=told[1],
        quantity=quantity,
        unit_code=told[3],
        unit_price_amount=rounded(price),
        line_amount=reckoned(quantity, price),
    )
    for qualifier, value in zip(
        segment[_FIRST_PAIR::2], segment[_FIRST_PAIR + 1 :: 2], strict=False
    ):
        column = _PARTS.get(qualifier.strip())
        if column and row[column] is None:
            row[column] = text_of(value)
    return row


def _join(row: Row, column: str, told: list[str], between: str) -> None:
    """A description may be cut into several segments, and a line be answered in several parts."""
    text = text_of("".join(told))
    have = row[column].split(between) if row[column] and between == "," else []
    if text and text not in have:
        row[column] = text if row[column] is None else f"{row[column]}{between}{text}"
