"""Where the segments of an X12 file are, with the terminators that each interchange declares.

pyx12's own splitter is not used. Beyond the two versions it knows (ISA12 00401, 00501) it refuses
the file, and it ends without a word at an empty segment, at a segment longer than its buffer of
8 KB, and at whatever follows the last terminator: what comes after is lost.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import Final, NamedTuple

from sources.cleo.parsing.unreadable import Unreadable, quoted

_ISA_LENGTH: Final = 106  # the only segment of fixed length; its terminators are in it
_SEPARATORS: Final = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
_NAME: Final = re.compile(r"[A-Z][A-Z0-9]{1,2}", re.ASCII)
_BLANK: Final = " \t\r\n"
_BLANKS: Final = re.compile(f"[{_BLANK}]*")


class Marks(NamedTuple):
    """What separates elements, and what ends segments, in one interchange."""

    element: str
    segment: str


class Piece(NamedTuple):
    """One segment: its name, and where it is in the text, without its terminator."""

    name: str
    start: int
    end: int
    marks: Marks
    ordinal: int


def pieces(text: str) -> Iterator[Piece]:
    """Every segment of the file, in order.

    Raises:
        Unreadable: an ISA that is none, a segment without a name or without an end, or something
            else than another interchange behind an IEA.
    """
    at, ordinal = _past_blanks(text, 0), 0
    while at < len(text):
        if ordinal and not text.startswith("ISA", at):
            raise Unreadable(
                f"after the IEA, segment {ordinal}, comes {quoted(text[at : at + 30])}, "
                "not another ISA"
            )
        at, ordinal = yield from _interchange(text, at, ordinal)
        at = _past_blanks(text, at)


def elements(text: str, piece: Piece) -> list[str]:
    """A segment's name and elements; sub-elements stay as they are."""
    return text[piece.start : piece.end].split(piece.marks.element)


def segments(text: str, first: Piece, last: Piece) -> list[list[str]]:
    """The segments from one to another of the same interchange."""
    raw = text[first.start : last.end].split(first.marks.segment)
    # a line that is empty, where the end of a line ends a segment, is none
    bare = (piece.lstrip(_BLANK) for piece in raw)
    return [piece.split(first.marks.element) for piece in bare if piece]


def _past_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _interchange(text: str, at: int, ordinal: int) -> Generator[Piece, None, tuple[int, int]]:
    """The segments of one interchange; returns where it ends and how many segments there were."""
    marks, name = _marks(text, at), ""
    while name != "IEA":
        start = _past_blanks(text, at)
        if start == len(text):
            return start, ordinal
        ordinal += 1
        end = _end(text, start, marks, ordinal)
        name = _name(text, start, end, marks, ordinal)
        yield Piece(name, start, end, marks, ordinal)
        at = end + 1
    return at, ordinal


def _marks(text: str, at: int) -> Marks:
    isa = text[at : at + _ISA_LENGTH]
    if len(isa) < _ISA_LENGTH:
        raise Unreadable(f"the file ends in the ISA, at {len(isa)} of its {_ISA_LENGTH} characters")
    element, sub_element, segment = isa[3], isa[-2], isa[-1]
    if tuple(i for i, c in enumerate(isa[:-2]) if c == element) != _SEPARATORS:
        raise Unreadable(
            f"an ISA has 16 elements of fixed length, {_ISA_LENGTH} characters in all; "
            f"this one has not: {quoted(isa)}"
        )
    if any(c.isalnum() or c == " " for c in (element, sub_element, segment)) or element in "\r\n":
        raise Unreadable(
            f"the ISA declares terminators that cannot be any: {quoted(element + isa[-2:])}"
        )
    if element == sub_element or segment in isa[:-1]:
        raise Unreadable(f"the ISA declares one character for two uses: {quoted(isa[-3:])}")
    return Marks(element, segment)


def _end(text: str, start: int, marks: Marks, ordinal: int) -> int:
    end = text.find(marks.segment, start)
    if end >= 0:
        return end
    if marks.segment in "\r\n" and text.startswith("IEA", start):
        return len(text)  # many tools take the end of the last line away
    raise Unreadable(f"the file ends within segment {ordinal}, {quoted(text[start : start + 30])}")


def _name(text: str, start: int, end: int, marks: Marks, ordinal: int) -> str:
    found = _NAME.match(text, start, end)
    if found is None or (found.end() < end and text[found.end()] != marks.element):
        shown = quoted(text[start : min(end, start + 30)])
        raise Unreadable(f"segment {ordinal} has no name that a segment can have: {shown}")
    return found[0]
