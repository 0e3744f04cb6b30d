"""The figures as SQL, once: from a connection to a published file to an Arrow table.

Every figure that the notebooks and the report show comes from here, so they can't disagree. All are
counts and times; Penstock shows no sums of money where currencies could mix, and never adds one
vendor's documents to another's: one sale can stand in both, so every figure is per vendor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa

LAST_MONTHS = 12
OLD_AFTER_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which documents a figure is about; the default is all of them.

    Attributes:
        connections: names of connections; none means every one.
        people: documents these people sold or answer for; none means everyone's.
        since: first day, inclusive, of `created_on`. A work order goes with its order's day (the
            day it was first seen where the order is unknown).
        until: last day, inclusive. A document without a date is in no bounded period.
    """

    connections: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    def parameters(self) -> dict[str, object]:
        """The parameters that `_SELECTED` names."""
        return {
            "connections": list(self.connections),
            "people": list(self.people),
            "since": self.since,
            "until": self.until,
        }


EVERYTHING = Selection()

_SELECTED = """
WITH documents AS (
  SELECT 'quotation' AS document_type, quotation_key AS document_key, vendor, connection,
    sales_rep, rep, created_on AS dated_on, NULL::DATE AS due_on, step, stage, stage_order,
    outcome, coverage_since
  FROM sales.quotations
  UNION ALL BY NAME
  SELECT 'order' AS document_type, order_key AS document_key, vendor, connection, sales_rep, rep,
    created_on AS dated_on, due_on, step, stage, stage_order, outcome, coverage_since
  FROM sales.orders
  UNION ALL BY NAME
  SELECT 'work_order' AS document_type, w.work_order_key AS document_key, w.vendor, w.connection,
    o.sales_rep, o.rep, coalesce(o.created_on, w.first_seen_at::DATE) AS dated_on, w.due_on,
    w.step, w.stage, w.stage_order, w.outcome, w.coverage_since
  FROM sales.work_orders AS w LEFT JOIN sales.orders AS o USING (order_key)
), selected AS (
  SELECT * FROM documents
  WHERE (len($connections::VARCHAR[]) = 0 OR list_contains($connections::VARCHAR[], connection))
    AND (len($people::VARCHAR[]) = 0 OR list_has_any($people::VARCHAR[], [sales_rep, rep]))
    AND ($since::DATE IS NULL OR dated_on >= $since::DATE)
    AND ($until::DATE IS NULL OR dated_on <= $until::DATE)
), loading AS (
  SELECT DISTINCT vendor FROM ops.coverage
  WHERE backfill_share < 1
    AND (len($connections::VARCHAR[]) = 0 OR list_contains($connections::VARCHAR[], connection))
)
"""

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

_ORDERS_PER_MONTH = """
, orders AS (
  SELECT vendor, date_trunc('month', dated_on)::DATE AS month, count(*) AS orders
  FROM selected WHERE document_type = 'order' GROUP BY ALL
), vendors AS (
  SELECT vendor, max(coverage_since) AS coverage_since,
    bool_or(coverage_since IS NULL) AS is_in_part_uncovered, vendor IN (FROM loading) AS is_loading
  FROM selected WHERE document_type = 'order' GROUP BY vendor
), bounds AS (
  SELECT date_trunc('month', coalesce($until::DATE, $as_of::DATE)) AS last_month,
    greatest(min(month), date_trunc('month', coalesce($since::DATE,
      $as_of::DATE - to_months($last_months)))) AS first_month
  FROM orders HAVING min(month) IS NOT NULL
), months AS (
  SELECT unnest(generate_series(first_month, last_month, INTERVAL 1 MONTH))::DATE AS month
  FROM bounds
)
SELECT vendor, month, coalesce(orders, 0) AS orders,
  CASE WHEN month = date_trunc('month', $as_of::DATE) THEN 'so far'
       WHEN is_loading AND (is_in_part_uncovered OR month < coverage_since) THEN 'not loaded'
       WHEN month < coverage_since THEN 'before coverage'
       ELSE 'whole' END AS part
FROM vendors CROSS JOIN months LEFT JOIN orders USING (vendor, month)
UNION ALL
SELECT vendor, NULL, orders, 'undated' FROM orders WHERE month IS NULL
ORDER BY vendor, month NULLS LAST
"""

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

