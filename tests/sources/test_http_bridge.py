"""The bridge hands over everything in order, holds the producer back, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
import threading
import time
import traceback
from collections.abc import AsyncGenerator, Callable, Iterator

import pytest

from sources._http.bridge import Bridge
from sources._http.errors import Retryable

Produce = Callable[[], AsyncGenerator[int, None]]


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    gc.collect()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)  # one that was told to end may still be about to
    assert set(threading.enumerate()) <= before


async def count(upto: int) -> AsyncGenerator[int, None]:
    for number in range(upto):
        await asyncio.sleep(0)
        yield number


@pytest.mark.parametrize("items", [1, 2, 100])
@pytest.mark.parametrize("upto", [0, 1, 50])
def test_everything_arrives_in_order(items: int, upto: int) -> None:
    with Bridge(lambda: count(upto), items=items) as ready:
        assert list(ready) == list(range(upto))
        assert list(ready) == []


def test_a_consumer_need_not_wait_for_an_item_that_is_late() -> None:
    may_come = threading.Event()

    async def late() -> AsyncGenerator[int, None]:
        yield 1
        await asyncio.to_thread(may_come.wait)
        yield 2

    with Bridge(late) as ready:
        assert ready.within(30) == 1
        with pytest.raises(TimeoutError):
            ready.within(0.01)
        may_come.set()
        assert ready.within(30) == 2
        with pytest.raises(StopIteration):
            ready.within(30)


def test_the_producer_has_a_thread_and_a_loop_of_its_own() -> None:
    async def who() -> AsyncGenerator[str, None]:
        asyncio.get_running_loop()
        yield threading.current_thread().name

    with Bridge(who, name="cienapps") as ready:
        assert list(ready) == ["cienapps"]


@pytest.mark.parametrize("items", [1, 3])
def test_no_more_is_made_than_fits(items: int) -> None:
    made: list[int] = []

    async def note() -> AsyncGenerator[int, None]:
        for number in range(100):
            made.append(number)
            yield number

    with Bridge(note, items=items) as ready:
        for taken in range(1, 20):
            next(ready)
            until = time.monotonic() + 5
            while len(made) < taken + items and time.monotonic() < until:
                time.sleep(0.001)
            time.sleep(0.002)
            assert len(made) == taken + items


@pytest.mark.parametrize("weight", [2, 4, 99])
def test_a_heavy_item_leaves_no_room_for_others(weight: int) -> None:
    """Of four, a weight of two leaves two; one over the limit takes all of it, and goes through."""
    made: list[int] = []

    async def note() -> AsyncGenerator[int, None]:
        for number in range(40):
            made.append(number)
            yield number

    with Bridge(note, items=4, weight=lambda _: weight) as ready:
        for taken in range(1, 20):
            next(ready)
            until = time.monotonic() + 5
            most = max(4 // weight, 1)
            while len(made) < taken + most and time.monotonic() < until:
                time.sleep(0.001)
            time.sleep(0.002)
            assert len(made) == taken + most


def test_the_loop_goes_on_while_the_queue_is_full() -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.001)

    async def alive() -> AsyncGenerator[int, None]:
        beating = asyncio.create_task(beat())
        try:
            for number in range(3):
                yield number
        finally:
            beating.cancel()

    with Bridge(alive, items=1) as ready:
        next(ready)
        enough = beats + 5
        until = time.monotonic() + 5
        while beats < enough and time.monotonic() < until:
            time.sleep(0.001)
        assert beats >= enough


def test_an_error_comes_after_what_went_before_with_its_traceback() -> None:
    async def fails_here() -> AsyncGenerator[int, None]:
        yield 1
        yield 2
        raise Retryable("the vendor is down", connection="cienapps")

    got: list[int] = []
    with (
        pytest.raises(Retryable, match="the vendor is down") as caught,
        Bridge(fails_here) as ready,
    ):
        got.extend(ready)
    assert got == [1, 2]
    assert "fails_here" in "".join(traceback.format_exception(caught.value))


def test_after_an_error_there_is_nothing_more() -> None:
    async def fails() -> AsyncGenerator[int, None]:
        raise ValueError("once")
        yield 1

    with Bridge(fails) as ready:
        with pytest.raises(ValueError, match="once"):
            next(ready)
        assert list(ready) == []


def test_an_error_while_making_the_generator_arrives_too() -> None:
    def cannot() -> AsyncGenerator[int, None]:
        raise ValueError("no generator")

    with Bridge(cannot) as ready, pytest.raises(ValueError, match="no generator"):
        next(ready)


def test_a_producer_that_cancels_itself_is_an_error() -> None:
    async def gives_up() -> AsyncGenerator[int, None]:
        yield 1
        raise asyncio.CancelledError

    with Bridge(gives_up) as ready:
        assert next(ready) == 1
        with pytest.raises(RuntimeError, match="cancelled itself"):
            next(ready)


class Endless:
    """Produces, or waits, for ever, and notes that it was cleaned up."""

    def __init__(self, pause: float) -> None:
        self.pause = pause
        self.cleaned = False

    async def __call__(self) -> AsyncGenerator[int, None]:
        try:
            while True:
                yield 1
                await asyncio.sleep(self.pause)
        finally:
            await asyncio.sleep(0.01)
            self.cleaned = True


@pytest.mark.parametrize("pause", [0.0, 3600.0], ids=["held back", "waiting"])
def test_leaving_early_cancels_and_cleans_up(
    pause: float, caplog: pytest.LogCaptureFixture
) -> None:
    endless = Endless(pause)
    began = time.monotonic()
    with Bridge(endless.__call__, items=1) as ready:
        next(ready)
    assert time.monotonic() - began < 1
    assert endless.cleaned
    assert caplog.records == []


def test_a_producer_that_ignores_being_cancelled_is_cancelled_again() -> None:
    async def stubborn() -> AsyncGenerator[int, None]:
        for number in range(3):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(3600 if number else 0)
            yield number

    began = time.monotonic()
    with Bridge(stubborn, items=9, patience_seconds=0.05) as ready:
        next(ready)
    assert time.monotonic() - began < 3


def test_an_error_in_the_consumer_cancels_too() -> None:
    endless = Endless(0)
    with pytest.raises(ZeroDivisionError), Bridge(endless.__call__) as ready:
        _ = [1 // 0 for _ in ready]
    assert endless.cleaned


def test_closing_a_generator_around_it_cancels_too() -> None:
    endless = Endless(0)

    def rows() -> Iterator[int]:
        with Bridge(endless.__call__) as ready:
            yield from ready

    consumer = rows()
    next(consumer)
    consumer.close()  # type: ignore[attr-defined]
    assert endless.cleaned


def test_leaving_before_anything_came_cleans_up() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # now and then, the consumer leaves before the loop runs
    try:
        began = time.monotonic()
        for _ in range(100):
            with Bridge(Endless(3600).__call__):
                pass
        assert time.monotonic() - began < 5
    finally:
        sys.setswitchinterval(interval)


def test_leaving_does_not_wait_for_a_call_that_nothing_cancels() -> None:
    """As the resolving of a host's name is."""
    answers = threading.Event()

    async def resolving() -> AsyncGenerator[int, None]:
        yield 1
        await asyncio.to_thread(answers.wait, 60)
        yield 2

    began = time.monotonic()
    with Bridge(resolving) as ready:
        assert next(ready) == 1
    assert time.monotonic() - began < 30
    answers.set()


