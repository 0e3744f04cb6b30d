"""`penstock state`: where the readings go on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli_shared import (
    HERE,
    AsJson,
    ProjectDir,
    day_of,
    names_of,
    open_here,
    usage,
)

group = typer.Typer(
    no_args_is_help=True,
    help="Where each reading goes on: show, set back, carry to another project directory.",
)
One = Annotated[str, typer.Argument(help="Which connection.")]


@group.command(epilog="Example: penstock state show cimcloud")
def show(
    connection: Annotated[
        str | None, typer.Argument(help="One connection; all of them without it.")
    ] = None,
    as_json: AsJson = False,
    project: ProjectDir = HERE,
) -> None:
    """Each stream of each table: how far it has come, its position, when it was moved."""
    import json

    from pipelines import show as shown
    from pipelines.at_rest import at_rest
    from pipelines.state import streams

    opened = open_here(project)
    chosen = opened.connections((connection,) if connection else ())
    with at_rest(opened.places) as db:
        found = [one for c in chosen for one in streams(db, c.name, c.vendor)]
    rows = [
        {
            "connection": one.connection,
            "table": one.table,
            "stream": one.stream,
            "at": one.at,
            "moved_at": one.marked_at,
            "position": one.position,
        }
        for one in found
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, default=str))
    elif rows:
        shown.rows(shown.console(), [{**row, "position": _short(row["position"])} for row in rows])
    else:
        typer.echo(
            "no reading has a position: a queue of notifications needs none, others have not begun"
        )


def _short(position: object) -> str:
    import json

    text = json.dumps(position)
    return text if len(text) <= 60 else f"{text[:57]}…"


@group.command(epilog="Example: penstock state rewind cimcloud --tables orders --to 2026-11-01")
def rewind(
    connection: One,
    tables: Annotated[str, typer.Option(help="Which tables, comma-separated.")],
    to: Annotated[
        str, typer.Option(help="The day, as 2026-11-01; without it, their beginning.")
    ] = "",
    project: ProjectDir = HERE,
) -> None:
    """Sets readings back, so that the next run reads once more what changed since.

    What is known comes twice to nobody: equal rows are dropped.
    """
    from pipelines import state
    from pipelines.at_rest import at_rest

    opened = open_here(project)
    (chosen,) = opened.connections((connection,))
    names = names_of(tables)
    if not names:
        raise usage("--tables says which", "penstock state show")
    day = day_of(to, "--to", "state rewind") if to else None
    with at_rest(opened.places) as db:
        for line in state.rewind(db, chosen, chosen.known_tables(names), day):
            typer.echo(line)
    typer.echo(f"Next: penstock run {connection} --tables {','.join(names)}")


@group.command(epilog="Example: penstock state export cimcloud > cimcloud.state.json")
def export(connection: One, project: ProjectDir = HERE) -> None:
    """All that says where a connection's readings go on, as JSON."""
    import json

    from pipelines import state
    from pipelines.at_rest import at_rest

    opened = open_here(project)
    (chosen,) = opened.connections((connection,))
    with at_rest(opened.places) as db:
        typer.echo(json.dumps(state.export(db, chosen), indent=2))


@group.command("import", epilog="Example: penstock state import cimcloud cimcloud.state.json")
def import_(
    connection: One,
    file: Annotated[Path, typer.Argument(help="What `state export` wrote.")],
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Also where a cursor goes back, or ahead of what is here."),
    ] = False,
    project: ProjectDir = HERE,
) -> None:
    """Puts exported positions in the place of a connection's own.

    A cursor that would go back, or pass by rows that are not here, is refused and told.
    """
    import json

    from pipelines import state
    from pipelines.at_rest import at_rest

    opened = open_here(project)
    (chosen,) = opened.connections((connection,))
    try:
        said = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise usage(f"{file} cannot be read: {error}", state.EXAMPLE) from None
    with at_rest(opened.places) as db:
        for line in state.take_over(db, chosen, said, anyway=anyway):
            typer.echo(line)
