"""A queue of saves: each save raises a notification, listed until it is confirmed.

The notification's number is the vendor's; a row is made into bytes once, when it is first listed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sources._sandbox.chance import dice
from sources._sandbox.company_world import Saved, World, moment
from sources._sandbox.journal import Journal
from sources._sandbox.setup import NOW, Options
from sources._sandbox.written import Written

Row = dict[str, Any]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class Planted:
    """A row that a test wrote: its fields, or its bytes where it need not be JSON at all.

    `number_as` is the field that gets the notification's number; None leaves the row as it is.
    In `raw`, `%SYNC_ID%` becomes that number.
    """

    row: Row | None = None
    raw: bytes = b""
    number_as: str | None = None


@dataclass(slots=True, eq=False)
class Notification:
    """A save of a document, and what became of it.

    Attributes:
        content: the document as saved.
        earlier: the notification of the save before this one.
        body: the row as last listed, made once.
        shown: which saves' contents were listed under this number, in turn.
    """

    sync_id: int
    entity: str
    key: str
    saved_at: str
    content: Saved | Planted
    earlier: Notification | None = None
    body: bytes | None = None
    shown: list[int] = field(default_factory=list)
    times_listed: int = 0
    times_requeued: int = 0
    confirmed_at: str | None = None


class Notifications:
    """One vendor's queue over all its lists.

    Args:
        world: whose clock is read.
        journal: where confirmed notifications go, as `<vendor>.confirmed`.
        options: what a row shows, and how many a list shows at once.
        render: the row of a save, with the number's field in its place.
        id_field: the field that carries the number.
        first_id: the number of the first notification.
    """

    def __init__(
        self,
        world: World,
        journal: Journal,
        options: Options,
        render: Callable[[Saved], Row],
        *,
        id_field: str,
        first_id: int,
    ) -> None:
        self.all: dict[int, Notification] = {}
        self.written = Written()
        self.history: list[Row] = []
        self._pending: dict[str, dict[int, Notification]] = {}
        self._latest: dict[tuple[str, str], Notification] = {}
        self._world = world
        self._journal = journal
        self._options = options
        self._render = render
        self._id_field = id_field
        self._next_id = first_id
        self._order = dice("list order", options.vendor, options.seed)

    def remember(self, records: Iterable[Row]) -> None:
        """Puts records into the history of what was confirmed."""
        records = list(records)
        self.history += records
        self._journal.keep(f"{self._options.vendor}.confirmed", records)

    def add(self, entity: str, key: str, content: Saved | Planted) -> Notification:
        """A save: raises its notification."""
        at = content.step.at if isinstance(content, Saved) else self._world.now
        earlier = self._latest.get((entity, key))
        made = Notification(self._next_id, entity, key, stamp(at), content, earlier)
        self._next_id += 1
        self.all[made.sync_id] = self._latest[entity, key] = made
        self._pending.setdefault(entity, {})[made.sync_id] = made
        if self._options.rows_as == NOW:
            while earlier is not None:
                earlier.body = None  # what it showed is no longer so
                earlier = earlier.earlier
        return made

    def listed(self, entity: str) -> bytes:
        """The pending rows of a list as JSON, in no order; the oldest ones if it is limited."""
        pending = self._pending.get(entity, {})
        numbers = sorted(pending)[: self._options.list_limit]
        self._order.shuffle(numbers)
        rows = []
        for number in numbers:
            notification = pending[number]
            notification.times_listed += 1
            rows.append(self._body(notification))
        return b"[" + b",\n".join(rows) + b"]"

    def write_anew(self) -> None:
        """Forgets how rows were written, since they are to be written otherwise."""
        for notification in self.all.values():
            notification.body = None

    def confirm(self, numbers: Iterable[int]) -> list[int]:
        """Takes pending notifications off their lists; which of `numbers` these were."""
        confirmed = []
        for number in numbers:
            if not self.is_pending(number):
                continue
            notification = self.all[number]
            notification.confirmed_at = stamp(self._world.now)
            notification.body = None
            del self._pending[notification.entity][number]
            confirmed.append(number)
        self.remember(confirmation(self.all[number]) for number in confirmed)
        return confirmed

    def requeue(self, numbers: Iterable[int]) -> list[int]:
        """Makes confirmed notifications come back; which of `numbers` these were."""
        back = []
        for number in numbers:
            notification = self.all.get(number)
            if notification is None or notification.confirmed_at is None:
                continue
            notification.confirmed_at = None
            notification.times_requeued += 1
            self._pending[notification.entity][number] = notification
            back.append(number)
        return back

    def is_pending(self, number: int) -> bool:
        """Whether `number` is a notification that is not confirmed."""
        return number in self.all and self.all[number].confirmed_at is None

    def pending(self) -> list[int]:
        """The numbers of what is not confirmed."""
        return sorted(number for pending in self._pending.values() for number in pending)

    def latest_row(self, entity: str, key: str) -> Row | None:
        """The fields of a document's last save; None if there is none or it has no fields."""
        latest = self._latest.get((entity, key))
        return None if latest is None else self._row(latest.content)

    def told(self, notification: Notification) -> Row:
        """Everything about one save, for tests to compare with what a client holds.

        `row` is the document as it was saved, numbered as on the wire; None where it is not JSON.
        """
        content = notification.content
        raw = self._bytes(notification.entity, content, notification.sync_id)
        try:
            row = json.loads(raw)
        except ValueError:
            row = None
        customer = content.document.deal.customer.number if isinstance(content, Saved) else None
        return {
            "entity": notification.entity,
            "key": notification.key,
            "sync_id": notification.sync_id,
            "saved_at": notification.saved_at,
            "row": row,
            "raw_base64": base64.b64encode(raw).decode() if row is None else None,
            "customer": customer,
            "shown": notification.shown,
            "times_listed": notification.times_listed,
            "times_requeued": notification.times_requeued,
            "confirmed_at": notification.confirmed_at,
        }

    def _body(self, notification: Notification) -> bytes:
        if notification.body is None:
            showing = notification
            if self._options.rows_as == NOW:
                showing = self._latest[notification.entity, notification.key]
                if self._row(showing.content) is None:
                    showing = notification  # bytes of a test's own carry their own number
            notification.body = self._bytes(
                notification.entity, showing.content, notification.sync_id
            )
            if notification.shown[-1:] != [showing.sync_id]:
                notification.shown.append(showing.sync_id)
        return notification.body

    def _row(self, content: Saved | Planted) -> Row | None:
        return self._render(content) if isinstance(content, Saved) else content.row

    def _bytes(self, entity: str, content: Saved | Planted, number: int) -> bytes:
        row = self._row(content)
        if row is None:
            raw = content.raw if isinstance(content, Planted) else b""
            return raw.replace(b"%SYNC_ID%", str(number).encode())
        number_as = self._id_field if isinstance(content, Saved) else content.number_as
        if number_as is not None:
            row = {**row, number_as: number}
        row = self.written.of(entity, row)
        try:
            return _encode(row).encode()
        except UnicodeEncodeError:  # half a surrogate pair: only its escape can be sent
            return json.dumps(row).encode()


def confirmation(notification: Notification) -> Row:
    """The line of the history that a confirmed notification leaves."""
    return {
        "sync_id": notification.sync_id,
        "entity": notification.entity,
        "key": notification.key,
        "saved_at": notification.saved_at,
        "confirmed_at": notification.confirmed_at,
    }


def stamp(minute: int) -> str:
    """A minute as ISO text in UTC."""
    return moment(minute).isoformat()
