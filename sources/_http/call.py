"""One request on its way through its tries, and what a try failed of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sources._http.answer import Expects
from sources._http.errors import Drifted, Retryable


class Fault(Exception):  # noqa: N818
    """One try's failure that another may mend. Never leaves this package.

    Attributes:
        reason: what happened, redacted, as a clause: "answered 500".
        kind: what to raise when it stays: Retryable or Drifted.
        status: the HTTP status, when there was an answer.
        retry_after: how many seconds the vendor asked us to wait.
        sent: whether the vendor may have seen the request.
        is_budgeted: the call budget knows of it, and does the waiting.
    """

    def __init__(
        self,
        reason: str,
        *,
        kind: type[Retryable] | type[Drifted] = Retryable,
        status: int | None = None,
        retry_after: float | None = None,
        sent: bool = True,
        is_budgeted: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind
        self.status = status
        self.retry_after = retry_after
        self.sent = sent
        self.is_budgeted = is_budgeted


@dataclass(kw_only=True)
class Call:
    """One request on its way through its tries.

    Attributes:
        shown: the URL, redacted.
        repeatable: sending it twice does no harm.
        tolerate: statuses handed back instead of raised.
        requests: how many were sent so far, a repeat after a renewal included.
        renewed: credentials were renewed for it already.
        faults: what the failed tries failed of.
        deadline: ends it when it takes too long.
        waited: for how many seconds its time stood still.
        reset: seconds until the vendor's window is over, when its last answer was that no call
            is left in it.
        is_budgeted: the call budget waits for that.
        next_try_in: in how many seconds it would have been tried again, had the run not ended.
    """

    method: str
    shown: str
    expects: Expects
    repeatable: bool
    tolerate: frozenset[int]
    requests: int = 0
    renewed: bool = False
    faults: list[Fault] = field(default_factory=list)
    deadline: asyncio.Timeout | None = None
    waited: float = 0.0
    reset: float | None = None
    is_budgeted: bool = False
    next_try_in: float | None = None

    @property
    def asked(self) -> str:
        """What was asked, as messages begin."""
        return f"{self.method} {self.shown}"

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Its time stands still: it waits for its turn, or for a login with a time of its own."""
        clock = asyncio.get_running_loop().time
        began = clock()
        ends_at = self.deadline.when() if self.deadline else None
        if self.deadline:
            self.deadline.reschedule(None)
        try:
            yield
        finally:
            waited = clock() - began
            self.waited += waited
            if self.deadline and ends_at is not None:
                self.deadline.reschedule(ends_at + waited)
