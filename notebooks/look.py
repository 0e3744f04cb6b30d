"""How every chart looks: colours, type, quiet axes, and how much room text needs.

A chart takes every colour from `COLOURS`, so that a page can re-colour the drawing for a dark
screen; the outcomes' colours are Okabe and Ito's, which stay apart for colour-blind eyes. Widths
are in CSS pixels.
"""

from __future__ import annotations

import altair as alt

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
FONT = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"


def is_narrow(width: int) -> bool:
    """Whether that is a phone's width: fewer ticks, legends in lines of their own."""
    return width < 480


def nothing_yet(title: str, *, width: int) -> Drawing:
    """A chart that says there is nothing to show, instead of an empty frame or an exception."""
    chart = (
        alt.Chart(alt.InlineData(values=[{"text": "Nothing to show yet"}]))
        .mark_text(color=COLOURS["muted"], fontSize=14)
        .encode(text="text:N")
        .properties(width=width - 20, height=80)
    )
    return finished(chart, title)


def pixels(texts: list[str]) -> int:
    """The room that the longest of these needs beside its bar, with the margins."""
    return round(6.7 * max(map(len, texts))) + 20


def short(highest: int, room: float) -> str:
    """How to write numbers up to `highest` where each has so many pixels: 1,234, 1.23k or 1.2k."""
    if len(f"{highest:,}") * 7 < room:
        return ","
    return ".3~s" if room > 37 else ".2~s"


def labels_axis(extent: int) -> alt.Axis:
    """Row labels in a column of fixed width; a value's lines, up to its first empty one."""
    return alt.Axis(
        labelExpr="split(split(datum.value, '\\n\\n')[0], '\\n')",
        minExtent=extent,
        maxExtent=extent,
        labelLimit=extent - 6,
        domain=False,
        ticks=False,
    )


def months_axis(width: int, months: int) -> alt.Axis:
    """Month names, the year under the first and under each January; fewer of them on a phone."""
    every = 2 if is_narrow(width) and months > 8 else 1
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


def legend(columns: int) -> alt.Legend:
    """Above the drawing, without a title."""
    return alt.Legend(
        title=None, orient="top", columns=columns, symbolType="circle", symbolOpacity=1, offset=12
    )


def finished(chart: Drawing, description: str) -> Drawing:
    """The chart as it is shown; `description` is what a screen reader says of it."""
    styled: Drawing = chart.properties(
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
    return styled
