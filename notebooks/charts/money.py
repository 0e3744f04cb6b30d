"""Money: every currency in panels of its own, on a scale of its own."""

from __future__ import annotations

import textwrap
from collections.abc import Collection
from decimal import Decimal

import pyarrow as pa

from notebooks import look
from notebooks.charts.parts import MONTH_PARTS, Row, bars, currency, month_columns, stacked
from notebooks.look import COLOURS, Drawing

ORDER_VALUE_TITLE = "Order value per month"
ORDER_VALUE_NOTE = (
    "What orders come to, by the day they were made, before what was returned. Cancelled orders "
    "are left out, and an order that stands in two systems counts once."
)
RECEIVABLES_TITLE = "What customers owe"
RECEIVABLES_NOTE = "Open amounts of invoices by days past due; the number of invoices in brackets."

# a month is as little known as the least known of its vendors
_LEAST_KNOWN_LAST = ("whole", "so far", "before coverage", "not loaded")
_BUCKETS = {
    "not due": ("Not due yet", "due"),
    "1-30": ("1 to 30 days", "late"),
    "31-60": ("31 to 60 days", "late"),
    "61-90": ("61 to 90 days", "late"),
    "over 90": ("Over 90 days", "late"),
    "no due date": ("No due date", "unknown"),
}
_BUCKET_COLOURS = {
    "due": COLOURS["open"],
    "late": COLOURS["lost"],
    "unknown": COLOURS["unmapped"],
}


def order_value_chart(
    frame: pa.Table, *, width: int = 640, partial: Collection[str] = frozenset()
) -> Drawing:
    """Columns: what orders come to per month, one panel per currency, its vendors together."""
    rows = [row for row in frame.to_pylist() if row["month"] is not None]
    if not rows:
        return look.nothing_yet(ORDER_VALUE_TITLE, width=width)
    by_currency: dict[str | None, list[Row]] = {}
    for row in rows:
        by_currency.setdefault(row["currency_code"], []).append(row)
    added = {code: _months(panel) for code, panel in by_currency.items()}
    # what has amounts without a day alone is told below the chart
    added = {code: months for code, months in added.items() if any(m["value"] for m in months)}
    if not added:
        return look.nothing_yet(ORDER_VALUE_TITLE, width=width)
    seen = {month["part"] for months in added.values() for month in months}
    parts = {name: shade for name, shade in MONTH_PARTS.values() if name in seen}
    panels = []
    for code, months in added.items():
        highest = max(1.0, *(month["value"] for month in months))
        panels.append(
            month_columns(months, "value", highest, parts, width=width).properties(
                title=_title(code, by_currency[code], partial, width=width)
            )
        )
    return stacked(panels, ORDER_VALUE_TITLE)


def order_value_note(frame: pa.Table) -> str:
    """The caption of the order value chart, which owns up to what it can't place."""
    undated = sum(row["order_count"] for row in frame.to_pylist() if row["month"] is None)
    return (
        f"{ORDER_VALUE_NOTE} {undated:,} without a date not shown." if undated else ORDER_VALUE_NOTE
    )


def receivables_chart(
    frame: pa.Table, *, width: int = 640, partial: Collection[str] = frozenset()
) -> Drawing:
    """Bars: what is owed by days past due, one panel per currency and vendor."""
    found = sorted(
        frame.to_pylist(),
        key=lambda row: (row["currency_code"] or "~", row["vendor"], row["bucket_order"]),
    )
    if not found:
        return look.nothing_yet(RECEIVABLES_TITLE, width=width)
    rows = [
        row
        | {
            "label": _BUCKETS[row["ageing_bucket"]][0],
            "colour": _BUCKETS[row["ageing_bucket"]][1],
            "value": float(row["open_amount"]),
            "text": f"{amount(row['open_amount'])} ({row['invoice_count']:,})",
        }
        for row in found
    ]
    beside = look.pixels([row["text"] for row in rows])
    panels = []
    for code, vendor in dict.fromkeys((row["currency_code"], row["vendor"]) for row in rows):
        panel = [r for r in rows if (r["currency_code"], r["vendor"]) == (code, vendor)]
        values = [row["value"] for row in rows if row["currency_code"] == code]
        total = amount(sum(row["open_amount"] for row in panel))
        panels.append(
            bars(
                panel,
                (min(0.0, *values), max(1.0, *values)),
                _BUCKET_COLOURS,
                width=width,
                beside=beside,
            ).properties(title=_title(code, panel, partial, width=width, total=total))
        )
    return stacked(panels, RECEIVABLES_TITLE)


def amount(number: Decimal) -> str:
    """An amount as one reads it in a chart: whole units; tables have the cents."""
    return f"{number:,.0f}"


def _months(panel: list[Row]) -> list[Row]:
    """The vendors of one currency added up per month."""
    added: dict[str, Row] = {}
    for row in panel:
        name = row["month"].strftime("%Y-%m")
        month = added.setdefault(name, {"month": name, "value": 0.0, "part": row["part"]})
        month["value"] += float(row["value_amount"])
        month["part"] = max(month["part"], row["part"], key=_LEAST_KNOWN_LAST.index)
    return [
        month | {"value": round(month["value"]), "part": MONTH_PARTS[month["part"]][0]}
        for month in sorted(added.values(), key=lambda month: str(month["month"]))
    ]


def _title(
    code: str | None, panel: list[Row], partial: Collection[str], *, width: int, total: str = ""
) -> list[str]:
    """The currency, whose amounts they are, and whether they are a part; in lines that fit."""
    vendors = sorted({row["vendor"] for row in panel})
    loading = [vendor for vendor in vendors if vendor in partial]
    called = f"{currency(code)} · {', '.join(vendors)}".capitalize() if code is None else ""
    called = called or f"{code} · {', '.join(vendors)}"
    if loading:
        called += " · incomplete"
        called += f" ({', '.join(loading)})" if len(vendors) > len(loading) else ""
    return textwrap.wrap(f"{called}: {total}" if total else called, width // 7)
