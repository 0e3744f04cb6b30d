"""X12 files of every make are read whole, and refused whole where anything of them is amiss."""

from __future__ import annotations

import random
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sources.cleo.parsing import Unreadable, parse
from tests.sources.cleo_x12_writer import (
    Group,
    Interchange,
    Marks,
    Segments,
    Set,
    interchanges,
    isa,
    joined,
    order,
    segments,
    whole_set,
    written,
)

FILE = order("BEG*00*SA*PO-77**20240530", "PO1*1*12*EA*12.70", "CTT*1")


def reason(content: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        parse(content)
    told = str(caught.value)
    assert told.isprintable()
    assert 0 < len(told) < 300
    return told


def encoded(text: str, encoding: str) -> bytes:
    content = text.encode(encoding)
    if encoding == "latin-1":
        with suppress(UnicodeDecodeError):
            assume(content.decode() == text)  # bytes that both encodings read, differently
    return content


@given(
    files=st.tuples(interchanges(1), interchanges(2)) | st.tuples(interchanges(1)),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "latin-1"]),
)
def test_what_is_written_is_read(files: tuple[Interchange, ...], encoding: str) -> None:
    documents = parse(encoded(written(*files), encoding)).documents
    assert [
        (
            d["sender_id"],
            d["interchange_control_number"],
            d["group_control_number"],
            d["document_type"],
            d["set_control_number"],
            d["content"],
        )
        for d in documents
    ] == [
        (file.sender, file.control, group.control, each.kind, each.control, whole_set(each))
        for file in files
        for group in file.groups
        for each in group.sets
    ]
    assert [d["position"] for d in documents] == list(range(1, len(documents) + 1))


@given(file=interchanges(), data=st.data())
def test_a_file_that_is_cut_is_refused(file: Interchange, data: st.DataObject) -> None:
    content = written(file).encode()
    cut = data.draw(st.integers(0, len(content) - 1))
    assume(content[cut:].strip())
    reason(content[:cut])


@pytest.mark.parametrize("segment", ["~", "\n"], ids=["tilde", "line end"])
def test_every_cut_of_one_file_is_refused(segment: str) -> None:
    content = FILE.replace("~\n", segment).encode()
    for cut in range(len(content.rstrip(b"\n"))):
        reason(content[:cut])
    assert len(parse(content.rstrip(b"\n")).documents) == 1


@given(
    file=interchanges(),
    wrong=st.sampled_from(["", "0", "1", "7", "+1", "0_1", "x", "٣", "0000", "99999999999"]),
    data=st.data(),
)
def test_one_wrong_count_or_control_number_is_named(
    file: Interchange, wrong: str, data: st.DataObject
) -> None:
    assume(not {file.marks.element, file.marks.segment} & set(wrong))
    behind = segments(file)
    trailers = [i for i, segment in enumerate(behind) if segment[0] in ("SE", "GE", "IEA")]
    at, element = data.draw(st.sampled_from(trailers)), data.draw(st.sampled_from([1, 2]))
    assume(behind[at][element] != wrong and not (element == 1 and wrong == "0000"))
    behind[at] = [*behind[at][:element], wrong, *behind[at][element + 1 :]]
    assert reason(joined(file, behind).encode()).startswith(f"{behind[at][0]}0{element} ")


@given(file=interchanges(), data=st.data())
def test_one_segment_too_few_or_too_many_is_refused(file: Interchange, data: st.DataObject) -> None:
    behind = segments(file)
    at = data.draw(st.integers(0, len(behind) - 1))
    twice = data.draw(st.booleans())
    changed = [*behind[:at], *([behind[at]] * (2 if twice else 0)), *behind[at + 1 :]]
    reason(joined(file, changed).encode())


ONE = Interchange("000000001", [Group("1", [Set("850", "0001", [["BEG", "00"]])])])


def changed(*behind: str) -> str:
    return joined(ONE, [line.split("*") for line in behind])


