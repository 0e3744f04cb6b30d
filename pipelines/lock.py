"""One run at a time on a data folder; the others are told who holds it.

The operating system's lock decides among the processes of a host, and dies with its holder. Between
hosts that share a folder (NFS, SMB) it may not be seen; so the holder also says who it is in a
file, and rewrites it every few seconds. Whoever finds such a beat of another host watches it for
a while: the clocks of two hosts are never compared.
"""

from __future__ import annotations

import json
import os
import platform
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from pipelines import clock
from pipelines.stopping import Stop
from pipelines.warehouse import Places
from sources._http.errors import PenstockError

BEAT_SECONDS: Final = 5.0
BEATS_MISSED: Final = 3  # a holder that does not beat for so many is dead
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


class Busy(PenstockError):  # noqa: N818 - a state of the world, not a bug
    """Another run holds the lock."""

    verb = "status"


class Overtaken(Busy):
    """Another host took the folder over while this run did not beat: it must write no more."""


def kernel() -> str:
    """What all processes have in common that see one another's locks: one running system."""
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return platform.node()


@dataclass(frozen=True)
class Holder:
    """Who holds a folder.

    Attributes:
        host: its name, for people.
        kernel: as `kernel()`; locks are seen by all who share it.
        pid: the process.
        started_at: when it took the folder, by its own clock (UTC).
        token: of this holding alone.
        beat: grows while it lives.
    """

    host: str = field(default_factory=platform.node)
    kernel: str = field(default_factory=kernel)
    pid: int = field(default_factory=os.getpid)
    started_at: str = field(default_factory=lambda: clock.now().isoformat(timespec="seconds"))
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    beat: int = 0

    def __str__(self) -> str:
        return f"pid {self.pid}, since {self.started_at} UTC"


class Hold:
    """The folder, held; beats in a thread of its own until it is let go."""

    def __init__(self, file: Path, me: Holder, beat_seconds: float) -> None:
        self._file = file
        self._me = me
        self._beat_seconds = beat_seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="beat", daemon=True)
        _write(file, me)
        self._thread.start()

    def check(self) -> None:
        """To be asked before anything is made durable.

        Raises:
            Overtaken: the file names somebody else.
        """
        now = read_holder(self._file)
        if now is None or now.token == self._me.token:
            return  # being written, or taken away by hand
        raise Overtaken(
            f"{now.host} ({now}) took the data folder over while this run stood still; nothing "
            "more was written, and what was committed stays"
        )

    def release(self) -> None:
        """Lets go; a file that is another's stays."""
        self._over.set()
        self._thread.join()
        now = read_holder(self._file)
        if now is None or now.token == self._me.token:
            self._file.unlink(missing_ok=True)

    def _work(self) -> None:
        beat = 0
        while not self._over.wait(self._beat_seconds):
            now = read_holder(self._file)
            if now is not None and now.token != self._me.token:
                return
            beat += 1
            try:
                _write(self._file, Holder(**asdict(self._me) | {"beat": beat}))
            except OSError:
                continue  # a full disk, a network that is away: the next beat may come through


@contextmanager
def run_lock(
    places: Places,
    *,
    stop: Stop | None = None,
    tell: Callable[[str], None] = lambda _: None,
    me: Holder | None = None,
    beat_seconds: float = BEAT_SECONDS,
) -> Iterator[Hold]:
    """Holds the data folder's lock; the operating system lets go of it when the process dies.

    Args:
        places: whose data folder.
        stop: whether somebody wants it to end while it watches another host's beat.
        tell: told in a few words what it waits for.
        me: who holds it.
        beat_seconds: how often it says that it lives; the same on every host.

    Raises:
        Busy: another process holds it; names its pid and since when.
        Stopped: as `stop` says.
    """
    file = places.work / "run.holder"
    me = me or Holder()
    lock = FileLock(places.work / "run.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise _busy(read_holder(file), me, places) from None
    try:
        left = read_holder(file)
        if left is not None and left.kernel != me.kernel:
            _watch(file, left, stop or Stop(), tell, beat_seconds)
        hold = Hold(file, me, beat_seconds)
        try:
            yield hold
        finally:
            hold.release()
    finally:
        lock.release()


def _busy(holder: Holder | None, me: Holder, places: Places) -> Busy:
    """Whoever cannot get the lock says why."""
    if holder is None:  # between taking the lock and saying so
        return Busy("another run is going on; this one did nothing")
    if holder.kernel == me.kernel:
        return Busy(f"another run is going on ({holder}); this one did nothing")
    lock = places.work / "run.lock"
    return Busy(
        f"another run is going on at {holder.host} ({holder}); this one did nothing. If that host "
        f"is dead for certain, its lock has outlived it on the file server: rm {lock}"
    )


def _watch(
    file: Path, left: Holder, stop: Stop, tell: Callable[[str], None], beat_seconds: float
) -> None:
    """Waits whether another host's holder still beats; returns where it does not.

    Raises:
        Busy: it does.
        Stopped: as `stop` says.
    """
    seconds = beat_seconds * BEATS_MISSED
    tell(f"{left.host} held the data folder ({left}): waiting {seconds:.0f} s for a sign of life")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        stop.pause(beat_seconds / 5)
        now = read_holder(file)
        if now is None and not file.exists():
            return
        if now is not None and (now.token, now.beat) != (left.token, left.beat):
            raise Busy(
                f"another run is going on at {now.host} ({now}), which shares this data folder; "
                "this one did nothing"
            )
    tell(f"{left.host} gave no sign of life for {seconds:.0f} s: its run is taken over")


def read_holder(file: Path) -> Holder | None:
    """Who says that it holds a folder; None where nobody does, or it is just being written."""
    try:
        said = json.loads(file.read_bytes())
        return Holder(**said) if said.keys() >= {"token", "kernel", "host"} else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _write(file: Path, holder: Holder) -> None:
    """In place: another host that has the name cached sees the file, not one that was replaced."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        data = json.dumps(asdict(holder)).encode()
        os.write(handle, data)
        os.ftruncate(handle, len(data))
        os.fsync(handle)
    finally:
        os.close(handle)
