"""The list that goes on where it was left: every request that is pending when a run looks comes."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources._reading.closing import closed
from sources._reading.marks import Mark, Position
from sources._tables.page import Page
from sources.crm_com.api import Api
from sources.crm_com.identifier import Identifier
from sources.crm_com.pending import OVERLAP, pending
from sources.crm_com.settings import CrmComSettings
from tests.sources.crm_com_reader import rows_of
from tests.sources.http_loopback import Reply, Request, Server, client_of, json_reply

PROVIDER = Identifier("provisioning_provider_identifier", "name", "Portal")


@dataclass
class Queue:
    """The vendor's side: requests in the order they were made.

    Attributes:
        waiting: what is pending.
        grouped: answers them as requests of subscriptions, so many of each; 0: as they are.
        counts_groups: an offset counts subscriptions.
        moves: what happens behind each answer: so many are done at the front.
        asked: the offsets that were asked for.
    """

    waiting: list[str] = field(default_factory=list)
    grouped: int = 0
    counts_groups: bool = False
    moves: list[int] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        said = {k: v[0] for k, v in parse_qs(urlsplit(request.target).query).items()}
        assert said["provisioning_provider_identifier"] == "name=Portal"
        offset, count = int(said["offset"]), int(said["number_of_results"])
        self.asked.append(offset)
        size = self.grouped if self.counts_groups else 1
        waiting = self.waiting[offset * size : (offset + count) * size]
        rows: list[dict[str, Any]] = [{"id": one} for one in waiting]
        data: Any = rows
        if self.grouped:
            groups: dict[int, list[dict[str, Any]]] = {}
            for row in rows:
                groups.setdefault(self.waiting.index(row["id"]) // self.grouped, []).append(row)
            held = [{"number": f"S{n}", "requests_set": of} for n, of in groups.items()]
            data = {"subscriptions_set": held}
        if self.moves:
            del self.waiting[: self.moves.pop(0)]
        return json_reply({"status": {"code": "OK"}, "data": data})


@dataclass
class Runs:
    """Runs over one queue: what came in the last one, and where the list goes on."""

    queue: Queue
    position: Position | None = None
    came: list[str] = field(default_factory=list)

    def run(self, page_size: int = 5, stop_after: int | None = None) -> list[int]:
        """One run; the offsets that it asked for. A stop loses pages without a mark behind them."""
        self.queue.asked.clear()
        self.came = []
        asyncio.run(self._run(page_size, stop_after))
        return list(self.queue.asked)

    async def _run(self, page_size: int, stop_after: int | None) -> None:
        made = CrmComSettings()
        made.page_size = page_size
        items = 0
        async with (
            Server(self.queue) as server,
            client_of(server) as client,
            closed(pending(Api(client, made), PROVIDER, self.position)) as under_way,
        ):
            waiting: list[Page] = []
            async for item in under_way:
                items += 1
                if stop_after is not None and items > stop_after:
                    return
                if isinstance(item, Mark):
                    self.position = json.loads(json.dumps(item.position))
                    self.came += [row["id"] for page in waiting for row in rows_of(page)]
                    waiting = []
                else:
                    waiting.append(item)


@pytest.mark.parametrize("page_size", [5, 7, 20, 50], ids=str)
@pytest.mark.parametrize("counts_groups", [False, True], ids=["requests", "groups"])
@pytest.mark.parametrize("size", [1, 3, 8], ids=str)
def test_grouped_requests_all_come_whatever_an_offset_counts(
    size: int, counts_groups: bool, page_size: int
) -> None:
    queue = Queue([f"{n:03}" for n in range(70)], size, counts_groups)
    runs = Runs(queue)
    for _ in range(2):
        runs.run(page_size)
        assert set(runs.came) == set(queue.waiting)
    stops = 0
    runs, known = Runs(queue), set[str]()
    while runs.position is None or not runs.position["scan"]["is_over"]:
        runs.run(page_size, stop_after=3)
        known |= set(runs.came)
        stops += 1
        assert stops < 60
    assert known == set(queue.waiting)


def test_goes_on_behind_what_it_read() -> None:
    runs = Runs(Queue([f"{n:03}" for n in range(23)]))
    assert runs.run()[0] == 0
    assert list(dict.fromkeys(runs.came)) == runs.queue.waiting
    assert runs.run(page_size=20) == [23 - OVERLAP]
    assert runs.came == []
    runs.queue.waiting += ["new 1", "new 2"]
    assert runs.run(page_size=20) == [23 - OVERLAP]
    assert runs.came == [*runs.queue.waiting[-12:]]
    assert runs.run(page_size=20) == [25 - OVERLAP]


@pytest.mark.parametrize("gone", [1, 10, 22, 23], ids=str)
def test_begins_anew_where_the_front_is_gone(gone: int) -> None:
    runs = Runs(Queue([f"{n:03}" for n in range(23)]))
    runs.run()
    del runs.queue.waiting[:gone]
    runs.queue.waiting += ["new"]
    assert 0 in runs.run(page_size=50)
    assert runs.came == runs.queue.waiting


def test_a_list_shorter_than_the_overlap_is_read_again() -> None:
    runs = Runs(Queue(["a", "b"]))
    runs.run()
    runs.queue.waiting[:1] = []
    runs.queue.waiting += ["c"]
    runs.run()
    assert runs.came == ["b", "c"]


def test_begins_anew_where_the_front_goes_while_it_is_read() -> None:
    runs = Runs(Queue([f"{n:03}" for n in range(23)]))
    runs.run()
    known = set(runs.came)
    runs.queue.waiting += [f"{n:03}" for n in range(23, 53)]
    runs.queue.moves = [30]  # more than a page, behind the first answer
    asked = runs.run(page_size=12)
    assert asked[0] == 23 - OVERLAP
    assert 0 in asked
    assert set(runs.queue.waiting) <= known | set(runs.came)


def test_an_empty_list_is_asked_from_its_head() -> None:
    runs = Runs(Queue())
    assert runs.run() == [0]
    runs.queue.waiting += ["a"]
    assert runs.run() == [0]
    assert runs.came == ["a"]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 30),  # new ones
            st.integers(0, 20),  # done at the front
            st.integers(0, 3) | st.none(),  # the run is stopped after so many items
            st.lists(st.integers(0, 9), max_size=4),  # done while it reads
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_pending_during_a_whole_run_is_read(
    story: list[tuple[int, int, int | None, list[int]]],
) -> None:
    runs, made, known = Runs(Queue()), 0, set[str]()
    for new, done, stop, moves in [*story, (0, 0, None, [])]:
        runs.queue.waiting += [f"{n:04}" for n in range(made, made + new)]
        made += new
        del runs.queue.waiting[:done]
        runs.queue.moves = list(moves)
        runs.run(stop_after=stop)
        known |= set(runs.came)
        if stop is None:
            assert set(runs.queue.waiting) <= known
