"""Invoices and what was paid or credited against them."""

from __future__ import annotations

from typing import Final

from sources._tables.declare import Table, VersionBy
from sources.cimcloud.columns import (
    ACCOUNT_NUMBER,
    CHANGES,
    INVOICE_NUMBER,
    ORDER_NUMBER,
    day,
    decimal,
    id_number,
    number,
    text,
)

INVOICES: Final = Table(
    name="invoices",
    description="Invoices of the ERP, one row per invoice. Its fields are assumed.",
    key=("invoice_id",),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_number("invoice_id", "ih_id", "The platform's number of the invoice."),
        INVOICE_NUMBER,
        ORDER_NUMBER,
        ACCOUNT_NUMBER,
        day("invoiced_on", "invoice_date", "Day of the invoice, at the site."),
        day("due_on", "due_date", "Day it is to be paid by."),
        decimal("subtotal_amount", "subtotal", "Sum of the lines."),
        decimal("tax_amount", "tax_total", "Tax charged."),
        decimal("shipping_amount", "shipping_total", "Shipping charged."),
        decimal("total_amount", "invoice_total", "What is to be paid in all."),
        decimal("balance_amount", "balance", "What is still to be paid."),
        text("status", "status", "Whether it is open or paid, in the site's own words."),
        *CHANGES,
    ),
)

INVOICE_LINES: Final = Table(
    name="invoice_lines",
    description="Lines of invoices, one row per line. Its fields are assumed.",
    key=("invoice_line_id",),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_number("invoice_line_id", "ihd_id", "The platform's number of the line."),
        INVOICE_NUMBER,
        number("line_number", "line_number", "Place of the line in the invoice."),
        text("sku", "sku", "The product."),
        text("description", "description", "What was sold, as the ERP has it."),
        decimal("quantity_ordered", "quantity_ordered", "Units ordered."),
        decimal("quantity_shipped", "quantity_shipped", "Units shipped."),
        decimal("quantity_invoiced", "quantity_invoiced", "Units on this invoice."),
        decimal("unit_price_amount", "unit_price", "Price of one unit."),
        decimal("extended_amount", "extended_price", "Price of the line."),
        *CHANGES,
    ),
)

INVOICE_PAYMENTS: Final = Table(
    name="invoice_payments",
    description="Payments of invoices made on the web, one row per payment. The ERP's payments may "
    "have them too. Its fields are assumed.",
    key=("invoice_payment_id",),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_number("invoice_payment_id", "oip_id", "The platform's number of the payment."),
        INVOICE_NUMBER,
        ACCOUNT_NUMBER,
        decimal("payment_amount", "amount", "What was paid."),
        text("payment_method", "method", "How it was paid, in the site's own words."),
        day("paid_on", "payment_date", "Day it was paid, at the site."),
        *CHANGES,
    ),
)

PAYMENTS: Final = Table(
    name="payments",
    description="Payments as the ERP has them, one row per payment. Its fields are assumed.",
    key=("payment_id",),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_number("payment_id", "pay_id", "The platform's number of the payment."),
        INVOICE_NUMBER,
        ACCOUNT_NUMBER,
        decimal("payment_amount", "amount", "What was paid."),
        text("payment_method", "method", "How it was paid, in the ERP's own words."),
        day("paid_on", "payment_date", "Day it was paid, at the site."),
        *CHANGES,
    ),
)

CREDITS: Final = Table(
    name="credits",
    description="Credits given to accounts, one row per credit. Its fields are assumed.",
    key=("credit_id",),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_number("credit_id", "cr_id", "The platform's number of the credit."),
        ACCOUNT_NUMBER,
        INVOICE_NUMBER,
        decimal("credit_amount", "amount", "What was credited."),
        day("credited_on", "credit_date", "Day it was credited, at the site."),
        text("credit_reason", "reason", "Why, in the ERP's own words."),
        *CHANGES,
    ),
)
