"""What stands on the page: figures into sentences, tiles, drawings and tables."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from notebooks import charts, figures
from notebooks.figures import week
from notebooks.look import COLOURS, Drawing
from notebooks.published import Feed, Status, concerns, partial_vendors
from pipelines.coverage import connection_label, listed, percent, unfinished
from pipelines.report.drawing import DARK, inline_svg, palette, recolouring
from pipelines.report.tiles import tiles

WIDE, NARROW = 508, 330  # CSS pixels: half a desk screen's column, a phone's
AT_MOST = 8  # rows of a list: what is longer is the notebook's


@dataclass(frozen=True)
class Panel:
    """One chart, drawn for a desk and for a phone, with its numbers."""

    name: str
    title: str
    note: str
    wide: Markup
    narrow: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def render(con: duckdb.DuckDBPyConnection, status: Status, *, audit_page: str) -> str:
    """The whole page.

    Args:
        con: a published file.
        status: of that file.
        audit_page: where the audit's page is, seen from this one.
    """
    folder = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    folder.filters |= {"day": _day, "moment": _moment, "count": _count, "days": _days}
    folder.filters |= {"percent": percent, "listed": listed, "amount": _amount, "since": _since}
    partial = partial_vendors(status)
    return folder.get_template("page.html.j2").render(
        status=status,
        unfinished=unfinished(status.feeds, status.as_of),
        partial=sorted(partial),
        concerns=[c for c in concerns(status) if c.level != "unfinished"],
        audit_page=audit_page,
        audit=_audit(status),
        tiles=tiles(con, status.as_of),
        panels=_drawn(con, status.as_of, partial),
        oldest=figures.oldest_open_quotations(con, status.as_of, at_most=AT_MOST).to_pylist(),
        late=week.late_work(con, status.as_of, at_most=AT_MOST).to_pylist(),
        overdue=week.overdue_customers(con, at_most=AT_MOST).to_pylist(),
        customers=_best(figures.top_customers(con, at_most=AT_MOST).to_pylist()),
        unmapped=figures.unmapped_steps(con).to_pylist(),
        sources=_sources(status),
        document_types=charts.DOCUMENT_TYPES,
        connection_label=connection_label,
        light=Markup(palette(COLOURS)),  # noqa: S704 -- our own constants
        dark=Markup(palette(DARK)),  # noqa: S704
        recolouring=Markup(recolouring()),  # noqa: S704
    )


def _drawn(
    con: duckdb.DuckDBPyConnection, as_of: datetime, partial: Collection[str]
) -> dict[str, Panel]:
    value = figures.order_value(con, as_of)
    drawn: tuple[tuple[str, str, str, Callable[..., Drawing], pa.Table], ...] = (
        (
            "value",
            charts.ORDER_VALUE_TITLE,
            charts.order_value_note(value),
            charts.order_value_chart,
            value,
        ),
        (
            "owed",
            charts.RECEIVABLES_TITLE,
            charts.RECEIVABLES_NOTE,
            charts.receivables_chart,
            figures.receivables(con),
        ),
        (
            "wins",
            charts.WIN_RATE_TITLE,
            charts.WIN_RATE_NOTE,
            charts.win_rate_chart,
            figures.win_rates(con),
        ),
        (
            "ages",
            charts.QUOTATION_AGEING_TITLE,
            charts.QUOTATION_AGEING_NOTE,
            charts.quotation_ageing_chart,
            figures.quotation_ageing(con, as_of),
        ),
        (
            "funnel",
            charts.FUNNEL_TITLE,
            charts.FUNNEL_NOTE,
            charts.funnel_chart,
            figures.funnel(con),
        ),
        (
            "times",
            charts.LEAD_TIMES_TITLE,
            charts.LEAD_TIMES_NOTE,
            charts.lead_times_chart,
            figures.lead_times(con),
        ),
        (
            "stages",
            charts.STAGES_TITLE,
            charts.STAGES_NOTE,
            charts.stages_chart,
            figures.stages(con),
        ),
    )
    return {
        name: _panel(name, title, note, chart, frame, partial)
        for name, title, note, chart, frame in drawn
        if frame.num_rows
    }


def _panel(
    name: str,
    title: str,
    note: str,
    chart: Callable[..., Drawing],
    frame: pa.Table,
    partial: Collection[str],
) -> Panel:
    return Panel(
        name=name,
        title=title,
        note=note,
        wide=inline_svg(chart(frame, width=WIDE, partial=partial), f"{name}-wide"),
        narrow=inline_svg(chart(frame, width=NARROW, partial=partial), f"{name}-narrow"),
        columns=tuple(column.replace("_", " ") for column in frame.column_names),
        rows=tuple(tuple(_cell(value) for value in row.values()) for row in frame.to_pylist()),
    )


def _audit(status: Status) -> tuple[str, str]:
    """The verdict as a level ("good", "warning", "bad") and a sentence."""
    checks = f"{_count(status.checks)} checks"
    if status.verdict is None:
        return "warning", "No audit is recorded"
    if status.verdict == "refused":
        failed = f"{_count(status.critical)} critical"
        return "bad", f"The latest run was refused ({failed}); this is the last good data"
    if status.warnings:
        noun = "warning" if status.warnings == 1 else "warnings"
        return "warning", f"Audit passed, {_count(status.warnings)} {noun} in {checks}"
    return "good", f"Audit {status.verdict}, {checks}"


def _best(customers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Customers whose orders have an amount; the others are in the notebook."""
    return [row for row in customers if row["value_amount"]][:AT_MOST]


def _sources(status: Status) -> list[tuple[str, list[Feed]]]:
    """The source tables of each connection, under its name."""
    grouped: dict[str, list[Feed]] = {}
    for feed in status.feeds:
        grouped.setdefault(connection_label(feed.vendor, feed.connection), []).append(feed)
    return list(grouped.items())


def _amount(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:,.2f}"


def _cell(value: object) -> object:
    return round(value, 1) if isinstance(value, float) else "" if value is None else value


def _count(number: int) -> str:
    return f"{number:,}"


def _days(days: float | None) -> str:
    return "–" if days is None else charts.days(days)


def _day(value: date | None) -> str:
    return "no date" if value is None else f"{value.day} {value:%b %Y}"


def _since(value: datetime) -> str:
    """Since when a table is complete; what was read from its beginning has a day before all."""
    return "always" if value.year <= 1900 else _day(value)


def _moment(value: datetime) -> str:
    return f"{value:%A} {value.day} {value:%B %Y}, {value:%H:%M} UTC"
