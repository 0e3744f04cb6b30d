"""What `penstock deliver` looks like on a terminal, and as plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table as Grid

from pipelines.deliver.report import Draft, Report
from pipelines.deliver.told import Changed

CELL = 24


def report(console: Console, said: Report) -> None:
    """Shows what a call did, or would do."""
    if said.settled:
        grid = Grid(box=None, pad_edge=False, header_style="bold")
        for name in ("connection", "file", "period", "rows", "bytes", "state"):
            is_number = name in ("rows", "bytes")
            grid.add_column(name, justify="right" if is_number else "left", no_wrap=True)
        for d in said.settled:
            figures = (f"{d.row_count:,}", f"{d.content_bytes:,}")
            grid.add_row(d.connection, d.file_name, d.period, *figures, d.state.value)
        console.print(grid)
        for d in said.settled:
            _line(console, f"{d.file_name}: {d.note}")
    for draft in said.drafts:
        for line in _draft(draft):
            _line(console, line)
    for note in said.notes:
        _line(console, note)
    for error in said.errors:
        is_there = isinstance(error, Changed)
        _line(console, str(error) if is_there else f"not delivered. {error}")
    _line(console, _closing(said), style="bold")
    if said.is_stopped:
        _line(console, "stopped as asked; penstock deliver goes on with what is left", style="bold")


def _draft(draft: Draft) -> Iterator[str]:
    extract, content = draft.extract, draft.content
    yield (
        f"{extract.connection}: {extract.file_name(draft.period)} for {draft.period.label}, "
        f"{content.rows:,} rows, {len(content.data):,} bytes"
    )
    yield "  " + " | ".join(content.columns)
    for row in content.first:
        yield "  " + " | ".join(_cell(value) for value in row)


def _cell(value: object) -> str:
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= CELL else text[: CELL - 1] + "…"


def _closing(said: Report) -> str:
    if said.drafts:
        return f"{len(said.drafts)} files would be sent; nothing was"
    missing = sum(not isinstance(error, Changed) for error in said.errors)
    if said.settled:
        failed = f", {missing} not" if missing else ""
        return f"{len(said.settled)} delivered{failed}"
    if said.is_stopped:
        return "nothing was delivered"
    return f"{missing} not delivered" if missing else "nothing is due"


def _line(console: Console, text: str, style: str | None = None) -> None:
    """Text of queries and vendors is no markup, and a line that is copied must not be broken."""
    console.print(text, markup=False, highlight=False, soft_wrap=True, style=style)
