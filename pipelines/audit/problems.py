"""What is wrong with a checks file: everything at once, each with its place and an example."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from sources._http.errors import Misconfigured


@dataclass(frozen=True)
class Problem:
    """One thing to mend.

    Attributes:
        file: the file as the user knows it.
        key: where in the file, as dotted keys.
        message: what is wrong there.
        example: how it is written right; empty where the message says it all.
    """

    file: str
    key: str
    message: str
    example: str = ""

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}" if self.key else self.file
        hint = "\n".join(f"      {line}" for line in self.example.splitlines())
        return f"{place}: {self.message}" + (f"\n    for example:\n{hint}" if hint else "")


class ChecksMisconfigured(Misconfigured):
    """The checks cannot be used as they are written.

    Attributes:
        problems: all that was found, in the order of the files.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
        super().__init__(f"{count} in the checks:\n" + "\n".join(f"  {p}" for p in problems))

    def __str__(self) -> str:
        return f"{self.message}\nNext: mend them, then {self.next_command}"


def did_you_mean(said: str, known: Iterable[str]) -> str:
    """A hint to append to a message about an unknown name."""
    known = list(known)
    near = get_close_matches(said, known, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there are: {', '.join(sorted(known))}" if len(known) <= 30 else ""
