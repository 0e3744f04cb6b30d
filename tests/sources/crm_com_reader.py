"""A reading of CRM.COM without a warehouse: what came, where it goes on, and stops in between."""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sources._http.client import Client
from sources._http.redact import Redactor
from sources._reading.closing import closed
from sources._reading.marks import Mark, Position, Reading, Trouble
from sources._sandbox.process import RunningSandbox
from sources._tables.page import Page
from sources._vendor import Item, Means
from sources.crm_com import VENDOR
from sources.crm_com.settings import CrmComSettings
from sources.crm_com.tables import tables_of

Rows = dict[str, dict[str, dict[str, Any]]]
NAME = "crm_com"


@dataclass
class Reader:
    """One connection to a sandbox.

    Attributes:
        said: settings besides those that the sandbox gives.
        positions: where its readings go on.
        rows: the newest of each row that is durable, by table and id.
        read: how many rows of each table the last run brought.
        troubles: what the last run could not read.
        coverage: the last that was said of each table.
    """

    sandbox: RunningSandbox
    said: dict[str, Any] = field(default_factory=dict)
    positions: dict[tuple[str, str], Position] = field(default_factory=dict)
    rows: Rows = field(default_factory=dict)
    read: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    coverage: dict[str, Any] = field(default_factory=dict)

    def clock(self) -> datetime:
        return self.sandbox.now().astimezone(UTC).replace(tzinfo=None)

    def settings(self) -> CrmComSettings:
        made = CrmComSettings()
        made.base_url = self.sandbox.base_url(NAME)
        told = self.sandbox.settings(NAME).items()
        given = {name: tomllib.loads(f"x = {value}")["x"] for name, value in told}
        for name, value in {**given, **self.sandbox.credentials(NAME), **self.said}.items():
            setattr(made, name, value)
        made.on_resolved()
        return made

    def run(
        self,
        *tables: str,
        read: Callable[[Client, Any, Reading], AsyncIterator[Item]] = VENDOR.read,
        stop_after: int | None = None,
    ) -> list[str]:
        """Reads, and answers which paths it asked for; stops hard after so many items."""
        before = len(self.sandbox.log())
        self.read, self.troubles = Counter(), []
        asyncio.run(self._read(tables, read, stop_after))
        log = self.sandbox.log()[before:]
        return [urlsplit(entry["path"]).path.partition("/rest/v2/")[2] for entry in log]

    async def _read(
        self,
        tables: tuple[str, ...],
        read: Callable[[Client, Any, Reading], AsyncIterator[Item]],
        stop_after: int | None,
    ) -> None:
        settings = self.settings()
        means = Means(connection=NAME, redactor=Redactor(), clock=self.clock)
        declared = tables_of({"tables_left_out": settings.tables_left_out})
        reading = Reading(
            tables=tables or tuple(table.name for table in declared),
            positions=dict(self.positions),
            clock=self.clock,
        )
        waiting: list[Page] = []
        items = 0
        async with (
            VENDOR.client(settings, means) as client,
            closed(read(client, settings, reading)) as under_way,
        ):
            async for item in under_way:
                items += 1
                if stop_after is not None and items > stop_after:
                    return  # pages without a mark behind them are lost
                if isinstance(item, Page):
                    waiting.append(item)
                elif isinstance(item, Trouble):
                    self.troubles.append(str(item.error))
                else:
                    self._keep(waiting, item)
                    waiting = []

    def _keep(self, pages: list[Page], mark: Mark) -> None:
        for page in pages:
            for row in rows_of(page):
                self.rows.setdefault(page.table, {})[row["id"]] = row
                self.read[page.table] += 1
        if mark.position is None:
            self.positions.pop((mark.table, mark.stream), None)
        else:
            self.positions[mark.table, mark.stream] = json.loads(json.dumps(mark.position))
        if mark.coverage is not None:
            self.coverage[mark.table] = mark.coverage

    def keys(self) -> dict[str, set[str]]:
        """The ids of what is here."""
        return {table: set(rows) for table, rows in self.rows.items()}


def rows_of(page: Page) -> list[dict[str, Any]]:
    """The rows of a page, by `rows_at`."""
    held = [json.loads(page.body)]
    for name in page.rows_at:
        held = [part for one in held for part in (one if name == "*" else [one[name]])]
    return [row for one in held for row in (one if isinstance(one, list) else [one])]
