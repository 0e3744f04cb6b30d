"""A reader opens the published file all the time while run after run publishes another.

    python -m tests.benchmarks.readers --publishes 50

Every publish is a whole run of a process of its own: a document changes, the warehouse is built,
audited and put before the readers. Each opening asks which run it is and how many orders there are;
a file that was not seen before is asked for its verdict and every mart. Exits with 1 where one
opening failed, or fewer were made than asked for.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from sources._sandbox.process import running_sandbox
from tests.faults.chaos.reader import reading
from tests.house import House

PAUSE = 0.01  # seconds


def main() -> None:
    """Prints the figures as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--publishes", type=int, default=50)
    parser.add_argument("--openings", type=int, default=10_000)
    asked = parser.parse_args()
    with running_sandbox(rows=20) as sandbox, tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder) / "project", sandbox)
        house.run()
        began = time.perf_counter()
        with reading(house.published, Path(folder) / "reader.json", PAUSE) as seen:
            for _ in range(asked.publishes):
                sandbox.save("cienapps", "order")
                house.run()
        seconds = time.perf_counter() - began
    print("| publishes | seconds | openings | generations seen | failures |")
    print("|---|---|---|---|---|")
    figures = (asked.publishes, f"{seconds:.0f}", f"{seen.opens:,}", len(seen.runs))
    print(f"| {' | '.join(map(str, figures))} | {len(seen.wrong)} |")
    for wrong in seen.wrong:
        print(f"- {wrong}")
    if seen.wrong or seen.opens < asked.openings:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
