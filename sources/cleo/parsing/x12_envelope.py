"""Interchanges, groups and transaction sets of an X12 file, judged by pyx12.

pyx12's reader is given the envelope's segments whole and the others by name, which is all that it
looks at: it counts, and compares and remembers control numbers. What it takes for granted, that
headers and trailers are nested, is seen to here first; it fails with an IndexError otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pyx12.rawx12file import RawX12File
from pyx12.x12file import X12Base, X12Reader

from sources.cleo.parsing.unreadable import Unreadable, quoted
from sources.cleo.parsing.x12_segments import Marks, Piece, elements, pieces

# where a segment may stand, and where the next one then stands; TA1 acknowledges an interchange
_NEXT: Final = {
    "": {"ISA": "ISA"},
    "ISA": {"TA1": "ISA", "GS": "GS", "IEA": ""},
    "GS": {"ST": "ST", "GE": "ISA"},
    "ST": {"SE": "GS"},
}
_PLACES: Final = {
    "": "outside an interchange",
    "ISA": "outside a group",
    "GS": "outside a set",
    "ST": "in a set that has no SE yet",
}
_ENVELOPE: Final = frozenset(("ISA", "GS", "ST", "SE", "GE", "IEA"))
_NAMED: Final = {"ISA": (13,), "GS": (6,), "ST": (1, 2)}  # elements that must say something
_COUNT: Final = re.compile(r"[0-9]{1,10}", re.ASCII)  # pyx12 takes what int() takes: +7, 0_7
_APART: Final = "\0"  # in no file that comes here
_NOT_THE_ENVELOPE: Final = ("seg",)  # HL trees as claims have them, separators at a segment's end


@dataclass(frozen=True)
class TransactionSet:
    """One transaction set: the headers around it, and where its ST and its SE are."""

    isa: list[str]
    gs: list[str]
    first: Piece
    last: Piece


class _Seen(list[str | None]):
    """Control numbers: pyx12 looks each up in a list, a minute for a group of 100,000 sets."""

    def __init__(self) -> None:
        super().__init__()
        self._all: set[str | None] = set()

    def append(self, value: str | None) -> None:
        self._all.add(value)

    def __contains__(self, value: object) -> bool:
        return value in self._all


class _Lines(RawX12File):
    """The segments as pyx12's reader takes them; where it is, is said here."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.piece = Piece("", 0, 0, Marks("", ""), 0)
        self.open: dict[str, list[str]] = {}  # the headers that were read last
        self.first = self.piece
        self.here: list[str] = []

    def __iter__(self) -> Iterator[str]:
        place = ""
        for piece in pieces(self.text):
            following = _NEXT[place].get(piece.name)
            if following is None and (place != "ST" or piece.name in _ENVELOPE):
                raise Unreadable(f"segment {piece.ordinal}, {piece.name}, is {_PLACES[place]}")
            place = following if following is not None else place
            self.piece = piece
            if piece.name not in _ENVELOPE:
                yield piece.name
                continue
            self.here = elements(self.text, piece)
            if piece.name in _NAMED:
                self._opened(piece)
            elif not _COUNT.fullmatch(self.here[1] if len(self.here) > 1 else ""):
                said = quoted("".join(self.here[1:2]))
                raise Unreadable(f"{piece.name}01 of segment {piece.ordinal} is no count: {said}")
            yield _APART.join(self.here)

    def _opened(self, piece: Piece) -> None:
        for at in _NAMED[piece.name]:
            if not "".join(self.here[at : at + 1]).strip():
                raise Unreadable(f"{piece.name}{at:02} of segment {piece.ordinal} is empty")
        self.open[piece.name] = self.here
        if piece.name == "ST":
            self.first = piece

    def number(self, header: str) -> str:
        """The control number of a header, fit for a reason."""
        return quoted(self.open[header][_NAMED[header][-1]])

    def said(self, at: int) -> str:
        """An element of the segment that is being read, fit for a reason."""
        return quoted("".join(self.here[at : at + 1]))


class _Judge(X12Reader):
    """pyx12's reader over segments that were found here."""

    def __init__(self, lines: _Lines) -> None:
        X12Base.__init__(self)
        self.raw = lines
        self.need_to_close = False
        self.seg_term = self.ele_term = self.subele_term = _APART
        self.isa_ids = _Seen()


def transaction_sets(text: str) -> list[TransactionSet]:
    """The transaction sets of a file, in order; nothing of them is read.

    Args:
        text: the whole file, without NUL, from its first ISA.

    Raises:
        Unreadable: something is wrong with the envelope.
    """
    lines = _Lines(text)
    judge = _Judge(lines)
    found = []
    for _ in judge:
        _refuse(judge, lines)
        match lines.piece.name:
            case "ISA":
                judge.gs_ids = _Seen()
            case "GS":
                judge.st_ids = _Seen()
            case "SE":
                found.append(
                    TransactionSet(lines.open["ISA"], lines.open["GS"], lines.first, lines.piece)
                )
    judge.cleanup()
    if judge.pop_errors():
        raise Unreadable(_cut(judge))
    return found


def _refuse(judge: _Judge, lines: _Lines) -> None:
    for level, code, *_ in judge.pop_errors():
        if level not in _NOT_THE_ENVELOPE:
            raise Unreadable(
                _reason(f"{level} {code}", judge, lines) or f"pyx12 finds {level} error {code}"
            )


def _reason(code: str, judge: _Judge, lines: _Lines) -> str | None:
    """What pyx12's codes mean, with both sides of what differs."""
    match code:
        case "isa 025":
            return f"interchange control number {lines.number('ISA')} is used twice in the file"
        case "gs 6":
            return f"group control number {lines.number('GS')} is used twice in an interchange"
        case "st 23":
            return f"set control number {lines.number('ST')} is used twice in a group"
        case "isa 001":
            return f"IEA02 says interchange {lines.said(2)}, ISA13 says {lines.number('ISA')}"
        case "gs 4":
            return f"GE02 says group {lines.said(2)}, GS06 says {lines.number('GS')}"
        case "st 3":
            return f"SE02 says set {lines.said(2)}, ST02 says {lines.number('ST')}"
        case "isa 021":
            told = f"IEA01 says {lines.here[1]} groups, there are {judge.gs_count}"
            return f"{told}, in interchange {lines.number('ISA')}"
        case "gs 5":
            told = f"GE01 says {lines.here[1]} sets, there are {judge.st_count}"
            return f"{told}, in group {lines.number('GS')}"
        case "st 4":
            told = f"SE01 says {lines.here[1]} segments, there are {judge.seg_count + 1}"
            return f"{told}, in set {lines.number('ST')}"
    return None


def _cut(judge: _Judge) -> str:
    trailers = {"ISA": "IEA of interchange", "GS": "GE of group", "ST": "SE of set"}
    missing = [f"{trailers[level]} {quoted(told or '')}" for level, told in reversed(judge.loops)]
    return f"the file is cut: what is missing is {', '.join(missing)}"
