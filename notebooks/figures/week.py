"""What a sales manager asks first on a Monday: sums over all vendors, and what needs a call.

Each sale counts once, whichever systems hold it, and currencies are never added up.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa

from notebooks.figures.glance import OLD_AFTER_DAYS
from notebooks.figures.selection import DEALS, EVERYTHING, OWED, SELECTED, SOLD, Selection, table

_SALES = """
SELECT currency_code,
  sum(total_amount) FILTER (date_trunc('month', created_on) = date_trunc('month', $as_of::DATE))
    AS this_month_amount,
  count(*) FILTER (date_trunc('month', created_on) = date_trunc('month', $as_of::DATE))
    AS this_month_count,
  sum(total_amount) FILTER (created_on BETWEEN date_trunc('month', $as_of::DATE) - INTERVAL 1 MONTH
    AND $as_of::DATE - INTERVAL 1 MONTH) AS last_month_amount
FROM sold WHERE total_amount IS NOT NULL
GROUP BY currency_code
HAVING this_month_count > 0 OR last_month_amount IS NOT NULL
ORDER BY this_month_amount DESC NULLS LAST, currency_code
"""

_DEBTS = """
SELECT currency_code, sum(open_amount) AS open_amount,
  sum(open_amount) FILTER (days_overdue > 0) AS overdue_amount,
  count(*) FILTER (days_overdue > 0) AS overdue_count
FROM owed WHERE ageing_bucket IS NOT NULL
GROUP BY currency_code
ORDER BY overdue_amount DESC NULLS LAST, currency_code
"""

_DEALS = """
SELECT
  (SELECT count(*) FROM selected WHERE document_type = 'quotation' AND outcome = 'open')
    AS open_quotation_count,
  (SELECT count(*) FROM selected WHERE document_type = 'quotation' AND outcome = 'open'
    AND dated_on < $as_of::DATE - $old_after_days) AS old_quotation_count,
  count(*) FILTER (outcome = 'won' AND quotation_count > 0
    AND settled_on BETWEEN $as_of::DATE - 6 AND $as_of::DATE) AS won_count,
  count(*) FILTER (outcome = 'lost' AND quotation_count > 0
    AND settled_on BETWEEN $as_of::DATE - 6 AND $as_of::DATE) AS lost_count,
  (SELECT count(*) FROM sales.orders JOIN selected AS d
    ON d.document_type = 'order' AND d.document_key = order_key
    WHERE orders.outcome = 'open' AND delivered_on IS NULL AND orders.due_on < $as_of::DATE)
    AS late_order_count,
  (SELECT count(*) FROM selected WHERE document_type = 'work_order' AND outcome = 'open'
    AND due_on < $as_of::DATE) AS late_work_order_count,
  (SELECT count(*) FROM selected WHERE document_type IN ('order', 'work_order')
    AND outcome = 'open' AND due_on IS NOT NULL) AS dated_count
FROM deals
"""

_LATE_WORK = """
, late AS (
  SELECT 'Order' AS kind, o.vendor, o.order_number AS document_number, o.customer_name,
    coalesce(o.sales_rep, o.rep) AS sales_rep, o.step, o.due_on, o.order_key AS document_key
  FROM sales.orders AS o
  JOIN selected AS d ON d.document_type = 'order' AND d.document_key = o.order_key
  WHERE o.outcome = 'open' AND o.delivered_on IS NULL
  UNION ALL BY NAME
  SELECT 'Work order' AS kind, w.vendor, w.work_order_number AS document_number, w.customer_name,
    coalesce(d.sales_rep, d.rep) AS sales_rep, w.step, w.due_on, w.work_order_key AS document_key
  FROM sales.work_orders AS w
  JOIN selected AS d ON d.document_type = 'work_order' AND d.document_key = w.work_order_key
  WHERE w.outcome = 'open'
)
SELECT * EXCLUDE (document_key), date_diff('day', due_on, $as_of::DATE) AS late_days
FROM late WHERE due_on < $as_of::DATE
ORDER BY due_on, kind, document_key
LIMIT $at_most
"""

_OVERDUE = """
SELECT coalesce(customer_name, 'unnamed customer') AS customer_name, currency_code,
  sum(open_amount) AS overdue_amount, count(*) AS invoice_count, max(days_overdue) AS oldest_days,
  string_agg(DISTINCT vendor, ', ' ORDER BY vendor) AS vendors
FROM owed WHERE days_overdue > 0
GROUP BY customer_key, customer_name, currency_code
ORDER BY overdue_amount DESC, customer_name
LIMIT $at_most
"""


def sales(
    con: duckdb.DuckDBPyConnection, as_of: datetime, selection: Selection = EVERYTHING
) -> pa.Table:
    """What was sold this month and last month by this day, one row per currency."""
    return table(con, SELECTED + SOLD + _SALES, selection, as_of=as_of)


def debts(con: duckdb.DuckDBPyConnection, selection: Selection = EVERYTHING) -> pa.Table:
    """What customers owe and how much of it is overdue, one row per currency."""
    return table(con, SELECTED + OWED + _DEBTS, selection)


def week(
    con: duckdb.DuckDBPyConnection, as_of: datetime, selection: Selection = EVERYTHING
) -> pa.Table:
    """One row: open quotations, deals won and lost in seven days, what is past its due day."""
    query = SELECTED + DEALS + _DEALS
    return table(con, query, selection, as_of=as_of, old_after_days=OLD_AFTER_DAYS)


def late_work(
    con: duckdb.DuckDBPyConnection,
    as_of: datetime,
    selection: Selection = EVERYTHING,
    *,
    at_most: int = 8,
) -> pa.Table:
    """Open orders that have not gone out and open work orders past their due day, latest first."""
    return table(con, SELECTED + _LATE_WORK, selection, as_of=as_of, at_most=at_most)


def overdue_customers(
    con: duckdb.DuckDBPyConnection, selection: Selection = EVERYTHING, *, at_most: int = 8
) -> pa.Table:
    """Who owes what is overdue, per currency, the largest amounts first."""
    return table(con, SELECTED + OWED + _OVERDUE, selection, at_most=at_most)
