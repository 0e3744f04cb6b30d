"""What a person is told of a delivery that did not come to its end as it should."""

from __future__ import annotations

from pipelines.deliver.book import Delivery
from sources._http.errors import PenstockError


class Unsettled(PenstockError):  # noqa: N818 - a state of the world, not a bug
    """Nobody can tell whether a file arrived, so it is not sent again by itself."""


class Occupied(PenstockError):  # noqa: N818 - a state of the world, not a bug
    """Another file has the name at the vendor."""


class Changed(PenstockError):  # noqa: N818 - a state of the world, not a bug
    """The vendor took a file, and shows it with another length: it is told once.

    Attributes:
        delivery: as it is recorded, settled.
    """

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(
            f"{delivery.file_name} arrived, and not as it was sent: {delivery.note}. It is not "
            "sent again; ask the partner what came",
            connection=delivery.connection,
            next_command=deliver_command(delivery.delivery),
        )
        self.delivery = delivery


def deliver_command(name: str) -> str:
    """The command that goes on with an extract."""
    return f"penstock deliver {name}"


def settle_command(delivery: Delivery, answer: str) -> str:
    """The command by which a person says what is to become of a delivery."""
    return f"penstock deliver {delivery.delivery} --period {delivery.period} --settle {answer}"


def unknown(delivery: Delivery, known: str) -> Unsettled:
    """Nobody can know: a person is asked."""
    return Unsettled(
        f"{delivery.file_name} may have arrived or not: {known}. It is not sent again by itself. "
        f"If the partner has it: {settle_command(delivery, 'sent')}. If not, so that it is sent "
        "again",
        connection=delivery.connection,
        next_command=settle_command(delivery, "again"),
    )


def on_its_way(delivery: Delivery, known: str) -> Unsettled:
    """It may be known later: the next call looks again."""
    return Unsettled(
        f"{delivery.file_name} is not settled: {known}. The next call looks at it again",
        connection=delivery.connection,
        next_command=deliver_command(delivery.delivery),
    )


def bytes_gone(delivery: Delivery) -> Unsettled:
    """What was to be sent is not there any more."""
    return Unsettled(
        f"the bytes of {delivery.file_name} are gone from data/work/outgoing, so that it cannot be "
        f"sent again as it was. If the partner has it: {settle_command(delivery, 'sent')}",
        connection=delivery.connection,
        next_command=settle_command(delivery, "sent"),
    )


def occupied(delivery: Delivery, known: str) -> Occupied:
    """Somebody else's file has the name."""
    return Occupied(
        f"{known}; nothing was sent. Give `file` another pattern in "
        f"deliveries/{delivery.delivery}.sql, or have that file removed",
        connection=delivery.connection,
        next_command=deliver_command(delivery.delivery),
    )
