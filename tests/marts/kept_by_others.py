"""The papers of those around the kitchen maker: its supplier, its service arm, its loyalty club."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sources._sandbox.company import DAY
from sources._sandbox.company_world import calendar_day
from tests.marts.papers import (
    INVOICE,
    ORDER,
    QUOTATION,
    WEB_ORDER,
    WORK_ORDER,
    Books,
    Line,
    Paper,
    Payment,
    exactly,
)
from tests.marts.replay import Replay

Row = Mapping[str, Any]
CAD = "CAD"


def cimcloud(replay: Replay) -> Books:
    """The supplier: its ERP's orders, what of its web shop the ERP has not, invoices, payments."""
    tables = {
        name: [record.row for record in table.records()]
        for name, table in replay.cimcloud.distributor.tables.items()
    }
    taken = {row["c_ordnum"] for row in tables["order_history"]}
    erp_lines = _lines(tables["order_history_lines"], "order_number", "quantity_ordered")
    web_lines = _lines(tables["order_lines"], "c_ordnum", "quantity")
    invoice_lines = _lines(tables["invoice_lines"], "invoice_number", "quantity_invoiced")
    erp = [
        _ordered(row, row["order_number"], "status", erp_lines) for row in tables["order_history"]
    ]
    web = [
        _ordered(row, row["c_ordnum"], "lifecycle_stage", web_lines)
        for row in tables["orders"]
        if row["c_ordnum"] not in taken
    ]
    invoices = [
        Paper(
            number=row["invoice_number"],
            due_on=date.fromisoformat(row["due_date"]),
            currency=CAD,
            total=exactly(row["invoice_total"]),
            open=exactly(row["balance"]),
            lines=tuple(invoice_lines[row["invoice_number"]]),
        )
        for row in tables["invoices"]
    ]
    books = Books(papers={ORDER: [*erp, *web], INVOICE: invoices}, payments=list(_paid(tables)))
    for row in tables["order_history"]:
        if row["c_ordnum"]:
            ends = (
                (WEB_ORDER, "cimcloud", str(row["c_ordnum"])),
                (ORDER, "cimcloud", row["order_number"]),
            )
            books.links[ends] = "web order number"
    for row in tables["invoices"]:
        ends = (
            (ORDER, "cimcloud", row["order_number"]),
            (INVOICE, "cimcloud", row["invoice_number"]),
        )
        books.links[ends] = "named on the invoice"
    return books


def _ordered(row: Row, number: object, step: str, lines: Mapping[Any, list[Line]]) -> Paper:
    return Paper(
        number=str(number),
        step=row[step],
        made_on=date.fromisoformat(row["order_date"]),
        currency=CAD,
        total=exactly(row["order_total"]),
        lines=tuple(lines[number]),
    )


def _lines(rows: Iterable[Row], of: str, quantity: str) -> Mapping[Any, list[Line]]:
    found: defaultdict[Any, list[Line]] = defaultdict(list)
    for row in rows:
        line = Line(quantity=exactly(row[quantity]), amount=exactly(row["extended_price"]))
        found[row[of]].append(line)
    return found


def _paid(tables: Mapping[str, Sequence[Row]]) -> Iterable[Payment]:
    """What the ERP has posted, and what was paid in the store and it has not posted yet."""
    posted = {row["invoice_number"] for row in tables["payments"] if row["method"] == "WEB"}
    waiting = [row for row in tables["invoice_payments"] if row["invoice_number"] not in posted]
    for row in (*tables["payments"], *waiting):
        yield Payment(
            invoice=row["invoice_number"],
            paid_on=date.fromisoformat(row["payment_date"]),
            currency=CAD,
            amount=exactly(row["amount"]),
        )


