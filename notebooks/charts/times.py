"""Times: how long documents stay in a step, and how long a sale takes."""

from __future__ import annotations

import textwrap
from collections.abc import Collection

import altair as alt
import pyarrow as pa

from notebooks import look
from notebooks.charts.documents import document_panels
from notebooks.charts.parts import Row, colour, days, rows_axis, stacked, title
from notebooks.look import COLOURS, Drawing, is_narrow

TIME_IN_STEP_TITLE = "How long documents stay in a step"
TIME_IN_STEP_NOTE = (
    "Days: the dot is the median, the bar the middle half, the number of stays in brackets. "
    "Observed times, as fine as the polling: a stay that began before the feed counts from the "
    "day it was first seen."
)
LEAD_TIMES_TITLE = "How long a sale takes"
LEAD_TIMES_NOTE = (
    "Days: the dot is the median, the bar the middle half, the number of orders in brackets. Late "
    "are orders delivered after their due day, or still open then."
)

_ENDED, _GOING_ON = "Stays that ended", "Still there, days so far"


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
    kinds = {_ENDED: COLOURS["ended"], _GOING_ON: COLOURS["open"]}
    bounds = 0.0, max(1.0, *(row["upper_quartile_days"] for row in rows))
    beside = look.pixels([row["text"] for row in rows])
    panels = [
        _spans(panel, bounds, kinds, width=width, beside=beside).properties(title=called)
        for called, panel in document_panels(rows, partial)
    ]
    return stacked(panels, TIME_IN_STEP_TITLE)


def lead_times_chart(
    frame: pa.Table, *, width: int = 640, partial: Collection[str] = frozenset()
) -> Drawing:
    """Median and middle half of the days between a sale's documents, one panel per vendor."""
    rows = [
        row
        | {
            "label": _step_label(row["span"], 18 if is_narrow(width) else 24),
            "kind": "",
            "text": f"{days(row['median_days'])} ({_counted(row)})",
        }
        for row in frame.to_pylist()
    ]
    if not rows:
        return look.nothing_yet(LEAD_TIMES_TITLE, width=width)
    lowest = min(0.0, *(row["lower_quartile_days"] for row in rows))
    bounds = lowest, max(1.0, *(row["upper_quartile_days"] for row in rows))
    beside = look.pixels([row["text"] for row in rows])
    vendors = list(dict.fromkeys(row["vendor"] for row in rows))
    panels = [
        _spans(
            [row for row in rows if row["vendor"] == vendor],
            bounds,
            {"": COLOURS["open"]},
            width=width,
            beside=beside,
        ).properties(title=title("", vendor, vendors, partial))
        for vendor in vendors
    ]
    return stacked(panels, LEAD_TIMES_TITLE)


def _counted(row: Row) -> str:
    """How many orders the days are of."""
    if row["of_count"] == row["order_count"]:
        return f"{row['order_count']:,}"
    return f"{row['order_count']:,} of {row['of_count']:,}"


def _spans(
    panel: list[Row],
    bounds: tuple[float, float],
    kinds: dict[str, str],
    *,
    width: int,
    beside: int,
) -> Drawing:
    """Bar from quartile to quartile, dot at the median, its value in `beside` pixels of room."""
    labels = 118 if is_narrow(width) else 170
    several = len(kinds) > 1
    base = alt.Chart(alt.InlineData(values=panel)).encode(
        y=rows_axis(panel, labels),
        color=colour(
            "kind", kinds, legend_columns=(1 if is_narrow(width) else 2) if several else None
        ),
    )
    if several:
        # room for both kinds where there is one: a label may take two lines
        base = base.encode(yOffset=alt.YOffset("kind:N", scale=alt.Scale(domain=list(kinds))))
    ticks = alt.Axis(
        tickCount=3 if is_narrow(width) else 5,
        format=",.1~f",
        domain=False,
        ticks=False,
    )
    middle_half = base.mark_bar(height=5, opacity=0.35, cornerRadius=2).encode(
        x=alt.X(
            "lower_quartile_days:Q", title=None, scale=alt.Scale(domain=list(bounds)), axis=ticks
        ),
        x2="upper_quartile_days:Q",
    )
    medians = base.mark_point(filled=True, size=48, opacity=1).encode(x="median_days:Q")
    values = base.mark_text(align="left", dx=6).encode(x="upper_quartile_days:Q", text="text:N")
    height = alt.Step(17, **{"for": "offset"}) if several else alt.Step(34)
    return alt.layer(middle_half, medians, values).properties(
        width=width - labels - beside, height=height
    )


def _step_label(step: str, width: int) -> str:
    """At most two lines to show, an empty one, and the whole step, which keeps alike ones apart."""
    shown = textwrap.wrap(step, width, max_lines=2, placeholder="…")
    return "\n".join([*shown, "", step])
