"""What a sales manager asks for, worked out from the books in plain Python."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TypeVar

from tests.house import REPOSITORY
from tests.marts.papers import INVOICE, ORDER, QUOTATION, Books, Name, Paper

OUTCOMES = ("open", "won", "lost")  # what leads a deal first
Key = TypeVar("Key")
Value = tuple[int, Decimal | None]  # how many, and what they come to


@dataclass(frozen=True)
class Meaning:
    """What a step means, as `maps/steps.csv` says."""

    stage: str | None = None
    stage_order: int | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class Deal:
    """The quotations and orders of one sale."""

    quotations: tuple[Name, ...]
    orders: tuple[Name, ...]
    leading: Name


class Figures:
    """The figures of some vendors' books on a day."""

    def __init__(self, books: Mapping[str, Books], today: date) -> None:
        self._books = books
        self._today = today
        self._meanings = _steps()
        self.links = {ends: how for each in books.values() for ends, how in each.links.items()}
        self.papers: dict[Name, Paper] = {
            (kind, vendor, paper.number): paper
            for vendor, each in books.items()
            for kind, papers in each.papers.items()
            for paper in papers
        }
        self.twins = {one for one, other in self.links if one[0] == other[0] == ORDER}

    def counts(self) -> dict[tuple[str, str], int]:
        """How many papers there are, by kind and vendor."""
        return dict(Counter((kind, vendor) for kind, vendor, _number in self.papers))

    def lines(self, kind: str) -> dict[str, tuple[int, Decimal, Decimal]]:
        """How many lines there are, their quantities and their amounts, by vendor."""
        found = {}
        for vendor in self._books:
            lines = [line for name, p in self._of(kind) if name[1] == vendor for line in p.lines]
            if lines:
                quantity, amount = sum(x.quantity for x in lines), sum(x.amount for x in lines)
                found[vendor] = (len(lines), Decimal(quantity), Decimal(amount))
        return found

    def beside_lines(self, kind: str) -> dict[tuple[str, str], Decimal | None]:
        """What each total has besides its lines, by vendor and number; None without a total."""
        return {
            (name[1], paper.number): None
            if paper.total is None
            else paper.total - sum(line.amount for line in paper.lines)
            for name, paper in self._of(kind)
        }

    def payments(self) -> dict[tuple[str, date, str | None], Value]:
        """What was paid, by vendor, month and currency."""
        return _added(
            ((vendor, it.paid_on.replace(day=1), it.currency), it.amount)
            for vendor, books in self._books.items()
            for it in books.payments
        )

    def order_value(self) -> dict[tuple[str, date | None, str | None], Value]:
        """What orders come to, by vendor, month and currency."""
        return _added(
            ((name[1], _month(paper), paper.currency), paper.total)
            for name, paper in self._of(ORDER)
        )

    def order_value_once(self) -> dict[tuple[date | None, str | None], Value]:
        """The same over all vendors, without orders that another system has as its own."""
        return _added(
            ((_month(paper), paper.currency), paper.total)
            for name, paper in self._of(ORDER)
            if name not in self.twins
        )

    def receivables(self) -> dict[tuple[str, str | None, str], Value]:
        """What is owed, by vendor, currency and age."""
        return _added(
            ((name[1], paper.currency, self._bucket(paper)), paper.open)
            for name, paper in self._of(INVOICE)
            if paper.open
        )

    def stages(self) -> dict[tuple[str, str, str | None], int]:
        """How many deals there are, by vendor, phase and stage."""
        return self._staged(self.deals)

    def open_stages(self) -> dict[tuple[str, str, str | None], int]:
        """The same of deals that are open."""
        return self._staged(deal for deal in self.deals if self.outcome(deal) == "open")

    def outcomes(self) -> dict[tuple[str, str | None], int]:
        """How many deals are open, won and lost, by vendor."""
        return dict(Counter((deal.leading[1], self.outcome(deal)) for deal in self.deals))

    def deal_values(self) -> dict[tuple[str, str | None], Value]:
        """What deals come to, by vendor and currency; a twin counts where it alone has amounts."""
        return _added(
            ((deal.leading[1], paper.currency), paper.total)
            for deal in self.deals
            for paper in self._counting(deal)
        )

    def sold_once(self) -> dict[tuple[date | None, str | None], Value]:
        """Deals that were won and what they come to, by month of the first order and currency."""
        return _added(
            self._sold(deal) for deal in self.deals if deal.orders and self.outcome(deal) == "won"
        )

    @cached_property
    def deals(self) -> list[Deal]:
        """The papers that links join, where there is a quotation or an order among them."""
        groups: defaultdict[Name, list[Name]] = defaultdict(list)
        root = _joined(self.papers, self.links)
        for name in self.papers:
            groups[root[name]].append(name)
        found = []
        for names in groups.values():
            quotations = tuple(name for name in names if name[0] == QUOTATION)
            orders = tuple(name for name in names if name[0] == ORDER)
            if quotations or orders:
                leading = min(orders or quotations, key=self._precedence)
                found.append(Deal(quotations, orders, leading))
        return found

    def meaning(self, name: Name) -> Meaning:
        """What the step means in which a paper is."""
        kind, vendor, _number = name
        return self._meanings.get((vendor, kind, self.papers[name].step or ""), Meaning())

    def outcome(self, deal: Deal) -> str | None:
        """Whether a deal is open, won or lost; None where a step that matters has no meaning."""
        said = {self.meaning(name).outcome for name in deal.orders or deal.quotations}
        ranked: tuple[str | None, ...] = ("won", "open", None, "lost")
        if deal.orders and said & {"open", "won"}:
            return "won"  # whoever has an order has sold
        return next(outcome for outcome in ranked if outcome in said)

    def _staged(self, deals: Iterable[Deal]) -> dict[tuple[str, str, str | None], int]:
        phases = ("quotation", "order")
        return dict(
            Counter(
                (deal.leading[1], phases[bool(deal.orders)], self.meaning(deal.leading).stage)
                for deal in deals
            )
        )

    def _sold(self, deal: Deal) -> tuple[tuple[date | None, str | None], Decimal | None]:
        days = [made for name in deal.orders if (made := self.papers[name].made_on)]
        papers = self._counting(deal)
        amount = sum((paper.total for paper in papers if paper.total is not None), Decimal(0))
        currency = papers[0].currency if papers else None
        month = min(days).replace(day=1) if days else None
        return (month, currency), amount if papers else None

    def _counting(self, deal: Deal) -> list[Paper]:
        own = [self.papers[name] for name in deal.orders if name not in self.twins]
        if any(paper.total is not None for paper in own):
            return own
        return [self.papers[name] for name in deal.orders if self.papers[name].total is not None]

    def _precedence(self, name: Name) -> tuple[object, ...]:
        means, made = self.meaning(name), self.papers[name].made_on
        rank = OUTCOMES.index(means.outcome) if means.outcome else len(OUTCOMES)
        return (
            name in self.twins,
            rank,
            -(means.stage_order or 0),
            -(made or date.min).toordinal(),
        )

    def _bucket(self, invoice: Paper) -> str:
        if invoice.due_on is None:
            return "no due date"
        days = (self._today - invoice.due_on).days
        if days <= 0:
            return "not due"
        return next((f"{end - 29}-{end}" for end in (30, 60, 90) if days <= end), "over 90")

    def _of(self, kind: str) -> Iterator[tuple[Name, Paper]]:
        return ((name, paper) for name, paper in self.papers.items() if name[0] == kind)


