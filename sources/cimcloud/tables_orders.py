"""Orders, twice: as placed on the web, and as the ERP has them; and what was shipped.

A web order that the ERP took over is in both. It is one sale: linked by `web_order_number`, never
added up [P].
"""

from __future__ import annotations

from typing import Final

from sources._tables.declare import Column, Kind, Table, VersionBy
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

ORDERS: Final = Table(
    name="orders",
    description="Orders placed on the web, one row per order. Those that the ERP took over are in "
    "order_history too: never add the two up.",
    key=("web_order_number",),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_number("web_order_number", "c_ordnum", "The web order's number."),
        text("web_order_key", "o_key", "Another key of the web order; undocumented."),
        text("header_ws_id", "Header_WS_ID", "Undocumented, kept under the name it comes by."),
        decimal("coupon_amount", "CouponData_Amount", "What a coupon took off."),
        text("coupon_code", "CouponData_UserCode", "The coupon as the customer typed it."),
        text("coupon_item_code", "CouponData_ItemCode", "The item that stands for the coupon."),
        decimal("gift_card_amount", "GiftCard_DepositAmt", "Paid by gift card."),
        text("order_comment", "OrderComment_Text", "What the customer wrote with the order."),
        number("account_id", "a_id", "The account that ordered (assumed)."),
        number("customer_id", "c_id", "The person who ordered (assumed)."),
        text("purchase_order", "po_number", "The customer's purchase order number (assumed)."),
        day("ordered_on", "order_date", "Day of the order at the site (assumed)."),
        text(
            "lifecycle_stage",
            "lifecycle_stage",
            "Where the web order stands, in the site's own words (assumed).",
        ),
        decimal("shipping_amount", "shipping_total", "Shipping charged (assumed)."),
        decimal("tax_amount", "tax_total", "Tax charged (assumed)."),
        decimal("total_amount", "order_total", "What the customer pays (assumed)."),
        Column(
            name="is_exported",
            wire="exported",
            kind=Kind.FLAG,
            description="Whether the ERP has fetched the order (assumed).",
        ),
        *CHANGES,
    ),
)

ORDER_LINES: Final = Table(
    name="order_lines",
    description="Lines of web orders, one row per line. Its fields are assumed.",
    key=("order_line_id",),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_number("order_line_id", "od_id", "The platform's number of the line."),
        number("web_order_number", "c_ordnum", "The web order it belongs to."),
        number("line_number", "line_number", "Place of the line in the order."),
        text("sku", "sku", "The product."),
        text("product_name", "nm", "Name of the product, as it was sold."),
        decimal("quantity", "quantity", "Units ordered."),
        decimal("unit_price_amount", "price", "Price of one unit."),
        decimal("extended_amount", "extended_price", "Price of the line."),
        *CHANGES,
    ),
)

ORDER_HISTORY: Final = Table(
    name="order_history",
    description="Orders as the ERP has them, from the web or not, one row per order.",
    key=("order_history_id",),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_number("order_history_id", "oh_id", "The platform's number of the row."),
        text("order_number", "order_number", "The order's number (assumed)."),
        text("erp_order_number", "erp_order_number", "Its number in the ERP (assumed)."),
        number(
            "web_order_number",
            "c_ordnum",
            "The web order that it came from; NULL when it came another way (assumed).",
        ),
        ACCOUNT_NUMBER,
        text("purchase_order", "po_number", "The customer's purchase order number (assumed)."),
        day("ordered_on", "order_date", "Day of the order at the site (assumed)."),
        day("shipped_on", "ship_date", "Day it was shipped, or is to be (assumed)."),
        text("status", "status", "Open, Complete, Backordered or Cancelled."),
        text("sales_rep", "sales_rep", "Sales representative (assumed)."),
        decimal("subtotal_amount", "subtotal", "Sum of the lines (assumed)."),
        decimal("tax_amount", "tax_total", "Tax charged (assumed)."),
        decimal("shipping_amount", "shipping_total", "Shipping charged (assumed)."),
        decimal("total_amount", "order_total", "What the customer pays (assumed)."),
        *CHANGES,
    ),
)

ORDER_HISTORY_LINES: Final = Table(
    name="order_history_lines",
    description="Lines of the ERP's orders, one row per line. Its fields are assumed.",
    key=("order_history_line_id",),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_number("order_history_line_id", "ohd_id", "The platform's number of the line."),
        ORDER_NUMBER,
        number("line_number", "line_number", "Place of the line in the order."),
        text("sku", "sku", "The product."),
        text("description", "description", "What was sold, as the ERP has it."),
        decimal("quantity_ordered", "quantity_ordered", "Units ordered."),
        decimal("quantity_shipped", "quantity_shipped", "Units shipped."),
        decimal("quantity_invoiced", "quantity_invoiced", "Units invoiced."),
        decimal("unit_price_amount", "unit_price", "Price of one unit."),
        decimal("extended_amount", "extended_price", "Price of the line."),
        *CHANGES,
    ),
)

SHIPMENTS: Final = Table(
    name="shipments",
    description="Shipments, one row per shipment. Its fields are assumed.",
    key=("shipment_id",),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_number("shipment_id", "sh_id", "The platform's number of the shipment."),
        ORDER_NUMBER,
        INVOICE_NUMBER,
        text("carrier", "carrier", "Who carries it."),
        text("tracking_number", "tracking_number", "The carrier's number of it."),
        day("shipped_on", "ship_date", "Day it was shipped, at the site."),
        *CHANGES,
    ),
)
