"""The charts, once: from a figure's table to an Altair chart, for the notebooks and the report.

No chart needs colour alone to be read, none adds vendors up, and an empty table gives a chart that
says so. A width, in CSS pixels, holds for the whole drawing. The vendors in `partial`, whose past
is still being loaded, are marked in it.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Collection
from typing import Any

import altair as alt
import pyarrow as pa

from notebooks import look
from notebooks.look import COLOURS, Drawing, is_narrow

Row = dict[str, Any]

OUTCOMES = {"open": "Open", "won": "Won or done", "lost": "Lost", None: "Not mapped"}
DOCUMENT_TYPES = {"quotation": "Quotations", "order": "Orders", "work_order": "Work orders"}

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
    "not loaded": ("Not loaded yet: incomplete", COLOURS["partial"]),
}


def stages_chart(
    frame: pa.Table, *, width: int = 640, partial: Collection[str] = frozenset()
) -> Drawing:
    """Bars: documents per stage, one panel per kind of document, stages in their own order."""
    rows = [
        row | {"label": _stage_label(row), "outcome": OUTCOMES[row["outcome"]]}
        for row in frame.to_pylist()
    ]
    if not rows:
        return look.nothing_yet(STAGES_TITLE, width=width)
    per_bar: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        per_bar[row["vendor"], row["document_type"], row["label"]] += row["documents"]
    seen = {row["outcome"] for row in rows}
    outcomes = {name: COLOURS[key or "unmapped"] for key, name in OUTCOMES.items() if name in seen}
    panels = [
        _stage_bars(panel, outcomes, max(per_bar.values()), width=width).properties(
            title=f"{title}: {sum(row['documents'] for row in panel):,}"
        )
        for title, panel in _panels(rows, partial)
    ]
    return look.finished(alt.vconcat(*panels, spacing=14), STAGES_TITLE)


def time_in_step_chart(
    frame: pa.Table, *, width: int = 640, partial: Collection[str] = frozenset()
) -> Drawing:
    """Median and middle half of the days in each step: stays that ended beside those going on."""
    rows = [
        row
        | {
            "label": _step_label(row["step"], 14 if is_narrow(width) else 20),
            "kind": _GOING_ON if row["is_still_there"] else _ENDED,
            "text": f"{days(row['median_days'])} ({row['stays']:,})",
        }
        for row in frame.to_pylist()
    ]
    if not rows:
        return look.nothing_yet(TIME_IN_STEP_TITLE, width=width)
    longest = max(1, *(row["upper_quartile_days"] for row in rows))
    beside = look.pixels([row["text"] for row in rows])
    panels = [
        _stays(panel, longest, width=width, beside=beside).properties(title=title)
        for title, panel in _panels(rows, partial)
    ]
    return look.finished(alt.vconcat(*panels, spacing=14), TIME_IN_STEP_TITLE)


def orders_per_month_chart(
    frame: pa.Table, *, width: int = 640, partial: Collection[str] = frozenset()
) -> Drawing:
    """Columns: orders made per month; months that are only partly known are paler."""
    rows = [
        row | {"month": row["month"].strftime("%Y-%m"), "part": _PARTS[row["part"]][0]}
        for row in frame.to_pylist()
        if row["month"] is not None
    ]
    if not rows:
        return look.nothing_yet(ORDERS_TITLE, width=width)
    vendors = list(dict.fromkeys(row["vendor"] for row in rows))
    highest = max(1, *(row["orders"] for row in rows))
    seen = {row["part"] for row in rows}
    parts = {name: colour for name, colour in _PARTS.values() if name in seen}
    panels = [
        _month_columns(
            [row for row in rows if row["vendor"] == vendor], parts, highest, width=width
        ).properties(title=_title("", vendor, vendors, partial))
        for vendor in vendors
    ]
    return look.finished(alt.vconcat(*panels, spacing=14), ORDERS_TITLE)


def orders_note(frame: pa.Table) -> str:
    """The caption of the orders chart, which owns up to what it can't place."""
    undated = sum(row["orders"] for row in frame.to_pylist() if row["month"] is None)
    return f"{ORDERS_NOTE} {undated:,} without a date not shown." if undated else ORDERS_NOTE


def days(number: float) -> str:
    """Days as one reads them: a decimal only where it says something."""
    return f"{number:.1f}" if number < 9.95 else f"{number:.0f}"


def _stage_bars(panel: list[Row], outcomes: dict[str, str], longest: int, *, width: int) -> Drawing:
    """A bar per stage, its number beside it; `longest` is the largest number of any panel."""
    labels = 118 if is_narrow(width) else 150
    base = alt.Chart(alt.InlineData(values=panel)).encode(y=_rows_axis(panel, labels))
    bars = base.mark_bar(cornerRadiusEnd=2, height=alt.RelativeBandSize(band=0.68)).encode(
        x=alt.X("sum(documents):Q", axis=None, scale=alt.Scale(domain=[0, longest], nice=False)),
        color=_colour("outcome", outcomes, legend_columns=2 if is_narrow(width) else 4),
    )
    counts = base.mark_text(align="left", dx=5, fontWeight=600, color=COLOURS["ink"]).encode(
        x="sum(documents):Q", text=alt.Text("sum(documents):Q", format=",")
    )
    return alt.layer(bars, counts).properties(
        width=width - labels - look.pixels([f"{longest:,}"]), height=alt.Step(24)
    )


