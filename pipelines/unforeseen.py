"""Errors that nobody foresaw, told in a sentence; the whole story goes into a private file."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipelines import clock
from sources._http.errors import PenstockError
from sources._http.redact import Redactor

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# DuckDB and dlt hand on what the system said as text alone
_NO_ROOM_SAID = ("No space left on device", "Disk quota exceeded", "File too large")
_SHOWN = 300


class DiskFull(PenstockError):  # noqa: N818 - a state of the world, not a bug
    """A file could not grow."""


def unforeseen(
    error: BaseException,
    work: Path,
    redactors: Sequence[Redactor],
    *,
    again: str,
    connection: str | None = None,
) -> PenstockError:
    """An error of any kind as one that says what to type next.

    Args:
        error: whatever was raised.
        work: the private folder, where its traceback is written.
        redactors: each knows secrets that it may hold.
        again: the command that goes on.
        connection: on which it happened, when that is known.
    """
    said = " ".join(_clean(str(error), redactors).split())[:_SHOWN]
    if is_no_room(error):
        return no_room(error, said, again).at(connection=connection)
    story = _clean("".join(traceback.format_exception(error)), redactors)
    where = _write(story, work, connection or again)
    return PenstockError(
        f"{type(error).__name__}: {said}; what was committed stays, and {where}",
        connection=connection,
        next_command=again,
    )


def no_room(error: BaseException, said: str = "", again: str = "penstock run") -> DiskFull:
    """What a full disk is told as."""
    return DiskFull(
        f"the disk is full, or a file may not grow ({said or type(error).__name__}); what was "
        "committed stays. Make room where the data directory is",
        next_command=again,
    )


def is_no_room(error: BaseException) -> bool:
    """Whether a full disk is behind an error, or behind one of its causes."""
    return any(
        (isinstance(one, OSError) and one.errno in _NO_ROOM)
        or any(said in str(one) for said in _NO_ROOM_SAID)
        for one in _chain(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _clean(text: str, redactors: Sequence[Redactor]) -> str:
    for redactor in (Redactor(()), *redactors):
        text = redactor.clean(text)
    return text


def _write(story: str, work: Path, about: str) -> str:
    """Writes a traceback down; where it is, or why it is nowhere."""
    try:
        with (work / "errors.log").open("a", encoding="utf-8") as log:
            log.write(f"{clock.now():%Y-%m-%d %H:%M:%S} {about}\n{story}\n")
    except OSError as second:
        return f"its story could not be written ({second.strerror})"
    return f"the whole story is in {work.parent.name}/{work.name}/errors.log"
