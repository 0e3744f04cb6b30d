"""The charts, once: from a figure's table to an Altair chart, for the notebooks and the report.

Every colour is one of `COLOURS`, so that a page can re-colour the drawing for a dark screen; the
outcomes' colours are Okabe and Ito's, which stay apart for colour-blind eyes, and no chart needs
colour alone to be read. Widths are in CSS pixels and hold for the whole drawing. An empty table
gives a chart that says so.
"""

from __future__ import annotations

import textwrap
from typing import Any

import altair as alt
import pyarrow as pa

Row = dict[str, Any]
Drawing = alt.Chart | alt.LayerChart | alt.FacetChart | alt.VConcatChart

COLOURS = {
    "paper": "#ffffff",
    "ink": "#1d2733",
    "muted": "#5c6875",
    "line": "#dfe4ea",
    "open": "#0072b2",
    "won": "#009e73",
    "lost": "#d55e00",
    "unmapped": "#8f8f8f",
    "ended": "#4a5562",
    "growing": "#6cb2dd",
    "partial": "#c3ccd6",
}
OUTCOMES = {"open": "Open", "won": "Won or done", "lost": "Lost", None: "Not mapped"}
DOCUMENT_TYPES = {"quotation": "Quotations", "order": "Orders", "work_order": "Work orders"}
FONT = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"

STAGES_TITLE = "Where documents stand"
STAGES_NOTE = "Documents by stage, as each stands now."
TIME_IN_STEP_TITLE = "How long documents stay in a step"
TIME_IN_STEP_NOTE = (
    "Days: the dot is the median, the bar the middle half, the number of stays in brackets. "
    "Observed times, as fine as the polling: a stay that began before the feed counts from the "
    "day it was first seen."
)
ORDERS_TITLE = "Orders per month"
ORDERS_NOTE = "By the day the order was made."

_ENDED, _GOING_ON = "Stays that ended", "Still there, days so far"
_PARTS = {
    "whole": ("Whole month", COLOURS["open"]),
    "so far": ("This month so far", COLOURS["growing"]),
    "before coverage": ("Before the feed began: incomplete", COLOURS["partial"]),
}
_NARROW = 480  # a phone


def stages_chart(frame: pa.Table, *, width: int = 640) -> Drawing:
    """Bars: documents per stage, one panel per kind of document, stages in their own order."""
    rows = [
        row | {"label": _stage_label(row), "outcome": OUTCOMES[row["outcome"]]}
        for row in frame.to_pylist()
    ]
    if not rows:
        return nothing_yet(STAGES_TITLE, width=width)
    labels = 118 if width < _NARROW else 150
    longest = max(_totals(rows, ("vendor", "document_type", "label")).values())
    beside = _pixels([f"{longest:,}"])
    seen = [name for name in OUTCOMES.values() if any(r["outcome"] == name for r in rows)]
    colours = [COLOURS[key or "unmapped"] for key, name in OUTCOMES.items() if name in seen]
    panels = []
    for title, panel in _panels(rows):
        base = alt.Chart(alt.InlineData(values=panel)).encode(
            y=alt.Y(
                "label:N",
                sort=list(dict.fromkeys(row["label"] for row in panel)),
                title=None,
                axis=_labels_axis(labels),
            )
        )
        bars = base.mark_bar(cornerRadiusEnd=2, height=alt.RelativeBandSize(band=0.68)).encode(
            x=alt.X(
                "sum(documents):Q", axis=None, scale=alt.Scale(domain=[0, longest], nice=False)
            ),
            color=alt.Color(
                "outcome:N",
                scale=alt.Scale(domain=seen, range=colours),
                legend=_legend(columns=2 if width < _NARROW else 4),
            ),
        )
        counts = base.mark_text(align="left", dx=5, fontWeight=600, color=COLOURS["ink"]).encode(
            x="sum(documents):Q", text=alt.Text("sum(documents):Q", format=",")
        )
        panels.append(
            (bars + counts).properties(
                title=f"{title}: {sum(row['documents'] for row in panel):,}",
                width=width - labels - beside,
                height=alt.Step(24),
            )
        )
    return _finished(alt.vconcat(*panels, spacing=14), STAGES_TITLE)