def crm_com(replay: Replay, seen: Mapping[str, frozenset[str]]) -> Books:
    """The service arm: purchases, and of leads, jobs and invoices those that a client can see."""
    registers, clock = replay.crm_com.service.registers, replay.crm_com.clock

    def rows(name: str) -> Iterable[Row]:
        return (record.row for record in registers[name].records() if record.key in seen[name])

    orders = [
        Paper(
            number=row["number"],
            step=row["life_cycle_state"],
            made_on=_at_the_site(row["performed_on"]),
            currency=CAD,
            total=exactly(row["total_amount"]),
            lines=_bought(row["products_set"], "total_amount"),
        )
        for row in rows("purchases")
    ]
    invoices = [
        Paper(
            number=row["number"],
            due_on=_at_the_site(row["due_on"]),
            currency=row["currency_rate_period"]["currency"]["code"],
            total=exactly(row["total_amount"]),
            open=exactly(row["outstanding_amount"]),
            lines=_bought(row[replay.crm_com.play.items_key], "sub_total"),
        )
        for row in rows("invoices")
    ]
    quotations = [
        Paper(
            number=row["number"],
            step=row["life_cycle_state"],
            made_on=calendar_day(clock.minute(row["log_information"]["created_date"]) // DAY),
        )
        for row in rows("leads")
    ]
    work_orders = [Paper(number=r["number"], step=r["life_cycle_state"]) for r in rows("jobs")]
    papers = {QUOTATION: quotations, ORDER: orders, WORK_ORDER: work_orders, INVOICE: invoices}
    return Books(papers=papers)


def _at_the_site(moment: str) -> date:
    """The day of a moment where it was written: what people there call the day of a paper."""
    return date.fromisoformat(moment[:10])


def _bought(rows: Iterable[Row], amount: str) -> tuple[Line, ...]:
    return tuple(
        Line(quantity=exactly(row["quantity"]), amount=exactly(row[amount])) for row in rows
    )


def carecloud(replay: Replay) -> Books:
    """The loyalty club: what was paid for, and of the web shop what has not become that yet."""
    store, zone = replay.carecloud.club.store, replay.carecloud.clock.zone

    def rows(name: str) -> list[Row]:
        return [record.row for record in store.table(name).records()]

    def day(text: str) -> date:
        local = datetime.fromisoformat(text).replace(tzinfo=zone)
        return local.astimezone(UTC).date()

    codes = {row["currency_id"]: row["code"] for row in rows("currencies")}
    bought = [
        Paper(
            number=row["external_purchase_id"],
            step="Returned" if row["total_price"] < 0 else "Purchased",
            made_on=day(row["payment_time"]),
            currency=codes[row["currency_id"]],
            total=exactly(row["total_price"]),
            lines=_items(row["purchase_items"], "price"),
        )
        for row in rows("purchases")
    ]
    names = {paper.number for paper in bought}
    ordered = [
        Paper(
            number=row["order_number"],
            step=row["order_status"],
            currency=codes[row["currency_id"]],
            total=exactly(row["total_price"]),
            lines=_items(row["order_items"], "unit_price"),
        )
        for row in rows("orders")
    ]
    books = Books(
        papers={ORDER: bought + [paper for paper in ordered if paper.number not in names]},
        payments=[
            Payment(invoice=None, paid_on=_day(it), currency=it.currency, amount=_total(it))
            for it in bought
        ],
    )
    for paper in ordered:
        if paper.number in names:
            ends = (WEB_ORDER, "carecloud", paper.number), (ORDER, "carecloud", paper.number)
            books.links[ends] = "order number"
    return books


def _items(rows: Iterable[Row], price: str) -> tuple[Line, ...]:
    return tuple(
        Line(
            quantity=exactly(row["amount"]),
            amount=exactly(row[price]) * exactly(row["amount"]),
        )
        for row in rows
    )


def _day(paper: Paper) -> date:
    assert paper.made_on is not None
    return paper.made_on


def _total(paper: Paper) -> Decimal:
    assert paper.total is not None
    return paper.total
