"""The figures as SQL, once: from a connection to a published file to an Arrow table.

Every figure that the notebooks and the report show comes from here, so they can't disagree. Counts
of documents are per vendor, as one sale can stand in several systems. Amounts are never added up
across currencies; across vendors only where a sale that stands in two systems counts once.
"""

from __future__ import annotations

from notebooks.figures.deals import (
    funnel,
    lead_times,
    quotation_ageing,
    top_customers,
    win_rates,
)
from notebooks.figures.documents import (
    oldest_open_quotations,
    orders_per_month,
    stages,
    time_in_step,
)
from notebooks.figures.glance import OLD_AFTER_DAYS, headline
from notebooks.figures.money import order_value, pipeline_value, receivables
from notebooks.figures.months import LAST_MONTHS
from notebooks.figures.selection import EVERYTHING, Selection
from notebooks.figures.sources import (
    audit_trend,
    choices,
    columns,
    drift,
    failing_checks,
    feeds,
    freshness,
    quarantine,
    runs,
    unmapped_steps,
)

__all__ = [
    "EVERYTHING",
    "LAST_MONTHS",
    "OLD_AFTER_DAYS",
    "Selection",
    "audit_trend",
    "choices",
    "columns",
    "drift",
    "failing_checks",
    "feeds",
    "freshness",
    "funnel",
    "headline",
    "lead_times",
    "oldest_open_quotations",
    "order_value",
    "orders_per_month",
    "pipeline_value",
    "quarantine",
    "quotation_ageing",
    "receivables",
    "runs",
    "stages",
    "time_in_step",
    "top_customers",
    "unmapped_steps",
    "win_rates",
]
