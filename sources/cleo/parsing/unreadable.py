"""Why a file cannot be read: one line that a data engineer can act on."""

from __future__ import annotations

from typing import Final

_SHOWN: Final = 20  # characters of the file in one quotation; a reason has three at most


class Unreadable(ValueError):  # noqa: N818 - named as the other outcomes are
    """The bytes of a file are no documents. `str(error)` is the reason.

    It is one line of fewer than 300 characters, of which at most 60 are quoted from the file.
    """


def quoted(text: str) -> str:
    """The beginning of a piece of the file, fit for a reason."""
    shown = "".join(c if c.isprintable() else "·" for c in text[:_SHOWN])
    return f"'{shown}…'" if len(text) > _SHOWN else f"'{shown}'"
