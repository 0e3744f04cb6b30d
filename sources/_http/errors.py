"""What can go wrong, named by what to do about it.

    Exception
    └── PenstockError          what happened, where, and the next command to type
        ├── Retryable          retries are used up: the same call may work later
        ├── OutOfTime          the time given to the run is over: the next run goes on
        ├── Refused            credentials or scope: nothing works until they change
        ├── Drifted            the vendor's shape is not what its sheet says
        │   └── Rejected       ... it rejects the request itself: route, parameters, state
        └── Misconfigured      a setting is wrong: address, certificate, limit
            └── Oversized      ... the answer is larger than the limit allows

Whoever raises knows what happened; whoever catches often knows better where: `at` adds the
connection and the table on the way up. Messages arrive here already redacted
(`sources._http.redact`); they are shown, logged and stored as they are.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, Self

_LONGEST: Final = 20_000  # characters of a message; a vendor's words are cut before that
_UNSAYABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class PenstockError(Exception):
    """An error a user can act on.

    A message may quote a vendor: what a terminal would take for a command, and what no file can
    hold, is written as an escape.

    Attributes:
        message: what happened, redacted.
        connection: the configured vendor account it happened on, when known.
        table: the table it happened on, when known.
        status: the HTTP status behind it, when there was one.
    """

    verb = "check"

    def __init__(
        self,
        message: str,
        *,
        connection: str | None = None,
        table: str | None = None,
        next_command: str | None = None,
        status: int | None = None,
    ) -> None:
        message = sayable(message)
        super().__init__(message)
        self.message = message
        self.connection = connection
        self.table = table
        self.status = status
        self._next_command = next_command

    @property
    def next_command(self) -> str:
        """The command to type next; by default the kind's own verb on the connection."""
        if self._next_command is not None:
            return self._next_command
        return " ".join(filter(None, ("penstock", self.verb, self.connection)))

    def at(self, *, connection: str | None = None, table: str | None = None) -> Self:
        """Say where it happened. What is known already stays: the first to know knew best."""
        self.connection = self.connection or connection
        self.table = self.table or table
        return self

    def __str__(self) -> str:
        where = ".".join(filter(None, (self.connection, self.table)))
        said = f"{where}: {self.message}" if where else self.message
        said = said.rstrip(". \n")
        if "\n" in said:
            return f"{said}\nNext: {self.next_command}"
        return f"{said}{'' if said[-1:] in '?!' else '.'} Next: {self.next_command}"

    def then(self, command: str) -> Self:
        """Say which command was meant, where the kind's own is not the one to type again."""
        self._next_command = command
        return self


def sayable(text: str) -> str:
    """Text as it can be shown and kept, cut where it is far too long to be read."""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]} […] {len(text)} characters in all"
    return _UNSAYABLE.sub(lambda found: ascii(found[0])[1:-1], text)


class Retryable(PenstockError):  # noqa: N818
    """Retries are used up, or would take longer than allowed: the same call may work later.

    Attributes:
        retry_at: when the vendor asked us to come back (UTC, naive), when it did.
        maybe_done: a request that changes something was sent and its answer lost, so nobody
            knows whether the vendor acted on it.
    """

    verb = "run"

    def __init__(
        self,
        message: str,
        *,
        connection: str | None = None,
        table: str | None = None,
        next_command: str | None = None,
        status: int | None = None,
        retry_at: datetime | None = None,
        maybe_done: bool = False,
    ) -> None:
        super().__init__(
            message,
            connection=connection,
            table=table,
            next_command=next_command,
            status=status,
        )
        self.retry_at = retry_at
        self.maybe_done = maybe_done


class OutOfTime(PenstockError):  # noqa: N818
    """The time given to a run is over; what was not sent by then is for the next run.

    Attributes:
        next_call_in: in how many seconds the call would have been possible, when that is known.
    """

    verb = "run"

    def __init__(
        self,
        message: str,
        *,
        connection: str | None = None,
        table: str | None = None,
        next_command: str | None = None,
        status: int | None = None,
        next_call_in: float | None = None,
    ) -> None:
        super().__init__(
            message,
            connection=connection,
            table=table,
            next_command=next_command,
            status=status,
        )
        self.next_call_in = next_call_in


class Refused(PenstockError):  # noqa: N818
    """The vendor does not accept the credentials, or they do not reach this far."""


class Drifted(PenstockError):  # noqa: N818
    """The vendor answered in a shape its sheet does not know: look before going on."""


class Rejected(Drifted):
    """The vendor rejects the request itself (a 4xx that is not about credentials)."""


class Misconfigured(PenstockError):  # noqa: N818
    """A setting is wrong: the message names it."""


class Oversized(Misconfigured):
    """An answer is larger than the settings allow; it was not read to its end."""
