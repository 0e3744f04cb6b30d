"""A project directory: which connections it has, how they are set, where its data goes.

Settings follow dlt: `.dlt/config.toml`, `.dlt/secrets.toml`, the environment. A connection is a
section `[sources.<name>]`; its vendor is the section's own name, or what its `vendor` says.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sources
from pipelines.warehouse import Places
from sources._http.errors import Misconfigured
from sources._tables.declare import Table
from sources._tables.joined import joined
from sources._vendor import ConnectionSettings, Description, Vendor

_CONNECTION = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
_CURRENCY = re.compile(r"^[A-Z]{3}$")
PROJECT_DIR = "DLT_PROJECT_DIR"
MAX_MINUTES = 30.0  # a first load that takes hours goes on in the next run
# dlt, dbt, Great Expectations and marimo would each report home
NO_TELEMETRY = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
}


@dataclass(frozen=True)
class Connection:
    """One configured vendor account.

    Attributes:
        name: what every row of it carries.
        vendor: whose it is.
        settings: resolved and whole.
        tables: the vendor's tables as this connection declares them.
    """

    name: str
    vendor: Vendor
    settings: ConnectionSettings
    tables: tuple[Table, ...]

    def known_tables(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """The names that are wanted, of this connection's tables; all of them without any.

        Raises:
            Misconfigured: there is no table of such a name.
        """
        known = [table.name for table in self.tables]
        for name in wanted:
            if name not in known:
                near = get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise Misconfigured(
                    f"there is no table {name!r}{hint} There are {', '.join(known)}",
                    connection=self.name,
                    next_command="penstock status",
                )
        return tuple(name for name in known if name in wanted) if wanted else tuple(known)


@dataclass(frozen=True)
class Limits:
    """How much goes into one window.

    Attributes:
        pages: at most so many pages.
        megabytes: of raw bytes; one page may be larger and is a window of its own.
        marked_pages: at most so many pages where the vendor counts calls and its reading can go on
            after each page, those fetched ahead included: what a kill costs again in calls.
        free_pages: `pages` where the vendor does not count calls: there may be many small ones.
    """

    pages: int = 200
    megabytes: int = 64
    marked_pages: int = 16
    free_pages: int = 2000


@dataclass(frozen=True)
class Project:
    """A project directory, read.

    Attributes:
        places: its paths.
        sections: the `[sources.<name>]` tables, as written, secrets left out.
        limits: how much goes into one window.
        max_minutes: when a run stops reading; 0 is when all is read.
    """

    places: Places
    sections: Mapping[str, Mapping[str, Any]] = field(repr=False)
    limits: Limits = field(default_factory=Limits)
    max_minutes: float = MAX_MINUTES

    def vendor_of(self, connection: str) -> Vendor:
        """The vendor behind a connection.

        Raises:
            Misconfigured: there is no such connection, or no such vendor.
        """
        if connection not in self.sections:
            known = ", ".join(self.sections) or "none"
            raise Misconfigured(
                f"there is no connection {connection!r}; configured: {known}",
                next_command="penstock check",
            )
        name = str(self.sections[connection].get("vendor", connection))
        if name not in sources.names():
            raise Misconfigured(
                f"[sources.{connection}] in .dlt/config.toml names the vendor {name!r}; there are "
                f"{', '.join(sources.names())}. A second account of a vendor says it like "
                f'vendor = "{sources.names()[0]}"',
                connection=connection,
            )
        return sources.load(name)

    def declared(self) -> dict[str, tuple[Table, ...]]:
        """The tables of every vendor that has a connection here; what several declare, joined.

        Raises:
            Misconfigured: two connections of a vendor declare one table differently.
        """
        declared: dict[str, dict[str, Table]] = {}
        for name, section in self.sections.items():
            vendor = self.vendor_of(name)
            known = declared.setdefault(vendor.name, {})
            for table in vendor.tables_in(section):
                try:
                    known[table.name] = joined(known.get(table.name, table), table)
                except ValueError as error:
                    raise Misconfigured(
                        f"[sources.{name}] declares {table.name} unlike another connection of "
                        f"{vendor.title}: {error}",
                        connection=name,
                    ) from None
        for name, known in declared.items():
            # a table that no connection reads is published empty: the models name it
            for table in sources.load(name).tables:
                known.setdefault(table.name, table)
        return {vendor: tuple(tables.values()) for vendor, tables in declared.items()}

    def described(self, connection: str | None, file: Path) -> Description:
        """What a site's own description of its API says of a connection's settings.

        Args:
            connection: which; none where only one connection's vendor hands out descriptions.
            file: the description.

        Raises:
            Misconfigured: it is not said which connection, its vendor hands out none, or the file
                cannot be used.
        """
        able = [name for name in self.sections if self.vendor_of(name).describe is not None]
        name = connection or (able[0] if len(able) == 1 else "")
        describe = self.vendor_of(name).describe if name else None
        if describe is None:
            raise Misconfigured(
                f"a Swagger file is of one connection: name it; there are "
                f"{', '.join(able) or 'none'}",
                next_command="penstock check CONNECTION --swagger FILE",
            )
        return describe(file, name, self.sections[name])

    def connections(self, wanted: tuple[str, ...] = ()) -> tuple[Connection, ...]:
        """The connections, their settings resolved.

        Raises:
            Misconfigured: naming every setting that is missing or wrong, of all of them.
        """
        found, problems = [], []
        for name in wanted or tuple(self.sections):
            try:
                found.append(self._connection(name))
            except Misconfigured as error:
                problems.append(error.message)
        if problems:
            raise Misconfigured("; ".join(problems), next_command="penstock check")
        if not found:
            raise Misconfigured(
                "no connection is configured: .dlt/config.toml needs a section such as "
                f'[sources.{sources.names()[0]}] with base_url = "https://server:port"',
                next_command="penstock check",
            )
        return tuple(found)

    def _connection(self, name: str) -> Connection:
        if not _CONNECTION.match(name):
            raise Misconfigured(
                f"[sources.{name}]: a connection's name is lower case letters, digits and _, as in "
                "cienapps_west"
            )
        vendor = self.vendor_of(name)
        _refuse_unknown(name, vendor, self.sections[name])
        settings = _resolve(name, vendor)
        if settings.ca_bundle is not None:
            settings.ca_bundle = str(self.places.project / settings.ca_bundle)
        try:
            ZoneInfo(settings.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise Misconfigured(
                f"[sources.{name}] timezone {settings.timezone!r} is no IANA zone, such as "
                '"America/Montreal"'
            ) from None
        if settings.currency is not None and not _CURRENCY.match(settings.currency):
            raise Misconfigured(
                f"[sources.{name}] currency {settings.currency!r} is no ISO 4217 code, such as "
                '"CAD"'
            )
        settings.wire()
        return Connection(name, vendor, settings, vendor.tables_in(self.sections[name]))


def _refuse_unknown(name: str, vendor: Vendor, section: Mapping[str, Any]) -> None:
    """A misspelt `confirm = false` would confirm for good, so no setting is overlooked."""
    known = {*vendor.settings.get_resolvable_fields(), "vendor", "enabled"}
    for key in section:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise Misconfigured(
                f"[sources.{name}] {key!r} is no setting of {vendor.title}{hint} There are "
                f"{', '.join(sorted(known))}"
            )


def _resolve(name: str, vendor: Vendor) -> ConnectionSettings:
    from dlt.common.configuration.exceptions import (
        ConfigFieldMissingException,
        ConfigValueCannotBeCoercedException,
        ValueNotSecretException,
    )
    from dlt.common.configuration.resolve import resolve_configuration

    try:
        return resolve_configuration(vendor.settings(), sections=("sources", name))
    except ConfigFieldMissingException as error:
        missing = " and ".join(
            f"`{f}` (in .dlt/config.toml or .dlt/secrets.toml under [sources.{name}], or as "
            f"SOURCES__{name.upper()}__{f.upper()})"
            for f in error.fields
        )
        raise Misconfigured(f"connection {name} needs {missing}") from None
    except ValueNotSecretException as error:
        setting = error.key.rpartition(".")[2]
        raise Misconfigured(
            f"[sources.{name}] {setting} is a secret and stands in .dlt/config.toml: move it to "
            ".dlt/secrets.toml, which is never committed"
        ) from None
    except ConfigValueCannotBeCoercedException as error:
        raise Misconfigured(
            f"[sources.{name}] {error.field_name} is not of the type {error.hint}"
        ) from None


def open_project(folder: Path) -> Project:
    """Reads a project directory and points dlt at it.

    Raises:
        Misconfigured: its files cannot be read.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise Misconfigured(
            f"{folder} is no directory", next_command="penstock demo -C penstock-demo"
        )
    os.environ[PROJECT_DIR] = str(folder)
    for name, value in NO_TELEMETRY.items():
        os.environ.setdefault(name, value)
    config = _toml(folder / ".dlt" / "config.toml")
    secrets = _toml(folder / ".dlt" / "secrets.toml")
    own = config.get("penstock", {})
    data = folder / str(own.get("data_dir", "data"))
    os.environ.setdefault("DLT_DATA_DIR", str(data / "work" / "dlt"))
    sections = {
        name: table
        for name, table in config.get("sources", {}).items()
        if isinstance(table, dict) and table.get("enabled", True)
    }
    for name, table in secrets.get("sources", {}).items():
        if isinstance(table, dict) and name not in config.get("sources", {}):
            sections[name] = {"vendor": table.get("vendor", name)}
    return Project(
        Places(folder, folder / str(own.get("publish_to", data)), data / "work"),
        sections,
        Limits(
            int(own.get("window_pages", Limits.pages)),
            int(own.get("window_mb", Limits.megabytes)),
            int(own.get("window_marked_pages", Limits.marked_pages)),
        ),
        float(own.get("max_minutes", MAX_MINUTES)),
    )


def _toml(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{file.name} cannot be read: {error}") from None
