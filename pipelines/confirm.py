"""Tells a vendor what is durable: one of the two places that write to one.

Works from the outbox alone, so what a crash left open is confirmed by the next start before
anything is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import duckdb

from pipelines import clock
from pipelines.boundaries import CONFIRMED, MID_CONFIRM, reached
from pipelines.project import Connection
from pipelines.stopping import Stop
from sources._http.errors import PenstockError, Rejected
from sources._http.redact import Redactor
from sources._vendor import Means, Settled


@dataclass(frozen=True)
class Confirmed:
    """What became of the outbox.

    Attributes:
        confirmed: items that the vendor took.
        refused: items that it did not take; they stay in the outbox.
    """

    confirmed: int = 0
    refused: int = 0

    def __add__(self, other: Confirmed) -> Confirmed:
        return Confirmed(self.confirmed + other.confirmed, self.refused + other.refused)


def confirm_outbox(
    db: duckdb.DuckDBPyConnection,
    connection: Connection,
    redactor: Redactor,
    listed: AbstractSet[int] = frozenset(),
    stop: Stop | None = None,
) -> Confirmed:
    """Confirms everything that is open, and records each batch as soon as it is answered.

    Args:
        db: the open work file.
        connection: whose outbox.
        redactor: knows its secrets.
        listed: what the vendor shows as pending now, where that is known: these come first, and
            only their refusals tell that something is wrong with confirming itself.
        stop: whether somebody wants it to end.

    Raises:
        PenstockError: the vendor cannot be reached or refuses the credentials; what was answered
            before is recorded, the rest stays in the outbox.
        Stopped: a stop was asked for, and the vendor takes its time; as above.
    """
    if connection.vendor.confirm is None or not connection.settings.confirm:
        return Confirmed()
    items = [
        item
        for (item,) in db.execute(
            # what was refused before comes last: it must not stand in the way of the others
            "select item_id from ops.outbox where connection = ? and confirmed_at is null "
            "group by item_id order by max(attempts), item_id",
            [connection.name],
        ).fetchall()
    ]
    if not items:
        return Confirmed()
    try:
        items.sort(key=lambda item: item not in listed)
        return (stop or Stop()).run(_confirm(db, connection, items, redactor, listed))
    except PenstockError as error:
        # no attempt of theirs: most of them were never sent
        db.execute(
            "update ops.outbox set last_error = ? where connection = ? and confirmed_at is null",
            [error.message, connection.name],
        )
        raise error.at(connection=connection.name) from None


async def _confirm(
    db: duckdb.DuckDBPyConnection,
    connection: Connection,
    items: list[int],
    redactor: Redactor,
    listed: AbstractSet[int],
) -> Confirmed:
    total = Confirmed()
    telling = 0
    confirm = connection.vendor.confirm
    assert confirm is not None  # noqa: S101 - the caller looked
    means = Means(connection=connection.name, redactor=redactor, clock=clock.now)
    async with connection.vendor.client(connection.settings, means) as client:
        async for settled in confirm(client, connection.settings, items):
            reached(MID_CONFIRM)
            _record(db, connection.name, settled)
            reached(CONFIRMED)
            n = len(settled.items)
            total += Confirmed(n, 0) if settled.accepted else Confirmed(0, n)
            if not settled.accepted:
                telling += len(listed & set(settled.items)) if listed else n
            if total.confirmed == 0 and telling >= connection.settings.refusals_before_stop:
                raise Rejected(
                    f"none of {total.refused} confirmations was taken ({settled.note}): either "
                    "the confirm route is wrong, or the key may not write",
                    next_command=f"penstock check {connection.name}",
                )
    return total


def is_open(db: duckdb.DuckDBPyConnection, connection: Connection) -> bool:
    """Whether something waits for its confirmation."""
    row = db.execute(
        "select 1 from ops.outbox where connection = ? and confirmed_at is null limit 1",
        [connection.name],
    ).fetchone()
    return row is not None


def settle_absent(
    db: duckdb.DuckDBPyConnection, connection: Connection, listed: Iterable[int]
) -> None:
    """Closes what the vendor would not confirm and no longer lists: somebody else confirmed it.

    A refusal alone proves nothing, a list alone may be cut short; should an item be listed again,
    the outbox opens it again.
    """
    if connection.vendor.confirm is None or not connection.settings.confirm:
        return
    db.execute(
        "update ops.outbox set confirmed_at = ?, "
        "last_error = last_error || ', and no longer lists it' "
        "where connection = ? and confirmed_at is null and attempts > 0 "
        "and last_error is not null and item_id not in (select unnest(?::bigint[]))",
        [clock.now(), connection.name, list(listed)],
    )


def _record(db: duckdb.DuckDBPyConnection, connection: str, settled: Settled) -> None:
    if not settled.accepted:
        _note(db, connection, settled.items, settled.note)
        return
    db.execute(
        "update ops.outbox set confirmed_at = ?, attempts = attempts + 1, last_error = null "
        "where connection = ? and confirmed_at is null and item_id in (select unnest(?::bigint[]))",
        [clock.now(), connection, list(settled.items)],
    )


def _note(
    db: duckdb.DuckDBPyConnection, connection: str, items: Iterable[int], message: str
) -> None:
    db.execute(
        "update ops.outbox set attempts = attempts + 1, last_error = ? "
        "where connection = ? and confirmed_at is null and item_id in (select unnest(?::bigint[]))",
        [message, connection, list(items)],
    )
