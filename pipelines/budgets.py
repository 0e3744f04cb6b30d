"""Call budgets of the connections: who has one, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from pipelines import clock
from pipelines.project import Connection
from pipelines.warehouse import Places
from sources._http.budget import Budget, Budgets


def open_budgets(places: Places) -> Budgets:
    """The budgets of a project directory's accounts."""
    return Budgets(places.budget, speed=clock.budget_speed())


def open_budget(connection: Connection, budgets: Budgets) -> Budget | None:
    """The call budget of a connection's account, where its vendor names one."""
    vendor = connection.vendor
    return vendor.budget(connection.settings, budgets) if vendor.budget is not None else None


def told(connections: Sequence[Connection], budgets: Budgets) -> Iterator[dict[str, Any]]:
    """What is left of each connection's budget, a line per rate, for the status."""
    for connection in connections:
        budget = open_budget(connection, budgets)
        for left in budget.left() if budget is not None else ():
            yield {
                "connection": connection.name,
                "calls": left.rate.calls,
                "per_seconds": left.rate.seconds,
                "calls_left": left.calls,
                "next_call_at": _at(left.free_in),
            }


def _at(seconds: float) -> str | None:
    """When that is (UTC); None where it is now."""
    at = clock.now() + timedelta(seconds=seconds)
    return at.isoformat(timespec="seconds") if seconds > 0 else None
