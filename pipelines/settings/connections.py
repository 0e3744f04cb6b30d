"""Which connections there are, whose they are, and what is written of them that nobody reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from dlt.common.configuration.specs.base_configuration import is_secret_hint

import sources
from pipelines.settings.examples import FILL_IN, example, placed
from pipelines.settings.faults import CONFIG, ENVIRONMENT, SECRETS, Fault, did_you_mean
from pipelines.settings.values import WrongType, read_as
from pipelines.settings.written import PREFIX, Said, Written
from sources._vendor import Vendor

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
OURS: Mapping[str, type] = {"vendor": str, "enabled": bool}


def enabled(written: Written) -> tuple[str, ...]:
    """The connections that are not switched off."""
    return tuple(name for name in written.names if _ours(written, name, "enabled") is not False)


def vendor_name(written: Written, connection: str) -> str:
    """What a connection's vendor is called: as it says, or as the connection."""
    said = _ours(written, connection, "vendor")
    return said if isinstance(said, str) else connection


def section_of(written: Written, connection: str) -> dict[str, Any]:
    """What is written of a connection, without secrets; what has no type stays as it is."""
    name = vendor_name(written, connection)
    fields = sources.load(name).settings.get_resolvable_fields() if name in sources.names() else {}
    section: dict[str, Any] = {"vendor": name}
    for setting in dict.fromkeys(place.name for place in _places(written, connection)):
        hint = fields.get(setting)
        if hint is None or is_secret_hint(hint):
            continue
        said = written.said(connection, setting, hint)
        if said is not None:
            try:
                section[setting] = read_as(hint, said.value)
            except WrongType:
                section[setting] = said.value
    return section


def stray_variables(written: Written) -> Iterator[Fault]:
    """Settings in the environment of a connection that no file has."""
    known = tuple(f"{PREFIX}{name.upper()}__" for name in written.names)
    strays = sorted(n for n in written.environment if not n.startswith(known))
    if not strays or written.unread:
        return
    names = {
        field
        for vendor in map(sources.load, sources.names())
        for field in vendor.settings.get_resolvable_fields()
    }
    for variable in strays:
        connection, _, setting = variable.removeprefix(PREFIX).lower().rpartition("__")
        if setting in names and connection:
            message = (
                f"there is no connection {connection!r}: it needs a section, which may be empty, "
                f"in {CONFIG}"
            )
            yield Fault(ENVIRONMENT, (variable,), message, f"[sources.{connection}]")


def plain_names() -> frozenset[str]:
    """The names of settings that are no secrets of any vendor."""
    fields = [sources.load(n).settings.get_resolvable_fields() for n in sources.names()]
    secret = {n for known in fields for n, hint in known.items() if is_secret_hint(hint)}
    return frozenset({*OURS, *(n for known in fields for n in known)} - secret)


def of_the_section(written: Written, connection: str) -> Iterator[Fault]:
    """What is wrong with a connection's name, vendor and switch."""
    first = sources.names()[0]
    if not NAME.fullmatch(connection):
        message = "a connection's name is lower case letters, digits and _, begun by a letter"
        place = Said(None, _home(written, connection), ("sources", connection))
        yield placed(place, message, f"[sources.{first}_west]")
    examples = {"vendor": f'vendor = "{first}"', "enabled": "enabled = false"}
    for name, kind in OURS.items():
        said = written.said(connection, name, kind)
        place = said or Said(None, _home(written, connection), ("sources", connection, name))
        try:
            if said is not None:
                read_as(kind, said.value)
        except WrongType as error:
            yield placed(place, str(error), examples[name])
            continue
        vendor = vendor_name(written, connection)
        if name == "vendor" and vendor not in sources.names():
            message = f"names the vendor {vendor!r}{did_you_mean(vendor, sources.names())}"
            near = get_close_matches(vendor, sources.names(), 1)
            yield placed(place, message, f'vendor = "{near[0]}"' if near else examples[name])


def unknown(written: Written, connection: str, vendor: Vendor) -> Iterator[Fault]:
    """A misspelt `confirm = false` would confirm for good, so no setting is overlooked."""
    fields = vendor.settings.get_resolvable_fields()
    for place in _places(written, connection):
        name = place.name
        if name not in fields and name not in OURS:
            message = f"is no setting of {vendor.title}{did_you_mean(name, {*fields, *OURS})}"
            near = get_close_matches(name, fields, 1)
            works = example(vendor.settings, near[0], fields[near[0]]) if near else ""
            yield placed(place.said, message, works)
        elif place.said.file == CONFIG and name in fields and is_secret_hint(fields[name]):
            message = f"is a secret: move it to {SECRETS}, which is never committed"
            yield placed(place.said, message, f"{name} = {FILL_IN}")


@dataclass(frozen=True)
class _Place:
    name: str
    said: Said


def _places(written: Written, connection: str) -> Iterator[_Place]:
    """Everything that is written of a connection, where it counts and where it does not."""
    for file in (CONFIG, SECRETS):
        for name, value in written.section(file, connection).items():
            yield _Place(name, Said(value, file, ("sources", connection, name)))
    for name, text in written.variables(connection).items():
        variable = f"{PREFIX}{connection.upper()}__{name.upper()}"
        yield _Place(name, Said(text, ENVIRONMENT, (variable,)))


def _home(written: Written, connection: str) -> str:
    """The file that has the connection's section."""
    said = written.config.get("sources", {})
    return CONFIG if isinstance(said, Mapping) and connection in said else SECRETS


def _ours(written: Written, connection: str, name: str) -> object:
    said = written.said(connection, name, OURS[name])
    try:
        return None if said is None else read_as(OURS[name], said.value)
    except WrongType:
        return None
