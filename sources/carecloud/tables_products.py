"""Products, and the lists that other tables refer to: each is small and read whole.

A name that is translated is volatile only where `last_change` tells that it was really changed: in
a list without it, nothing else would ever show a new name.
"""

from __future__ import annotations

from typing import Final

from sources._tables.declare import Column, Table, VersionBy
from sources.carecloud.columns import (
    address,
    changed,
    decimal,
    flag,
    free,
    identifier,
    last_change,
    number,
    properties,
    state,
    text,
    translated,
)


def _listed(name: str, description: str, *columns: Column, ignored: tuple[str, ...] = ()) -> Table:
    """A list that is read whole, keyed by its first column."""
    return Table(
        name=name,
        description=description,
        key=(columns[0].name,),
        version_by=VersionBy.SEEN,
        swept=True,
        columns=columns,
        ignored=ignored,
    )


PRODUCTS: Final = Table(
    name="products",
    description="Products, one row per product.",
    key=("product_id",),
    version_by=VersionBy.CHANGE_TIME,
    version="modified_at",
    swept=True,
    columns=(
        identifier("product_id", "product_id", "The vendor's number of the product."),
        translated("product_name", "name", "Name of the product."),
        text("product_code", "code", "Its code."),
        text("external_id", "external_id", "Its number in the ERP or the shop."),
        free("plu_ids", "plu_ids", "Its codes at the tills, by list: an array."),
        text("product_group_id", "product_group_id", "Its group; see product_groups."),
        text("product_brand_id", "product_brand_id", "Its brand; see product_brands."),
        text("partner_id", "partner_id", "Whose it is; see partners."),
        free("prices", "prices", "Its prices, one per currency: an array."),
        properties("additional_properties", "additional_properties", "the product"),
        free("image_urls", "image_urls", "Where its pictures are: an array."),
        changed(),
        state(),
        free("tags", "tags", "Its tags: an array.", volatile=True),
    ),
)

STORES: Final = _listed(
    "stores",
    "Stores, one row per store.",
    identifier("store_id", "store_id", "The vendor's number of the store."),
    text("store_code", "store_code", "Its code."),
    translated("store_name", "name", "Its name."),
    *address("", ("store_address",)),
    text("contact_email", "contact_email", "Its e-mail address."),
    text("manager_name", "manager_name", "Who runs it."),
    text("phone", "phone_number", "Its phone, text or number as it comes."),
    text("partner_id", "partner_id", "Whose it is; see partners."),
    text("system_id", "system_id", "Its number in the till system."),
    free("gps_coordinates", "gps_coordinates", "Where it is: longitude and latitude."),
    text("url", "url_address", "Its page."),
    free("opening", "opening", "When it is open, by day of the week: an array."),
    free("image_urls", "image_urls", "Where its pictures are: an array."),
    flag("is_visible", "visibility_for_customer", "Whether customers see it."),
    translated("short_description", "short_description", "What it is, in a line."),
    translated("description", "description", "What it is."),
    text("registration_id", "registration_id", "Its company's registration number."),
    last_change(),
    state(),
)

PARTNERS: Final = _listed(
    "partners",
    "Companies that take part in the programme, one row per company.",
    identifier("partner_id", "partner_id", "The vendor's number of the company."),
    text("partner_name", "name", "Its name."),
    *address("", ("address",)),
    text("registration_id", "registration_id", "Its registration number."),
    text("vat_id", "vat_id", "Its number for value added tax."),
    text("email", "email", "Its e-mail address."),
    text("phone", "phone", "Its phone, text or number as it comes."),
    state(),
)

CURRENCIES: Final = _listed(
    "currencies",
    "Currencies, one row per currency.",
    identifier("currency_id", "currency_id", "The vendor's number of the currency."),
    text("currency_name", "name", "Its name."),
    text("currency_code", "code", 'Its code: "CZK".'),
)

PURCHASE_TYPES: Final = _listed(
    "purchase_types",
    "Kinds of purchases, one row per kind.",
    identifier("purchase_type_id", "type_id", "The vendor's number of the kind."),
    text("purchase_type_name", "name", "Its name, in the language of `accept_language`."),
    text("text_id", "text_id", 'Its name for programs: "store_purchase".'),
)

PURCHASE_ITEM_TYPES: Final = _listed(
    "purchase_item_types",
    "Kinds of items of purchases, one row per kind.",
    identifier("purchase_item_type_id", "type_id", "The vendor's number of the kind."),
    text("purchase_item_type_name", "name", "Its name, in the language of `accept_language`."),
    text("text_id", "text_id", "Its name for programs."),
)

