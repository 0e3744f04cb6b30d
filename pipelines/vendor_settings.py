"""The settings of a vendor's connection, explained: from its class and the docstring of that."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass

from dlt.common.configuration.specs.base_configuration import is_secret_hint
from dlt.common.typing import is_optional_type

from sources._vendor import ConnectionSettings

_ENTRY = re.compile(r"^    (\w+): (.*(?:\n {8,}.*)*)", re.MULTILINE)


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        name: as it is written in a section of the settings.
        default: as it would be written there; "required" or "none" where there is nothing to write.
        meaning: what the class says of it.
        is_secret: it belongs into the file of secrets.
    """

    name: str
    default: str
    meaning: str
    is_secret: bool


def explained(settings: type[ConnectionSettings]) -> list[Setting]:
    """Every setting of a connection, the vendor's own first, else in the order of declaration.

    Raises:
        ValueError: the class does not say what one of them means.
    """
    fields, meanings, unset = settings.get_resolvable_fields(), _meanings(settings), settings()
    shared = shared_names(settings)
    found = []
    for name in (*(n for n in _own(settings) if n in fields), *shared):
        if name not in meanings:
            raise ValueError(f"{settings.__name__} does not say what {name} means")
        hint, value = fields[name], getattr(unset, name)
        if value is None:
            default = "none" if is_optional_type(hint) else "required"
        else:
            default = _written(value)
        found.append(Setting(name, default, meanings[name], is_secret_hint(hint)))
    return found


def shared_names(settings: type[ConnectionSettings]) -> list[str]:
    """The settings that every vendor's connection has and this one does not declare anew."""
    own = set(_own(settings))
    return [name for name in ConnectionSettings.get_resolvable_fields() if name not in own]


def _own(settings: type[ConnectionSettings]) -> Iterator[str]:
    for kind in settings.__mro__:
        if kind is ConnectionSettings:
            return
        yield from inspect.get_annotations(kind)


def _meanings(settings: type[ConnectionSettings]) -> dict[str, str]:
    """The `Attributes` of the class and of those it is made from."""
    found: dict[str, str] = {}
    for kind in reversed(settings.__mro__):
        said = inspect.cleandoc(kind.__dict__.get("__doc__") or "").partition("Attributes:\n")[2]
        found |= {entry[1]: " ".join(entry[2].split()) for entry in _ENTRY.finditer(said)}
    return found


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
