"""What this client never asks for, whatever a setting says.

`GET /OnlineOrders` answers the orders that the ERP has not fetched yet *and marks them fetched*
[P]: a lost answer loses orders, and the ERP's own sync goes hungry. `orderpassthrough` writes
orders [P]. Tables of payment cards are never read [sheet].

A path is judged by what a server might take it for, not by how it is written: every layer of
percent-encoding is undone, compatibility characters (full width, ligatures) become what they stand
for, accents, case and whatever is no letter or digit are dropped. What cannot be decoded is refused
as well. The client asks `forbidden` before every request; settings are held to it when read.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

from sources._tables.withhold import CARDS, PASSWORDS

_ORDERS: Final = ("onlineorders", "orderpassthrough")
_CARDS: Final = (
    "creditcard",
    "debitcard",
    "bankcard",
    "paymentcard",
    "customercard",
    "accountcard",
    "storedcard",
    "savedcard",
    "cardnumber",
    "cardtoken",
    "cardvault",
    "cardholder",
    "cardonfile",
)
_ALONE: Final = frozenset({"card", "cards", "cc"})
_SECRET_WORDS: Final = frozenset({"pass", "pin", "ssn", "cc", "salt"})
_SECRET: Final = (
    *_CARDS,
    *(word.replace(" ", "") for word in sorted(PASSWORDS | CARDS)),
    "secret",
    "ccnum",
)
_SCHEME_AND_HOST = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/\\?#]*")
_U_ESCAPE = re.compile(r"%[uU]([0-9A-Fa-f]{4})")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_WORD = re.compile(r"[^0-9a-z]+")


def forbidden(path: str) -> str | None:
    """Why a path must not be asked for; None when it may.

    Args:
        path: any part of a URL: a whole one, its path, a base, one segment.
    """
    is_search = False
    for raw in _SCHEME_AND_HOST.sub("", path).split("/"):
        segment, is_text = _decoded(raw)
        what = fold(segment)
        if any(name in what for name in _ORDERS):
            return (
                "OnlineOrders marks the orders it answers as fetched, and orderpassthrough writes: "
                "neither is ever called; the resource `orders` has the same orders"
            )
        # from a search on, what stands there is data, which may hold slashes where it was decoded
        is_search = is_search or "~" in segment.lstrip("~")
        if not is_search and not is_text:
            return "a path holds percent-encoding that is no text: nobody knows what it asks for"
        if not is_search and _is_card(segment, what):
            return "tables of payment cards are never read"
    return None


def is_secret_field(name: str) -> bool:
    """Whether a field of that name holds what must never land: a password, a card's number."""
    what = fold(name)
    words = set(_words(name))
    return (
        any(part in what for part in _SECRET)
        or not words.isdisjoint(_SECRET_WORDS)
        or any(word.endswith(("pw", "pwd")) for word in words)
    )


def fold(text: str) -> str:
    """Letters and digits alone, without case, accents and compatibility forms."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in plain if c.isalnum()).replace("ı", "i")


def _decoded(segment: str) -> tuple[str, bool]:
    """A segment without any percent-encoding, nested or like `%u006f`, and whether it came out.

    A searched value may hold a percent sign of its own; what looks like an escape there need not
    be one.
    """
    is_text = True
    while True:
        plain = _U_ESCAPE.sub(lambda found: chr(int(found[1], 16)), segment)
        try:
            plain = unquote(plain, errors="strict")
        except UnicodeDecodeError:
            plain, is_text = unquote(plain, errors="replace"), False
        if plain == segment:
            return plain, is_text
        segment = plain


def _is_card(segment: str, folded: str) -> bool:
    if any(name in folded for name in _CARDS):
        return True
    return folded in _ALONE or "cc" in _words(segment)


def _words(name: str) -> list[str]:
    return _NO_WORD.split(_HUMPS.sub("_", name).casefold())
