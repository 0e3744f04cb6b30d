"""A sale's second half: invoices, credits and payments.

An invoice's balance is its total less its payments and credits, always. A payment made in the store
shows there at once, and lowers the balance when the ERP posts it the day after.
"""

from __future__ import annotations

from sources._sandbox.company import DAY
from sources.cimcloud.sandbox.accounts import TERMS
from sources.cimcloud.sandbox.catalogue import extended, names
from sources.cimcloud.sandbox.desk import Desk
from sources.cimcloud.sandbox.ordering import stage
from sources.cimcloud.sandbox.resources import money, ten_thousandths
from sources.cimcloud.sandbox.sales import Happening, Invoice, Sale


def invoiced(desk: Desk, sale: Sale, happening: Happening) -> None:
    """What was shipped is charged."""
    at, part = happening.at, happening.part
    subtotal, tax, shipping = sale.invoice_amounts(part)
    total = subtotal + tax + shipping
    ih_id = desk.number("invoices")
    invoice = Invoice(ih_id, str(700_000 + ih_id), total)
    sale.invoices.append(invoice)
    desk.insert(
        "invoices",
        at,
        ih_id=ih_id,
        invoice_number=invoice.number,
        order_number=sale.order_number,
        num=sale.account.num,
        invoice_date=desk.clock.day(at),
        due_date=desk.clock.day(at + TERMS[sale.account.terms] * DAY),
        subtotal=money(subtotal),
        tax_total=money(tax),
        shipping_total=money(shipping),
        invoice_total=money(total),
        balance=money(total),
        status="Open",
    )
    _invoice_lines(desk, sale, invoice, happening)
    desk.update("shipments", sale.shipments[part], at, invoice_number=invoice.number)
    if part == sale.comes_in - 1:
        desk.update("order_history", sale.oh_id, at, status="Complete")
        stage(desk, sale, at, "Complete")


def credited(desk: Desk, sale: Sale, happening: Happening) -> None:
    """Something was wrong, and the first invoice is lowered."""
    invoice = sale.invoices[happening.part]
    amount = min(sale.credit, invoice.balance)
    reasons = names()["reasons"]
    desk.insert(
        "credits",
        happening.at,
        cr_id=desk.number("credits"),
        num=sale.account.num,
        invoice_number=invoice.number,
        amount=money(amount),
        credit_date=desk.clock.day(happening.at),
        reason=reasons[sale.style % len(reasons)],
    )
    _settle(desk, invoice, amount, happening.at)


def paid_online(desk: Desk, sale: Sale, happening: Happening) -> None:
    """Somebody pays in the store; the invoice is settled when the ERP posts it."""
    invoice = sale.invoices[happening.part]
    if invoice.balance == 0:
        return
    desk.insert(
        "invoice_payments",
        happening.at,
        oip_id=desk.number("invoice_payments"),
        invoice_number=invoice.number,
        num=sale.account.num,
        amount=money(invoice.balance),
        method="CARD" if sale.style & 1 else "EFT",
        payment_date=desk.clock.day(happening.at),
    )
    invoice.is_paid_online = True


def paid(desk: Desk, sale: Sale, happening: Happening) -> None:
    """The ERP posts a payment."""
    invoice = sale.invoices[happening.part]
    amount = invoice.balance if happening.last else invoice.balance // 2
    if amount == 0:
        return
    by_post = "CHEQUE" if sale.style & 2 else "EFT"
    desk.insert(
        "payments",
        happening.at,
        pay_id=desk.number("payments"),
        invoice_number=invoice.number,
        num=sale.account.num,
        amount=money(amount),
        method="WEB" if invoice.is_paid_online else by_post,
        payment_date=desk.clock.day(happening.at),
    )
    _settle(desk, invoice, amount, happening.at)


def _invoice_lines(desk: Desk, sale: Sale, invoice: Invoice, happening: Happening) -> None:
    number = 0
    for line in sale.lines:
        count = line.part(happening.part)
        if count == 0:
            continue
        number += 1
        so_far = line.quantity if happening.part else count
        desk.insert(
            "invoice_lines",
            happening.at,
            ihd_id=desk.number("invoice_lines"),
            invoice_number=invoice.number,
            line_number=number,
            sku=line.product.sku,
            description=line.product.name,
            quantity_ordered=line.quantity,
            quantity_shipped=count,
            quantity_invoiced=count,
            unit_price=ten_thousandths(line.price),
            extended_price=money(extended(count, line.price)),
        )
        desk.update("order_history_lines", line.line_id, happening.at, quantity_invoiced=so_far)


def _settle(desk: Desk, invoice: Invoice, amount: int, at: int) -> None:
    invoice.balance -= amount
    status = "Partial" if invoice.balance else "Paid"
    desk.update("invoices", invoice.ih_id, at, balance=money(invoice.balance), status=status)
