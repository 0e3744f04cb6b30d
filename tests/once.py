"""What several tests look at, done once, though they may run in several processes."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock

T = TypeVar("T")


class Once:
    """Results by name, in a folder that all test processes share.

    Who asks first does the work; others wait for it. Work that failed fails for each who asks.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder

    def __call__(self, name: str, work: Callable[[Path], T]) -> T:
        """The result of `work`, which is given a folder of its own.

        Raises:
            AssertionError: the work failed, with what it said.
        """
        kept = self._folder / f"{name}.pickle"
        with FileLock(self._folder / f"{name}.lock"):
            if not kept.exists():
                kept.write_bytes(pickle.dumps(self._done(name, work)))
            failed, result = pickle.loads(kept.read_bytes())
        assert not failed, failed
        done: T = result
        return done

    def _done(self, name: str, work: Callable[[Path], Any]) -> tuple[str, Any]:
        folder = self._folder / name
        folder.mkdir()
        try:
            return "", work(folder)
        except Exception:  # noqa: BLE001 - it is raised again, for each who asks
            return traceback.format_exc(), None
