"""Deals: how far they come, how long open quotations wait, who wins."""

from __future__ import annotations

from collections.abc import Callable, Collection

import pyarrow as pa

from notebooks import look
from notebooks.charts.parts import Row, bars, stacked, title
from notebooks.look import COLOURS, Drawing

FUNNEL_TITLE = "How far deals come"
FUNNEL_NOTE = (
    "Deals by what they came to; shares are of the panel's first bar. A deal is one sale with all "
    "its quotations, orders and invoices."
)
QUOTATION_AGEING_TITLE = "How old open quotations are"
QUOTATION_AGEING_NOTE = "Open quotations by the days since they were made."
WIN_RATE_TITLE = "Who wins"
WIN_RATE_NOTE = (
    "Of the deals with a quotation that are settled, the share won. In brackets won and settled "
    "deals; open ones are not counted."
)
MOST_REPS = 10

_FUNNEL_COLOURS = {
    "all": COLOURS["ended"],
    "open": COLOURS["open"],
    "won": COLOURS["won"],
    "lost": COLOURS["lost"],
    "unmapped": COLOURS["unmapped"],
}


def funnel_chart(
    frame: pa.Table, *, width: int = 640, partial: Collection[str] = frozenset()
) -> Drawing:
    """Bars: deals by what they came to, per vendor; those without a quotation in a panel apart."""
    rows = [
        row
        | {
            "label": row["reached"],
            "value": row["deal_count"],
            "colour": row["outcome"],
            "text": f"{row['deal_count']:,}" + ("" if is_first else f" · {row['share']:.0%}"),
        }
        for row, is_first in _with_firsts(frame.to_pylist())
    ]
    return _panels(
        rows,
        FUNNEL_TITLE,
        _FUNNEL_COLOURS,
        lambda row: "Quoted" if row["is_quoted"] else "Without a quotation",
        width=width,
        partial=partial,
    )


def quotation_ageing_chart(
    frame: pa.Table, *, width: int = 640, partial: Collection[str] = frozenset()
) -> Drawing:
    """Bars: open quotations by age, one panel per vendor."""
    rows = [
        row
        | {
            "label": row["age_bucket"].capitalize(),
            "value": row["quotation_count"],
            "colour": "dated" if row["bucket_order"] < 6 else "undated",
            "text": f"{row['quotation_count']:,}",
        }
        for row in frame.to_pylist()
    ]
    colours = {"dated": COLOURS["open"], "undated": COLOURS["unmapped"]}
    return _panels(
        rows, QUOTATION_AGEING_TITLE, colours, lambda row: "", width=width, partial=partial
    )


def win_rate_chart(
    frame: pa.Table, *, width: int = 640, partial: Collection[str] = frozenset()
) -> Drawing:
    """Bars: the share won per rep, those with most deals first, above them everyone's together."""
    found = frame.to_pylist()
    rows = []
    for vendor in dict.fromkeys(row["vendor"] for row in found):
        reps = [row for row in found if row["vendor"] == vendor]
        together = [_together(reps, "Everyone")] if len(reps) > 1 else []
        few = reps if len(reps) <= MOST_REPS + 1 else reps[:MOST_REPS]
        others = reps[len(few) :]
        rest = [_together(others, f"{len(others)} others")] if others else []
        rows += [*together, *few, *rest]
    return _panels(
        [row | _win_rate(row) for row in rows],
        WIN_RATE_TITLE,
        {"one": COLOURS["won"], "several": COLOURS["ended"]},
        lambda row: "",
        width=width,
        partial=partial,
        least=0.01,
    )


def _with_firsts(rows: list[Row]) -> list[tuple[Row, bool]]:
    """Each row of a funnel, and whether it is what the others are shares of."""
    seen: set[tuple[str, bool]] = set()
    marked = []
    for row in rows:
        funnel = row["vendor"], row["is_quoted"]
        marked.append((row, funnel not in seen))
        seen.add(funnel)
    return marked


def _together(reps: list[Row], name: str) -> Row:
    won = sum(row["won_count"] for row in reps)
    lost = sum(row["lost_count"] for row in reps)
    return reps[0] | {
        "sales_rep": name,
        "won_count": won,
        "lost_count": lost,
        "win_rate": won / (won + lost) if won + lost else None,
        "is_several": True,
    }


def _win_rate(row: Row) -> Row:
    settled = row["won_count"] + row["lost_count"]
    rate = row["win_rate"]
    return {
        "label": row["sales_rep"] or "No rep named",
        "value": rate or 0.0,
        "colour": "several" if row.get("is_several") else "one",
        "text": "none settled"
        if rate is None
        else f"{rate:.0%} ({row['won_count']:,} of {settled:,})",
    }


def _panels(
    rows: list[Row],
    description: str,
    colours: dict[str, str],
    named: Callable[[Row], str],
    *,
    width: int,
    partial: Collection[str],
    least: float = 1,
) -> Drawing:
    """Bars in a panel per vendor and name; the scale ends with the longest, not before `least`."""
    if not rows:
        return look.nothing_yet(description, width=width)
    vendors = list(dict.fromkeys(row["vendor"] for row in rows))
    beside = look.pixels([row["text"] for row in rows])
    end = max(least, *(row["value"] for row in rows))
    panels = [
        bars(
            [row for row in rows if (row["vendor"], named(row)) == (vendor, name)],
            (0, end),
            colours,
            width=width,
            beside=beside,
        ).properties(title=title(name, vendor, vendors, partial))
        for vendor, name in dict.fromkeys((row["vendor"], named(row)) for row in rows)
    ]
    return stacked(panels, description)
