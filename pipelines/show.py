"""What a run, a status and a check look like on a terminal, and as plain lines elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from shlex import quote
from typing import Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from pipelines import clock
from pipelines.audit.checks import Reads, Result
from pipelines.coverage import percent
from pipelines.outcome import Outcome
from pipelines.record import Counts
from pipelines.run import Summary
from sources._http.errors import OutOfTime
from sources._reading.marks import Coverage

PLAIN_WIDTH = 120


def console() -> Console:
    """Where people read; lines that go elsewhere are not cut at the width of a terminal."""
    found = Console()
    return found if found.is_terminal else Console(width=PLAIN_WIDTH)


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


def summary(console: Console, run: Summary, *, is_brief: bool = False) -> None:
    """One summary: rows per table, confirmations, seconds per stage, verdict, where the file is.

    A brief one adds up the tables of each connection.
    """
    rows = [(o, table, counts) for o in run.connections for table, counts in o.counts.items()]
    if is_brief:
        rows = [
            (o, f"{len(o.counts)} tables", sum(o.counts.values(), Counts()))
            for o in run.connections
            if o.counts
        ]
    if rows:
        grid = Grid(box=None, pad_edge=False, header_style="bold")
        names = ["received", "new", "changed", "unchanged", "quarantined"]
        for name in ("connection", "table", *names):
            is_text = name in ("connection", "table")
            grid.add_column(name, justify="left" if is_text else "right", no_wrap=True)
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
            _critical(console, result, run.outcome)
    if run.obstacle is not None and not any(o.error for o in run.connections):
        _line(console, f"not built: {run.obstacle}")
    if run.data_docs:
        _line(console, f"Data Docs: {run.data_docs}")
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
    for note in outcome.notes:
        yield f"{name}: {note}"
    yield from _first_load(outcome)
    for error in outcome.failed:
        yield f"{name}: not read, while other tables were. {error}"
    if outcome.ended_early is not None:
        yield f"{name}: {_why_early(outcome.ended_early)}; the next run goes on there"
    if outcome.is_stopped:
        yield f"{name}: stopped as asked; what had come is committed"
    if outcome.error is not None:
        yield f"{name}: stopped early. {outcome.error}"


def _why_early(ended: OutOfTime) -> str:
    if ended.next_call_in is None:
        return "the time given was over"
    at = clock.now() + timedelta(seconds=ended.next_call_in)
    return f"the call budget is spent until {at:%H:%M} UTC, when the time given is over"


def _first_load(outcome: Outcome) -> Iterator[str]:
    """How far the first loads are that this run worked on, in one line."""
    behind = {table: c for table, c in outcome.coverage.items() if c.share < 1}
    if not any(c.calls for c in behind.values()):
        return
    rows = sum(c.rows for c in outcome.coverage.values())
    calls = sum(c.calls for c in outcome.coverage.values())
    shares = [c.share for c in behind.values()]
    since = [c.complete_since for c in behind.values()]
    yield (
        f"{outcome.connection}: first load of {len(behind)} tables at {min(shares):.0%} to "
        f"{max(shares):.0%} of their days: {rows:,} rows in {calls:,} calls so far; complete since "
        + (f"{max(s for s in since if s):%F}" if all(since) else "no day yet")
        + _expected(behind.values())
    )


def _expected(behind: Collection[Coverage]) -> str:
    left = [c.calls_left for c in behind]
    ends = [c.expected_at for c in behind if c.expected_at is not None]
    if not ends or None in left:
        return ""
    calls = sum(n for n in left if n is not None)
    return f"; about {calls:,} calls to go, not before {max(ends):%F %H:%M} UTC"


def _critical(console: Console, result: Result, outcome: str) -> None:
    """A check that refuses: what it means, five examples, the query for all of them."""
    lines = [f"CRITICAL {result}", f"  {result.means}"]
    lines += [
        f"  e.g. {json.dumps(example, default=str, ensure_ascii=False)}"
        for example in result.examples
    ]
    lines += [f"  {result.detail}"] if result.detail else []
    # without a build the work file itself was asked
    is_raw = result.reads is Reads.RAW or outcome != "refused"
    query = _pasteable(result.query)
    lines += [f"  all of them: penstock sql {'--raw' if is_raw else '--refused'} {query}"]
    for line in lines if query else lines[:-1]:
        _line(console, line)


def _pasteable(query: str) -> str:
    """A query as one argument for a shell: on one line, unless a remark ends within one."""
    lines = [line.strip() for line in query.splitlines()]
    lines = [line for line in lines if line and not line.startswith("--")]
    said = ("\n" if any("--" in line for line in lines) else " ").join(lines)
    return said and (quote(said) if re.search(r'["$`\\!]', said) else f'"{said}"')


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
        case "stopped":
            return f"stopped as asked; {run.goes_on_with or 'nothing was left to do'}"
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
    for line in _budgets(said.get("budgets") or []):
        _line(console, line)
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for name in ("connection", "table", "rows", "last change", "since", "loaded"):
        grid.add_column(name, justify="right" if name == "rows" else "left", no_wrap=True)
    grid.add_column("")
    for row in said["tables"]:
        grid.add_row(
            row["connection"],
            row["table"],
            "–" if row["rows"] is None else f"{row['rows']:,}",
            _minute(row["last_change_at"]) or "never",
            (row["complete_since"] or "")[:10],
            "" if row["backfill_share"] is None else percent(row["backfill_share"]),
            ", ".join(_remarks(row)),
        )
    console.print(grid)
    for line in _expectations(said["tables"]):
        _line(console, line)
    _unmapped(console, said.get("unmapped_steps") or [])
    for left in said.get("deliveries") or []:
        about = f"{left['file_name']} ({left['delivery']}, {left['period']})"
        _line(console, f"{left['connection']}: {about} is {left['state']}: {left['note'] or ''}")


def rows(console: Console, found: Sequence[Mapping[str, Any]]) -> None:
    """Rows of one shape as a table; ids and times are never cut, the longest texts wrap."""
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for name in found[0]:
        is_number = isinstance(found[0][name], int)
        grid.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in found:
        grid.add_row(*(Text(_cell(value)) for value in row.values()))
    console.print(grid)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _expectations(tables: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Until when the rest of each connection's past is expected."""
    ends: dict[str, str] = {}
    for row in tables:
        if row.get("expected_at"):
            ends[row["connection"]] = max(ends.get(row["connection"], ""), row["expected_at"])
    for name, at in ends.items():
        yield f"{name}: the rest is expected by {_minute(at)} UTC, if reading never pauses"


