"""A vendor is its folder: laid into a copy of the packages, the contract holds of it, or shows why.

The suite runs in the copy as it does here, in a process of its own, for the toy vendor alone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import REPOSITORY

TOY = Path(__file__).parent / "toy"
PACKAGES = ("sources", "pipelines", "notebooks", "tests", "maps")
SECONDS = 280


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the packages with the toy vendor's folder, and nothing else, added."""
    for package in PACKAGES:
        shutil.copytree(
            REPOSITORY / package,
            tmp_path / package,
            ignore=shutil.ignore_patterns("__pycache__", "data"),
        )
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    shutil.copytree(TOY, tmp_path / "sources" / "toy", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def contract(copy: Path, *files: str, only: str) -> subprocess.CompletedProcess[str]:
    """Files of the suite in the copy: the tests that `only` (pytest's -k) names."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", only]
    inherited = {n: v for n, v in os.environ.items() if not n.startswith("PYTEST_")}
    return subprocess.run(
        [*command, *(f"tests/contract/{file}.py" for file in files)],
        cwd=copy,
        env=inherited | {"PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_a_vendor_needs_only_its_folder(copy: Path) -> None:
    # what else there is takes a minute and is no other code with another vendor
    done = contract(copy, "test_loading", "test_shape", only="[toy")
    assert done.returncode == 0, done.stdout[-5000:]
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) >= 10


BROKEN = {
    "reads no second page": (
        '"offset": offset, "count": count',
        '"offset": 0, "count": count',
        "test_what_passes_is_recovered_from",
    ),
    "keeps quiet about errors": (
        "raise error.at(table=table) from None",
        "return",
        "test_what_lasts_is_told",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.long
def test_a_broken_vendor_is_found_out(copy: Path, how: str) -> None:
    right, wrong, found_by = BROKEN[how]
    code = copy / "sources" / "toy" / "__init__.py"
    assert right in code.read_text()
    code.write_text(code.read_text().replace(right, wrong))

    done = contract(copy, "test_faults", only=f"[toy and {found_by}")

    assert done.returncode == 1, done.stdout[-5000:]
    assert f"::{found_by}" in done.stdout
