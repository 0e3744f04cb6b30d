"""A small loyalty programme's rows beside a shop's; the warehouse built from both, once.

Every figure that the tests expect is worked out by hand from the pages below. Days are of March
2024, everything was received at eight; amounts are in one currency.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.transform import build
from sources.carecloud.tables import TABLES
from tests.pipelines import model_world
from tests.pipelines.model_world import AS_OF, World, day, write_maps
from tests.pipelines.raw_file import RawFile

VENDORS = {**model_world.VENDORS, "carecloud": TABLES}
MAPS = Path(__file__).parents[2] / "maps"
GONE = day(8)
SWEPT = (("purchases", "p4"), ("orders", "o3"), ("customers", "c3"))

ANN: Mapping[str, Any] = {
    "customer_id": "c1",
    "first_name": "Ann",
    "last_name": " Novák ",
    "phone": "420 111 222 333",
    "address": "Old Town Square",
    "address_2": "34",
    "city": "Prague 1",
    "postal_code": "11000",
    "birthdate": "1985-02-12",
    "gender": 2,
    "state": 1,
}
BEN: Mapping[str, Any] = {"customer_id": "c2", "first_name": "Ben", "last_name": "Hill", "state": 0}
EVA: Mapping[str, Any] = {"customer_id": "c3", "first_name": "Eva", "last_name": "Lane", "state": 1}
SALE: Mapping[str, Any] = {"currency_id": "u1", "store_id": "s1"}
ITEM: Mapping[str, Any] = {"product_id": "w1", "quantity": 2, "vat_rate": 21}


def at(month_day: int, hour: int = 9) -> datetime:
    """That hour of a day of March 2024."""
    return day(month_day).replace(hour=hour)


@cache
def world() -> World:
    """Both vendors' warehouse; built once per test process."""
    folder = Path(tempfile.mkdtemp(prefix="penstock-carecloud-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    raw = folder / "raw.duckdb"
    with RawFile(raw, VENDORS) as file:
        _customers(file)
        _lists(file)
        _purchases(file)
        _orders(file)
        _others(file)
        _operations(file)
    write_maps(folder / "maps", steps=(MAPS / "steps.csv").read_text("utf-8"))
    target = folder / "next" / "warehouse.duckdb"
    report = build(raw, target, VENDORS, folder / "maps", folder / "dbt", AS_OF, "run-1")
    return World(folder, raw, target, report)


def _page(
    file: RawFile,
    table: str,
    seen_on: int,
    *rows: Mapping[str, Any],
    connection: str = "carecloud",
) -> None:
    """One page, and the window that it came in."""
    file.page(table, day(seen_on), *rows, vendor="carecloud", connection=connection)
    file.ops(
        "windows",
        window_id=f"w-{connection}-{table}-{day(seen_on):%m%dT%H%M}",
        connection=connection,
        vendor="carecloud",
        table_name=table,
        committed_at=day(seen_on),
        rows_received=len(rows),
        rows_quarantined=0,
    )


def _customers(file: RawFile) -> None:
    _page(
        file,
        "customers",
        2,
        {**ANN, "modified_at": at(1)},
        {**BEN, "modified_at": at(1)},
        {**EVA, "modified_at": at(1)},
    )
    # another project of the same vendor, which numbers its rows alike
    _page(file, "customers", 2, {**BEN, "modified_at": at(1)}, connection="west")
    _page(
        file,
        "customer_source_records",
        2,
        {
            "customer_source_record_id": "r1",
            "customer_source_id": "web",
            "customer_id": "c1",
            "modified_at": at(1, 10),
        },
        {
            "customer_source_record_id": "r2",
            "customer_source_id": "shop",
            "customer_id": "c1",
            "modified_at": at(1, 8),
        },
    )


def _lists(file: RawFile) -> None:
    _page(
        file,
        "customer_sources",
        2,
        {"customer_source_id": "web", "customer_source_name": "Webshop"},
        {"customer_source_id": "shop", "customer_source_name": "In the shop"},
    )
    currency = {"currency_id": "u1", "currency_code": "CZK"}
    for connection in ("carecloud", "west"):
        _page(file, "currencies", 2, currency, connection=connection)
        _page(file, "stores", 2, {"store_id": "s1", "store_name": "One"}, connection=connection)
    product = {"product_id": "w1", "product_name": "Watch", "modified_at": at(1), "state": 1}
    _page(file, "products", 2, product)
    _page(file, "products", 2, product, connection="west")


def _purchases(file: RawFile) -> None:
    first = {
        "purchase_id": "p1",
        "customer_id": "c1",
        "external_purchase_id": "W-1",  # the number of order o1
        "paid_at": at(3, 23),
        "item_count": 1,
        "total_amount": 20,
        **SALE,
        # by unit
        "purchase_items": [{"purchase_item_id": "i1", "price_amount": 10, **ITEM}],
    }
    _page(
        file,
        "purchases",
        5,
        {**first, "modified_at": at(3, 23)},
        {
            **first,
            "purchase_id": "p2",
            "customer_id": "c2",
            "external_purchase_id": "R-2",
            "paid_at": at(4),
            "modified_at": at(4),
            "total_amount": 10,
            # by item
            "purchase_items": [{"purchase_item_id": "i2", "price_amount": 10, **ITEM}],
        },
        {
            **first,
            "purchase_id": "p3",
            "external_purchase_id": "R-3",
            "item_count": 0,
            "paid_at": at(4),
            "modified_at": at(4),
            "total_amount": -5,
            "purchase_items": [],
        },
        {
            **first,
            "purchase_id": "p4",
            "external_purchase_id": "W-2",  # deleted since: order o2 is the sale
            "paid_at": at(4),
            "modified_at": at(4),
        },
    )
    changed = {**first, "modified_at": at(5), "card_number": "1000"}
    _page(file, "purchases", 6, changed)
    _page(
        file,
        "purchases",
        4,
        {**first, "customer_id": "c2", "modified_at": at(3)},
        connection="west",
    )


def _orders(file: RawFile) -> None:
    placed = {"order_id": "o1", "order_number": "W-1", "customer_id": "c1", **SALE}
    del placed["store_id"]
    placed |= {"payment_status": "Unpaid", "modified_at": at(2), "total_amount": 20}
    _page(
        file,
        "orders",
        3,
        {**placed, "order_status": "New Uncomfirmed"},
        {**placed, "order_id": "o2", "order_number": "W-2", "order_status": "Confirmed"},
        {**placed, "order_id": "o3", "order_number": "W-3", "order_status": "Confirmed"},
        # another customer's order of a number that a purchase has
        {**placed, "order_id": "o4", "order_number": "R-2", "order_status": " "},
        {**placed, "order_id": "o5", "order_number": None, "order_status": None},
    )
    _page(
        file,
        "orders",
        5,
        {**placed, "order_status": "Delivered", "modified_at": at(4)},
        {
            **placed,
            "order_id": "o2",
            "order_number": "W-2",
            "order_status": "Shipped",
            "modified_at": at(4, 10),
        },
    )


def _others(file: RawFile) -> None:
    card = {"card_id": "k1", "card_number": "1000", "state": 1, "modified_at": at(1)}
    _page(file, "cards", 2, card)
    _page(file, "vouchers", 2, {"voucher_id": "v1", "state": 1, "modified_at": at(1)})
    _page(file, "bookings", 2, {"booking_id": "b1", "state": 1, "modified_at": at(1)})
    _page(file, "events", 2, {"event_id": "e1", "state": 1, "created_at": at(1)})


def _operations(file: RawFile) -> None:
    file.ops("runs", run_id="run-1", started_at=day(2), outcome="running")
    for connection in ("carecloud", "west"):
        for table in TABLES:
            whose = {"connection": connection, "vendor": "carecloud", "table_name": table.name}
            file.ops("freshness", last_read_at=day(9), last_change_at=day(9), **whose)
            file.ops("coverage", backfill_share=1.0, complete_since=day(1), **whose)
    for name, key in SWEPT:
        whose = {"connection": "carecloud", "vendor": "carecloud", "table_name": name}
        file.ops(
            "deletions",
            _key=f"carecloud\x1f{key}",
            deleted_at=GONE,
            sweep_id=f"s-{name}",
            **whose,
        )
        file.ops(
            "sweeps",
            sweep_id=f"s-{name}",
            started_at=day(7),
            finished_at=GONE,
            outcome="done",
            passes=1,
            keys_seen=2,
            keys_vanished=1,
            keys_returned=0,
            **whose,
        )
