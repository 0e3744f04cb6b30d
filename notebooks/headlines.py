"""The headline numbers in words: what each is called, and what puts it into proportion."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notebooks.charts import days
from notebooks.figures import OLD_AFTER_DAYS


@dataclass(frozen=True)
class Reading:
    """One vendor's number, what it compares with, and whether it counts a part only."""

    vendor: str
    value: str
    note: str
    is_partial: bool = False

    @property
    def caption(self) -> str:
        """What stands under the number."""
        return f"incomplete, still loading; {self.note}" if self.is_partial else self.note


@dataclass(frozen=True)
class Headline:
    """One number that a sales manager looks for; vendors side by side, never added up."""

    label: str
    readings: tuple[Reading, ...]


def headlines(
    rows: Sequence[Mapping[str, Any]], partial: Collection[str] = frozenset()
) -> list[Headline]:
    """The rows of `figures.headline` by number, in the order in which a sale happens.

    Args:
        rows: one per vendor.
        partial: the vendors whose past is still being loaded.
    """
    by_label: dict[str, list[Reading]] = {}
    for row in rows:
        for kind, label, value, note in _said(row):
            if kind not in row["document_types"]:
                continue  # a shop without quotations has not won none of them
            reading = Reading(row["vendor"], value, note, is_partial=row["vendor"] in partial)
            by_label.setdefault(label, []).append(reading)
    return [Headline(label, tuple(readings)) for label, readings in by_label.items()]


def _said(row: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Kind of document, label, number and note."""
    waiting = row["median_days_in_step"]
    return [
        (
            "quotation",
            "Open quotations",
            f"{row['open_quotations']:,}",
            f"{row['old_open_quotations']:,} older than {OLD_AFTER_DAYS} days",
        ),
        (
            "quotation",
            "Days in step, median",
            "–" if waiting is None else days(waiting),
            "open quotations, so far",
        ),
        (
            "quotation",
            "Won in 7 days",
            f"{row['quotations_won_in_7_days']:,}",
            f"quotations; {row['quotations_lost_in_7_days']:,} lost",
        ),
        (
            "order",
            "Orders this month",
            f"{row['orders_this_month']:,}",
            f"{row['orders_last_month_by_this_day']:,} by this day last month"
            if row["is_last_month_covered"]
            else "last month not fully covered",
        ),
        (
            "work_order",
            "Work orders in progress",
            f"{row['open_work_orders']:,}",
            f"{row['late_work_orders']:,} past their due day",
        ),
    ]
