"""A published file by SQL: a small fictional company in the shape the model publishes.

Deterministic (everything follows from document numbers), so a figure can be pinned. It carries what
breaks pages: a customer whose name is a script, a step that no mapping knows, open and finished
stays, a document without a date.
"""

from __future__ import annotations

import json
import shutil
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from notebooks.published import opened

from . import published_deals as deals

AS_OF = datetime.fromisoformat("2025-03-10T07:05")  # a Monday
COVERED_SINCE = datetime.fromisoformat("2024-11-18T09:00")
NASTY_NAME = "<script>alert(1)</script> & \"Söhne\" 'Ltd'"
UNMAPPED_STEP = "99 - <b>ON HOLD</b>"

_SCHEMA = """
CREATE SCHEMA sales; CREATE SCHEMA ops;
CREATE TABLE sales.quotations(quotation_key VARCHAR, vendor VARCHAR, connection VARCHAR,
  quotation_number VARCHAR, customer_key VARCHAR, customer_name VARCHAR, title VARCHAR,
  reference VARCHAR, purchase_order VARCHAR, sales_rep VARCHAR, rep VARCHAR, created_on DATE,
  validated_on DATE, closed_on DATE, step VARCHAR, stage VARCHAR, stage_order INTEGER,
  outcome VARCHAR, first_seen_at TIMESTAMP, step_entered_at TIMESTAMP, changed_at TIMESTAMP,
  coverage_since TIMESTAMP);
CREATE TABLE sales.orders(order_key VARCHAR, vendor VARCHAR, connection VARCHAR,
  order_number VARCHAR, customer_key VARCHAR, customer_name VARCHAR, title VARCHAR,
  reference VARCHAR, purchase_order VARCHAR, sales_rep VARCHAR, rep VARCHAR, created_on DATE,
  due_on DATE, quotation_count BIGINT, work_order_count BIGINT, step VARCHAR, stage VARCHAR,
  stage_order INTEGER, outcome VARCHAR, first_seen_at TIMESTAMP, step_entered_at TIMESTAMP,
  changed_at TIMESTAMP, coverage_since TIMESTAMP);
CREATE TABLE sales.work_orders(work_order_key VARCHAR, vendor VARCHAR, connection VARCHAR,
  work_order_number VARCHAR, order_number VARCHAR, order_key VARCHAR, customer_key VARCHAR,
  customer_name VARCHAR, due_on DATE, delivery_on DATE, installation_on DATE, closed_on DATE,
  is_back_order BOOLEAN, is_closed BOOLEAN, workflow VARCHAR, delivery_team VARCHAR,
  installation_team VARCHAR, step VARCHAR, stage VARCHAR, stage_order INTEGER, outcome VARCHAR,
  first_seen_at TIMESTAMP, step_entered_at TIMESTAMP, changed_at TIMESTAMP,
  coverage_since TIMESTAMP);
CREATE TABLE sales.document_steps(document_type VARCHAR, document_key VARCHAR, vendor VARCHAR,
  connection VARCHAR, document_number VARCHAR, step_number INTEGER, step VARCHAR, stage VARCHAR,
  stage_order INTEGER, outcome VARCHAR, entered_at TIMESTAMP, left_at TIMESTAMP,
  is_current BOOLEAN, days_in_step DOUBLE, time_source VARCHAR);
CREATE TABLE ops.coverage(connection VARCHAR, vendor VARCHAR, table_name VARCHAR,
  complete_since TIMESTAMP, backfill_share DOUBLE, expected_at TIMESTAMP, note VARCHAR);
CREATE TABLE ops.freshness(connection VARCHAR, vendor VARCHAR, table_name VARCHAR,
  last_read_at TIMESTAMP, last_change_at TIMESTAMP, expected_within_hours DOUBLE);
CREATE TABLE ops.unmapped_steps(vendor VARCHAR, connection VARCHAR, document_type VARCHAR,
  step VARCHAR, documents BIGINT);
"""

