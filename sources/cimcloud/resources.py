"""Where each table is read from, and how: the sheet's defaults, and what a user says otherwise.

Only `accounts`, `customers` and `products` are confirmed paths [P]; every other path, key and
change field is a likely name [A], to be set right from the site's own Swagger
(`penstock check --swagger FILE`). Prices and stock levels show no change field, so they are read
whole, and not on each run. The key is the fields' names on the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sources._tables.declare import Table
from sources.cimcloud.entries import (
    NAME,
    Entry,
    Problem,
    did_you_mean,
    entry_place,
    example_of,
    misconfigured,
    read_entries,
)
from sources.cimcloud.guard import forbidden
from sources.cimcloud.search import Unspeakable, is_field, require_path
from sources.cimcloud.shapes import shape
from sources.cimcloud.tables import TABLES

CHANGED: Final = "last_modify_date"
CREATED: Final = "create_date"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """Where one table is read from.

    Attributes:
        table: the declared table's name.
        path: the resource's path below the site.
        key: the fields on the wire that identify a row.
        cursor: the field that says when a row changed; None where the table is read whole.
        created: the field that a first load is sliced by; None where it is read whole.
        every_hours: how often it is read, in hours; None is on each run.
    """

    table: str
    path: str
    key: tuple[str, ...]
    cursor: str | None = CHANGED
    created: str | None = CREATED
    every_hours: float | None = None


def _whole(table: str, path: str, key: tuple[str, ...], every_hours: float) -> Resource:
    return Resource(
        table=table, path=path, key=key, cursor=None, created=None, every_hours=every_hours
    )


DEFAULTS: Final = (
    Resource(table="accounts", path="accounts", key=("a_id",)),
    Resource(table="customers", path="customers", key=("c_id",)),
    Resource(table="addresses", path="shipping_addresses", key=("sa_id",)),
    Resource(table="products", path="products", key=("sku",)),
    _whole("inventory_levels", "inventory", ("sku", "warehouse"), 6.0),
    _whole("product_prices", "product_pricing", ("sku", "price_level"), 24.0),
    Resource(table="orders", path="orders", key=("c_ordnum",)),
    Resource(table="order_lines", path="order_detail", key=("od_id",)),
    Resource(table="invoice_payments", path="online_invoice_payments", key=("oip_id",)),
    Resource(table="order_history", path="order_history", key=("oh_id",)),
    Resource(table="order_history_lines", path="order_history_detail", key=("ohd_id",)),
    Resource(table="shipments", path="shipments", key=("sh_id",)),
    Resource(table="invoices", path="invoice_history", key=("ih_id",)),
    Resource(table="invoice_lines", path="invoice_history_detail", key=("ihd_id",)),
    Resource(table="payments", path="payments", key=("pay_id",)),
    Resource(table="credits", path="credits", key=("cr_id",)),
)


@dataclass(frozen=True)
class Setting:
    """One table as a connection has it.

    Attributes:
        resource: where it is read from.
        table: its declaration.
        is_read: it is not switched off.
        entry: what the settings say of it.
    """

    resource: Resource
    table: Table
    is_read: bool
    entry: Entry


def resources_of(section: Mapping[str, Any], connection: str = "") -> dict[str, Resource]:
    """The resource of every table that is read, in the tables' order.

    Args:
        section: the connection's settings; its `resources` are laid over the defaults.
        connection: its name, for the message; what is wrong is placed without it otherwise.

    Raises:
        Misconfigured: with everything that is wrong, of all tables.
    """
    return {s.resource.table: s.resource for s in settle(section, connection) if s.is_read}


def tables_of(section: Mapping[str, Any], connection: str = "") -> tuple[Table, ...]:
    """The declared tables as a connection has them: without those disabled, with the user's own.

    Args:
        section: as for `resources_of`.
        connection: as for `resources_of`.

    Raises:
        Misconfigured: with everything that is wrong, of all tables.
    """
    return tuple(s.table for s in settle(section, connection) if s.is_read)


def settle(section: Mapping[str, Any], connection: str = "") -> tuple[Setting, ...]:
    """Every table as a connection has it, those that are switched off among them.

    Args:
        section: as for `resources_of`.
        connection: as for `resources_of`.

    Raises:
        Misconfigured: with everything that is wrong, of all tables.
    """
    entries, formless = read_entries(section, connection)
    declared = {table.name: table for table in TABLES}
    defaults = {resource.table: resource for resource in DEFAULTS}
    problems: list[Problem] = []
    settled: list[Setting] = []
    paths: dict[str, str] = {}
    for name in dict.fromkeys((*declared, *entries)):
        entry = entries.get(name, Entry())
        place = entry_place(connection, name)
        problems += _objections(name, entry, defaults.get(name), place)
        resource = _resource(name, entry, defaults.get(name))
        table, wrong = shape(name, entry, declared.get(name), resource.key, place)
        problems += wrong
        if entry.enabled and paths.setdefault(resource.path.casefold(), name) != name:
            other = paths[resource.path.casefold()]
            problems.append(Problem(f"{place}.path", f"is what {other} is read from already"))
        if table is not None:
            settled.append(Setting(resource, table, entry.enabled, entry))
    # what has no form is not missing as well
    told = {problem.key for problem in formless}
    problems = formless + [p for p in problems if not _is_told(p.key, told)]
    if problems:
        raise misconfigured(problems)
    return tuple(settled)


def _is_told(key: str, told: set[str]) -> bool:
    return any(f"{other}.".startswith(f"{key}.") for other in told)


def _resource(name: str, entry: Entry, default: Resource | None) -> Resource:
    """The default with what is said laid over it; "" says that there is none."""
    said = entry.model_fields_set
    cursor = entry.cursor if "cursor" in said else default.cursor if default else None
    created = entry.created if "created" in said else CREATED if cursor else None
    every = entry.every if "every" in said else default.every_hours if default else None
    return Resource(
        table=name,
        path=entry.path or (default.path if default else name),
        key=entry.primary_key or (default.key if default else ()),
        cursor=cursor or None,
        created=created or None,
        every_hours=every,
    )


def _objections(name: str, entry: Entry, default: Resource | None, place: str) -> list[Problem]:
    """What is wrong with where and when a table is to be read."""
    found = []
    if not NAME.fullmatch(name):
        found.append(Problem(place, "a table's name is lower case letters, digits and _"))
    if default is None and entry.path is None:
        hint = did_you_mean(name, [resource.table for resource in DEFAULTS])
        said = f"is none of the tables known here{hint}. One of your own needs"
        found.append(Problem(f"{place}.path", f"{said} a path", example_of("path")))
    if entry.path is not None and (why := _why_no_path(entry.path)):
        found.append(Problem(f"{place}.path", why, example_of("path")))
    for setting in ("cursor", "created"):
        field = getattr(entry, setting)
        if field and not is_field(field):
            why = f"{field!r} is no field's name: letters, digits and _"
            found.append(Problem(f"{place}.{setting}", why, example_of(setting)))
    return found


def _why_no_path(path: str) -> str | None:
    try:
        require_path(path)
    except Unspeakable as error:
        return forbidden(path) or str(error)
    return forbidden(path)
