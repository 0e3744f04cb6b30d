"""A hundred thousand CareCloud purchases by offset: one page at a time, and several at once.

    python -m tests.benchmarks.offset_load --purchases 100000 --latency-ms 50

Each first load is a run of its own into an empty project, without publishing. The sandbox's log
says when the first list was asked for, when the last was answered, how many were under way, and how
many it refused.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from pipelines.clock import SHIFT
from sources._sandbox.process import running_sandbox
from tests.house import House

VENDOR = "carecloud"
TABLE = "purchases"
SETTLED = 0.5  # the last half of a load: its concurrency has been found


@dataclass(frozen=True)
class Load:
    """One first load.

    Attributes:
        name: what was different about it.
        run_seconds: of the whole command, its start included.
        read_seconds: from the first list to the last.
        lists: answers with 200.
        refused: answers with 429.
        at_once: how many were under way, as a rule, in its last half; `most` ever.
        rows: in the work file.
    """

    name: str
    run_seconds: float
    read_seconds: float
    lists: int
    refused: int
    at_once: float
    most: int
    rows: int


def main() -> None:
    """Prints the figures as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--purchases", type=int, default=100_000)
    parser.add_argument("--latency-ms", type=int, default=50)
    parser.add_argument("--at-once", type=int, default=8, help="more than these are 429")
    parser.add_argument("--concurrency", type=int, default=16, help="of the loads that have it")
    asked = parser.parse_args()
    loads = [
        _load("one at a time", asked, concurrency=1),
        _load(f"up to {asked.concurrency} at once", asked, concurrency=asked.concurrency),
        _load(
            f"the same, 429 above {asked.at_once}",
            asked,
            concurrency=asked.concurrency,
            at_once=asked.at_once,
        ),
    ]
    _show(loads)


def _load(name: str, asked: argparse.Namespace, *, concurrency: int, at_once: int = 0) -> Load:
    options = {
        VENDOR: {
            "purchases": asked.purchases,
            "latency_ms": asked.latency_ms,
            "at_once": at_once,
        }
    }
    with (
        running_sandbox(rows=20, options=options, start_seconds=300) as sandbox,
        tempfile.TemporaryDirectory() as folder,
    ):
        shift = sandbox.now().astimezone(UTC) - datetime.now(UTC)
        house = House(
            Path(folder) / "project",
            sandbox,
            settings={"concurrency": str(concurrency)},
            vendor=VENDOR,
            environment={SHIFT: str(shift.total_seconds())},
        )
        began = time.perf_counter()
        house.run("--tables", TABLE, "--no-publish", "--max-minutes", "0", seconds=3600)
        seconds = time.perf_counter() - began
        calls = [e for e in sandbox.log() if e["vendor"] == VENDOR and TABLE in e["path"]]
        (count,) = house.ask_raw(f"select count(distinct _key) from {VENDOR}.{TABLE}")[0]
        books = len(sandbox.tables(VENDOR).rows(TABLE))
        assert count == books, f"{count} of {books} rows"
        return _measured(name, seconds, calls, books)


def _measured(name: str, seconds: float, calls: Sequence[dict[str, Any]], rows: int) -> Load:
    ends = [entry["at"] + entry["seconds"] for entry in calls]
    settled = calls[int(len(calls) * SETTLED) :]
    return Load(
        name=name,
        run_seconds=seconds,
        read_seconds=max(ends) - min(entry["at"] for entry in calls),
        lists=sum(entry["status"] == 200 for entry in calls),
        refused=sum(entry["status"] == 429 for entry in calls),
        at_once=median(entry["in_flight"] for entry in settled),
        most=max(entry["in_flight"] for entry in calls),
        rows=rows,
    )


def _show(loads: Sequence[Load]) -> None:
    baseline = loads[0]
    print("| first load | lists | 429 | at once, settled (most) | reading | ratio | whole run |")
    print("|---|---|---|---|---|---|---|")
    for load in loads:
        ratio = baseline.read_seconds / load.read_seconds
        print(
            f"| {load.name} | {load.lists} | {load.refused} | {load.at_once:.0f} ({load.most}) "
            f"| {load.read_seconds:.1f} s | {ratio:.1f} | {load.run_seconds:.1f} s |"
        )
    print(f"\n{baseline.rows:,} purchases, each with its items")


if __name__ == "__main__":
    main()
