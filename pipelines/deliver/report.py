"""What a call of `penstock deliver` is asked for, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipelines.deliver.book import Delivery
from pipelines.deliver.content import Content
from pipelines.deliver.declared import Extract
from pipelines.deliver.periods import Period
from sources._http.errors import Misconfigured, PenstockError

DONE, FAILED, WRONG_USAGE = 0, 1, 2


@dataclass(frozen=True)
class Wanted:
    """What a person asks for.

    Attributes:
        name: one extract; all of them without it.
        period: one of its periods.
        settle: what is to become of a delivery that nobody knows of: sent or again.
        is_dry: show what would be sent, and send and record nothing.
    """

    name: str | None = None
    period: str | None = None
    settle: str | None = None
    is_dry: bool = False


@dataclass(frozen=True)
class Draft:
    """What would be sent."""

    extract: Extract
    period: Period
    content: Content


@dataclass
class Report:
    """What a call did.

    Attributes:
        settled: deliveries that came to their end.
        drafts: what would be sent, where nothing is.
        notes: what else is to be told.
        errors: what went wrong, per extract.
        is_stopped: a stop was asked for before all was done; the next call goes on.
    """

    settled: list[Delivery] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    errors: list[PenstockError] = field(default_factory=list)
    is_stopped: bool = False

    @property
    def exit_code(self) -> int:
        """As the design lists them."""
        if not self.errors:
            return DONE
        asked_wrongly = all(isinstance(error, Misconfigured) for error in self.errors)
        return WRONG_USAGE if asked_wrongly and not self.settled else FAILED

    def note(self, *lines: str) -> None:
        """Tells something, once."""
        self.notes += [line for line in dict.fromkeys(lines) if line not in self.notes]
