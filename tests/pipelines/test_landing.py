"""A landing killed between two of dlt's own file operations does not stand in the way for good."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.landing import Landing
from tests.house import killable
from tests.pipelines.test_promote import VENDOR, Bench

# where dlt 1.31 cannot go on afterwards, found by killing it at every operation in its folder
STUCK = {
    "a package is there to be loaded and to be normalized": (
        "os.rmdir",
        r"/normalize/extracted/[0-9.]+$",
    ),
    "a package is loaded and not yet put away": ("os.rename", r"/load/normalized/[0-9.]+$"),
}
SOMEWHERE = tuple(range(20, 260, 60))  # of its some 260 operations


def _land(folder: Path, place: tuple[str, str] | int | None) -> None:
    """Lands two orders behind a first one, and dies at a file operation: the named or the n-th."""
    bench = Bench(folder)
    bench.db.close()
    bench.land([(3, 3, "C")])
    bench.db = duckdb.connect(str(bench.places.raw))
    bench.promote()
    bench.db.close()
    count = 0

    def die(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        path = str(arguments[0]) if arguments else ""
        if not event.startswith(("open", "os.", "shutil.")) or "/work/dlt/" not in path:
            return
        count += 1
        named = (
            isinstance(place, tuple) and event == place[0] and re.search(place[1], path) is not None
        )
        if named or count == place:
            os.kill(os.getpid(), signal.SIGKILL)

    if place is not None:
        sys.addaudithook(die)
    bench.land([(1, 1, "A")], [(2, 2, "B")])


def _recovered(folder: Path) -> Exception | None:
    """Why dlt could not go on; all orders are here after another landing."""
    bench = Bench(folder)
    failed = Landing(bench.places, "cien", VENDOR).recover()
    bench.promote()
    assert Landing(bench.places, "cien", VENDOR).recover() is None
    there = {number for (number,) in bench.ask("select order_number from cienapps.orders")}
    assert there in ({3}, {1, 2, 3}), "half a window"
    bench.db.close()
    _land(folder, None)
    bench.db = duckdb.connect(str(bench.places.raw))
    bench.promote()
    assert bench.current() == {1: "A", 2: "B", 3: "C"}
    bench.close()
    return failed


@pytest.mark.parametrize("place", STUCK.values(), ids=STUCK)
def test_where_dlt_cannot_go_on_its_folder_is_dropped(
    tmp_path: Path, place: tuple[str, str]
) -> None:
    assert killable(_land, tmp_path, place) == -signal.SIGKILL
    failed = _recovered(tmp_path)
    assert failed is not None, "dlt goes on by itself now: this test is about nothing"


@pytest.mark.parametrize("n", SOMEWHERE)
def test_killed_at_the_nth_operation_nothing_is_there_in_part(tmp_path: Path, n: int) -> None:
    assert killable(_land, tmp_path, n) == -signal.SIGKILL
    _recovered(tmp_path)
