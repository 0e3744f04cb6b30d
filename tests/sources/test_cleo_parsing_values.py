"""Numbers and days are read as they are meant, or not at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.cleo.parsing.values import amount, day, implied, number, reckoned, rounded


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("$99.99", ("99.99", None)),
        ("1,234.50", ("1234.50", None)),
        ("1,234,567", ("1234567", None)),
        ("$1,234,567.8", ("1234567.8", None)),
        ("CAD 12.00", ("12.00", "CAD")),
        ("12.00 EUR", ("12.00", "EUR")),
        ("CAD $12", ("12", "CAD")),
        ("-5", ("-5", None)),
        ("-$5.10", ("-5.10", None)),
        ("$-5.10", ("-5.10", None)),
        (" 12.70 ", ("12.70", None)),
        (".5", ("0.5", None)),
        (12, ("12", None)),
        ("1e3", ("1000", None)),
        ("1.5E-2", ("0.015", None)),
        ("1.234,50", (None, None)),
        ("1,234", (None, None)),
        ("1,23", (None, None)),
        ("12,34,567.00", (None, None)),
        ("--5", (None, None)),
        ("-$-5", (None, None)),
        ("USD 5 CAD", (None, None)),
        ("$", (None, None)),
        ("", (None, None)),
        ("five", (None, None)),
        ("٣", (None, None)),
        ("1e999", (None, None)),
        ("9" * 100, (None, None)),
        (True, (None, None)),
        (None, (None, None)),
        ([1], (None, None)),
    ],
)
def test_an_amount(text: object, read: tuple[str | None, str | None]) -> None:
    assert amount(text) == read


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9)))
def test_an_amount_is_never_changed(exact: Decimal) -> None:
    read, _ = amount(f"{exact:f}")
    assert read is None or Decimal(read) == exact


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("3.", "3"),
        ("0012.70", "12.70"),
        ("-3", "-3"),
        ("000", "0"),
        ("", None),
        ("  ", None),
        (None, None),
        (".", "."),
        ("-", "-"),
        ("1E3", "1E3"),
        ("1,5", "1,5"),
    ],
)
def test_a_number_of_x12(text: str | None, read: str | None) -> None:
    assert number(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("12345", "123.45"),
        ("5", "0.05"),
        ("-5", "-0.05"),
        ("-12345", "-123.45"),
        ("0", "0.00"),
        ("123.45", "123.45"),
        ("x", "x"),
        (None, None),
    ],
)
def test_implied_decimals(text: str | None, read: str | None) -> None:
    assert implied(text) == read


@given(cents=st.integers(-(10**12), 10**12))
def test_implied_decimals_are_hundredths(cents: int) -> None:
    assert Decimal(implied(str(cents)) or "") * 100 == cents


@pytest.mark.parametrize(
    ("quantity", "price", "line"),
    [
        ("2", "12.70", "25.40"),
        ("1", "0.00005", "0.0000"),
        ("3", "0.00005", "0.0002"),
        ("1", "99999999999999.9999", "99999999999999.9999"),
        ("10", "99999999999999", None),
        ("0", "99999999999999", "0"),
        ("1", None, None),
        ("1", "NaN", None),
        ("1", "1_000", None),
        ("9" * 1000, "9" * 1000, None),
    ],
)
def test_what_is_reckoned(quantity: str, price: str | None, line: str | None) -> None:
    assert reckoned(quantity, price) == line


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_days(real: date) -> None:
    assert day(f"{real:%Y%m%d}") == day(f"{real:%Y-%m-%d}") == real.isoformat()
    assert day(f"{real:%Y-%m-%d}T23:59:59.000+02:00") == real.isoformat()
    if 1970 <= real.year <= 2069:
        assert day(f"{real:%y%m%d}") == real.isoformat()


@pytest.mark.parametrize(
    "text", ["20240230", "240230", "05/31/2024", "2024-5-1", "soon", "٢٠٢٤٠١٠١"]
)
def test_what_is_no_day_stays_as_it_is(text: str) -> None:
    assert day(text) == text


@pytest.mark.parametrize(
    ("price", "shown"),
    [
        ("1.23456", "1.2346"),
        ("0.00005", "0.0000"),
        ("0.00015", "0.0002"),
        ("12.70", "12.70"),
        ("3.000000", "3.000000"),
        ("about 3", "about 3"),
        (None, None),
    ],
)
def test_a_price_is_shown_at_four_decimals(price: str | None, shown: str | None) -> None:
    """What is no number stays, so that typing tells."""
    assert rounded(price) == shown
    assert reckoned("100000", "0.00005") == "5.0000"
