"""What a call asks: the query of a GET, the JSON body of a POST."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from sources.crm_com.sandbox.envelope import RefusedError

Identifier = tuple[str, str]  # field, value
IDENTIFIER = "_identifier"


@dataclass(frozen=True)
class Asked:
    """What of a call's parameters are identifiers, and what are plain values."""

    identifiers: Mapping[str, Identifier]
    values: Mapping[str, Any]

    def names(self) -> set[str]:
        """The names of all parameters."""
        return {*self.identifiers, *self.values}

    def text(self, name: str) -> str:
        """A plain value as text; empty where there is none."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def number(self, name: str, default: int) -> int:
        """A plain value as a number that is not negative.

        Raises:
            RefusedError: it is none.
        """
        value = self.values.get(name, default)
        try:
            number = int(value)
        except (TypeError, ValueError, OverflowError):
            number = -1
        if number < 0:
            raise RefusedError("INVALIDPARAMETEREXCEPTION", f"{name} is not a number from 0 on")
        return number

    def fields(self) -> tuple[str, ...]:
        """The fields that are wanted; none is all.

        Raises:
            RefusedError: it is no list.
        """
        wanted = self.values.get("fields_set") or ()
        names = wanted.split(",") if isinstance(wanted, str) else wanted
        if not isinstance(names, list | tuple):
            raise RefusedError("INVALIDPARAMETEREXCEPTION", "fields_set is no list of fields")
        return tuple(str(name).strip() for name in names)


def of_query(query: str, *, literal_equals: bool) -> Asked:
    """The parameters of a GET; an identifier is `field=value` with a literal second `=` [S].

    Args:
        query: as it came, still encoded.
        literal_equals: whether an encoded second `=` is none.

    Raises:
        RefusedError: an identifier is no `field=value`.
    """
    identifiers: dict[str, Identifier] = {}
    values: dict[str, Any] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        name = unquote_plus(name)
        if not name.endswith(IDENTIFIER):
            values[name] = unquote_plus(value)
            continue
        field, equals, what = (value if literal_equals else unquote_plus(value)).partition("=")
        if not equals:
            raise RefusedError("INVALIDIDENTIFIEREXCEPTION", f"{name} is not field=value")
        identifiers[name] = (unquote_plus(field), unquote_plus(what) if literal_equals else what)
    return Asked(identifiers, values)


def of_body(body: bytes) -> Asked:
    """The parameters of a POST; an identifier is an object of one field [S].

    Raises:
        RefusedError: the body is no JSON object, or an identifier is none.
    """
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise RefusedError("INVALIDREQUESTEXCEPTION", "the body is not a JSON object")
    identifiers: dict[str, Identifier] = {}
    values: dict[str, Any] = {}
    for name, value in asked.items():
        if not name.endswith(IDENTIFIER):
            values[name] = value
        elif isinstance(value, dict) and len(value) == 1:
            ((field, what),) = value.items()
            identifiers[name] = (field, str(what))
        else:
            raise RefusedError("INVALIDIDENTIFIEREXCEPTION", f"{name} is no object of one field")
    return Asked(identifiers, values)
