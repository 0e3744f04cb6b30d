"""What a run, a status and a check look like on a terminal, and as plain lines elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table as Grid

from pipelines.audit.checks import Reads, Result
from pipelines.extract import Outcome
from pipelines.run import Summary


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str], None]]:
    """A teller of what is going on: one moving line on a terminal, a line each elsewhere."""
    if not console.is_terminal:
        yield lambda text: _line(console, f"… {text}")
        return
    with console.status("starting") as line:
        yield lambda text: line.update(_plain(text))


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _line(console: Console, text: str, style: str | None = None) -> None:
    """Vendor text is no markup, and a line that is copied must not be broken."""
    console.print(text, markup=False, highlight=False, soft_wrap=True, style=style)


def summary(console: Console, run: Summary) -> None:
    """One summary: rows per table, confirmations, seconds per stage, verdict, where the file is."""
    rows = [(o, table, counts) for o in run.connections for table, counts in o.counts.items()]
    if rows:
        grid = Grid(box=None, pad_edge=False, header_style="bold")
        for name in ("connection", "table", "received", "new", "changed", "unchanged"):
            grid.add_column(name, justify="left" if name in ("connection", "table") else "right")
        grid.add_column("quarantined", justify="right")
        for outcome, table, c in rows:
            figures = (c.received, c.new, c.changed, c.unchanged, c.quarantined)
            grid.add_row(outcome.connection, table, *(f"{n:,}" for n in figures))
        console.print(grid)
    for outcome in run.connections:
        for line in _notes(outcome):
            _line(console, line)
    spent = " · ".join(f"{stage} {s:.1f}" for stage, s in run.seconds.items() if s >= 0.05)
    if spent:
        _line(console, f"seconds: {spent}")
    if run.verdict is not None:
        _line(console, f"audit: {run.verdict.summary()}")
        for result in run.verdict.critical:
            _critical(console, result)
    _line(console, _closing(run), style="bold")


def _notes(outcome: Outcome) -> Iterator[str]:
    name = outcome.connection
    if outcome.confirmed.confirmed:
        yield f"{name}: {outcome.confirmed.confirmed:,} notifications confirmed, after their commit"
    if outcome.confirmed.refused:
        yield f"{name}: {outcome.confirmed.refused:,} confirmations not taken; tried again next run"
    if outcome.returned:
        yield (
            f"{name}: {outcome.returned:,} notifications came back after they had been confirmed; "
            "their rows are known, and they were confirmed again"
        )
    for table, fields in sorted(outcome.unknown.items()):
        listed = ", ".join(sorted(fields))
        yield f"{name}: {table} carries fields that are not declared, kept as they are: {listed}"
    if outcome.error is not None:
        yield f"{name}: stopped early. {outcome.error}"


def _critical(console: Console, result: Result) -> None:
    """A check that refuses: what it means, five examples, the query for all of them."""
    lines = [f"CRITICAL {result}", f"  {result.means}"]
    lines += [
        f"  e.g. {json.dumps(example, default=str, ensure_ascii=False)}"
        for example in result.examples
    ]
    lines += [f"  {result.detail}"] if result.detail else []
    option = "--raw " if result.reads is Reads.RAW else "--refused "
    query = " ".join(result.query.split())
    lines += [f'  all of them: penstock sql {option}"{query}"'] if query else []
    for line in lines:
        _line(console, line)


def _closing(run: Summary) -> str:
    match run.outcome:
        case "published":
            return f"published {run.published.name if run.published else ''} as {run.run_id}"
        case "refused":
            return (
                "refused: analysts keep the last good file. The build stays for a look: "
                'penstock sql --refused "show all tables"'
            )
        case "nothing_new":
            return "nothing new: the published file stays"
        case "landed":
            return "landed, not published"
        case other:
            return other


def status_table(console: Console, said: Mapping[str, Any]) -> None:
    """`penstock status`, for people."""
    run = said["last_run"]
    _line(
        console,
        f"last run {run['run_id']}: {run['outcome']} (exit {run['exit_code']}), "
        f"as of {said['as_of']} UTC",
    )
    audit = said.get("audit")
    if audit:
        _line(
            console,
            f"audit: {audit['verdict']}, {audit['critical']} critical, "
            f"{audit['warnings']} warnings of {audit['checks']} checks",
        )
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for name in ("connection", "table", "rows", "last change", "complete since"):
        grid.add_column(name, justify="right" if name == "rows" else "left")
    grid.add_column("quarantined", justify="right")
    grid.add_column("unconfirmed", justify="right")
    grid.add_column("")
    for row in said["tables"]:
        grid.add_row(
            row["connection"],
            row["table"],
            "–" if row["rows"] is None else f"{row['rows']:,}",
            (row["last_change_at"] or "never").replace("T", " "),
            (row["complete_since"] or "").replace("T", " "),
            f"{row['quarantined']:,}",
            f"{row['unconfirmed']:,}",
            "" if row["fresh"] else "stale",
        )
    console.print(grid)
    _unmapped(console, said.get("unmapped_steps") or [])


def _unmapped(console: Console, steps: Sequence[Mapping[str, Any]]) -> None:
    if not steps:
        return
    console.print("steps without a meaning (add them to maps/steps.csv):", style="bold")
    for row in steps:
        console.print(
            f"  {row['vendor']} {row['document_type']} {row['step']!r}: "
            f"{row['documents']:,} documents"
        )
