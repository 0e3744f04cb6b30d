"""A stop that was asked for, noticed where it leaves nothing half done in this process.

The first SIGINT or SIGTERM asks. What may take long (waiting for a vendor, building, auditing) is
`breakable` and ends at once, with `Stopped`; everything else, a commit or a publish above all, is
short and is finished first. It is this way round because an exception between any two steps of a
commit is as safe on disk as a kill, but would leave connections and transactions open in a process
that still has its record to write.

The second one ends the process at once, as a kill would: the files are made to survive that.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, TypeVar

from sources._http.threads import Unawaited

T = TypeVar("T")

GRACE_SECONDS: Final = 5.0  # so long may an answer take that is waited for when a stop is asked
# `timeout` and some terminals send a signal to a process and again to its group
TWICE_SECONDS: Final = 0.5
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
# dlt would put handlers of its own before ours, and break off the load of a window
DLT_LEAVES_SIGNALS: Final = "RUNTIME__INTERCEPT_SIGNALS"
ASKED = "penstock: stopping; what is being committed is finished first. Once more stops at once"
AT_ONCE = "penstock: stopped at once; the next run goes on from what was committed"
_SHOW_CURSOR: Final = "\x1b[?25h"
_CLEAR_LINE: Final = "\x1b[2K"


class Stopped(KeyboardInterrupt):
    """A stop was asked for: what was under way is left to the next run.

    No `Exception`, so that nobody takes it for a failure of the vendor, the model or the check that
    was being worked on; a `KeyboardInterrupt`, because dbt ends its queries for no other.
    """


class Stop:
    """Whether a stop was asked for; one per command, given to whatever may take long."""

    def __init__(self) -> None:
        self.is_asked = False
        self._breaks = False
        self._broke = False
        self._heard: list[Callable[[], None]] = []

    def ask(self) -> None:
        """Asks for it, in the main thread, from a signal's handler above all.

        Raises:
            Stopped: at this very place something `breakable` was under way.
        """
        self.is_asked = True
        for heard in tuple(self._heard):
            heard()
        if self._breaks:
            self._breaks, self._broke = False, True
            raise Stopped

    def check(self) -> None:
        """Goes on only where no stop was asked for.

        Raises:
            Stopped: one was.
        """
        if self.is_asked:
            raise Stopped

    @contextmanager
    def breakable(self) -> Iterator[None]:
        """Work that a stop ends at once; of one asked for earlier, before it begins. Not nested.

        Raises:
            Stopped: whatever the work made of it: DuckDB and dbt tell of a query that failed.
        """
        self.check()
        self._broke = False
        self._breaks = True
        try:
            yield
        except Exception as error:
            if self._broke:
                raise Stopped from error
            raise
        finally:
            self._breaks = False
        if self._broke:
            raise Stopped

    def pause(self, seconds: float) -> None:
        """Waits.

        Raises:
            Stopped: a stop was asked for meanwhile, or before.
        """
        with self.breakable():
            time.sleep(seconds)

    def run(self, work: Coroutine[Any, Any, T], *, grace_seconds: float = GRACE_SECONDS) -> T:
        """Runs a coroutine; once a stop is asked for, it has a few seconds left to end by itself.

        Raises:
            Stopped: it did not. It was cancelled at its `await`, and cleaned up.
        """

        async def bounded() -> T:
            task, loop = asyncio.current_task(), asyncio.get_running_loop()
            assert task is not None  # noqa: S101 - a coroutine runs in one
            loop.set_default_executor(Unawaited())

            def heard() -> None:
                loop.call_soon_threadsafe(lambda: loop.call_later(grace_seconds, task.cancel))

            self._heard.append(heard)
            try:
                if self.is_asked:
                    heard()
                return await work
            finally:
                self._heard.remove(heard)

        try:
            return asyncio.run(bounded())
        except asyncio.CancelledError:
            raise Stopped from None


@contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """A stop that SIGINT and SIGTERM ask for, while the block lasts; for the command line only.

    The second signal is acted on in a thread of its own: the main one may be in the midst of a
    checkpoint that takes its time.
    """
    stop = Stop()
    told = threading.Event()
    was_set = os.environ.get(DLT_LEAVES_SIGNALS)

    def handle(_: int, __: FrameType | None) -> None:
        if not told.is_set():
            told.set()
            _say(ASKED)
            stop.ask()

    with _second_ends_at_once():
        before: Mapping[signal.Signals, Any] = {s: signal.signal(s, handle) for s in SIGNALS}
        os.environ[DLT_LEAVES_SIGNALS] = "false"
        try:
            yield stop
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if was_set is None:
                del os.environ[DLT_LEAVES_SIGNALS]
            else:
                os.environ[DLT_LEAVES_SIGNALS] = was_set


@contextmanager
def _second_ends_at_once() -> Iterator[None]:
    """Python writes the number of every signal that comes into a pipe; a thread reads it."""
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    before = signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
    watcher = threading.Thread(target=_watch, args=(reads,), name="signals", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writes)
        watcher.join()
        os.close(reads)


def _watch(reads: int) -> None:
    """Ends the process at the second signal that is not the first one's echo."""
    first: float | None = None
    while came := os.read(reads, 1):
        if came[0] not in SIGNALS:
            continue
        now = time.monotonic()
        if first is None:
            first = now
        elif now - first > TWICE_SECONDS:
            _say(AT_ONCE)
            os._exit(128 + came[0])


def _say(line: str) -> None:
    """Tells it whatever the process is in the midst of; no buffer and no lock is touched."""
    text = f"{line}\n"
    if sys.__stderr__ is not None and os.isatty(2):
        text = f"\r{_CLEAR_LINE}{_SHOW_CURSOR if line is AT_ONCE else ''}{text}"
    try:
        os.write(2, text.encode())
    except OSError:
        return
