"""A sale's first half: the web order, the order in the ERP, its shipments."""

from __future__ import annotations

from sources.cimcloud.sandbox.catalogue import names
from sources.cimcloud.sandbox.desk import Desk
from sources.cimcloud.sandbox.resources import money, ten_thousandths
from sources.cimcloud.sandbox.sales import Happening, Sale

QUOTED_OF = 12  # every so many sales somebody wanted a quote first


def placed(desk: Desk, sale: Sale, happening: Happening) -> None:
    """Somebody orders, in the store or by telephone."""
    if sale.style % QUOTED_OF == 0:
        desk.insert(
            "quotes",
            happening.at,
            q_id=desk.number("quotes"),
            a_id=sale.account.a_id,
            po_number=sale.po_number,
            quote_date=desk.clock.day(happening.at),
            quote_total=money(sale.total),
        )
    if sale.is_web:
        _web_order(desk, sale, happening.at)
    else:
        _erp_order(desk, sale, happening.at)


def exported(desk: Desk, sale: Sale, happening: Happening) -> None:
    """The ERP takes a web order; one that is marked as taken it never sees [P]."""
    if desk.value("orders", sale.c_ordnum, "exported") == 0:
        desk.update("orders", sale.c_ordnum, happening.at, lifecycle_stage="Processing", exported=1)
        _erp_order(desk, sale, happening.at)


def cancelled(desk: Desk, sale: Sale, happening: Happening) -> None:
    """Nothing comes of it."""
    desk.update("order_history", sale.oh_id, happening.at, status="Cancelled")
    stage(desk, sale, happening.at, "Cancelled")
    for line in sale.lines:
        warehouse = sale.account.warehouse
        desk.move(line.product.sku, warehouse, happening.at, committed=-line.quantity)


def shipped(desk: Desk, sale: Sale, happening: Happening) -> None:
    """What is there leaves the warehouse; the rest is back ordered."""
    at, part = happening.at, happening.part
    is_all = part == sale.comes_in - 1
    sh_id = desk.number("shipments")
    sale.shipments.append(sh_id)
    desk.insert(
        "shipments",
        at,
        sh_id=sh_id,
        order_number=sale.order_number,
        carrier=sale.carrier,
        tracking_number=f"1C{sale.style % 10**9:09}{part}",
        ship_date=desk.clock.day(at),
    )
    status = "Open" if is_all else "Backordered"
    day = desk.clock.day(at)
    desk.update("order_history", sale.oh_id, at, status=status, ship_date=day)
    if is_all:
        stage(desk, sale, at, "Shipped")
    for line in sale.lines:
        if count := line.part(part):
            so_far = line.quantity if is_all else count
            desk.update("order_history_lines", line.line_id, at, quantity_shipped=so_far)
            warehouse = sale.account.warehouse
            desk.move(line.product.sku, warehouse, at, committed=-count, shipped=count)


def stage(desk: Desk, sale: Sale, at: int, lifecycle_stage: str) -> None:
    """Says in the store how far a web order is."""
    if sale.is_web:
        desk.update("orders", sale.c_ordnum, at, lifecycle_stage=lifecycle_stage)


def _web_order(desk: Desk, sale: Sale, at: int) -> None:
    sale.c_ordnum = desk.number("orders")
    comments = names()["comments"]
    desk.insert(
        "orders",
        at,
        c_ordnum=sale.c_ordnum,
        o_key=f"{sale.style:08X}-{sale.c_ordnum}",
        Header_WS_ID=1,
        CouponData_Amount=money(sale.coupon),
        CouponData_UserCode="SPRING5" if sale.coupon else None,
        CouponData_ItemCode="COUPON-5" if sale.coupon else None,
        GiftCard_DepositAmt=money(0),
        OrderComment_Text=comments[sale.style % len(comments)] or None,
        a_id=sale.account.a_id,
        c_id=sale.user,
        po_number=sale.po_number,
        order_date=desk.clock.day(at),
        lifecycle_stage="Submitted",
        shipping_total=money(sale.shipping),
        tax_total=money(sale.tax),
        order_total=money(sale.total),
        exported=0,
    )
    for number, line in enumerate(sale.lines, 1):
        desk.insert(
            "order_lines",
            at,
            od_id=desk.number("order_lines"),
            c_ordnum=sale.c_ordnum,
            line_number=number,
            sku=line.product.sku,
            nm=line.product.name,
            quantity=line.quantity,
            price=ten_thousandths(line.price),
            extended_price=money(line.amount),
        )


def _erp_order(desk: Desk, sale: Sale, at: int) -> None:
    sale.oh_id = desk.number("order_history")
    sale.order_number = str(460_000 + sale.oh_id)
    desk.insert(
        "order_history",
        at,
        oh_id=sale.oh_id,
        order_number=sale.order_number,
        erp_order_number=f"SO{sale.oh_id:07}",
        c_ordnum=sale.c_ordnum,
        num=sale.account.num,
        po_number=sale.po_number,
        order_date=desk.clock.day(sale.happenings[0].at),
        status="Open",
        sales_rep=sale.account.rep,
        subtotal=money(sale.subtotal),
        tax_total=money(sale.tax),
        shipping_total=money(sale.shipping),
        order_total=money(sale.total),
    )
    for number, line in enumerate(sale.lines, 1):
        line.line_id = desk.number("order_history_lines")
        desk.insert(
            "order_history_lines",
            at,
            ohd_id=line.line_id,
            order_number=sale.order_number,
            line_number=number,
            sku=line.product.sku,
            description=line.product.name,
            quantity_ordered=line.quantity,
            quantity_shipped=0,
            quantity_invoiced=0,
            unit_price=ten_thousandths(line.price),
            extended_price=money(line.amount),
        )
        warehouse = sale.account.warehouse
        desk.move(line.product.sku, warehouse, at, committed=line.quantity)
