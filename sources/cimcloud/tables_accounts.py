"""Who buys, and what there is to buy: accounts, their people and addresses, products and stock."""

from __future__ import annotations

from typing import Final

from sources._tables.declare import Table, VersionBy
from sources.cimcloud.columns import (
    ACCOUNT_NUMBER,
    CHANGES,
    decimal,
    id_number,
    id_text,
    number,
    text,
)

ACCOUNTS: Final = Table(
    name="accounts",
    description="Accounts, the companies that buy, one row per account.",
    key=("account_id",),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_number("account_id", "a_id", "The platform's number of the account."),
        text("reference_id", "ref_id", 'The ERP\'s key of the account, text: "01-0001234".'),
        ACCOUNT_NUMBER,
        text("account_name", "nm", "Name of the company."),
        text("address", "address", "Street address, first line."),
        text("address_line_2", "address2", "Street address, second line."),
        text("address_line_3", "address3", "Street address, third line."),
        text("city", "city", "City."),
        text("state", "state", "State or province (assumed)."),
        text("postal_code", "zip", "Postal code (assumed)."),
        text("country", "country", "Country (assumed)."),
        text("phone", "phone", "Phone, as typed (assumed)."),
        text("email", "email", "E-mail address (assumed)."),
        text("status", "status", "Whether the account is active, in the site's own words."),
        text("sales_rep", "sales_rep", "Sales representative in charge (assumed)."),
        text("payment_terms", "terms", "Terms of payment (assumed)."),
        *CHANGES,
    ),
)

CUSTOMERS: Final = Table(
    name="customers",
    description="People who log in for an account, one row per login.",
    key=("customer_id",),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_number("customer_id", "c_id", "The platform's number of the person."),
        number("account_id", "a_id", "The account they buy for."),
        text("first_name", "c_f_nm", "First name."),
        text("last_name", "c_l_nm", "Last name."),
        text("email", "c_em", "E-mail address."),
        text("phone", "c_phone", "Phone, as typed."),
        text("address", "c_add1", "Street address, first line."),
        text("city", "c_city", "City."),
        text("state", "c_state", "State or province."),
        text("postal_code", "c_zip", "Postal code."),
        text("username", "username", "Name they log in with."),
        *CHANGES,
    ),
)

ADDRESSES: Final = Table(
    name="addresses",
    description="Addresses that accounts ship to, one row per address. Its fields are assumed.",
    key=("address_id",),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_number("address_id", "sa_id", "The platform's number of the address."),
        number("account_id", "a_id", "The account it belongs to."),
        text("address_name", "nm", "Who or what is at the address."),
        text("address", "address", "Street address, first line."),
        text("address_line_2", "address2", "Street address, second line."),
        text("city", "city", "City."),
        text("state", "state", "State or province."),
        text("postal_code", "zip", "Postal code."),
        text("country", "country", "Country."),
        text("phone", "phone", "Phone, as typed."),
        *CHANGES,
    ),
)

PRODUCTS: Final = Table(
    name="products",
    description="Products, one row per stock keeping unit. Its fields but the SKU are assumed.",
    key=("sku",),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_text("sku", "sku", "The product's number, text (stock keeping unit)."),
        text("product_name", "nm", "Name of the product."),
        text("description", "description", "What it is."),
        text("unit_of_measure", "unit_of_measure", "What one of it is: a piece, a box, a metre."),
        decimal("price_amount", "price", "List price of one unit."),
        text("status", "status", "Whether it can be bought, in the site's own words."),
        *CHANGES,
    ),
)

INVENTORY_LEVELS: Final = Table(
    name="inventory_levels",
    description="Stock, one row per product and warehouse. Its fields are assumed.",
    key=("sku", "warehouse"),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_text("sku", "sku", "The product."),
        id_text("warehouse", "warehouse", "The warehouse, by its code."),
        decimal("quantity_on_hand", "quantity_on_hand", "Units in the warehouse."),
        decimal("quantity_available", "quantity_available", "Units that are not promised yet."),
    ),
)

PRODUCT_PRICES: Final = Table(
    name="product_prices",
    description="Prices, one row per product and price level. Its fields are assumed.",
    key=("sku", "price_level"),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        id_text("sku", "sku", "The product."),
        id_text("price_level", "price_level", "The price level, by its code."),
        decimal("price_amount", "price", "Price of one unit at that level."),
    ),
)
