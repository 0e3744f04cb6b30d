"""How this mailbox is to be played: its options, checked once."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sources._sandbox.setup import Options, SetupError

NAMES = (
    "big_mb",
    "download",
    "ignores_paging",
    "jwt_seconds",
    "most",
    "names",
    "says_expires_in",
    "token_requests",
    "upload",
)
BYTES, METADATA = "bytes", "metadata"
KEPT, TAKEN, UNLISTED = "kept", "taken", "unlisted"


@dataclass(frozen=True, kw_only=True)
class Play:
    """The options; the module `sources.cleo.sandbox` says what each does."""

    seed: int
    big_mb: float
    tells_metadata: bool
    ignores_paging: bool
    jwt_seconds: int
    most: int
    names: re.Pattern[str] | None
    says_expires_in: bool
    token_requests: int
    upload: str


def play_of(options: Options) -> Play:
    """The options as they are to be played.

    Raises:
        SetupError: one of them is none, or cannot be played.
    """
    options.expect(NAMES)
    return Play(
        seed=options.seed,
        big_mb=options.number("big_mb", 0),
        tells_metadata=options.choice("download", (BYTES, METADATA), BYTES) == METADATA,
        ignores_paging=options.flag("ignores_paging", False),
        jwt_seconds=int(options.number("jwt_seconds", 3600, least=1)),
        most=int(options.number("most", 100, least=1)),
        names=_pattern(options.own.get("names", "")),
        says_expires_in=options.flag("says_expires_in", False),
        token_requests=int(options.number("token_requests", 0)),
        upload=options.choice("upload", (KEPT, TAKEN, UNLISTED), KEPT),
    )


def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text) if text else None
    except re.error as error:
        raise SetupError(f"cleo.names is {text!r}: {error}") from error