def _budgets(budgets: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is left of the longest rate of each connection: the one that makes readings wait."""
    longest: dict[str, Mapping[str, Any]] = {}
    for said in budgets:
        known = longest.setdefault(said["connection"], said)
        if said["per_seconds"] > known["per_seconds"]:
            longest[said["connection"]] = said
    for name, said in longest.items():
        until = f", the next at {_minute(at)[11:]} UTC" if (at := said.get("next_call_at")) else ""
        yield (
            f"{name}: {said['calls_left']} of {said['calls']} calls in "
            f"{said['per_seconds'] / 60:g} minutes were left{until}"
        )


def _remarks(row: Mapping[str, Any]) -> Iterator[str]:
    """What of a table is not as it should be, and when it is read again."""
    if not row["fresh"]:
        yield "stale"
    if row["quarantined"]:
        yield f"{row['quarantined']:,} quarantined"
    if row["unconfirmed"]:
        yield f"{row['unconfirmed']:,} unconfirmed"
    if row.get("next_due_at"):
        yield f"due {_minute(row['next_due_at'])}"


def _minute(moment: str | None) -> str:
    return (moment or "")[:16].replace("T", " ")


def _unmapped(console: Console, steps: Sequence[Mapping[str, Any]]) -> None:
    if not steps:
        return
    console.print("steps without a meaning (add them to maps/steps.csv):", style="bold")
    for row in steps:
        console.print(
            f"  {row['vendor']} {row['document_type']} {row['step']!r}: "
            f"{row['documents']:,} documents"
        )
