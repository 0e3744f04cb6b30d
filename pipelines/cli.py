"""Parses, calls, prints. Heavy imports live inside the verb that needs them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pipelines import cli_archive, cli_quarantine, cli_state
from pipelines.cli_shared import (
    HERE,
    MaxMinutes,
    NoPublish,
    ProjectDir,
    day_of,
    names_of,
    open_here,
    run_job,
    stoppable,
    usage,
)

app = typer.Typer(
    name="penstock",
    help="Sales documents from several vendors into a DuckDB warehouse that analysts can trust.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(cli_quarantine.group, name="quarantine")
app.add_typer(cli_archive.group, name="archive")
app.add_typer(cli_state.group, name="state")


def main() -> None:
    """The command `penstock`: an error a user can act on is a sentence, not a traceback."""
    from sources._http.errors import PenstockError

    try:
        app()
    except PenstockError as error:
        _fail(error)
    except PermissionError as error:
        from pipelines.warehouse import not_ours

        _fail(not_ours(error))
    except Exception as error:
        from pipelines.unforeseen import is_no_room, no_room

        if not is_no_room(error):
            raise
        _fail(no_room(error))


def _fail(error: Exception) -> NoReturn:
    from pipelines.lock import Busy
    from pipelines.run import BUSY, VENDOR_FAILED, WRONG_USAGE
    from sources._http.errors import Misconfigured

    print(f"penstock: {error}", file=sys.stderr)  # noqa: T201
    if isinstance(error, Busy):
        sys.exit(BUSY)
    sys.exit(WRONG_USAGE if isinstance(error, Misconfigured) else VENDOR_FAILED)


@app.command(epilog="Example: penstock demo --days 30")
def demo(
    days: Annotated[int, typer.Option(min=5, max=90, help="How much time passes.")] = 30,
    rows: Annotated[int, typer.Option(min=20, help="Orders in the past of the company.")] = 150,
    seed: Annotated[int, typer.Option(help="Another seed is another company.")] = 7,
    project: ProjectDir = HERE,
) -> None:
    """What a newcomer sees first: a simulated month against a sandbox, runs and all."""
    from pipelines.demo import Demo

    Demo(project.resolve(), days=days, rows=rows, seed=seed).play()


@app.command(epilog="Example: penstock check cienapps")
def check(
    connection: Annotated[
        str | None, typer.Argument(help="One connection; all of them without it.")
    ] = None,
    swagger: Annotated[
        Path | None,
        typer.Option(
            "--swagger",
            help="A site's own Swagger file: prints the settings for what the site really has.",
        ),
    ] = None,
    project: ProjectDir = HERE,
) -> None:
    """Whether each connection can be read, per table, and what to do where it can't."""
    from pipelines.check import check_connections

    opened = open_here(project)
    wanted = (connection,) if connection else ()
    if swagger is not None:
        described = opened.described(connection, swagger)
        for said in described.lines:
            typer.echo(f"{'ok  ' if said.ok else 'FAIL'} {said.text}", err=True)
        if described.toml:
            typer.echo(described.toml)
        return
    is_well = True
    for line in check_connections(opened.connections(wanted), opened.places):
        typer.echo(line.text)
        is_well = is_well and line.ok
    if not is_well:
        raise typer.Exit(1)


@app.command(epilog="Example: penstock run cimcloud --tables orders,invoices --max-minutes 10")
def run(
    context: typer.Context,
    connections: Annotated[
        list[str] | None, typer.Argument(help="Which connections; all of them without it.")
    ] = None,
    tables: Annotated[
        str, typer.Option(help="Only these, comma-separated, whether or not they are due.")
    ] = "",
    max_minutes: MaxMinutes = None,
    no_publish: NoPublish = False,
    data_docs: Annotated[
        bool,
        typer.Option(
            "--data-docs",
            help="Also write Great Expectations' own pages about this run's changed rows into "
            "data/work/data_docs: figures alone, nothing that a vendor wrote. They load scripts "
            "from the internet when opened; audit.html does not, and says more.",
        ),
    ] = False,
    project: ProjectDir = HERE,
) -> None:
    """Loads what is new, builds, audits, publishes.

    Exit codes: 0 done (also: nothing new, or the time was over), 1 a vendor failed and the others
    went on, 2 usage or settings, 3 the audit refused the publish, 75 another run is on. SIGTERM and
    the first Ctrl-C end it well (0): what was committed stays, and the next run goes on there.
    """
    stop = stoppable(context)
    opened = open_here(project)
    chosen = opened.connections(tuple(connections or ()))
    wanted = names_of(tables)
    if wanted and len(chosen) != 1:
        raise usage("--tables needs one connection named", "penstock run CONNECTION --tables …")
    names = chosen[0].known_tables(wanted) if wanted else ()
    run_job(
        opened,
        chosen,
        stop,
        lambda extraction: extraction.run(names),
        max_minutes=max_minutes,
        no_publish=no_publish,
        data_docs=data_docs,
    )


