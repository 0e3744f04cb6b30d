"""What tests may do to the site, below `/_sandbox/crm_com`.

Those of `sources._sandbox.store_controls`, and:

| route | |
|---|---|
| `POST news` | `{"accounts": 50, "kind": "purchase"}`: so many accounts that a client can find |
| | get a new `purchase` or `job`, which lists show, or a quiet `invoice`; `of` names the |
| | accounts instead. Answers `accounts` and the `keys` of what was made |
| `POST complete` | `{"count": 3}`: the oldest pending provisioning requests are done; `keys` |
| `GET secrets_of_people` | what no client may keep, by the field's name |

A key of the books is one that a client can see: of accounts that a list leads to, of their owners
and papers, of jobs and requests that a list shows now. Of activities it is the cancelled ones: the
one list of them that the sheet names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from sources._sandbox.answers import order, told
from sources._sandbox.books import Books
from sources._sandbox.chance import dice
from sources._sandbox.store import Record, Row
from sources._sandbox.store_controls import StoreControls
from sources.crm_com.sandbox.methods import METHODS, ROUTES, Method
from sources.crm_com.sandbox.params import Asked
from sources.crm_com.sandbox.people import account_of, secrets
from sources.crm_com.sandbox.registers import Registers
from sources.crm_com.sandbox.site import Site
from sources.crm_com.sandbox.values import PROVIDERS

PAPERS = ("invoices", "credit_notes", "subscriptions")
BY_ACCOUNT = ("contacts", "accounts", *PAPERS)  # seen when their account is visited
NEWS = {"purchase": "purchases", "job": "jobs", "invoice": "invoices"}
_PENDING = METHODS["provisioning/generic_provisioning_requests/get_pending"]
_PROVIDER = Asked({"provisioning_provider_identifier": ("name", PROVIDERS[0])}, {})


class Controls:
    """The control routes of one site, and its books."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._chance = dice("crm_com controls", site.play.seed)
        self._shared = StoreControls(
            store=lambda: self._registers,
            as_sent=lambda table, row: site.pages.sent(table.kind.name, row),
            stamped=lambda _table, at: site.clock.stamp_of(at),
            routes=ROUTES,
        )
        self.routes: list[BaseRoute] = [
            *self._shared.routes(),
            Route("/news", told(self._news), methods=["POST"]),
            Route("/complete", told(self._complete), methods=["POST"]),
            Route("/secrets_of_people", told(self._secrets), methods=["GET"]),
        ]

    def books(self) -> Books:
        """The same in the language of all sandboxes."""
        return replace(
            self._shared.books(lambda: self._site.tokens.issued),
            keys=self._keys,
            change=self._change,
            make=self._make,
            plant=self._site.pages.plant,
            rename=self._site.pages.rename,
            stir=self._stir,
            plant_settings={"declared_fields_only": "false"},
        )

    @property
    def _registers(self) -> Registers:
        return self._site.service.registers

    def _stir(self, every: int) -> None:
        self._site.busy = every

    def _keys(self) -> Mapping[str, Sequence[str]]:
        return {name: [record.key for record in self._seen(name)] for name in ROUTES}

    def _seen(self, name: str) -> list[Record]:
        """The rows of a table that a client can see now, in the order of the table."""
        registers = self._registers
        records = list(registers[name].records())
        if name == "jobs":
            shown = {r.key for m in METHODS.values() if m.table == name for r in self._listed(m)}
            return [record for record in records if record.key in shown]
        if name == "provisioning_requests":
            return self._site.finding.several(_PENDING, _PROVIDER)
        if name == "activities":
            return registers[name].group("state", "CANCELLED")
        if name not in BY_ACCOUNT:
            return records
        known = self._accounts()
        if name == "contacts":
            owners = {registers["accounts"].held(key)["account_owner"]["id"] for key in known}
            return [record for record in records if record.key in owners]
        return [record for record in records if record.row["$account"] in known]

    def _accounts(self) -> set[str]:
        """The accounts that a purchase, a job or a lead leads to."""
        found = {
            record.row["$account"] for name in ("purchases", "jobs") for record in self._seen(name)
        }
        leads = (record.row["accounts_receivable"] for record in self._registers["leads"].records())
        found |= {account["id"] for account in leads if account}
        return {key for key in found if self._registers["accounts"].get(key)}

    def _listed(self, method: Method) -> list[Record]:
        """What a list that takes no filter shows."""
        return [] if method.filters else self._site.finding.several(method, Asked({}, {}))

    def _change(self, name: str) -> str:
        """Saves a row that a client sees again on its next run.

        Of jobs that is a draft if there is one, of purchases and requests the last one; what only a
        visit to its account shows comes with a purchase, so that there is news of it.

        Raises:
            ValueError: the table has no row that a client can see.
        """
        table, seen = self._registers.table(name), self._seen(name)
        if name == "jobs":
            drafts = [record for record in seen if record.row["life_cycle_state"] == "DRAFT"]
            seen = drafts or seen
        if not seen:
            raise ValueError(f"there are no {name} that a client can see")
        if name == "purchases":
            record = max(seen, key=lambda record: (record.row["$submitted"], record.number))
        elif name == "provisioning_requests":
            record = seen[-1]
        else:
            record = self._chance.choice(seen)
        self._registers.amend(table, record.key)
        self._announce(name, record)
        return record.key

    def _make(self, name: str) -> str:
        record = self._registers.make(self._registers.table(name), {})
        if name in PAPERS:
            self._announce(name, record)
        return record.key

    def _announce(self, name: str, record: Record) -> None:
        if name == "contacts":
            owned = self._registers["accounts"].group("contact", record.key)
            self._registers.announce(owned[0].key)
        elif name in BY_ACCOUNT:
            self._registers.announce(record.row["$account"])

    async def _news(self, request: Request) -> Row:
        asked = await order(request)
        kind = asked.get("kind", "purchase")
        if kind not in NEWS:
            raise ValueError(f"no news of kind {kind!r}; there are {sorted(NEWS)}")
        accounts = asked.get("of")
        if accounts is None:
            known = sorted(self._accounts())
            accounts = self._chance.sample(known, min(int(asked["accounts"]), len(known)))
        return {"accounts": accounts, "keys": [self._made(NEWS[kind], key) for key in accounts]}

    def _made(self, name: str, account: str) -> str:
        registers = self._registers
        whose: dict[str, Any] = {"$account": account}
        if name != "invoices" or self._site.play.extra_fields:
            whose["accounts_receivable"] = account_of(registers["accounts"].held(account))
        return registers.make(registers[name], whose).key

    async def _complete(self, request: Request) -> Row:
        asked = await order(request)
        pending = self._site.finding.several(_PENDING, _PROVIDER)[: int(asked["count"])]
        done = {"life_cycle_state": "COMPLETED", "executed_date": self._site.clock.stamp_now()}
        keys = [record.key for record in pending]
        for key in keys:
            self._registers["provisioning_requests"].update(key, done)
        return {"keys": keys}

    async def _secrets(self, _request: Request) -> dict[str, list[str]]:
        contacts = self._registers["contacts"]
        records = [*contacts.records(), *contacts.deleted.values()]
        return secrets([record.row for record in records])
