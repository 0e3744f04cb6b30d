"""Interchanges of X12, written as plain text: envelope, counts, control numbers, terminators.

Interchanges in the wild choose their terminators as they like and say them in ISA, whose width is
fixed: 106 characters with the segment terminator.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

GROUP_OF = {"850": "PO", "855": "PR", "856": "SH", "810": "IN", "997": "FA"}
ELEMENTS = ("*", "|", "^", ",")
PARTS = (":", ">", ";")
SEGMENTS = ("~", "\n", "'", "\x1c")
BREAKS = ("", "\n", "\r\n")
Segment = Sequence[str]


@dataclass(frozen=True)
class Marks:
    """What an interchange separates with; `after` follows each segment terminator."""

    element: str = "*"
    part: str = ":"
    segment: str = "~"
    after: str = "\n"


@dataclass(frozen=True)
class Envelope:
    """Whom an interchange is from and for, when it was sent, as which one."""

    sender: str
    receiver: str
    at: datetime
    control: int
    version: str = "004010"


@dataclass(frozen=True)
class TransactionSet:
    """A document: what is between its ST and its SE."""

    kind: str
    segments: Sequence[Segment]


def marks(number: int) -> Marks:
    """One of the ways to separate; as numbers go up all of them come."""
    segment = SEGMENTS[number // 2 % len(SEGMENTS)]
    after = "" if segment == "\n" else BREAKS[number // 3 % len(BREAKS)]
    element = ELEMENTS[number % len(ELEMENTS)]
    return Marks(element, PARTS[number % len(PARTS)], segment, after)


def interchange(envelope: Envelope, how: Marks, sets: Iterable[TransactionSet]) -> bytes:
    """One interchange; sets of one kind that follow each other are one functional group."""
    date, time = envelope.at.strftime("%Y%m%d"), envelope.at.strftime("%H%M")
    texts, groups, number = [_isa(envelope, how)], 0, 0
    for name, group in groupby(sets, key=lambda each: GROUP_OF[each.kind]):
        groups += 1
        control, count = str(envelope.control * 100 + groups), 0
        parties = (envelope.sender, envelope.receiver)
        said = (*parties, date, time, control, "X", envelope.version)
        texts.append(_written(how, ("GS", name, *said)))
        for each in group:
            count, number = count + 1, number + 1
            own = f"{number:04}"
            inside = [_written(how, segment) for segment in each.segments]
            texts.append(_written(how, ("ST", each.kind, own)))
            texts += inside
            texts.append(_written(how, ("SE", str(len(inside) + 2), own)))
        texts.append(_written(how, ("GE", str(count), control)))
    texts.append(_written(how, ("IEA", str(groups), f"{envelope.control:09}")))
    end = how.segment + how.after
    return (end.join(texts) + end).encode("ascii")


def _isa(envelope: Envelope, how: Marks) -> str:
    eleventh = "U"  # until 4010 a standards id, since 4020 the repetition separator
    if envelope.version > "004010":
        eleventh = "!" if how.element == "^" else "^"
    elements = (
        "ISA",
        "00",
        " " * 10,
        "00",
        " " * 10,
        "ZZ",
        f"{envelope.sender:<15}",
        "ZZ",
        f"{envelope.receiver:<15}",
        envelope.at.strftime("%y%m%d"),
        envelope.at.strftime("%H%M"),
        eleventh,
        envelope.version[:5],
        f"{envelope.control:09}",
        "0",
        "P",
        how.part,
    )
    return how.element.join(elements)


def _written(how: Marks, segment: Segment) -> str:
    """A segment without its end; what would be taken for a mark, or is no ASCII, is not written."""
    elements = [_plain(element, how) for element in segment]
    while elements[-1] == "":
        elements.pop()
    return how.element.join(elements)


def _plain(text: str, how: Marks) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    for mark in (how.element, how.part, how.segment):
        if mark in text:
            text = text.replace(mark, " ")
    # an element must not begin or end with the spaces that this may have made
    return text.strip()