@app.command(epilog="Example: penstock backfill cimcloud orders --from 2024-01-01 --to 2024-06-30")
def backfill(
    context: typer.Context,
    connection: Annotated[str, typer.Argument(help="Which connection.")],
    table: Annotated[str, typer.Argument(help="Which of its tables.")],
    first: Annotated[str, typer.Option("--from", help="First day, as 2024-01-31.")],
    last: Annotated[str, typer.Option("--to", help="Last day, as 2024-01-31.")],
    max_minutes: MaxMinutes = None,
    no_publish: NoPublish = False,
    project: ProjectDir = HERE,
) -> None:
    """Reads once more what was made between two days; what runs go on from is not touched.

    Stopped or killed, the same command goes on where it was.
    """
    stop = stoppable(context)
    opened = open_here(project)
    chosen = opened.connections((connection,))
    chosen[0].known_tables((table,))
    days = day_of(first, "--from", "backfill"), day_of(last, "--to", "backfill")
    if days[0] > days[1]:
        raise usage(f"--from {first} is after --to {last}", "penstock backfill --help")
    run_job(
        opened,
        chosen,
        stop,
        lambda extraction: extraction.backfill(table, *days),
        again=f"penstock backfill {connection} {table} --from {first} --to {last}",
        max_minutes=max_minutes,
        no_publish=no_publish,
    )


@app.command(epilog="Example: penstock sweep cimcloud --tables orders")
def sweep(
    context: typer.Context,
    connection: Annotated[str, typer.Argument(help="Which connection.")],
    tables: Annotated[
        str, typer.Option(help="Only these, comma-separated; all of them without it.")
    ] = "",
    max_minutes: MaxMinutes = None,
    no_publish: NoPublish = False,
    project: ProjectDir = HERE,
) -> None:
    """Reads whole lists and marks what vanished; what is there again is unmarked.

    A list that lacks too much is not believed (setting sweep_max_vanished), and marks nothing.
    Stopped or killed, the same command goes on where it was.
    """
    stop = stoppable(context)
    opened = open_here(project)
    chosen = opened.connections((connection,))
    names = chosen[0].known_tables(names_of(tables))
    run_job(
        opened,
        chosen,
        stop,
        lambda extraction: extraction.sweep(names),
        again=f"penstock sweep {connection}" + (f" --tables {tables}" if tables else ""),
        max_minutes=max_minutes,
        no_publish=no_publish,
    )


@app.command(epilog="Example: penstock deliver orders --dry-run")
def deliver(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="One extract of deliveries/; all of them without it.")
    ] = None,
    period: Annotated[
        str | None,
        typer.Option(help="One period of it, as 2026-11-23, 2026-W48 or 2026-11."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent; send and record nothing.")
    ] = False,
    settle: Annotated[
        str | None,
        typer.Option(help="Of a delivery that nobody knows of: it was `sent`, or send it `again`."),
    ] = None,
    project: ProjectDir = HERE,
) -> None:
    """Sends extracts of the published warehouse to a vendor's mailbox, each period once.

    What an earlier call left open is settled first. Exit codes: 0 done (also: nothing due),
    1 something was not delivered, 2 usage or settings, 75 a run is on.
    """
    from pipelines import show
    from pipelines.deliver import Deliveries, Wanted
    from pipelines.deliver.show import report
    from pipelines.stopping import Stopped

    stop = stoppable(context)
    opened = open_here(project)
    console = show.console()
    try:
        with show.progress(console) as tell:
            deliveries = Deliveries.of(opened, progress=tell, stop=stop)
            said = deliveries(Wanted(name, period, settle, dry_run))
    except Stopped:
        typer.echo("stopped as asked, before anything was begun")
        raise typer.Exit from None
    report(console, said)
    raise typer.Exit(said.exit_code)


