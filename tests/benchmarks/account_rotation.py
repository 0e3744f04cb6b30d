"""CRM.COM answers per account: what five thousand of them cost, and when each was read again.

    python -m tests.benchmarks.account_rotation --accounts 5000

The first run, one without any change, one after 50 accounts changed; then a run every few hours
until every account was visited again. Calls are counted by the sandbox.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.clock import SHIFT
from sources._sandbox.process import RunningSandbox, running_sandbox
from tests.house import House

VENDOR = "crm_com"
RUN = ("--no-publish", "--max-minutes", "0")


def main() -> None:
    """Prints the figures as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=5000)
    parser.add_argument("--changed", type=int, default=50)
    parser.add_argument("--every-hours", type=float, default=6.0)
    parser.add_argument("--latency-ms", type=int, default=0)
    asked = parser.parse_args()
    options = {VENDOR: {"accounts": asked.accounts, "latency_ms": asked.latency_ms}}
    with (
        running_sandbox(rows=20, options=options, start_seconds=300) as sandbox,
        tempfile.TemporaryDirectory() as folder,
    ):
        rotation = Rotation(House(Path(folder) / "project", sandbox, vendor=VENDOR))
        print("| run | calls | of these, accounts visited | whole run |")
        print("|---|---|---|---|")
        accounts = visited(rotation.run("first"))
        rotation.run("no change")
        news(sandbox, asked.changed, "purchase")
        rotation.run(f"{asked.changed} accounts with a new purchase")
        rotation.until_all_visited_again(accounts, asked.every_hours)


class Rotation:
    """One project, run after run."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._seen = 0

    def run(self, name: str, *, is_quiet: bool = False) -> list[dict[str, Any]]:
        """One run; what it asked for."""
        shift = self._house.sandbox.now().astimezone(UTC) - datetime.now(UTC)
        began = time.perf_counter()
        self._house.run(*RUN, environment={SHIFT: str(shift.total_seconds())}, seconds=3600)
        seconds = time.perf_counter() - began
        entries = self._house.sandbox.log(self._seen)
        self._seen += len(entries)
        calls = [entry for entry in entries if entry["vendor"] == VENDOR]
        if not is_quiet:
            visits = len(visited(calls))
            print(f"| {name} | {len(calls):,} | {visits:,} | {seconds:.1f} s |", flush=True)
        return calls

    def until_all_visited_again(self, all_accounts: set[str], every_hours: float) -> None:
        """Runs every so many hours until every account was visited since this moment."""
        since, waiting = self._house.sandbox.now(), set(all_accounts)
        visits, calls = [], []
        while waiting:
            self._house.sandbox.advance(hours=every_hours)
            made = self.run("rotation", is_quiet=True)
            waiting -= visited(made)
            visits.append(len(visited(made)))
            calls.append(len(made))
        passed = (self._house.sandbox.now() - since).total_seconds() / 86_400
        print(
            f"\nall {len(all_accounts):,} accounts were visited again after {passed:.2f} days and "
            f"{len(visits)} runs, {min(visits):,} to {max(visits):,} accounts and at most "
            f"{max(calls):,} calls a run"
        )


def visited(calls: Iterable[dict[str, Any]]) -> set[str]:
    """The accounts that were asked for, as they were named."""
    return {entry["query"] for entry in calls if entry["path"].endswith("accounts_receivable/show")}


def news(sandbox: RunningSandbox, accounts: int, kind: str) -> None:
    """So many accounts change."""
    sandbox.control(VENDOR, "POST", "/news", {"accounts": accounts, "kind": kind})


if __name__ == "__main__":
    main()
