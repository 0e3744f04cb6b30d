"""The settings of one CRM.COM account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import ClassVar, Final

from dlt.common.configuration.specs import configspec
from dlt.common.typing import TSecretStrValue

from sources._http.objection import Objection, Unusable, shown
from sources._http.settings import WireSettings
from sources._vendor import ConnectionSettings
from sources.crm_com.identifier import ACCOUNT, NAME, Identifier, account, read_identifier
from sources.crm_com.tables import tables_of

API: Final = "crmapi/rest/v2"
MOST_ROWS: Final = 50  # of one answer [S]
AT_ONCE: Final = 8
MOST_AT_ONCE: Final = 64
_PATH = re.compile(r"[a-z0-9_]+(?:/[a-z0-9_]+)*")
_BELOW_API = re.compile(r"/rest/v[0-9]+$")
PARAMETERS: Final = {
    "classifications": "classification_identifier",
    "lead_categories": "category_identifier",
    "product_types": "type_identifier",
    "provisioning_providers": "provisioning_provider_identifier",
}


@configspec
class CrmComSettings(ConnectionSettings):
    """Settings of one CRM.COM account.

    Attributes:
        base_url: the server, such as "https://crm.example.com"; `crmapi/rest/v2` is put behind it
            unless it is there [S].
        username: of a user who may read [P].
        password: of that user [P].
        organisation: that the user works for [P].
        unit: the user's unit, where the organisation has several [P].
        web_api_key: logs in instead of user name and password [P].
        classifications: purchases are listed by classification: every one that is to be read, by
            name, or like "code=RETAIL" [P]. Accounts are found through them too.
        lead_categories: leads are listed by one of their properties: the categories, by name, or
            like "source_identifier=name=Web" [P].
        product_types: products are listed by type: the types, by name, or like
            "brand_identifier=name=Acme" [P].
        provisioning_providers: pending provisioning requests are listed by provider: the
            providers, by name, or like "number=7" [S].
        accounts: accounts to be read whether or not a purchase, job or lead shows them, by number,
            or like "id=…".
        accounts_left_out: accounts never to be read, by number and by id: such as the vendor no
            longer shows.
        activity_lists: methods that list activities: by default "activities/get_cancelled" alone,
            the one that is printed [P]; `penstock check` looks for likely others [A].
        tables_left_out: tables never to be read: such as the user may not see.
        page_size: rows to ask for at a time: 50 at most, above which a short page would be taken
            for the end [S].
        declared_fields_only: asks for the declared fields alone (`fields_set`); false asks for all
            of them, so that new ones show.
        invoice_items_field: what an invoice's array of items is called [A]. Without it every
            likely name is read, and invoices are asked for with all their fields.
        unpaged: tables whose list does not page: one answer is taken for all of it [S].
        revisit_days: every account is read again within so many days.
        whole_lists_hours: how often lists are read that only grow, or rarely change: completed
            jobs, activities, products.
        purchases_by_account: reads an account's purchases with it when it is revisited, so that
            older ones that changed, and those of no listed classification, are seen.
        history_since: the first day that purchases are read from, as in "2015-01-01"; by default
            all there are.
        day_pattern: how days are written in `submitted_after_date` [A].
        paths: other paths of methods that are assumed, such as {"jobs/show" = "jobs/view"} [A].
        parameters: other names of identifiers that are assumed, by table, such as
            {contacts = "contact_identifier"} [A].
        concurrency: at most so many requests at once; fewer where the vendor refuses that [A].
    """

    username: str | None = None
    password: TSecretStrValue | None = None
    organisation: str | None = None
    unit: str | None = None
    web_api_key: TSecretStrValue | None = None
    classifications: list[str] | None = None
    lead_categories: list[str] | None = None
    product_types: list[str] | None = None
    provisioning_providers: list[str] | None = None
    accounts: list[str] | None = None
    accounts_left_out: list[str] | None = None
    activity_lists: list[str] | None = None
    tables_left_out: list[str] | None = None
    page_size: int = MOST_ROWS
    declared_fields_only: bool = True
    invoice_items_field: str | None = None
    unpaged: list[str] | None = None
    revisit_days: float = 7.0
    whole_lists_hours: float = 24.0
    purchases_by_account: bool = True
    history_since: str | None = None
    day_pattern: str = "%Y-%m-%d"
    paths: dict[str, str] | None = None
    parameters: dict[str, str] | None = None
    concurrency: int = AT_ONCE

    examples: ClassVar[Mapping[str, str]] = {
        "paths": 'paths = {"jobs/show" = "jobs/view"}',
        "parameters": 'parameters = {contacts = "contact_identifier"}',
    }

    def objections(self) -> Iterator[Objection]:
        """All that cannot be used."""
        yield from super().objections()
        yield from _objections(self)

    def wire(self) -> WireSettings:
        """How the wire is to be used; the API's own path is part of its base.

        Raises:
            Misconfigured: a value cannot be used; names it.
        """
        plain = super().wire()
        base = plain.base_url.strip().rstrip("/")
        if not _BELOW_API.search(base):
            base = f"{base}/{API}"
        return replace(plain, base_url=base)

    def identifiers(self, setting: str) -> list[Identifier]:
        """What a list setting names, each once.

        Raises:
            ValueError: an entry names nothing.
        """
        said = [read_identifier(t, PARAMETERS[setting], NAME) for t in getattr(self, setting) or ()]
        return list(dict.fromkeys(said))

    def seed(self) -> list[Identifier]:
        """The accounts of the settings."""
        return list(dict.fromkeys(account(text) for text in self.accounts or ()))

    def left_out(self) -> frozenset[str]:
        """Values that name an account which is never read."""
        return frozenset(account(text).value for text in self.accounts_left_out or ())

    def path(self, method: str) -> str:
        """Where a method is."""
        return (self.paths or {}).get(method, method)

    def parameter(self, table: str, usual: str) -> str:
        """The name of a table's own identifier."""
        return (self.parameters or {}).get(table, usual)

    def first_day(self) -> date | None:
        """The first day of purchases; None where all of them are read.

        Raises:
            ValueError: it is no day.
        """
        return date.fromisoformat(self.history_since) if self.history_since else None


