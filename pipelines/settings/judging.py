"""One connection's settings, read in their types and judged, all of it at once."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlt.common.typing import is_optional_type

import sources
from pipelines.settings.connections import of_the_section, section_of, unknown, vendor_name
from pipelines.settings.examples import example, home_of, missing, placed, stand_in
from pipelines.settings.faults import CONFIG, ENVIRONMENT, Fault
from pipelines.settings.values import WrongType, read_as
from pipelines.settings.written import Said, Written
from sources._http.errors import Misconfigured
from sources._http.objection import Objection
from sources._tables.declare import Table
from sources._tables.joined import joined
from sources._vendor import ConnectionSettings, Vendor


@dataclass
class Judged:
    """What became of a connection's settings.

    Attributes:
        name: the connection's.
        vendor: whose it is; None where nobody knows.
        settings: resolved; of use where there are no faults.
        section: what is written, in its types, without secrets: it shapes the tables.
        tables: as the connection declares them.
        faults: all that is wrong.
    """

    name: str
    vendor: Vendor | None = None
    settings: ConnectionSettings | None = None
    section: dict[str, Any] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    faults: list[Fault] = field(default_factory=list)


def judge(written: Written, connection: str, folder: Path) -> Judged:
    """One connection's settings, and all that is wrong with them.

    Args:
        written: what is written.
        connection: its name.
        folder: the project directory, for paths that are relative to it.
    """
    judged = Judged(connection)
    judged.faults += of_the_section(written, connection)
    name = vendor_name(written, connection)
    if name not in sources.names():
        return judged
    judged.vendor = vendor = sources.load(name)
    judged.section = section_of(written, connection)
    judged.faults += unknown(written, connection, vendor)
    judged.settings = _resolve(written, judged, vendor, folder)
    return judged


def joined_faults(judged: Sequence[Judged]) -> Iterator[Fault]:
    """Tables that two connections of a vendor declare differently."""
    known: dict[tuple[str, str], Table] = {}
    for one in judged:
        title = one.vendor.title if one.vendor else ""
        for table in one.tables:
            try:
                known[title, table.name] = joined(known.get((title, table.name), table), table)
            except ValueError as error:
                message = f"declares {table.name} unlike another connection of {title}: {error}"
                keys = ("sources", one.name, "resources", table.name)
                yield Fault(CONFIG, keys, message)


def _resolve(written: Written, judged: Judged, vendor: Vendor, folder: Path) -> ConnectionSettings:
    """Reads every setting, and has the vendor judge what could be read."""
    kind = vendor.settings
    settings, places = kind(), dict[str, Said]()
    told = {fault.keys[-1] for fault in judged.faults}
    stood_in: set[str] = set()
    for name, hint in kind.get_resolvable_fields().items():
        said = written.said(judged.name, name, hint)
        is_needed = getattr(settings, name) is None and not is_optional_type(hint)
        if said is None or (said.value == "" and is_needed):
            if is_needed:
                stood_in.add(name)
                setattr(settings, name, stand_in(kind, name, hint))
                if name not in told and home_of(hint) not in written.unread:
                    judged.faults.append(missing(judged.name, kind, name, hint))
            continue
        places[name] = said
        try:
            setattr(settings, name, read_as(hint, said.value))
        except WrongType as error:
            stood_in.add(name)
            if is_needed:
                setattr(settings, name, stand_in(kind, name, hint))
            judged.faults.append(placed(said, str(error), example(kind, name, hint)))
    if settings.ca_bundle is not None:
        settings.ca_bundle = str(folder / settings.ca_bundle)
    is_good = _judge(written, judged, settings, places, stood_in)
    if is_good and not judged.faults:
        settings.resolve()
        judged.tables = _tables(judged, vendor)
    return settings


def _judge(
    written: Written,
    judged: Judged,
    settings: ConnectionSettings,
    places: Mapping[str, Said],
    stood_in: set[str],
) -> bool:
    """Adds what the vendor objects to, but of what was told already; whether that is nothing."""
    fields = type(settings).get_resolvable_fields()
    objections = [*settings.objections(), *_bundle(settings)]
    for objection in objections:
        heads = [name.partition(".")[0] for name in (objection.setting, *objection.also)]
        said = next((places[head] for head in heads if head in places), None)
        file = said.file if said else home_of(fields.get(heads[0]))
        if stood_in.isdisjoint(heads) and (said or not written.unread):
            judged.faults.append(_objected(judged.name, objection, said, file))
    return not objections


def _tables(judged: Judged, vendor: Vendor) -> tuple[Table, ...]:
    try:
        return vendor.tables_in(judged.section)
    except Misconfigured as error:
        judged.faults.append(Fault(CONFIG, ("sources", judged.name), error.message))
        return ()


def _objected(connection: str, objection: Objection, said: Said | None, file: str) -> Fault:
    message = str(objection) if objection.also else objection.message
    below = tuple(objection.setting.split("."))
    if said is None or said.file != ENVIRONMENT:
        return Fault(file, ("sources", connection, *below), message, objection.example)
    inside = f"{'.'.join(below[1:])}: " if below[1:] else ""
    return placed(said, f"{inside}{message}", "" if below[1:] else objection.example)


def _bundle(settings: ConnectionSettings) -> Iterator[Objection]:
    """A bundle that cannot be read is told before the first call."""
    if settings.ca_bundle is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=settings.ca_bundle)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        why = (
            "holds no certificates in PEM form"
            if isinstance(error, ssl.SSLError)
            else f"cannot be read: {getattr(error, 'strerror', None) or error}"
        )
        yield Objection("ca_bundle", why, 'ca_bundle = "our-own-ca.pem"')
