"""The envelope around every answer: whether it is a success, what it means if not, where rows are.

`{"status": {"code", "description", "message"}, "data": …}`, keys in any order; success is a code of
"OK". Errors come with HTTP status 200 and the path of an exception as code [P]. How a token that is
over is told is not said anywhere, so it is taken from the words [A].
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, Final

from sources._http.answer import Answer
from sources._http.errors import Drifted
from sources._http.judgement import Judgement, Kind
from sources._tables import slices

OK: Final = "OK"
DATA: Final = "data"
GROUPS: Final = "subscriptions_set"
_LONGEST: Final = 10_000  # characters of a code, a description, a message
_TOLD: Final = ("code", "description", "message")
_NO_LEAVE: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

_KIND: Final = "ACCESS|AUTHENTICATION|AUTHORIZATION|AUTH|SECURITY|USER|LOGIN|API|WEBAPI|REST|JWT"
_BAD: Final = "INVALID|EXPIRED|UNKNOWN"
_IN_CODE = re.compile(
    rf"(?:{_KIND})*(?:"
    rf"(?:{_BAD})(?:OR(?:{_BAD}))?(?:{_KIND})*(?:TOKEN|SESSION)"
    rf"|(?:TOKEN|SESSION)(?:ID)?(?:IS|HAS|WAS|BEEN)*(?:{_BAD}|NOTVALID|NOLONGERVALID|TIMEDOUT|TIMEOUT)"
    r"(?:OR(?:INVALID|EXPIRED))?"
    r")(?:EXCEPTION|ERROR)?"
)
_WHOSE: Final = (
    "the|your|this|that|access|authentication|authorization|authorisation|security|user|login|api|"
    "current|provided|supplied|given|rest|jwt"
)
_OVER: Final = (
    r"(?:invalid|expired|unknown|not\s+valid|no\s+longer\s+valid|timed\s+out|not\s+recogni[sz]ed)"
)
_IN_WORDS = (
    re.compile(
        rf"(?:^|[.:;,(\[{{>-]\s*|\b(?:{_WHOSE})\s+)['\"]?(?:token|session)(?:\s+(?:id|key))?['\"]?\s+"
        r"(?:(?:provided|supplied|given|you|is|was|has|have|been|already|now|either)\s+)*"
        rf"{_OVER}\b"
    ),
    re.compile(
        rf"\b(?:invalid|expired|unknown)\s+(?:or\s+(?:invalid|expired)\s+)?(?:(?:{_WHOSE})\s+)*"
        r"['\"]?(?:token|session)\b(?![\s'\"-]*(?:parameter|field|format|type))(?![-_]\w)"
    ),
)

_THING: Final = "ENTITY|OBJECT|RECORD|ROW|INSTANCE|JOB|WORKORDER|ID|DATA"
_NOT_FOUND_CODE = re.compile(
    rf"(?:NO)?(?:SUCH)?(?:{_THING})*(?:NOTFOUND|DOESNOTEXIST|NOTEXISTS?)(?:EXCEPTION|ERROR)?"
    rf"|NOSUCH(?:{_THING})(?:EXCEPTION|ERROR)?"
)
_NOT_FOUND_WORDS = re.compile(
    r"\b(?:entity|object|record|job|work order)\b[^.:;]{0,60}?\b(?:was not found|not found|"
    r"could not be found|does not exist|no longer exists)\b"
    r"|\bno (?:such )?(?:entity|object|record|job|work order)\b"
)


def judge(answer: Answer) -> Judgement | None:
    """What the envelope means, whatever the HTTP status; None leaves it to the ordinary rules.

    429 and 5xx are worth another try whatever their body says.
    """
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= 500:
        return None
    status = _status(_read(answer.body))
    if status is None:
        return Judgement(Kind.STALE, "") if answer.status in _NO_LEAVE else None
    if status.get("code") == OK and answer.status < 300:
        return None
    said = told(status)
    if answer.status in _NO_LEAVE or is_stale(status):
        return Judgement(Kind.STALE, said)
    return Judgement(Kind.REJECTED, said)


def told(status: dict[str, Any]) -> str:
    """What a status says, in one line."""
    return ": ".join(dict.fromkeys(_words(status, k) for k in _TOLD if status.get(k)))


def is_stale(status: dict[str, Any]) -> bool:
    """Whether a status says that the token or the session is over.

    A parameter that is merely called …token… is another matter: "invalid parameter card_token".
    """
    words = [_words(status, k).lower() for k in _TOLD]
    if any(pattern.search(text) for text in words for pattern in _IN_WORDS):
        return True
    parts = [re.sub(r"[^A-Z]", "", part) for part in _words(status, "code").upper().split(".")]
    return any(_IN_CODE.fullmatch("".join(parts[-last:])) for last in (1, 2))


def _words(status: dict[str, Any], name: str) -> str:
    """What a status says under a name, cut: no words are so long, and they are searched."""
    return str(status.get(name) or "")[:_LONGEST]


def is_not_found(said: str) -> bool:
    """Whether an error's words say that the thing asked for is not there [A].

    A method or a path that is not found says nothing of the thing.
    """
    words = said.partition(" answered ")[2] or said
    codes = re.findall(r"[A-Z_]+(?:\.[A-Z_]+)+|\b[A-Z][A-Z_]{5,}\b", words)
    parts = [re.sub(r"[^A-Z]", "", code.rpartition(".")[2]) for code in codes]
    if any(_NOT_FOUND_CODE.fullmatch(part) for part in parts):
        return True
    return _NOT_FOUND_WORDS.search(words.lower()) is not None


def status_of(body: bytes) -> dict[str, Any] | None:
    """The status of an envelope; None where the body is none."""
    return _status(_read(body))


def data_of(answer: Answer, table: str) -> Any:
    """What the envelope holds.

    Raises:
        Drifted: it is no envelope, or has no data.
    """
    held = _read(answer.body)
    if _status(held) is None or DATA not in held:
        raise Drifted(
            f"{answer.url} answered without the envelope of status and data that every answer has",
            table=table,
        )
    return held[DATA]


def is_null(answer: Answer) -> bool:
    """Whether an envelope holds null."""
    held = _read(answer.body)
    return isinstance(held, dict) and held.get(DATA) is None


def one_of(answer: Answer, table: str) -> dict[str, Any]:
    """The one thing that a `show` answers.

    Raises:
        Drifted: it answers something else.
    """
    held = data_of(answer, table)
    if not isinstance(held, dict):
        raise Drifted(f"{answer.url} answered {_shape(held)} where one object belongs", table=table)
    if not held.get("id"):
        raise Drifted(
            f"{answer.url} answered {_shape(held)}, without the required field 'id'", table=table
        )
    return held


def rows_of(
    answer: Answer, table: str
) -> tuple[tuple[dict[str, Any] | None, ...], tuple[str, ...]]:
    """The rows of a list's answer, and the names that lead to them.

    `data` is an array, or an object that holds one [A]; null is a list without rows. A list of
    groups, each with its rows under `subscriptions_set` or the like, is a list of those groups [P]:
    they are what is counted, since an offset that is too small shows rows twice and loses none.

    Raises:
        Drifted: there is no list, or more than one, or its rows have no id.
    """
    held = data_of(answer, table)
    if held is None:
        return (), (DATA,)
    at: tuple[str, ...] = (DATA,)
    if isinstance(held, dict):
        arrays = [name for name, value in held.items() if isinstance(value, list)]
        if len(arrays) != 1:
            raise Drifted(
                f"{answer.url} answered {_shape(held)} where a list belongs: an array, or an "
                f"object that holds one; this one holds {len(arrays)}",
                table=table,
            )
        at, held = (*at, arrays[0]), held[arrays[0]]
    if not isinstance(held, list):
        raise Drifted(f"{answer.url} answered {_shape(held)} where a list belongs", table=table)
    rows = tuple(row if isinstance(row, dict) else None for row in held)
    group = _group(rows)
    if group:
        return tuple(_as_row(row, group) for row in rows if row), (*at, "*", group)
    if rows and not any(row and row.get("id") for row in rows):
        raise Drifted(
            f"{answer.url} answered rows without the required field 'id'; they have "
            f"{', '.join(sorted({name for row in rows if row for name in row})[:12]) or 'nothing'}",
            table=table,
        )
    return rows, at


def _group(rows: tuple[dict[str, Any] | None, ...]) -> str:
    """The name under which every row of a grouped list holds its rows; "" where they are rows."""
    if not rows or not all(rows):
        return ""
    common = set.intersection(
        *({k for k, v in row.items() if isinstance(v, list)} for row in rows if row)
    )
    named = [name for name in sorted(common) if name == GROUPS or "requests" in name]
    return named[0] if len(named) == 1 else ""


def _as_row(group: dict[str, Any], name: str) -> dict[str, Any]:
    """A group as a row: known by the rows that it holds."""
    return {
        "id": "+".join(str(row.get("id")) for row in group[name] if isinstance(row, dict)),
        **group,
    }


def _read(body: bytes) -> Any:
    """The body as Python reads it; bytes that are no Unicode are left to typing."""
    try:
        return slices.as_python(body)
    except ValueError:
        return None


def _status(held: Any) -> dict[str, Any] | None:
    status = held.get("status") if isinstance(held, dict) else None
    return status if isinstance(status, dict) and "code" in status else None


def _shape(held: Any) -> str:
    if isinstance(held, dict):
        return f"an object of {', '.join(sorted(held)[:8])}" if held else "an empty object"
    return {list: "an array", str: "text", type(None): "null"}.get(type(held), "a value")
