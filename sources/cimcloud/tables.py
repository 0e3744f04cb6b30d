"""CIMcloud's sixteen tables as declarations: the fields of the sheet, under names one can read.

The sheet's fields are printed by the vendor [P] or likely [A], which descriptions call assumed; a
site's own Swagger document has the rest, and what is not declared is kept in `unknown_fields`.
Every list answers with the present state and its change dates can be bypassed, so rows are
versions by the time they were seen, and what vanished is found by reading a list whole.
"""

from __future__ import annotations

from typing import Final

from sources.cimcloud.tables_accounts import (
    ACCOUNTS,
    ADDRESSES,
    CUSTOMERS,
    INVENTORY_LEVELS,
    PRODUCT_PRICES,
    PRODUCTS,
)
from sources.cimcloud.tables_invoices import (
    CREDITS,
    INVOICE_LINES,
    INVOICE_PAYMENTS,
    INVOICES,
    PAYMENTS,
)
from sources.cimcloud.tables_orders import (
    ORDER_HISTORY,
    ORDER_HISTORY_LINES,
    ORDER_LINES,
    ORDERS,
    SHIPMENTS,
)

TABLES: Final = (
    ACCOUNTS,
    CUSTOMERS,
    ADDRESSES,
    PRODUCTS,
    INVENTORY_LEVELS,
    PRODUCT_PRICES,
    ORDERS,
    ORDER_LINES,
    INVOICE_PAYMENTS,
    ORDER_HISTORY,
    ORDER_HISTORY_LINES,
    SHIPMENTS,
    INVOICES,
    INVOICE_LINES,
    PAYMENTS,
    CREDITS,
)
