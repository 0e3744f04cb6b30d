"""An async producer in a thread of its own, handed item by item to a synchronous consumer.

dlt's generators are synchronous, the wire is not. One thread with its own event loop per vendor
keeps fetching ahead while the consumer types and loads what it has; a bounded queue between them
keeps a fast vendor from filling the memory.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Generic, Self, TypeVar

from sources._http.threads import Unawaited

T = TypeVar("T")

_log = logging.getLogger(__name__)


class _End:
    """The last thing in the queue: the producer is done, or failed."""

    def __init__(self, failure: BaseException | None) -> None:
        self.failure = failure


class Bridge(Generic[T]):
    """Iterates over what an async generator yields in another thread.

    A context manager, since only leaving it stops the thread for sure:

        with Bridge(lambda: pages(client), items=4) as ready:
            for page in ready:
                ...

    An error in the producer is raised in the consumer, with its own traceback, once the items
    before it are consumed. A consumer that leaves early, whether by `break`, an error, Ctrl-C or
    a closed generator, cancels the producer at its next `await`, lets it clean up, and waits for
    its thread.
    """

    def __init__(
        self,
        produce: Callable[[], AsyncGenerator[T, None]],
        *,
        items: int = 4,
        weight: Callable[[T], int] = lambda _: 1,
        name: str = "bridge",
        patience_seconds: float = 5.0,
    ) -> None:
        """Nothing starts before `with`.

        Args:
            produce: makes the async generator; called in the other thread.
            items: how many items may be ready and not yet consumed.
            weight: for how many an item counts: a large one leaves no room for others.
            name: the thread's name.
            patience_seconds: how long a cancelled producer may clean up before it is cancelled
                once more, and again after that.

        Raises:
            ValueError: `items` is below one.
        """
        if items < 1:
            raise ValueError(f"items is {items}: at least one must fit")
        self._produce = produce
        self._ready: SimpleQueue[T | _End] = SimpleQueue()
        self._room = asyncio.Semaphore(items)
        self._weigh = weight
        self._most = items
        self._name = name
        self._patience_seconds = patience_seconds
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._leaving = False
        self._ended = False

    def __enter__(self) -> Self:
        self._loop = loop = asyncio.new_event_loop()
        loop.set_default_executor(Unawaited())
        self._thread = threading.Thread(
            target=self._work, args=(loop,), name=self._name, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        """The next item; waits for it.

        Raises:
            StopIteration: there are no more.
            BaseException: whatever the producer failed of.
        """
        return self.within(None)

    def within(self, seconds: float | None) -> T:
        """The next item, if it comes in time: a consumer may have work to finish meanwhile.

        Raises:
            TimeoutError: it did not come; the next call waits for the same item.
            StopIteration: there are no more.
            BaseException: whatever the producer failed of.
        """
        if self._loop is None:
            raise RuntimeError("a bridge is iterated inside its `with`")
        if self._ended:
            raise StopIteration
        try:
            item = self._ready.get(timeout=seconds)
        except Empty:
            raise TimeoutError from None
        if not isinstance(item, _End):
            for _ in range(self._weight(item)):
                self._tell(self._room.release)
            return item
        self._ended = True
        if item.failure is not None:
            raise item.failure
        raise StopIteration

    def close(self) -> None:
        """Stop the producer and wait until its thread is gone. Does nothing the second time."""
        if self._thread is None:
            return
        while self._thread.is_alive():
            self._tell(self._leave)
            self._thread.join(self._patience_seconds)
        while not self._ended:
            item = self._ready.get()
            if isinstance(item, _End):
                self._ended = True
                if item.failure is not None:
                    _log.warning("failed after nobody waited for it: %s", item.failure)

    def _tell(self, what: Callable[[], None]) -> None:
        """Have the loop do something, unless it has ended meanwhile."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(what)

    def _weight(self, item: T) -> int:
        return min(max(self._weigh(item), 1), self._most)

    def _leave(self) -> None:
        self._leaving = True
        if self._task is not None:
            self._task.cancel()

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """The thread: the end goes into the queue when the loop and all it held are gone."""
        failure: BaseException | None = None
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(self._pump())
        except asyncio.CancelledError as error:
            if not self._leaving:
                failure = RuntimeError("the producer cancelled itself")
                failure.__cause__ = error
        except BaseException as error:  # noqa: BLE001 - it is raised where it can be handled
            failure = error
        self._ready.put(_End(failure))

    async def _pump(self) -> None:
        self._task = asyncio.current_task()
        if self._leaving:
            return
        async with aclosing(self._produce()) as items:
            while True:
                await self._room.acquire()
                try:
                    item = await anext(items)
                except StopAsyncIteration:
                    return
                self._ready.put(item)
                for _ in range(self._weight(item) - 1):
                    await self._room.acquire()
