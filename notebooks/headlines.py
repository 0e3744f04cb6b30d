"""The headline numbers in words: what each is called, and what puts it into proportion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notebooks.charts import days
from notebooks.figures import OLD_AFTER_DAYS


@dataclass(frozen=True)
class Reading:
    """One vendor's number, and what it compares with."""

    vendor: str
    value: str
    note: str


@dataclass(frozen=True)
class Headline:
    """One number that a sales manager looks for; vendors side by side, never added up."""

    label: str
    readings: tuple[Reading, ...]


def headlines(rows: Sequence[Mapping[str, Any]]) -> list[Headline]:
    """The rows of `figures.headline` by number, in the order in which a sale happens."""
    by_label: dict[str, list[Reading]] = {}
    for row in rows:
        for label, value, note in _said(row):
            by_label.setdefault(label, []).append(Reading(row["vendor"], value, note))
    return [Headline(label, tuple(readings)) for label, readings in by_label.items()]


def _said(row: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    waiting = row["median_days_in_step"]
    return [
        (
            "Open quotations",
            f"{row['open_quotations']:,}",
            f"{row['old_open_quotations']:,} older than {OLD_AFTER_DAYS} days",
        ),
        (
            "Days in step, median",
            "–" if waiting is None else days(waiting),
            "open quotations, so far",
        ),
        (
            "Won in 7 days",
            f"{row['quotations_won_in_7_days']:,}",
            f"quotations; {row['quotations_lost_in_7_days']:,} lost",
        ),
        (
            "Orders this month",
            f"{row['orders_this_month']:,}",
            f"{row['orders_last_month_by_this_day']:,} by this day last month"
            if row["is_last_month_covered"]
            else "last month not fully covered",
        ),
        (
            "Work orders in progress",
            f"{row['open_work_orders']:,}",
            f"{row['late_work_orders']:,} past their due day",
        ),
    ]
