"""What is wrong with the settings: one item each, with its file, its key and what works there."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from sources._http.errors import Misconfigured
from sources._http.redact import Redactor

CONFIG, SECRETS, ENVIRONMENT = ".dlt/config.toml", ".dlt/secrets.toml", "environment"
WIDTH = 79
LONGEST_MESSAGE = 600
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Fault:
    """One thing to mend.

    Attributes:
        file: where it stands, or would have to: a file, or the environment.
        keys: the key there, from the outermost table on; of the environment, the variable.
        message: what is wrong with it.
        example: a line that works; empty where the message says it all.
    """

    file: str
    keys: tuple[str, ...]
    message: str
    example: str = ""

    @property
    def key(self) -> str:
        """The dotted key, as TOML writes it."""
        return ".".join(k if _BARE.fullmatch(k) else json.dumps(k) for k in self.keys)

    def lines(self) -> list[str]:
        """The fault as an item of a list, as wide as a terminal."""
        said = [f"{self.file}: {self.key}" if self.keys else self.file]
        said += textwrap.wrap(
            _cut(" ".join(self.message.split())),
            WIDTH - 8,
            break_long_words=False,
            break_on_hyphens=False,
        )
        if self.example:
            said.append(f"for example: {self.example}")
        return [f"  {said[0]}", *(f"      {line}" for line in said[1:])]


class WrongSettings(Misconfigured):
    """Settings that cannot be used.

    Attributes:
        faults: all of them.
    """

    def __init__(self, message: str, faults: Iterable[Fault] = ()) -> None:
        super().__init__(message, next_command="penstock check")
        self.faults = tuple(faults)


def refuse(faults: Iterable[Fault], redactor: Callable[[], Redactor]) -> None:
    """Raises where there is a fault; each is told once.

    Args:
        faults: what was found.
        redactor: makes one that knows the secrets of the settings; what is quoted passes it.

    Raises:
        WrongSettings: with all of them.
    """
    found = tuple(dict.fromkeys(faults))
    if not found:
        return
    clean = redactor().clean
    told = tuple(Fault(f.file, f.keys, clean(f.message), f.example) for f in found)
    count = f"{len(told)} fault{'' if len(told) == 1 else 's'} in the settings"
    lines = [line for fault in told for line in fault.lines()]
    raise WrongSettings("\n".join([f"{count}:", *lines]), told)


def did_you_mean(said: str, known: Iterable[str]) -> str:
    """The end of a message about a name that is not known."""
    names = sorted(known)
    near = get_close_matches(said, names, 1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names)}"


def _cut(message: str) -> str:
    if len(message) <= LONGEST_MESSAGE:
        return message
    return f"{message[:LONGEST_MESSAGE]}…"
