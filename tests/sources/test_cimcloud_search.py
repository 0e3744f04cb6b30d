"""What a search says is what a server reads, whatever the values hold."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sources._http.settings import WireSettings
from sources.cimcloud.search import (
    Clause,
    Condition,
    DaysAgo,
    Operators,
    Unspeakable,
    all_of,
    any_of,
    between,
    exact,
    list_path,
    since,
)

# what is said, as plain data: ("and", [...]), ("or", [...]), or ("is", operator, field, values);
# a value is a text, or a number of days ago
Plain = Any


class Reader:
    """A small server's side: reads a path by the documented grammar, knowing nothing of ours."""

    def __init__(self, path: str) -> None:
        assert path.isascii()
        assert set(path) <= set("/%-_.~") | set(map(chr, range(48, 123)))
        segments = path.split("/")
        assert "" not in segments
        assert not {".", ".."} & set(segments)
        self.page = int(segments.pop()) if segments[-1].isdecimal() else None
        self.search = None
        if "~" in decoded(segments[-1]):
            self._text = decoded(segments.pop())
            self._at = 0
            self.search = self._joined()
            assert self._at == len(self._text)
        self.resource = "/".join(segments)

    def _joined(self) -> Plain:
        parts, words = [self._part()], set()
        while word := re.compile(r"\|(and|or)\|").match(self._text, self._at):
            self._at = word.end()
            words.add(word[1])
            parts.append(self._part())
        assert len(words) < 2, "which binds closer is not said"
        return (words.pop(), parts) if words else parts[0]

    def _part(self) -> Plain:
        if self._text[self._at] == "(":
            self._at += 1
            inner = self._joined()
            assert self._text[self._at] == ")"
            self._at += 1
            return inner
        end = re.compile(r"[|)]|$").search(self._text, self._at)
        assert end is not None
        said = self._text[self._at : end.start()]
        self._at = end.start()
        operator, field, *values = said.split("~")
        return ("is", operator, field, [self._value(v) for v in values])

    @staticmethod
    def _value(text: str) -> str | int:
        if text == "<<date>>":
            return 0
        days = re.fullmatch(r"<<dateadd:days:(-?\d+)>>", text)
        return -int(days[1]) if days else text


def decoded(segment: str) -> str:
    """Percent-decoding by hand."""
    out = bytearray()
    while segment:
        if segment[0] == "%":
            out.append(int(segment[1:3], 16))
            segment = segment[3:]
        else:
            out += segment[0].encode()
            segment = segment[1:]
    return out.decode("utf-8")


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,9}", fullmatch=True)
SAYABLE = st.text(
    st.one_of(
        st.sampled_from("/.%?#&=+;:,'\"\\ <>0123456789-"),
        st.characters(exclude_categories=["C", "Z"], exclude_characters="~|()"),
    ),
    min_size=1,
    max_size=12,
).filter(lambda t: t.strip() and "<<" not in t and ">>" not in t)
VALUES = st.one_of(SAYABLE, st.integers(-4000, 4000))
TESTS = st.tuples(st.just("is"), NAMES, NAMES, st.lists(VALUES, min_size=1, max_size=2))
SAID = st.recursive(
    TESTS,
    lambda inner: st.tuples(
        st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)
    ),
    max_leaves=8,
)
PATHS = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,9}(/[A-Za-z][A-Za-z0-9_-]{0,9})?", fullmatch=True)


def clause(said: Plain) -> Clause:
    if said[0] == "is":
        values = tuple(DaysAgo(v) if isinstance(v, int) else v for v in said[3])
        return Condition(said[1], said[2], values)
    return (all_of if said[0] == "and" else any_of)(*map(clause, said[1]))