GS, ST, BEG = "GS*PO*A*B*20240531*1200*1*X*004010", "ST*850*0001", "BEG*00"
SE, GE, IEA = "SE*3*0001", "GE*1*1", "IEA*1*000000001"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (changed(GS, ST, BEG, "SE*9*0001", GE, IEA), "SE01 says 9 segments, there are 3, in set"),
        (changed(GS, ST, BEG, "SE*+3*0001", GE, IEA), "SE01 of segment 5 is no count: '+3'"),
        (changed(GS, ST, BEG, SE, "GE*0_1*1", IEA), "GE01 of segment 6 is no count: '0_1'"),
        (changed(GS, ST, BEG, "SE*3*0002", GE, IEA), "SE02 says set '0002', ST02 says '0001'"),
        (changed(GS, ST, BEG, SE, "GE*2*1", IEA), "GE01 says 2 sets, there are 1, in group '1'"),
        (changed(GS, ST, BEG, SE, "GE*1*8", IEA), "GE02 says group '8', GS06 says '1'"),
        (changed(GS, ST, BEG, SE, GE, "IEA*3*000000001"), "IEA01 says 3 groups, there are 1"),
        (changed(GS, ST, BEG, SE, GE, "IEA*1*1"), "IEA02 says interchange '1'"),
        (changed(GS, ST, BEG, SE, ST, BEG, SE, "GE*2*1", IEA), "set control number '0001' is used"),
        (changed(GS, "GE*0*1", GS, "GE*0*1", "IEA*2*000000001"), "group control number '1' is"),
        (FILE + FILE, "interchange control number '000000001' is used twice"),
        (changed(BEG, IEA), "segment 2, BEG, is outside a group"),
        (changed(GS, BEG, GE, IEA), "segment 3, BEG, is outside a set"),
        (changed(GS, SE, GE, IEA), "segment 3, SE, is outside a set"),
        (changed(GE, IEA), "segment 2, GE, is outside a group"),
        (changed(GS, GS, GE, IEA), "segment 3, GS, is outside a set"),
        (changed(GS, ST, ST, SE, GE, IEA), "segment 4, ST, is in a set that has no SE yet"),
        (changed(GS, ST, BEG, GE, IEA), "segment 5, GE, is in a set that has no SE yet"),
        (changed(GS, "ST*850", "SE*2*", GE, IEA), "ST02 of segment 3 is empty"),
        (changed(GS, "ST**1", "SE*2*1", GE, IEA), "ST01 of segment 3 is empty"),
        (changed(GS, ST, BEG), "what is missing is SE of set '0001', GE of group '1', IEA of"),
        (changed(GS, ST, "", SE, GE, IEA), "segment 4 has no name"),
        (changed(GS, ST, "beg*00", SE, GE, IEA), "segment 4 has no name that a segment can have"),
        (changed(GS, ST, "BEGIN*00", SE, GE, IEA), "segment 4 has no name that a segment can have"),
        (FILE + "and more", "after the IEA, segment 9, comes 'and more', not another ISA"),
        (FILE.replace("PO-77", "PO\0-77"), "there is a NUL at character"),
        (FILE[:50], "the file ends in the ISA, at 50 of its 106 characters"),
        (FILE.replace("ACME ", "ACME", 1), "an ISA has 16 elements of fixed length"),
        (FILE.replace("ACME ", "ACM*E", 1), "an ISA has 16 elements of fixed length"),
        (isa(ONE) + "A", "the ISA declares terminators that cannot be any: '*>A'"),
        (FILE.replace("ACME ", "ACME~", 1), "the ISA declares one character for two uses"),
        ("ISA", "the file ends in the ISA, at 3"),
        ("", "the file is empty"),
        (" \r\n\t", "the file is empty"),
        ("hello", "it is neither X12 (it would begin with ISA) nor JSON"),
        ("isa*00", "it is neither X12"),
    ],
)
def test_the_reason_says_what_to_look_at(text: str, told: str) -> None:
    assert told in reason(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        FILE.replace("PO-77", "P" * 1_000_000).replace("SE*5", "SE*6"),
        changed(GS.replace("*1*X", f"*{'9' * 9_000}*X"), ST, BEG, SE, GE, IEA),
        FILE.replace("BEG", "B" * 10_000),
        FILE + "\x07\u2028\u202e" * 100,
        FILE[:-5] + "\n" * 3,
    ],
    ids=["long element", "long number", "long name", "control characters", "blanks"],
)
def test_a_reason_is_one_short_line(text: str) -> None:
    reason(text.encode())


