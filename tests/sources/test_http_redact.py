"""No secret survives, however it is spelled and wherever it turns up."""

from __future__ import annotations

import html
import json
import logging
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sources._http.redact import MARK, Redactor, cleaned_logs, is_telling

ANY = st.text(min_size=4, max_size=24).map(str.strip).filter(lambda s: len(s) >= 4)
SECRETS = ANY.filter(lambda s: s.replace("*", "").strip())
TEXTS = st.text(max_size=40)

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper case": lambda s: s.upper() if s.upper().lower() == s.lower() else s,
    "percent": lambda s: quote(s, safe=""),
    "percent, lower case": lambda s: "".join(
        c if c.isascii() and c.isalnum() else "".join(f"%{b:02x}" for b in c.encode()) for c in s
    ),
    "percent, slashes kept": quote,
    "percent twice": lambda s: quote(quote(s, safe=""), safe=""),
    "form": quote_plus,
    "JSON": lambda s: json.dumps(s)[1:-1],
    "JSON in UTF-8": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "JSON of PHP": lambda s: json.dumps(s)[1:-1].replace("/", "\\/"),
    "JSON of .NET": lambda s: "".join(
        f"\\u{ord(c):04X}" if c in "&<>+'" else json.dumps(c)[1:-1] for c in s
    ),
    "HTML": html.escape,
    "HTML, numbered": lambda s: "".join(
        c if c.isascii() and c.isalnum() else f"&#{ord(c)};" for c in s
    ),
    "repr": lambda s: repr(s)[1:-1],
    "repr of bytes": lambda s: repr(s.encode())[2:-1],
    "folded": lambda s: " ".join(s.split()),
    "base64": lambda s: b64encode(s.encode()).decode().rstrip("="),
    "base64 for URLs": lambda s: urlsafe_b64encode(s.encode()).decode().rstrip("="),
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@given(secret=SECRETS, before=TEXTS, after=TEXTS)
@example(secret="a+/b=&\"'<é> c", before="", after="")
@example(secret="pass  word\\n", before="x", after="y")
@example(secret="𝔘nicode🔑", before="", after="")
def test_no_spelling_survives(
    spell: Callable[[str], str], secret: str, before: str, after: str
) -> None:
    spelled = spell(secret)
    cleaned = Redactor([secret]).clean(f"{before}{spelled}{after}")
    assert spelled not in cleaned
    assert secret not in cleaned
    assert MARK in cleaned


@given(
    st.lists(SECRETS, min_size=1, max_size=4),
    st.lists(TEXTS | st.integers(0, 3), max_size=8),
    st.data(),
)
@example(["abcdef", "defghi"], ["abcdefghi"], None)
@example(["abcd", "x***y"], ["xabcdy"], None)
@example(["****", "*a**"], ["*a****"], None)
@example(["a***", "***b"], ["***ba***b"], None)
def test_no_secret_is_left_or_made(
    secrets: list[str], parts: list[str | int], data: st.DataObject | None
) -> None:
    text = "".join(p if isinstance(p, str) else secrets[p % len(secrets)] for p in parts)
    if data is not None and text:
        text += text[data.draw(st.integers(0, len(text) - 1)) :]
    cleaned = Redactor(secrets).clean(text)
    for secret in secrets:
        if secret.replace("*", ""):
            assert secret.lower() not in cleaned.lower()


@given(
    st.binary(max_size=4).map(lambda b: b.hex()) | st.text(max_size=6),
    SECRETS,
    TEXTS.filter(lambda s: "=" not in s),
)
@example("", "key-for-web-api", "")
def test_basic_credentials_do_not_survive(user: str, password: str, after: str) -> None:
    plain = f"{user}:{password}".encode()
    for coded in (b64encode(plain).decode(), urlsafe_b64encode(plain).decode()):
        cleaned = Redactor([password]).clean(f"sent {coded} and {after}")
        inner = coded.rstrip("=")[-4:]
        assert coded not in cleaned
        assert f"{inner} and" not in cleaned