@app.command(epilog="Example: penstock status --json")
def status(
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    project: ProjectDir = HERE,
) -> None:
    """Per table: rows, freshness, since when it is complete, quarantine, open confirmations."""
    import json

    from pipelines import show
    from pipelines.status import read

    said = read(open_here(project).places)
    if as_json:
        typer.echo(json.dumps(said, indent=2))
    else:
        show.status_table(show.console(), said)


@app.command(epilog='Example: penstock sql "select count(*) from sales.orders"')
def sql(
    query: Annotated[str, typer.Argument(help="One query over the published file.")],
    raw: Annotated[
        bool, typer.Option("--raw", help="Ask the private work file instead (no run may be on).")
    ] = False,
    refused: Annotated[
        bool, typer.Option("--refused", help="Ask the build that the audit refused instead.")
    ] = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="Comma-separated, whole, for machines.")
    ] = False,
    project: ProjectDir = HERE,
) -> None:
    """Asks the published file, read-only."""
    from pipelines.ask import ask

    places = open_here(project).places
    file = places.raw if raw else places.next if refused else places.published
    missing = "no build was refused, so there is none to ask" if refused else ""
    typer.echo(ask(file, query, as_csv=csv, missing=missing))


@app.command(epilog="Example: penstock rollback")
def rollback(project: ProjectDir = HERE) -> None:
    """Puts the warehouse before the current one back before its readers."""
    from pipelines.ledger import prepare_ops
    from pipelines.lock import run_lock
    from pipelines.pages import run_of, write_pages
    from pipelines.publish import roll_back
    from pipelines.warehouse import open_raw

    places = open_here(project).places
    places.prepare()
    with run_lock(places, tell=lambda line: typer.echo(line, err=True)):
        target = roll_back(places)
        said = {"run_id": run_of(target.name), "outcome": "rolled_back", "exit_code": 0}
        with open_raw(places) as db:
            prepare_ops(db)
            write_pages(db, places, said, None)
    typer.echo(f"{places.published.name} is {target.name} again")


@app.command(epilog="Example: penstock sandbox --port 8010 --rows 500")
def sandbox(
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8010,
    rows: Annotated[int, typer.Option(min=1, help="About so many orders.")] = 200,
    seed: Annotated[int, typer.Option(help="Another seed is another company.")] = 7,
) -> None:
    """Plays the vendors' servers on loopback, with a fictional company behind them."""
    from sources._sandbox.server import serve
    from sources._sandbox.setup import Setup

    def ready(url: str) -> None:
        typer.echo(f"ready at {url}; addresses and credentials: curl {url}/_sandbox")

    serve(Setup(rows=rows, seed=seed, start_at=datetime.now(UTC)), port=port, ready=ready)


@app.command(epilog="Example: penstock notebook sales_pipeline --edit")
def notebook(
    name: Annotated[str, typer.Argument(help="Which notebook.")] = "sales_pipeline",
    edit: Annotated[
        bool, typer.Option("--edit", help="With its code, in a copy of yours.")
    ] = False,
    ipynb: Annotated[
        bool, typer.Option("--ipynb", help="Write it for Jupyter into notebooks/ instead.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="With --ipynb: replace the one that is there.")
    ] = False,
    port: Annotated[int, typer.Option(help="Where it listens, on loopback.")] = 2718,
    headless: Annotated[bool, typer.Option("--headless", help="Open no browser.")] = False,
    project: ProjectDir = HERE,
) -> None:
    """Opens a notebook on the published file; it works while a run goes on."""
    import subprocess

    from notebooks.launch import environment, export_ipynb, launch_command
    from sources._http.errors import Misconfigured

    places = open_here(project).places
    try:
        if ipynb:
            written = export_ipynb(
                name, project=places.project, warehouse=places.published, replace=force
            )
            typer.echo(f"written: {written}")
            return
        command = launch_command(
            name, project=places.project, edit=edit, port=port, headless=headless
        )
    except LookupError as error:
        raise Misconfigured(str(error.args[0]), next_command="penstock notebook") from None
    except RuntimeError as error:
        raise Misconfigured(str(error), next_command=f"penstock notebook {name} --edit") from None
    except FileExistsError as error:
        raise Misconfigured(
            str(error), next_command=f"penstock notebook {name} --ipynb --force"
        ) from None
    raise typer.Exit(
        subprocess.call(command, env=environment(places.published))  # noqa: S603 - our own command
    )
