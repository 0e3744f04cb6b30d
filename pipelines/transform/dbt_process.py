"""dbt in this process: silent, offline, and nothing of it left open afterwards."""

from __future__ import annotations

import gc
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sources._http.errors import PenstockError

LOG_BYTES = 5_000_000


class ModelFailed(PenstockError):  # noqa: N818
    """The warehouse could not be built; the message names the model and what DuckDB said.

    Attributes:
        models: the models that failed, by dbt's name; empty when dbt did not get that far.
    """

    def __init__(
        self,
        message: str,
        *,
        models: Sequence[str] = (),
        log: Path | None = None,
        next_command: str | None = None,
    ) -> None:
        self.models = tuple(models)
        super().__init__(message, next_command=next_command or f"less {log}")


def parse(project: Path, work_dir: Path) -> Any:
    """The manifest that dbt makes of the project: every model, and where it would be made.

    Raises:
        ModelFailed: dbt could not parse.
    """
    return _run(["parse"], project, work_dir, None).result


def invoke(
    command: Sequence[str], project: Path, work_dir: Path, manifest: Any = None
) -> list[Any]:
    """Runs one dbt command over the project.

    dbt writes under `work_dir` only: `log/dbt.log`, and `target/` with what it parsed, which makes
    the next parse a matter of what changed.

    Args:
        command: what is done, with its options.
        project: the dbt project.
        work_dir: where dbt writes.
        manifest: what `parse` found there a moment ago: nothing is parsed then.

    Returns:
        dbt's result of each node.

    Raises:
        ModelFailed: a node failed, or dbt could not parse or connect.
        KeyboardInterrupt: the user stopped it.
    """
    return _results(_run(command, project, work_dir, manifest).result)


def _run(command: Sequence[str], project: Path, work_dir: Path, manifest: Any) -> Any:
    # heavy: 2 to 3 s
    from dbt.cli.main import dbtRunner

    log = work_dir / "log"
    told: list[tuple[str, str]] = []

    def hear(event: Any) -> None:
        if event.info.name == "RunResultFailure":
            told.append((event.data.node_name, ""))
        elif event.info.name == "RunResultError" and told and not told[-1][1]:
            told[-1] = (told[-1][0], event.data.msg)

    gc.freeze()  # what is here already is not looked through when dbt's own is collected
    try:
        runner = dbtRunner(manifest=manifest, callbacks=[hear])
        outcome = runner.invoke(_arguments(command, project, work_dir, log))
    finally:
        _let_go()
        gc.unfreeze()
    if outcome.exception is not None and not isinstance(outcome.exception, Exception):
        raise outcome.exception  # Ctrl-C, which dbt hands back like any failure
    if not outcome.success:
        raise _failure(outcome.exception, _results(outcome.result), told, log / "dbt.log")
    return outcome


def _arguments(command: Sequence[str], project: Path, work_dir: Path, log: Path) -> list[str]:
    verb, *options = command
    return [
        "--no-send-anonymous-usage-stats",
        "--no-version-check",
        "--no-use-colors",
        "--no-print",
        "--log-level=none",
        "--log-level-file=info",
        f"--log-path={log}",
        f"--log-file-max-bytes={LOG_BYTES}",
        "--no-write-json",
        "--cache-selected-only",
        verb,
        f"--project-dir={project}",
        f"--profiles-dir={project}",
        f"--target-path={work_dir / 'target'}",
        *options,
    ]


def _let_go() -> None:
    """Closes what dbt keeps for the life of a process: its log, the last database it opened."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import cleanup_connections
    from dbt_common.events.event_manager_client import cleanup_event_logger

    cleanup_connections()
    environment = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
    DuckDBConnectionManager.close_all_connections()
    gc.collect()  # cursors in circles of references would hold the file until some later time
    cleanup_event_logger()
    file_log = logging.getLogger("file_log")
    for handler in tuple(file_log.handlers):
        file_log.removeHandler(handler)
        handler.close()


def _results(result: Any) -> list[Any]:
    """The results of nodes; where the first failure ended the run, dbt hands out that one alone."""
    if result is None:
        return []
    return list(getattr(result, "results", [result]))


def _failure(
    exception: BaseException | None,
    results: Sequence[Any],
    told: Sequence[tuple[str, str]],
    log: Path,
) -> ModelFailed:
    """The failure, of the nodes whose results say so.

    The result of an ephemeral model is in no list: where one does not compile, what dbt told
    meanwhile is all there is.
    """
    if exception is not None:
        return ModelFailed(f"dbt could not build the warehouse: {exception}", log=log)
    failed = [(r.node.name, r.message) for r in results if str(r.status) in ("error", "fail")]
    failed = failed or list(told)
    said = "\n".join(f"{name}: {message}" for name, message in failed)
    return ModelFailed(
        f"the warehouse could not be built: {said}", models=[name for name, _ in failed], log=log
    )
