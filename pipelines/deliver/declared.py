"""The extracts of a project: `deliveries/NAME.sql`, what is sent and whereto in one file.

    -- connection: partner
    -- period: month
    -- timezone: America/Vancouver
    select order_number, created_on from sales.orders
    where created_on >= $period_start and created_on < $period_end

The file begins with its settings, a comment line each; comments with a blank in front of the first
colon, or without one, are comments. One SELECT follows.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import duckdb

from pipelines.deliver.periods import Kind, Period
from sources._http.errors import Misconfigured

Read = TypeVar("Read")
FOLDER = "deliveries"
FORMATS = ("csv", "jsonl", "parquet")
PARAMETERS = frozenset({"period_start", "period_end", "period_start_at", "period_end_at"})
WAIT_SECONDS = 60.0
_KEYS = (*("connection", "format", "file", "period", "timezone", "since", "needs", "wait_seconds"),)
_SETTING = re.compile(r"--\s*([A-Za-z_]+)\s*:\s*(.*)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True, kw_only=True)
class Extract:
    """One file of `deliveries/`.

    Attributes:
        name: the file's, without `.sql`.
        connection: whose mailbox it goes to.
        format: csv, jsonl or parquet.
        file_pattern: how what is sent is called, with {name}, {period} and {format}.
        kind: what it is sent for, once each.
        zone: where the days begin.
        since: the first period to be sent; None is the latest one at the first call.
        needs: the connections that must have been read to the period's end, or single tables of
            them as connection.table; empty is all connections.
        wait_seconds: how long after it was sent a file may not be listed yet, or in part.
        query: the SELECT.
        parameters: which of the period's bounds it asks for.
        sha256: of the whole file.
    """

    name: str
    connection: str
    format: str
    file_pattern: str
    kind: Kind
    zone: ZoneInfo
    since: Period | None
    needs: tuple[str, ...]
    wait_seconds: float
    query: str
    parameters: frozenset[str]
    sha256: str

    def file_name(self, period: Period) -> str:
        """What a period's file is called at the vendor."""
        return self.file_pattern.format(name=self.name, period=period.label, format=self.format)


def names(project: Path) -> tuple[str, ...]:
    """The extracts that a project has."""
    return tuple(sorted(file.stem for file in (project / FOLDER).glob("[!.]*.sql")))


def load(project: Path, name: str) -> Extract:
    """One extract.

    Raises:
        Misconfigured: there is none of that name, or its file cannot be used; says why.
    """
    known = names(project)
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise Misconfigured(
            f"there is no extract {name!r}{hint} There are {', '.join(known) or 'none'} in "
            f"{FOLDER}/",
            next_command="penstock deliver --dry-run",
        )
    file = project / FOLDER / f"{name}.sql"
    try:
        return parse(name, file.read_text("utf-8"))
    except (WrongExtract, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"{FOLDER}/{file.name}: {error}", next_command=f"penstock deliver {name} --dry-run"
        ) from None


class WrongExtract(ValueError):  # noqa: N818 - said in a sentence
    """What is wrong with a file, in a sentence."""


