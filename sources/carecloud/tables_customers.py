"""Customers and what belongs to one: where they came from, cards, vouchers, events."""

from __future__ import annotations

from typing import Final

from sources._tables.declare import Table, VersionBy
from sources.carecloud.columns import (
    changed,
    decimal,
    free,
    identifier,
    moment,
    person,
    state,
    text,
    translated,
)

_REWARD: Final = ("reward",)
_REWARD_REST: Final = (
    *("note", "subtitle", "points_cost", "valid_time_from", "valid_time_to", "reward_group"),
    *("store_list", "additional_properties", "priority", "image_urls", "reward_external_url"),
    *("has_product_condition", "has_group_condition", "has_brand_condition", "is_automated"),
    *("last_change", "state"),
)

CUSTOMERS: Final = Table(
    name="customers",
    description="Customers of the loyalty programme, one row per customer.",
    key=("customer_id",),
    version_by=VersionBy.CHANGE_TIME,
    version="modified_at",
    swept=True,
    columns=(
        identifier("customer_id", "customer_id", "The vendor's number of the customer."),
        *person("", ("personal_information",)),
        moment("email_confirmed_at", "doi_email", "When they confirmed their e-mail address"),
        moment("phone_confirmed_at", "doi_phone", "When they confirmed their phone"),
        changed(),
        state(),
    ),
)

CUSTOMER_SOURCE_RECORDS: Final = Table(
    name="customer_source_records",
    description="Where a customer came from, one row per customer and source.",
    key=("customer_source_record_id",),
    version_by=VersionBy.CHANGE_TIME,
    version="modified_at",
    swept=True,
    columns=(
        identifier(
            "customer_source_record_id",
            "customer_source_record_id",
            "The vendor's number of the record.",
        ),
        text("customer_source_id", "customer_source_id", "The source; see customer_sources."),
        text("customer_id", "customer_id", "The customer."),
        text("external_id", "external_id", "The customer's number at the source."),
        changed(),
    ),
)

CARDS: Final = Table(
    name="cards",
    description="Loyalty cards, one row per card. No payment cards.",
    key=("card_id",),
    version_by=VersionBy.CHANGE_TIME,
    version="modified_at",
    swept=True,
    columns=(
        identifier("card_id", "card_id", "The vendor's number of the card."),
        text("customer_id", "customer_id", "Whose it is; NULL while it is nobody's."),
        text("card_type_id", "card_type_id", "What kind of card it is."),
        text("card_number", "card_number", "What is printed on the card."),
        text("secondary_card_number", "secondary_card_number", "Another number of the card."),
        moment("validity_begins_at", "valid_from", "From when it is valid"),
        moment("validity_ends_at", "valid_to", "Until when it is valid"),
        text("store_id", "store_id", "The store that handed it out."),
        changed(),
        state("0 blocked (which is not deleted), 1 active."),
    ),
)

VOUCHERS: Final = Table(
    name="vouchers",
    description="Vouchers given to customers, one row per voucher.",
    key=("voucher_id",),
    version_by=VersionBy.CHANGE_TIME,
    version="modified_at",
    swept=True,
    ignored=tuple(f"reward.{name}" for name in _REWARD_REST),
    columns=(
        identifier("voucher_id", "voucher_id", "The vendor's number of the voucher."),
        text("customer_id", "customer_id", "Whose it is."),
        text("store_id", "store_id", "The store it is for."),
        text("voucher_code", "code", "What the customer shows at the till."),
        decimal("voucher_amount", "value", "What it is worth."),
        moment("applied_at", "applied_date", "When it was used; NULL while it is not"),
        moment("validity_begins_at", "valid_from", "From when it is valid"),
        moment("validity_ends_at", "valid_to", "Until when it is valid"),
        text("reward_group", "reward_group", "The group of rewards it is of."),
        text("note", "note", "A note on it."),
        text("reward_id", "reward_id", "The reward it stands for.", within=_REWARD),
        text("reward_code", "code", "That reward's code.", within=_REWARD),
        translated("reward_name", "name", "That reward's name.", within=_REWARD),
        moment("created_at", "created_at", "When it was made"),
        changed(),
        state(),
    ),
)

EVENTS: Final = Table(
    name="events",
    description="What customers did, one row per event. Events do not say when they changed: a "
    "later change shows when the whole list is read.",
    key=("event_id",),
    version_by=VersionBy.SEEN,
    swept=True,
    columns=(
        identifier("event_id", "event_id", "The vendor's number of the event."),
        text("event_type_id", "event_type_id", "What kind of event it is."),
        text("customer_id", "customer_id", "Who did it."),
        text("external_id", "external_id", "Its number in the system it came from."),
        text("secondary_external_id", "secondary_external_id", "Another number there."),
        text("data", "data", "What that system says of it: text, often JSON."),
        moment("created_at", "created_at", "When it was made"),
        state(),
        free(
            "property_records",
            "property_records",
            "Properties that the project defines, of the event: an array.",
            aliases=("event_property_records",),
        ),
    ),
)
