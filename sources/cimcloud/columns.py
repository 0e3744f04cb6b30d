"""Columns as CIMcloud's rows carry them: what is said the same way in every table.

Nothing public says how days and times are written inside a row, so ISO and M/D/YYYY are both read
[A]; a clock without offset is the site's [A]. Money is decimal text with up to four places [P].
"""

from __future__ import annotations

from typing import Final

from sources._tables.declare import ISO, Column, Kind

_AMERICAN: Final = "%-m/%-d/%Y"
# a day alone, or with a clock that says nothing more of a day
DAY: Final = (
    ISO,
    _AMERICAN,
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%g",
    "%Y-%m-%d %H:%M:%S",
    f"{_AMERICAN} %-I:%M:%S %p",
)
# a day alone is its midnight
MOMENT: Final = (
    ISO,
    "%Y-%m-%d",
    _AMERICAN,
    f"{_AMERICAN} %-I:%M:%S %p",
    f"{_AMERICAN} %-I:%M %p",
    f"{_AMERICAN} %H:%M:%S",
)


def text(name: str, wire: str, description: str) -> Column:
    """A text, or a number that is only a name."""
    return Column(name=name, wire=wire, kind=Kind.TEXT, description=description)


def number(name: str, wire: str, description: str) -> Column:
    """A whole number."""
    return Column(name=name, wire=wire, kind=Kind.INTEGER, description=description)


def decimal(name: str, wire: str, description: str) -> Column:
    """Money, or a quantity: up to four places [P]."""
    return Column(name=name, wire=wire, kind=Kind.DECIMAL, description=description)


def day(name: str, wire: str, description: str) -> Column:
    """A day at the site."""
    return Column(name=name, wire=wire, kind=Kind.DATE, patterns=DAY, description=description)


def moment(name: str, wire: str, description: str) -> Column:
    """A time; one without offset is the site's."""
    return Column(
        name=name,
        wire=wire,
        kind=Kind.TIMESTAMP,
        patterns=MOMENT,
        zone="site",
        description=description,
    )


def id_number(name: str, wire: str, description: str) -> Column:
    """A key that the platform numbers itself."""
    return Column(name=name, wire=wire, kind=Kind.INTEGER, required=True, description=description)


def id_text(name: str, wire: str, description: str) -> Column:
    """A key that is text, whatever it looks like."""
    return Column(name=name, wire=wire, kind=Kind.TEXT, required=True, description=description)


CHANGES: Final = (
    moment("created_at", "create_date", "When the row was made (UTC)."),
    moment(
        "modified_at",
        "last_modify_date",
        "When the row last changed (UTC); jobs of the ERP can change it without saying so.",
    ),
)

ACCOUNT_NUMBER: Final = text(
    "account_number", "num", 'The ERP\'s number of the account, text such as "W000123".'
)
ORDER_NUMBER: Final = text("order_number", "order_number", "Number of the order in order_history.")
INVOICE_NUMBER: Final = text("invoice_number", "invoice_number", "Number of the invoice.")