def test_a_secret_cut_by_another_leaves_no_tail() -> None:
    assert Redactor(["abcdef", "defghi"]).clean("-abcdefghi-") == "-***-"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("abc", "***"),
        ("the abc, it is", "the ***, it is"),
        ("ABC", "***"),
        ("%20abc%20", "%20***%20"),
        ("fabcd", "fabcd"),
        ("abc1", "abc1"),
    ],
)
def test_a_short_secret_is_hidden_as_a_word_only(text: str, cleaned: str) -> None:
    assert Redactor(["abc"]).clean(text) == cleaned


@pytest.mark.parametrize("blank", ["", " ", "\n", "***", "* *"])
def test_a_blank_secret_hides_nothing(blank: str) -> None:
    assert Redactor([blank]).clean("a b * c") == "a b * c"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("https://s/x?token=t1&a=1", "https://s/x?token=***&a=1"),
        ("https://s/x?a=1&api_key=k#frag", "https://s/x?a=1&api_key=***#frag"),
        ("/x?AuthKey=k&Password=p;b=2", "/x?AuthKey=***&Password=***;b=2"),
        ("x[secret]=1&sort=name", "x[secret]=***&sort=name"),
        ("?keyword=chairs&author=me", "?keyword=chairs&author=me"),
        ("https://user:pw@server/x", "https://***@server/x"),
        ('{"password": "a\\"b", "n": 1}', '{"password": "***", "n": 1}'),
        ('{"token":12345,"n":1}', '{"token":***,"n":1}'),
        ('{"password": "cut off he', '{"password": "***"'),
        (r'{"m": "{\"password\": \"abc\"}"}', r'{"m": "{\"password\": \"***\"}"}'),
        ("{'ApiToken': 'abc', 'Accept': '*'}", "{'ApiToken': '***', 'Accept': '*'}"),
        ("[(b'Authorization', b'abc')]", "[(b'Authorization', b'***')]"),
        ("Authorization: Bearer abc\r\nHost: x", "Authorization: ***\r\nHost: x"),
        ("ApiToken: abc", "ApiToken: ***"),
        ("with Basic dXNlcjpwdw== sent", "with Basic *** sent"),
        ("Basic authentication is needed", "Basic authentication is needed"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln ok", "got *** ok"),
        ("nothing to hide: 12 orders", "nothing to hide: 12 orders"),
    ],
)
def test_what_sits_beside_a_telling_name_is_hidden(text: str, cleaned: str) -> None:
    assert Redactor().clean(text) == cleaned
    assert Redactor().clean(cleaned) == cleaned


@pytest.mark.parametrize(
    "name",
    ["token", "ApiToken", "AuthKey", "api_key", "apikey", "key", "X-Api-Key", "password", "pw",
     "client_secret", "Authorization", "Set-Cookie", "sig", "access%5Ftoken"],
)  # fmt: skip
def test_a_telling_name(name: str) -> None:
    assert is_telling(name)


@pytest.mark.parametrize("name", ["keyword", "monkey", "author", "Accept", "sku"])
def test_a_name_that_tells_nothing(name: str) -> None:
    assert not is_telling(name)


def test_headers_are_shown_without_their_secrets() -> None:
    shown = Redactor(["hidden-value"]).headers(
        {"ApiToken": "abc", "Accept": "*/*", "X-Other": "a hidden-value"}
    )
    assert shown == {"ApiToken": MARK, "Accept": "*/*", "X-Other": "a ***"}


def test_a_secret_learnt_later_is_hidden_from_then_on() -> None:
    redactor = Redactor()
    assert redactor.clean("a-new-one") == "a-new-one"
    redactor.add("a-new-one\n")
    redactor.add("another")
    assert redactor.clean("a-new-one, another") == f"{MARK}, {MARK}"
    assert "a-new-one" not in repr(redactor)


