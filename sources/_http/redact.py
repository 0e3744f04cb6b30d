"""Nothing secret reaches a message, a URL that is shown, a log record or a traceback.

Two rules work together, since either alone has holes:

- **by value**: the secrets this process was given, however they come back: as they are,
  percent-encoded (once or twice), JSON- or HTML-escaped, as Python shows bytes, or inside base64
  (`Basic` credentials, whatever the user name in front);
- **by name**: what sits beside a telling name (`token=`, `"password":`, `Authorization:`) even
  when its value was never seen here, as with a token the vendor has just issued.

What is no secret and must not be told either, a person's identity number in an answer, is taken
out before anything of the answer is quoted.

Cleaning too much is cheap; cleaning too little is not.
"""

from __future__ import annotations

import logging
import re
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from json import dumps
from typing import Final
from urllib.parse import unquote

Withholds = Callable[[bytes], bytes]
"""A body without what must not be told of it; it takes any bytes, JSON or not."""

MARK: Final = "***"
SHORT: Final = 4
"""Secrets of fewer characters are hidden only where they stand as a word of their own: hiding
every "a" would make messages unreadable, and tell the secret by what is missing."""

_WINDOW: Final = 8192
_WIDEST: Final = 20
"""One character outside the Basic Multilingual Plane, percent-encoded twice."""
_TELLING = re.compile(
    r"token|secret|passw|passphrase|pwd|pass$|credential|signature|cookie|session|jwt|api-?key"
    r"|auth(?!or(?!iz))|(?<![a-z])(?:key|pw|pin|sig)(?![a-z])"
)
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PAIR = re.compile(r"(?<![\w.\-\[\]%~])([\w.\-\[\]%~]++)(=)([^&#\s\"'<>;,)]+)")
_FIELD = re.compile(
    r"""(?:(?<=["'])|(?<=\\"))([\w.\-\[\] ]++)(\\?["']\s*[:,]\s*)"""
    r"""(b?"(?:[^"\\]|\\.)*"?|b?'(?:[^'\\]|\\.)*'?|\\"(?:[^"\\]|\\\\\\"|\\[^"])*(?:\\")?|[^\s,}\])]+)"""
)
_HEADER = re.compile(
    r"(?i)\b((?:proxy-)?authorization|api-?token|x-api-key|x-auth-token|(?:set-)?cookie)"
    r"(\s*:\s*)([^\r\n]+)"
)
_SCHEME = re.compile(r"(?i:\b(Basic|Bearer))(\s+)(?=[\w+/=.~-]*(?:\d|=|[a-z][A-Z]))[\w+/=.~-]{8,}")
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?")
_STRAY = re.compile(r"bytearray\(.*", re.DOTALL)
"""How h11 quotes what came where a status line or a chunk belongs: it may be of a body."""
_USERINFO = re.compile(r"(?<=://)[^/?#\s@]+@")


def is_telling(name: str) -> bool:
    """Whether a field, header or parameter of that name holds something secret.

    "AuthKey", "api_token" and "key" do; "author" and "keyword" do not.
    """
    return bool(_TELLING.search(_HUMPS.sub("-", unquote(name)).replace("_", "-").lower()))


class Redactor:
    """Cleans text of the secrets it was told and of whatever sits beside a telling name."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._longest = 0
        self._pattern: re.Pattern[str] | None = None
        self._withholds: Withholds | None = None
        self.add(*secrets)

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._secrets)} secrets>"

    def add(self, *secrets: str) -> None:
        """Learn more secrets: a token just issued, for one. Blank ones are ignored."""
        known = self._secrets | {s.strip() for s in secrets if s.strip(f"{MARK} \t\r\n")}
        if known != self._secrets:
            # one alternation, longest first, under a lookahead: overlapping finds are all seen
            patterns = [p for s in sorted(known, key=len, reverse=True) for p in _spellings(s)]
            self._pattern = re.compile(f"(?=({'|'.join(patterns)}))")
            self._longest = max(map(len, known)) * _WIDEST
            self._secrets = known

    def withhold_by(self, withholds: Withholds) -> None:
        """Take this out of every body before it is quoted."""
        self._withholds = withholds

    def clean(self, text: str) -> str:
        """The text without secrets, each replaced by `***`."""
        text = _USERINFO.sub(f"{MARK}@", text)
        text = _HEADER.sub(rf"\1\2{MARK}", text)
        text = _SCHEME.sub(rf"\1\2{MARK}", text)
        text = _JWT.sub(MARK, text)
        text = _hide_named(_FIELD, text)
        text = _hide_named(_PAIR, text)
        # what is left around a hidden secret may spell another; every round removes
        # characters other than the mark's, so this ends
        while (cleaned := self._hide_values(text)) != text:
            text = cleaned
        return text

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers as they may be shown."""
        return {n: MARK if is_telling(n) else self.clean(v) for n, v in headers.items()}

    def excerpt(self, body: bytes, limit: int = 200) -> str:
        """The beginning of a body as one printable line, cleaned before it is cut.

        Cutting first could leave half a secret, which nothing would recognise.
        """
        if self._withholds is not None:
            body = self._withholds(body)
        text = self.clean(body[:_WINDOW].decode("utf-8", "replace"))
        if len(body) > _WINDOW:
            text = text[: max(0, len(text) - self._longest)]
        printable = "".join(c if c.isprintable() else " " for c in text)
        return self.clean(" ".join(printable.split()))[:limit]

    def traceback(self, error: BaseException) -> str:
        """The error with its whole chain of causes, as Python prints it, cleaned."""
        return self.clean("".join(traceback.format_exception(error)))

    def log_filter(self) -> logging.Filter:
        """A filter for a handler, or for a logger's own records, that cleans what passes."""
        return _CleanRecords(self)

    def _hide_values(self, text: str) -> str:
        if self._pattern is None:
            return text
        out: list[str] = []
        done = 0
        for start, end in _merged(found.span(1) for found in self._pattern.finditer(text)):
            out += (text[done:start], MARK)
            done = end
        return "".join((*out, text[done:]))


