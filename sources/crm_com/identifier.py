"""Identifiers: how one thing is named to the API, by a field and its value.

A GET says `category_identifier=name=Retail`, with a second `=` that stays as it is; a POST says
`{"category_identifier": {"name": "Retail"}}` [S].
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

_ID: Final = re.compile(r"[0-9A-Fa-f]{32}")
_SAID: Final = re.compile(
    r"(?:(?P<parameter>[a-z_]+_identifier)=)?(?:(?P<field>[a-z_]+)=)?(?P<value>.*)", re.S
)
_NUMBER: Final = "number"
_LONGEST: Final = 200  # characters of what the vendor names an account by
NAME: Final = "name"
ACCOUNT: Final = "accounts_receivable_identifier"


@dataclass(frozen=True, order=True)
class Identifier:
    """One thing as it is named to the API.

    Attributes:
        parameter: such as `accounts_receivable_identifier`.
        field: which of its fields names it.
        value: that field's value.
    """

    parameter: str
    field: str
    value: str

    @property
    def text(self) -> str:
        """`field=value`: as a query has it, and short enough for the name of a stream."""
        return f"{self.field}={self.value}"

    @property
    def query(self) -> dict[str, str]:
        """For a GET."""
        return {self.parameter: self.text}

    @property
    def body(self) -> dict[str, Any]:
        """For a POST."""
        return {self.parameter: {self.field: self.value}}


def read_identifier(text: str, parameter: str, field: str) -> Identifier:
    """What a setting says: `value`, `field=value`, or `parameter=field=value`.

    A bare value of 32 hexadecimal digits is an `id` [P].

    Args:
        text: the setting.
        parameter: where it does not say.
        field: of a bare value that is no id.

    Raises:
        ValueError: there is no value.
    """
    found = _SAID.fullmatch(text.strip())
    value = found["value"].strip() if found else ""
    if found is None or not value:
        raise ValueError(f'{text!r} names nothing: it is a value, or like "name=Retail"')
    own = found["field"] or ("id" if _ID.fullmatch(value) else field)
    return Identifier(found["parameter"] or parameter, own, value)


def account(text: str) -> Identifier:
    """An account as settings name it: its number, unless they say otherwise.

    Raises:
        ValueError: there is no value.
    """
    return read_identifier(text, ACCOUNT, _NUMBER)


def account_of(row: dict[str, Any]) -> Identifier | None:
    """The account that a row names, by its id where it has one; None where it names none."""
    said = row.get("accounts_receivable")
    if not isinstance(said, dict):
        return None
    for field in ("id", _NUMBER):
        value = said.get(field)
        if isinstance(value, str) and value.strip() and _can_be_asked_for(value.strip()):
            return Identifier(ACCOUNT, field, value.strip())
    return None


def _can_be_asked_for(value: str) -> bool:
    """Whether a request can carry it: an id or a number is short, and one line of text."""
    return len(value) <= _LONGEST and value.isprintable()
