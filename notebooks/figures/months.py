"""Months to count orders in, and how much of each is known: shared by counts and amounts."""

from __future__ import annotations

LAST_MONTHS = 12

# needs `selected`, `loading` and `orders` (vendor, month, …); gives `vendors` and `months`
MONTHS = """
, vendors AS (
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
"""

PART = """
  CASE WHEN months.month = date_trunc('month', $as_of::DATE) THEN 'so far'
       WHEN is_loading AND (is_in_part_uncovered OR months.month < coverage_since) THEN 'not loaded'
       WHEN months.month < coverage_since THEN 'before coverage'
       ELSE 'whole' END AS part
"""