def time_in_step_chart(frame: pa.Table, *, width: int = 640) -> Drawing:
    """Median and middle half of the days in each step: stays that ended beside those going on."""
    rows = [
        row
        | {
            "label": "\n".join(_lines(row["step"], 14 if width < _NARROW else 20)),
            "kind": _GOING_ON if row["is_still_there"] else _ENDED,
            "text": f"{days(row['median_days'])} ({row['stays']:,})",
        }
        for row in frame.to_pylist()
    ]
    if not rows:
        return nothing_yet(TIME_IN_STEP_TITLE, width=width)
    longest = max(1, *(row["upper_quartile_days"] for row in rows))
    beside = _pixels([row["text"] for row in rows])
    panels = [
        _stays(panel, longest, width=width, beside=beside).properties(title=title)
        for title, panel in _panels(rows)
    ]
    return _finished(alt.vconcat(*panels, spacing=14), TIME_IN_STEP_TITLE)


def orders_per_month_chart(frame: pa.Table, *, width: int = 640) -> Drawing:
    """Columns: orders made per month; months that are only partly known are paler."""
    rows = [
        row | {"month": row["month"].strftime("%Y-%m"), "part": _PARTS[row["part"]][0]}
        for row in frame.to_pylist()
        if row["month"] is not None
    ]
    if not rows:
        return nothing_yet(ORDERS_TITLE, width=width)
    vendors = list(dict.fromkeys(row["vendor"] for row in rows))
    months = len({row["month"] for row in rows})
    room = min((width - 20) / months, 64)
    highest = max(1, *(row["orders"] for row in rows))
    parts = [part for part in _PARTS.values() if any(row["part"] == part[0] for row in rows)]
    panels = []
    for vendor in vendors:
        panel = [row for row in rows if row["vendor"] == vendor]
        base = alt.Chart(alt.InlineData(values=panel)).encode(
            x=alt.X("month:O", title=None, axis=_months_axis(width, months))
        )
        columns = base.mark_bar(cornerRadiusEnd=2, width=alt.RelativeBandSize(band=0.72)).encode(
            y=alt.Y("orders:Q", axis=None, scale=alt.Scale(domain=[0, highest * 1.1], nice=False)),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(
                    domain=[name for name, _ in parts], range=[colour for _, colour in parts]
                ),
                legend=_legend(columns=1 if width < _NARROW else 3),
            ),
        )
        counts = base.mark_text(dy=-7, fontWeight=600, color=COLOURS["ink"]).encode(
            y="orders:Q", text=alt.Text("orders:Q", format=_short(highest, room))
        )
        panels.append(
            (columns + counts).properties(
                title=vendor if len(vendors) > 1 else "", width=room * months, height=190
            )
        )
    return _finished(alt.vconcat(*panels, spacing=14), ORDERS_TITLE)


def nothing_yet(title: str, *, width: int = 640) -> Drawing:
    """A chart that says there is nothing to show, instead of an empty frame or an exception."""
    chart = (
        alt.Chart(alt.InlineData(values=[{"text": "Nothing to show yet"}]))
        .mark_text(color=COLOURS["muted"], fontSize=14)
        .encode(text="text:N")
        .properties(width=width - 20, height=80)
    )
    return _finished(chart, title)


def orders_note(frame: pa.Table) -> str:
    """The caption of the orders chart, which owns up to what it can't place."""
    undated = sum(row["orders"] for row in frame.to_pylist() if row["month"] is None)
    return f"{ORDERS_NOTE} {undated:,} without a date not shown." if undated else ORDERS_NOTE


def _stays(panel: list[Row], longest: float, *, width: int, beside: int) -> Drawing:
    """Bar from quartile to quartile, dot at the median, its value beside it."""
    labels = 118 if width < _NARROW else 170
    base = alt.Chart(alt.InlineData(values=panel)).encode(
        y=alt.Y(
            "label:N",
            sort=list(dict.fromkeys(row["label"] for row in panel)),
            title=None,
            axis=_labels_axis(labels),
        ),
        yOffset=alt.YOffset("kind:N", sort=[_ENDED, _GOING_ON]),
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=[_ENDED, _GOING_ON], range=[COLOURS["ended"], COLOURS["open"]]),
            legend=_legend(columns=1 if width < _NARROW else 2),
        ),
    )
    x = alt.X(
        "lower_quartile_days:Q",
        title=None,
        scale=alt.Scale(domain=[0, longest], nice=True),
        axis=alt.Axis(tickCount=3 if width < _NARROW else 5, format="d", domain=False, ticks=False),
    )
    middle_half = base.mark_bar(height=5, opacity=0.35, cornerRadius=2).encode(
        x=x, x2="upper_quartile_days:Q"
    )
    medians = base.mark_point(filled=True, size=48, opacity=1).encode(x="median_days:Q")
    values = base.mark_text(align="left", dx=6).encode(x="upper_quartile_days:Q", text="text:N")
    return alt.layer(middle_half, medians, values).properties(
        width=width - labels - beside,
        height=alt.Step(17, **{"for": "offset"}),
    )


