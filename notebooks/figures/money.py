"""Money: never a sum across currencies, and a sale that stands in two systems counts once."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa

from notebooks.figures.months import LAST_MONTHS, MONTHS, PART
from notebooks.figures.selection import (
    DEALS,
    EVERYTHING,
    OWED,
    SELECTED,
    SOLD,
    Selection,
    table,
)

_ORDER_VALUE = f"""
, orders AS (
  SELECT vendor, currency_code, date_trunc('month', created_on)::DATE AS month,
    count(*) AS order_count, sum(total_amount) AS value_amount
  FROM sold WHERE total_amount IS NOT NULL GROUP BY ALL
)
{MONTHS}
SELECT v.vendor, v.currency_code, months.month, coalesce(o.order_count, 0) AS order_count,
  coalesce(o.value_amount, 0) AS value_amount, {PART}
FROM (SELECT DISTINCT vendor, currency_code FROM orders) AS v
JOIN vendors USING (vendor) CROSS JOIN months
LEFT JOIN orders AS o ON o.vendor = v.vendor AND o.month = months.month
  AND o.currency_code IS NOT DISTINCT FROM v.currency_code
UNION ALL
SELECT vendor, currency_code, NULL, order_count, value_amount, 'undated'
FROM orders WHERE month IS NULL
ORDER BY vendor, currency_code NULLS LAST, month NULLS LAST
"""

_RECEIVABLES = """
SELECT vendor, currency_code, ageing_bucket,
  list_position(['not due', '1-30', '31-60', '61-90', 'over 90', 'no due date'], ageing_bucket)
    AS bucket_order,
  count(*) AS invoice_count, sum(open_amount) AS open_amount
FROM owed WHERE open_amount <> 0
GROUP BY vendor, currency_code, ageing_bucket
ORDER BY vendor, currency_code NULLS LAST, bucket_order
"""

_PIPELINE_VALUE = """
, running AS (
  SELECT 'quotation' AS phase, deal_key, currency_code, value_amount FROM deals
  WHERE phase = 'quotation' AND outcome = 'open'
  UNION ALL BY NAME
  SELECT 'order' AS phase, deal_key, currency_code, sum(total_amount) AS value_amount FROM sold
  WHERE outcome = 'open' GROUP BY deal_key, currency_code
)
SELECT phase, currency_code, count(*) AS deal_count, count(value_amount) AS valued_count,
  sum(value_amount) AS value_amount
FROM running
GROUP BY phase, currency_code
ORDER BY phase DESC, currency_code NULLS LAST
"""


def order_value(
    con: duckdb.DuckDBPyConnection, as_of: datetime, selection: Selection = EVERYTHING
) -> pa.Table:
    """What orders come to by vendor, currency and the month they were made, gaps as 0.

    Cancelled orders and orders without an amount don't count, nor does one that another system's
    order stands for: so the vendors of a currency can be added up. Months and `part` as in
    `orders_per_month`; a row with an empty month has what is without a date.
    """
    return table(
        con,
        SELECTED + SOLD + _ORDER_VALUE,
        selection,
        as_of=as_of,
        last_months=LAST_MONTHS,
    )


def receivables(con: duckdb.DuckDBPyConnection, selection: Selection = EVERYTHING) -> pa.Table:
    """What is still owed by vendor, currency and days past due, as of the build's day (UTC)."""
    return table(con, SELECTED + OWED + _RECEIVABLES, selection)


def pipeline_value(con: duckdb.DuckDBPyConnection, selection: Selection = EVERYTHING) -> pa.Table:
    """Deals that are going on, by phase and currency, with what they come to.

    In phase "quotation" nothing is ordered yet, and no vendor says what it would come to; in phase
    "order" the orders still open count. `valued_count` deals have an amount.
    """
    return table(con, SELECTED + DEALS + SOLD + _PIPELINE_VALUE, selection)
