"""The service arm's counter: writes what happens to one account into the registers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from sources._sandbox.company import DAY
from sources.crm_com.sandbox import papers, people, work
from sources.crm_com.sandbox.clock import SiteClock
from sources.crm_com.sandbox.papers import Article, Line
from sources.crm_com.sandbox.play import Play
from sources.crm_com.sandbox.profiles import Profile
from sources.crm_com.sandbox.registers import Registers
from sources.crm_com.sandbox.values import CLASSIFICATIONS, Row, amount, found, ident, reference

OFFERED = papers.articles()
Deed = tuple[int, Callable[[], None]]


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A visit and all that comes of it; times are minutes, None is never.

    Attributes:
        what: tells it from all others.
        job_days: how long its job takes; None is no job. Above 10 it is late.
    """

    what: str
    at: int
    lines: list[Line]
    style: int
    credited: bool
    paid_days: float | None
    job_days: float | None
    job_is_cancelled: bool
    activity_ends: str | None
    updates: bool


def draw_visit(rng: random.Random, at: int, what: str, *, is_full: bool) -> Visit:
    """Draws a visit; a full one has everything that can come of one."""
    chance = [rng.random() for _ in range(6)]
    return Visit(
        what=what,
        at=at,
        lines=papers.draw_lines(rng, OFFERED),
        style=rng.getrandbits(32),
        credited=is_full or chance[0] < 0.08,
        paid_days=None if chance[1] < 0.1 else 5 + chance[1] * 40,
        job_days=4 + chance[2] * 12 + is_full * 7 if is_full or chance[2] < 0.55 else None,
        job_is_cancelled=not is_full and chance[3] < 0.12,
        activity_ends="CANCELLED"
        if is_full or chance[4] < 0.25
        else ("COMPLETED" if chance[4] < 0.6 else None),
        updates=is_full or chance[5] < 0.4,
    )


