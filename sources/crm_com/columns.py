"""Columns as CRM.COM's rows carry them: what is said the same way in every table.

Times are `2016-08-25T06:22:28` without a zone [P]: the server's, by the `timezone` setting [A].
What else is an object is known by its id and name [P]; fields of it that are not declared are kept
in `unknown_fields`.

What the vendor calls a date, or `…_on`, is a day at the site, though a clock may stand behind it:
the evening's sales would else be counted on the next day of UTC.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sources._tables.declare import ISO, Column, Kind

_DAY: Final = (ISO, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%g")
_MOMENT: Final = (ISO, "%Y-%m-%d")  # a day alone is its midnight


def text(
    name: str, wire: str, description: str, *within: str, aliases: tuple[str, ...] = ()
) -> Column:
    """A text, or a number that is only a name."""
    return Column(
        name=name,
        wire=wire,
        kind=Kind.TEXT,
        description=description,
        within=within,
        aliases=aliases,
    )


def number(name: str, wire: str, description: str, *within: str) -> Column:
    """A whole number."""
    return Column(name=name, wire=wire, kind=Kind.INTEGER, description=description, within=within)


def amount(name: str, wire: str, description: str) -> Column:
    """Money, or a quantity."""
    return Column(name=name, wire=wire, kind=Kind.DECIMAL, description=description)


def day(name: str, wire: str, description: str) -> Column:
    """A day at the site; a clock behind it is left off."""
    return Column(name=name, wire=wire, kind=Kind.DATE, patterns=_DAY, description=description)


def moment(name: str, wire: str, description: str, *within: str) -> Column:
    """A time; one without offset is the site's."""
    return Column(
        name=name,
        wire=wire,
        kind=Kind.TIMESTAMP,
        patterns=_MOMENT,
        zone="site",
        description=description,
        within=within,
    )


def identity(name: str, what: str) -> Column:
    """The key: 32 hexadecimal digits, in upper case [P]."""
    return Column(
        name=name,
        wire="id",
        kind=Kind.TEXT,
        required=True,
        description=f"The vendor's id of {what}, 32 hexadecimal digits.",
    )


def element_id(name: str, what: str) -> Column:
    """The id of an element of an array."""
    return text(name, "id", f"The vendor's id of {what}.")


def reference(
    name: str, wire: str, what: str, *within: str, fields: str = "id name code"
) -> tuple[Column, ...]:
    """An object that names another thing by the fields that `fields` lists.

    Args:
        name: what the columns' names begin with.
        wire: the object's name.
        what: the thing, as descriptions name it.
        within: the objects that hold it.
        fields: of the object, blank-separated.
    """
    said = {
        "id": "The vendor's id",
        "name": "Name",
        "number": "Number",
        "code": "Code",
        "type": "Type",
    }
    return tuple(
        text(f"{name}_{field}", field, f"{said[field]} of {what}.", *within, wire)
        for field in fields.split()
    )


ACCOUNT_ASKED: Final = "account"  # what a page of one account's rows was asked for
_ACCOUNT = reference(
    "account", "accounts_receivable", "the account in accounts", fields="id number name"
)
# an invoice's fields name no account [P]: it is the one whose invoices were asked for
ACCOUNT: Final = (replace(_ACCOUNT[0], asked=ACCOUNT_ASKED), *_ACCOUNT[1:])
LOG: Final = (
    moment("created_at", "created_date", "When the row was made (UTC).", "log_information"),
    moment("updated_at", "updated_date", "When the row last changed (UTC).", "log_information"),
    *reference("created_by", "created_by_user", "who made the row", "log_information"),
    *reference("updated_by", "updated_by_user", "who last changed the row", "log_information"),
)
STATE: Final = "life_cycle_state"
