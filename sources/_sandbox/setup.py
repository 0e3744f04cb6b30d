"""What a sandbox is started with, and what of it a vendor is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

READY = "penstock sandbox ready "  # and the address: the line on standard output
SAVED, NOW = "saved", "now"
DEFAULT_START = datetime(2024, 1, 8, 13, 0, tzinfo=UTC)  # shortly after the printed samples


class SetupError(ValueError):
    """A sandbox was asked for that cannot be played; the message says what to change."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a sandbox is started with.

    Attributes:
        seed: of everything that is chance; the same seed and calls give the same answers.
        rows: about how many orders the company's past holds.
        start_at: where the sandbox's clock stands at first; without offset it is UTC. The default
            is fixed, so that a seed means the same company tomorrow.
        journal: folder for what was asked and what was confirmed; None keeps both in memory.
        rows_as: whether a listed row shows its document as "saved" or as it is "now".
        list_limit: how many rows a list shows at once; None shows all there are.
        vendors: the options of single vendors, by vendor and name.
    """

    seed: int = 7
    rows: int = 200
    start_at: datetime = DEFAULT_START
    journal: Path | None = None
    rows_as: str = SAVED
    list_limit: int | None = None
    vendors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.rows < 0:
            raise SetupError(f"rows is {self.rows}: it cannot be negative")
        if self.rows_as not in (SAVED, NOW):
            raise SetupError(f"rows_as is {self.rows_as!r}: it is {SAVED!r} or {NOW!r}")
        if self.list_limit is not None and self.list_limit < 1:
            raise SetupError(f"list_limit is {self.list_limit}: it is at least 1")
        if self.start_at.tzinfo is None:
            object.__setattr__(self, "start_at", self.start_at.replace(tzinfo=UTC))

    def options(self, vendor: str) -> Options:
        """What `vendor` is told of it."""
        return Options(
            vendor=vendor,
            seed=self.seed,
            rows_as=self.rows_as,
            list_limit=self.list_limit,
            own=self.vendors.get(vendor, {}),
        )


@dataclass(frozen=True, kw_only=True)
class Options:
    """A vendor's share of the setup; `own` holds the options that only this vendor knows."""

    vendor: str
    seed: int
    rows_as: str
    list_limit: int | None
    own: Mapping[str, str]

    def expect(self, names: Sequence[str]) -> None:
        """Refuses an option that the vendor does not know.

        Raises:
            SetupError: there is one.
        """
        for name in self.own:
            if name not in names:
                known = ", ".join(sorted(names))
                raise SetupError(f"{self.vendor} has no option {name!r}; it has {known}")

    def flag(self, name: str, default: bool) -> bool:
        """An option that is on or off.

        Raises:
            SetupError: it is neither "true" nor "false".
        """
        return self.choice(name, ("true", "false"), str(default).lower()) == "true"

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        """An option that is one of a few words.

        Raises:
            SetupError: it is none of them.
        """
        value = self.own.get(name, default)
        if value not in allowed:
            words = ", ".join(allowed)
            raise SetupError(f"{self.vendor}.{name} is {value!r}; it is one of {words}")
        return value

    def number(self, name: str, default: float, *, least: float = 0) -> float:
        """An option that is a number.

        Raises:
            SetupError: it is none, or less than `least`.
        """
        text = self.own.get(name, str(default))
        try:
            value = float(text)
        except ValueError as error:
            raise SetupError(f"{self.vendor}.{name} is {text!r}; it is a number") from error
        if not value >= least or value == float("inf"):
            raise SetupError(f"{self.vendor}.{name} is {text}; it is at least {least}")
        return value
