"""`python -m tests.faults.chaos --seeds 200`: plays seeds, and says what held and what did not."""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.faults.chaos.plan import plan_of
from tests.faults.chaos.play import Played, play, play_apart
from tests.faults.chaos.tally import Tally

REPLAY = "make chaos SEED={}"


def main() -> int:
    """Plays the seeds that the command line names; 1 if one of them failed."""
    asked = _arguments()
    if asked.seed is not None:
        return _replay(asked.seed, asked.folder)
    began, total, failed = time.monotonic(), Tally(), []
    seeds, played_so_far = range(asked.first, asked.first + asked.seeds), 0
    with tempfile.TemporaryDirectory(prefix="penstock-chaos-") as folder:
        for seed, played in _all(seeds, Path(asked.folder or folder), asked.workers):
            total.counts.update(played.tally.counts)
            print(f"seed {seed}: {_verdict(played)}, {played.seconds:.0f} s", flush=True)
            if played.wrong:
                failed.append(seed)
                print(failure(seed, played), flush=True)
            played_so_far += 1
            if failed and asked.until_failure:
                break
    print(f"\n{played_so_far} seeds, {len(failed)} failed, {time.monotonic() - began:,.0f} s")
    print(total.told())
    for seed in failed:
        print(f"seed {seed} failed; again: {REPLAY.format(seed)}")
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--until-failure", action="store_true", help="stop at the first that fails")
    parser.add_argument("--seed", type=int, help="this one alone, loudly; its folder is kept")
    parser.add_argument("--workers", type=int, default=2, help="how many at the same time")
    parser.add_argument("--folder", type=Path, help="where they are played; failures stay there")
    return parser.parse_args()


def _all(seeds: range, folder: Path, workers: int) -> Iterator[tuple[int, Played]]:
    # a worker starts processes of its own, and must have inherited none
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        running = {pool.submit(play_apart, seed, folder): seed for seed in seeds}
        try:
            for done in as_completed(running):
                yield running[done], done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _replay(seed: int, folder: Path | None) -> int:
    own = (folder or Path(tempfile.mkdtemp(prefix="penstock-chaos-"))) / f"seed-{seed}"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    plan = plan_of(seed)
    print(plan.told(), flush=True)
    began = time.monotonic()
    played = play(
        plan, own, lambda text: print(f"{time.monotonic() - began:6.1f} s {text}", flush=True)
    )
    for output in played.outputs:
        print("-" * 100, output, sep="\n")
    print(f"seed {seed}: {_verdict(played)}, {played.seconds:.0f} s; its folder: {own}")
    print(played.tally.told())
    print("\n".join(played.wrong))
    return 1 if played.wrong else 0


def _verdict(played: Played) -> str:
    return "FAILED" if played.wrong else "holds"


def failure(seed: int, played: Played) -> str:
    """What was not as promised in a seed, its plan, and the command that plays it again."""
    wrong = "\n".join(f"  - {line}" for line in played.wrong)
    return f"{wrong}\n{plan_of(seed).told()}\n  again: {REPLAY.format(seed)}"


if __name__ == "__main__":
    sys.exit(main())
