"""A small distributor's rows beside a shop's, and the warehouse built from both once for all tests.

Every figure that the tests expect is worked out by hand from the pages below. Days are of March
2024, everything was received at eight; amounts are in one currency.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.transform import build
from sources.cimcloud.tables import TABLES
from tests.pipelines import model_world
from tests.pipelines.model_world import AS_OF, World, day, write_maps
from tests.pipelines.raw_file import RawFile

VENDORS = {**model_world.VENDORS, "cimcloud": TABLES}
MAPS = Path(__file__).parents[2] / "maps"
GONE = day(8)

THEBERGE: Mapping[str, Any] = {
    "account_id": 1,
    "account_number": "W000123",
    "account_name": "Théberge et  fils",
    "address": "1 OLD ROAD ",
    "city": "CEDAR",
    "postal_code": "v9x1t8",
    "phone": "1 250 111 2222",
    "sales_rep": "ANN ROY",
    "created_at": datetime.fromisoformat("2015-02-03T04:05"),
}
DOE: Mapping[str, Any] = {
    "account_id": 2,
    "account_number": "W000124",
    "account_name": "Doe Kitchens",
    "phone": "(250) 748-1234",
}
CLOSED: Mapping[str, Any] = {
    "account_id": 3,
    "account_number": "W000125",
    "account_name": "Closed Ltd",
}
# another site of the same vendor, which numbers its rows alike
WEST: Mapping[str, Any] = {"account_id": 1, "account_number": "W9", "account_name": "West"}
TOTALS: Mapping[str, Any] = {
    "subtotal_amount": 100,
    "tax_amount": "5.25",
    "shipping_amount": 10,
    "total_amount": "115.25",
}


def of(month_day: int) -> date:
    """That day of March 2024."""
    return date(2024, 3, month_day)


@cache
def world() -> World:
    """Both vendors' warehouse; built once per test process."""
    folder = Path(tempfile.mkdtemp(prefix="penstock-cimcloud-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    raw = folder / "raw.duckdb"
    with RawFile(raw, VENDORS) as file:
        _shop(file)
        _accounts(file)
        _orders(file)
        _order_history(file)
        _lines(file)
        _invoices(file)
        _operations(file)
    write_maps(folder / "maps", steps=(MAPS / "steps.csv").read_text("utf-8"))
    target = folder / "next" / "warehouse.duckdb"
    report = build(raw, target, VENDORS, folder / "maps", folder / "dbt", AS_OF, "run-1")
    return World(folder, raw, target, report)


def _page(
    file: RawFile, table: str, at: int, *rows: Mapping[str, Any], connection: str = "cimcloud"
) -> None:
    """One page, and the window that it came in."""
    file.page(table, day(at), *rows, vendor="cimcloud", connection=connection)
    file.ops(
        "windows",
        window_id=f"w-{connection}-{table}-{day(at):%m%dT%H%M}",
        connection=connection,
        vendor="cimcloud",
        table_name=table,
        committed_at=day(at),
        rows_received=len(rows),
        rows_quarantined=0,
    )


def _shop(file: RawFile) -> None:
    """Another vendor's customer, who buys from the distributor too."""
    file.page(
        "orders",
        day(2),
        {"order_number": 4700, "sync_id": 1, "step": "01 - CONFIRMED", **model_world.THEBERGE},
    )


def _accounts(file: RawFile) -> None:
    _page(file, "accounts", 1, THEBERGE, DOE, CLOSED)
    _page(file, "accounts", 2, WEST, connection="west")
    _page(file, "customers", 1, {"customer_id": 7, "account_id": 1, "first_name": "Ann"})
    _page(file, "addresses", 1, {"address_id": 8, "account_id": 1, "city": "Cedar"})
    _page(file, "products", 1, {"sku": "HINGE-35", "price_amount": "2.5"})
    stock = {"sku": "HINGE-35", "warehouse": "MAIN", "quantity_on_hand": 40}
    _page(file, "inventory_levels", 1, stock)
    _page(
        file, "product_prices", 1, {"sku": "HINGE-35", "price_level": "A", "price_amount": "2.25"}
    )


def _orders(file: RawFile) -> None:
    theirs = {"account_id": 1, "ordered_on": of(1), "lifecycle_stage": "Submitted", **TOTALS}
    taken_over = {"web_order_number": 501, "purchase_order": "PO 17", **theirs}
    waiting = {"web_order_number": 502, **theirs, "account_id": 2, "coupon_amount": 5}
    deleted = {"web_order_number": 503, **theirs}
    _page(file, "orders", 2, taken_over, {**waiting, "total_amount": "110.25"}, deleted)
    _page(
        file,
        "orders",
        3,
        {**taken_over, "lifecycle_stage": "Processing"},
        {**waiting, "total_amount": "110.25", "lifecycle_stage": " processing "},
    )
    _page(file, "orders", 2, {"web_order_number": 501, **theirs}, connection="west")


def _order_history(file: RawFile) -> None:
    from_web = {
        "order_history_id": 501,  # as the web order of "west" is numbered
        "order_number": "SO-1",
        "web_order_number": 501,
        "account_number": "W000123",
        "purchase_order": " PO 17",
        "sales_rep": "CARRIE DOE",
        "ordered_on": of(1),
        **TOTALS,
    }
    phoned = {
        "order_history_id": 502,
        "order_number": "SO-2",
        "account_number": "W000125",
        "ordered_on": of(4),
        "status": "Cancelled",
    }
    deleted = {**phoned, "order_history_id": 503, "order_number": "SO-3", "web_order_number": 502}
    _page(file, "order_history", 4, {**from_web, "status": "Open"}, phoned, deleted)
    _page(file, "order_history", 6, {**from_web, "status": "Complete"})


def _lines(file: RawFile) -> None:
    _page(
        file,
        "order_lines",
        2,
        {"order_line_id": 1, "web_order_number": 501, "extended_amount": 40, "quantity": 16},
        {"order_line_id": 2, "web_order_number": 501, "extended_amount": 60, "quantity": 24},
        {"order_line_id": 3, "web_order_number": 502, "extended_amount": 100, "quantity": 40},
    )
    _page(
        file,
        "order_history_lines",
        4,
        {"order_history_line_id": 1, "order_number": "SO-1", "extended_amount": 40},
        {"order_history_line_id": 2, "order_number": "SO-1", "extended_amount": 60},
        {"order_history_line_id": 3, "order_number": "SO-3", "extended_amount": 60},
    )
    _page(file, "shipments", 6, {"shipment_id": 1, "order_number": "SO-1", "carrier": "Road"})


def _invoices(file: RawFile) -> None:
    whose = {"account_number": "W000123", "invoice_number": "IN-1"}
    _page(
        file,
        "invoices",
        6,
        {"invoice_id": 1, **whose, "balance_amount": "15.25", "invoiced_on": of(6), **TOTALS},
    )
    _page(file, "invoice_lines", 6, {"invoice_line_id": 1, **whose, "extended_amount": 100})
    _page(file, "payments", 7, {"payment_id": 1, **whose, "payment_amount": 100})
    _page(file, "invoice_payments", 7, {"invoice_payment_id": 1, **whose, "payment_amount": 100})
    _page(file, "credits", 7, {"credit_id": 1, "account_number": "W000123", "credit_amount": 5})


def _operations(file: RawFile) -> None:
    file.ops("runs", run_id="run-1", started_at=day(2), outcome="running")
    shop = {"connection": "cienapps", "vendor": "cienapps", "table_name": "orders"}
    file.ops("windows", window_id="w-cienapps-orders-0302T0800", committed_at=day(2), **shop)
    for connection in ("cimcloud", "west"):
        for table in TABLES:
            whose = {"connection": connection, "vendor": "cimcloud", "table_name": table.name}
            file.ops("freshness", last_read_at=day(9), last_change_at=day(7), **whose)
            file.ops("coverage", backfill_share=1.0, complete_since=day(1), **whose)
    for name, document in (
        ("accounts", "3"),
        ("orders", "503"),
        ("order_history", "503"),
        ("order_history_lines", "3"),
    ):
        file.ops(
            "deletions",
            connection="cimcloud",
            vendor="cimcloud",
            table_name=name,
            _key=f"cimcloud\x1f{document}",
            deleted_at=GONE,
            sweep_id=f"s-{name}",
        )
        file.ops(
            "sweeps",
            connection="cimcloud",
            vendor="cimcloud",
            table_name=name,
            sweep_id=f"s-{name}",
            started_at=day(7),
            finished_at=GONE,
            outcome="done",
            passes=1,
            keys_seen=2,
            keys_vanished=1,
            keys_returned=0,
        )
