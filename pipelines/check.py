"""`penstock check`: can each connection be read, and if not, why."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines import clock
from pipelines.budgets import open_budget, open_budgets
from pipelines.project import Connection
from pipelines.warehouse import Places
from sources._http.errors import PenstockError
from sources._http.redact import Redactor
from sources._vendor import Finding, Means


@dataclass(frozen=True)
class Line:
    """One line of the answer, and whether it is good news."""

    ok: bool
    text: str


def check_connections(connections: Sequence[Connection], places: Places) -> Iterator[Line]:
    """Looks at each connection; an error of one is a line, and the others are looked at too.

    Calls made here are calls of the account: they are taken from its budget.
    """
    places.prepare()
    budgets = open_budgets(places)
    for connection in connections:
        means = Means(
            connection=connection.name,
            redactor=Redactor(connection.vendor.secrets(connection.settings)),
            clock=clock.now,
            budget=open_budget(connection, budgets),
        )
        findings, error = asyncio.run(_look(connection, means))
        for finding in findings:
            where = ".".join(filter(None, (connection.name, finding.table)))
            mark = "ok  " if finding.ok else "FAIL"
            yield Line(finding.ok, f"{mark} {where}: {finding.message}")
        if error is not None:
            yield Line(False, f"FAIL {error.at(connection=connection.name)}")


async def _look(connection: Connection, means: Means) -> tuple[list[Finding], PenstockError | None]:
    findings: list[Finding] = []
    settings = connection.settings
    try:
        async with connection.vendor.client(settings, means) as client:
            async for finding in connection.vendor.check(client, settings):
                findings.append(finding)
    except PenstockError as error:
        return findings, error
    return findings, None
