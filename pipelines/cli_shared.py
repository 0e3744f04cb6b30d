"""What the verbs of the command line have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from pipelines.extract import Extraction
    from pipelines.outcome import Recovery
    from pipelines.project import Connection, Project
    from pipelines.stopping import Stop
    from sources._http.errors import Misconfigured

ProjectDir = Annotated[
    Path, typer.Option("--project", "-C", help="The project directory.", show_default="here")
]
MaxMinutes = Annotated[
    float | None,
    typer.Option(
        "--max-minutes",
        min=0,
        help="Stop reading after so long, and go on there next time; 0 is never. "
        "Without it, what the project says (30).",
        show_default=False,
    ),
]
NoPublish = Annotated[
    bool, typer.Option("--no-publish", help="Load, but leave the published file as it is.")
]
Tables = Annotated[str, typer.Option(help="Only these, comma-separated; all of them without it.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
HERE = Path()


def open_here(project: Path) -> Project:
    """The project directory, read.

    Raises:
        Misconfigured: it cannot be.
    """
    from pipelines.project import open_project

    return open_project(project)


def stoppable(context: typer.Context) -> Stop:
    """From here on to the command's end, SIGINT and SIGTERM ask for a stop."""
    from pipelines.stopping import stopped_by_signals

    return context.with_resource(stopped_by_signals())


def run_job(
    opened: Project,
    chosen: Sequence[Connection],
    stop: Stop,
    job: Callable[[Extraction], None],
    *,
    max_minutes: float | None = None,
    no_publish: bool,
    data_docs: bool = False,
    recovery: Recovery | None = None,
    again: str = "",
) -> NoReturn:
    """Runs a job over connections, shows what came of it, and exits."""
    from pipelines import show
    from pipelines.run import Run
    from pipelines.stopping import Stopped

    console = show.console()
    try:
        with show.progress(console) as tell:
            summary = Run(
                opened,
                chosen,
                job=job,
                again=again,
                max_minutes=max_minutes,
                publishes=not no_publish,
                data_docs=data_docs,
                recovery=recovery,
                progress=tell,
                stop=stop,
            )()
    except Stopped:
        typer.echo("stopped as asked, before anything was begun")
        raise typer.Exit from None
    show.summary(console, summary)
    raise typer.Exit(summary.exit_code)


def names_of(listed: str) -> tuple[str, ...]:
    """The names in a comma-separated list."""
    return tuple(name.strip() for name in listed.split(",") if name.strip())


def day_of(text: str, option: str, verb: str) -> date:
    """The day that an option says.

    Raises:
        Misconfigured: it says none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise usage(
            f"{option} {text!r} is no day like 2024-01-31", f"penstock {verb} --help"
        ) from None


def usage(message: str, next_command: str) -> Misconfigured:
    """What is wrong with how a verb was called."""
    from sources._http.errors import Misconfigured

    return Misconfigured(message, next_command=next_command)