@given(PATHS, SAID, st.integers(1, 20_000))
@example("accounts", ("is", "searchexact", "sku", ["../a/%2F..//1"]), 1)
@example("accounts", ("is", "searchexact", "sku", ["<", "> 1/1/2021"]), 7)
def test_a_server_reads_what_was_said(path: str, said: Plain, page: int) -> None:
    read = Reader(list_path(path, clause(said), page))
    assert (read.resource, read.search, read.page) == (path, said, page)


@given(PATHS, SAID, st.integers(1, 99))
def test_a_path_is_one_that_the_client_takes_as_it_is(path: str, said: Plain, page: int) -> None:
    url = WireSettings(base_url="https://api.example/acme").url(list_path(path, clause(said), page))
    assert url.count("/") == 2 + 1 + path.count("/") + 3
    assert "?" not in url
    assert "#" not in url


def test_the_documented_example() -> None:
    search = all_of(
        Condition("searchlike", "nm", ("manufacturing",)),
        any_of(
            between("create_date", DaysAgo(10), DaysAgo(0)),
            since("last_modify_date", "1/1/2021"),
        ),
    )
    assert str(search) == (
        "searchlike~nm~manufacturing|and|(searchbetween~create_date~<<dateadd:days:-10>>~<<date>>"
        "|or|searchgreatherthanequal~last_modify_date~1/1/2021)"
    )
    assert list_path("accounts", since("c", "1/1/2021"), 1) == (
        "accounts/searchgreatherthanequal~c~1%2F1%2F2021/1"
    )


def test_days_count_back_and_ahead() -> None:
    assert [str(DaysAgo(n)) for n in (10, 0, -1)] == [
        "<<dateadd:days:-10>>",
        "<<date>>",
        "<<dateadd:days:1>>",
    ]


def test_paths_without_a_search() -> None:
    assert list_path("accounts") == "accounts"
    assert list_path("accounts", page=3) == "accounts/3"


def test_operators_have_the_names_that_they_are_given() -> None:
    named = Operators(between="b", since="s", exact="e")
    said = [between("f", 1, 2, named), since("f", 1, named), exact("f", 1, named)]
    assert [str(one) for one in said] == ["b~f~1~2", "s~f~1", "e~f~1"]


@pytest.mark.parametrize(
    "value",
    ["", "  ", "a~b", "a|b", "a(b", "b)", "<<date>>", "a>>", "a\nb", "\x00", "\ud800", "a\u200b"],
    ids=ascii,
)
def test_what_cannot_be_said_is_refused(value: str) -> None:
    with pytest.raises(Unspeakable):
        exact("sku", value)


@given(st.text(max_size=8))
def test_any_text_is_said_or_refused(value: str) -> None:
    try:
        said = exact("sku", value)
    except Unspeakable:
        return
    assert Reader(list_path("products", said, 1)).search == ("is", "searchexact", "sku", [value])


@pytest.mark.parametrize("page", [0, -1])
def test_pages_begin_at_one(page: int) -> None:
    with pytest.raises(Unspeakable, match="begin at 1"):
        list_path("accounts", page=page)


def test_a_search_needs_its_page() -> None:
    with pytest.raises(Unspeakable, match="page"):
        list_path("accounts", since("d", "1/1/2021"))


@pytest.mark.parametrize(
    "path",
    ["", "/accounts", "accounts/", "a//b", "..", "a/..", ".", "1", "a/1", "a b", "a?b", "a%2Fb"],
)
def test_a_path_that_is_none(path: str) -> None:
    with pytest.raises(Unspeakable, match="resource's path"):
        list_path(path, page=1)


@pytest.mark.parametrize("name", ["", "a~b", "a b", "1a", "a/b", "é", "a|b"])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(Unspeakable, match="no name"):
        exact(name, "x")
    with pytest.raises(Unspeakable, match="no name"):
        Operators(since=name)


@pytest.mark.parametrize("join", [all_of, any_of])
def test_joining_nothing_is_refused_and_one_is_itself(join: Any) -> None:
    with pytest.raises(Unspeakable, match="no clauses"):
        join()
    one = exact("a", "b")
    assert join(one) is one
