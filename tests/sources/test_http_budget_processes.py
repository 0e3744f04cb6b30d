"""Two processes, one budget, a real server that counts."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from sources._http.budget import Budget, Rate
from sources._http.client import Client
from tests.sources.http_loopback import SILENT, Reply, Request, Server, quick, reply

ROOT = Path(__file__).parents[2]
RATES = (Rate(5, 0.3), Rate(12, 1.0))
CALLS = 24
CALLER = """
import asyncio, json, sys
from pathlib import Path
from sources._http.budget import Budget, Rate
from sources._http.client import Client
from tests.sources.http_loopback import quick

async def go(url, file, me, calls, rates):
    budget = Budget(Path(file), "account", [Rate(*rate) for rate in rates])
    settings = quick(url, read_seconds=20, deadline_seconds=30, attempts=1)
    async with Client(settings, headers={"X-Me": me}, budget=budget) as client:
        print("ready", flush=True)
        sys.stdin.readline()
        await asyncio.gather(*(client.get("list") for _ in range(calls)))
    budget.close()

asyncio.run(go(*sys.argv[1:4], int(sys.argv[4]), json.loads(sys.argv[5])))
"""


async def caller(server: Server, file: Path, me: str, calls: int, *rates: Rate) -> Process:
    """A process that is about to call as often and as fast as it may, four at a time and more."""
    told = json.dumps([(rate.calls, rate.seconds) for rate in rates])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CALLER, server.url, str(file), me, str(calls), told),
        cwd=ROOT,
        stdin=PIPE,
        stdout=PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


def go_on(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.write(b"go\n")


def most_within(times: list[float], seconds: float) -> int:
    return max(sum(at - seconds < other <= at for other in times) for at in times)


def test_two_processes_together_never_call_too_often(tmp_path: Path) -> None:
    arrived: list[tuple[float, str]] = []

    def count(request: Request) -> Reply:
        arrived.append((time.monotonic(), request.headers["x-me"]))
        return reply()

    async def go() -> list[int]:
        file = tmp_path / "budget"
        async with Server(count) as server:
            both = [await caller(server, file, me, CALLS, *RATES) for me in "ab"]
            for process in both:
                go_on(process)
            return [await process.wait() for process in both]

    assert asyncio.run(go()) == [0, 0]
    times = sorted(at for at, _ in arrived)
    assert len(times) == 2 * CALLS
    for rate in RATES:
        assert most_within(times, rate.seconds) <= rate.calls
    first_half = {me for _, me in sorted(arrived)[:CALLS]}
    assert first_half == {"a", "b"}


@pytest.mark.parametrize("rate", [Rate(2, 0.3), Rate(1, 0.3)], ids=str)
def test_a_process_killed_in_mid_call_holds_nobody_up(tmp_path: Path, rate: Rate) -> None:
    file = tmp_path / "budget"

    def silent_to_one(request: Request) -> Reply:
        return SILENT if request.headers["x-me"] == "killed" else reply()

    async def go() -> int:
        async with Server(silent_to_one) as server:
            process = await caller(server, file, "killed", 9, rate)
            go_on(process)
            for _ in range(rate.calls):
                await server.asked.acquire()
            budget = Budget(file, "account", [rate])
            assert budget.left()[0].calls == 0
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
            assert budget.left()[0].free_in <= 2 * rate.seconds
            settings = quick(server.url)
            async with Client(settings, headers={"X-Me": "other"}, budget=budget) as client:
                answer = await client.get("list")
            budget.close()
            return answer.status

    assert asyncio.run(go()) == 200


def test_many_processes_may_make_the_file_at_once(tmp_path: Path) -> None:
    async def go() -> list[int]:
        async with Server((reply(),)) as server:
            some = [caller(server, tmp_path / "budget", str(n), 2, Rate(99, 1)) for n in range(5)]
            processes = await asyncio.gather(*some)
            for process in processes:
                go_on(process)
            return [await process.wait() for process in processes]

    assert asyncio.run(go()) == [0] * 5
