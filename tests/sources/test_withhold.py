"""Withheld fields are gone from every body, and nothing else is."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources._tables.withhold import CARDS, MARK, PASSWORDS, Withheld, withhold

RULES = Withheld(names=frozenset({"pw", "Social_Security-Number"}), words=PASSWORDS | CARDS)
TELLING = ["pw", "PW", "social_security-number", "user_password_hash", "Passwd", "CardNumber"]
TELLING += ["credit-card num", "card_num", "CVV2", "newPwd", "cardExpiry"]
HARMLESS = ["id", "pws", "upward", "card", "num", "Gift_Card", "Café", "passage", "key:\\{["]
SCALARS = ["12.70", "-0.0", "1E5", "true", "null", '""', '"pw"', '"a\\u00e9\\/\\"b\\\\"', '"é,}]"']
SCALARS += ['"{\\"pw\\": 1}"', '"password"', "123456789012345678901234567890"]
BLANKS = st.sampled_from(["", "", " ", "\n\t ", "\r\n"])


def is_telling(name: str) -> bool:
    """The rule, said a second time."""
    low = name.lower()
    bare = re.sub("[^a-z0-9]", "", low)
    return low in ("pw", "social_security-number") or any(
        part in bare for part in ("passw", "passphrase", "pwd", "cardnum", "cardexp", "cvv", "cvc")
    )


@dataclass(frozen=True)
class Member:
    before: str
    key: str  # as written, with quotation marks
    colon: str
    value: Any
    after: str


def render(node: Any, *, whole: bool) -> str:
    """A node as text; where it is not to be whole, without the members that are withheld."""
    if isinstance(node, str):
        return node
    if isinstance(node, list):
        return "[" + ",".join(b + render(v, whole=whole) + a for b, v, a in node) + "]"
    text, kept = "{", False
    for place, member in enumerate(node):
        if whole or not is_telling(json.loads(member.key)):
            text += "," if kept or (whole and place) else ""
            text += member.before + member.key + member.colon
            text += render(member.value, whole=whole) + member.after
            kept = True
        elif kept:
            text += member.after
        else:
            text += member.before + (member.after if place == len(node) - 1 else "")
    return text + "}"


def written(name: str, escaped: list[bool]) -> str:
    """A key as a vendor may write it, some characters as escapes."""
    pairs = zip(name, escaped + [False] * len(name), strict=False)
    return '"' + "".join(f"\\u{ord(c):04x}" if e else json.dumps(c)[1:-1] for c, e in pairs) + '"'


KEYS = st.builds(written, st.sampled_from(TELLING + HARMLESS), st.lists(st.booleans(), max_size=4))
COLONS = st.tuples(BLANKS, BLANKS).map(":".join)
NODES = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: (
        st.lists(st.tuples(BLANKS, inner, BLANKS), max_size=4)
        | st.lists(st.builds(Member, BLANKS, KEYS, COLONS, inner, BLANKS), max_size=5).map(tuple)
    ),
    max_leaves=25,
)


def without(pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in pairs if not is_telling(name)]


@given(NODES, st.sampled_from(["", "\ufeff"]))
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_of_json_only_the_withheld_members_go(node: Any, mark: str) -> None:
    body = render(node, whole=True)
    rest, count = withhold((mark + body).encode(), RULES)
    assert rest.decode() == mark + render(node, whole=False)
    left = rest.decode().removeprefix(mark)
    assert json.loads(left, object_pairs_hook=list) == json.loads(body, object_pairs_hook=without)
    assert (count == 0) == (left == body)
    assert withhold(rest, RULES) == (rest, 0)


@dataclass(frozen=True)
class Planted:
    """A body with secrets in it: where each key stands, and what must not be read beside it."""

    body: bytes
    keys: tuple[tuple[int, int, bytes], ...]


def plant(rows: list[list[tuple[str, str]]]) -> Planted:
    """Rows of (key, value); `@` in a value becomes a secret that stands nowhere else."""
    text, keys, secrets = b"[", [], 0
    for row in rows:
        text += b"{"
        for key, value in row:
            start, end = len(text), len(text) + len(key) + 2
            while "@" in value:
                secrets += 1
                secret = f"SECRET{secrets:06d}SECRET"
                value = value.replace("@", secret, 1)
                keys.append((start, end, secret.encode()))
            text += f'"{key}":{value},'.encode()
        text = text.rstrip(b",") + b"},"
    return Planted(text.rstrip(b",") + b"]", tuple(keys))


TEXTS = ['"@"', '"a, @"', '"x\\"},\\"k\\":\\"@"', '"@ \\\\"', "@", '"é@é"', '"1},{@"']
HOLDERS = ['{"a":11,"b":"@"}', '["x",["y"],"@"]', '[[{"k":"y"}],{"k2":"@"}]', '{"a":{"b":"@"}}']
OTHERS = st.tuples(st.sampled_from(["id", "note", "card"]), st.sampled_from(['"a"', "1", "[1]"]))
SECRETS = st.tuples(st.sampled_from(["pw", "password", "CardNumber"]), st.sampled_from(TEXTS))
DEEP = st.tuples(st.sampled_from(["pw", "password"]), st.sampled_from(TEXTS + HOLDERS))


def bodies(member: st.SearchStrategy[tuple[str, str]]) -> st.SearchStrategy[Planted]:
    return st.lists(st.lists(member, min_size=1, max_size=4), min_size=1, max_size=3).map(plant)


def shown(rest: bytes, planted: Planted, harmed: set[int]) -> list[bytes]:
    """The secrets that can still be read although their keys are whole."""
    return [
        secret
        for start, end, secret in planted.keys
        if not harmed & set(range(start, end)) and secret in rest
    ]


@given(bodies(OTHERS | DEEP), st.data())
@settings(max_examples=300, deadline=None)
def test_of_a_cut_body_no_secret_is_left(planted: Planted, data: st.DataObject) -> None:
    size = len(planted.body)
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start, size))
    rest, _ = withhold(planted.body[start:end], RULES)
    assert shown(rest, planted, {*range(start), *range(end, size)}) == []


@given(bodies(OTHERS | DEEP), st.data())
@settings(max_examples=400, deadline=None)
def test_of_a_body_damaged_in_one_place_no_secret_is_left(
    planted: Planted, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(planted.body) - 1))
    junk = data.draw(st.sampled_from([b'"', b"}", b"]", b"{", b",", b":", b"\\", b"\0", b" "]))
    junk = data.draw(st.just(junk) | st.binary(min_size=1, max_size=3))
    harmed = planted.body[:at] + junk + planted.body[at + len(junk) :]
    rest, _ = withhold(harmed, RULES)
    assert shown(rest, planted, set(range(at, at + len(junk)))) == []


@given(bodies(OTHERS | SECRETS), st.data())
@settings(max_examples=300, deadline=None)
def test_of_a_body_damaged_everywhere_no_secret_text_is_left(
    planted: Planted, data: st.DataObject
) -> None:
    places = st.integers(0, len(planted.body) - 1)
    harm = data.draw(st.dictionaries(places, st.integers(0, 255), max_size=12))
    body = bytes(harm.get(place, byte) for place, byte in enumerate(planted.body))
    rest, _ = withhold(body, RULES)
    assert shown(rest, planted, set(harm)) == []


PIECES = [b'"pw"', b'"pw":', b"pw", b"password", b"\\u0070w", b'"', b"\\", b"{", b"}", b"[", b"]"]
PIECES += [b":", b",", b" ", b"1", b'"a"', b"\0", b"\xff", b"\xff\xfe", b"\\u", b"card num"]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join))
@settings(max_examples=400, deadline=None)
def test_of_any_bytes_at_all_something_goes_and_nothing_comes(body: bytes) -> None:
    rest, count = withhold(body, RULES)
    assert (count == 0) == (rest is body)
    if b"\0" not in body:
        bytes_left = iter(body)
        kept = rest.replace(b'"***"', b"").replace(b"***", b"")
        assert all(byte in bytes_left for byte in kept)


@pytest.mark.parametrize(
    ("body", "left"),
    [
        pytest.param(b'{"pw":"s3cret","a":12.70}', b'{"a":12.70}', id="first"),
        pytest.param(b'{ "a" : 1 , "pw" : [ {} ] }', b'{ "a" : 1  }', id="last"),
        pytest.param(b'{"pw":1,"PW":2, "x":3}', b'{ "x":3}', id="several at the front"),
        pytest.param(b'{"a":1,"pw":1,"pw":2}', b'{"a":1}', id="twice"),
        pytest.param(b' {"pw":{"pw":1}} ', b" {} ", id="alone, and inside itself"),
        pytest.param(b'[{"n":"\xff","pw":1}]', b'[{"n":"\xff"}]', id="no UTF-8"),
        pytest.param(b'[{"n":"\n\x01","pw":1}]', b'[{"n":"\n\x01"}]', id="control characters"),
        pytest.param(b'{"a":NaN,"pw":007}', b'{"a":NaN}', id="strange numbers"),
        pytest.param(b'{"pw":1}\n{"pw":2,"a":1}\n', b'{}\n{"a":1}\n', id="a document a line"),
        pytest.param('{"é\\ud800":1,"pw":2}'.encode(), '{"é\\ud800":1}'.encode(), id="surrogate"),
        pytest.param(b'{"\\\\u0070w":1}', b'{"\\\\u0070w":1}', id="a backslash, not an escape"),
    ],
)
def test_what_is_well_formed_loses_exactly_its_members(body: bytes, left: bytes) -> None:
    assert withhold(body, RULES)[0] == left


@pytest.mark.parametrize(
    ("body", "left"),
    [
        pytest.param(b'{"pw":"s3,c","a":1', b'{"pw":"***","a":1', id="cut later"),
        pytest.param(b'{"a":1,"pw":"s3c', b'{"a":1,"pw***', id="cut in the secret"),
        pytest.param(b'{"pw":["s3c"],"a":1', b'{"pw***', id="a list in a cut body"),
        pytest.param(b'[{"pw":"s3c"}},{"a":1}]', b'[{"pw":"***"}},{"a":1}]', id="a bracket more"),
        pytest.param(b'{"pw" "s3c"}', b'{"pw***', id="no colon"),
        pytest.param(b"{'pw': 's3c'}", b"{'pw***", id="single quotes"),
        pytest.param(b'{"\\u0070w":"s3c","a":', b'{"\\u0070w":"***","a":', id="escaped, cut"),
        pytest.param(b'{"a\\x":1,"pw":"s3c"}', b'{"a\\x":1,"pw":"***"}', id="no such escape"),
        pytest.param(b"user=jo&password=s3c&x=1", b"user=jo&passw***", id="form"),
        pytest.param(b"<a/><Password>s3c</Password>", b"<a/><Passw***", id="XML"),
        pytest.param(b"<p>{&quot;pw&quot;:&quot;s3c", b"<p>{&quot;pw***", id="HTML"),
        pytest.param(b'"log {\\"pw\\":\\"s3c\\"}', b'"log {\\"pw***', id="inside a broken string"),
        pytest.param(b"<html>Bad gateway, upward</html>", None, id="harmless HTML"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_what_is_no_json_shows_nothing_beside_a_name(body: bytes, left: bytes | None) -> None:
    assert withhold(body, RULES)[0] == (body if left is None else left)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-32-be"])
def test_wide_encodings_are_looked_into(encoding: str) -> None:
    text = '{"né":12.70, "pw":"s3cret", "a":[]}'
    rest, count = withhold(text.encode(encoding), RULES)
    assert (rest.decode(encoding), count) == ('{"né":12.70, "a":[]}', 1)
    assert rest.startswith(text.encode(encoding)[:10])
    harmless = '{"né":1}'.encode(encoding)
    assert withhold(harmless, RULES)[0] is harmless


@pytest.mark.parametrize(
    "body",
    [
        b'[{"id":1,"note":"nothing to see","card":"x","numb":2}]',
        b'[{"id":1,"n\\u00e9":"d\\u0027un"}]',
        b'[{"note":"her password is elsewhere","upward":1}]',
    ],
    ids=["no name", "escapes that hide no name", "a name in a text"],
)
def test_a_body_with_nothing_to_withhold_is_the_same_object(body: bytes) -> None:
    assert withhold(body, RULES)[0] is body
    assert withhold(body, Withheld())[0] is body


def test_depth_costs_no_stack() -> None:
    deep = b"[" * 100_000 + b'{"pw":1}' + b"]" * 100_000
    assert withhold(deep, RULES) == (deep.replace(b'"pw":1', b""), 1)
    assert withhold(b'{"pw":' + deep, RULES) == (b'{"pw' + MARK, 1)


@pytest.mark.parametrize(
    "declared",
    [{"names": {"pass word"}}, {"names": {"contraseña"}}, {"words": {"Password"}}, {"words": {""}}],
    ids=["blank in a name", "not ASCII", "upper case", "empty"],
)
def test_a_declaration_that_could_not_be_kept_is_refused(declared: dict[str, set[str]]) -> None:
    with pytest.raises(ValueError, match="withheld"):
        Withheld(**{kind: frozenset(said) for kind, said in declared.items()})
