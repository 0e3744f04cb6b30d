"""What happened in how many seeds, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

STRUCK = ("kill", "fault", "restore", "full disk", "clock jump", "audit killed")


@dataclass
class Tally:
    """Counts by what happened: "kill at landed", "fault cut", "run"."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, what: str, times: int = 1) -> None:
        """Counts something."""
        if times:
            self.counts[what] += times

    def of(self, kind: str) -> int:
        """How often anything of a kind happened."""
        return sum(n for what, n in self.counts.items() if what.startswith(kind))

    @property
    def proves_nothing(self) -> bool:
        """Whether nothing struck."""
        return not any(self.of(kind) for kind in STRUCK)

    def told(self) -> str:
        """A line per kind."""
        heads = {what.partition(": ")[0] for what in self.counts}
        lines = []
        for head in sorted(heads):
            own = {w: n for w, n in self.counts.items() if w.partition(": ")[0] == head}
            parts = ", ".join(
                f"{what.partition(': ')[2]} {n:,}"
                for what, n in sorted(own.items())
                if ": " in what
            )
            lines.append(f"  {head:<14}{sum(own.values()):>7,}  {parts}".rstrip())
        return "\n".join(lines)
