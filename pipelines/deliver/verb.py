"""One call of `penstock deliver`: settles what is left, sends what is due, says what happened.

An extract that fails does not stop the others. What an earlier call left open comes first, with the
bytes that were made then; extracts that are not declared any more are settled too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Self

from pipelines import clock, status
from pipelines.boundaries import DELIVERY_PREPARED, DELIVERY_WRITTEN, reached
from pipelines.deliver import declared
from pipelines.deliver.book import Book, Delivery, State
from pipelines.deliver.content import make
from pipelines.deliver.courier import Courier
from pipelines.deliver.declared import Extract
from pipelines.deliver.due import period_named, periods_due
from pipelines.deliver.objections import (
    behind,
    needed,
    refuse_nonsense,
    refuse_short,
    refuse_used_name,
)
from pipelines.deliver.outgoing import Outgoing
from pipelines.deliver.periods import Period
from pipelines.deliver.post import Post
from pipelines.deliver.reach import Warehouse, published
from pipelines.deliver.report import Draft, Report, Wanted
from pipelines.deliver.told import Changed, Occupied, Unsettled, deliver_command
from pipelines.ledger import prepare_ops
from pipelines.lock import Overtaken, run_lock
from pipelines.project import Connection, Project
from pipelines.stopping import Stop, Stopped
from pipelines.unforeseen import unforeseen
from pipelines.warehouse import Places, open_raw
from sources._http.errors import Misconfigured, PenstockError, Rejected


class Deliveries:
    """The extracts of a project, and how they are delivered."""

    def __init__(
        self,
        places: Places,
        connections: Sequence[str],
        connection_of: Callable[[str], Connection],
        *,
        progress: Callable[[str], None] = lambda _: None,
        pause: Callable[[float], None] | None = None,
        stop: Stop | None = None,
    ) -> None:
        """What is needed for it.

        Args:
            places: the project's paths.
            connections: the names of all that are configured.
            connection_of: one of them by name, its settings resolved.
            progress: told in a few words what is going on.
            pause: waits; by itself until a stop is asked for.
            stop: whether somebody wants it to end.
        """
        self._places = places
        self._connections = connections
        self._connection_of = connection_of
        self._progress = progress
        self._stop = stop or Stop()
        self._pause = pause or self._stop.pause
        self._outgoing = Outgoing(places)
        self._posts: dict[str, Post] = {}
        self._check: Callable[[], None] = lambda: None

    @classmethod
    def of(
        cls,
        project: Project,
        *,
        progress: Callable[[str], None] = lambda _: None,
        stop: Stop | None = None,
    ) -> Self:
        """Those of a project."""
        return cls(
            project.places,
            tuple(project.sections),
            lambda connection: project.connections((connection,))[0],
            progress=progress,
            stop=stop,
        )

    def __call__(self, wanted: Wanted) -> Report:
        """Delivers.

        Raises:
            Busy: a run or another delivery holds the lock.
            Stopped: while it waited whether another host still has the folder.
            Misconfigured: what is asked for cannot be.
            PenstockError: what concerns no single extract.
        """
        refuse_nonsense(wanted)
        self._places.prepare()
        report = Report()
        with (
            run_lock(self._places, stop=self._stop, tell=self._progress) as hold,
            open_raw(self._places) as db,
        ):
            self._check = hold.check
            prepare_ops(db)
            book = Book(db)
            self._outgoing.keep_only({left.content_sha256 for left in book.open()})
            names = self._names(wanted, book)
            warehouse = published(db, self._places)
            try:
                for name in names:
                    self._stop.check()
                    self._guarded(report, partial(self._one, name, wanted, book, warehouse, report))
            except Stopped:
                report.is_stopped = True
            if not wanted.is_dry:
                status.note_deliveries(db, self._places)
        return report

    def _names(self, wanted: Wanted, book: Book) -> Sequence[str]:
        known = declared.names(self._places.project)
        left = [delivery.delivery for delivery in book.open()]
        if wanted.name is not None:
            if wanted.name not in left:
                declared.load(self._places.project, wanted.name)
            return (wanted.name,)
        names = tuple(dict.fromkeys((*known, *left)))
        if not names:
            raise Misconfigured(
                f"there is no extract: {declared.FOLDER}/NAME.sql is to say what goes where",
                next_command="penstock deliver --help",
            )
        return names

    def _guarded(self, report: Report, work: Callable[[], None]) -> None:
        """An error is told, and the others go on."""
        try:
            work()
        except Overtaken:
            raise
        except PenstockError as error:
            report.errors.append(error)
        except Exception as error:  # noqa: BLE001 - one extract's trouble must not stop the others
            redactors = [post.redactor for post in self._posts.values()]
            told = unforeseen(error, self._places.work, redactors, again="penstock deliver")
            report.errors.append(told)

    def _one(
        self, name: str, wanted: Wanted, book: Book, warehouse: Warehouse, report: Report
    ) -> None:
        """Settles what is left of one extract, and sends what is due."""
        if wanted.settle is not None:
            self._decide(name, wanted, book, report)
            return
        if not wanted.is_dry:
            self._settle_left(name, book, report)
        else:
            report.note(
                *(
                    f"{left.file_name} is {left.state}, prepared {left.prepared_at:%F %H:%M} UTC, "
                    "and would be settled first"
                    for left in book.of(name)
                    if left.is_open and left.state is not State.OCCUPIED
                )
            )
        if name not in declared.names(self._places.project):
            return
        self._send_due(declared.load(self._places.project, name), wanted, book, warehouse, report)

    def _send_due(
        self, extract: Extract, wanted: Wanted, book: Book, warehouse: Warehouse, report: Report
    ) -> None:
        """Sends an extract's periods in order; one that cannot be sent for itself stops no other.

        Raises:
            PenstockError: what would stop the later ones as well.
        """
        self._post(extract.connection)
        periods = self._periods(extract, wanted, book, report)
        tables = needed(extract, self._connections, self._connection_of) if periods else []
        for period, is_named in periods:
            refuse_used_name(extract, period, book)
            refuse_short(extract, period, warehouse, tables)
            report.note(*behind(extract, warehouse))
            draft = Draft(extract, period, make(extract, period, warehouse.file))
            if wanted.is_dry:
                report.drafts.append(draft)
                continue
            delivery = self._prepare(draft, book, warehouse, is_named=is_named)
            try:
                self._settle(delivery, book, report)
            except (Occupied, Rejected, Unsettled) as error:
                report.errors.append(error)

    def _settle_left(self, name: str, book: Book, report: Report) -> None:
        """What an earlier call left; each may go elsewhere, so that none stops the rest."""
        for left in book.of(name):
            if left.is_open and left.state is not State.OCCUPIED:
                fresh = self._made_anew(left, book)
                if fresh is not None:
                    self._guarded(report, partial(self._settle, fresh, book, report))

    def _made_anew(self, left: Delivery, book: Book) -> Delivery | None:
        """A delivery as it is; None where its bytes are gone and it was never sent."""
        is_gone = self._outgoing.read(left.content_sha256) is None
        if is_gone and left.state is State.PREPARED and not left.is_maybe_there:
            book.occupied(left, "its bytes were gone before anything was sent")
            return None
        return left

    def _settle(self, delivery: Delivery, book: Book, report: Report) -> None:
        self._stop.check()
        self._check()
        self._progress(f"{delivery.connection}: {delivery.file_name}")
        courier = Courier(
            book,
            self._post(delivery.connection),
            self._outgoing,
            wait_seconds=self._wait_seconds(delivery.delivery),
            pause=self._pause,
        )
        try:
            report.settled.append(courier.settle(delivery))
        except Changed as error:
            report.settled.append(error.delivery)
            report.errors.append(error)

    def _wait_seconds(self, name: str) -> float:
        """As the extract says; one that is not declared any more, or wrongly, says nothing."""
        try:
            return declared.load(self._places.project, name).wait_seconds
        except Misconfigured:
            return declared.WAIT_SECONDS

    def _decide(self, name: str, wanted: Wanted, book: Book, report: Report) -> None:
        """A person knows what became of a delivery."""
        left = [
            delivery
            for delivery in book.of(name)
            if delivery.period == wanted.period
            and delivery.is_open
            and delivery.state is not State.OCCUPIED
        ]
        if not left:
            raise Misconfigured(
                f"no delivery of {name} for {wanted.period} is open: there is nothing to decide",
                next_command=f"penstock deliver {name} --dry-run",
            )
        if wanted.settle == "again":
            self._send_again(left[0], book, report)
            return
        note = "it arrived, a person said"
        report.settled.append(book.accepted(left[0], note, is_settled=True))
        self._outgoing.keep_only({delivery.content_sha256 for delivery in book.open()})

    def _send_again(self, delivery: Delivery, book: Book, report: Report) -> None:
        """What was never sent is sent; what the vendor said it took is not sent again."""
        if delivery.state is State.ACCEPTED:
            raise Misconfigured(
                f"the vendor took {delivery.file_name}: there is nothing to send again",
                connection=delivery.connection,
                next_command=deliver_command(delivery.delivery),
            )
        is_first = delivery.state is State.PREPARED
        self._settle(delivery if is_first else book.again(delivery), book, report)

    def _periods(
        self, extract: Extract, wanted: Wanted, book: Book, report: Report
    ) -> list[tuple[Period, bool]]:
        known = book.of(extract.name, extract.connection)
        now = clock.now()
        if wanted.period is None:
            return [(period, False) for period in periods_due(extract, known, now)]
        period = period_named(extract, wanted.period, now)
        for delivery in known:
            if delivery.period == period.label and delivery.state is not State.OCCUPIED:
                if not delivery.is_open and delivery not in report.settled:
                    report.note(
                        f"{delivery.file_name} was {delivery.state} on "
                        f"{delivery.settled_at:%F %H:%M} UTC, and is sent once only"
                    )
                return []
        return [(period, True)]

    def _prepare(
        self, draft: Draft, book: Book, warehouse: Warehouse, *, is_named: bool
    ) -> Delivery:
        """Makes durable what is to be sent: first its bytes, then the record of it."""
        self._outgoing.keep(draft.content)
        reached(DELIVERY_WRITTEN)
        delivery = book.prepared(
            draft.extract,
            draft.period,
            draft.content,
            vendor=self._post(draft.extract.connection).connection.vendor.name,
            generation=warehouse.generation,
            is_named=is_named,
        )
        reached(DELIVERY_PREPARED)
        return delivery

    def _post(self, connection: str) -> Post:
        if connection not in self._posts:
            self._posts[connection] = Post(
                self._connection_of(connection), self._places, self._stop
            )
        return self._posts[connection]
