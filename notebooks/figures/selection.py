"""Which documents and deals a figure is about, as SQL that every figure begins with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which documents a figure is about; the default is all of them.

    Attributes:
        connections: names of connections; none means every one. A deal goes with its leading
            document.
        people: documents these people sold or answer for, and deals with such a quotation or
            order; none means everyone's. Case, accents and punctuation don't matter.
        since: first day, inclusive, of `created_on`, a deal's `opened_on`, an invoice's
            `invoiced_on`. A work order goes with its order's day (the day it was first seen where
            the order is unknown).
        until: last day, inclusive. A document without a date is in no bounded period.
    """

    connections: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    def parameters(self) -> dict[str, object]:
        """The parameters that `SELECTED` names."""
        return {
            "connections": list(self.connections),
            "people": list(self.people),
            "since": self.since,
            "until": self.until,
        }


EVERYTHING = Selection()

FOLDED = "regexp_replace(lower(strip_accents({})), '[^\\p{{L}}\\p{{N}}]', '', 'g')"
_CONNECTED = (
    "(len($connections::VARCHAR[]) = 0 OR list_contains($connections::VARCHAR[], {}connection))"
)
_MADE = (
    "($since::DATE IS NULL OR {0} >= $since::DATE)"
    " AND ($until::DATE IS NULL OR {0} <= $until::DATE)"
)

# `selected` documents, and the vendors whose past is `loading`
SELECTED = f"""
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
), people AS (
  SELECT list({FOLDED.format("person")}) AS folded
  FROM (SELECT unnest($people::VARCHAR[]) AS person)
), theirs AS (
  SELECT * FROM documents
  WHERE len($people::VARCHAR[]) = 0 OR list_has_any((SELECT folded FROM people),
    [{FOLDED.format("sales_rep")}, {FOLDED.format("rep")}])
), selected AS (
  SELECT * FROM theirs WHERE {_CONNECTED.format("")} AND {_MADE.format("dated_on")}
), loading AS (
  SELECT DISTINCT vendor FROM ops.coverage WHERE backfill_share < 1 AND {_CONNECTED.format("")}
)
"""

_THEIR_DEALS = """
SELECT deal_key FROM sales.quotations
WHERE quotation_key IN (SELECT document_key FROM theirs WHERE document_type = 'quotation')
UNION ALL
SELECT deal_key FROM sales.orders
WHERE order_key IN (SELECT document_key FROM theirs WHERE document_type = 'order')
"""

# the selected `deals`
DEALS = f"""
, deals AS (
  SELECT * FROM sales.sales_pipeline
  WHERE {_CONNECTED.format("")} AND {_MADE.format("opened_on")}
    AND (len($people::VARCHAR[]) = 0 OR deal_key IN ({_THEIR_DEALS}))
)
"""

# the selected orders that a sale's amount is counted from, so that each sale counts once; all of
# them where one connection alone is asked
SOLD = """
, sold AS (
  SELECT o.* FROM sales.orders AS o
  JOIN selected AS d ON d.document_type = 'order' AND d.document_key = o.order_key
  WHERE o.outcome IS DISTINCT FROM 'lost'
    AND NOT (o.is_twin AND o.deal_key IN
      (SELECT deal_key FROM sales.sales_pipeline WHERE outcome = 'lost'))
    AND (len($connections::VARCHAR[]) = 1
    OR o.counted_amount IS NOT NULL
    OR NOT o.is_twin AND o.deal_key NOT IN
      (SELECT deal_key FROM sales.orders WHERE counted_amount IS NOT NULL))
)
"""

# the selected invoices that somebody owes or owed
OWED = f"""
, owed AS (
  SELECT * FROM sales.invoices
  WHERE NOT is_void AND {_CONNECTED.format("")} AND {_MADE.format("invoiced_on")}
    AND (len($people::VARCHAR[]) = 0 OR deal_key IN ({_THEIR_DEALS}))
)
"""


def table(
    con: duckdb.DuckDBPyConnection, query: str, selection: Selection, **values: Any
) -> pa.Table:
    """The answer to a query that begins with `SELECTED`."""
    return con.execute(query, {**selection.parameters(), **values}).to_arrow_table()