def _objections(settings: CrmComSettings) -> Iterator[Objection]:
    if not settings.web_api_key:
        missing = [n for n in ("username", "password", "organisation") if not getattr(settings, n)]
        if missing:
            message = "missing: a login is by these, or by web_api_key"
            yield Objection(missing[0], message, f'{missing[0]} = "..."', also=tuple(missing[1:]))
    if not 2 <= settings.page_size <= MOST_ROWS:
        message = (
            f"is {settings.page_size}: it is 2 to {MOST_ROWS}, since the API answers no "
            "more, and a shorter page would be taken for the end of its list"
        )
        yield Objection("page_size", message, f"page_size = {MOST_ROWS}")
    if not 1 <= settings.concurrency <= MOST_AT_ONCE:
        message = f"is {settings.concurrency}: it is 1 to {MOST_AT_ONCE}"
        yield Objection("concurrency", message, f"concurrency = {AT_ONCE}")
    for name, example in (("revisit_days", "7.0"), ("whole_lists_hours", "24.0")):
        if not getattr(settings, name) >= 0:
            message = f"is {getattr(settings, name)}, it must be 0 or above"
            yield Objection(name, message, f"{name} = {example}")
    yield from _of_lists(settings)
    yield from _of_paths(settings)
    try:
        settings.first_day()
    except ValueError:
        message = f"is {shown(settings.history_since)}: it is a day"
        yield Objection("history_since", message, 'history_since = "2015-01-01"')
    day = datetime(2001, 2, 3)  # noqa: DTZ001 - a day alone
    if not all(part in day.strftime(settings.day_pattern) for part in ("01", "02", "03")):
        message = f"is {shown(settings.day_pattern)}: it says year, month and day"
        yield Objection("day_pattern", message, 'day_pattern = "%Y-%m-%d"')
    try:
        tables_of(settings)
    except Unusable as error:
        yield from error.objections


def _of_lists(settings: CrmComSettings) -> Iterator[Objection]:
    for name in PARAMETERS:
        try:
            settings.identifiers(name)
        except ValueError as error:
            yield Objection(name, f"{error}", f'{name} = ["Retail"]')
    for name in ("accounts", "accounts_left_out"):
        try:
            for text in getattr(settings, name) or ():
                account(text)
        except ValueError as error:
            message = f"{error}; the parameter is {ACCOUNT}"
            yield Objection(name, message, f'{name} = ["ACR0000000164"]')


def _of_paths(settings: CrmComSettings) -> Iterator[Objection]:
    said = {
        "paths": ((settings.paths or {}).values(), 'paths = {"jobs/show" = "jobs/view"}'),
        "activity_lists": (
            settings.activity_lists or (),
            'activity_lists = ["activities/get_cancelled"]',
        ),
    }
    for name, (paths, example) in said.items():
        if wrong := [path for path in paths if not _PATH.fullmatch(path)]:
            yield Objection(name, f"{shown(wrong[0])} is no path of a method", example)
