"""The kitchen maker's papers, read from the objects in which the fictional company keeps them.

What a client can learn decides what is asked for: a link that the company knows and that no
vendor's answer tells is not one of these.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from sources._sandbox.company import DAY
from sources._sandbox.company_deals import Document, Kind
from sources._sandbox.company_world import calendar_day
from sources.cienapps.sandbox import SAMPLES
from sources.cienapps.sandbox.rows import STEPS, row_of
from sources.cleo.sandbox.papers import KINDS, SAMPLE
from sources.cleo.sandbox.post import REACHED
from sources.cleo.sandbox.trades import is_by_edi, trade_of
from tests.marts.papers import INVOICE, ORDER, QUOTATION, WORK_ORDER, Books, Line, Paper, cents
from tests.marts.replay import Replay

CAD = "CAD"
EDI_STEPS = ("Purchase order received", "Acknowledged", "Shipped", "Invoiced")
SAMPLES_AMONG_EDI = 2  # the printed document, in two folders


def cienapps(replay: Replay) -> Books:
    """The kitchen maker's own documents, and the three printed ones; no amounts anywhere."""
    papers: dict[str, list[Paper]] = {QUOTATION: [], ORDER: [], WORK_ORDER: []}
    books = Books(papers=papers)
    kinds = {Kind.QUOTATION: QUOTATION, Kind.ORDER: ORDER, Kind.WORK_ORDER: WORK_ORDER}
    for document, step in replay.saved.values():
        papers[kinds[document.kind]].append(
            Paper(
                number=document.key,
                step=STEPS[step.stage],
                made_on=None
                if document.kind is Kind.WORK_ORDER
                else calendar_day(document.created // DAY),
            )
        )
    for deal in replay.deals():
        if deal.order not in replay.saved:
            continue
        order = (ORDER, "cienapps", deal.order.key)
        for quotation in deal.accepted:
            books.links[(QUOTATION, "cienapps", quotation.key), order] = "named on the order"
        for work_order in deal.work_orders:
            if work_order in replay.saved:
                link = (order, (WORK_ORDER, "cienapps", work_order.key))
                books.links[link] = "named on the work order"
    _with_samples(papers)
    return books


def _with_samples(papers: dict[str, list[Paper]]) -> None:
    printed = json.loads(SAMPLES.read_text("utf-8"))
    for kind, name, field in (
        (ORDER, "order", "Order"),
        (QUOTATION, "quotation", "Quotation"),
        (WORK_ORDER, "workorder", "WorkOrder"),
    ):
        row = printed[name]
        made = row.get(f"{field}_DateCreate")
        papers[kind].append(
            Paper(
                number=str(row[f"{field}_Number"]),
                step=row[f"{field}_Step_Desc"],
                made_on=made and date.fromisoformat(made),
            )
        )


def cleo(replay: Replay) -> Books:
    """The orders that came by EDI, as far as their four documents have got."""
    orders: list[Paper] = []
    invoices: list[Paper] = []
    books = Books(papers={ORDER: orders, INVOICE: invoices})
    for document, step in replay.saved.values():
        if document.kind is not Kind.ORDER or not is_by_edi(document):
            continue
        trade, reached = trade_of(document), REACHED[step.stage]
        lines = tuple(
            Line(quantity=Decimal(line.quantity), amount=cents(line.amount)) for line in trade.lines
        )
        orders.append(
            Paper(
                number=trade.purchase_order,
                step=EDI_STEPS[reached - 1],
                made_on=trade.ordered_on,
                currency=CAD,
                total=cents(trade.subtotal),
                lines=lines,
            )
        )
        own, invoice = (
            (ORDER, "cleo", trade.purchase_order),
            (INVOICE, "cleo", f"INV-{document.key}"),
        )
        its = (ORDER, "cienapps", document.key)
        is_told = _shown(replay, document) == trade.purchase_order
        if is_told:
            books.links[own, its] = "purchase order number"
        if reached == len(KINDS):
            invoices.append(
                Paper(number=invoice[2], currency=CAD, total=cents(trade.total), lines=lines)
            )
            books.links[own, invoice] = "purchase order number"
            if is_told:
                books.links[its, invoice] = "purchase order number"
    said = json.loads(SAMPLE)[0]["value"].lstrip("$")  # of which dollars, it does not say
    orders += [
        Paper(number=f"sample {place}", step=EDI_STEPS[0], total=Decimal(said))
        for place in range(SAMPLES_AMONG_EDI)
    ]
    return books


def _shown(replay: Replay, order: Document) -> object:
    """The purchase order number that the kitchen maker's own system shows."""
    return row_of(replay.saved[order])["Order_Reference_PO"]
