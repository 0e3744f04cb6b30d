"""The rows of Cienapps' lists as a site writes them: the company's documents in its own words.

The fields, their order and their types are the printed samples' [S]. So are their habits: null and
"" for nothing, texts cut at a fixed width, trailing spaces, accents, postal codes with and without
space, two ways to write a day, a flag as 0, 1 or a boolean. What a document looks like follows
from it alone, so the same document saved twice reads the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sources._sandbox.company import DAY, HOSTILE_NAME, REPS, Customer
from sources._sandbox.company_deals import Deal, Document, Kind, Stage, Step
from sources._sandbox.company_world import Saved, calendar_day

Row = dict[str, Any]
REFERENCE_WIDTH, CHOICE_WIDTH = 24, 35  # where the samples' texts are cut

STEPS = {
    Stage.FIRST_MEETING: "01 - FIRST MEETING",
    Stage.QUOTING: "02 - QUOTING STAGE",
    Stage.PRESENTED: "03 - PRESENTED",
    Stage.ACCEPTED: "04 - ACCEPTED",
    Stage.LOST: "05 - LOST",
    Stage.CONFIRMED: "01 - CONFIRMED",
    Stage.ON_HOLD: "ON HOLD",
    Stage.IN_PRODUCTION: "02 - IN PRODUCTION",
    Stage.DELIVERED: "03 - DELIVERED",
    Stage.PARTIALLY_INVOICED: "PARTIAL INVOICING",
    Stage.INVOICED: "04 -INVOICED",
    Stage.READY: "01 READY FOR PROCESSING",
    Stage.CUTTING: "02 CUTTING",
    Stage.ASSEMBLY: "03 ASSEMBLY",
    Stage.FINISHING: "04 FINISHING",
    Stage.READY_TO_SHIP: "05 READY TO SHIP",
    Stage.SHIPPED: "06 DELIVERED",
    Stage.INSTALLED: "07 INSTALLED",
}
OLD_FIRST_MEETING = "1-STEP FIRST MEETING"  # as the site called it once; some never changed
WAITING_FOR_PARTS = "01 READY FOR PROCESSING - DO NOT ORDER"
JOBS = (
    "KITCHEN - MAPLE SHAKER",
    "KITCHEN - THERMOFOIL WHITE",
    "ENSUITE VANITY",
    "LAUNDRY ROOM",
    "CUT OUT SINK HOLE",
    "ISLAND AND PANTRY",
    "COUNTERTOP REPLACEMENT",
    "ARMOIRES DE CUISINE",
    "DOORS AND DRAWER FRONTS",
    "MUDROOM BENCH",
    "WALK-IN CLOSET",
    "COMPTOIR EN QUARTZ",
)
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUNE", "JULY", "AUG", "SEPT", "OCT", "NOV", "DEC")
DELIVERY_TEAMS = ("CAPACITY", "ISLAND CREW", "ÉQUIPE RIVE-SUD")
INSTALLATION_TEAMS = ("R. GENDREAU ET FILS", "NORTH END INSTALLERS", "CAPACITY")


def row_of(save: Saved) -> Row:
    """The row of a saved document; its SyncID is the queue's to fill in."""
    return _ROWS[save.document.kind](save.document, save.step)


