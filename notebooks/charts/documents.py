"""Documents: where they stand, and how many orders are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import altair as alt
import pyarrow as pa

from notebooks import look
from notebooks.charts.parts import (
    MONTH_PARTS,
    Row,
    colour,
    month_columns,
    rows_axis,
    stacked,
    title,
)
from notebooks.look import COLOURS, Drawing, is_narrow

OUTCOMES = {"open": "Open", "won": "Won or done", "lost": "Lost", None: "Not mapped"}
DOCUMENT_TYPES = {"quotation": "Quotations", "order": "Orders", "work_order": "Work orders"}

STAGES_TITLE = "Where documents stand"
STAGES_NOTE = "Documents by stage, as each stands now."
ORDERS_TITLE = "Orders per month"
ORDERS_NOTE = "By the day the order was made."


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
            title=f"{called}: {sum(row['documents'] for row in panel):,}"
        )
        for called, panel in document_panels(rows, partial)
    ]
    return stacked(panels, STAGES_TITLE)


def orders_per_month_chart(
    frame: pa.Table, *, width: int = 640, partial: Collection[str] = frozenset()
) -> Drawing:
    """Columns: orders made per month; months that are only partly known are paler."""
    rows = [
        row | {"month": row["month"].strftime("%Y-%m"), "part": MONTH_PARTS[row["part"]][0]}
        for row in frame.to_pylist()
        if row["month"] is not None
    ]
    if not rows:
        return look.nothing_yet(ORDERS_TITLE, width=width)
    vendors = list(dict.fromkeys(row["vendor"] for row in rows))
    highest = max(1, *(row["orders"] for row in rows))
    seen = {row["part"] for row in rows}
    parts = {name: shade for name, shade in MONTH_PARTS.values() if name in seen}
    panels = [
        month_columns(
            [row for row in rows if row["vendor"] == vendor], "orders", highest, parts, width=width
        ).properties(title=title("", vendor, vendors, partial))
        for vendor in vendors
    ]
    return stacked(panels, ORDERS_TITLE)


def orders_note(frame: pa.Table) -> str:
    """The caption of the orders chart, which owns up to what it can't place."""
    undated = sum(row["orders"] for row in frame.to_pylist() if row["month"] is None)
    return f"{ORDERS_NOTE} {undated:,} without a date not shown." if undated else ORDERS_NOTE


def document_panels(rows: list[Row], partial: Collection[str]) -> list[tuple[str, list[Row]]]:
    """Rows by vendor and kind of document, sales before production; named after both if need be."""
    vendors = list(dict.fromkeys(row["vendor"] for row in rows))
    panels = []
    for vendor in vendors:
        for kind, name in DOCUMENT_TYPES.items():
            panel = [r for r in rows if r["vendor"] == vendor and r["document_type"] == kind]
            if panel:
                panels.append((title(name, vendor, vendors, partial), panel))
    return panels


def _stage_bars(panel: list[Row], outcomes: dict[str, str], longest: int, *, width: int) -> Drawing:
    """A bar per stage, its number beside it; `longest` is the largest number of any panel."""
    labels = 118 if is_narrow(width) else 150
    base = alt.Chart(alt.InlineData(values=panel)).encode(y=rows_axis(panel, labels))
    bars = base.mark_bar(cornerRadiusEnd=2, height=alt.RelativeBandSize(band=0.68)).encode(
        x=alt.X("sum(documents):Q", axis=None, scale=alt.Scale(domain=[0, longest], nice=False)),
        color=colour("outcome", outcomes, legend_columns=2 if is_narrow(width) else 4),
    )
    counts = base.mark_text(align="left", dx=5, fontWeight=600, color=COLOURS["ink"]).encode(
        x="sum(documents):Q", text=alt.Text("sum(documents):Q", format=",")
    )
    return alt.layer(bars, counts).properties(
        width=width - labels - look.pixels([f"{longest:,}"]), height=alt.Step(24)
    )


def _stage_label(row: Row) -> str:
    unnamed = "Step not mapped" if row["has_step"] else "No step"
    return row["stage"] or unnamed
