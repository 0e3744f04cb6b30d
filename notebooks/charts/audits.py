"""Audits: how many checks did not pass, audit by audit."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from notebooks import look
from notebooks.charts.parts import Row, stacked
from notebooks.look import COLOURS, Drawing, is_narrow

AUDIT_TREND_TITLE = "Checks that did not pass"
AUDIT_TREND_NOTE = "Audit by audit, the latest at the right. A critical one keeps a file back."


def audit_trend_chart(frame: pa.Table, *, width: int = 640) -> Drawing:
    """Columns: failing checks per audit, critical ones above warnings."""
    found = frame.to_pylist()
    if not found:
        return look.nothing_yet(AUDIT_TREND_TITLE, width=width)
    if is_narrow(width):
        found = found[-15:]
    kinds = {"critical_count": ("Critical", "lost"), "warning_count": ("Warnings", "ended")}
    panels = [
        _columns(
            [_column(row, kind, place, len(found)) for place, row in enumerate(found)],
            COLOURS[shade],
            width=width,
        ).properties(title=name)
        for kind, (name, shade) in kinds.items()
    ]
    return stacked(panels, AUDIT_TREND_TITLE)


def _column(row: Row, kind: str, place: int, audits: int) -> Row:
    day = row["checked_at"]
    # nothing is worth a number only where it is the latest audit's
    text = "" if row[kind] == 0 and place < audits - 1 else f"{row[kind]:,}"
    # places keep audits of one day apart
    return {
        "audit": f"{place:03}|{day.day} {day:%b}",
        "failing": row[kind],
        "text": text,
    }


def _columns(panel: list[Row], shade: str, *, width: int) -> Drawing:
    every = max(1, -(-len(panel) * 48 // (width - 20)))
    base = alt.Chart(alt.InlineData(values=panel)).encode(
        x=alt.X(
            "audit:O",
            title=None,
            axis=alt.Axis(
                labelAngle=0,
                ticks=False,
                grid=False,
                labelExpr=f"datum.index * {len(panel) - 1} % {every} < 1 "
                "? split(datum.value, '|')[1] : ''",
            ),
        )
    )
    highest = max(1, *(row["failing"] for row in panel))
    columns = base.mark_bar(cornerRadiusEnd=2, color=shade).encode(
        y=alt.Y("failing:Q", axis=None, scale=alt.Scale(domain=[0, highest * 1.2], nice=False))
    )
    counts = base.mark_text(dy=-7, fontWeight=600, color=COLOURS["ink"]).encode(
        y="failing:Q", text="text:N"
    )
    return alt.layer(columns, counts).properties(width=width - 20, height=70)
