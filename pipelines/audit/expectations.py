"""Changed rows judged by Great Expectations, in a process that runs while the models are built.

    pending = start_expectations(changed, checks, work_dir)
    ...                                  # build
    results = pending.results()          # waits

A process that breaks or hangs is a result too: every check it owed has status 'error'.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.audit.checks import EXAMPLES, Expectation, Result, Status, TableRef, VendorChecks
from pipelines.audit.sql import expectation_query

TIMEOUT_SECONDS = 900.0
WORKER = Path(__file__).with_name("_gx_worker.py")
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")
_LAST_LINES = 8


def start_expectations(
    changed: Mapping[TableRef, Path],
    checks: Sequence[VendorChecks],
    work_dir: Path,
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
    worker: Path = WORKER,
    docs: DataDocs | None = None,
) -> Pending:
    """Start judging; returns at once.

    Args:
        changed: the changed rows of each table as a parquet file.
        checks: all checks; expectations about tables without changed rows are not asked.
        work_dir: a private folder for the task, the answer and the process's messages.
        timeout_seconds: how long the process may take from now on.
        worker: the program that judges.
        docs: where the library's own pages are wanted; None is nowhere.

    Nothing to judge starts no process.
    """
    asked = [e for c in checks for e in c.expectations if e.table in changed]
    if docs is not None:
        shutil.rmtree(docs.folder, ignore_errors=True)
    if not asked:
        return Pending(asked=(), folder=work_dir, process=None, deadline=0.0, failure="")
    work_dir.mkdir(parents=True, exist_ok=True)
    (work_dir / "answer.json").unlink(missing_ok=True)
    task = {
        "seconds": math.ceil(timeout_seconds),
        "batches": _batches(asked, changed),
        "data_docs": docs and {"folder": str(docs.folder.resolve()), "run_id": docs.run_id},
    }
    (work_dir / "task.json").write_text(json.dumps(task, default=str), "utf-8")
    process, failure = None, ""
    try:
        with (work_dir / "worker.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program, by its path
                [sys.executable, "-P", str(worker), "task.json", "answer.json"],
                cwd=work_dir,
                env=_environment(work_dir),
                stdin=subprocess.PIPE,  # closed when this process ends, however it does
                stdout=log,
                stderr=subprocess.STDOUT,
            )
    except OSError as error:
        failure = f"Great Expectations could not be started: {error}"
    return Pending(
        asked=tuple(asked),
        folder=work_dir,
        process=process,
        deadline=time.monotonic() + timeout_seconds,
        failure=failure,
    )


@dataclass(frozen=True)
class DataDocs:
    """Great Expectations' own pages about one run: figures alone, nothing that a vendor wrote.

    Attributes:
        folder: where they are written; what is there is replaced.
        run_id: the run that they are about.
    """

    folder: Path
    run_id: str


@dataclass
class Pending:
    """Expectations being judged elsewhere.

    Attributes:
        asked: the expectations a result is owed for.
        folder: where the process works.
        process: None where there was nothing to start, or it could not be started.
        deadline: on the monotonic clock.
        failure: why it could not be started.
    """

    asked: tuple[Expectation, ...]
    folder: Path
    process: subprocess.Popen[bytes] | None
    deadline: float
    failure: str

    def results(self) -> list[Result]:
        """Wait for the process and return one result per expectation asked."""
        failure = self.failure or self._wait()
        answers = {} if failure else self._answers()
        missing = failure or "Great Expectations ended without an answer for this check"
        return [
            _result(expectation, answers.get(number, {"error": missing}))
            for number, expectation in enumerate(self.asked)
        ]

    def docs_failure(self) -> str:
        """Why the library's own pages could not be written; empty where they were.

        To be asked once there are results.
        """
        if self.process is None:
            return self.failure or "no changed rows were judged"
        if self.process.returncode:
            return "Great Expectations did not finish"
        return str(self._said().get("data_docs", ""))

    def cancel(self) -> None:
        """End the process without waiting for what it finds."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self._close()

    def _wait(self) -> str:
        """Why there is no answer; empty when there is one."""
        if self.process is None:
            return ""
        try:
            code = self.process.wait(max(0.0, self.deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.cancel()
            return "Great Expectations did not finish in time and was ended"
        self._close()
        return f"Great Expectations ended with code {code}: {self._last_lines()}" if code else ""

    def _close(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()

    def _last_lines(self) -> str:
        lines = (self.folder / "worker.log").read_text("utf-8", "replace").splitlines()
        return " / ".join(line.strip() for line in lines[-_LAST_LINES:] if line.strip())

    def _answers(self) -> dict[int, Mapping[str, Any]]:
        if not self.asked:
            return {}
        try:
            return {answer["id"]: answer for answer in self._said()["answers"]}
        except (KeyError, TypeError):
            return {}

    def _said(self) -> dict[str, Any]:
        try:
            said = json.loads((self.folder / "answer.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return said if isinstance(said, dict) else {}


def _batches(
    asked: Sequence[Expectation], changed: Mapping[TableRef, Path]
) -> list[dict[str, Any]]:
    batches: dict[TableRef, dict[str, Any]] = {}
    for number, expectation in enumerate(asked):
        parquet = str(changed[expectation.table].resolve())
        batch = batches.setdefault(
            expectation.table,
            {"table": str(expectation.table), "parquet": parquet, "checks": []},
        )
        batch["checks"].append(
            {
                "id": number,
                "expect": expectation.expect,
                "arguments": dict(expectation.arguments),
                "columns": expectation.columns,
                "key": expectation.key,
            }
        )
    return list(batches.values())


def _environment(work_dir: Path) -> dict[str, str]:
    """What the process may know: no setting and no secret of ours, and a home of its own."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"HOME": str(work_dir.resolve()), "GX_ANALYTICS_ENABLED": "False"}


def _result(expectation: Expectation, answer: Mapping[str, Any]) -> Result:
    status = Status.ERROR
    failing, examples = None, ()
    if "error" in answer:
        detail = str(answer["error"])
    else:
        status = Status.PASS if answer["success"] else Status.FAIL
        failing, examples = answer["failing"], tuple(answer["examples"][:EXAMPLES])
        detail = _detail(answer)
    return Result(
        vendor=expectation.table.vendor,
        check=expectation.name,
        kind="expectation",
        table=expectation.table.name,
        severity=expectation.severity,
        means=expectation.means,
        status=status,
        failing_rows=failing,
        examples=examples,
        query=expectation_query(expectation),
        detail=detail,
    )


def _detail(answer: Mapping[str, Any]) -> str:
    if answer["failing"] is None:
        return f"found {answer['observed']} in {answer['rows']:,} changed rows"
    return f"{answer['failing']:,} of {answer['rows']:,} changed rows"
