"""The marts by hand, in the columns that checks read: two deals, one of them in two systems.

Deal d1: a quotation, its order of 115.00 (two lines of 50, 15 beside them), a work order, an
invoice of which 40 is open, a payment; the same order is a partner's too, and counts once. Deal d2:
an order by another rep, cancelled, and a draft of an invoice.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

# name: columns, and rows in their order
MARTS: dict[str, tuple[str, str]] = {
    "customers": (
        "customer_key varchar, customer_name varchar, quotation_count bigint, order_count bigint, "
        "invoice_count bigint",
        "('c1', 'Thébergé', 1, 2, 2), ('c2', '<b>Doe</b>', 0, 1, 1)",
    ),
    "sales_reps": ("sales_rep_key varchar", "('r1'), ('r2')"),
    "quotations": (
        "quotation_key varchar, deal_key varchar, customer_key varchar, sales_rep_key varchar",
        "('q1', 'd1', 'c1', 'r1')",
    ),
    "orders": (
        "order_key varchar, deal_key varchar, vendor varchar, connection varchar, "
        "order_number varchar, customer_key varchar, sales_rep_key varchar, currency_code varchar, "
        "total_amount decimal(18,4), beside_lines_amount decimal(18,4), is_twin boolean, "
        "outcome varchar, is_complete boolean",
        "('o1', 'd1', 'erp', 'erp', '1', 'c1', 'r1', 'CAD', 115, 15, false, 'open', true), "
        "('o2', 'd1', 'edi', 'edi', 'PO1', 'c1', null, 'CAD', 100, 0, true, 'open', true), "
        "('o3', 'd2', 'erp', 'erp', '3', 'c2', 'r2', 'CAD', 7, null, false, 'lost', true)",
    ),
    "order_lines": (
        "order_line_key varchar, order_key varchar, vendor varchar, connection varchar, "
        "order_number varchar, line_number integer, line_amount decimal(18,4), "
        "is_complete boolean",
        "('l1', 'o1', 'erp', 'erp', '1', 1, 50, true), "
        "('l2', 'o1', 'erp', 'erp', '1', 2, 50, true), "
        "('l3', 'o2', 'edi', 'edi', 'PO1', 1, 100.01, true), "
        "('l4', 'o3', 'erp', 'erp', '3', 1, 1, true)",
    ),
    "work_orders": (
        "work_order_key varchar, deal_key varchar, customer_key varchar, order_key varchar",
        "('w1', 'd1', 'c1', 'o1')",
    ),
    "invoices": (
        "invoice_key varchar, deal_key varchar, vendor varchar, connection varchar, "
        "invoice_number varchar, customer_key varchar, order_key varchar, currency_code varchar, "
        "total_amount decimal(18,4), beside_lines_amount decimal(18,4), open_amount decimal(18,4), "
        "is_void boolean, is_complete boolean, is_credit boolean",
        "('i1', 'd1', 'erp', 'erp', 'IN-1', 'c1', 'o1', 'CAD', 115, 15, 40, false, true, false), "
        "('i2', 'd2', 'erp', 'erp', 'IN-2', 'c2', 'o3', 'CAD', 7, 0, 7, true, true, false), "
        "('i3', 'd1', 'edi', 'edi', 'IN-3', 'c1', 'o2', null, 100, 0, 100, false, true, false)",
    ),
    "invoice_lines": (
        "invoice_line_key varchar, invoice_key varchar, vendor varchar, connection varchar, "
        "invoice_number varchar, line_number integer, line_amount decimal(18,4), "
        "is_complete boolean",
        "('m1', 'i1', 'erp', 'erp', 'IN-1', 1, 60, true), "
        "('m2', 'i1', 'erp', 'erp', 'IN-1', 2, 40.02, true), "
        "('m3', 'i2', 'erp', 'erp', 'IN-2', 1, 7, true), "
        "('m4', 'i3', 'edi', 'edi', 'IN-3', 1, 100, true)",
    ),
    "payments": (
        "payment_key varchar, customer_key varchar, order_key varchar, invoice_key varchar",
        "('p1', 'c1', 'o1', 'i1'), ('p2', null, null, null)",
    ),
    "document_steps": (
        "document_type varchar, document_key varchar, step_number integer",
        "('order', 'o1', 1), ('order', 'o1', 2)",
    ),
    "document_links": (
        "from_type varchar, from_key varchar, from_vendor varchar, to_type varchar, "
        "to_key varchar, to_vendor varchar, found_by varchar",
        "('quotation', 'q1', 'erp', 'order', 'o1', 'erp', 'named on the order'), "
        "('order', 'o1', 'erp', 'work_order', 'w1', 'erp', 'named on the work order'), "
        "('order', 'o1', 'erp', 'invoice', 'i1', 'erp', 'named on the invoice'), "
        "('order', 'o2', 'edi', 'order', 'o1', 'erp', 'purchase order number'), "
        "('order', 'o3', 'erp', 'invoice', 'i2', 'erp', 'named on the invoice'), "
        "('order', 'o2', 'edi', 'invoice', 'i3', 'edi', 'purchase order number'), "
        "('web_order', 'w', 'erp', 'order', 'o3', 'erp', 'web order number')",
    ),
    "sales_pipeline": (
        "deal_key varchar, vendor varchar, customer_key varchar, sales_rep_key varchar, "
        "outcome varchar, value_amount decimal(18,4), quotation_count bigint, order_count bigint",
        "('d1', 'erp', 'c1', 'r1', 'won', 115, 1, 1), ('d2', 'erp', 'c2', 'r2', 'lost', 7, 0, 1)",
    ),
    "funnel_monthly": (
        "vendor varchar, month date, deal_count bigint",
        "('erp', '2024-03-01', 1), ('erp', null, 1)",
    ),
    "step_durations": (
        "vendor varchar, document_type varchar, step varchar, stay_count bigint",
        "('erp', 'order', 'OPEN', 2)",
    ),
    "win_rate_by_rep": (
        "vendor varchar, sales_rep_key varchar, deal_count bigint",
        "('erp', 'r1', 1)",
    ),
    "order_lead_times": ("order_key varchar", "('o1'), ('o2'), ('o3')"),
    "receivables_ageing": (
        "vendor varchar, currency_code varchar, ageing_bucket varchar, invoice_count bigint, "
        "open_amount decimal(18,4)",
        "('erp', 'CAD', 'not due', 1, 40), ('edi', null, 'no due date', 1, 100)",
    ),
    "vendor_freshness": ("vendor varchar, connection varchar", "('erp', 'erp'), ('edi', 'edi')"),
}


def write_marts(path: Path) -> Path:
    """Writes them, with `ops.coverage` beside them: everything is loaded."""
    with duckdb.connect(str(path)) as db:
        db.begin()
        db.execute("create schema sales; create schema ops; create schema own")
        db.execute("create table ops.coverage (connection varchar, backfill_share double)")
        db.execute("insert into ops.coverage values ('erp', 1), ('edi', null)")
        for name, (columns, rows) in MARTS.items():
            db.execute(
                f"create table sales.{name} ({columns}); insert into sales.{name} values {rows}"
            )
        db.commit()
    return path