class Counter:
    """Writes rows; numbers are given in the order in which things happen."""

    def __init__(self, play: Play, clock: SiteClock, registers: Registers) -> None:
        self._play = play
        self._clock = clock
        self._registers = registers
        self._numbers: dict[str, int] = {}

    def offer(self, article: Article, place: int, at: int) -> None:
        """A product is offered."""
        self._registers["products"].insert(papers.product(article, place, self._stamp(at)))

    def open_account(self, profile: Profile, at: int) -> None:
        """Somebody becomes a customer."""
        owner = self._contact(profile, at)
        self._save("contacts", owner["id"], {"life_cycle_state": "FINANCIAL"}, at)
        owner = self._registers["contacts"].held(owner["id"])
        key, number = self._key("account", profile.who), self._number("accounts")
        row = people.account(owner, key, number, self._stamp(at), self._play)
        self._registers["accounts"].insert(row)

    def subscribe(self, profile: Profile, at: int) -> None:
        """A maintenance plan begins."""
        key, number = self._key("subscription", profile.who), self._number("subscriptions")
        row = work.subscription(self._account(profile), key, number, self._stamp(at), profile.style)
        self._registers["subscriptions"].insert(row)

    def provision(self, profile: Profile, place: int, kind: str, at: int) -> str:
        """A request to the provider; its key, or nothing where there is no subscription."""
        held = self._registers["subscriptions"].get(self._key("subscription", profile.who))
        if held is None:
            return ""
        key = self._key("provisioning", profile.who, place)
        number = self._number("provisioning_requests")
        row = work.provisioning(held.row, key, number, kind, self._stamp(at))
        self._registers["provisioning_requests"].insert({**row, "$made": at})
        return key

    def provisioned(self, key: str, at: int) -> None:
        """The provider has done it."""
        stamp = self._stamp(at)
        done = {"life_cycle_state": "COMPLETED", "executed_date": stamp}
        self._save("provisioning_requests", key, done, at)

    def ask(self, profile: Profile, place: int, at: int) -> str:
        """Somebody asks for a plan; the lead's key."""
        contact = self._contact(profile, at)
        key, number = self._key("lead", profile.who, place), self._number("leads")
        row = work.lead(contact, key, number, self._stamp(at), profile.style + place)
        held = self._registers["accounts"].get(self._key("account", profile.who))
        if held is not None:
            row["accounts_receivable"] = people.account_of(held.row)
        self._registers["leads"].insert(row)
        return key

    def decide(self, profile: Profile, key: str, is_won: bool, at: int) -> None:
        """A lead ends."""
        ends: Row = {"life_cycle_state": "WON" if is_won else "LOST"}
        held = self._registers["accounts"].get(self._key("account", profile.who))
        if held is not None:
            ends["accounts_receivable"] = people.account_of(held.row)
        self._save("leads", key, ends, at)

    def visit(self, profile: Profile, visit: Visit) -> Iterator[Deed]:
        """Somebody buys; what follows, and when."""
        account, stamp = self._account(profile), self._stamp(visit.at)
        key, number = self._key("purchase", visit.what), self._number("purchases")
        row = papers.purchase(account, key, number, visit.lines, stamp)
        kind = found("classification", "name", CLASSIFICATIONS[visit.style % 2])
        extra = {"$submitted": visit.at, "$classification": kind}
        self._registers["purchases"].insert({**row, **extra})
        yield visit.at + DAY, partial(self._charge, account["id"], visit)
        if visit.credited:
            yield visit.at + 15 * DAY, partial(self._credit, account["id"], visit)
        if visit.paid_days is not None:
            paid = visit.at + int((1 + visit.paid_days) * DAY)
            yield paid, partial(self._pay, account["id"], visit, paid)
        if visit.job_days is not None:
            yield from self._job(account, visit, visit.job_days)
        if visit.activity_ends is not None:
            yield from self._activity(account, visit, visit.activity_ends)

    def _job(self, account: Row, visit: Visit, days: float) -> Iterator[Deed]:
        """A job is drafted with the visit, and walks on; what takes over ten days is late."""
        key, number, made = self._key("job", visit.what), self._number("jobs"), visit.at
        times = (self._stamp(made), self._stamp(made + 10 * DAY))
        self._registers["jobs"].insert(work.job(account, key, number, times, visit.style))
        begun, done = made + int(2.5 * DAY), made + int(days * DAY)

        def state(at: int, name: str, **more: Any) -> Deed:
            return at, partial(self._save, "jobs", key, {"life_cycle_state": name, **more}, at)

        yield state(made + DAY, "PENDING", scheduled_date=self._stamp(begun))
        if visit.job_is_cancelled:
            yield state(begun, "CANCELLED")
            return
        yield state(begun, "IN PROGRESS", start_date=self._stamp(begun))
        closed = {"status": reference("job status", "CLOSED")}
        yield state(done, "COMPLETED", actual_completed_date=self._stamp(done), **closed)

    def _activity(self, account: Row, visit: Visit, ends: str) -> Iterator[Deed]:
        key, number = self._key("activity", visit.what), self._number("activities")
        times = (self._stamp(visit.at), self._stamp(visit.at + 3 * DAY))
        row = work.activity(account, key, number, times, visit.style)
        self._registers["activities"].insert(row)
        at = visit.at + int((2 + visit.style % 3) * DAY)
        yield at, partial(self._save, "activities", key, {"life_cycle_state": ends}, at)

    def _charge(self, account: str, visit: Visit) -> None:
        """What was bought is invoiced."""
        at = visit.at + DAY
        key, number = self._key("invoice", visit.what), self._number("invoices")
        dates = (self._stamp(at), self._stamp(at + 30 * DAY))
        owner = self._registers["accounts"].held(account)
        row = papers.invoice(owner, key, number, visit.lines, dates, self._play)
        self._registers["invoices"].insert(row)
        self._owes(account, row["total_amount"], at)

    def _pay(self, account: str, visit: Visit, at: int) -> None:
        """An invoice is paid."""
        key = self._key("invoice", visit.what)
        owed = self._registers["invoices"].held(key)["outstanding_amount"]
        settled = {"outstanding_amount": amount(0), "unsettled_amount": amount(0)}
        self._save("invoices", key, settled, at)
        self._owes(account, -owed, at)

    def _credit(self, account: str, visit: Visit) -> None:
        """Something is given back of what was bought, on the account."""
        at = visit.at + 15 * DAY
        key, number = self._key("credit note", visit.what), self._number("credit_notes")
        net = max(visit.lines[0].net // 10, 1)
        owner = self._registers["accounts"].held(account)
        row = papers.credit_note(owner, key, number, net, self._stamp(at))
        self._registers["credit_notes"].insert(row)
        self._owes(account, -row["total_amount"], at)

    def _owes(self, account: str, more: float, at: int) -> None:
        row = self._registers["accounts"].held(account)
        owed = amount(round(row["balance"] * 100) + round(more * 100))
        changes = {"balance": owed, "outstanding_amount": max(owed, 0.0)}
        self._save("accounts", account, changes, at)

    def _contact(self, profile: Profile, at: int) -> Row:
        """The contact of somebody, made if need be."""
        key = self._key("contact", profile.who)
        held = self._registers["contacts"].get(key)
        if held is None:
            row = people.contact(profile, key, self._stamp(at), self._play)
            held = self._registers["contacts"].insert(row)
        return held.row

    def _account(self, profile: Profile) -> Row:
        return self._registers["accounts"].held(self._key("account", profile.who))

    def _save(self, table: str, key: str, changes: Row, at: int) -> None:
        self._registers[table].update(key, changes, at=self._stamp(at))

    def _key(self, *what: object) -> str:
        return ident("crm_com", self._play.seed, *what)

    def _number(self, table: str) -> int:
        self._numbers[table] = self._numbers.get(table, 0) + 1
        return self._numbers[table]

    def _stamp(self, minute: int) -> str:
        return self._clock.stamp(minute, minute % 60)
