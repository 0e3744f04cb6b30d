"""What was sold, ordered and booked, each with its items: they travel with their document."""

from __future__ import annotations

from typing import Final

from sources._tables.declare import Child, Table, VersionBy
from sources.carecloud.columns import (
    address,
    changed,
    decimal,
    free,
    identifier,
    moment,
    number,
    person,
    properties,
    state,
    text,
    translated,
)

_INVOICING: Final = ("invoicing_data",)
_SHIPPING: Final = ("shipping_data",)
_TICKET: Final = ("booking_ticket",)

PURCHASES: Final = Table(
    name="purchases",
    description="Purchases: sales made, in a store or online, one row per receipt. No state tells "
    "of deletes.",
    key=("purchase_id",),
    version_by=VersionBy.CHANGE_TIME,
    version="modified_at",
    swept=True,
    columns=(
        identifier("purchase_id", "purchase_id", "The vendor's number of the purchase."),
        text("customer_id", "customer_id", "Who bought."),
        text("store_id", "store_id", "Where; see stores."),
        text(
            "external_purchase_id",
            "external_purchase_id",
            "The receipt's number at the till or in the shop; an order's number where the sale "
            "was ordered online.",
        ),
        moment("paid_at", "payment_time", "When it was paid"),
        number("item_count", "items_count", "How many items it has, as the vendor counts them."),
        text("purchase_type_id", "type_id", "What kind of sale it is; see purchase_types."),
        decimal("total_amount", "total_price", "What was paid."),
        text("currency_id", "currency_id", "The currency of its amounts; see currencies."),
        text("card_number", "card_number", "The loyalty card that was shown."),
        text("cash_desk", "cashdesk_number", "The till."),
        changed(),
        properties(
            "property_records",
            "property_records",
            "the purchase",
            aliases=("purchase_property_records",),
        ),
    ),
    children=(
        Child(
            name="purchase_items",
            wire="purchase_items",
            description="Items of purchases, one row per item of one purchase.",
            key=("purchase_item_id",),
            columns=(
                text("purchase_item_id", "purchase_item_id", "The vendor's number of the item."),
                text("product_id", "product_id", "The product; see products."),
                translated("product_name", "product_name", "Its name."),
                text("product_group_id", "product_group_id", "Its group; see product_groups."),
                translated("product_group_name", "product_group_name", "That group's name."),
                text("product_brand_id", "product_brand_id", "Its brand; see product_brands."),
                translated("product_brand_name", "product_brand_name", "That brand's name."),
                text("external_id", "external_id", "The item's number at the till."),
                text(
                    "purchase_item_type_id",
                    "purchase_item_type_id",
                    "What kind of item it is; see purchase_item_types.",
                ),
                decimal(
                    "price_amount",
                    "price",
                    "Price of the item; whether of one unit or of all is not documented.",
                ),
                decimal("quantity", "amount", "How much of it."),
                decimal("vat_rate", "vat_rate", "Value added tax, in percent."),
                properties("additional_properties", "additional_properties", "the item"),
            ),
        ),
    ),
)

ORDERS: Final = Table(
    name="orders",
    description="Orders, one row per order. One that was paid may be a purchase as well, which "
    "then has its number: never add the two up. No state tells of deletes.",
    key=("order_id",),
    version_by=VersionBy.CHANGE_TIME,
    version="modified_at",
    swept=True,
    columns=(
        identifier("order_id", "order_id", "The vendor's number of the order."),
        text("order_number", "order_number", "Its number in the shop."),
        text("customer_id", "customer_id", "Who ordered."),
        text("currency_id", "currency_id", "The currency of its amounts; see currencies."),
        decimal("total_amount", "total_price", "What the customer pays."),
        free("discount_codes", "discount_codes", "Codes that the customer gave: an array."),
        text("order_status", "order_status", "Where it stands, in the vendor's words."),
        text("payment_status", "payment_status", "Whether it is paid, in the vendor's words."),
        moment("shipped_at", "shipping_date", "When it was shipped, or is to be"),
        number("program_ranking", "program_ranking", "Its rank in the loyalty programme."),
        text("customer_note", "customer_note", "What the customer wrote with it."),
        text("invoice_url", "invoice_document_url", "Where its invoice is."),
        text("payment_id", "payment_id", "How it is paid.", within=_INVOICING),
        moment("paid_at", "paid_date", "When it was paid", within=_INVOICING),
        *person("invoice_", (*_INVOICING, "personal_information")),
        text("shipping_id", "shipping_id", "How it is shipped.", within=_SHIPPING),
        text("shipping_first_name", "contact_firstname", "Whom it goes to.", within=_SHIPPING),
        text("shipping_last_name", "contact_lastname", "Whom it goes to.", within=_SHIPPING),
        text("shipping_phone", "phone", "Phone of whom it goes to.", within=_SHIPPING),
        *address("shipping_", (*_SHIPPING, "address")),
        changed(),
    ),
    children=(
        Child(
            name="order_items",
            wire="order_items",
            description="Items of orders, one row per item of one order.",
            key=("order_item_id",),
            columns=(
                text("order_item_id", "order_item_id", "The vendor's number of the item."),
                text("product_variant_id", "product_variant_id", "The product, as it is ordered."),
                text("customer_id", "customer_id", "Whom the item is for."),
                decimal("quantity", "amount", "How much of it."),
                decimal("unit_price_amount", "unit_price", "Price of one unit."),
                decimal("vat_rate", "vat_rate", "Value added tax, in percent."),
            ),
        ),
    ),
)

BOOKINGS: Final = Table(
    name="bookings",
    description="Bookings of time slots, one row per booking.",
    key=("booking_id",),
    version_by=VersionBy.CHANGE_TIME,
    version="modified_at",
    swept=True,
    columns=(
        identifier("booking_id", "booking_id", "The vendor's number of the booking."),
        text("customer_id", "customer_id", "Who booked."),
        text("booking_status_id", "booking_status", "Where it stands: a status's number."),
        free("utm", "utm", "The campaign it came from: source, medium, campaign."),
        text("data", "data", "What the booking form says: text, often JSON."),
        moment("created_at", "created_at", "When it was made"),
        changed(),
        state(),
    ),
    children=(
        Child(
            name="booking_items",
            wire="booking_items",
            description="Items of bookings, one row per time slot of one booking.",
            key=("booking_item_id",),
            columns=(
                text("booking_item_id", "booking_item_id", "The vendor's number of the item."),
                text("customer_id", "customer_id", "Whom the item is for."),
                text("time_slot_id", "time_slot_id", "The time slot."),
                text(
                    "ticket_id",
                    "ticket_id",
                    "The ticket it takes.",
                    within=_TICKET,
                    aliases=("booking_ticket_id",),
                ),
                translated("ticket_name", "name", "That ticket's name.", within=_TICKET),
                number("ticket_state", "state", "0 blocked, 1 active.", within=_TICKET),
                moment("ticket_created_at", "created_at", "When it was made", within=_TICKET),
                moment("ticket_modified_at", "last_change", "When it changed", within=_TICKET),
                moment("begins_at", "valid_from", "When the slot begins"),
                moment("ends_at", "valid_to", "When the slot ends"),
                number("capacity_taken", "capacity_taken", "How many places it takes."),
                text("booking_item_status_id", "booking_item_status", "Where it stands."),
                properties("additional_properties", "additional_properties", "the item"),
                moment("created_at", "created_at", "When it was made"),
                state(),
                moment("modified_at", "last_change", "When the item last changed"),
            ),
        ),
    ),
)
