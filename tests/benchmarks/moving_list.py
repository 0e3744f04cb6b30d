"""Does a row slip through while a list moves under its reader? A thousand lists, drawn by seeds.

    python -m tests.benchmarks.moving_list --seeds 1000
    python -m tests.benchmarks.moving_list --seeds 1000 --without-seam

The second believes every page wherever it lies, and shows that the first can fail.
"""

from __future__ import annotations

import argparse
from unittest.mock import patch

from sources._reading.seam import Place, PlainSeam, RankedSeam
from tests.sources.moving_offsets import missed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--without-seam", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Reads them all, and says which seeds missed a row."""
    asked = _arguments()
    if asked.without_seam:
        with (
            patch.object(RankedSeam, "place", _believe),
            patch.object(PlainSeam, "place", _believe),
        ):
            failing = _failing(asked.seeds)
    else:
        failing = _failing(asked.seeds)
    print(f"{asked.seeds} seeds, {len(failing)} with a missed row", end="")
    print(f"; the first is {failing[0]}" if failing else "")


def _believe(*_: object, **__: object) -> Place:
    return Place.NEXT


def _failing(seeds: int) -> list[int]:
    return [seed for seed in range(seeds) if missed(seed)]


if __name__ == "__main__":
    main()
