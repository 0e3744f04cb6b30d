"""The deals of the small fictional company: amounts, invoices and what is made of them, by SQL."""

from __future__ import annotations

_REP_KEY = "'r_' || md5({})"

SCHEMA = """
ALTER TABLE sales.quotations ADD deal_key VARCHAR;
ALTER TABLE sales.quotations ADD sales_rep_key VARCHAR;
ALTER TABLE sales.quotations ADD is_complete BOOLEAN;
ALTER TABLE sales.orders ADD deal_key VARCHAR;
ALTER TABLE sales.orders ADD sales_rep_key VARCHAR;
ALTER TABLE sales.orders ADD currency_code VARCHAR;
ALTER TABLE sales.orders ADD total_amount DECIMAL(18,4);
ALTER TABLE sales.orders ADD counted_amount DECIMAL(18,4);
ALTER TABLE sales.orders ADD delivered_on DATE;
ALTER TABLE sales.orders ADD is_twin BOOLEAN;
ALTER TABLE sales.orders ADD is_complete BOOLEAN;
ALTER TABLE sales.work_orders ADD deal_key VARCHAR;
ALTER TABLE sales.work_orders ADD is_complete BOOLEAN;
CREATE TABLE sales.sales_reps(sales_rep_key VARCHAR, sales_rep VARCHAR, vendors VARCHAR);
CREATE TABLE sales.invoices(invoice_key VARCHAR, vendor VARCHAR, connection VARCHAR,
  invoice_number VARCHAR, customer_key VARCHAR, customer_name VARCHAR, order_key VARCHAR,
  deal_key VARCHAR, invoiced_on DATE, due_on DATE, currency_code VARCHAR,
  total_amount DECIMAL(18,4), open_amount DECIMAL(18,4), is_void BOOLEAN, days_overdue INTEGER,
  ageing_bucket VARCHAR,
  is_complete BOOLEAN);
CREATE TABLE sales.sales_pipeline(deal_key VARCHAR, vendor VARCHAR, connection VARCHAR,
  vendors VARCHAR, customer_key VARCHAR, customer_name VARCHAR, title VARCHAR,
  sales_rep_key VARCHAR, sales_rep VARCHAR, phase VARCHAR, stage VARCHAR, stage_order INTEGER,
  outcome VARCHAR, opened_on DATE, settled_on DATE, age_days INTEGER,
  stage_entered_at TIMESTAMP, days_in_stage DOUBLE, currency_code VARCHAR,
  value_amount DECIMAL(18,4), quotation_count BIGINT, order_count BIGINT, work_order_count BIGINT,
  invoice_count BIGINT, leading_key VARCHAR, is_complete BOOLEAN);
CREATE TABLE sales.order_lead_times(order_key VARCHAR, vendor VARCHAR, connection VARCHAR,
  order_number VARCHAR, customer_name VARCHAR, quoted_on DATE, ordered_on DATE, due_on DATE,
  delivered_on DATE, invoiced_on DATE,
  days_quote_to_order INTEGER, days_order_to_delivery INTEGER, days_order_to_invoice INTEGER,
  days_late INTEGER, is_complete BOOLEAN);
CREATE TABLE ops.audit_results(run_id VARCHAR, checked_at TIMESTAMP, vendor VARCHAR,
  check_name VARCHAR, kind VARCHAR, severity VARCHAR, table_name VARCHAR, status VARCHAR,
  failing_rows BIGINT, examples JSON, query VARCHAR, detail VARCHAR);
CREATE TABLE ops.quarantine(connection VARCHAR, vendor VARCHAR, table_name VARCHAR,
  reason VARCHAR, column_names VARCHAR, rows_open BIGINT, rows_resolved BIGINT,
  first_received_at TIMESTAMP, last_received_at TIMESTAMP);
CREATE TABLE ops.drift(connection VARCHAR, vendor VARCHAR, table_name VARCHAR, field VARCHAR,
  first_seen_at TIMESTAMP, last_seen_at TIMESTAMP, rows_seen BIGINT);
CREATE TABLE ops.runs(run_id VARCHAR, started_at TIMESTAMP, finished_at TIMESTAMP,
  outcome VARCHAR, exit_code INTEGER, penstock_version VARCHAR, seconds JSON, message VARCHAR);
"""

