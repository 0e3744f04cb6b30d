"""`penstock archive`: the raw pages, as the vendors sent them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pipelines.cli_shared import (
    HERE,
    AsJson,
    NoPublish,
    ProjectDir,
    Tables,
    day_of,
    names_of,
    open_here,
    run_job,
    stoppable,
    usage,
)

group = typer.Typer(
    no_args_is_help=True,
    help="Raw pages, as the vendors sent them: list, show, check, replay through today's typing.",
)
OneOrAll = Annotated[str | None, typer.Argument(help="One connection; all of them without it.")]


@group.command("list", epilog="Example: penstock archive list cienapps --tables orders")
def list_(
    connection: OneOrAll = None,
    tables: Tables = "",
    as_json: AsJson = False,
    project: ProjectDir = HERE,
) -> None:
    """The segments, one per run and connection: which tables, how many pages, from when."""
    import json

    from pipelines import show
    from pipelines.archived import listed
    from pipelines.at_rest import at_rest

    opened = open_here(project)
    if connection:
        opened.vendor_of(connection)
    places = opened.places
    with at_rest(places) as db:
        rows = listed(db, places.archive, connection=connection or "", tables=names_of(tables))
    if as_json:
        typer.echo(json.dumps(rows, indent=2, default=str))
    elif rows:
        show.rows(show.console(), rows)
    else:
        typer.echo("the archive holds nothing of it")


@group.command(epilog="Example: penstock archive show 000042-20261124T091500-1f3a-cienapps-000003")
def show(
    page: Annotated[str, typer.Argument(help="A page's id: `_page_id` of any row.")],
    project: ProjectDir = HERE,
) -> None:
    """One page's body on standard output, as it came; where it came from on standard error."""
    from pipelines.archived import page_of
    from pipelines.at_rest import at_rest

    places = open_here(project).places
    with at_rest(places) as db:
        found = page_of(db, places.archive, page)
    typer.echo(f"{found.table}: {found.request}, received {found.received_at} UTC", err=True)
    sys.stdout.buffer.write(found.body)
    sys.stdout.buffer.flush()


@group.command(epilog="Example: penstock archive check")
def check(connection: OneOrAll = None, project: ProjectDir = HERE) -> None:
    """Reads every page once, and says which segments are damaged; exit code 1 then."""
    from pipelines.archived import checked
    from pipelines.at_rest import at_rest

    opened = open_here(project)
    if connection:
        opened.vendor_of(connection)
    with at_rest(opened.places):
        found = checked(opened.places.archive, connection or "")
    bad = [one for one in found if one.fault]
    for one in bad:
        typer.echo(f"FAIL {one.segment}: {one.fault}")
    typer.echo(f"{sum(one.pages for one in found):,} pages in {len(found):,} segments are whole")
    if bad:
        raise typer.Exit(1)


@group.command(epilog="Example: penstock archive replay cienapps --tables orders")
def replay(
    context: typer.Context,
    connection: Annotated[str, typer.Argument(help="Which connection.")],
    tables: Tables = "",
    window: Annotated[str, typer.Option(help="Only this window, as ops.windows names it.")] = "",
    first: Annotated[
        str, typer.Option("--from", help="Only pages that came from this day on (UTC).")
    ] = "",
    last: Annotated[str, typer.Option("--to", help="Only pages that came up to this day.")] = "",
    retype: Annotated[
        bool,
        typer.Option(
            "--retype",
            help="Where a column's type was changed and cannot hold what is stored: empty it, and "
            "fill it anew.",
        ),
    ] = False,
    no_publish: NoPublish = False,
    project: ProjectDir = HERE,
) -> None:
    """Types archived pages once more, by today's declarations, under their own time.

    What a page became before makes room for what it becomes now. The vendor is asked nothing.
    Stopped or killed, the same command does the rest.
    """
    from pipelines.outcome import Recovery
    from pipelines.replay import Chosen

    if retype and (window or first or last):
        raise usage("--retype types whole tables anew", "penstock archive replay --help")
    stop = stoppable(context)
    opened = open_here(project)
    chosen = opened.connections((connection,))
    wanted = Chosen(
        tables=chosen[0].known_tables(names_of(tables)),
        window=window,
        first=day_of(first, "--from", "archive replay") if first else None,
        last=day_of(last, "--to", "archive replay") if last else None,
    )
    run_job(
        opened,
        chosen,
        stop,
        lambda extraction: extraction.replay(wanted),
        no_publish=no_publish,
        recovery=Recovery(confirms=False, retypes=retype),
    )
