"""The site's tables by name, and what people do to their rows without breaking the books."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from sources._sandbox.store import Record, Row, Store, Table, TableKind
from sources.crm_com.sandbox.clock import SiteClock
from sources.crm_com.sandbox.people import SETS, account_of, owner_of
from sources.crm_com.sandbox.play import Play
from sources.crm_com.sandbox.tables import CREATED, UPDATED, Group, ServiceTable, nested
from sources.crm_com.sandbox.values import ident

ACCOUNT: Mapping[str, Group] = {"account": nested("$account")}
STATE: Mapping[str, Group] = {"state": nested("life_cycle_state")}
GROUPS: Mapping[str, Mapping[str, Group]] = {
    "contacts": {},
    "accounts": {"contact": nested("account_owner", "id")},
    "jobs": {**ACCOUNT, **STATE},
    "purchases": {**ACCOUNT, "classification": nested("$classification")},
    "invoices": ACCOUNT,
    "credit_notes": ACCOUNT,
    "leads": {
        "contact": nested("contact_information", "id"),
        "type": nested("type", "id"),
        "category": nested("category", "id"),
        "source": nested("source", "id"),
        "importance": nested("importance"),
    },
    "activities": STATE,
    "subscriptions": ACCOUNT,
    "products": {
        "type": nested("product_type", "id"),
        "brand": nested("brand", "id"),
        "family": nested("family", "id"),
        "category": nested("category", "id"),
    },
    "provisioning_requests": {**STATE, "provider": nested("provisioning_provider", "id")},
}
NOTES: Mapping[str, str] = {
    "accounts": "credit_limit",
    "purchases": "reference_number",
    "leads": "description",
    "activities": "description",
    "products": "description",
    "provisioning_requests": "type",
}
PREFIXES: Mapping[str, str] = {
    "accounts": "ACR9",
    "jobs": "J9",
    "purchases": "PU9",
    "invoices": "IN9",
    "credit_notes": "CN9",
    "leads": "L9",
    "activities": "A9",
    "subscriptions": "S9",
    "provisioning_requests": "PR9",
}
KEPT = ("contacts", "accounts")  # what others refer to; nobody deletes it in passing


class Registers(Store):
    """The tables; new rows of one table come with those of others that they need."""

    def __init__(self, play: Play, clock: SiteClock) -> None:
        self._play = play
        self._clock = clock
        self._arrays: dict[str, list[str]] = {}
        for table, array in children_of(play).values():
            self._arrays.setdefault(table, []).append(array)
        self._tables = {name: self._table(name) for name in GROUPS}
        super().__init__("crm_com", play.seed, self._tables.values())

    def __getitem__(self, name: str) -> ServiceTable:
        return self._tables[name]

    def make(self, table: Table, fields: Mapping[str, Any]) -> Record:
        """Makes a row like the table's last one; an account comes with a purchase.

        Without one no list would lead to it, nor to a contact without an account.

        Raises:
            ValueError: there is such a row already, or none to take after.
        """
        record = super().make(table, fields)
        if table.kind.name == "contacts":
            self.make(self["accounts"], {"account_owner": owner_of(record.row, self._play)})
        elif table.kind.name == "accounts":
            self.announce(record.key)
        return record

    def announce(self, account: str) -> Record:
        """A new purchase of an account's, so that a list shows that there is news of it.

        Raises:
            KeyError: there is no such account.
        """
        owner = self["accounts"].get(account)
        if owner is None:
            raise KeyError(account)
        whose = {"$account": account, "accounts_receivable": account_of(owner.row)}
        return super().make(self["purchases"], whose)

    def stir(self, table: Table) -> None:
        """Saves a row, makes one and deletes one; contacts and accounts stay."""
        if table.kind.name not in KEPT:
            super().stir(table)
        elif len(table):
            self.amend_one(table)

    def _table(self, name: str) -> ServiceTable:
        is_logged = name != "invoices" or self._play.extra_fields
        kind = TableKind(
            name=name,
            key=("id",),
            revised=lambda row, rng: _revised(name, row, rng),
            renewed=lambda row, rng: self._renewed(name, row, rng),
            changed=UPDATED if is_logged else "",
            created=(CREATED,) if is_logged else (),
        )
        return ServiceTable(kind, self._clock.stamp_now, GROUPS[name])

    def _renewed(self, name: str, row: Row, rng: random.Random) -> Mapping[str, Any]:
        """What a new row has of its own: its ids and number, and the state that new ones are in."""
        chance, now = rng.getrandbits(60), self._clock.stamp_now()
        key = ident("crm_com", "made", name, chance)
        own: dict[str, Any] = {"id": key}
        if name in PREFIXES:
            own["number"] = f"{PREFIXES[name]}{chance % 10**9:09}"
        elif name == "products":
            own["code"] = f"SN-{chance % 10**6:06}"
        if name == "accounts":
            own["$account"] = key
        elif name == "jobs":
            own |= {"life_cycle_state": "DRAFT", "actual_completed_date": None}
        elif name == "activities":
            own |= {"life_cycle_state": "CANCELLED"}
        elif name == "purchases":
            own |= {"performed_on": now, "$submitted": self._clock.now}
        elif name == "provisioning_requests":
            own |= {"life_cycle_state": "PENDING", "scheduled_date": now, "executed_date": None}
            own["$made"] = self._clock.now
        return {**own, **_own_children(self._arrays.get(name, []), row, key)}


def children_of(play: Play) -> dict[str, tuple[str, str]]:
    """Where the child tables are: in which table's rows, under which name."""
    found = {
        f"contact_{name.removesuffix('_set')}": (
            "contacts",
            SETS[name] if play.singular_sets else name,
        )
        for name in SETS
    }
    return {
        **found,
        "purchase_products": ("purchases", "products_set"),
        "invoice_items": ("invoices", play.items_key),
    }


def _own_children(arrays: Sequence[str], row: Row, key: str) -> Row:
    """The arrays of a row, their elements with ids of their own."""
    return {
        array: [{**held, "id": ident(key, array, place)} for place, held in enumerate(row[array])]
        for array in arrays
    }


def _revised(name: str, row: Row, rng: random.Random) -> Mapping[str, Any]:
    """The one field of a row on which nothing else hangs, changed."""
    note = NOTES.get(name, "notes")
    if note == "credit_limit":
        return {note: row[note] + 100.0}
    text = str(row[note] or "").partition(" REV ")[0]
    return {note: f"{text} REV {rng.getrandbits(40):010X}".strip()}
