"""The methods that can be called, and what each needs.

A list that is filtered takes exactly one of its filters; a list without takes none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SHOW, LIST = "show", "list"


@dataclass(frozen=True)
class Filter:
    """How a parameter finds rows.

    Attributes:
        group: the group of the table's rows that it chooses; empty is the row itself.
        table: whose row an identifier means; empty where it means a small thing.
        kind: of the small thing that it means; empty where it is a plain value.
    """

    group: str
    table: str = ""
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class Method:
    """A method.

    Attributes:
        verb: GET or POST; no other will do.
        table: whose rows it answers.
        shape: whether it shows one row or lists several.
        filters: what it can be asked by, one at a time.
        states: of rows in a list that takes no filter; also of a filtered one, if any.
        overdue: the field that has passed in a list of what is late.
        newest_first, oldest_first: the field by which the list is sorted, if that is promised.
        values: plain parameters besides the filters.
    """

    verb: str = "GET"
    table: str
    shape: str = LIST
    filters: Mapping[str, Filter] = field(default_factory=dict)
    states: tuple[str, ...] = ()
    overdue: str = ""
    newest_first: bool = False
    oldest_first: str = ""
    values: tuple[str, ...] = ()


ACCOUNT = Filter("account", table="accounts")
CONTACT = Filter("contact", table="contacts")
BY_ACCOUNT = {"accounts_receivable_identifier": ACCOUNT}
DUE, PLANNED = "expected_completion_date", "start_date"
METHODS: Mapping[str, Method] = {
    "jobs/all_scopes/get_draft": Method(table="jobs", states=("DRAFT",), newest_first=True),
    "jobs/all_scopes/get_completed": Method(table="jobs", states=("COMPLETED",)),
    "jobs/all_scopes/get_overdue": Method(
        table="jobs", states=("PENDING", "IN PROGRESS"), overdue=DUE
    ),
    "jobs/show": Method(
        table="jobs", shape=SHOW, filters={"job_identifier": Filter("", table="jobs")}
    ),
    "customer_events/purchases/list": Method(
        verb="POST",
        table="purchases",
        filters={
            **BY_ACCOUNT,
            "classification_identifier": Filter("classification", kind="classification"),
        },
        values=("submitted_after_date", "submitted_before_date"),
    ),
    "activities/get_pending": Method(table="activities", states=("PENDING",)),
    "activities/get_completed": Method(table="activities", states=("COMPLETED",)),
    "activities/get_cancelled": Method(table="activities", states=("CANCELLED",)),
    "activities/get_overdue": Method(table="activities", states=("PENDING",), overdue=PLANNED),
    "accounts_receivable/list": Method(
        table="accounts",
        filters={
            "subscription_identifier": Filter("", table="subscriptions"),
            "contact_information_identifier": CONTACT,
            "contact_identifier": CONTACT,
            "wallet_identifier": Filter("", table="wallets"),
            "email": Filter("email"),
        },
    ),
    "accounts_receivable/show": Method(
        table="accounts",
        shape=SHOW,
        filters={"accounts_receivable_identifier": Filter("", table="accounts")},
    ),
    "invoices/list": Method(table="invoices", filters=BY_ACCOUNT),
    "credit_notes/list": Method(table="credit_notes", filters=BY_ACCOUNT),
    "subscriptions/list": Method(table="subscriptions", filters=BY_ACCOUNT),
    "products/list": Method(
        table="products",
        filters={
            f"{prefix}{name}_identifier": Filter(name, kind=f"product {name}")
            for name in ("type", "brand", "family", "category")
            for prefix in ("", "product_")
        },
    ),
    "leads/list": Method(
        table="leads",
        filters={
            "contact_information_identifier": CONTACT,
            "contact_identifier": CONTACT,
            "importance": Filter("importance"),
            **{
                f"{prefix}{name}_identifier": Filter(name, kind=f"lead {name}")
                for name in ("type", "category", "source")
                for prefix in ("", "lead_")
            },
        },
    ),
    "provisioning/generic_provisioning_requests/get_pending": Method(
        table="provisioning_requests",
        filters={"provisioning_provider_identifier": Filter("provider", kind="provider")},
        states=("PENDING",),
        oldest_first="scheduled_date",
    ),
    "contact_information/show": Method(
        table="contacts",
        shape=SHOW,
        filters={
            "contact_information_identifier": Filter("", table="contacts"),
            "contact_identifier": Filter("", table="contacts"),
        },
    ),
}
ROUTES: Mapping[str, str] = {
    "contacts": "/contact_information/show",
    "accounts": "/accounts_receivable/show",
    "jobs": "/jobs/",
    "purchases": "/customer_events/purchases/list",
    "invoices": "/invoices/list",
    "credit_notes": "/credit_notes/list",
    "leads": "/leads/list",
    "activities": "/activities/",
    "subscriptions": "/subscriptions/list",
    "products": "/products/list",
    "provisioning_requests": "/get_pending",
}
ALWAYS = ("token", "fields_set", "number_of_results", "offset")
