"""Brings one recorded delivery to its end: sends it once, or finds out what became of it.

What is sent again is only what certainly never arrived: the attempt was refused, or the mailbox
keeps its files and does not list this one. Where neither is known, a person decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from enum import Enum, auto

from pipelines.boundaries import (
    DELIVERY_ANSWERED,
    DELIVERY_RECORDED,
    DELIVERY_SENDING,
    reached,
)
from pipelines.deliver.book import Book, Delivery, State
from pipelines.deliver.outgoing import Outgoing
from pipelines.deliver.post import Post
from sources._http.errors import (
    Drifted,
    Misconfigured,
    OutOfTime,
    Oversized,
    PenstockError,
    Refused,
    Rejected,
    Retryable,
)
from sources._vendor import Seen

LOOKS = 4


class Unsettled(PenstockError):  # noqa: N818 - a state of the world, not a bug
    """Nobody can tell whether a file arrived, so it is not sent again by itself."""


class Occupied(PenstockError):  # noqa: N818 - a state of the world, not a bug
    """Another file has the name at the vendor."""


class Sight(Enum):
    """What a list says of a file."""

    WHOLE = auto()
    COMING = auto()
    ANOTHER = auto()
    ABSENT = auto()
    HIDDEN = auto()


def settle_command(delivery: Delivery, answer: str) -> str:
    """The command by which a person says what is to become of a delivery."""
    return f"penstock deliver {delivery.delivery} --period {delivery.period} --settle {answer}"


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
            wait_seconds: how long is waited for a file that is listed without its length.
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
            PenstockError: the vendor cannot be reached, or does not take it; the next call goes on.
        """
        match delivery.state:
            case State.PREPARED:
                self._refuse_name_in_use(delivery)
                settled = self._send(delivery)
            case State.ACCEPTED:
                settled = self._verify(delivery)
            case State.SENDING | State.UNSETTLED:
                settled = self._find(delivery)
            case State.DELIVERED | State.OCCUPIED:
                return delivery
        reached(DELIVERY_RECORDED)
        self._outgoing.keep_only({left.content_sha256 for left in self._book.open()})
        return settled

    def _send(self, delivery: Delivery) -> Delivery:
        data = self._outgoing.read(delivery.content_sha256)
        if data is None:
            raise Unsettled(
                f"the bytes of {delivery.file_name} are gone from data/work/outgoing, so that it "
                f"cannot be sent again as it was. If the partner has it: "
                f"{settle_command(delivery, 'sent')}",
                connection=delivery.connection,
                next_command=settle_command(delivery, "sent"),
            )
        delivery = self._book.sending(delivery)
        reached(DELIVERY_SENDING)
        try:
            sent = self._post.send(delivery.file_name, data)
        except (Drifted, Retryable, Refused, Misconfigured, OutOfTime) as error:
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
        try:
            sight, seen = self._look(delivery, until_listed=False)
        except PenstockError as error:
            note = f"the vendor took it; the folder could not be listed: {error.message}"
            return self._book.accepted(delivery, note, is_settled=True)
        if sight is Sight.ANOTHER:
            raise self._other_length(delivery, seen)
        if sight is Sight.WHOLE:
            note = f"the vendor took it, and lists it with {delivery.content_bytes:,} bytes"
            return self._book.delivered(delivery, note)
        why = {
            Sight.COMING: "it is listed, its length not yet",
            Sight.ABSENT: "it is not listed any more",
            Sight.HIDDEN: f"the folder cannot be listed ({seen.note})",
        }[sight]
        return self._book.accepted(delivery, f"the vendor took it; {why}", is_settled=True)

    def _after_lost_answer(self, delivery: Delivery, error: PenstockError) -> Delivery:
        """Never sends again at once: what was sent may still be on its way."""
        sight, seen = self._look(delivery, until_listed=True)
        if sight is Sight.ABSENT and self._proves_absence(delivery, seen):
            raise error.then(f"penstock deliver {delivery.delivery}")
        return self._judge(delivery, sight, seen, f"its answer was lost ({error.message})")

    def _find(self, delivery: Delivery) -> Delivery:
        """What became of an attempt that nobody knows the end of."""
        was_sending = delivery.state is State.SENDING
        sight, seen = self._look(delivery, until_listed=was_sending)
        # who has told a person that nobody knows must not send by itself later
        if sight is Sight.ABSENT and was_sending and self._proves_absence(delivery, seen):
            return self._send(delivery)
        return self._judge(delivery, sight, seen, "an earlier call ended before it was answered")

    def _judge(self, delivery: Delivery, sight: Sight, seen: Seen, why: str) -> Delivery:
        match sight:
            case Sight.WHOLE:
                note = f"found listed with {delivery.content_bytes:,} bytes; {why}"
                return self._book.delivered(delivery, note)
            case Sight.COMING:
                note = f"found listed, its length not yet; {why}"
                return self._book.accepted(delivery, note, is_settled=True)
            case Sight.ANOTHER:
                raise self._other_length(delivery, seen)
            case Sight.HIDDEN:
                known = f"{why}, and the folder cannot be listed ({seen.note})"
            case Sight.ABSENT:
                known = (
                    f"{why}, and it is not listed, which proves nothing: files may be taken away"
                )
        raise self._unsettled(delivery, known)

    def _name_is_taken(self, delivery: Delivery, note: str) -> Delivery:
        """409: ours, where an earlier attempt may have brought it; else somebody else's."""
        if not delivery.is_maybe_there:
            raise self._occupied(delivery, note)
        delivery = self._book.accepted(delivery, "the vendor has it already", is_settled=False)
        return self._verify(delivery)

    def _refuse_name_in_use(self, delivery: Delivery) -> None:
        """Looks before a first attempt: not every mailbox answers 409, some overwrite."""
        if delivery.is_maybe_there:
            return
        seen = self._post.look()
        if _sight(delivery, seen) not in (Sight.ABSENT, Sight.HIDDEN):
            raise self._occupied(delivery, seen.note)

    def _occupied(self, delivery: Delivery, note: str) -> Occupied:
        known = f"the vendor has a file {delivery.file_name} already, and not from here ({note})"
        self._book.occupied(delivery, known)
        return Occupied(
            f"{known}; nothing was sent. Give `file` another pattern in "
            f"deliveries/{delivery.delivery}.sql, or have that file removed",
            connection=delivery.connection,
            next_command=f"penstock deliver {delivery.delivery}",
        )

    def _other_length(self, delivery: Delivery, seen: Seen) -> Unsettled:
        length = (seen.files or {})[delivery.file_name]
        return self._unsettled(
            delivery,
            f"a file of this name is listed with {length:,} bytes instead of "
            f"{delivery.content_bytes:,}: half of it, or not ours",
        )

    def _unsettled(self, delivery: Delivery, known: str) -> Unsettled:
        self._book.unsettled(delivery, known)
        return Unsettled(
            f"{delivery.file_name} may have arrived or not: {known}. It is not sent again by "
            f"itself. If the partner has it: {settle_command(delivery, 'sent')}. If not, so that "
            "it is sent again",
            connection=delivery.connection,
            next_command=settle_command(delivery, "again"),
        )

    def _proves_absence(self, delivery: Delivery, seen: Seen) -> bool:
        """Whether a list that lacks the file proves that it never arrived.

        It does where files stay: the settings say so, or the delivery before it is still listed.
        """
        if self._post.keeps_files is not None:
            return self._post.keeps_files
        earlier = self._book.before(delivery)
        return (
            earlier is not None
            and earlier.state is State.DELIVERED
            and (seen.files or {}).get(earlier.file_name) == earlier.content_bytes
        )

    def _look(self, delivery: Delivery, *, until_listed: bool) -> tuple[Sight, Seen]:
        """Looks, and again for a while where what is shown may still change."""
        seen = self._post.look()
        sight = _sight(delivery, seen)
        for seconds in self._pauses():
            is_moving = sight in (Sight.COMING, Sight.ANOTHER)
            is_late = sight is Sight.ABSENT and until_listed
            if not (is_moving or (is_late and self._proves_absence(delivery, seen))):
                break
            self._pause(seconds)
            seen = self._post.look()
            sight = _sight(delivery, seen)
        return sight, seen

    def _pauses(self) -> Iterator[float]:
        yield from [self._wait / (LOOKS - 1)] * (LOOKS - 1)


def _is_maybe_done(error: PenstockError) -> bool:
    """Whether the vendor may have acted, as far as the error says."""
    if isinstance(error, Retryable):
        return error.maybe_done
    # an answer in a shape that nobody knows, or not read to its end, may stand for anything
    return isinstance(error, Drifted | Oversized) and not isinstance(error, Rejected)


def _sight(delivery: Delivery, seen: Seen) -> Sight:
    if seen.files is None:
        return Sight.HIDDEN
    length = seen.files.get(delivery.file_name)
    if length is None:
        return Sight.ABSENT
    if length == delivery.content_bytes:
        return Sight.WHOLE
    return Sight.COMING if length == 0 else Sight.ANOTHER