def _stays(panel: list[Row], longest: float, *, width: int, beside: int) -> Drawing:
    """Bar from quartile to quartile, dot at the median, its value in `beside` pixels of room."""
    labels = 118 if is_narrow(width) else 170
    kinds = {_ENDED: COLOURS["ended"], _GOING_ON: COLOURS["open"]}
    base = alt.Chart(alt.InlineData(values=panel)).encode(
        y=_rows_axis(panel, labels),
        # room for both kinds where there is one: a label may take two lines
        yOffset=alt.YOffset("kind:N", scale=alt.Scale(domain=list(kinds))),
        color=_colour("kind", kinds, legend_columns=1 if is_narrow(width) else 2),
    )
    ticks = alt.Axis(
        tickCount=3 if is_narrow(width) else 5,
        format=",.1~f",
        domain=False,
        ticks=False,
    )
    middle_half = base.mark_bar(height=5, opacity=0.35, cornerRadius=2).encode(
        x=alt.X(
            "lower_quartile_days:Q", title=None, scale=alt.Scale(domain=[0, longest]), axis=ticks
        ),
        x2="upper_quartile_days:Q",
    )
    medians = base.mark_point(filled=True, size=48, opacity=1).encode(x="median_days:Q")
    values = base.mark_text(align="left", dx=6).encode(x="upper_quartile_days:Q", text="text:N")
    return alt.layer(middle_half, medians, values).properties(
        width=width - labels - beside, height=alt.Step(17, **{"for": "offset"})
    )


def _month_columns(panel: list[Row], parts: dict[str, str], highest: int, *, width: int) -> Drawing:
    """A column per month, its number above; `highest` is the largest number of any panel."""
    room = min((width - 20) / len(panel), 64)
    base = alt.Chart(alt.InlineData(values=panel)).encode(
        x=alt.X("month:O", title=None, axis=look.months_axis(width, len(panel)))
    )
    columns = base.mark_bar(cornerRadiusEnd=2, width=alt.RelativeBandSize(band=0.72)).encode(
        y=alt.Y("orders:Q", axis=None, scale=alt.Scale(domain=[0, highest * 1.1], nice=False)),
        color=_colour("part", parts, legend_columns=1 if is_narrow(width) else 3),
    )
    counts = base.mark_text(dy=-7, fontWeight=600, color=COLOURS["ink"]).encode(
        y="orders:Q", text=alt.Text("orders:Q", format=look.short(highest, room))
    )
    return alt.layer(columns, counts).properties(width=room * len(panel), height=190)


def _rows_axis(panel: list[Row], labels: int) -> alt.Y:
    """The panel's labels from top to bottom as they come."""
    in_order = list(dict.fromkeys(row["label"] for row in panel))
    return alt.Y("label:N", sort=in_order, title=None, axis=look.labels_axis(labels))


def _colour(field: str, colours: dict[str, str], *, legend_columns: int) -> alt.Color:
    return alt.Color(
        f"{field}:N",
        scale=alt.Scale(domain=list(colours), range=list(colours.values())),
        legend=look.legend(legend_columns),
    )


def _panels(rows: list[Row], partial: Collection[str]) -> list[tuple[str, list[Row]]]:
    """Rows by vendor and kind of document, sales before production; named after both if need be."""
    vendors = list(dict.fromkeys(row["vendor"] for row in rows))
    panels = []
    for vendor in vendors:
        for kind, name in DOCUMENT_TYPES.items():
            panel = [r for r in rows if r["vendor"] == vendor and r["document_type"] == kind]
            if panel:
                panels.append((_title(name, vendor, vendors, partial), panel))
    return panels


def _title(name: str, vendor: str, vendors: list[str], partial: Collection[str]) -> str:
    """What a panel is called: the vendor only beside others, and whether it shows a part."""
    called = " · ".join(part for part in (name, vendor if len(vendors) > 1 else "") if part)
    if vendor not in partial:
        return called
    return f"{called} · incomplete" if called else "Incomplete"


def _stage_label(row: Row) -> str:
    unnamed = "Step not mapped" if row["has_step"] else "No step"
    return row["stage"] or unnamed


def _step_label(step: str, width: int) -> str:
    """At most two lines to show, an empty one, and the whole step, which keeps alike ones apart."""
    shown = textwrap.wrap(step, width, max_lines=2, placeholder="…")
    return "\n".join([*shown, "", step])