@contextmanager
def cleaned_logs(redactor: Redactor, *loggers: str) -> Iterator[None]:
    """Clean what these loggers say, for as long as the context lasts."""
    cleaner = redactor.log_filter()
    for name in loggers:
        logging.getLogger(name).addFilter(cleaner)
    try:
        yield
    finally:
        for name in loggers:
            logging.getLogger(name).removeFilter(cleaner)


class _CleanRecords(logging.Filter):
    """Cleans a record's message, exception, stack and text attributes; lets all pass."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place, so that every handler gets the clean one."""
        clean = self._redactor.clean
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = f"{record.msg} {record.args!r}"
        record.msg, record.args = clean(_STRAY.sub(MARK, message)), None
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = self._redactor.traceback(record.exc_info[1])
        elif record.exc_text:
            record.exc_text = clean(record.exc_text)
        record.exc_info = None  # a handler that formats it itself would bypass the cleaning
        if record.stack_info:
            record.stack_info = clean(record.stack_info)
        for name, value in record.__dict__.items():
            if name not in _OWN and isinstance(value, str):
                record.__dict__[name] = clean(value)
        return True


_OWN: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


def _hide_named(pattern: re.Pattern[str], text: str) -> str:
    """Hide the value beside each telling name; inside other values, look on.

    A value keeps its quotes, so that JSON still reads as JSON.
    """
    out: list[str] = []
    done = 0
    while found := pattern.search(text, done):
        out.append(text[done : found.start(3)])
        done = found.start(3)
        if is_telling(found[1]):
            opening = re.match(r"b?\\?[\"']", found[3])
            quote = opening[0] if opening else ""
            out.append(f"{quote}{MARK}{quote.lstrip('b')}")
            done = found.end()
    return "".join((*out, text[done:]))


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order of their start, those that overlap made one."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _spellings(secret: str) -> list[str]:
    """Patterns for every way the secret may come back."""
    parts = re.split(r"(\s+)", secret)
    plain = "".join(_gap(p) if p[:1].isspace() else "".join(map(_character, p)) for p in parts)
    if len(secret) < SHORT:
        before = r"(?:(?<![0-9A-Za-z])|(?<=%[0-9A-Fa-f][0-9A-Fa-f]))"
        return [f"{before}(?i:{plain})(?![0-9A-Za-z])"]
    return [f"(?i:{plain})", *_in_base64(secret)]


def _character(char: str) -> str:
    """A pattern for one character of a secret, escaped or not."""
    if char.isascii() and char.isalnum():
        return char  # nobody escapes these, and most secrets are made of nothing else
    utf8 = char.encode("utf-8", "surrogatepass")
    spelled = {
        char,
        "".join(f"%{b:02x}" for b in utf8),
        "".join(f"%25{b:02x}" for b in utf8),
        dumps(char)[1:-1],
        f"\\u{ord(char):04x}",
        f"\\{char}",
        escape(char),
        f"&#{ord(char)};",
        f"&#x{ord(char):x};",
        repr(utf8)[2:-1],
        repr(char)[1:-1],
    }
    patterns = [re.escape(s) for s in sorted(spelled, key=lambda s: (-len(s), s))]
    if char == "'":
        patterns.insert(0, "&apos;")
    return f"(?:{'|'.join(patterns)})"


def _gap(spaces: str) -> str:
    """A pattern for white space inside a secret, which a message may have folded."""
    return rf"(?:\s|\+|{'|'.join(_character(c) for c in sorted(set(spaces)))})+"


def _in_base64(secret: str) -> list[str]:
    """Patterns for the secret inside base64, wherever it starts among the groups of three.

    A character at either edge mixes the secret's bits with its neighbour's: it is taken along.
    """
    utf8 = secret.encode("utf-8", "surrogatepass")
    spelled = {"+": r"(?:\+|-|%2B)", "/": r"(?:\\?/|_|%2F)"}
    patterns = []
    for offset, mixed in ((0, 0), (1, 2), (2, 3)):
        whole = (offset + len(utf8)) * 8 // 6
        core = b64encode(bytes(offset) + utf8).decode()[mixed:whole]
        body = "".join(spelled.get(c, c) for c in core)
        patterns.append(f"[A-Za-z0-9+/_-]?{body}[A-Za-z0-9+/_-]?")
    return patterns
