"""`penstock quarantine`: the rows that could not be typed, and what is done about them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pipelines.cli_shared import (
    HERE,
    AsJson,
    NoPublish,
    ProjectDir,
    Tables,
    names_of,
    open_here,
    run_job,
    stoppable,
    usage,
)

if TYPE_CHECKING:
    from pipelines.project import Connection, Project
    from pipelines.stopping import Stop

group = typer.Typer(
    no_args_is_help=True,
    help="Rows that could not be typed: none is lost. List them, look at one, replay or discard.",
)
ConnectionName = Annotated[
    str | None, typer.Argument(help="One connection; all of them without it.")
]
Ids = Annotated[list[str] | None, typer.Argument(help="Rows by id; all that are open without any.")]


@group.command("list", epilog="Example: penstock quarantine list cienapps --tables orders")
def list_(
    connection: ConnectionName = None,
    tables: Tables = "",
    everything: Annotated[bool, typer.Option("--all", help="Also what is settled.")] = False,
    as_json: AsJson = False,
    project: ProjectDir = HERE,
) -> None:
    """Which rows are there, why, and what became of them."""
    import json

    from pipelines import show
    from pipelines.at_rest import at_rest
    from pipelines.quarantine import listed

    opened = open_here(project)
    if connection:
        opened.vendor_of(connection)
    with at_rest(opened.places) as db:
        rows = listed(
            db, connection=connection or "", tables=names_of(tables), everything=everything
        )
    if as_json:
        typer.echo(json.dumps(rows, indent=2, default=str))
    elif not rows:
        typer.echo("nothing is in quarantine" if everything else "nothing is open in quarantine")
    else:
        show.rows(show.console(), rows)
        typer.echo(f"Next: penstock quarantine show {rows[0]['quarantine_id']}")


@group.command(epilog="Example: penstock quarantine show 3f2a9c0b7d1e4a55")
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="The row's id.")],
    project: ProjectDir = HERE,
) -> None:
    """One row: as the vendor wrote it, why it could not be typed, and where it came from."""
    from pipelines.at_rest import at_rest
    from pipelines.quarantine import shown

    with at_rest(open_here(project).places) as db:
        found = shown(db, name)
    for bad in found:
        became = f"{bad.resolution} ({bad.resolved_at} UTC)" if bad.resolved_at else "open"
        typer.echo(f"{bad.connection}.{bad.table}: {bad.reason}", err=True)
        typer.echo(f"received {bad.received_at} UTC, {became}", err=True)
        typer.echo(f"row {bad.row_number} of the page {bad.page_id}", err=True)
        typer.echo(bad.raw)
    open_ones = [bad for bad in found if bad.resolved_at is None]
    if open_ones:
        typer.echo(
            f"Next: penstock quarantine replay {name} (after a repair), or with --with FILE (the "
            f"row as it should be), or penstock quarantine discard {name} --reason …",
            err=True,
        )


@group.command(epilog="Example: penstock quarantine replay --connection cienapps --tables orders")
def replay(
    context: typer.Context,
    ids: Ids = None,
    connection: Annotated[
        str, typer.Option(help="Only this connection's rows; all of them without it.")
    ] = "",
    tables: Tables = "",
    corrected: Annotated[
        Path | None,
        typer.Option(
            "--with",
            help="The one row as it should have been, as JSON (where a whole file could not be "
            "read: the file).",
        ),
    ] = None,
    no_publish: NoPublish = False,
    project: ProjectDir = HERE,
) -> None:
    """Types rows once more from the archive, by today's declarations, under their own time.

    What can be typed now, comes out of quarantine; so does what the vendor has sent again since.
    """
    from pipelines.at_rest import at_rest
    from pipelines.outcome import Recovery
    from pipelines.quarantine import Bad, open_ones

    stop = stoppable(context)
    opened = open_here(project)
    wanted = tuple(ids or ())
    bad: list[Bad] = []
    if wanted:
        with at_rest(opened.places) as db:
            bad = open_ones(db, wanted)
    named = {one.connection for one in bad} or ({connection} if connection else set())
    chosen = opened.connections(tuple(sorted(named)))
    if corrected is None:
        _replay(opened, chosen, stop, wanted, names_of(tables), no_publish=no_publish)
    if len(bad) != 1:
        raise usage("--with FILE corrects one row: name it", "penstock quarantine list")
    if not corrected.is_file():
        raise usage(f"there is no file {corrected}", "penstock quarantine replay --help")
    content = corrected.read_bytes()
    run_job(
        opened,
        chosen,
        stop,
        lambda extraction: extraction.correct(bad[0], content, corrected.name),
        no_publish=no_publish,
        recovery=Recovery(confirms=False),
    )


def _replay(
    opened: Project,
    chosen: Sequence[Connection],
    stop: Stop,
    ids: tuple[str, ...],
    tables: tuple[str, ...],
    *,
    no_publish: bool,
) -> NoReturn:
    from pipelines.outcome import Recovery
    from pipelines.replay import Chosen

    if tables and len(chosen) != 1:
        raise usage("--tables needs --connection", "penstock quarantine replay --help")
    wanted = {
        one.name: Chosen(tables=one.known_tables(tables), ids=ids, quarantined=True)
        for one in chosen
    }
    run_job(
        opened,
        chosen,
        stop,
        lambda extraction: extraction.replay(wanted[extraction.outcome.connection]),
        no_publish=no_publish,
        recovery=Recovery(confirms=False),
    )


@group.command(epilog='Example: penstock quarantine discard 3f2a9c0b7d1e4a55 --reason "a test"')
def discard(
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="The rows' ids.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept beside the row.")],
    project: ProjectDir = HERE,
) -> None:
    """Gives rows up: they stay, with the reason, and count as settled."""
    from pipelines import clock
    from pipelines.at_rest import at_rest
    from pipelines.quarantine import DISCARDED, open_ones, settle

    if not reason.strip():
        raise usage("--reason says why they are given up", "penstock quarantine discard --help")
    with at_rest(open_here(project).places) as db:
        open_ones(db, ids)
        count = settle(db, ids, f"{DISCARDED}: {reason.strip()}", clock.now())
    typer.echo(f"{count} discarded; the next run publishes it. They stay in quarantine list --all")