def _steps() -> dict[tuple[str, str, str], Meaning]:
    with (REPOSITORY / "maps" / "steps.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["vendor"], row["document_type"], row["step"]): Meaning(
                row["stage"], int(row["stage_order"]), row["outcome"]
            )
            for row in csv.DictReader(file)
        }


def _month(paper: Paper) -> date | None:
    return paper.made_on and paper.made_on.replace(day=1)


def _joined(names: Iterable[Name], links: Iterable[tuple[Name, Name]]) -> dict[Name, Name]:
    """For each paper one that stands for all that it hangs together with."""
    root = {name: name for name in names}

    def top(name: Name) -> Name:
        while root[name] != name:
            name = root[name]
        return name

    for one, other in links:
        if one in root and other in root:
            root[top(one)] = top(other)
    return {name: top(name) for name in root}


def _added(values: Iterable[tuple[Key, Decimal | None]]) -> dict[Key, Value]:
    """Counts and sums by key; a sum of nothing but None is None."""
    counts: Counter[Key] = Counter()
    sums: dict[Key, Decimal | None] = {}
    for key, amount in values:
        counts[key] += 1
        known = sums.get(key)
        sums[key] = known if amount is None else (known or Decimal(0)) + amount
    return {key: (count, sums[key]) for key, count in counts.items()}
