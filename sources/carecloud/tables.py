"""CareCloud's tables as declarations: the fields of its published objects, under plain names.

Everything here is from the vendor's OpenAPI document [P]. What says when it changed is ordered by
that: an answer that a cache gave cannot pass for news. The other tables are versions by the time
they were seen. Languages, countries, statuses, segments and rewards are off unless a setting asks
for them; what they send beyond these fields is kept in `unknown_fields`.
"""

from __future__ import annotations

from typing import Final

from sources.carecloud.tables_customers import (
    CARDS,
    CUSTOMER_SOURCE_RECORDS,
    CUSTOMERS,
    EVENTS,
    VOUCHERS,
)
from sources.carecloud.tables_products import (
    COUNTRIES,
    CURRENCIES,
    CUSTOMER_SOURCES,
    LANGUAGES,
    PARTNERS,
    PRODUCT_BRANDS,
    PRODUCT_GROUPS,
    PRODUCTS,
    PURCHASE_ITEM_TYPES,
    PURCHASE_TYPES,
    REWARDS,
    SEGMENTS,
    STATUSES,
    STORES,
)
from sources.carecloud.tables_sales import BOOKINGS, ORDERS, PURCHASES

TABLES: Final = (
    CUSTOMERS,
    PURCHASES,
    ORDERS,
    BOOKINGS,
    PRODUCTS,
    CARDS,
    VOUCHERS,
    CUSTOMER_SOURCE_RECORDS,
    EVENTS,
    STORES,
    PARTNERS,
    CURRENCIES,
    PURCHASE_TYPES,
    PURCHASE_ITEM_TYPES,
    PRODUCT_GROUPS,
    PRODUCT_BRANDS,
    CUSTOMER_SOURCES,
    LANGUAGES,
    COUNTRIES,
    STATUSES,
    SEGMENTS,
    REWARDS,
)