PRODUCT_GROUPS: Final = _listed(
    "product_groups",
    "Groups of products, one row per group.",
    identifier("product_group_id", "product_group_id", "The vendor's number of the group."),
    translated("product_group_name", "name", "Its name."),
    text("parent_product_group_id", "parent_product_group_id", "The group it belongs to."),
    text("parent_external_id", "parent_external_id", "That group's number in the ERP."),
    text("code", "code", "Its code."),
    text("external_id", "external_id", "Its number in the ERP."),
    text("store_id", "store_id", "The store it is of; NULL for all."),
    text("partner_id", "partner_id", "Whose it is; see partners."),
    last_change(),
    state(),
)

PRODUCT_BRANDS: Final = _listed(
    "product_brands",
    "Brands of products, one row per brand.",
    identifier("product_brand_id", "product_brand_id", "The vendor's number of the brand."),
    text("product_brand_name", "name", "Its name."),
    text("external_id", "external_id", "Its number in the ERP."),
)

CUSTOMER_SOURCES: Final = _listed(
    "customer_sources",
    "Where customers come from, one row per source.",
    identifier("customer_source_id", "customer_source_id", "The vendor's number of the source."),
    translated("customer_source_name", "name", "Its name."),
    text(
        "text_id",
        "customer_source_text_id",
        'Its name for programs: "webshop_registration".',
    ),
    state(),
    last_change(),
)

LANGUAGES: Final = _listed(
    "languages",
    "Languages of the project, one row per language.",
    identifier("language_id", "language_id", "Its code (ISO 639-1)."),
    text("language_name", "name", "Its name, where the vendor says one."),
    state(),
    last_change(),
)

COUNTRIES: Final = _listed(
    "countries",
    "Countries of the project, one row per country.",
    identifier("country_id", "country_id", "Its code."),
    text("country_name", "name", "Its name, in the language of `accept_language`."),
    state(),
)

STATUSES: Final = _listed(
    "statuses",
    "Statuses that a customer can reach, one row per status.",
    identifier("status_id", "status_id", "The vendor's number of the status."),
    translated("status_name", "name", "Its name."),
    translated("description", "description", "What it is."),
    number("qualification_months", "qualification_period", "Months in which one qualifies."),
    free("qualification_turnover", "qualification_turnover", "Turnover it takes: an array."),
    text("previous_status_id", "previous_status", "The status before it."),
    text("next_status_id", "next_status", "The status behind it."),
    text("validity_period", "validity_period", "How long it lasts, in words."),
    flag("is_collecting_points", "collection_points", "Whether points can be collected."),
    flag("is_paying_with_points", "payment_points", "Whether points can be paid with."),
    number("qualification_type", "qualification_type", "1 at once, 2 by hand, 3 by its terms."),
    decimal("discount_rate", "discount", "Discount that comes with it, in percent."),
    last_change(),
)

SEGMENTS: Final = _listed(
    "segments",
    "Segments of customers, one row per segment.",
    identifier("segment_id", "segment_id", "The vendor's number of the segment."),
    translated("segment_name", "name", "Its name."),
    text("note", "note", "What it is."),
    last_change(),
)

REWARDS: Final = _listed(
    "rewards",
    "Rewards that points buy, one row per reward.",
    identifier("reward_id", "reward_id", "The vendor's number of the reward."),
    text("reward_code", "code", "Its code."),
    translated("reward_name", "name", "Its name."),
    translated("note", "note", "What else is said of it."),
    translated("subtitle", "subtitle", "Its second line."),
    decimal("point_cost", "points_cost", "Points it costs."),
    text("valid_time_from", "valid_time_from", "Time of day from which it can be had."),
    text("valid_time_to", "valid_time_to", "Time of day until which it can be had."),
    text("reward_group", "reward_group", "0 party time, 1 catalogue, 2 campaign."),
    free("additional_properties", "additional_properties", "Its properties: an array."),
    number("priority", "priority", "1 comes first."),
    free("image_urls", "image_urls", "Where its pictures are: an array."),
    text("external_url", "reward_external_url", "Its page."),
    flag("has_product_condition", "has_product_condition", "Whether it needs a product."),
    flag("has_group_condition", "has_group_condition", "Whether it needs a group of products."),
    flag("has_brand_condition", "has_brand_condition", "Whether it needs a brand."),
    flag("is_automated", "is_automated", "Whether it is applied by rule."),
    last_change(),
    state(),
    ignored=("store_list",),  # every store anew, with all its fields
)
