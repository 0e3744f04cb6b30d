"""What a site's resource offers: columns beyond the declared ones, a likely key, a change field.

Nothing that is named like a password, a token or a card is offered; nor is what no column holds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from sources._tables.declare import Column, Kind, Table
from sources.cimcloud.guard import fold, is_secret_field
from sources.cimcloud.search import is_field
from sources.cimcloud.shapes import RESERVED, is_wire
from sources.cimcloud.swagger_file import SiteField, SiteResource

Offered = dict[str, Any]

MOST_COLUMNS: Final = 400
DAILY: Final = "1d"
_LONGEST_NAME: Final = 50
_NOT_OFFERED: Final = ("card", "token", "secret", "security")
_TIMES: Final = (Kind.TIMESTAMP, Kind.DATE)
_CHANGED = re.compile(r"modif|chang|updat")
_CREATED = re.compile(r"creat|insert|enter|added")
_DATED = re.compile(r"date|time|stamp|_(?:at|on|dt)$")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def columns_offered(site: SiteResource, table: Table | None) -> list[Offered]:
    """A column for every field of the resource that the table does not have, as settings say it."""
    columns = table.columns if table else ()
    names = {c.name for c in columns} | RESERVED
    wires = {w.casefold() for c in columns for w in (c.wire, *c.aliases)}
    wires |= {w.casefold() for w in (table.ignored if table else ())}
    offered: list[Offered] = []
    for field in site.fields.values():
        if field.wire.casefold() in wires or not _may_be_kept(field):
            continue
        name = _name(field.wire, names)
        names.add(name)
        wires.add(field.wire.casefold())
        offered.append(_said(field, name))
    return offered[:MOST_COLUMNS]


def _said(field: SiteField, name: str) -> Offered:
    return {
        "wire": field.wire,
        "name": name,
        "kind": (field.kind or Kind.TEXT).name.lower(),
        "description": _meaning(field),
    }


def _meaning(field: SiteField) -> str:
    """What the site says of a field; its times become UTC here."""
    said = field.description or f"{field.wire}, which the site does not describe."
    return f"{said} (UTC here)" if field.kind is Kind.TIMESTAMP else said


def in_place_of(column: Column, field: SiteField) -> Offered | None:
    """The declared column read from another field; None where that is of another kind."""
    if field.kind is not column.kind:
        return None
    return _said(field, column.name) | {"description": field.description or column.description}


def guess_key(path: str, fields: Iterable[SiteField], others: Collection[str]) -> str | None:
    """The field that is likely to identify a resource's rows; None where several might.

    Args:
        path: the resource's.
        fields: those that a column holds or may hold.
        others: fields that identify the rows of other tables.
    """
    last = path.rsplit("/", 1)[-1].lower()
    initials = "".join(word[0] for word in re.split(r"[_-]+", last) if word)
    stem = fold(last).removesuffix("s")
    likely = [f"{stem}id", "id", f"{fold(initials)}id", f"{stem}key"]
    found = {
        fold(f.wire): f.wire
        for f in fields
        if f.kind in (Kind.INTEGER, Kind.TEXT) and is_field(f.wire)
    }
    for name in likely:
        if name in found:
            return found[name]
    ids = [w for w in found.values() if _HUMPS.sub("_", w).lower().endswith("_id")]
    own = [wire for wire in ids if wire not in others]
    return own[0] if len(own) == 1 else None


def guess_changed(fields: Mapping[str, SiteField]) -> str | None:
    """The field that is likely to say when a row changed."""
    return next(_dated(fields, _CHANGED), None)


def guess_created(fields: Mapping[str, SiteField]) -> str | None:
    """The field that is likely to say when a row was made."""
    return next(_dated(fields, _CREATED), None)


def offer(
    site: SiteResource, names: Collection[str], others: Collection[str]
) -> tuple[str, Offered] | None:
    """A resource as a table of one's own, switched off; None where no key can be told.

    Args:
        site: the resource; a list.
        names: names of tables that exist.
        others: as for `guess_key`.
    """
    columns = columns_offered(site, None)
    kept = {column["wire"] for column in columns}
    key = guess_key(site.path, (f for f in site.fields.values() if f.wire in kept), others)
    if key is None:
        return None
    changed, created = guess_changed(site.fields), guess_created(site.fields)
    said = {"cursor": changed, "created": created or ""} if changed else {"every": DAILY}
    return _name(site.path, names), {
        "path": site.path,
        "primary_key": [key],
        **said,
        "enabled": False,
        "description": site.description or f"{site.path}, which the site does not describe.",
        "columns": columns,
    }


def _dated(fields: Mapping[str, SiteField], named: re.Pattern[str]) -> Iterator[str]:
    """Fields named so that hold a day or a time, those that are declared to first."""
    found = [
        f
        for f in fields.values()
        if is_field(f.wire)
        and named.search(f.wire.lower())
        and (f.kind in _TIMES or (f.kind is Kind.TEXT and _DATED.search(f.wire.lower())))
    ]
    yield from (f.wire for f in sorted(found, key=lambda f: f.kind not in _TIMES))


def _may_be_kept(field: SiteField) -> bool:
    folded = fold(field.wire)
    return (
        field.kind is not None
        and is_wire(field.wire)
        and not is_secret_field(field.wire)
        and not any(word in folded for word in _NOT_OFFERED)
    )


def _name(wire: str, taken: Collection[str]) -> str:
    """A name in snake_case that nothing else has."""
    plain = _HUMPS.sub("_", wire).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_LONGEST_NAME].strip("_")
    if not name or not name[0].isalpha():
        name = f"field_{name}".rstrip("_")
    number, unique = 2, name
    while unique in taken:
        unique, number = f"{name}_{number}", number + 1
    return unique
