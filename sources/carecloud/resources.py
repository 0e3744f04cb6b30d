"""Where each table is read from, by which field it is sorted, and which a connection reads.

The paths are those of the vendor's published document [P]; the name of a list inside its answer is
the table's. `last_change` and `created_at` are what a list can be sorted by [P]: a list without
either is read whole, and so is one that is always small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from sources._http.objection import Objection, refuse, shown
from sources._tables.declare import Table
from sources.carecloud.tables import TABLES

ENTERPRISE: Final = "enterprise"
CUSTOMER: Final = "customer"
CHANGED: Final = "last_change"  # where a list is sorted by it, what changed is at its top
_SWITCH: Final = "rewards = true"
INTERFACES: Final = (ENTERPRISE, CUSTOMER)

Params = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Resource:
    """Where one table is read from.

    Attributes:
        table: the declared table's name, and the list's name in an answer.
        path: below the interface.
        key: the field that identifies a row.
        sorted_by: the field that says what is new; None where the table is read whole.
        params: what a request says besides.
        made: the field and the two filters that a range of days can be asked by.
        items: the field with the items and the one that counts them, where both are there.
        is_on: whether it is read unless a setting says otherwise.
        of_customers: whether the customer interface has it [A].
        is_own: whether a customer's login sees one row of it, by its key, and no list [A].
    """

    table: str
    path: str
    key: str
    sorted_by: str | None = None
    params: Params = field(default_factory=dict)
    made: tuple[str, str] | None = None
    items: tuple[str, str] | None = None
    is_on: bool = True
    of_customers: bool = True
    is_own: bool = False


RESOURCES: Final = (
    Resource(
        table="customers", path="customers", key="customer_id", sorted_by=CHANGED, is_own=True
    ),
    Resource(
        table="purchases",
        path="purchases",
        key="purchase_id",
        sorted_by=CHANGED,
        params={"purchase_items_extension": "true", "include_property_records": "true"},
        made=("payment_time_from", "payment_time_to"),
        items=("purchase_items", "items_count"),
    ),
    Resource(table="orders", path="orders", key="order_id", sorted_by=CHANGED),
    Resource(
        table="bookings",
        path="bookings",
        key="booking_id",
        sorted_by=CHANGED,
        params={"add_booking_items": "full"},
    ),
    Resource(table="products", path="products", key="product_id", sorted_by=CHANGED),
    Resource(table="cards", path="cards", key="card_id", sorted_by=CHANGED),
    Resource(table="vouchers", path="vouchers", key="voucher_id", sorted_by=CHANGED),
    Resource(
        table="customer_source_records",
        path="customer-source-records",
        key="customer_source_record_id",
        sorted_by=CHANGED,
        of_customers=False,
    ),
    Resource(
        table="events",
        path="events",
        key="event_id",
        sorted_by="created_at",
        made=("time_from", "time_to"),
        of_customers=False,
    ),
    Resource(table="stores", path="stores", key="store_id"),
    Resource(table="partners", path="partners", key="partner_id"),
    Resource(table="currencies", path="currencies", key="currency_id"),
    Resource(table="purchase_types", path="purchase-types", key="type_id"),
    Resource(table="purchase_item_types", path="purchase-item-types", key="type_id"),
    Resource(table="product_groups", path="product-groups", key="product_group_id"),
    Resource(table="product_brands", path="product-brands", key="product_brand_id"),
    Resource(
        table="customer_sources",
        path="customer-sources",
        key="customer_source_id",
        of_customers=False,
    ),
    Resource(table="languages", path="languages", key="language_id", is_on=False),
    Resource(table="countries", path="countries", key="country_id", is_on=False),
    Resource(table="statuses", path="statuses", key="status_id", is_on=False),
    Resource(table="segments", path="segments", key="segment_id", is_on=False, of_customers=False),
    Resource(table="rewards", path="rewards", key="reward_id", is_on=False),
)


def resources_of(section: Mapping[str, Any]) -> dict[str, Resource]:
    """The resource of every table that a connection reads, in the tables' order.

    Args:
        section: the connection's settings: `interface`, and `resources`, which says of a table
            whether it is read.

    Raises:
        Unusable: with everything that is wrong in `resources`.
    """
    said = section.get("resources") or {}
    known = {resource.table: resource for resource in RESOURCES}
    if not isinstance(said, Mapping):
        message = "says of tables whether they are read"
        refuse([Objection("resources", message, "resources = {rewards = true}")])
    is_customer = section.get("interface") == CUSTOMER
    refuse(
        Objection(f"resources.{name}", why, f"{name} = false" if name in known else _SWITCH)
        for name, value in said.items()
        if (why := _why_not(name, value, known, is_customer=is_customer))
    )
    return {
        name: resource
        for name, resource in known.items()
        if said.get(name, resource.is_on) and (resource.of_customers or not is_customer)
    }


def _why_not(name: str, value: object, known: Mapping[str, Resource], *, is_customer: bool) -> str:
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
        return f"is no table here{hint}"
    if not isinstance(value, bool):
        return f"is {shown(value)}: it is true or false"
    if is_customer and value and not known[name].of_customers:
        return f"cannot be read by the {CUSTOMER} interface"
    return ""


def tables_of(section: Mapping[str, Any]) -> tuple[Table, ...]:
    """The declared tables that a connection reads.

    Raises:
        Misconfigured: as `resources_of`.
    """
    read = resources_of(section)
    return tuple(table for table in TABLES if table.name in read)
