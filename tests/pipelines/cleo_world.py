"""A mailbox's documents beside three vendors that have the same orders; the warehouse, built once.

Every figure that the tests expect is worked out by hand from the pages below. Days are of March
2024, everything was received at eight; amounts are in one currency.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.transform import build
from sources.cimcloud.tables import TABLES as CIMCLOUD
from sources.cleo.tables import TABLES
from sources.crm_com.tables import TABLES as CRM_COM
from tests.pipelines import model_world
from tests.pipelines.model_world import AS_OF, World, day, write_maps
from tests.pipelines.raw_file import RawFile

VENDORS = {**model_world.VENDORS, "cimcloud": CIMCLOUD, "crm_com": CRM_COM, "cleo": TABLES}
MAPS = Path(__file__).parents[2] / "maps"

BUYER: Mapping[str, Any] = {
    "sender_id": "HUB",
    "receiver_id": "US",
    "buyer_id": "B1",
    "buyer_name": "Théberge et  fils",
    "ship_to_name": "Théberge, Cedar",
    "ship_to_address": "1 OLD ROAD",
    "ship_to_city": "CEDAR",
    "ship_to_postal_code": "V9X 1T8",
}
OTHER: Mapping[str, Any] = {"sender_id": "HUB", "buyer_id": "B2", "buyer_name": "Doe Kitchens"}
SELLER: Mapping[str, Any] = {"sender_id": "US", "receiver_id": "HUB", "seller_id": "S1"}
SEGMENTS = json.dumps([["BIG", "20240304"], ["TDS", "10000"]])


def of(month_day: int) -> date:
    """That day of March 2024."""
    return date(2024, 3, month_day)


def order(number: str | None, sent: int | None, **more: Any) -> dict[str, Any]:
    """A purchase order, of the first buyer unless it says another."""
    return {
        "document_type": "850",
        "purpose_code": "00",
        "purchase_order_number": number,
        "sent_on": of(sent) if sent else None,
        "purchase_order_on": of(1),
        **BUYER,
        **more,
    }


def answer(kind: str, number: str | None, sent: int | None, **more: Any) -> dict[str, Any]:
    """What the seller sends."""
    return {
        "document_type": kind,
        "purchase_order_number": number,
        "sent_on": of(sent) if sent else None,
        **SELLER,
        **more,
    }


def invoice(number: str | None, of_order: str | None, sent: int, **more: Any) -> dict[str, Any]:
    """An invoice of 100, on the day it was sent."""
    said = {"invoice_number": number, "invoice_on": of(sent), "total_amount": 100}
    line = {"line_id": "1", "line_amount": 100}
    summed = {"lines_amount": 100, "line_count": 1, "document_lines": [line]}
    summed |= {"currency_code": "CAD", "content": SEGMENTS}
    return answer("810", of_order, sent, **{**said, **summed, **more})


@cache
def world() -> World:
    """The warehouse of the mailbox and the three vendors; built once per test process."""
    folder = Path(tempfile.mkdtemp(prefix="penstock-cleo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    raw = folder / "raw.duckdb"
    with RawFile(raw, VENDORS) as file:
        _orders(file)
        _answers(file)
        _invoices(file)
        _replaced(file)
        _elsewhere(file)
        _operations(file)
    write_maps(folder / "maps", steps=(MAPS / "steps.csv").read_text("utf-8"))
    target = folder / "next" / "warehouse.duckdb"
    report = build(raw, target, VENDORS, folder / "maps", folder / "dbt", AS_OF, "run-1")
    return World(folder, raw, target, report)


def _file(
    file: RawFile,
    name: str,
    at: int,
    *documents: Mapping[str, Any],
    connection: str = "cleo",
    withdrawn: tuple[int, ...] = (),
    **of_file: Any,
) -> None:
    """One file as it was read on that day, and what came of it."""
    entry: dict[str, Any] = {
        "file_id": name,
        "file_name": f"{name}.edi",
        "format": "x12",
        "reading": "read",
    }
    entry |= {"document_count": len(documents), "modified_at": day(at), **of_file}
    rows = [
        {"is_withdrawn": False, "is_mapped": True, "format": "x12", "position": n, **document}
        for n, document in enumerate(documents, 1)
    ]
    rows += [{"is_withdrawn": True, "position": n} for n in withdrawn]
    _page(file, "files", at, name, entry, connection=connection)
    if rows:
        found = [{"file_id": name, **row} for row in rows]
        _page(file, "documents", at, name, *found, connection=connection)


def _page(
    file: RawFile, table: str, at: int, name: str, *rows: Mapping[str, Any], connection: str
) -> None:
    page_id = f"{connection}-{table}-{name}-{at}"
    about = {"vendor": "cleo", "connection": connection}
    file.page(table, day(at), *rows, page_id=page_id, **about)
    file.ops(
        "windows",
        window_id=f"w-{page_id}",
        table_name=table,
        committed_at=day(at),
        rows_received=len(rows),
        rows_quarantined=0,
        **about,
    )


def _orders(file: RawFile) -> None:
    line = {"line_id": "1", "quantity": 4, "unit_price_amount": 25, "line_amount": 100}
    first = order("PO 17", 1, total_amount=100, document_lines=[line])
    _file(file, "f1", 2, first)
    _file(file, "f2", 4, {**first, "sent_on": of(3), "set_control_number": "2"})  # sent again
    _file(file, "f3", 2, order("18", 1))
    # a cancellation names no party
    nobody = dict.fromkeys(("buyer_id", "buyer_name", "ship_to_name", "ship_to_address"))
    nobody |= dict.fromkeys(("ship_to_city", "ship_to_postal_code"))
    _file(file, "f4", 3, order("18", 2, purpose_code="01", **nobody))
    # nothing but a value, and a day to come
    alone = {"document_type": "850", "total_amount": "99.99", "format": "json"}
    _file(file, "f5", 3, {**alone, "is_mapped": True}, format="json")
    _file(file, "f6", 2, order("50", 1), order("50", 1, **{**OTHER, "ship_to_postal_code": None}))
    # changed, cancelled, ordered anew; all in one reading, the original read last
    _file(file, "f7", 6, order("70", 3, purpose_code="01"), order("70", 4, purpose_code="05"))
    _file(file, "f8", 6, order("70", 3, purchase_order_on=of(2)))
    _file(file, "f1", 2, order("PO 17", 1, buyer_name="West"), connection="west")


def _answers(file: RawFile) -> None:
    _file(file, "g1", 3, answer("855", "PO 17", 2, kind_code="AD"))
    _file(file, "g2", 5, answer("856", "PO 17", 4, is_mapped=False))
    _file(file, "g3", 3, answer("855", "18", 3))  # of the cancellation
    _file(file, "g4", 2, order("60", 1), answer("855", "60", 2, kind_code="RJ"))
    _file(file, "g5", 3, answer("855", "50", 2, buyer_id="B2"))
    _file(file, "g6", 3, answer("855", "50", 2))  # whose, nobody knows
    _file(file, "g7", 3, {"document_type": "204", "is_mapped": False})


def _invoices(file: RawFile) -> None:
    _file(file, "i1", 5, invoice("IN-9", "PO 17", 5))
    _file(file, "i2", 7, invoice("IN-9", "PO 17", 6, total_amount=105, lines_amount=105))
    _file(file, "i3", 5, invoice("IN-50", "50", 4, buyer_id="B2"))
    _file(file, "i4", 5, invoice("IN-99", "99", 4, buyer_name="Elsewhere Ltd", kind_code="CR"))
    _file(file, "i5", 6, invoice("IN-41", "41", 4), invoice("IN-41", "41", 6, purpose_code="01"))
    _file(file, "i6", 6, invoice(None, None, 5), invoice("IN-9", None, 5, seller_id="S2"))


def _replaced(file: RawFile) -> None:
    _file(file, "r1", 2, order("30", 1, total_amount=10), order("31", 1))
    _file(file, "r1", 4, order("30", 1, total_amount=11), withdrawn=(2,))
    _file(file, "r2", 2, order("40", 1))
    _file(file, "r2", 4, order("41", None))
    _file(file, "r3", 2, invoice("IN-31", "31", 1), invoice("IN-32", "30", 1))
    _file(file, "r3", 5, invoice("IN-32", "30", 1), withdrawn=(2,))


def _elsewhere(file: RawFile) -> None:
    """The shop, the distributor and the service company that have some of the orders too."""
    sold = {"sync_id": 1, "step": "01 - CONFIRMED", **model_world.THEBERGE}
    file.page(
        "orders",
        day(2),
        {**sold, "order_number": 4700, "purchase_order": "17 "},
        {**sold, "order_number": 4701, "purchase_order": "18"},
        {**sold, "order_number": 4702, "purchase_order": "PO-18"},  # of two, neither
        {**sold, "order_number": 4703, "purchase_order": "50"},  # two buyers have it
        {**sold, "order_number": 4704, "purchase_order": "99"},
        {**sold, "order_number": 4705, "purchase_order": "7 0"},
        {**sold, "order_number": 4706, "purchase_order": "verbal"},
    )
    theirs = {"vendor": "cimcloud", "connection": "cimcloud"}
    account = {"account_id": 1, "account_number": "W1", "account_name": "Doe Kitchens"}
    file.page("accounts", day(1), account, **theirs)
    placed = {"account_number": "W1", "ordered_on": of(1), "status": "Open"}
    file.page(
        "order_history",
        day(2),
        {**placed, "order_history_id": 1, "order_number": "SO-1", "purchase_order": "po# 17"},
        {**placed, "order_history_id": 2, "order_number": "SO-2", "purchase_order": "30"},
        {**placed, "order_history_id": 3, "order_number": "SO-3"},
        {**placed, "order_history_id": 4, "order_number": "SO-3"},
        **theirs,
    )
    billed = {"account_number": "W1", "invoiced_on": of(3), "due_on": of(9), "status": "open "}
    billed |= {"total_amount": 115, "balance_amount": 15}
    first = {**billed, "invoice_id": 1, "invoice_number": "V1", "order_number": "SO-1"}
    file.page(
        "invoices",
        day(3),
        {**first, "balance_amount": 115},
        {**billed, "invoice_id": 2, "invoice_number": "V2", "order_number": "SO-3"},
        {**billed, "invoice_id": 3, "invoice_number": "V3"},
        **theirs,
    )
    file.page("invoices", day(5), first, **theirs)
    gone = {"table_name": "invoices", "deleted_at": day(8), "sweep_id": "s", **theirs}
    file.ops("deletions", _key="cimcloud\x1f3", **gone)
    ours = {"vendor": "crm_com", "connection": "crm_com"}
    file.page("accounts", day(1), {"account_id": "A1", "account_name": "The Mill"}, **ours)
    file.page(
        "invoices",
        day(3),
        {
            "invoice_id": "N1",
            "invoice_number": "M1",
            "life_cycle_state": "POSTED",
            "issued_on": of(3),
            "due_on": of(30),
            "currency_code": "EUR",
            "total_amount": 50,
            "outstanding_amount": 0,
            "account_id": "A1",
        },
        **ours,
    )


def _operations(file: RawFile) -> None:
    file.ops("runs", run_id="run-1", started_at=day(2), outcome="running")
    for connection in ("cleo", "west"):
        for table in TABLES:
            whose = {"connection": connection, "vendor": "cleo", "table_name": table.name}
            file.ops("freshness", last_read_at=day(9), last_change_at=day(7), **whose)
            file.ops("coverage", backfill_share=1.0, complete_since=day(1), **whose)
