"""Deals: how far they come, how long open quotations wait, who wins, how long a sale takes.

A deal is one sale with all its documents, in whichever systems they stand.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa

from notebooks.figures.selection import DEALS, EVERYTHING, SELECTED, Selection, table

# a deal that began with an order has its own funnel: it would swell what quotations came to
_FUNNEL = """
, reached AS (
  SELECT vendor, quotation_count > 0 AS is_quoted, unnest([
    {'place': 1, 'reached': 'Quoted', 'outcome': 'all', 'is_there': quotation_count > 0},
    {'place': 2, 'reached': 'Open, no order yet', 'outcome': 'open',
     'is_there': phase = 'quotation' AND outcome = 'open'},
    {'place': 3, 'reached': 'Won, no order seen', 'outcome': 'won',
     'is_there': phase = 'quotation' AND outcome = 'won'},
    {'place': 4, 'reached': 'Lost before an order', 'outcome': 'lost',
     'is_there': phase = 'quotation' AND outcome = 'lost'},
    {'place': 5, 'reached': 'Step not mapped', 'outcome': 'unmapped',
     'is_there': phase = 'quotation' AND outcome IS NULL},
    {'place': 6, 'reached': 'Ordered', 'outcome': 'all', 'is_there': order_count > 0},
    {'place': 7, 'reached': 'Order cancelled', 'outcome': 'lost',
     'is_there': order_count > 0 AND coalesce(outcome = 'lost', FALSE)},
    {'place': 8, 'reached': 'Work order made', 'outcome': 'all', 'is_there': order_count > 0
      AND work_order_count > 0},
    {'place': 9, 'reached': 'Invoiced', 'outcome': 'all', 'is_there': order_count > 0
      AND invoice_count > 0}
  ], recursive := TRUE)
  FROM deals
), counted AS (
  SELECT vendor, is_quoted, place, reached, outcome, count(*) FILTER (is_there) AS deal_count
  FROM reached GROUP BY ALL
)
SELECT vendor, is_quoted, place, reached, outcome, deal_count,
  deal_count / first_value(deal_count) OVER (PARTITION BY vendor, is_quoted ORDER BY place) AS share
FROM counted
WHERE deal_count > 0 OR (is_quoted AND reached = 'Ordered')
ORDER BY vendor, is_quoted DESC, place
"""

_QUOTATION_AGEING = """
, aged AS (
  SELECT vendor, date_diff('day', dated_on, $as_of::DATE) AS age_days
  FROM selected WHERE document_type = 'quotation' AND outcome = 'open'
), bucketed AS (
  SELECT vendor, CASE WHEN age_days IS NULL THEN 6 WHEN age_days <= 7 THEN 1
    WHEN age_days <= 30 THEN 2 WHEN age_days <= 60 THEN 3 WHEN age_days <= 90 THEN 4 ELSE 5
    END AS bucket_order
  FROM aged
)
SELECT vendor, bucket_order, ['up to 7 days', '8 to 30 days', '31 to 60 days', '61 to 90 days',
    'over 90 days', 'no date'][bucket_order] AS age_bucket,
  count(b.bucket_order) AS quotation_count
FROM (SELECT DISTINCT vendor FROM bucketed) CROSS JOIN range(1, 7) AS r(bucket_order)
LEFT JOIN bucketed AS b USING (vendor, bucket_order)
GROUP BY vendor, bucket_order
HAVING bucket_order < 6 OR count(b.bucket_order) > 0
ORDER BY vendor, bucket_order
"""

_WIN_RATES = """
SELECT deals.vendor, any_value(r.sales_rep) AS sales_rep, count(*) AS deal_count,
  count(*) FILTER (outcome = 'open') AS open_count,
  count(*) FILTER (outcome = 'won') AS won_count,
  count(*) FILTER (outcome = 'lost') AS lost_count,
  won_count / nullif(won_count + lost_count, 0) AS win_rate,
  median(age_days) FILTER (outcome IN ('won', 'lost')) AS median_days_to_settle
