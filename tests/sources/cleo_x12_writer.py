"""Writes X12 files for tests, apart from what reads them."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

Segments = list[list[str]]


@dataclass(frozen=True)
class Marks:
    element: str = "*"
    sub: str = ">"
    segment: str = "~"
    after: str = "\n"


@dataclass(frozen=True)
class Set:
    kind: str
    control: str
    body: Segments


@dataclass(frozen=True)
class Group:
    control: str
    sets: list[Set]
    version: str = "004010"


@dataclass(frozen=True)
class Interchange:
    control: str
    groups: list[Group]
    sender: str = "ACME"
    receiver: str = "PENSTOCK"
    day: str = "240531"
    marks: Marks = field(default_factory=Marks)


def whole_set(written: Set) -> Segments:
    """A set from its ST to its SE."""
    count = str(len(written.body) + 2)
    return [
        ["ST", written.kind, written.control],
        *written.body,
        ["SE", count, written.control],
    ]


def segments(interchange: Interchange) -> Segments:
    """Every segment of an interchange, but for its ISA without padding."""
    made = []
    for group in interchange.groups:
        made.append(["GS", "PO", "A", "B", "20240531", "1200", group.control, "X", group.version])
        for each in group.sets:
            made += whole_set(each)
        made.append(["GE", str(len(group.sets)), group.control])
    return [*made, ["IEA", str(len(interchange.groups)), interchange.control]]


def isa(interchange: Interchange) -> str:
    marks = interchange.marks
    fields = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", interchange.sender.ljust(15), "ZZ"]
    fields += [interchange.receiver.ljust(15), interchange.day, "1200", "U", "00401"]
    fields += [interchange.control, "0", "P", marks.sub]
    return marks.element.join(fields)


def joined(interchange: Interchange, behind_isa: Segments) -> str:
    """The interchange's text with these segments behind its ISA, whatever they are."""
    marks = interchange.marks
    lines = [isa(interchange), *(marks.element.join(segment) for segment in behind_isa)]
    return "".join(line + marks.segment + marks.after for line in lines)


def written(*interchanges: Interchange) -> str:
    return "".join(joined(each, segments(each)) for each in interchanges)


def order(*body: str, kind: str = "850", control: str = "0001") -> str:
    """A file of one set, its body given as lines of `*`."""
    parts = [line.split("*") for line in body]
    return written(Interchange("000000001", [Group("1", [Set(kind, control, parts)])]))


_ENVELOPE = {"ISA", "GS", "ST", "SE", "GE", "IEA"}
_KNOWN = ["BEG", "BAK", "BIG", "N1", "N2", "N3", "N4", "PO1", "IT1", "PID", "ACK", "AMT", "TDS"]
_KNOWN += ["CTT", "CUR", "PRF", "BSN", "SLN", "HL"]
_SIGNS = "*|^,~!:;>+=%#@&$\x1c\x1d\x1e\x1f\x85§"
_LETTERS = "ABCXYZTabc 0123456789.-/'\"é"


@st.composite
def marks(draw: st.DrawFn) -> Marks:
    element, sub, segment = draw(st.permutations(_SIGNS))[:3]
    line_end = draw(st.sampled_from(["", "\r", "\n", "\r\n"]))
    if line_end and draw(st.booleans()):  # the end of a line ends a segment
        return Marks(element, sub, line_end[0], line_end[1:])
    return Marks(element, sub, segment, line_end)


@st.composite
def interchanges(draw: st.DrawFn, control: int = 1) -> Interchange:
    """An interchange of a few groups and sets, with terminators of its own."""
    own = draw(marks())
    signs = [c for c in _LETTERS + own.sub + "*~:" if c not in (own.element, own.segment)]
    element = st.text(signs, max_size=8) | st.sampled_from(["TT", "BY", "VN", "-.5", "20240230"])
    name = st.sampled_from(_KNOWN) | st.from_regex(r"[A-Z][A-Z0-9]{1,2}", fullmatch=True)
    name = name.filter(lambda n: n not in _ENVELOPE)
    body = st.lists(st.builds(lambda n, e: [n, *e], name, st.lists(element, max_size=9)))
    kind = st.sampled_from(["850", "855", "810", "856", "204"])

    def group(number: int) -> Group:
        count = draw(st.integers(0, 3))
        return Group(str(number), [Set(draw(kind), f"{i:04}", draw(body)) for i in range(count)])

    groups = [group(number) for number in range(draw(st.integers(0, 2)))]
    sender = draw(st.text("AZ09", min_size=1, max_size=15))
    return Interchange(f"{control:09}", groups, sender, marks=own)
