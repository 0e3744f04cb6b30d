"""CRM.COM's eleven tables as declarations.

A list answers with the present state, and nothing numbers the changes, so rows are versions by the
time they were seen. Of leads, activities, subscriptions, products, credit notes and provisioning
requests no field is printed anywhere: what is declared of them is what the others have in common
[A], they are asked for with all their fields, and what else they carry is in `unknown_fields`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sources._http.objection import Objection, refuse, shown
from sources._tables.declare import Column, Kind, Table, VersionBy
from sources.crm_com.columns import (
    ACCOUNT,
    LOG,
    STATE,
    amount,
    day,
    identity,
    reference,
    text,
)
from sources.crm_com.tables_customers import ACCOUNTS, CONTACTS
from sources.crm_com.tables_sales import (
    CREDIT_NOTES,
    INVOICES,
    ITEMS,
    PURCHASES,
    invoice_items,
)

_WHAT: Final = (
    text("description", "description", "What it is, in words."),
    text("notes", "notes", "Notes."),
)
_KINDS: Final = (
    *reference("type", "type", "its type"),
    *reference("category", "category", "its category"),
    *reference("status", "status", "its status"),
)
_FOR: Final = reference("assigned_to", "assigned_to", "whom it is assigned to")


def _either(name: str, what: str, wire: str | None = None) -> Column:
    """An object or a word, since nothing says which: kept as JSON [A]."""
    return Column(
        name=name,
        wire=wire or name,
        kind=Kind.JSON,
        description=f"{what}, as the vendor writes it: an object with id and name, or a word.",
    )


_CONTACT: Final = reference(
    "contact",
    "contact_information",
    "the contact, in contacts where it has an account",
    fields="id name",
)

JOBS: Final = Table(
    name="jobs",
    description="Jobs, one row per job: what other vendors call a work order.",
    key=("job_id",),
    version_by=VersionBy.SEEN,
    columns=(
        identity("job_id", "the job"),
        text("job_number", "number", "Number of the job."),
        *_WHAT,
        text("contact_email", "contact_email", "E-mail address for the job."),
        text("contact_phone", "contact_phone", "Phone number for the job."),
        text(STATE, STATE, "DRAFT, PENDING, IN PROGRESS, COMPLETED or CANCELLED."),
        day("start_on", "start_date", "Day it begins, at the site."),
        day("expected_on", "expected_completion_date", "Day it should be done, at the site."),
        day("completed_on", "actual_completed_date", "Day it was done, at the site."),
        day("scheduled_on", "scheduled_date", "Day it is scheduled for, at the site."),
        day("expires_on", "expiration_date", "Day it expires, at the site."),
        amount("paid_amount", "amount_already_paid", "What is already paid for it."),
        text("items_receipt_method", "items_receipt_method", "How its items are handed over."),
        *_KINDS,
        *ACCOUNT,
        *_FOR,
        *LOG,
    ),
)


def _assumed(name: str, key: str, description: str, *columns: Column) -> Table:
    """A table whose fields nobody prints: number, name, state, and what is said of it."""
    return Table(
        name=name,
        description=f"{description} Its fields are assumed.",
        key=(f"{key}_id",),
        version_by=VersionBy.SEEN,
        columns=(
            identity(f"{key}_id", f"the {key.replace('_', ' ')}"),
            text(f"{key}_number", "number", "Its number."),
            text(f"{key}_name", "name", "Its name."),
            text(f"{key}_code", "code", "Its code."),
            *_WHAT,
            text(STATE, STATE, "Where it stands, in the vendor's word."),
            *columns,
            *LOG,
        ),
    )


_SORTED: Final = (
    _either("type", "Its type"),
    _either("category", "Its category"),
    _either("status", "Its status"),
)
_ASSIGNED: Final = _either("assigned_to", "Whom it is assigned to")

LEADS: Final = _assumed(
    "leads",
    "lead",
    "Leads, one row per lead: the nearest to a quotation that there is.",
    *_SORTED,
    _either("source", "Where it came from"),
    _either("importance", "How important it is"),
    *_CONTACT,
    *ACCOUNT,
    _ASSIGNED,
)
ACTIVITIES: Final = _assumed(
    "activities",
    "activity",
    "Activities, one row per activity of the lists that are read: cancelled ones, unless set.",
    *_SORTED,
    *_CONTACT,
    *ACCOUNT,
    _ASSIGNED,
)
SUBSCRIPTIONS: Final = _assumed(
    "subscriptions",
    "subscription",
    "Subscriptions, one row per subscription of the accounts that were read.",
    *_SORTED,
    *ACCOUNT,
)
PRODUCTS: Final = _assumed(
    "products",
    "product",
    "Products, one row per product of the types that are listed.",
    _either("type", "Its type"),
    _either("product_type", "Its type, where it is called so"),
    _either("brand", "Its brand"),
    _either("family", "Its family"),
    _either("category", "Its category"),
)
PROVISIONING_REQUESTS: Final = _assumed(
    "provisioning_requests",
    "provisioning_request",
    "Provisioning requests, one row per request that was pending when it was read.",
    *_SORTED,
    _either("subscription", "The subscription"),
    _either("provider", "The provider", "provisioning_provider"),
)

TABLES: Final = (
    CONTACTS,
    ACCOUNTS,
    JOBS,
    PURCHASES,
    INVOICES,
    CREDIT_NOTES,
    LEADS,
    ACTIVITIES,
    SUBSCRIPTIONS,
    PRODUCTS,
    PROVISIONING_REQUESTS,
)
PRINTED: Final = frozenset({"contacts", "accounts", "jobs", "purchases", "invoices"})
"""Tables whose fields the vendor prints: those can be asked for by name."""


def tables_of(section: Mapping[str, Any]) -> tuple[Table, ...]:
    """The tables of a connection whose settings are `section`, as written.

    Raises:
        Unusable: it leaves out a table that there is not, or names the items of an invoice as
            another of its fields is named.
    """
    out = section.get("tables_left_out") or ()
    known = {table.name for table in TABLES}
    wrong: list[Objection] = []
    if not known.issuperset(out):
        names = ", ".join(sorted(set(out) - known))
        message = f"names {names}; there are {', '.join(sorted(known))}"
        wrong.append(Objection("tables_left_out", message, 'tables_left_out = ["leads"]'))
    tables = {table.name: table for table in TABLES if table.name not in out}
    wire = section.get("invoice_items_field")
    if wire and INVOICES.name in tables:
        try:
            child = invoice_items(str(wire), ())
            tables[INVOICES.name] = replace(INVOICES, children=(child,))
        except ValueError as error:
            message = f"is {shown(wire)}: {error}"
            wrong.append(
                Objection("invoice_items_field", message, 'invoice_items_field = "invoice_items"')
            )
    refuse(wrong)
    return tuple(tables.values())


def fields_of(table: Table, invoice_items_field: str | None) -> str:
    """The declared fields of a table, as `fields_set` wants them; "" where all are to be asked for.

    Args:
        table: as declared.
        invoice_items_field: the name of an invoice's items; without it, naming fields might leave
            them out.
    """
    if table.name not in PRINTED or (table.name == INVOICES.name and not invoice_items_field):
        return ""
    columns = [c.within[0] if c.within else c.wire for c in table.columns]
    aliases = [a for c in table.columns if not c.within for a in c.aliases]
    children = [
        wire
        for child in table.children
        for wire in ((invoice_items_field,) if child.wire == ITEMS else child.wires)
        if wire
    ]
    return ",".join(dict.fromkeys((*columns, *aliases, *children)))