# a won quotation led to the next order that was made no earlier
_DEALS = f"""
UPDATE sales.quotations SET sales_rep_key = {_REP_KEY.format("sales_rep")}, is_complete = TRUE,
  deal_key = 'q' || quotation_number;
UPDATE sales.orders SET sales_rep_key = {_REP_KEY.format("sales_rep")}, is_complete = TRUE,
  deal_key = 'o' || order_number, is_twin = FALSE,
  currency_code = CASE order_number::INTEGER % 7 WHEN 0 THEN 'USD' WHEN 3 THEN NULL ELSE 'CAD' END,
  total_amount = CASE WHEN order_number::INTEGER % 7 = 3 THEN NULL
    ELSE 400 + order_number::INTEGER * 7919 % 52000 + 0.37 END,
  delivered_on = CASE WHEN outcome = 'won' THEN created_on + order_number::INTEGER * 31 % 57 END;
UPDATE sales.orders SET counted_amount = total_amount;
UPDATE sales.orders SET deal_key = pair.deal_key FROM (
  SELECT o.order_key, q.deal_key
  FROM (SELECT *, 4 + row_number() OVER (ORDER BY created_on DESC, order_number) AS r
        FROM sales.orders WHERE order_number::INTEGER % 5 > 0) AS o
  JOIN (SELECT *, row_number() OVER (ORDER BY created_on DESC, quotation_number) AS r
        FROM sales.quotations WHERE outcome = 'won') AS q USING (r)
  WHERE o.created_on >= q.created_on) AS pair
WHERE pair.order_key = orders.order_key;
INSERT INTO sales.sales_reps SELECT sales_rep_key, min(sales_rep), 'cienapps'
FROM sales.quotations GROUP BY ALL;
INSERT INTO sales.invoices
SELECT connection || chr(31) || 'i' || order_number, vendor, connection, 'I' || order_number,
  customer_key, customer_name, order_key, deal_key, invoiced_on, due_on, currency_code,
  total_amount, if(n % 3 = 0, 0, round(total_amount / (1 + n % 2), 2)), n % 23 = 0, NULL, NULL, TRUE
FROM (SELECT *, order_number::INTEGER AS n, coalesce(delivered_on, created_on + 20) AS invoiced_on,
    CASE WHEN n % 17 = 0 THEN NULL ELSE invoiced_on + 30 END AS due_on
  FROM sales.orders WHERE outcome = 'won' AND total_amount IS NOT NULL);
UPDATE sales.invoices SET days_overdue = date_diff('day', due_on, $as_of::DATE),
  ageing_bucket = CASE WHEN due_on IS NULL THEN 'no due date'
  WHEN due_on >= $as_of::DATE THEN 'not due' WHEN due_on >= $as_of::DATE - 30 THEN '1-30'
  WHEN due_on >= $as_of::DATE - 60 THEN '31-60' WHEN due_on >= $as_of::DATE - 90 THEN '61-90'
  ELSE 'over 90' END WHERE NOT is_void AND open_amount <> 0;
"""

_PIPELINE = """
INSERT INTO sales.sales_pipeline
WITH documents AS (
  SELECT 'quotation' AS phase, quotation_key AS document_key, * FROM sales.quotations
  UNION ALL BY NAME
  SELECT 'order' AS phase, order_key AS document_key, * FROM sales.orders
), led AS (
  SELECT * FROM documents
  QUALIFY row_number() OVER (PARTITION BY deal_key ORDER BY phase = 'order' DESC, document_key) = 1
), counted AS (
  SELECT deal_key, min(created_on) AS opened_on, count(quotation_key) AS quotation_count,
    count(order_key) AS order_count FROM documents GROUP BY deal_key
)
SELECT deal_key, vendor, connection, vendor, customer_key, customer_name, title, sales_rep_key,
  sales_rep, phase, stage, stage_order, if(phase = 'order' AND outcome = 'open', 'won', outcome),
  opened_on, if(outcome = 'open', NULL, opened_on + 5 + stage_order) AS settled_on,
  date_diff('day', opened_on, coalesce(settled_on, $as_of::DATE)), step_entered_at,
  epoch($as_of::TIMESTAMP - step_entered_at) / 86400,
  currency_code, total_amount, c.quotation_count, order_count,
  (SELECT count(*) FROM sales.work_orders AS w WHERE w.order_key = led.order_key),
  (SELECT count(*) FROM sales.invoices AS i WHERE i.deal_key = led.deal_key AND NOT is_void),
  document_key, is_complete
FROM led JOIN counted AS c USING (deal_key);
INSERT INTO sales.order_lead_times
SELECT o.order_key, o.vendor, o.connection, o.order_number, o.customer_name, q.created_on,
  o.created_on, o.due_on, o.delivered_on,
  i.invoiced_on, date_diff('day', q.created_on, o.created_on),
  date_diff('day', o.created_on, o.delivered_on), date_diff('day', o.created_on, i.invoiced_on),
  CASE WHEN o.delivered_on IS NOT NULL THEN date_diff('day', o.due_on, o.delivered_on)
    WHEN o.outcome = 'open' THEN date_diff('day', o.due_on, $as_of::DATE) END, TRUE
FROM sales.orders AS o LEFT JOIN sales.quotations AS q USING (deal_key)
LEFT JOIN sales.invoices AS i ON i.order_key = o.order_key;
"""

# thirty audits, a check that began to fail, one that was mended, one that could not be evaluated
_OPS = """
INSERT INTO ops.audit_results
SELECT 'run' || lpad(d::VARCHAR, 3, '0'), $as_of::TIMESTAMP - to_days(40 - d), 'cienapps',
  c.check_name, 'fact', c.severity, 'orders',
  CASE WHEN c.check_name = 'due after made' AND d > 33 THEN 'fail'
       WHEN c.check_name = 'one row per key' AND d = 20 THEN 'fail'
       WHEN c.check_name = 'rows as before' AND d = 40 THEN 'error' ELSE 'pass' END AS status,
  if(status = 'fail', d, NULL), '[]', 'SELECT 1', if(status = 'fail', $nasty, NULL)
FROM range(1, 41) AS days(d), (VALUES ('one row per key', 'critical'), ('due after made',
  'warning'), ('rows as before', 'critical')) AS c(check_name, severity);
INSERT INTO ops.quarantine VALUES
  ('cienapps', 'cienapps', 'orders', 'not a date', 'DueDate', 3, 1, $as_of, $as_of),
  ('cienapps', 'cienapps', 'quotations', $nasty, 'Total', 0, 2, $as_of, $as_of);
INSERT INTO ops.drift VALUES
  ('cienapps', 'cienapps', 'orders', $nasty, $covered, $as_of, 12);
INSERT INTO ops.runs SELECT 'run' || lpad(d::VARCHAR, 3, '0'), $as_of::TIMESTAMP - to_days(40 - d),
  $as_of::TIMESTAMP - to_days(40 - d) + INTERVAL 42 SECOND, if(d = 20, 'refused', 'published'),
  if(d = 20, 3, 0), '0.1.0', '{}', if(d = 20, 'refused: one row per key', '')
FROM range(1, 41) AS days(d);
"""

SCRIPTS = (_DEALS, _PIPELINE, _OPS)
