"""A project directory: which connections it has, how they are set, where its data goes.

Settings follow dlt: `.dlt/config.toml`, `.dlt/secrets.toml`, the environment. A connection is a
section `[sources.<name>]`; its vendor is the section's own name, or what its `vendor` says.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import sources
from pipelines.settings.connections import enabled, plain_names, section_of, stray_variables
from pipelines.settings.faults import CONFIG, Fault, refuse
from pipelines.settings.judging import Judged, joined_faults, judge
from pipelines.settings.own import own_settings
from pipelines.settings.written import Written, read
from pipelines.warehouse import Places
from sources._http.errors import Misconfigured
from sources._http.redact import Redactor
from sources._tables.declare import Table
from sources._tables.joined import joined
from sources._vendor import ConnectionSettings, Description, Vendor

PROJECT_DIR = "DLT_PROJECT_DIR"
MAX_MINUTES = 30.0  # a first load that takes hours goes on in the next run
# dlt, dbt, Great Expectations and marimo would each report home
QUIET = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    # what dlt logs with its traceback is raised as well, and told in a sentence
    "RUNTIME__LOG_LEVEL": "CRITICAL",
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
        written: the files and the environment.
        limits: how much goes into one window.
        max_minutes: when a run stops reading; 0 is when all is read.
    """

    places: Places
    written: Written = field(repr=False)
    limits: Limits = field(default_factory=Limits)
    max_minutes: float = MAX_MINUTES

    @cached_property
    def sections(self) -> Mapping[str, Mapping[str, Any]]:
        """What is written of each connection, wherever it stands, secrets left out."""
        return {name: section_of(self.written, name) for name in enabled(self.written)}

    def vendor_of(self, connection: str) -> Vendor:
        """The vendor behind a connection.

        Raises:
            Misconfigured: there is no such connection, or no such vendor.
        """
        self._require(connection)
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
            Misconfigured: there is no connection of a wanted name, or none at all.
            WrongSettings: telling every setting that is missing or wrong, of all of them.
        """
        names = wanted or tuple(self.sections)
        for name in names:
            self._require(name)
        judged = [judge(self.written, name, self.places.project) for name in names]
        refuse(_faults(self.written, judged), self._redactor)
        if not judged:
            raise Misconfigured(
                "no connection is configured: .dlt/config.toml needs a section such as "
                f'[sources.{sources.names()[0]}] with base_url = "https://server:port"',
                next_command="penstock check",
            )
        return tuple(
            Connection(one.name, one.vendor, one.settings, one.tables)
            for one in judged
            if one.vendor is not None and one.settings is not None
        )

    def _require(self, connection: str) -> None:
        if connection not in self.sections:
            known = ", ".join(self.sections) or "none"
            raise Misconfigured(
                f"there is no connection {connection!r}; configured: {known}",
                next_command="penstock check",
            )

    def _redactor(self) -> Redactor:
        return self.written.redactor(plain_names())


def _faults(written: Written, judged: Sequence[Judged]) -> list[Fault]:
    """Of connections, by themselves and beside each other, and of what stands in no section."""
    own = [fault for one in judged for fault in one.faults]
    return [*own, *joined_faults(judged), *stray_variables(written)]


def open_project(folder: Path) -> Project:
    """Reads a project directory and points dlt at it.

    Raises:
        WrongSettings: its files cannot be read, or what it says of itself cannot be used; what is
            wrong with its connections is told with it.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise Misconfigured(
            f"{folder} is no directory", next_command="penstock demo -C penstock-demo"
        )
    os.environ[PROJECT_DIR] = str(folder)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    written = read(folder)
    faults = list(written.faults)
    own = own_settings(written, folder, faults)
    data = folder / own.get("data_dir", "data")
    os.environ.setdefault("DLT_DATA_DIR", str(data / "work" / "dlt"))
    if faults:
        # somebody mends the file now: what is wrong with the connections is told as well
        names = enabled(written) if CONFIG not in written.unread else ()
        judged = [judge(written, name, folder) for name in names]
        faults += _faults(written, judged)
    refuse(faults, lambda: written.redactor(plain_names()))
    return Project(
        Places(folder, folder / own.get("publish_to", data), data / "work"),
        written,
        Limits(
            own.get("window_pages", Limits.pages),
            own.get("window_mb", Limits.megabytes),
            own.get("window_marked_pages", Limits.marked_pages),
        ),
        own.get("max_minutes", MAX_MINUTES),
    )
