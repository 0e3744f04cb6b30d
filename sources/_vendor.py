"""What the pipelines may ask of a vendor: its tables, how to read, confirm and check.

A vendor's package exposes one `VENDOR` of this type; nothing else of it is known outside. Tables
with a `queue` are pending notifications: reading them again brings what is still unconfirmed, and
`confirm` is called for what has become durable, never before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from dlt.common.configuration.specs import BaseConfiguration, configspec
from dlt.sources import DltSource

from sources._http.client import Client
from sources._http.redact import Redactor
from sources._http.settings import WireSettings
from sources._tables.declare import Table
from sources._tables.page import Page

Landed = Iterable[tuple[str, pa.Table]]
Clock = Callable[[], datetime]


@configspec
class ConnectionSettings(BaseConfiguration):
    """What every connection has; a vendor adds its own.

    Attributes:
        base_url: where the vendor's API is; scheme, host, port and path prefix.
        ca_bundle: path of a PEM file with certificates to trust besides the system's.
        timezone: IANA zone of the times that the vendor writes without offset.
        confirm: whether notifications are confirmed; false reads beside another consumer.
        max_body_mb: refuses answers larger than this, in MB.
        attempts: how often one request is tried in all.
        read_seconds: longest silence of the vendor while it answers.
        deadline_seconds: the longest one request may take, waits and retries included.
        backoff_seconds: upper bound of the first wait between tries; it doubles.
        refusals_before_stop: so many confirmations refused without one taken end the run.
    """

    base_url: str = None  # type: ignore[assignment]  # dlt: None marks a required setting
    ca_bundle: str | None = None
    timezone: str = "UTC"
    confirm: bool = True
    max_body_mb: int = 1024
    attempts: int = 5
    read_seconds: float = 60.0
    deadline_seconds: float = 300.0
    backoff_seconds: float = 1.0
    refusals_before_stop: int = 100

    def wire(self) -> WireSettings:
        """How the wire is to be used.

        Raises:
            Misconfigured: a value cannot be used; names it.
        """
        return WireSettings(
            base_url=self.base_url,
            ca_bundle=self.ca_bundle,
            max_body_bytes=self.max_body_mb * 1_000_000,
            attempts=self.attempts,
            read_seconds=self.read_seconds,
            deadline_seconds=self.deadline_seconds,
            backoff_seconds=self.backoff_seconds,
        )


@dataclass(frozen=True)
class Settled:
    """What became of some items that were to be confirmed.

    Attributes:
        items: the items' numbers.
        accepted: the vendor took the confirmation.
        note: what it said where it did not.
    """

    items: tuple[int, ...]
    accepted: bool
    note: str = ""


@dataclass(frozen=True)
class Finding:
    """One line of `penstock check`.

    Attributes:
        table: what was looked at; empty for the connection as a whole.
        ok: whether it can be read.
        message: what was found, and what to do where it is not well.
    """

    table: str
    ok: bool
    message: str


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """One vendor as the pipelines see it.

    Attributes:
        name: the package's name, the default connection's and the schema's.
        title: as the vendor writes itself.
        tables: the declarations.
        settings: the settings a connection needs.
        client: opens the wire for one connection.
        source: the dlt source that lands a window.
        read: every page there is to read now.
        check: what `penstock check` says of a connection.
        confirm: confirms items; None where the vendor has no queue.
        secrets: the values that must never be shown.
        coverage: what the first reading can and cannot bring, in a sentence.
    """

    name: str
    title: str
    tables: tuple[Table, ...]
    settings: type[ConnectionSettings]
    client: Callable[[Any, Redactor, Clock], Client]
    source: Callable[[Landed], DltSource]
    read: Callable[[Client, Any], AsyncIterator[Page]]
    check: Callable[[Client, Any], AsyncIterator[Finding]]
    secrets: Callable[[Any], Sequence[str]]
    coverage: str
    confirm: Callable[[Client, Any, Sequence[int]], AsyncIterator[Settled]] | None = None

    def table(self, name: str) -> Table:
        """The declared table of that name.

        Raises:
            KeyError: there is none.
        """
        return {t.name: t for t in self.tables}[name]
