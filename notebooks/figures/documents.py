"""Documents: where they stand, how long they stay there, how many orders come in.

Counts are per vendor: one sale can stand in two of them.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa

from notebooks.figures.months import LAST_MONTHS, MONTHS, PART
from notebooks.figures.selection import EVERYTHING, SELECTED, Selection, table

_STAGES = """
SELECT vendor, document_type, stage, min(stage_order) AS stage_order, outcome,
  step IS NOT NULL AS has_step, count(*) AS documents
FROM selected
GROUP BY vendor, document_type, stage, outcome, has_step
ORDER BY vendor, document_type, stage_order NULLS LAST, stage NULLS LAST, outcome NULLS LAST,
  has_step DESC
"""

# a settled document stays in its last step for ever: that time says nothing
_TIME_IN_STEP = """
SELECT s.vendor, s.document_type,
  min(min(s.step)) OVER (PARTITION BY s.vendor, s.document_type, lower(s.step)) AS step,
  min(s.stage_order) AS stage_order,
  s.is_current AS is_still_there, count(*) AS stays,
  quantile_cont(s.days_in_step, 0.25) AS lower_quartile_days,
  median(s.days_in_step) AS median_days,
  quantile_cont(s.days_in_step, 0.75) AS upper_quartile_days
FROM sales.document_steps AS s JOIN selected USING (document_type, document_key)
WHERE s.step IS NOT NULL AND (NOT s.is_current OR coalesce(s.outcome, 'open') = 'open')
GROUP BY s.vendor, s.document_type, lower(s.step), s.is_current
ORDER BY s.vendor, s.document_type, stage_order NULLS LAST, lower(s.step), is_still_there
"""

_ORDERS_PER_MONTH = f"""
, orders AS (
  SELECT vendor, date_trunc('month', dated_on)::DATE AS month, count(*) AS orders
  FROM selected WHERE document_type = 'order' GROUP BY ALL
)
{MONTHS}
SELECT vendor, month, coalesce(orders, 0) AS orders, {PART}
FROM vendors CROSS JOIN months LEFT JOIN orders USING (vendor, month)
UNION ALL
SELECT vendor, NULL, orders, 'undated' FROM orders WHERE month IS NULL
ORDER BY vendor, month NULLS LAST
"""

_OLDEST_OPEN = """
SELECT q.quotation_number, q.customer_name,
  date_diff('day', q.created_on, $as_of::DATE) AS age_days, s.days_in_step,
  coalesce(q.sales_rep, q.rep) AS sales_rep, q.step, q.created_on, q.title,
  q.connection, q.vendor
FROM sales.quotations AS q
JOIN selected AS d ON d.document_type = 'quotation' AND d.document_key = q.quotation_key
LEFT JOIN sales.document_steps AS s
  ON s.document_type = 'quotation' AND s.document_key = q.quotation_key AND s.is_current
WHERE q.outcome = 'open'
ORDER BY q.created_on NULLS LAST, q.quotation_key
LIMIT $at_most
"""


def stages(con: duckdb.DuckDBPyConnection, selection: Selection = EVERYTHING) -> pa.Table:
    """How many documents stand in each stage; an unmapped step has neither stage nor outcome.

    A document without any step is told apart by `has_step`.
    """
    return table(con, SELECTED + _STAGES, selection)


def time_in_step(con: duckdb.DuckDBPyConnection, selection: Selection = EVERYTHING) -> pa.Table:
    """Quartiles of the days that documents stayed in each step, observed, per step.

    Stays that ended and stays that go on (days so far) are told apart: mixing them would make the
    steps where documents are stuck look quick. Settled documents don't count as staying.
    """
    return table(con, SELECTED + _TIME_IN_STEP, selection)


def orders_per_month(
    con: duckdb.DuckDBPyConnection, as_of: datetime, selection: Selection = EVERYTHING
) -> pa.Table:
    """Orders by the month they were made, gaps as 0; `part` says how much of a month is known.

    The last twelve months and the present one, unless the selection names a period. One row with
    an empty month counts orders without a date.
    """
    return table(
        con,
        SELECTED + _ORDERS_PER_MONTH,
        selection,
        as_of=as_of,
        last_months=LAST_MONTHS,
    )


def oldest_open_quotations(
    con: duckdb.DuckDBPyConnection,
    as_of: datetime,
    selection: Selection = EVERYTHING,
    *,
    at_most: int = 15,
) -> pa.Table:
    """The open quotations made longest ago, with who sold them and where they stand."""
    return table(con, SELECTED + _OLDEST_OPEN, selection, as_of=as_of, at_most=at_most)