_STEPS = f"""
CREATE TEMP TABLE steps AS SELECT * FROM (VALUES
  ('quotation', 0, '01 - FIRST MEETING', 'Meeting', 1, 'open'),
  ('quotation', 1, '02 - QUOTING STAGE', 'Quoting', 2, 'open'),
  ('quotation', 2, '03 - SENT TO CUSTOMER', 'Sent', 3, 'open'),
  ('quotation', 3, '04 - APPROVED', 'Won', 4, 'won'),
  ('quotation', 4, '05 - LOST', 'Lost', 5, 'lost'),
  ('quotation', 5, '{UNMAPPED_STEP}', NULL, NULL, NULL),
  ('order', 0, '01 - TO CONFIRM', 'Confirming', 1, 'open'),
  ('order', 1, '02 - IN PRODUCTION', 'Production', 2, 'open'),
  ('order', 2, '03 - PARTIAL INVOICING', 'Invoicing', 3, 'open'),
  ('order', 3, '04 -INVOICED', 'Invoiced', 4, 'won'),
  ('order', 4, '09 CANCELLED', 'Cancelled', 5, 'lost'),
  ('work_order', 0, '01 READY FOR PROCESSING - DO NOT OR', 'Ready', 1, 'open'),
  ('work_order', 1, '02 CUTTING', 'In the shop', 2, 'open'),
  ('work_order', 2, '03 FINISHING (PAINT OR STAIN)', 'Finishing', 3, 'open'),
  ('work_order', 3, '04 DELIVERED', 'Delivered', 4, 'won')
) AS t(document_type, place, step, stage, stage_order, outcome);
"""

# every choice is a hash of the document's number: the same on every machine and every run
_DOCUMENTS = """
CREATE TEMP TABLE documents AS
WITH numbered AS (
  SELECT 'quotation' AS document_type, 6000 + i AS n, i FROM range(220) t(i)
  UNION ALL SELECT 'order', 4600 + i, i FROM range(150) t(i)
  UNION ALL SELECT 'work_order', 5500 + i, i FROM range(110) t(i)
), rolled AS (
  SELECT *, (h % 1000) / 1000.0 AS share, (h // 1000) % 100 AS luck, (h // 100000) % 7 AS person,
    CASE document_type WHEN 'quotation' THEN 300 WHEN 'order' THEN 420 ELSE 90 END AS span,
    CASE document_type WHEN 'quotation' THEN 220 WHEN 'order' THEN 150 ELSE 110 END AS total
  FROM (SELECT *, (n * 2654435761 + length(document_type) * 40503) % 1000003 * 7919 AS h
        FROM numbered)
), dated AS (
  SELECT * EXCLUDE (luck), days_old, if(days_old > 45 AND luck < 52 AND i % 6 > 0,
      52 + luck * 43 // 52, luck) AS luck  -- old business is mostly settled
  FROM (SELECT *, span * (1 - i / total) + share + 9 * abs(sin((total - i) / 7)) AS days_old
        FROM rolled)
)
SELECT document_type, n, i, luck, person, share,
  $as_of::TIMESTAMP - to_minutes((days_old * 1440)::BIGINT + 60) AS made_at,
  CASE WHEN document_type = 'quotation' THEN
         CASE WHEN luck < 12 THEN 0 WHEN luck < 34 THEN 1 WHEN luck < 52 THEN 2
              WHEN luck < 78 THEN 3 WHEN luck < 97 THEN 4 ELSE 5 END
       WHEN document_type = 'order' THEN
         CASE WHEN luck < 12 THEN 0 WHEN luck < 36 THEN 1 WHEN luck < 46 THEN 2
              WHEN luck < 95 THEN 3 ELSE 4 END
       ELSE CASE WHEN luck < 22 THEN 0 WHEN luck < 46 THEN 1 WHEN luck < 62 THEN 2 ELSE 3 END
  END AS last_place
FROM dated;
"""

