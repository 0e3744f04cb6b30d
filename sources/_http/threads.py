"""Threads for what an event loop cannot do itself, which nobody waits for when the loop ends.

Resolving a host's name is a call that nothing cancels. Where the resolver does not answer it takes
up to half a minute, and asyncio's own threads would hold up the loop's end, and the process's, for
as long.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Unawaited(ThreadPoolExecutor):
    """An executor (asyncio takes no other kind) whose threads end with the process at the latest.

    A thread for each call: so many are under way as there are connections being opened.
    """

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Calls it in a thread of its own."""
        future: Future[T] = Future()
        threading.Thread(target=_call, args=(future, fn, args, kwargs), daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Waits for nobody."""


def _call(future: Future[T], fn: Callable[..., T], args: Any, kwargs: Any) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = fn(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
        future.set_exception(error)
    else:
        future.set_result(result)
