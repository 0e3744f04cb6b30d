"""Lines and parties of JSON documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sources.cleo.parsing import json_names as names
from sources.cleo.parsing.json_names import Fields
from sources.cleo.parsing.rows import Row, line, party
from sources.cleo.parsing.values import amount, reckoned, rounded, text_of

_SCALARS = (str, int)


def scalar(value: Any) -> str | None:
    """A text or a number as text; None for anything else, and for a text of blanks."""
    return None if isinstance(value, bool | None | dict | list) else text_of(str(value))


def lines_of(held: list[Any]) -> list[Row]:
    """The lines of an array; what is no object in it is none, and stays in the content."""
    return [_line(Fields(each)) for each in held if isinstance(each, dict)]


def _line(fields: Fields) -> Row:
    quantity, _ = amount(fields.take(names.QUANTITY, _SCALARS))
    price, _ = amount(fields.take(names.UNIT_PRICE, _SCALARS))
    stated = fields.take(names.LINE_AMOUNT, _SCALARS)
    return line(
        quantity=quantity,
        unit_price_amount=rounded(price),
        line_amount=reckoned(quantity, price) if stated is None else amount(stated)[0],
        **{
            column: scalar(fields.take(called, _SCALARS))
            for column, called in names.LINE_TEXTS.items()
        },
    )


def parties_of(fields: Fields) -> Iterator[Row]:
    """The parties of an object: an array or an object of them, or each under its role."""
    for held in fields.all_of(names.PARTIES, (list, dict)):
        if isinstance(held, dict):
            inner = Fields(held)
            yield from _by_role(inner)
        else:
            yield from (_party(None, each) for each in held if isinstance(each, dict))
    yield from _by_role(fields)


def _by_role(fields: Fields) -> Iterator[Row]:
    for role, called in names.ROLES.items():
        for held in fields.all_of(called, (dict, str)):
            yield party(role, name=text_of(held)) if isinstance(held, str) else _party(role, held)


def _party(role: str | None, held: dict[str, Any]) -> Row:
    fields = Fields(held)
    if role is None:
        told = scalar(fields.take(names.ROLE, _SCALARS))
        plain = names.plain(told or "")
        role = next((role for role, called in names.ROLES.items() if plain in called), told)
    inner = fields.take(names.ADDRESS, dict)
    places = [fields] if inner is None else [fields, Fields(inner)]
    said = {
        field: next(filter(None, (scalar(p.take(called, _SCALARS)) for p in places)), None)
        for field, called in names.PARTY.items()
    }
    address = [text for place in places for text in _address(place)]
    return party(role, address=address, **said)


def _address(fields: Fields) -> Iterator[str]:
    for held in fields.all_of((*names.ADDRESS, *names.ADDRESS_LINES), (str, list)):
        texts = held if isinstance(held, list) else [held]
        yield from filter(None, map(scalar, texts))