_SPELLS = """
INSERT INTO sales.document_steps
WITH walked AS (
  SELECT d.*, s.*, greatest(d.made_at, $covered::TIMESTAMP + to_minutes((share * 300)::BIGINT))
      AS seen_at
  FROM documents d JOIN steps s ON s.document_type = d.document_type
   AND (s.place = d.last_place
        OR (s.place < d.last_place AND s.place < 3 AND (d.n * 31 + s.place * 17) % 4 > 0))
), counted AS (
  SELECT *, row_number() OVER w AS step_number, count(*) OVER (PARTITION BY document_type, n) AS k
  FROM walked WINDOW w AS (PARTITION BY document_type, n ORDER BY place)
), entered AS (
  SELECT *, seen_at + to_minutes((date_diff('minute', seen_at, $as_of::TIMESTAMP)
      * if(step_number = 1, 0, power((step_number - 1 + share * 0.95) / k, 1.2)))::BIGINT)
      AS entered_at FROM counted
), lasting AS (
  SELECT *, lead(entered_at) OVER (PARTITION BY document_type, n ORDER BY step_number) AS left_at
  FROM entered
)
SELECT document_type, 'cienapps' || chr(31) || n, 'cienapps', 'cienapps', n::VARCHAR, step_number,
  step, stage, stage_order, outcome, entered_at, left_at, left_at IS NULL,
  date_diff('second', entered_at, coalesce(left_at, $as_of::TIMESTAMP)) / 86400.0, 'observed'
FROM lasting;
"""

_PEOPLE = """['TJ DECARIA', 'MARII ALIKI', 'LÉA THÉBERGE', 'WILL DOE', 'ANDREA FOURNIER',
  'SAM OKAFOR', 'TJ DECARIA'][person + 1]"""
_CUSTOMERS = """['SUNKRAFT CONSTRUCTION', 'ANDREW DOE', 'YOUBOBO GENERAL STORE', 'THÉBERGE ET FILS',
  'HARBOUR VIEW STRATA', 'CEDAR KITCHENS', 'O''NEILL HOMES', 'PACIFIC MILLWORK',
  'NORDIC LOFTS', 'MAPLE & SONS', 'GRANDE PRAIRIE CABINETS', 'ISLAND RENOS'][n % 12 + 1]"""
_CURRENT = """documents d JOIN sales.document_steps c ON c.is_current
  AND c.document_type = d.document_type AND c.document_number = d.n::VARCHAR
  JOIN (SELECT document_key AS key, document_type AS kind, min(entered_at) AS first_seen_at
        FROM sales.document_steps GROUP BY ALL) f
    ON f.key = c.document_key AND f.kind = c.document_type"""
_WHERE_IT_STANDS = """c.step, c.stage, c.stage_order, c.outcome, f.first_seen_at, c.entered_at,
  c.entered_at, $covered::TIMESTAMP"""

_MARTS = f"""
INSERT INTO sales.quotations
SELECT document_key, 'cienapps', 'cienapps', n::VARCHAR, 'c' || n % 12,
  CASE WHEN i = 3 THEN $nasty ELSE {_CUSTOMERS} END, 'KITCHEN ' || n, NULL, NULL, {_PEOPLE},
  'VLADISLAV HELLO', made_at::DATE, made_at::DATE + 9, NULL, {_WHERE_IT_STANDS}
FROM {_CURRENT} WHERE d.document_type = 'quotation';
UPDATE sales.quotations SET step = '02 - QUOTING STAGE', stage = 'Quoting', stage_order = 2,
  outcome = 'open' WHERE customer_name = $nasty;
INSERT INTO sales.orders
SELECT document_key, 'cienapps', 'cienapps', n::VARCHAR, 'c' || n % 12, {_CUSTOMERS},
  'CABINETS ' || n, NULL, NULL, {_PEOPLE}, 'WILL DOE', if(n = 4607, NULL, made_at::DATE),
  made_at::DATE + 40, 1, 0, {_WHERE_IT_STANDS}
FROM {_CURRENT} WHERE d.document_type = 'order';
INSERT INTO sales.work_orders
SELECT document_key, 'cienapps', 'cienapps', n || '-1', o.order_number, o.order_key,
  o.customer_key, coalesce(o.customer_name, {_CUSTOMERS}), made_at::DATE + 35, NULL, NULL, NULL,
  luck % 9 = 0, c.outcome = 'won', 'JOB WITH FINISHING', 'CAPACITY', NULL, {_WHERE_IT_STANDS}
FROM {_CURRENT} LEFT JOIN sales.orders o ON o.order_number = (4640 + i)::VARCHAR
WHERE d.document_type = 'work_order';
"""