_OLDEST_OPEN = """
SELECT q.vendor, q.connection, q.quotation_number, q.customer_name, q.title,
  coalesce(q.sales_rep, q.rep) AS sales_rep, q.step, q.created_on,
  date_diff('day', q.created_on, $as_of::DATE) AS age_days, s.days_in_step
FROM sales.quotations AS q
JOIN selected AS d ON d.document_type = 'quotation' AND d.document_key = q.quotation_key
LEFT JOIN sales.document_steps AS s
  ON s.document_type = 'quotation' AND s.document_key = q.quotation_key AND s.is_current
WHERE q.outcome = 'open'
ORDER BY q.created_on NULLS LAST, q.quotation_key
LIMIT $at_most
"""

_FEEDS = """
FROM ops.freshness FULL JOIN ops.coverage USING (vendor, connection, table_name)
ORDER BY vendor, connection, table_name
"""

_CHOICES = """
SELECT 'connection' AS kind, connection AS choice FROM documents
UNION SELECT 'person', unnest([sales_rep, rep]) FROM documents
ORDER BY kind, choice
"""


def stages(con: duckdb.DuckDBPyConnection, selection: Selection = EVERYTHING) -> pa.Table:
    """How many documents stand in each stage; an unmapped step has neither stage nor outcome.

    A document without any step is told apart by `has_step`.
    """
    return _table(con, _SELECTED + _STAGES, selection)


def time_in_step(con: duckdb.DuckDBPyConnection, selection: Selection = EVERYTHING) -> pa.Table:
    """Quartiles of the days that documents stayed in each step, observed, per step.

    Stays that ended and stays that go on (days so far) are told apart: mixing them would make the
    steps where documents are stuck look quick. Settled documents don't count as staying.
    """
    return _table(con, _SELECTED + _TIME_IN_STEP, selection)


def orders_per_month(
    con: duckdb.DuckDBPyConnection, as_of: datetime, selection: Selection = EVERYTHING
) -> pa.Table:
    """Orders by the month they were made, gaps as 0; `part` says how much of a month is known.

    The last twelve months and the present one, unless the selection names a period. One row with
    an empty month counts orders without a date.
    """
    return _table(
        con,
        _SELECTED + _ORDERS_PER_MONTH,
        selection,
        as_of=as_of,
        last_months=LAST_MONTHS,
    )


def headline(
    con: duckdb.DuckDBPyConnection, as_of: datetime, selection: Selection = EVERYTHING
) -> pa.Table:
    """One row of headline numbers per vendor; documents in unmapped steps count as nothing."""
    return _table(con, _SELECTED + _HEADLINE, selection, as_of=as_of, old_after_days=OLD_AFTER_DAYS)


def oldest_open_quotations(
    con: duckdb.DuckDBPyConnection,
    as_of: datetime,
    selection: Selection = EVERYTHING,
    *,
    at_most: int = 15,
) -> pa.Table:
    """The open quotations made longest ago, with who sold them and where they stand."""
    return _table(con, _SELECTED + _OLDEST_OPEN, selection, as_of=as_of, at_most=at_most)


def feeds(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Per source table: when it was last read and changed, and since when it is complete."""
    return con.execute(_FEEDS).to_arrow_table()


def unmapped_steps(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Steps that `maps/steps.csv` doesn't name yet, most documents first."""
    return con.execute(
        "SELECT vendor, connection, document_type, step, documents FROM ops.unmapped_steps "
        "ORDER BY documents DESC, vendor, connection, document_type, step"
    ).to_arrow_table()


def choices(con: duckdb.DuckDBPyConnection) -> tuple[list[str], list[str]]:
    """What a reader can choose from: the connections and the people that documents name."""
    rows = con.execute(_SELECTED + _CHOICES, EVERYTHING.parameters()).fetchall()
    named = [(kind, choice) for kind, choice in rows if choice is not None]
    return (
        [choice for kind, choice in named if kind == "connection"],
        [choice for kind, choice in named if kind == "person"],
    )


def _table(
    con: duckdb.DuckDBPyConnection, query: str, selection: Selection, **values: Any
) -> pa.Table:
    return con.execute(query, {**selection.parameters(), **values}).to_arrow_table()
