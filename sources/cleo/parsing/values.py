"""Numbers, amounts and days of documents as texts that the columns' types take.

Nothing is guessed: what has two readings has none here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

_PLAIN: Final = re.compile(r"(-?)([0-9]*)(?:\.([0-9]*))?", re.ASCII)
_WHOLE: Final = re.compile(r"-?[0-9]+", re.ASCII)
_USUAL: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_POWER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]{1,3}", re.ASCII)
_GROUPED: Final = r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[0-9]{1,3}(?:,[0-9]{3}){2,}"
_AMOUNT: Final = re.compile(
    r"(?P<before>[A-Z]{3})?\s*(?P<minus>-?)\s*[$€£¥]?\s*(?P<inner>-?)"
    rf"(?P<number>{_GROUPED}|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(?P<after>[A-Z]{{3}})?",
    re.ASCII,
)
_DIGITS: Final = 14  # before the point, in a typed amount
_LONGEST: Final = 60  # a number of more characters is not reckoned with
_EXACT: Final = Context(prec=200, rounding=ROUND_HALF_EVEN)
_PLACES: Final = 4
_FOURTH: Final = Decimal(1).scaleb(-_PLACES)
_CENTURY: Final = 70  # two-digit years below it are of this century
_DAY: Final = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})", re.ASCII)
_SHORT_DAY: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})", re.ASCII)
_CLOCK: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9:.]{5,}(?:Z|[+-][0-9:]{2,5})?")


def text_of(value: str | None) -> str | None:
    """A text without the blanks around it; None where nothing is left."""
    return (value or "").strip() or None


def number(value: str | None) -> str | None:
    """A decimal as X12 writes it (`.5`, `-3`, `0012`), in usual form.

    What is no plain decimal comes back as it is: typing puts it into quarantine.
    """
    text = text_of(value)
    found = _PLAIN.fullmatch(text or "")
    if text is None or found is None or not (found[2] or found[3]):
        return text
    whole = f"{found[1]}{found[2].lstrip('0') or '0'}"
    return f"{whole}.{found[3]}" if found[3] else whole


def implied(value: str | None) -> str | None:
    """An amount with two implied decimals: `1234` is 12.34.

    One that has a point says its decimals itself, against the standard: it is taken as it stands.
    """
    text = text_of(value)
    if text is None or not _WHOLE.fullmatch(text):
        return number(text)
    sign, digits = ("-", text[1:]) if text[0] == "-" else ("", text)
    digits = digits.rjust(3, "0")
    return number(f"{sign}{digits[:-2]}.{digits[-2:]}")


def amount(value: object) -> tuple[str | None, str | None]:
    """An amount of a JSON document, and the currency that its text names.

    `$99.99` [S], `1,234.50`, `CAD 12.00`, `-5`, and numbers as they were written [A]. A currency
    sign names no currency. `1.234,50` and `1,234` have two readings: (None, None).
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None, None
    text = str(value).strip()
    if len(text) > _LONGEST:
        return None, None
    if _POWER.fullmatch(text):
        return _without_power(text), None
    found = _AMOUNT.fullmatch(text)
    if found is None or (found["minus"] and found["inner"]):
        return None, None
    if found["before"] and found["after"]:
        return None, None
    sign = found["minus"] or found["inner"]
    return number(sign + found["number"].replace(",", "")), found["before"] or found["after"]


def _without_power(text: str) -> str | None:
    meant = Decimal(text)
    return number(f"{meant:f}") if abs(meant.adjusted()) <= _LONGEST else None


def moved(price: str | None, places: int) -> str | None:
    """A price of so many powers of ten as the price of one; as it is where it is no number."""
    exact = _decimal(price)
    return price if exact is None or not places else f"{_EXACT.scaleb(exact, -places):f}"


def rounded(price: str | None) -> str | None:
    """A price at the four decimals that a column holds, half to even; as it is where it is none.

    EDI quotes prices in fractions of a cent. What a line comes to is reckoned with all of them, and
    `content` has them.
    """
    exact = _decimal(price)
    return price if exact is None or exact == _EXACT.quantize(exact, _FOURTH) else _fitting(exact)


def reckoned(quantity: str | None, price: str | None) -> str | None:
    """Quantity times price, rounded half to even at four decimals; None where one is no number."""
    many, each = _decimal(quantity), _decimal(price)
    return None if many is None or each is None else _fitting(_EXACT.multiply(many, each))


def sum_of(lines: Iterable[Mapping[str, Any]]) -> str | None:
    """The sum of the lines' amounts; None where there is no line, or one without an amount."""
    amounts = [_decimal(line["line_amount"]) for line in lines]
    if not amounts:
        return None
    total = Decimal(0)
    for each in amounts:
        if each is None:
            return None
        total = _EXACT.add(total, each)
    return _fitting(total)


def _decimal(text: str | None) -> Decimal | None:
    if text is None or len(text) > _LONGEST or not _USUAL.fullmatch(text):
        return None
    return Decimal(text)


def _fitting(exact: Decimal) -> str | None:
    """What is reckoned here must not put a document into quarantine: None where it is too long."""
    if exact != 0 and exact.adjusted() >= _DIGITS:
        return None
    exponent = exact.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_PLACES:
        exact = _EXACT.quantize(exact, _FOURTH)
    return f"{exact:f}"


def day(value: str | None) -> str | None:
    """A day written CCYYMMDD, YYMMDD or in ISO 8601, as ISO 8601; a clock behind it is left off.

    Two-digit years below 70 are of this century [A]. What is no day comes back as it is: typing
    puts it into quarantine.
    """
    text = text_of(value)
    if text is None:
        return None
    found = _CLOCK.fullmatch(text)
    shown = found[1] if found else text
    if whole := _DAY.fullmatch(shown):
        year, month, of_month = (int(part) for part in whole.groups())
    elif short := _SHORT_DAY.fullmatch(shown):
        year, month, of_month = (int(part) for part in short.groups())
        year += 2000 if year < _CENTURY else 1900
    else:
        return text
    try:
        return date(year, month, of_month).isoformat()
    except ValueError:
        return text
