"""What charts are made of: panels per vendor, bars in rows, columns of months, numbers as read.

A width, in CSS pixels, holds for the whole drawing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import altair as alt

from notebooks import look
from notebooks.look import COLOURS, Drawing, is_narrow

Row = dict[str, Any]

MONTH_PARTS = {
    "whole": ("Whole month", COLOURS["open"]),
    "so far": ("This month so far", COLOURS["growing"]),
    "before coverage": ("Before the feed began: incomplete", COLOURS["partial"]),
    "not loaded": ("Not loaded yet: incomplete", COLOURS["partial"]),
}


def days(number: float) -> str:
    """Days as one reads them: a decimal only where it says something."""
    return f"{number:.1f}" if number < 9.95 else f"{number:.0f}"


def title(name: str, vendor: str, vendors: list[str], partial: Collection[str]) -> str:
    """What a panel is called: the vendor only beside others, and whether it shows a part."""
    called = " · ".join(part for part in (name, vendor if len(vendors) > 1 else "") if part)
    if vendor not in partial:
        return called
    return f"{called} · incomplete" if called else "Incomplete"


def currency(code: str | None) -> str:
    """A currency as a panel is called after it."""
    return code or "currency not stated"


def colour(field: str, colours: dict[str, str], *, legend_columns: int | None) -> alt.Color:
    """The colours of a field's values; without columns there is no legend."""
    return alt.Color(
        f"{field}:N",
        scale=alt.Scale(domain=list(colours), range=list(colours.values())),
        legend=None if legend_columns is None else look.legend(legend_columns),
    )


def rows_axis(panel: list[Row], labels: int) -> alt.Y:
    """The panel's labels from top to bottom as they come."""
    in_order = list(dict.fromkeys(row["label"] for row in panel))
    return alt.Y("label:N", sort=in_order, title=None, axis=look.labels_axis(labels))


def bars(
    panel: list[Row],
    bounds: tuple[float, float],
    colours: dict[str, str],
    *,
    width: int,
    beside: int,
) -> Drawing:
    """A bar per row with its text beside it, on one scale for all panels of a drawing.

    Args:
        panel: rows with `label`, `value`, `text` and `colour`, one of `colours`.
        bounds: the scale's ends.
        colours: what each colour is called; not explained, so that labels must tell them apart.
        width: of the whole drawing.
        beside: pixels that the longest text of any panel needs.
    """
    labels = 118 if is_narrow(width) else 150
    drawn = ("label", "value", "text", "colour")
    values = [{n: row[n] for n in drawn} | {"end": max(row["value"], 0)} for row in panel]
    base = alt.Chart(alt.InlineData(values=values)).encode(y=rows_axis(panel, labels))
    scale = alt.Scale(domain=list(bounds), nice=False)
    marks = base.mark_bar(cornerRadiusEnd=2, height=alt.RelativeBandSize(band=0.68)).encode(
        x=alt.X("value:Q", axis=None, scale=scale),
        color=colour("colour", colours, legend_columns=None),
    )
    texts = base.mark_text(align="left", dx=5, fontWeight=600, color=COLOURS["ink"]).encode(
        x=alt.X("end:Q", axis=None, scale=scale), text="text:N"
    )
    return alt.layer(marks, texts).properties(
        width=width - labels - beside - 8, height=alt.Step(24)
    )


def month_columns(
    panel: list[Row], field: str, highest: float, parts: dict[str, str], *, width: int
) -> Drawing:
    """A column per month, its number above; `highest` is the largest number of any panel.

    Args:
        panel: rows with `month`, as 2024-01, `part`, one of `parts`, and the field.
        field: what is shown.
        highest: the scale's end.
        parts: what each colour is called.
        width: of the whole drawing.
    """
    room = min((width - 20) / len({row["month"] for row in panel}), 64)
    months = len({row["month"] for row in panel})
    base = alt.Chart(alt.InlineData(values=panel)).encode(
        x=alt.X("month:O", title=None, axis=look.months_axis(width, months))
    )
    columns = base.mark_bar(cornerRadiusEnd=2, width=alt.RelativeBandSize(band=0.72)).encode(
        y=alt.Y(f"{field}:Q", axis=None, scale=alt.Scale(domain=[0, highest * 1.1], nice=False)),
        color=colour("part", parts, legend_columns=1 if is_narrow(width) else 3),
    )
    counts = base.mark_text(dy=-7, fontWeight=600, color=COLOURS["ink"]).encode(
        y=f"{field}:Q", text=alt.Text(f"{field}:Q", format=look.short(round(highest), room))
    )
    return alt.layer(columns, counts).properties(width=room * months, height=190)


def stacked(panels: Sequence[Drawing], description: str) -> Drawing:
    """Panels below each other, finished."""
    return look.finished(alt.vconcat(*panels, spacing=14), description)
