"""Breaks one promise at a time in a copy of the repository, and says which seed finds it first.

python -m tests.faults.chaos.mutants [NAME …] --seeds 60
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.house import REPOSITORY

COPIED = ("sources", "pipelines", "notebooks", "tests", "maps", "pyproject.toml")
_FAILED = re.compile(r"^seed (\d+): FAILED.*\n((?:  - .*\n)?)", re.MULTILINE)


@dataclass(frozen=True)
class Edit:
    """A text in a file, and what stands there once the promise is broken."""

    file: str
    old: str
    new: str


CONFIRMS_EARLY = """\
        import asyncio

        from sources._vendor import Means

        async def confirm_early() -> None:
            own = self._connection
            means = Means(connection=own.name, redactor=self._redactor, clock=clock.now)
            async with own.vendor.client(own.settings, means) as client:
                async for _ in own.vendor.confirm(client, own.settings, sorted(self.listed)):
                    pass

        if self._connection.vendor.confirm is not None and self.listed:
            asyncio.run(confirm_early())
        reached(LANDED)
"""
MUTANTS: Mapping[str, Sequence[Edit]] = {
    "confirms before it promotes": (
        Edit("pipelines/committer.py", "        reached(LANDED)\n", CONFIRMS_EARLY),
    ),
    "promotes without a transaction": (
        Edit("pipelines/promote.py", "        with transaction(self._db):\n", "        if True:\n"),
    ),
    "checks no seam": (
        Edit(
            "sources/_reading/seam.py",
            "is_next = offset == 0 or any(row and _name(row) in known for row in rows)",
            "is_next = True",
        ),
        Edit(
            "sources/_reading/seam.py",
            "        ranks = self._ranks(rows)\n        if offset == 0:\n",
            "        ranks = self._ranks(rows)\n        if True:\n",
        ),
    ),
    "publishes what the audit refuses": (
        Edit("pipelines/release.py", "        if verdict.refused:\n", "        if False:\n"),
    ),
    "skips the outbox at start": (
        Edit(
            "pipelines/extract.py",
            "        try:\n            self._committer.confirm()\n",
            "        try:\n            pass\n",
        ),
    ),
}


class StaleError(ValueError):
    """A text that is to be replaced is not in its file, or is there several times."""


def broken(name: str, folder: Path, repository: Path = REPOSITORY) -> None:
    """Copies the repository into an empty folder and breaks a promise there.

    Raises:
        StaleError: the product has changed, and the mutant has to follow it.
    """
    for part in COPIED:
        at = repository / part
        if at.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "data")
            shutil.copytree(at, folder / part, ignore=ignored)
        else:
            shutil.copy(at, folder / part)
    for edit in MUTANTS[name]:
        file = folder / edit.file
        file.write_text(edited(edit, file.read_text("utf-8")), "utf-8")


def edited(edit: Edit, text: str) -> str:
    """A file's text with the edit made.

    Raises:
        StaleError: the old text is not there exactly once.
    """
    if (times := text.count(edit.old)) != 1:
        raise StaleError(f"{edit.file} has {edit.old.strip()!r} {times} times, not once")
    return text.replace(edit.old, edit.new)


def main() -> int:
    """Plays seeds over each mutant until one fails; 1 if a mutant was not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos.mutants")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(MUTANTS)}; all without any")
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    survivors = 0
    for name in asked.names or MUTANTS:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="penstock-mutant-") as folder:
            broken(name, Path(folder))
            said = _found(Path(folder), asked)
        survivors += not said
        seconds = time.monotonic() - began
        print(f"{name}: {said or f'NOT FOUND in {asked.seeds} seeds'} ({seconds:.0f} s)")
    return 1 if survivors else 0


def _found(copy: Path, asked: argparse.Namespace) -> str:
    command = [sys.executable, "-m", "tests.faults.chaos", "--until-failure"]
    command += ["--seeds", str(asked.seeds), "--first", str(asked.first)]
    command += ["--workers", str(asked.workers)]
    done = subprocess.run(
        command,
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = _FAILED.search(done.stdout)
    if found is None:
        return "" if done.returncode == 0 else f"the harness broke: {done.stderr[-1500:]}"
    return f"seed {found[1]} finds it: {found[2].strip(' -')[:300]}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
