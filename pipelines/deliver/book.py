"""`ops.deliveries`: what is to be sent, what was sent, and what nobody knows of.

One row per (connection, extract, period). Every change is committed when its method returns.

    prepared ──► sending ──► accepted ──► delivered
        ▲           │  └────► unsettled ──► delivered, or what a person says
        └───────────┘ it certainly never arrived
    occupied: somebody else's file has the name; nothing was sent, and it is prepared anew
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import duckdb

from pipelines import clock
from pipelines.deliver.content import Content
from pipelines.deliver.declared import Extract
from pipelines.deliver.periods import Period


class State(StrEnum):
    """Where a delivery stands."""

    PREPARED = "prepared"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNSETTLED = "unsettled"
    OCCUPIED = "occupied"


@dataclass(frozen=True)
class Delivery:
    """One row of `ops.deliveries`.

    Attributes:
        delivery_id: names it.
        connection: whose mailbox it goes to.
        vendor: whose that is.
        delivery: the extract.
        period: the label of the period.
        file_name: as it is called at the vendor.
        format: csv, jsonl or parquet.
        row_count: rows in it.
        content_bytes: its length.
        content_sha256: what is sent, in `data/work/outgoing/`.
        query_sha256: the extract's file that made it.
        generation: the run whose published file it was made from.
        state: where it stands.
        is_named: a person asked for this period.
        is_maybe_there: an attempt whose end nobody knows was made before the present one.
        prepared_at: when its bytes became durable (UTC, as all times here).
        sending_at: when the last attempt began.
        settled_at: when nothing was left to do; None while something is.
        attempts: how often it was sent, or may have been.
        note: what is known, in a sentence.
    """

    delivery_id: str
    connection: str
    vendor: str
    delivery: str
    period: str
    file_name: str
    format: str
    row_count: int
    content_bytes: int
    content_sha256: str
    query_sha256: str
    generation: str
    state: State
    is_named: bool
    is_maybe_there: bool
    prepared_at: datetime
    sending_at: datetime | None
    settled_at: datetime | None
    attempts: int
    note: str

    @property
    def is_open(self) -> bool:
        """Whether something is left to do."""
        return self.settled_at is None


_COLUMNS = ", ".join(Delivery.__dataclass_fields__)


class Book:
    """The record, for one process: the work file is open and the run lock held."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db

    def of(self, name: str, connection: str | None = None) -> list[Delivery]:
        """What is known of an extract, in the order of preparation."""
        return self._select(
            "delivery = ? and (connection = ? or ? is null)", [name, connection, connection]
        )

    def open(self) -> list[Delivery]:
        """Everything that something is left to do of."""
        return self._select("settled_at is null", [])

    def get(self, delivery_id: str) -> Delivery:
        """One of them, as it is now."""
        return self._select("delivery_id = ?", [delivery_id])[0]

    def named(self, connection: str, file_name: str) -> Delivery | None:
        """The delivery whose file has that name, whatever the case of its letters."""
        found = self._select(
            "connection = ? and lower(file_name) = lower(?)", [connection, file_name]
        )
        return found[0] if found else None

    def prepared(
        self,
        extract: Extract,
        period: Period,
        content: Content,
        *,
        vendor: str,
        generation: str,
        is_named: bool,
    ) -> Delivery:
        """Writes down what is to be sent; its bytes are durable. An occupied name is let go of."""
        delivery_id = secrets.token_hex(8)
        values = {
            "delivery_id": delivery_id,
            "connection": extract.connection,
            "vendor": vendor,
            "delivery": extract.name,
            "period": period.label,
            "file_name": extract.file_name(period),
            "format": extract.format,
            "row_count": content.rows,
            "content_bytes": len(content.data),
            "content_sha256": content.sha256,
            "query_sha256": extract.sha256,
            "generation": generation,
            "state": State.PREPARED.value,
            "is_named": is_named,
            "is_maybe_there": False,
            "prepared_at": clock.now(),
            "attempts": 0,
            "note": "",
        }
        marks = ", ".join("?" * len(values))
        self._db.execute("begin transaction")
        try:
            self._forget(extract.connection, extract.name, period.label)
            self._db.execute(
                f"insert into ops.deliveries ({', '.join(values)}) values ({marks})",
                list(values.values()),
            )
            self._db.execute("commit")
        except BaseException:
            self._db.execute("rollback")
            raise
        return self.get(delivery_id)

    def _forget(self, connection: str, name: str, period: str) -> None:
        """Drops a record that nothing was ever sent for."""
        self._db.execute(
            "delete from ops.deliveries where connection = ? and delivery = ? and period = ? "
            "and state in ('occupied', 'prepared') and not is_maybe_there",
            [connection, name, period],
        )

    def sending(self, delivery: Delivery) -> Delivery:
        """It is sent now; an attempt before this one whose end is unknown is remembered."""
        unknown = delivery.is_maybe_there or delivery.state in (State.SENDING, State.UNSETTLED)
        return self._set(
            delivery,
            State.SENDING,
            delivery.note,
            sending_at=clock.now(),
            attempts=delivery.attempts + 1,
            is_maybe_there=unknown,
        )

    def back(self, delivery: Delivery, note: str) -> Delivery:
        """The present attempt certainly brought nothing."""
        return self._set(delivery, State.PREPARED, note)

    def again(self, delivery: Delivery) -> Delivery:
        """A person wants it sent again."""
        note = "to be sent again, a person said"
        return self._set(delivery, State.PREPARED, note, is_maybe_there=True)

    def occupied(self, delivery: Delivery, note: str) -> Delivery:
        """Somebody else's file has the name; nothing was sent."""
        return self._set(delivery, State.OCCUPIED, note)

    def unsettled(self, delivery: Delivery, note: str) -> Delivery:
        """Nobody can tell whether it arrived."""
        return self._set(delivery, State.UNSETTLED, note, settled_at=None)

    def accepted(self, delivery: Delivery, note: str, *, is_settled: bool) -> Delivery:
        """The vendor said that it took it; settled when nothing more can be found out."""
        at = clock.now() if is_settled else None
        return self._set(delivery, State.ACCEPTED, note, settled_at=at)

    def delivered(self, delivery: Delivery, note: str) -> Delivery:
        """It was seen there, with its length."""
        return self._set(delivery, State.DELIVERED, note, settled_at=clock.now())

    def _set(self, delivery: Delivery, state: State, note: str, **more: object) -> Delivery:
        changes: dict[str, object] = {"state": state.value, "note": note, **more}
        self._db.execute(
            f"update ops.deliveries set {', '.join(f'{name} = ?' for name in changes)} "
            "where delivery_id = ?",
            [*changes.values(), delivery.delivery_id],
        )
        return self.get(delivery.delivery_id)

    def _select(self, where: str, values: Sequence[object]) -> list[Delivery]:
        found = self._db.execute(
            f"select {_COLUMNS} from ops.deliveries where {where} order by prepared_at, period",
            list(values),
        ).fetchall()
        return [_delivery(row) for row in found]


def _delivery(row: Sequence[object]) -> Delivery:
    said = dict(zip(Delivery.__dataclass_fields__, row, strict=True))
    said["state"] = State(str(said["state"]))
    return Delivery(**said)  # type: ignore[arg-type]
