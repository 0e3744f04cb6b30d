"""Brings one recorded delivery to its end: sends it once, or finds out what became of it.

What is sent again is only what certainly never arrived: the attempt was refused, or the settings
say that the mailbox keeps its files, and it does not list this one a good while after it was sent.
Where neither is known, a person decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from pipelines import clock
from pipelines.boundaries import (
    DELIVERY_ANSWERED,
    DELIVERY_RECORDED,
    DELIVERY_SENDING,
    reached,
)
from pipelines.deliver import told
from pipelines.deliver.book import Book, Delivery, State
from pipelines.deliver.outgoing import Outgoing
from pipelines.deliver.post import Post
from pipelines.deliver.told import Changed, Occupied, Unsettled, deliver_command
from sources._http.errors import PenstockError, Retryable
from sources._vendor import Seen

LOOKS = 8
FIRST_PAUSE = 1 / 15  # of the whole wait; each is twice as long as the one before


class Sight(Enum):
    """What a list says of a file."""

    WHOLE = auto()
    COMING = auto()
    ANOTHER = auto()
    ABSENT = auto()
    HIDDEN = auto()


@dataclass(frozen=True)
class View:
    """What was seen of a file.

    Attributes:
        sight: in a word.
        seen: the list.
        is_late: it was asked for when all that was sent should have been there.
    """

    sight: Sight
    seen: Seen
    is_late: bool


class Courier:
    """Settles the deliveries of one connection."""

    def __init__(
        self,
        book: Book,
        post: Post,
        outgoing: Outgoing,
        *,
        wait_seconds: float,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """What is needed for it.

        Args:
            book: the record.
            post: the mailbox.
            outgoing: what is to be sent.
            wait_seconds: how long after it was sent a file may not be listed yet, or in part.
            pause: waits.
        """
        self._book = book
        self._post = post
        self._outgoing = outgoing
        self._wait = wait_seconds
        self._pause = pause

    def settle(self, delivery: Delivery) -> Delivery:
        """Does what is left to do of a delivery.

        Raises:
            Unsettled: nobody can tell whether it arrived.
            Occupied: another file has its name.
            Changed: the vendor took it, and shows it with another length; it is settled.
            PenstockError: the vendor cannot be reached, or does not take it; the next call goes on.
        """
        if not delivery.is_open or delivery.state is State.OCCUPIED:
            return delivery
        try:
            settled = self._brought(delivery)
        except (Unsettled, Occupied):
            raise
        except Changed:
            self._tidy()
            raise
        except PenstockError as error:
            raise error.then(deliver_command(delivery.delivery)) from None
        self._tidy()
        return settled

    def _tidy(self) -> None:
        """The record says that it came to its end: its bytes are not needed any more."""
        reached(DELIVERY_RECORDED)
        self._outgoing.keep_only({left.content_sha256 for left in self._book.open()})

    def _brought(self, delivery: Delivery) -> Delivery:
        match delivery.state:
            case State.PREPARED if delivery.is_maybe_there:
                return self._send_unless_there(delivery)
            case State.PREPARED:
                self._refuse_name_in_use(delivery)
                return self._send(delivery)
            case State.ACCEPTED:
                return self._verify(delivery)
            case _:
                return self._find(delivery)

    def _send(self, delivery: Delivery) -> Delivery:
        data = self._outgoing.read(delivery.content_sha256)
        if data is None:
            raise told.bytes_gone(delivery)
        delivery = self._book.sending(delivery)
        reached(DELIVERY_SENDING)
        try:
            sent = self._post.send(delivery.file_name, data)
        except PenstockError as error:
            if not _is_maybe_done(error):
                self._book.back(delivery, error.message)
                raise
            return self._after_lost_answer(delivery, error)
        reached(DELIVERY_ANSWERED)
        if not sent.is_taken:
            return self._name_is_taken(delivery, sent.note)
        note = "the vendor took it"
        return self._verify(self._book.accepted(delivery, note, is_settled=False))

    def _verify(self, delivery: Delivery) -> Delivery:
        """Looks for what the vendor said it took: more may be known, never less."""
        took = "the vendor took it"
        try:
            view = self._look(delivery, until_listed=False)
        except PenstockError as error:
            note = f"{took}; the folder could not be listed: {error.message}"
            return self._book.accepted(delivery, note, is_settled=True)
        if view.sight is Sight.WHOLE:
            note = f"{took}, and lists it with {delivery.content_bytes:,} bytes"
            return self._book.delivered(delivery, note)
        if view.sight is Sight.ANOTHER:
            note = f"{took}, and lists it with {_lengths(delivery, view)}"
            raise Changed(self._book.accepted(delivery, note, is_settled=True))
        why = {
            Sight.COMING: "it is listed, its length not yet",
            Sight.ABSENT: "it is not listed any more",
            Sight.HIDDEN: f"the folder cannot be listed ({view.seen.note})",
        }[view.sight]
        return self._book.accepted(delivery, f"{took}; {why}", is_settled=True)

    def _after_lost_answer(self, delivery: Delivery, error: PenstockError) -> Delivery:
        """Never sends again at once: what was sent may still be on its way."""
        view = self._look(delivery, until_listed=True, since=clock.now())
        if self._proves_absence(view):
            raise error
        return self._judge(delivery, view, f"its answer was lost ({error.message})")

    def _find(self, delivery: Delivery) -> Delivery:
        """What became of an attempt that nobody knows the end of."""
        was_sending = delivery.state is State.SENDING
        view = self._look(delivery, until_listed=was_sending)
        # who has told a person that nobody knows must not send by itself later
        if was_sending and self._proves_absence(view):
            return self._send(delivery)
        return self._judge(delivery, view, "an earlier call ended before it was answered")

    def _send_unless_there(self, delivery: Delivery) -> Delivery:
        """An earlier attempt may have brought it after all, whatever a person knew of it."""
        view = self._look(delivery, until_listed=False)
        if view.sight in (Sight.ABSENT, Sight.HIDDEN):
            return self._send(delivery)
        return self._judge(delivery, view, "an earlier attempt brought it")

    def _judge(self, delivery: Delivery, view: View, why: str) -> Delivery:
        """Of a file that the vendor never said it took."""
        match view.sight:
            case Sight.WHOLE:
                note = f"found listed with {delivery.content_bytes:,} bytes; {why}"
                return self._book.delivered(delivery, note)
            case Sight.COMING:
                known = f"{why}, and it is listed without its length: on its way, or half of it"
                self._book.unsettled(delivery, known)
                raise told.on_its_way(delivery, known)
            case Sight.ANOTHER:
                known = (
                    f"a file of this name is listed with {_lengths(delivery, view)}: half of it, "
                    "or not ours. While it is there, nothing is sent"
                )
            case Sight.HIDDEN:
                known = f"{why}, and the folder cannot be listed ({view.seen.note})"
            case Sight.ABSENT:
                known = (
                    f"{why}, and it is not listed, which proves nothing: files may be taken away"
                )
        self._book.unsettled(delivery, known)
        raise told.unknown(delivery, known)

    def _name_is_taken(self, delivery: Delivery, note: str) -> Delivery:
        """409: ours, where an earlier attempt may have brought it; else somebody else's."""
        if not delivery.is_maybe_there:
            raise self._occupied(delivery, note)
        view = self._look(delivery, until_listed=False)
        why = {
            Sight.ABSENT: "it is not listed any more",
            Sight.HIDDEN: f"the folder cannot be listed ({view.seen.note})",
        }.get(view.sight)
        if why is None:
            return self._judge(delivery, view, "the vendor has it already")
        note = f"the vendor has it already; {why}"
        return self._book.accepted(delivery, note, is_settled=True)

    def _refuse_name_in_use(self, delivery: Delivery) -> None:
        """Looks before a first attempt: not every mailbox answers 409, some overwrite."""
        seen = self._post.look()
        if _sight(delivery, seen) not in (Sight.ABSENT, Sight.HIDDEN):
            raise self._occupied(delivery, seen.note)

    def _occupied(self, delivery: Delivery, note: str) -> Occupied:
        known = f"the vendor has a file {delivery.file_name} already, and not from here ({note})"
        self._book.occupied(delivery, known)
        return told.occupied(delivery, known)

    def _proves_absence(self, view: View) -> bool:
        """Whether a list that lacks the file proves that it never arrived.

        It does where the settings say that files stay, once what was sent has had its time: one
        that stayed says nothing of the next.
        """
        return view.sight is Sight.ABSENT and view.is_late and self._post.keeps_files is True

    def _look(
        self, delivery: Delivery, *, until_listed: bool, since: datetime | None = None
    ) -> View:
        """Looks, and again for a while where what is shown may still change.

        Args:
            delivery: what is looked for.
            until_listed: whether one that is not listed may still come.
            since: when the vendor had it at the latest; the last attempt's beginning without it.
        """
        waits = [Sight.COMING, Sight.ANOTHER, *([Sight.ABSENT] if until_listed else ())]
        until = (since or delivery.sending_at or delivery.prepared_at) + timedelta(
            seconds=self._wait
        )
        pause = self._wait * FIRST_PAUSE
        for _ in range(LOOKS - 1):  # a clock that is set back must not hold it up for ever
            view = self._view(delivery, until)
            if view.is_late or view.sight not in waits:
                return view
            left = max((until - clock.now()).total_seconds(), 0.0)
            self._pause(min(pause, left))
            pause = min(2 * pause, self._wait)
        return self._view(delivery, until)

    def _view(self, delivery: Delivery, until: datetime) -> View:
        is_late = clock.now() >= until
        seen = self._post.look()
        return View(_sight(delivery, seen), seen, is_late)


def _is_maybe_done(error: PenstockError) -> bool:
    """Whether the file may have arrived; no other error leaves that open."""
    return isinstance(error, Retryable) and error.maybe_done


def _lengths(delivery: Delivery, view: View) -> str:
    length = (view.seen.files or {})[delivery.file_name]
    return f"{length:,} bytes instead of {delivery.content_bytes:,}"


def _sight(delivery: Delivery, seen: Seen) -> Sight:
    if seen.files is None:
        return Sight.HIDDEN
    length = seen.files.get(delivery.file_name)
    if length is None:
        return Sight.ABSENT
    if length == delivery.content_bytes:
        return Sight.WHOLE
    return Sight.COMING if length == 0 else Sight.ANOTHER
