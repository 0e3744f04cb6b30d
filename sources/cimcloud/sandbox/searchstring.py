"""Searchstrings as the site understands them.

    expression := term (joiner term)*         every joiner of one expression is the same
    term       := "(" expression ")" | operator "~" field "~" value ["~" value]
    joiner     := "|and|" | "|or|"

Operators, joiners, functions and parentheses are the sheet's [P]. And and or in one expression
without parentheses are refused, since which binds closer is not said; a value cannot hold `~`, `|`
or a parenthesis, since no escape is said. Days are M/D/YYYY, `<<date>>` or `<<dateadd:days:N>>`, in
site time [A]; a day that lost its year is one of this year, as a lenient server has it [A].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from sources.cimcloud.sandbox.resources import Field, Kind, Row, day_of

Predicate = Callable[[Row], bool]
DEEPEST = 40
_CONDITION = re.compile(r"([^~|()]+)~([^~|()]+)~([^~|()]*)(?:~([^~|()]*))?")
_JOINER = re.compile(r"\|(and|or)\|")
_DATE_ADD = re.compile(r"<<dateadd:days:(-?\d{1,5})>>", re.ASCII)
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}))?", re.ASCII)


class MalformedError(ValueError):
    """A searchstring that the site refuses; the message says why."""


@dataclass(frozen=True)
class Reading:
    """What a searchstring is read with.

    Attributes:
        fields: of the resource that is searched.
        today: what `<<date>>` means.
        whole_days: whether `searchbetween` takes in the whole of its last day, or ends when that
            day begins.
    """

    fields: Mapping[str, Field]
    today: date
    whole_days: bool


def predicate_of(text: str, reading: Reading) -> Predicate:
    """Which rows a searchstring wants.

    Raises:
        MalformedError: it is none.
    """
    parser = _Parser(text, reading)
    predicate = parser.expression(0)
    if not parser.is_over:
        raise MalformedError(f"a joiner is expected at {parser.rest!r}")
    return predicate


class _Parser:
    def __init__(self, text: str, reading: Reading) -> None:
        self._text = text
        self._at = 0
        self._reading = reading

    @property
    def is_over(self) -> bool:
        return self._at == len(self._text)

    @property
    def rest(self) -> str:
        return self._text[self._at :]

    def expression(self, depth: int) -> Predicate:
        if depth > DEEPEST:
            raise MalformedError("parentheses are nested too deep")
        terms, joiner = [self._term(depth)], None
        while found := _JOINER.match(self._text, self._at):
            if joiner not in (None, found[1]):
                raise MalformedError("and and or are mixed: use parentheses")
            joiner, self._at = found[1], found.end()
            terms.append(self._term(depth))
        if len(terms) == 1:
            return terms[0]
        return _every(terms) if joiner == "and" else _any(terms)

    def _term(self, depth: int) -> Predicate:
        if self._text.startswith("(", self._at):
            self._at += 1
            inner = self.expression(depth + 1)
            if not self._text.startswith(")", self._at):
                raise MalformedError(f"a closing parenthesis is expected at {self.rest!r}")
            self._at += 1
            return inner
        found = _CONDITION.match(self._text, self._at)
        if found is None:
            raise MalformedError(f"operator~field~value is expected at {self.rest!r}")
        self._at = found.end()
        operator, name, value, second = found.groups()
        return _condition(operator, name, value, second, self._reading)


def _condition(
    operator: str, name: str, value: str, second: str | None, reading: Reading
) -> Predicate:
    field = reading.fields.get(name)
    if field is None:
        raise MalformedError(f"there is no field {name!r}")
    if operator not in ("searchlike", "searchexact", "searchbetween", "searchgreatherthanequal"):
        raise MalformedError(f"there is no operator {operator!r}")
    if (second is not None) != (operator == "searchbetween"):
        raise MalformedError(f"{operator} takes {2 if operator == 'searchbetween' else 1} value(s)")
    if operator == "searchlike":
        part = value.casefold()
        return lambda row: part in _text(row.get(name)).casefold()
    if operator == "searchexact" and value == "":
        return lambda row: row.get(name) in (None, "")
    measure = _MEASURES.get(field.kind, _folded)
    low = _asked(field, value, reading)
    if operator == "searchexact":
        return _tested(name, measure, lambda it: it == low)
    if operator == "searchgreatherthanequal":
        return _tested(name, measure, lambda it: it >= low)
    high = _asked(field, second or "", reading)
    if field.kind is Kind.TIME and not reading.whole_days:
        return _until_midnight(name, low, high)
    return _tested(name, measure, lambda it: low <= it <= high)


def _tested(name: str, measure: Callable[[Any], Any], test: Callable[[Any], bool]) -> Predicate:
    """Rows whose value can be measured and passes; nothing equals, or comes after, no value."""

    def passes(row: Row) -> bool:
        measured = measure(row.get(name))
        return measured is not None and test(measured)

    return passes


def _until_midnight(name: str, low: date, high: date) -> Predicate:
    def passes(row: Row) -> bool:
        text = row.get(name)
        day = day_of(text)
        if day is None or not low <= day <= high:
            return False
        return day < high or not _text(text)[11:].strip("0:")

    return passes


def _every(terms: list[Predicate]) -> Predicate:
    return lambda row: all(term(row) for term in terms)


def _any(terms: list[Predicate]) -> Predicate:
    return lambda row: any(term(row) for term in terms)


def _asked(field: Field, value: str, reading: Reading) -> Any:
    """A condition's value as its field is measured."""
    if field.kind in (Kind.DATE, Kind.TIME):
        return _asked_day(value, reading.today)
    if field.kind is Kind.TEXT:
        return value.casefold()
    number = _number(value)
    if number is None:
        raise MalformedError(f"{field.name} is a number, not {value!r}")
    return number


def _asked_day(value: str, today: date) -> date:
    if value == "<<date>>":
        return today
    try:
        if found := _DATE_ADD.fullmatch(value):
            return today + timedelta(days=int(found[1]))
        if found := _DAY.fullmatch(value):
            return date(int(found[3] or today.year), int(found[1]), int(found[2]))
    except (ValueError, OverflowError) as error:
        raise MalformedError(f"{value!r}: {error}") from error
    raise MalformedError(f"{value!r} is no day: M/D/YYYY, <<date>> or <<dateadd:days:N>>")


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _folded(value: Any) -> str | None:
    return None if value in (None, "") else str(value).casefold()


def _text(value: Any) -> str:
    return "" if value is None else str(value)


_MEASURES: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.DATE: day_of,
    Kind.TIME: day_of,
    Kind.INT: _number,
    Kind.FLAG: _number,
    Kind.MONEY: _number,
}
