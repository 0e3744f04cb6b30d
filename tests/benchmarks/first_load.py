"""A first load from the sandbox: rows per second, peak memory, share per stage.

    python -m tests.benchmarks.first_load --rows 100000

The sandbox is a process of its own; its share of the two cores is part of what is measured.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

from sources._sandbox.process import RunningSandbox, running_sandbox
from tests.house import REPOSITORY, VENDOR


def main() -> None:
    """Prints the figures as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="orders, about")
    asked = parser.parse_args()
    with (
        running_sandbox(rows=asked.rows, start_seconds=300) as sandbox,
        tempfile.TemporaryDirectory() as folder,
    ):
        _measure(sandbox, Path(folder))


def _measure(sandbox: RunningSandbox, folder: Path) -> None:
    from pipelines.project import open_project
    from pipelines.run import Run

    (folder / ".dlt").mkdir()
    (folder / "maps").symlink_to(REPOSITORY / "maps")
    (folder / ".dlt" / "config.toml").write_text(
        f'[sources.{VENDOR}]\nbase_url = "{sandbox.base_url(VENDOR)}"\n'
    )
    token = sandbox.credentials(VENDOR)["api_token"]
    (folder / ".dlt" / "secrets.toml").write_text(
        f'[sources.{VENDOR}]\napi_token = "{token}"\nconfirm_batch_size = 1000\n'
    )
    project = open_project(folder)
    began, cpu = time.perf_counter(), time.process_time()
    summary = Run(project, project.connections())()
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    counts = summary.connections[0].counts
    rows = sum(c.received for c in counts.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"outcome: {summary.outcome}; rows: { {t: c.received for t, c in counts.items()} }")
    print(f"wall {wall:.1f} s, CPU {cpu:.1f} s, {rows / wall:,.0f} rows/s, peak {peak:,.0f} MB")
    loaded = sum(
        s for stage, s in summary.seconds.items() if stage not in ("model", "audit", "publish")
    )
    print(f"until durable and confirmed: {loaded:.1f} s, {rows / loaded:,.0f} rows/s")
    print("\n| stage | seconds | share |\n|---|---|---|")
    for stage, seconds in sorted(summary.seconds.items(), key=lambda item: -item[1]):
        print(f"| {stage} | {seconds:.1f} | {seconds / wall:.0%} |")
    print(json.dumps({"wall": wall, "cpu": cpu, "rows": rows, "peak_mb": peak}))


if __name__ == "__main__":
    main()
