"""The charts, once: from a figure's table to an Altair chart, for the notebooks and the report.

No chart needs colour alone to be read, and an empty table gives a chart that says so. Counts of
documents are never added up over vendors, amounts never over currencies. A width, in CSS pixels,
holds for the whole drawing. The vendors in `partial`, whose past is still being loaded, are marked.
"""

from __future__ import annotations

from notebooks.charts.audits import AUDIT_TREND_NOTE, AUDIT_TREND_TITLE, audit_trend_chart
from notebooks.charts.deals import (
    FUNNEL_NOTE,
    FUNNEL_TITLE,
    QUOTATION_AGEING_NOTE,
    QUOTATION_AGEING_TITLE,
    WIN_RATE_NOTE,
    WIN_RATE_TITLE,
    funnel_chart,
    quotation_ageing_chart,
    win_rate_chart,
)
from notebooks.charts.documents import (
    DOCUMENT_TYPES,
    ORDERS_NOTE,
    ORDERS_TITLE,
    STAGES_NOTE,
    STAGES_TITLE,
    orders_note,
    orders_per_month_chart,
    stages_chart,
)
from notebooks.charts.money import (
    ORDER_VALUE_NOTE,
    ORDER_VALUE_TITLE,
    RECEIVABLES_NOTE,
    RECEIVABLES_TITLE,
    amount,
    order_value_chart,
    order_value_note,
    receivables_chart,
)
from notebooks.charts.parts import days
from notebooks.charts.times import (
    LEAD_TIMES_NOTE,
    LEAD_TIMES_TITLE,
    TIME_IN_STEP_NOTE,
    TIME_IN_STEP_TITLE,
    lead_times_chart,
    time_in_step_chart,
)

__all__ = [
    "AUDIT_TREND_NOTE",
    "AUDIT_TREND_TITLE",
    "DOCUMENT_TYPES",
    "FUNNEL_NOTE",
    "FUNNEL_TITLE",
    "LEAD_TIMES_NOTE",
    "LEAD_TIMES_TITLE",
    "ORDERS_NOTE",
    "ORDERS_TITLE",
    "ORDER_VALUE_NOTE",
    "ORDER_VALUE_TITLE",
    "QUOTATION_AGEING_NOTE",
    "QUOTATION_AGEING_TITLE",
    "RECEIVABLES_NOTE",
    "RECEIVABLES_TITLE",
    "STAGES_NOTE",
    "STAGES_TITLE",
    "TIME_IN_STEP_NOTE",
    "TIME_IN_STEP_TITLE",
    "WIN_RATE_NOTE",
    "WIN_RATE_TITLE",
    "amount",
    "audit_trend_chart",
    "days",
    "funnel_chart",
    "lead_times_chart",
    "order_value_chart",
    "order_value_note",
    "orders_note",
    "orders_per_month_chart",
    "quotation_ageing_chart",
    "receivables_chart",
    "stages_chart",
    "time_in_step_chart",
    "win_rate_chart",
]
