"""The numbers that stand above everything else."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa

from notebooks.figures.selection import EVERYTHING, SELECTED, Selection, table

OLD_AFTER_DAYS = 30

_HEADLINE = """
, counted AS (
  SELECT vendor, list_sort(list(DISTINCT document_type)) AS document_types,
    count(*) FILTER (document_type = 'quotation' AND outcome = 'open') AS open_quotations,
    count(*) FILTER (document_type = 'quotation' AND outcome = 'open'
      AND dated_on < $as_of::DATE - $old_after_days) AS old_open_quotations,
    count(*) FILTER (document_type = 'order'
      AND date_trunc('month', dated_on) = date_trunc('month', $as_of::DATE)) AS orders_this_month,
    count(*) FILTER (document_type = 'order'
      AND dated_on BETWEEN date_trunc('month', $as_of::DATE) - INTERVAL 1 MONTH
                       AND $as_of::DATE - INTERVAL 1 MONTH) AS orders_last_month_by_this_day,
    coalesce(max(coverage_since) FILTER (document_type = 'order')
        <= date_trunc('month', $as_of::DATE) - INTERVAL 1 MONTH, vendor NOT IN (FROM loading))
      AND NOT (vendor IN (FROM loading)
        AND coalesce(bool_or(coverage_since IS NULL) FILTER (document_type = 'order'), TRUE))
      AS is_last_month_covered,
    count(*) FILTER (document_type = 'work_order' AND outcome = 'open') AS open_work_orders,
    count(*) FILTER (document_type = 'work_order' AND outcome = 'open'
      AND due_on < $as_of::DATE) AS late_work_orders
  FROM selected GROUP BY vendor
), stays AS (
  SELECT s.*, d.dated_on > d.coverage_since::DATE AS is_seen_from_its_first_day,
    lag(s.outcome) OVER (PARTITION BY document_type, document_key ORDER BY step_number)
      AS outcome_before
  FROM sales.document_steps AS s JOIN selected AS d USING (document_type, document_key)
  WHERE document_type = 'quotation'
), moved AS (
  SELECT *, entered_at > $as_of::TIMESTAMP - INTERVAL 7 DAY
      AND outcome IS DISTINCT FROM outcome_before
      AND (step_number > 1 OR is_seen_from_its_first_day) AS is_news
  FROM stays
), stepped AS (
  SELECT vendor,
    count(DISTINCT document_key) FILTER (is_news AND outcome = 'won') AS quotations_won_in_7_days,
    count(DISTINCT document_key) FILTER (is_news AND outcome = 'lost') AS quotations_lost_in_7_days,
    median(days_in_step) FILTER (is_current AND outcome = 'open') AS median_days_in_step
  FROM moved GROUP BY vendor
)
SELECT counted.*, coalesce(quotations_won_in_7_days, 0) AS quotations_won_in_7_days,
  coalesce(quotations_lost_in_7_days, 0) AS quotations_lost_in_7_days, median_days_in_step
FROM counted LEFT JOIN stepped USING (vendor)
ORDER BY vendor
"""


def headline(
    con: duckdb.DuckDBPyConnection, as_of: datetime, selection: Selection = EVERYTHING
) -> pa.Table:
    """One row of headline numbers per vendor; documents in unmapped steps count as nothing."""
    return table(con, SELECTED + _HEADLINE, selection, as_of=as_of, old_after_days=OLD_AFTER_DAYS)
