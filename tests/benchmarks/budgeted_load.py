"""A first load under CIMcloud's call budget, killed at random; then a run after 1 % changed.

    python -m tests.benchmarks.budgeted_load --rows 1000 --kills 10

The budget's clock runs faster than real time (`--speed`), the vendor's and ours alike. The sandbox
counts the calls it received and says itself whether its budget was ever exceeded.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sources
from pipelines.clock import BUDGET_SPEED, SHIFT
from sources._sandbox.process import RunningSandbox, running_sandbox
from tests.faults.table_truth import assert_equal_to_books
from tests.house import House

VENDOR = "cimcloud"
PAGE = 50
RUN = ("run", "--no-publish", "--max-minutes", "0")


def main() -> None:
    """Prints the figures as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1000, help="the kitchen maker's orders, about")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--speed", type=int, default=100, help="of the budget's clock")
    parser.add_argument("--seed", type=int, default=1, help="of the kills")
    asked = parser.parse_args()
    options = {VENDOR: {"speed": asked.speed}}
    with (
        running_sandbox(rows=asked.rows, options=options, start_seconds=300) as sandbox,
        tempfile.TemporaryDirectory() as folder,
    ):
        house = _house(Path(folder) / "project", sandbox, asked.speed)
        _first_load(house, asked.kills, asked.seed)
        _after_changes(house)
        _sweep(house)


def _house(folder: Path, sandbox: RunningSandbox, speed: int) -> House:
    shift = sandbox.now().astimezone(UTC) - datetime.now(UTC)
    return House(
        folder,
        sandbox,
        settings={"timezone": '"America/Vancouver"'},
        vendor=VENDOR,
        environment={BUDGET_SPEED: str(speed), SHIFT: str(shift.total_seconds())},
    )


def _first_load(house: House, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    began = time.perf_counter()
    killed = checks = 0
    while killed < kills:
        with house.started(*RUN) as running:
            running.join(chance.uniform(2, 9))
            if running.exitcode is not None:
                break
            running.kill()
            running.join()
            killed += 1
        if killed == kills // 2 and not checks:
            checks = _beside(house)
            killed += 1
    house.run(*RUN[1:])
    wall = time.perf_counter() - began
    assert_equal_to_books(house)
    books = house.sandbox.tables(VENDOR)
    tables = {t.name: books.rows(t.name) for t in sources.load(VENDOR).tables}
    asked = _lists(house.sandbox.log())
    least = sum(len(rows) // PAGE + 1 for rows in tables.values())
    # what changed since is asked for anew by each run, killed or not
    live = sum("last_modify_date" in path for path in asked)
    past = Counter(path for path in asked if "last_modify_date" not in path)
    repeated = sum(n - 1 for n in past.values())
    pages = house.ask_raw("select count(*) from ops.pages")[0][0]
    print(f"\nrows in {len(tables)} tables: {sum(map(len, tables.values())):,}; equal to the books")
    print(f"killed {killed} times; {checks} calls of a check beside a run; {wall:.0f} s wall")
    print(f"lists asked for: {len(asked)}, of them {live} of changes at each start")
    print(f"... of the past: {len(asked) - live}, least possible {least}; committed: {pages}")
    print(f"... asked for more than once: {repeated}, {repeated / max(killed, 1):.1f} per kill")
    _say_budget(books.budget())


def _beside(house: House) -> int:
    """Checks the connection while a run goes on: two processes, one budget."""
    before = len(house.sandbox.log())
    with house.started(*RUN) as running:
        time.sleep(1)
        assert house.penstock("check").code == 0
        running.kill()
        running.join()
    return len(house.sandbox.log()) - before


def _after_changes(house: House) -> None:
    changed = house.sandbox.tables(VENDOR).change(0.01)
    before = len(house.sandbox.log())
    house.run(*RUN[1:])
    assert_equal_to_books(house)
    log = house.sandbox.log(before)
    asked = _lists(log)
    read = {table.name for table in sources.load(VENDOR).tables}
    counts = {table: len(keys) for table, keys in changed.items() if table in read}
    least = sum(n // PAGE + 1 for n in counts.values())
    print(f"\nafter 1 % changed ({sum(counts.values())} rows of {len(counts)} tables):")
    print(f"lists asked for {len(asked)}, least possible {least}; calls in all {len(log)}")


def _sweep(house: House) -> None:
    books = house.sandbox.tables(VENDOR)
    gone = sorted(books.rows("orders"))[::100]
    books.delete("orders", gone)
    before = len(house.sandbox.log())
    ended = house.penstock(
        "sweep", VENDOR, "--no-publish", "--max-minutes", "0", "--tables", "orders"
    )
    assert ended.code == 0, ended.output
    marked = _marked(house)
    print(
        f"\nsweep of orders: {len(gone)} deleted, {marked} marked, "
        f"{len(house.sandbox.log()) - before} calls"
    )
    house.sandbox.fault("share_of_rows", vendor=VENDOR, route="/orders/", times="always", share=0.1)
    ended = house.penstock(
        "sweep", VENDOR, "--no-publish", "--max-minutes", "0", "--tables", "orders"
    )
    more = _marked(house) - marked
    print(f"an outage that answers 10 %: exit {ended.code}, marked {more} more")


def _marked(house: House) -> int:
    query = "select count(*) from ops.deletions where restored_at is null"
    return int(str(house.ask_raw(query)[0][0]))


def _lists(log: list[dict[str, Any]]) -> list[str]:
    return [
        entry["path"]
        for entry in log
        if entry["method"] == "GET"
        and entry["status"] == 200
        and not entry["path"].endswith(("/validate", "/healthcheck", "/canary"))
    ]


def _say_budget(spent: dict[str, Any]) -> None:
    print(f"the vendor's own count: {json.dumps(spent)}")


if __name__ == "__main__":
    main()
