"""Fields that must never be kept are taken out of a page before anything keeps it.

Guaranteed, for keys compared by their decoded name and without regard to ASCII case:

- **A body that is JSON** loses every withheld member at any depth, whatever its value, with one
  comma and the blanks in between. Every other byte stays as it came, and the rest is still JSON.
  The same holds for what is as well-formed as JSON and still no JSON: bytes that are no UTF-8,
  control characters in strings, strange numbers, several documents in a row.
- **A body that is cut, mutilated or something else** keeps nothing beside a withheld name that can
  still be read in it. A scalar followed by what must follow a member becomes `"***"`; behind any
  other legible name, even a mere mention, everything up to the end becomes `***`.
- UTF-16 and UTF-32 are looked into where the first bytes show them.

Not guaranteed: a name inside a string (JSON within JSON), a name that is itself a value
(`{"field": "password", "value": …}`), a name whose own bytes are damaged, and damage that happens
to forge JSON: a whole `","name":` with bare quotation marks inside a withheld string, or brackets
that move a withheld list's end and still match.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

MARK: Final = b"***"
PASSWORDS: Final = frozenset({"passw", "passphrase", "pwd"})
"""Words of names that hold a password, hashed or not."""
CARDS: Final = frozenset({"card num", "card exp", "exp month", "exp year", "cvv", "cvc"})
"""Words of names that hold what is printed on a payment card."""
CARD_NAMES: Final = frozenset({"cc_number", "cc_num", "ccnumber", "ccnum", "cc_exp", "ccexp"})
"""Names of the same that, as words, would also be found in "acc_number" and its like."""
IDENTITIES: Final = frozenset({"social_security_number", "passport_number", "id_number"})
"""Names that hold the number by which a state knows a person."""

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_WORD = re.compile(r"[a-z0-9]+(?: [a-z0-9]+)*")
_GAP: Final = r"(?:\\u[0-9a-f]{4}|[^a-z0-9])*+"  # between the words of a name, escaped or not
_BOM: Final = b"\xef\xbb\xbf"
_LENIENT: Final = json.JSONDecoder(strict=False)
# a letter, digit, "_" or "-" written as an escape: a name may hide behind it
_HIDING = re.compile(rb"\\u00(?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF]|2[dD])")


class _Around(IntEnum):
    """What is open around a place; one byte a level."""

    LIST = 0
    OBJECT_STILL_EMPTY = 1
    OBJECT = 2


_WS: Final = rb"[ \t\r\n]*+"
_STRING: Final = rb'"(?:[^"\\]++|\\.)*+"'
_SCALAR: Final = _STRING + rb"|[0-9A-Za-z.+-]++"
_VALUE: Final = rb"(?P<scalar>" + _SCALAR + rb")|(?P<list>\[)|(?P<object>\{)"
_KEY: Final = rb"(?P<key>" + _STRING + rb")" + _WS + rb":"
_BARE_KEY: Final = _WS + _STRING + _WS + rb":"


def _one_of(*alternatives: bytes) -> re.Pattern[bytes]:
    return re.compile(_WS + rb"(?:" + b"|".join(alternatives) + rb")", re.DOTALL)


_AT_VALUE = _one_of(_VALUE)
_AT_FIRST_KEY = _one_of(rb"(?P<close>\})", rb"(?P<comma>)" + _KEY)
_AT_FIRST_ITEM = _one_of(rb"(?P<close>\])", _VALUE)
_AT_END = _one_of(rb"(?P<end>\Z)", rb"(?P<list>\[)", rb"(?P<object>\{)")
_AT_NEXT_KEY = _one_of(rb"(?P<close>\})", rb"(?P<comma>,)" + _WS + _KEY)
_AT_NEXT_ITEM = _one_of(rb"(?P<close>\])", rb"(?P<separator>,)")
_BEHIND_A_VALUE = (_AT_NEXT_ITEM, _AT_NEXT_KEY, _AT_NEXT_KEY)  # by what is around it
_INSIDE = {
    "list": (_AT_FIRST_ITEM, _Around.LIST),
    "object": (_AT_FIRST_KEY, _Around.OBJECT_STILL_EMPTY),
}
_DELIMITED = re.compile(  # behind a name: its scalar, and what must follow a member
    rb'[\w.$-]{0,64}+"%(ws)b:%(ws)b(?P<value>%(scalar)b)(?=%(ws)b(?:%(member)b'
    rb"|\}(?:%(ws)b[}\]])*+%(ws)b(?:\Z|%(member)b|,%(ws)b\{%(key)b)))"
    % {b"ws": _WS, b"scalar": _SCALAR, b"key": _BARE_KEY, b"member": rb"," + _BARE_KEY},
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """What must never be kept of a vendor's answers.

    Words and no pattern: they can be searched for without reading the page as JSON.

    Attributes:
        names: whole names, as "pw" or "social_security_number"; case does not matter.
        words: what a name may contain, in lower case. A blank stands for any separators or none:
            "card num" is in "CardNumber", "card_num" and "credit-card-number".
    """

    names: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    _plain: tuple[bytes, ...] = field(init=False, repr=False, compare=False)
    _gapped: tuple[re.Pattern[bytes], ...] = field(init=False, repr=False, compare=False)
    _in_key: re.Pattern[bytes] = field(init=False, repr=False, compare=False)
    _legible: re.Pattern[bytes] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in self.names:
            if not _NAME.fullmatch(name):
                raise ValueError(f"withheld name {name!r}: ASCII letters, digits, _ and - only")
        for word in self.words:
            if not _WORD.fullmatch(word):
                raise ValueError(f"withheld word {word!r}: lower-case ASCII, one blank between")
        names, words = sorted({n.lower() for n in self.names}), sorted(self.words)
        plain = names + [w for w in words if " " not in w]
        gapped = [w.replace(" ", _GAP) for w in words if " " in w]
        in_key = [rf"\A{n}\Z" for n in names] + [w.replace(" ", _GAP) for w in words]
        legible = [rf"(?<![a-z0-9_-]){_spelled(n)}(?![a-z0-9_-])" for n in names]
        legible += [_spelled(w) for w in words]
        object.__setattr__(self, "_plain", tuple(n.encode() for n in plain))
        object.__setattr__(self, "_gapped", tuple(re.compile(g.encode()) for g in gapped))
        object.__setattr__(self, "_in_key", _any_of(in_key))
        object.__setattr__(self, "_legible", _any_of(legible))

    def has(self, key: bytes) -> bool:
        """Whether a member is withheld.

        Args:
            key: its key as it stands in the body, with the quotation marks.

        Raises:
            ValueError: the key has an escape that JSON does not know.
        """
        if b"\\" not in key:
            name = key[1:-1]
        else:
            text: str = _LENIENT.decode(key.decode("utf-8", "surrogateescape"))
            name = text.encode("utf-8", "surrogatepass")
        return self._in_key.search(name.lower()) is not None

    def may_be_in(self, body: bytes) -> bool:
        """Whether a withheld name could be in the body: quick, and wrong only by saying yes."""
        if not self.names and not self.words:
            return False
        lowered = body.lower()
        return (
            any(name in lowered for name in self._plain)
            or any(words.search(lowered) for words in self._gapped)
            or _HIDING.search(body) is not None
        )

    def legible(self, body: bytes, at: int) -> re.Match[bytes] | None:
        """The next withheld name that can be read in the body, JSON or not."""
        return self._legible.search(body, at)


def untold(body: bytes) -> bytes:
    """What may be told of an answer, in a message or a log, whatever vendor it is.

    Passwords are left to the redactor, which hides their values: "wrong password" has to be said.
    """
    return withhold(body, _UNTOLD)[0]


def withhold(body: bytes, rules: Withheld) -> tuple[bytes, int]:
    """The body without what is withheld, and in how many places that was.

    Where it was in none, the very same object comes back. Time is linear in the body's length, and
    nesting costs a byte a level.
    """
    body, count = _withheld(body, rules)
    if b"\0" in body:  # no JSON in UTF-8 has one
        body, more = _withheld_widely(body, rules)
        count += more
    return body, count


def _withheld(body: bytes, rules: Withheld) -> tuple[bytes, int]:
    if not rules.may_be_in(body):
        return body, 0
    try:
        spans = _spans(body, rules)
    except ValueError:
        return _hidden(body, rules)
    if not spans:
        return body, 0
    ends = [0, *(end for _, end in spans)]
    starts = [*(start for start, _ in spans), len(body)]
    kept = [body[end:start] for end, start in zip(ends, starts, strict=True)]
    return b"".join(kept), len(spans)


def _withheld_widely(body: bytes, rules: Withheld) -> tuple[bytes, int]:
    """The same for UTF-16 and UTF-32."""
    encoding = json.detect_encoding(body)
    if encoding.startswith("utf-8"):
        return body, 0
    if encoding in ("utf-16", "utf-32"):  # by their byte order mark, which has to stay
        encoding += "-le" if body.startswith(b"\xff\xfe") else "-be"
    rest, count = _withheld(body.decode(encoding, "replace").encode(), rules)
    return (rest.decode().encode(encoding), count) if count else (body, 0)


def _spans(body: bytes, rules: Withheld) -> list[tuple[int, int]]:
    """Where the members to be cut are, each with one comma.

    That is the comma before, or the one behind while nothing of the object was kept yet.

    Raises:
        ValueError: the body is not well-formed.
    """
    spans: list[tuple[int, int]] = []
    known: dict[bytes, bool] = {}
    around = bytearray()
    start = within = 0  # of the member being cut: where it starts, and at which depth
    step, at = _AT_VALUE, len(_BOM) if body.startswith(_BOM) else 0
    while found := step.match(body, at):
        kind, at = found.lastgroup, found.end()
        if kind == "key":
            step = _AT_VALUE
            if within:
                continue
            is_first = around[-1] == _Around.OBJECT_STILL_EMPTY
            if is_first and found["comma"]:
                spans[-1] = (spans[-1][0], found.end("comma"))
            key = found["key"]
            if key not in known:
                known[key] = rules.has(key)
            if known[key]:
                start, within = found.start("key" if is_first else "comma"), len(around)
            else:
                around[-1] = _Around.OBJECT
        elif kind == "separator":
            step = _AT_VALUE
        elif kind in _INSIDE:
            step, opened = _INSIDE[kind]
            around.append(opened)
        elif kind == "end":
            return spans
        else:
            if kind == "close":
                around.pop()
            if within and within == len(around):
                spans.append((start, at))
                within = 0
            step = _BEHIND_A_VALUE[around[-1]] if around else _AT_END
    raise ValueError(f"the JSON breaks off at byte {at}")


def _hidden(body: bytes, rules: Withheld) -> tuple[bytes, int]:
    """What may stay of a body that is not well-formed.

    Where a list or an object ends is beyond doubt in a whole body only, so no end is sought.
    """
    kept: list[bytes] = []
    at = count = 0
    while name := rules.legible(body, at):
        count += 1
        member = _DELIMITED.match(body, name.end())
        if member is None:
            return b"".join((*kept, body[at : name.end()], MARK)), count
        kept += (body[at : member.start("value")], b'"' + MARK + b'"')
        at = member.end("value")
    return b"".join((*kept, body[at:])), count


def _any_of(patterns: list[str]) -> re.Pattern[bytes]:
    return re.compile("|".join(patterns or ["(?!)"]).encode(), re.IGNORECASE | re.DOTALL)


def _spelled(name: str) -> str:
    """A pattern for a name in which any character may be written as an escape."""
    return "".join(map(_character, name))


def _character(char: str) -> str:
    if char == " ":
        return r"(?:\\u00(?:2d|5f|20)|[^a-z0-9]){0,4}"
    codes = sorted({f"{ord(c):02x}" for c in (char.lower(), char.upper())})
    return rf"(?:{char}|\\u00(?:{'|'.join(codes)}))"


_UNTOLD: Final = Withheld(names=CARD_NAMES | IDENTITIES, words=CARDS)
