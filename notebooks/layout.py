"""How a notebook lays out what it shows: for a desk, a phone, and Jupyter, where marimo's own
elements would stay empty.

Drawings are SVG made here, so no reader's browser needs a charting library, and every text that
comes from a vendor is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import marimo as mo
import pyarrow as pa
from markupsafe import Markup, escape

from notebooks.headlines import Headline
from notebooks.published import Concern, Status, concerns
from pipelines.clock import now
from pipelines.coverage import day
from pipelines.report.drawing import inline_svg

if TYPE_CHECKING:
    import pandas as pd

WIDE, NARROW = 510, 330  # CSS pixels: half a desk screen's column, a phone's
MOST_ROWS = 50
_LONG = ("description", "detail", "message")


def html(*parts: Markup) -> mo.Html:
    """Parts with the style that they need."""
    css = Path(__file__).with_name("layout.css").read_text(encoding="utf-8")
    style = Markup("<style>{}</style>").format(Markup(css))  # noqa: S704 -- our own file
    # marimo hands only a plain string to the browser as it is
    return mo.Html(str(Markup("").join([style, *parts])))


def columns(*sides: Sequence[Markup]) -> mo.Html:
    """Cards side by side on a desk, below each other on a phone."""
    shown = [_div("", Markup("").join(side)) for side in sides]
    return html(_div("pk-columns", Markup("").join(shown)))


def card(
    name: str,
    title: str,
    chart: Callable[..., Any],
    frame: pa.Table,
    note: str,
    partial: Collection[str] | None = None,
) -> Markup:
    """A chart with its title and note, drawn for a desk and for a phone.

    Args:
        name: unique within the notebook.
        title: what it shows.
        chart: one of `notebooks.charts`.
        frame: the figure it draws.
        note: how to read it.
        partial: vendors still being loaded; None for a chart that knows no vendors.
    """
    marked = {} if partial is None else {"partial": partial}
    drawn = [
        _div(f"pk-{kind}", inline_svg(chart(frame, width=width, **marked), f"{name}-{kind}"))
        for kind, width in (("wide", WIDE), ("narrow", NARROW))
    ]
    heading = Markup("<h2>{}</h2>").format(title)
    return _div("pk-card", heading, *drawn, Markup("<p>{}</p>").format(note))


def tiles(headlines: Sequence[Headline]) -> mo.Html:
    """The headline numbers, vendors side by side."""
    shown = []
    for headline in headlines:
        several = len(headline.readings) > 1
        for reading in headline.readings:
            vendor = Markup(" <small>{}</small>").format(reading.vendor) if several else ""
            shown.append(_tile(headline.label, reading.value, vendor, reading.caption))
    return html(_div("pk-tiles", *shown))


def amounts(running: pa.Table) -> mo.Html:
    """What orders still open come to, as `figures.pipeline_value` has it, a tile per currency."""
    shown = []
    for row in running.to_pylist():
        if row["phase"] == "order":
            has_value = row["value_amount"] is not None
            count = f"{row['deal_count']:,}"
            shown.append(
                _tile(
                    "Orders in hand",
                    f"{row['value_amount']:,.0f}" if has_value else count,
                    Markup(" <small>{}</small>").format(row["currency_code"] or "no currency")
                    if has_value
                    else "",
                    f"in {row['valued_count']:,} of {count} deals"
                    if has_value
                    else "deals without an amount",
                )
            )
    return html(_div("pk-tiles", *shown))


def numbers(told: Sequence[tuple[str, str, str]]) -> mo.Html:
    """Tiles of a label, a number and what puts it into proportion."""
    return html(_div("pk-tiles", *(_tile(label, value, "", note) for label, value, note in told)))


def refused(message: str) -> mo.Html:
    """What a query failed with."""
    return html(_div("pk-said is-loud", Markup("<pre>{}</pre>").format(message)))


def table(frame: pa.Table | pd.DataFrame, nothing: str = "Nothing.") -> mo.Html:
    """A table to sort and search in marimo; elsewhere a plain one, of its first rows.

    Args:
        frame: what it shows.
        nothing: what is said where it has no rows.
    """
    known = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame)
    rows = known.to_pylist()
    if not rows:
        return html(_div("pk-said", escape(nothing)))
    if mo.running_in_notebook():
        return _marimo_table(frame)
    heads = Markup("").join(Markup("<th>{}</th>").format(_words(str(name))) for name in rows[0])
    lines = [
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(_cell(value)) for value in row.values())
        )
        for row in rows[:MOST_ROWS]
    ]
    more = len(rows) - MOST_ROWS
    below = Markup("<p>{} more rows</p>").format(f"{more:,}") if more > 0 else Markup("")
    body = Markup("<table><tr>{}</tr>{}</table>").format(heads, Markup("").join(lines))
    return html(_div("pk-scroll", body), below)


def controls(*elements: mo.Html) -> mo.Html:
    """What a reader chooses with, in a row; nothing outside marimo, where it would not work."""
    if not mo.running_in_notebook():
        return mo.Html("")
    if len(elements) == 1:
        return elements[0]
    row: mo.Html = mo.hstack(list(elements), justify="start", wrap=True)
    return row


def heading(title: str, status: Status, refresh: mo.Html) -> mo.Html:
    """What a notebook is called, as of when, and what a reader must know."""
    as_of = f"{status.as_of:%A} {day(status.as_of)}, {status.as_of:%H:%M} UTC"
    called = mo.vstack([mo.md(f"# {title}"), mo.md(f"As of **{as_of}**")])
    beside = [called, refresh] if mo.running_in_notebook() else [called]
    above: mo.Html = mo.hstack(beside, align="center", wrap=True)
    return mo.vstack([above, _said(concerns(status, now()))])


def _said(found: Sequence[Concern]) -> mo.Html:
    """What a reader must know before the figures."""
    return html(
        *(
            _div("pk-said" if c.level == "note" else "pk-said is-loud", escape(c.text))
            for c in found
        )
    )


def _marimo_table(frame: pa.Table | pd.DataFrame) -> mo.Html:
    formats: dict[str, str | Callable[..., Any]] = {}
    if isinstance(frame, pa.Table):  # a figure; the answer to a reader's own query stays as it is
        frame = frame.rename_columns([_words(name) for name in frame.column_names])
        for field in frame.schema:
            if pa.types.is_decimal(field.type):
                formats[field.name] = "{:,.2f}"
            elif pa.types.is_floating(field.type):
                formats[field.name] = "{:,.1f}"
    shown: mo.Html = mo.ui.table(
        frame,
        selection=None,
        page_size=15,
        show_column_summaries=False,
        show_data_types=False,
        format_mapping=formats,
        wrapped_columns=[name for name in _LONG if name in _names(frame)],
    )
    return shown


def _names(frame: pa.Table | pd.DataFrame) -> list[str]:
    return list(frame.column_names if isinstance(frame, pa.Table) else frame.columns)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _tile(label: str, value: str, unit: str | Markup, caption: str) -> Markup:
    return Markup('<div class="pk-tile"><b>{}</b><i>{}{}</i><span>{}</span></div>').format(
        label, value, unit, caption
    )


def _div(kind: str, *parts: Markup) -> Markup:
    return Markup('<div class="{}">{}</div>').format(kind, Markup("").join(parts))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)
