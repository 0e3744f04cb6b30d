"""Contacts, with how they are reached, and the accounts that they own."""

from __future__ import annotations

from typing import Final

from sources._tables.declare import Child, Table, VersionBy
from sources.crm_com.columns import (
    LOG,
    STATE,
    amount,
    element_id,
    identity,
    number,
    reference,
    text,
)

_BORN: Final = ("demographics", "date_of_birth")

CONTACT_ADDRESSES: Final = Child(
    name="contact_addresses",
    wire="addresses_set",
    aliases=("address_set",),  # as the calls write it that create contacts [S]
    key=("address_id",),
    description="Addresses of contacts, one row per address.",
    columns=(
        element_id("address_id", "the address"),
        text("address_type", "type", "HOME and the like."),
        text("street_name", "street_name", "Street."),
        text("street_number", "street_number", "House number."),
        text("floor", "floor", "Floor."),
        text("apartment_number", "apartment_number", "Apartment."),
        text("area", "area", "Area."),
        text("city", "town_city", "Town or city."),
        text("district", "district", "District."),
        text("municipality", "municipality", "Municipality."),
        text("postal_code", "postal_code", "Postal code."),
        text("po_box", "po_box", "Post office box."),
        text("po_box_postal_code", "po_box_postal_code", "Postal code of the post office box."),
        text("country_code", "two_character_code", "Country, two letters.", "country"),
        text("country_name", "name", "Country.", "country"),
    ),
)
CONTACT_PHONES: Final = Child(
    name="contact_phones",
    wire="phones_set",
    aliases=("phone_set",),
    key=("phone_id",),
    description="Phone numbers of contacts, one row per number.",
    columns=(
        element_id("phone_id", "the phone number"),
        text("phone_type", "type", "LANDLINE and the like."),
        text("phone_number", "number", "The number as it was typed."),
    ),
)
CONTACT_EMAILS: Final = Child(
    name="contact_emails",
    wire="emails_set",
    aliases=("email_set",),
    key=("email_id",),
    description="E-mail addresses of contacts, one row per address.",
    columns=(
        element_id("email_id", "the e-mail address"),
        text("email_type", "type", "PERSONAL and the like."),
        text("email_address", "email_address", "The address."),
    ),
)

CONTACTS: Final = Table(
    name="contacts",
    description="Contacts, people and companies, one row per contact that owns an account that "
    "was read. National identifiers are never kept.",
    key=("contact_id",),
    version_by=VersionBy.SEEN,
    children=(CONTACT_ADDRESSES, CONTACT_PHONES, CONTACT_EMAILS),
    columns=(
        identity("contact_id", "the contact"),
        text("contact_type", "type", "PERSON or COMPANY."),
        text(STATE, STATE, "MARKETING, or FINANCIAL once the contact has an account."),
        text("contact_name", "name", "The name in full."),
        text("title", "title", "Form of address."),
        text("first_name", "first_name", "First name of a person."),
        text("middle_name", "middle_name", "Middle name of a person."),
        text("last_name", "last_name", "Last name of a person."),
        text("company_name", "company_name", "Name of a company."),
        text("notes", "notes", "Notes."),
        text("preferred_language", "preferred_language", "Language to write to the contact in."),
        text("gender", "gender", "Gender.", "demographics"),
        number("birth_day", "day", "Day of birth, 1 to 31.", *_BORN),
        number("birth_month", "month", "Month of birth, 1 to 12.", *_BORN),
        number("birth_year", "year", "Year of birth.", *_BORN),
        *reference("industry", "industry", "the industry", "demographics"),
        *reference("privacy_level", "privacy_level", "the level of privacy"),
        *reference("category", "category", "the contact's category"),
        *reference("owned_by_group", "owned_by_group", "the group that owns the contact"),
        *(
            text(f"udf_string_{n}", f"udf_string_{n}", f"The organisation's own text {n}.")
            for n in range(1, 17)
        ),
        *(
            text(
                f"udf_float_{n}",
                f"udf_float_{n}",
                f"The organisation's own number {n}, as text: of any precision.",
            )
            for n in range(1, 8)
        ),
        *LOG,
    ),
)

ACCOUNTS: Final = Table(
    name="accounts",
    description="Accounts (accounts receivable), one row per account that a purchase, a job or a "
    "lead showed, or the settings name.",
    key=("account_id",),
    version_by=VersionBy.SEEN,
    columns=(
        identity("account_id", "the account"),
        text("account_number", "number", 'Number of the account, such as "ACR0000000164".'),
        text("account_name", "name", "Name of the account."),
        text("account_type", "type", "CUSTOMER, SYSTEM or ORGANISATIONAL."),
        text(STATE, STATE, "ACTIVE, SUSPENDED or TERMINATED."),
        amount("balance_amount", "balance", "What is owed, or in credit."),
        amount("opening_balance_amount", "opening_balance", "Balance that it was opened with."),
        amount("outstanding_amount", "outstanding_amount", "What is still to be paid."),
        amount("credit_limit_amount", "credit_limit", "How much may be owed."),
        *reference(
            "owner_contact",
            "account_owner",
            "the contact in contacts that owns it",
            fields="id name type",
        ),
        *LOG,
    ),
)
