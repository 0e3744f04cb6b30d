"""One run at a time on a data folder; the others are told who holds it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from pipelines import clock
from pipelines.warehouse import Places
from sources._http.errors import PenstockError


class Busy(PenstockError):  # noqa: N818 - a state of the world, not a bug
    """Another run holds the lock."""

    verb = "status"


@contextmanager
def run_lock(places: Places) -> Iterator[None]:
    """Holds the data folder's lock; the operating system lets go of it when the process dies.

    Raises:
        Busy: another process holds it; names its pid and since when.
    """
    holder = places.work / "run.holder"
    lock = FileLock(places.work / "run.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Busy(f"another run is going on{_who(holder)}; this one did nothing") from None
    try:
        said = {"pid": os.getpid(), "started_at": clock.now().isoformat(timespec="seconds")}
        holder.write_text(json.dumps(said), "utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _who(holder: os.PathLike[str]) -> str:
    try:
        with open(holder, encoding="utf-8") as file:  # noqa: PTH123 - any path-like
            said = json.load(file)
        return f" (pid {said['pid']}, since {said['started_at']} UTC)"
    except (OSError, ValueError, KeyError):
        return ""  # the holder is between taking the lock and saying so