def _panels(rows: list[Row]) -> list[tuple[str, list[Row]]]:
    """Rows by vendor and kind of document, sales before production; named after both if need be."""
    vendors = list(dict.fromkeys(row["vendor"] for row in rows))
    panels = []
    for vendor in vendors:
        for kind, name in DOCUMENT_TYPES.items():
            panel = [r for r in rows if r["vendor"] == vendor and r["document_type"] == kind]
            if panel:
                panels.append((f"{name} · {vendor}" if len(vendors) > 1 else name, panel))
    return panels


def _stage_label(row: Row) -> str:
    unnamed = "Step not mapped" if row["has_step"] else "No step"
    return row["stage"] or unnamed


def _totals(rows: list[Row], keys: tuple[str, ...]) -> dict[tuple[Any, ...], int]:
    totals: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = tuple(row[name] for name in keys)
        totals[key] = totals.get(key, 0) + row["documents"]
    return totals


def days(days: float) -> str:
    """Days as one reads them: a decimal only where it says something."""
    return f"{days:.1f}" if days < 9.95 else f"{days:.0f}"


def _lines(text: str, width: int) -> list[str]:
    """At most two lines of a label; what does not fit ends in an ellipsis."""
    return textwrap.wrap(text, width, max_lines=2, placeholder="…") or [text]


def _pixels(texts: list[str]) -> int:
    """The room that the longest of these needs beside its bar, with the margins."""
    return round(6.7 * max(map(len, texts))) + 20


def _short(highest: int, room: float) -> str:
    """How to write counts up to `highest` where each has so many pixels: 1,234 or 1.2k."""
    return "," if len(f"{highest:,}") * 7 < room else ".2~s"


def _labels_axis(extent: int) -> alt.Axis:
    return alt.Axis(
        labelExpr="split(datum.value, '\\n')",
        minExtent=extent,
        maxExtent=extent,
        labelLimit=extent - 6,
        domain=False,
        ticks=False,
    )


def _months_axis(width: int, months: int) -> alt.Axis:
    """Month names, the year under the first and under each January; fewer of them on a phone."""
    every = 2 if width < _NARROW and months > 8 else 1
    names = "['Jan','Feb','Mar','Apr','May','Jun','Jul','Aug','Sep','Oct','Nov','Dec']"
    month = "toNumber(slice(datum.value, 5))"
    return alt.Axis(
        labelAngle=0,
        domain=True,
        ticks=False,
        grid=False,
        labelExpr=f"{month} % {every} == 1 % {every} ? [{names}[{month} - 1], "
        f"{month} == 1 || datum.index == 0 ? slice(datum.value, 0, 4) : ''] : ''",
    )


def _legend(columns: int) -> alt.Legend:
    return alt.Legend(
        title=None, orient="top", columns=columns, symbolType="circle", symbolOpacity=1, offset=12
    )


def _finished(chart: Drawing, description: str) -> Drawing:
    """The house's type, lines and quiet axes."""
    finished: Drawing = chart.properties(
        description=description, padding=4, background=COLOURS["paper"]
    ).configure(
        font=FONT,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=COLOURS["muted"],
            labelFontSize=12,
            gridColor=COLOURS["line"],
            domainColor=COLOURS["line"],
            labelPadding=6,
        ),
        legend=alt.LegendConfig(
            labelColor=COLOURS["ink"], labelFontSize=12, labelLimit=280, symbolSize=90
        ),
        title=alt.TitleConfig(
            anchor="start",
            frame="group",
            color=COLOURS["ink"],
            fontSize=13,
            fontWeight=600,
            offset=6,
        ),
        text=alt.MarkConfig(fontSize=12),
    )
    return finished