def _order_row(document: Document, step: Step) -> Row:
    deal = document.deal
    return {
        "Order_Number": document.number,
        "Order_DateCreate": _compact(document.created // DAY),
        "Order_DateDue": _compact(document.due // DAY + step.days_late),
        "Order_Step_Desc": _step(document, step),
        "Order_Reference_PO": _purchase_order(deal),
        "Order_Reference": _subject(deal)[:REFERENCE_WIDTH],
        **_people("Order", deal),
        "Order_Title": _title(document, step),
        **_customer(deal),
        "SyncID": 0,
        "Order_Quotation_Number": [quotation.number for quotation in deal.accepted],
    }


def _quotation_row(document: Document, step: Step) -> Row:
    deal = document.deal
    closed: str | None = _nothing(deal, 3)
    if document.closed and step.at >= document.closed:
        closed = _compact(document.closed // DAY)
    elif _taste(deal, 4, 4) == 0:
        closed = _compact(document.created // DAY)  # as the printed sample has it
    is_early = step.stage is Stage.FIRST_MEETING
    return {
        "Quotation_Number": document.number,
        "Quotation_DateCreate": _compact(document.created // DAY),
        "Quotation_DateClose": closed,
        "Quotation_DateValidate": _nothing(deal, 5) if is_early else _compact(document.due // DAY),
        "Quotation_Reference_PO": _purchase_order(deal),
        "Quotation_Reference": _subject(deal)[:REFERENCE_WIDTH],
        "Quotation_Step_Desc": _step(document, step),
        **_people("Quotation", deal),
        "Quotation_Title": _title(document, step),
        **_customer(deal),
        "SyncID": 0,
    }


def _work_order_row(document: Document, step: Step) -> Row:
    deal = document.deal
    day = _compact if _taste(deal, 6, 2) else _dashed
    is_closed = step.stage is Stage.INSTALLED
    is_planned = step.stage is not Stage.READY or _taste(deal, 7, 2) == 0
    late = step.days_late
    waiting: int | bool = step.is_back_ordered
    return {
        "WorkOrder_Order_Number": deal.order.number if deal.order else 0,
        "WorkOrder_Number": document.key,
        "AncienSoumission": deal.accepted[0].number,
        "WorkOrder_BackOrder": waiting if _taste(deal, 8, 8) == 0 else int(waiting),
        "WorkOrder_Step_Desc": _step(document, step),
        **_customer(deal),
        "WorkOrder_DateDue": day(document.due // DAY),
        "WorkOrder_DateDelivery": day(document.delivery // DAY + late) if is_planned else None,
        "WorkOrder_IDCust_Delivery": _delivery_card(deal),
        "WorkOrder_DateInstallation": day(document.installation // DAY + late)
        if is_planned
        else _nothing(deal, 9),
        "WorkOrder_Workflow": "JOB WITH FINISHING (PAINT OR STAIN)"
        if deal.style & 1
        else "JOB WITHOUT FINISHING",
        **_delivery(deal),
        "WorkOrder_Team_Delivery": DELIVERY_TEAMS[_taste(deal, 10, len(DELIVERY_TEAMS))],
        "WorkOrder_Team_Installation": INSTALLATION_TEAMS[_taste(deal, 11, 3)]
        if is_planned
        else "",
        "WorkOrder_Close": int(is_closed),
        "WorkOrder_Close_Date": day(document.closed // DAY) if is_closed else None,
        "SyncID": 0,
    }


_ROWS = {
    Kind.ORDER: _order_row,
    Kind.QUOTATION: _quotation_row,
    Kind.WORK_ORDER: _work_order_row,
}


def _taste(deal: Deal, question: int, answers: int) -> int:
    """Which of some answers this deal gives to a question of taste; the same every time."""
    return (deal.style ^ question * 0x9E3779B1) % 0x7FFFFFF3 % answers


def _nothing(deal: Deal, question: int) -> str | None:
    return None if _taste(deal, question, 3) else ""


def _step(document: Document, step: Step) -> str:
    text = STEPS[step.stage]
    if step.stage is Stage.READY and step.is_back_ordered:
        text = WAITING_FOR_PARTS
    habit = _taste(document.deal, 12, 40)
    if habit == 0 and step.stage is Stage.FIRST_MEETING:
        text = OLD_FIRST_MEETING
    elif habit == 1:
        text = text.replace(" ", "  ", 1)
    elif habit == 2:
        text = text.capitalize()
    text = text[:CHOICE_WIDTH]
    return text + " " if habit == 3 else text


def _subject(deal: Deal) -> str:
    customer = deal.customer
    return f"{customer.company or customer.first_name} - {JOBS[_taste(deal, 13, len(JOBS))]}"


def _title(document: Document, step: Step) -> str:
    day = calendar_day(document.created // DAY)
    title = f"{_subject(document.deal)} {MONTHS[day.month - 1]} {day.day}, {day.year}"
    return f"{title} REV {step.edits}" if step.edits else title


def _purchase_order(deal: Deal) -> str | None:
    if deal.customer.is_contractor and _taste(deal, 14, 5) < 3:
        return f"PO {20_000 + deal.number}"
    return _nothing(deal, 15)


def _people(prefix: str, deal: Deal) -> Row:
    seller, keeper = REPS[deal.seller], REPS[deal.keeper]
    return {
        f"{prefix}_SalesRep_FullName": seller.name,
        f"{prefix}_SalesRep_UserName": seller.login,
        f"{prefix}_Rep_FullName": keeper.name,
        f"{prefix}_Rep_UserName": keeper.login,
    }


def _customer(deal: Deal) -> Row:
    """The customer block: as on the first card, or as whoever served a known customer wrote it."""
    customer = deal.customer
    # contractors are often filed with their company for a last name, like a printed sample
    is_filed_by_company = customer.is_contractor and customer.number % 2 == 0
    last, first = customer.last_name, customer.first_name
    company = customer.company
    if is_filed_by_company:
        last, first, company = customer.company, "", ""
    phone = customer.phone
    spaced = customer.number % 3 > 0
    address = customer.address
    hand = _taste(deal, 16, 9) if deal.visit > 1 else 0
    if hand == 1 and last != HOSTILE_NAME:
        last, first = last.title(), first.title()
    elif hand == 2:
        last, address = f"{last} ", f"{address} "
    elif hand == 3 and first:
        last, first = f"{first} {last}", ""
    elif hand == 4:
        company = "" if company else customer.company
    elif hand == 5:
        spaced, phone = not spaced, phone.replace("(", "").replace(") ", "-")
    elif hand == 6:
        last = last.replace(" ", "  ")
        first, company = f" {first}" if first else "", company.title()
    postal_code = customer.postal_code if spaced else customer.postal_code.replace(" ", "")
    return {
        "Customer_Last_Name": last,
        "Customer_First_Name": first or _nothing(deal, 17),
        "Customer_Company_Name": company or _nothing(deal, 18),
        "Customer_Address": address,
        "Customer_City": customer.city,
        "Customer_PostalCode": postal_code,
        "Customer_DateCreate": _card_date(customer),
        "Customer_Rep": REPS[customer.rep].name,
        "Customer_Main_Phone": phone,
        "Customer_Origin": customer.origin[:CHOICE_WIDTH] or _nothing(deal, 19),
    }


def _card_date(customer: Customer) -> str:
    """When the card was made; old cards have lost the time of day."""
    day = calendar_day(customer.created // DAY).isoformat()
    minute = customer.created % DAY
    if minute == 0:
        return f"{day} 00:00:00.000"
    second, milli = customer.number % 60, customer.number * 37 % 1000
    return f"{day} {minute // 60:02}:{minute % 60:02}:{second:02}.{milli:03}"


def _delivery_card(deal: Deal) -> int:
    """The number of another card where it is delivered; 0 is the customer's own address."""
    return 40_000 + deal.number if _taste(deal, 20, 6) == 0 else 0


def _delivery(deal: Deal) -> Row:
    values: tuple[str | None, ...] = (None,) * 5
    if _delivery_card(deal):
        customer = deal.customer
        site = f"LOT {1 + deal.number % 90} {customer.address.split(' ', 1)[1]}"
        values = ("SITE OFFICE", customer.phone, site, customer.city, customer.postal_code)
    fields = ("FullName", "Main_Phone", "Address", "City", "PostalCode")
    return {f"Customer_Delivery_{name}": value for name, value in zip(fields, values, strict=True)}


@lru_cache(maxsize=20_000)
def _compact(day: int) -> str:
    return calendar_day(day).strftime("%Y%m%d")


@lru_cache(maxsize=20_000)
def _dashed(day: int) -> str:
    return calendar_day(day).isoformat()
