"""Faults planted into a copy of a file, and what the checks then say: for every vendor's checks."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb

from pipelines.audit.checks import Reads, Result, VendorChecks


def ids(faults: list[tuple[str, str]]) -> list[str]:
    return [f"{check}-{number}" for number, (check, _) in enumerate(faults)]


def askable(checks: VendorChecks, *, raw: bool) -> list[VendorChecks]:
    """The checks, without the facts that the published file cannot answer where it is that."""
    facts = tuple(f for f in checks.facts if raw or f.reads is Reads.PUBLISHED)
    return [replace(checks, facts=facts)]


def planted(folder: Path, file: Path, *statements: str) -> Path:
    """A copy of a file, with a fault in it."""
    copy = folder / "faulty.duckdb"
    shutil.copyfile(file, copy)
    with duckdb.connect(str(copy)) as db:
        for statement in statements:
            db.execute(statement)
    return copy


def broken(results: list[Result]) -> dict[str, Result]:
    """What did not pass, by its check's name."""
    return {r.check: r for r in results if not r.passed}