# the nasty customer's quotation stands in a known step in the history as well
_NASTY_HISTORY = """
UPDATE sales.document_steps s SET step = q.step, stage = q.stage, stage_order = q.stage_order,
  outcome = q.outcome FROM sales.quotations q
WHERE s.document_type = 'quotation' AND s.is_current AND s.document_key = q.quotation_key
  AND q.customer_name = $nasty;
"""

_OPS = """
INSERT INTO ops.coverage SELECT 'cienapps', 'cienapps', unnest(['orders', 'quotations',
  'work_orders']), $covered::TIMESTAMP, NULL, NULL, 'no backfill: documents appear once saved';
INSERT INTO ops.freshness SELECT 'cienapps', 'cienapps', unnest(['orders', 'quotations',
  'work_orders']), $as_of::TIMESTAMP, $as_of::TIMESTAMP - INTERVAL 2 HOUR, 26;
INSERT INTO ops.unmapped_steps
SELECT vendor, connection, 'quotation', step, count(*) FROM sales.quotations WHERE stage IS NULL
GROUP BY ALL;
"""


def publish(
    folder: Path, *, run_id: str = "r1", empty: bool = False, as_of: datetime = AS_OF
) -> Path:
    """Publishes one generation as the project does: file, status, then the symlink by rename.

    Returns:
        The symlink `warehouse.duckdb`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"warehouse-{run_id}.duckdb"
    con = duckdb.connect(str(file))
    known = {"as_of": as_of, "covered": COVERED_SINCE, "nasty": NASTY_NAME}
    filled = (_STEPS, _DOCUMENTS, _SPELLS, _MARTS, _NASTY_HISTORY, _OPS)
    for schema, scripts in ((_SCHEMA, filled), (deals.SCHEMA, deals.SCRIPTS)):
        con.execute(schema)
        for statement in filter(str.strip, "".join(() if empty else scripts).split(";\n")):
            con.execute(statement, {k: v for k, v in known.items() if f"${k}" in statement})
    con.close()
    file.chmod(0o444)
    (folder / "warehouse.status.json").write_text(json.dumps(status(run_id, as_of, empty=empty)))
    fresh_link = folder / f".{run_id}.link"
    fresh_link.symlink_to(file.name)
    return fresh_link.replace(folder / "warehouse.duckdb")


def status(run_id: str = "r1", as_of: datetime = AS_OF, *, empty: bool = False) -> dict[str, Any]:
    """What `warehouse.status.json` says of that generation."""
    tables = [
        {
            "vendor": "cienapps",
            "connection": "cienapps",
            "table": table,
            "rows": rows,
            "last_change_at": (as_of - timedelta(hours=2)).isoformat(),
            "complete_since": COVERED_SINCE.isoformat(),
            "backfill_share": None,
            "fresh": True,
        }
        for table, rows in (("orders", 150), ("quotations", 220), ("work_orders", 110))
    ]
    return {
        "as_of": as_of.isoformat(),
        "run_id": run_id,
        "audit": {"verdict": "passed", "critical": 0, "warnings": 0, "checks": 41},
        "tables": [] if empty else tables,
        "penstock_version": "0.1.0",
    }


def changed(
    warehouse: Path, folder: Path, script: str
) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A copy of the published file after a change, opened as a reader would."""
    copy = folder / "changed.duckdb"
    shutil.copyfile(warehouse.resolve(), copy)
    with duckdb.connect(str(copy)) as writer:
        writer.execute(script)
    return opened(copy)