def test_closing_twice_is_closing_once() -> None:
    with Bridge(lambda: count(3)) as ready:
        next(ready)
        ready.close()
        ready.close()
        assert list(ready) == []


def test_ctrl_c_while_waiting_does_not_hang() -> None:
    endless = Endless(3600)
    began = time.monotonic()
    me = threading.get_ident()

    def consume() -> None:
        with Bridge(endless.__call__) as ready:
            threading.Timer(0.1, signal.pthread_kill, (me, signal.SIGINT)).start()
            list(ready)

    # started in the background, a process ignores Ctrl-C
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            consume()
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - began < 2
    assert endless.cleaned


@pytest.mark.parametrize("pause", [0.0, 3600.0], ids=["held back", "waiting"])
def test_a_failure_nobody_waited_for_is_logged(
    pause: float, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails_late() -> AsyncGenerator[int, None]:
        try:
            while True:
                yield 1
                await asyncio.sleep(pause)
        finally:
            raise Retryable("while cleaning up")

    with Bridge(fails_late, items=1) as ready:
        next(ready)
    assert [record.getMessage() for record in caplog.records] == [
        "failed after nobody waited for it: while cleaning up. Next: penstock run"
    ]


def test_it_is_iterated_inside_its_with() -> None:
    with pytest.raises(RuntimeError, match="inside its `with`"):
        next(Bridge(lambda: count(1)))
    with pytest.raises(ValueError, match="at least one"):
        Bridge(lambda: count(1), items=0)
    Bridge(lambda: count(1)).close()
