"""Purchases, invoices and credit notes."""

from __future__ import annotations

from typing import Final

from sources._tables.declare import Child, Column, Table, VersionBy
from sources.crm_com.columns import (
    ACCOUNT,
    LOG,
    STATE,
    amount,
    day,
    element_id,
    identity,
    reference,
    text,
)

ITEMS: Final = "invoice_items_set"  # the array's name [A]
LIKELY_ITEMS: Final = ("items_set", "invoice_items", "items", "products_set")

PURCHASE_PRODUCTS: Final = Child(
    name="purchase_products",
    wire="products_set",
    key=("purchase_product_id",),
    description="Products of purchases, one row per line.",
    columns=(
        element_id("purchase_product_id", "the line"),
        amount("quantity", "quantity", "Units bought."),
        amount("net_amount", "net_amount", "Price of the line without tax."),
        amount("vat_amount", "vat_amount", "Value added tax of the line."),
        amount("total_amount", "total_amount", "Price of the line."),
        text("product_id", "id", "The product in products.", "product"),
        text("product_code", "code", "Code of the product.", "product"),
        text("product_description", "description", "The product in words.", "product"),
        *reference("product_type", "product_type", "the product's type", "product"),
    ),
)

PURCHASES: Final = Table(
    name="purchases",
    description="Purchases, one row per purchase: what other vendors call an order.",
    key=("purchase_id",),
    version_by=VersionBy.SEEN,
    children=(PURCHASE_PRODUCTS,),
    columns=(
        identity("purchase_id", "the purchase"),
        text("purchase_number", "number", "Number of the purchase."),
        text(STATE, STATE, "POSTED or CANCELLED."),
        day("performed_on", "performed_on", "Day it was made, at the site."),
        text("reference_number", "reference_number", "Reference, as it was typed."),
        amount("total_amount", "total_amount", "What was paid in all."),
        amount("net_amount", "net_amount", "The same without tax."),
        amount("vat_amount", "vat_amount", "Value added tax."),
        text(
            "external_reference_number",
            "external_system_reference_number",
            "Number of the purchase in the system that reported it.",
        ),
        *ACCOUNT,
        *LOG,
    ),
)

_BILLED: Final = (
    text("reference_number", "reference_number", "Reference, as it was typed."),
    text(STATE, STATE, "DRAFT, REJECTED, POSTED or CANCELLED."),
    amount("discount_amount", "discount_amount", "Discount given."),
    amount("tax_amount", "tax_amount", "Tax charged."),
    amount("net_amount", "net_amount", "Sum without tax."),
    amount("total_amount", "total_amount", "Sum in all."),
    amount("outstanding_amount", "outstanding_amount", "What is still to be paid."),
    amount("unsettled_amount", "unsettled_amount", "What is not settled yet."),
    day("issued_on", "issued_on", "Day it was issued, at the site."),
    day("posted_on", "posted_on", "Day it was posted, at the site."),
    day("due_on", "due_on", "Day it is to be paid by."),
    text("notes", "notes", "Notes."),
    text("back_office_code", "back_office_code", "Code in the accounting system."),
    text(
        "currency_rate",
        "rate",
        "Rate of exchange, as text: of any precision.",
        "currency_rate_period",
    ),
    text(
        "currency_inverse_rate",
        "inverse_rate",
        "The rate the other way round.",
        "currency_rate_period",
    ),
    *reference("currency", "currency", "the currency", "currency_rate_period", fields="id code"),
    *ACCOUNT,
    *LOG,
)


def invoice_items(wire: str, aliases: tuple[str, ...]) -> Child:
    """Items of invoices, in the array of that name."""
    return Child(
        name="invoice_items",
        wire=wire,
        aliases=aliases,
        key=("invoice_item_id",),
        description="Items of invoices, one row per item. Where they are in an invoice is assumed.",
        columns=(
            element_id("invoice_item_id", "the item"),
            amount("quantity", "quantity", "Units on the invoice."),
            amount("cost_amount", "cost", "Price of one unit."),
            amount("net_amount", "net_amount", "Price of the item without tax."),
            amount("discount_percentage", "discount_percentage", "Discount, in percent."),
            amount("discount_amount", "discount_amount", "Discount given."),
            amount("tax_amount", "tax_amount", "Tax charged."),
            amount("sub_total_amount", "sub_total", "Price of the item."),
            *_product(),
        ),
    )


def _product() -> tuple[Column, ...]:
    return (
        text("product_id", "id", "The product in products.", "product"),
        text("product_code", "code", "Code of the product.", "product"),
        text("product_description", "description", "The product in words.", "product"),
    )


INVOICES: Final = Table(
    name="invoices",
    description="Invoices of the accounts that were read, one row per invoice.",
    key=("invoice_id",),
    version_by=VersionBy.SEEN,
    children=(invoice_items(ITEMS, LIKELY_ITEMS),),
    columns=(
        identity("invoice_id", "the invoice"),
        text("invoice_number", "number", "Number of the invoice."),
        *_BILLED,
    ),
)
CREDIT_NOTES: Final = Table(
    name="credit_notes",
    description="Credit notes of the accounts that were read, one row per credit note. Its fields "
    "are assumed to be those of an invoice.",
    key=("credit_note_id",),
    version_by=VersionBy.SEEN,
    columns=(
        identity("credit_note_id", "the credit note"),
        text("credit_note_number", "number", "Number of the credit note."),
        *_BILLED,
    ),
)