def parse(name: str, text: str) -> Extract:
    """An extract from its file's text.

    Raises:
        ValueError: it cannot be used; says why.
    """
    wrong = _Wrong()
    if not _NAME.fullmatch(name):
        wrong.told.append("its name is to be letters, digits, _ and -, 60 at most")
    said = _settings(text, wrong)
    if not said.get("connection"):
        wrong.told.append(
            "it does not say where it goes: a line like `-- connection: NAME` is missing"
        )
    read = wrong.read
    form = read(lambda: _one_of("format", said.get("format", "csv"), FORMATS), FORMATS[0])
    period = read(
        lambda: Kind(_one_of("period", said.get("period", "day"), [k.value for k in Kind])),
        Kind.DAY,
    )
    nothing: tuple[str, frozenset[str]] = ("", frozenset())
    statement, parameters = read(lambda: _select(text), nothing)
    pattern = said.get("file", "{name}_{period}.{format}")
    extract = Extract(
        name=name,
        connection=said.get("connection", ""),
        format=form,
        file_pattern=read(lambda: _pattern(name, pattern, form, period), ""),
        kind=period,
        zone=read(lambda: _zone(said.get("timezone", "UTC")), ZoneInfo("UTC")),
        since=read(
            lambda: period.containing(_day(said["since"])) if "since" in said else None, None
        ),
        needs=tuple(n.strip() for n in said.get("needs", "").split(",") if n.strip()),
        wait_seconds=read(lambda: _seconds(said.get("wait_seconds", str(WAIT_SECONDS))), 0.0),
        query=statement,
        parameters=parameters,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    if wrong.told:
        raise WrongExtract("; ".join(wrong.told))
    return extract


@dataclass(frozen=True)
class _Wrong:
    """What is wrong with an extract, told when all of it was read."""

    told: list[str] = field(default_factory=list)

    def read(self, value: Callable[[], Read], otherwise: Read) -> Read:
        """A value; where it cannot be used, that is noted, and another one stands in for it."""
        try:
            return value()
        except WrongExtract as error:
            self.told.append(str(error))
            return otherwise


def _settings(text: str, wrong: _Wrong) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in text.removeprefix("\ufeff").splitlines():
        if line.strip() and not line.lstrip().startswith("--"):
            break
        setting = _SETTING.fullmatch(line.strip())
        if setting is None:
            continue
        key, value = setting[1], setting[2].strip()
        if key not in _KEYS:
            near = get_close_matches(key.lower(), _KEYS, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            wrong.told.append(
                f"{key!r} is no setting of an extract{hint} There are {', '.join(_KEYS)}"
            )
        elif key in found:
            wrong.told.append(f"it says {key} twice")
        else:
            found[key] = value
    return found


def _select(text: str) -> tuple[str, frozenset[str]]:
    """The statement, and the parameters in it."""
    try:
        statements = duckdb.extract_statements(text.removeprefix("\ufeff"))
    except duckdb.Error as error:
        raise WrongExtract(f"its query cannot be read: {error}") from None
    if len(statements) != 1:
        raise WrongExtract(
            f"it is to have one SELECT, and has {len(statements) or 'no'} statements"
        )
    if statements[0].type != duckdb.StatementType.SELECT:
        raise WrongExtract(f"it is to have a SELECT, and has a {statements[0].type.name}")
    asked = frozenset(statements[0].named_parameters)
    if unknown := sorted(asked - PARAMETERS):
        raise WrongExtract(
            f"its query asks for ${unknown[0]}; there are "
            + ", ".join(f"${name}" for name in sorted(PARAMETERS))
        )
    return statements[0].query, asked


def _pattern(name: str, pattern: str, form: str, kind: Kind) -> str:
    """A pattern that gives a plain file name, another one for each period."""
    asked = set(_PLACEHOLDER.findall(pattern))
    if unknown := sorted(asked - {"name", "period", "format"}):
        raise WrongExtract(
            f"file has {{{unknown[0]}}}; there are {{name}}, {{period}} and {{format}}"
        )
    if "period" not in asked:
        raise WrongExtract(
            "file is to have {period} in it: each period's file needs a name of its own"
        )
    plain = _PLACEHOLDER.sub("", pattern)
    example = (
        ""
        if set("{}") & set(plain)
        else pattern.format(name=name, period=kind.containing(date(2026, 1, 1)).label, format=form)
    )
    if not _FILE_NAME.fullmatch(example):
        raise WrongExtract(
            f"file {pattern!r} gives no plain file name: letters, digits, . _ and - only, none in "
            "front that hides it, 120 at most"
        )
    return pattern


def _one_of(key: str, value: str, known: tuple[str, ...] | list[str]) -> str:
    if value not in known:
        raise WrongExtract(f"{key} is {value!r}; there are {', '.join(known)}")
    return value


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise WrongExtract(f"timezone {name!r} is no IANA zone, such as America/Montreal") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongExtract(f"since is {text!r}, which is no day like 2026-01-31") from None


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 600:
        raise WrongExtract(f"wait_seconds is {text!r}; it is a number from 0 to 600")
    return found
