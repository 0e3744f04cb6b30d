"""What the pipelines may ask of a vendor: its tables, how to read, confirm and check.

A vendor's package exposes one `VENDOR` of this type; nothing else of it is known outside. Tables
with a `queue` are pending notifications: reading them again brings what is still unconfirmed, and
`confirm` is called for what has become durable, never before.
"""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pyarrow as pa
from dlt.common.configuration.specs import BaseConfiguration, configspec
from dlt.sources import DltSource

from sources._http.budget import Budget, Budgets
from sources._http.client import Client
from sources._http.objection import Objection, connection_objections, refuse
from sources._http.redact import Redactor
from sources._http.settings import WireSettings
from sources._reading.marks import Mark, Position, Reading, Trouble
from sources._tables.declare import Table
from sources._tables.page import Page
from sources._tables.withhold import Withheld

Landed = Iterable[tuple[str, pa.Table]]
Clock = Callable[[], datetime]
Item = Page | Mark | Trouble


@configspec
class ConnectionSettings(BaseConfiguration):
    """What every connection has; a vendor adds its own.

    Attributes:
        base_url: where the vendor's API is; scheme, host, port and path prefix.
        ca_bundle: path of a PEM file with certificates to trust besides the system's.
        timezone: IANA zone of the times that the vendor writes without offset.
        currency: ISO 4217 code of amounts that come without a currency, as "CAD".
        confirm: whether notifications are confirmed; false reads beside another consumer.
        max_body_mb: refuses answers larger than this, in MB.
        attempts: how often one request is tried in all.
        read_seconds: longest silence of the vendor while it answers.
        deadline_seconds: the longest one request may take, waits and retries included.
        backoff_seconds: upper bound of the first wait between tries; it doubles.
        refusals_before_stop: so many confirmations refused without one taken end the run.
        sweep_max_vanished: a sweep that misses a larger share of a table's rows (0 to 1) is taken
            for a vendor that answers in part, and marks nothing.
        archive_days: how many days raw pages are kept, 0 is for good; by default what the vendor
            needs: for good where a page is the only copy, else 30.
    """

    base_url: str = None  # type: ignore[assignment]  # dlt: None marks a required setting
    ca_bundle: str | None = None
    timezone: str = "UTC"
    currency: str | None = None
    confirm: bool = True
    max_body_mb: int = 1024
    attempts: int = 5
    read_seconds: float = 60.0
    deadline_seconds: float = 300.0
    backoff_seconds: float = 1.0
    refusals_before_stop: int = 100
    sweep_max_vanished: float = 0.1
    archive_days: float | None = None

    # a line that works, of settings that have no default to show
    examples: ClassVar[Mapping[str, str]] = {"base_url": 'base_url = "https://server:8443"'}

    def on_resolved(self) -> None:
        """Holds the values to what can be used.

        Raises:
            Unusable: naming every one that cannot.
        """
        refuse(self.objections())

    def objections(self) -> Iterator[Objection]:
        """All that cannot be used; a vendor adds its own."""
        yield from connection_objections(self)

    def wire(self) -> WireSettings:
        """How the wire is to be used.

        Raises:
            Unusable: values cannot be used; names them.
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
class Means:
    """What a connection's wire is opened with.

    Attributes:
        connection: its name, for errors.
        redactor: knows its secrets.
        clock: now, in UTC, naive.
        budget: what the vendor allows the account; None where nothing is known.
        ends_at: no call is made after this time (`time.monotonic` seconds); None is never.
        kept: what the vendor keeps between the clients of one run: a login, which costs a call.
    """

    connection: str
    redactor: Redactor
    clock: Clock
    budget: Budget | None = None
    ends_at: float | None = None
    kept: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Looked:
    """What came of asking for one document by its key.

    Attributes:
        key: the values of the key, as text.
        page: the answer that has it; None where the vendor has no such document.
        note: why it could not be asked for; nothing is known of it then.
    """

    key: tuple[str, ...]
    page: Page | None = None
    note: str = ""


class Said(Protocol):
    """One line of a description; not `ok` where settings do not fit."""

    @property
    def ok(self) -> bool:
        """Whether it is good news."""
        ...

    @property
    def text(self) -> str:
        """What is to be shown."""
        ...


class Description(Protocol):
    """What a site's own description says of a connection's settings."""

    @property
    def lines(self) -> Sequence[Said]:
        """For the terminal."""
        ...

    @property
    def toml(self) -> str:
        """Settings to put in place of the connection's; empty where they fit as they are."""
        ...