class TestExcerpt:
    @given(SECRETS, st.integers(0, 400), st.text("\x00\x07\n\t ab", max_size=30))
    def test_is_short_printable_and_clean(self, secret: str, before: int, noise: str) -> None:
        body = ("x" * before + noise + secret + noise).encode() * 3
        shown = Redactor([secret]).excerpt(body)
        assert len(shown) <= 200
        assert shown.isprintable()
        assert secret.lower() not in shown.lower()

    @pytest.mark.parametrize("cut", range(8170, 8195))
    def test_never_shows_the_head_of_a_secret_cut_by_its_window(self, cut: int) -> None:
        secret = "k" * 2000 + "END"
        filler = " " * (cut - 3 * len(secret))
        body = (secret * 3 + filler + secret).encode()
        assert "k" not in Redactor([secret]).excerpt(body)

    def test_is_not_cut_before_it_is_cleaned(self) -> None:
        body = b"x" * 195 + b"sk-123456789"
        assert Redactor(["sk-123456789"]).excerpt(body) == "x" * 195 + MARK

    def test_folding_makes_no_secret(self) -> None:
        assert Redactor(["pass word"]).excerpt(b"my pass\x00word") == f"my {MARK}"

    def test_bytes_that_are_no_text_are_shown_as_such(self) -> None:
        assert Redactor().excerpt(b"\xff\xfe<html>") == "\ufffd\ufffd<html>"


class TestLog:
    def record(self, *args: object, **extra: object) -> str:
        """What a handler gets to see of one record."""
        seen: list[str] = []

        class Keep(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                seen.append(f"{self.format(record)} {record.__dict__}")

        logger = logging.Logger("vendor")
        logger.addHandler(Keep())
        with cleaned_logs(Redactor(["s3cret-value"]), "vendor"):
            logger.addFilter(Redactor(["s3cret-value"]).log_filter())
            logger.warning(*args, **extra)  # type: ignore[arg-type]
        return seen[0]

    def test_arguments_are_cleaned(self) -> None:
        told = self.record("asked %s with %r", "/x?token=abc", {"k": "s3cret-value"})
        assert "asked /x?token=*** with {'k': '***'}" in told
        assert "s3cret-value" not in told

    def test_a_message_that_cannot_be_formatted_is_cleaned(self) -> None:
        assert "s3cret-value" not in self.record("%d items", "s3cret-value")

    def test_extra_attributes_are_cleaned(self) -> None:
        told = self.record("x", extra={"url": "/x?token=abc", "n": 1})
        assert "'url': '/x?token=***'" in told

    def test_tracebacks_are_cleaned_with_their_causes(self) -> None:
        error = RuntimeError("then s3cret-value")
        error.__cause__ = ValueError("first s3cret-value")
        told = self.record("failed", exc_info=error)
        assert "first ***" in told
        assert "then ***" in told
        assert "s3cret-value" not in told

    def test_the_stack_is_cleaned(self) -> None:
        told = self.record("s3cret-value", stack_info=True)
        assert "Stack (most recent call last)" in told
        assert '"s3cret-value"' not in told


def test_a_traceback_is_cleaned_with_its_chain() -> None:
    error = RuntimeError("outer s3cret-value")
    error.__cause__ = ValueError("inner s3cret-value")
    error.add_note("note s3cret-value")
    told = Redactor(["s3cret-value"]).traceback(error)
    assert told.count(MARK) == 3
    assert "s3cret-value" not in told


HOSTILE = {
    "one word": "a" * 20_000,
    "spaces": " " * 20_000,
    "quotes": '"' * 20_000,
    "quoted names": '"a":' * 5_000,
    "schemes": "://" * 5_000,
    "pairs": "token=" * 3_000,
    "backslashes": "\\" * 20_000,
    "Basic": "Basic " * 3_000,
    "half secrets": "pass word pas" * 1_500,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_takes_long(text: str) -> None:
    redactor = Redactor(["pass word pass", "x" * 1000, "a b c d e f"])
    began = time.process_time()
    redactor.clean(text)
    assert time.process_time() - began < 1