def in_file(text: str, marks: Marks) -> int:
    """How many sets a text has, as one would look for them."""
    lines = (line.lstrip(" \t\r\n") for line in text.split(marks.segment))
    return sum(line.split(marks.element)[0] == "ST" for line in lines)


@settings(max_examples=300)
@given(file=interchanges(), data=st.data())
def test_a_damaged_file_is_refused_or_all_there(file: Interchange, data: st.DataObject) -> None:
    content = written(file).encode()
    start = data.draw(st.integers(0, len(content)))
    end = min(len(content), start + data.draw(st.integers(0, 40)))
    behind_isa = data.draw(st.binary(max_size=12)) if data.draw(st.booleans()) else b""
    damaged = content[:start] + behind_isa + content[end:]
    try:
        read = parse(damaged)
    except Unreadable:
        reason(damaged)
        return
    text = damaged.decode(errors="replace").lstrip(" \t\r\n")
    assert read.format == "x12"
    assert len(read.documents) == in_file(text, Marks(text[3], text[104], text[105]))


@settings(max_examples=300)
@given(before=st.sampled_from([b"", b"ISA", isa(ONE).encode() + b"~"]), content=st.binary())
def test_bytes_that_are_no_file_are_refused(before: bytes, content: bytes) -> None:
    assume(before or content.strip()[:1] not in (b"{", b"["))
    reason(before + content)


HEAD = isa(ONE).encode() + b"~"
IN_SET = (joined(ONE, [GS.split("*"), ST.split("*")])).encode()


@pytest.mark.parametrize(
    "before", [b"", b"ISA", HEAD, IN_SET], ids=["plain", "name", "in interchange", "in set"]
)
@pytest.mark.parametrize("without_nul", [False, True], ids=["raw", "without NUL"])
def test_ten_million_random_bytes(before: bytes, without_nul: bool) -> None:
    noise = random.Random(5).randbytes(10_000_000)
    reason(before + (noise.replace(b"\0", b"A") if without_nul else noise))


@pytest.mark.parametrize("filler", [b"\n", b"*", b"~", b"A", b"BEG*"])
def test_ten_million_equal_bytes(filler: bytes) -> None:
    reason(IN_SET + filler * (10_000_000 // len(filler)))


def test_a_group_of_many_sets() -> None:
    sets = [Set("850", f"{i:05}", [["BEG", "00", "SA", f"PO-{i}"]]) for i in range(5_000)]
    read = parse(written(Interchange("000000001", [Group("1", sets)])).encode())
    numbers = [document["purchase_order_number"] for document in read.documents]
    assert numbers == [f"PO-{i}" for i in range(5_000)]


def test_terminators_are_those_of_each_interchange() -> None:
    made: Segments = [["NTE", "a~b"], ["MSG", "c|d"]]
    tilde = Interchange("000000001", [Group("1", [Set("850", "1", made[1:])])])
    bar = Interchange(
        "000000002", [Group("1", [Set("850", "1", made[:1])])], marks=Marks("|", "^", "\x1c", "")
    )
    for first, second in pairwise((tilde, bar, tilde)):
        read = parse(written(first, second).encode()).documents
        assert [d["content"][1] for d in read] == [
            first.groups[0].sets[0].body[0],
            second.groups[0].sets[0].body[0],
        ]