@dataclass(frozen=True, kw_only=True)
class Whole:
    """How a vendor's lists are read whole, so that what vanished is seen.

    Attributes:
        read: every page of one table's list; its marks say after which page it goes on, and the
            last one, `{"is_over": true}`, that the list ended.
        look_up: asks for single documents by key: a list that moves may have hidden them.
        on_every_run: tables that can only be read whole: a run reads them so when they are due.
        at_first: tables whose past can only be read whole, once.
    """

    read: Callable[[Client, Any, Reading], AsyncIterator[Item]]
    look_up: Callable[[Client, Any, str, Sequence[tuple[str, ...]]], AsyncIterator[Looked]]
    on_every_run: Callable[[Any], Sequence[str]]
    at_first: Callable[[Any], Sequence[str]] = lambda _: ()


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """What a vendor's positions say of time.

    Attributes:
        at: how far a stream has come (stream, position), as ISO text that sorts; None where its
            position says nothing of the kind.
        back_to: the position from which a stream reads once more what changed since a day in the
            vendor's zone (stream, position, day); None where it knows no day.
    """

    at: Callable[[str, Position], str | None]
    back_to: Callable[[str, Position, date], Position | None]


@dataclass(frozen=True)
class Sent:
    """What a mailbox said of a file that was sent.

    Attributes:
        is_taken: it took the file; otherwise it has one of that name already, and took nothing.
        note: what it said, for the record; never a secret.
    """

    is_taken: bool
    note: str = ""


@dataclass(frozen=True)
class Seen:
    """What a mailbox shows of the folder that files are sent to.

    Attributes:
        files: the length in bytes of every file by name, 0 while it is on its way; None where the
            folder may not be listed.
        note: why it may not, or how it was listed.
    """

    files: Mapping[str, int] | None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    """How files are delivered to a vendor: the other way of writing to one.

    Attributes:
        send: sends one file (client, settings, name, content), once: nothing is tried again that
            may have arrived. Raises `Retryable` with `maybe_done` where it may have; any other
            error says that nothing arrived.
        look: lists the folder (client, settings) where that is allowed. Raises where the list
            cannot be believed.
        keeps_files: whether a file stays there until somebody fetches it, as the settings say it;
            None where they say nothing. Only then does a list without a file prove that it never
            arrived.
    """

    send: Callable[[Client, Any, str, bytes], Awaitable[Sent]]
    look: Callable[[Client, Any], Awaitable[Seen]]
    keeps_files: Callable[[Any], bool | None]


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
        read: every page there is to read now, with marks where a reading can go on from.
        check: what `penstock check` says of a connection.
        confirm: confirms items; None where the vendor has no queue.
        backfill: reads what was made between two days; None where the vendor cannot be asked.
        whole: reads lists whole; None where a list shows what is pending only.
        secrets: the values that must never be shown.
        coverage: what the first reading can and cannot bring, in a sentence.
        tables_of: the tables of a connection whose section of the settings changes them.
        every_hours: tables that need not be read on each run, and how often they are.
        budget: the account's budget; None where the vendor names no limit.
        withheld: what must never be written anywhere.
        describe: compares a site's own description of its API, a file, with a connection's
            settings; None where vendors hand out none.
        mailbox: how files are delivered to it; None where nothing can be.
        reread: what today's reading makes of an archived page that it made rows of then, as
            `Page.is_reread` says. Raises ValueError where the page does not say enough.
        cursor: what its positions say of time; None where they say nothing.
        archive_days: how long raw pages are kept unless the settings say otherwise; None is for
            good.
    """

    name: str
    title: str
    tables: tuple[Table, ...]
    settings: type[ConnectionSettings]
    client: Callable[[Any, Means], Client]
    source: Callable[[Landed], DltSource]
    read: Callable[[Client, Any, Reading], AsyncIterator[Item]]
    check: Callable[[Client, Any], AsyncIterator[Finding]]
    secrets: Callable[[Any], Sequence[str]]
    coverage: str
    confirm: Callable[[Client, Any, Sequence[int]], AsyncIterator[Settled]] | None = None
    backfill: Callable[[Client, Any, Reading, date, date], AsyncIterator[Item]] | None = None
    whole: Whole | None = None
    tables_of: Callable[[Mapping[str, Any]], tuple[Table, ...]] | None = None
    every_hours: Callable[[Any], Mapping[str, float]] = lambda _: {}
    budget: Callable[[Any, Budgets], Budget] | None = None
    withheld: Withheld = field(default_factory=Withheld)
    describe: Callable[[Path, str, Mapping[str, Any]], Description] | None = None
    mailbox: Mailbox | None = None
    reread: Callable[[Page], Page] | None = None
    cursor: Cursor | None = None
    archive_days: float | None = 30

    def tables_in(self, section: Mapping[str, Any]) -> tuple[Table, ...]:
        """The tables of a connection whose settings are `section`, as written.

        Raises:
            Misconfigured: the section asks for what cannot be.
        """
        return self.tables if self.tables_of is None else self.tables_of(section)

    def table(self, name: str) -> Table:
        """The declared table of that name.

        Raises:
            KeyError: there is none.
        """
        return {t.name: t for t in self.tables}[name]