FROM deals LEFT JOIN sales.sales_reps AS r USING (sales_rep_key)
WHERE deals.quotation_count > 0
GROUP BY deals.vendor, sales_rep_key
ORDER BY deals.vendor, deal_count DESC, sales_rep
"""

_LEAD_TIMES = """
, timed AS (
  SELECT t.vendor, unnest([
    {'span_order': 1, 'span': 'Quotation to order', 'days': days_quote_to_order,
     'is_asked': quoted_on IS NOT NULL},
    {'span_order': 2, 'span': 'Order to delivery', 'days': days_order_to_delivery,
     'is_asked': delivered_on IS NOT NULL},
    {'span_order': 3, 'span': 'Order to invoice', 'days': days_order_to_invoice,
     'is_asked': invoiced_on IS NOT NULL},
    {'span_order': 4, 'span': 'Late, past the due day', 'days': if(days_late > 0, days_late, NULL),
     'is_asked': days_late IS NOT NULL}
  ], recursive := TRUE)
  FROM sales.order_lead_times AS t
  JOIN selected AS d ON d.document_type = 'order' AND d.document_key = t.order_key
)
SELECT vendor, span_order, span, count(days) AS order_count, count(*) AS of_count,
  quantile_cont(days, 0.25) AS lower_quartile_days, median(days) AS median_days,
  quantile_cont(days, 0.75) AS upper_quartile_days
FROM timed WHERE is_asked
GROUP BY vendor, span_order, span
HAVING count(days) > 0
ORDER BY vendor, span_order
"""

_TOP_CUSTOMERS = """
, bought AS (
  SELECT currency_code, customer_key, max(customer_name) AS customer_name,
    string_agg(DISTINCT vendors, ', ' ORDER BY vendors) AS vendors,
    sum(order_count)::BIGINT AS order_count,
    sum(value_amount) AS value_amount, max(ordered_on) AS last_ordered_on
  FROM deals JOIN (
    SELECT deal_key, max(created_on) AS ordered_on FROM sales.orders
    WHERE outcome IS DISTINCT FROM 'lost' GROUP BY deal_key
  ) AS placed USING (deal_key)
  WHERE customer_key IS NOT NULL AND outcome IS DISTINCT FROM 'lost'
  GROUP BY currency_code, customer_key
)
SELECT currency_code, customer_name, vendors, order_count, value_amount, last_ordered_on
FROM bought
QUALIFY row_number() OVER (PARTITION BY currency_code
  ORDER BY value_amount DESC NULLS LAST, order_count DESC, customer_key) <= $at_most
ORDER BY currency_code NULLS LAST, value_amount DESC NULLS LAST, order_count DESC, customer_key
"""


def funnel(con: duckdb.DuckDBPyConnection, selection: Selection = EVERYTHING) -> pa.Table:
    """How many deals came how far, per vendor; those that began without a quotation apart.

    `share` is of the first row of the same funnel. `outcome` is "all" where deals of any are
    counted. What no deal came to is left out, but for orders of quotations.
    """
    return table(con, SELECTED + DEALS + _FUNNEL, selection)


def quotation_ageing(
    con: duckdb.DuckDBPyConnection, as_of: datetime, selection: Selection = EVERYTHING
) -> pa.Table:
    """Open quotations by their age in days at `as_of`; an age that none has counts 0."""
    return table(con, SELECTED + _QUOTATION_AGEING, selection, as_of=as_of)


def win_rates(con: duckdb.DuckDBPyConnection, selection: Selection = EVERYTHING) -> pa.Table:
    """Per vendor and rep: deals with a quotation, and the share won of those settled."""
    return table(con, SELECTED + DEALS + _WIN_RATES, selection)


def lead_times(con: duckdb.DuckDBPyConnection, selection: Selection = EVERYTHING) -> pa.Table:
    """Quartiles of the days between a sale's documents, per vendor; days late of late orders.

    `order_count` of `of_count`: the late ones among those with a due day that were delivered or are
    still open. Elsewhere both count orders whose days are known.
    """
    return table(con, SELECTED + _LEAD_TIMES, selection)


def top_customers(
    con: duckdb.DuckDBPyConnection, selection: Selection = EVERYTHING, *, at_most: int = 10
) -> pa.Table:
    """Who bought most, per currency; by number of orders where no vendor gives an amount.

    A sale counts once, for the customer of the system that says where it stands.
    """
    return table(con, SELECTED + DEALS + _TOP_CUSTOMERS, selection, at_most=at_most)
