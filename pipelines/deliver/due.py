"""Which periods of an extract are to be sent now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipelines.deliver.book import Delivery, State
from pipelines.deliver.declared import Extract
from pipelines.deliver.periods import Period, last_complete, through
from sources._http.errors import Misconfigured


def periods_due(extract: Extract, known: Sequence[Delivery], now: datetime) -> list[Period]:
    """The complete periods that are missing, in order.

    They begin with `since`, else with the first that was due before, else with the latest one. A
    period that a person asked for by name opens no row of older or newer ones.

    Args:
        extract: which.
        known: what is recorded of it for its connection.
        now: UTC, naive.
    """
    last = last_complete(extract.kind, now, extract.zone)
    before = [
        period
        for delivery in known
        if not delivery.is_named
        and extract.kind.is_label(delivery.period)
        and (period := extract.kind.named(delivery.period)) is not None
    ]
    first = extract.since or min(before, default=last, key=lambda period: period.start)
    done = {delivery.period for delivery in known if delivery.state is not State.OCCUPIED}
    return [period for period in through(first, last) if period.label not in done]


def period_named(extract: Extract, label: str, now: datetime) -> Period:
    """The period that a person asks for.

    Raises:
        Misconfigured: it is none of this extract's, or not over.
    """
    period = extract.kind.named(label)
    again = f"penstock deliver {extract.name} --dry-run"
    if period is None:
        example = last_complete(extract.kind, now, extract.zone).label
        raise Misconfigured(
            f"--period {label!r} is no {extract.kind}, such as {example}", next_command=again
        )
    if period.ends_at(extract.zone) > now:
        raise Misconfigured(
            f"{period.label} is not over: {extract.name} can be sent from "
            f"{period.ends_at(extract.zone):%F %H:%M} UTC on",
            next_command=again,
        )
    return period
