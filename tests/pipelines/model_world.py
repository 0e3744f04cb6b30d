"""A small company's documents, and the warehouse built from them once for all tests.

Every figure that the tests expect is worked out by hand from the pages below. Days are of March
2024; everything was received at eight.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipelines.transform import BuildReport, build
from sources.cienapps.tables import TABLES
from tests.pipelines.raw_file import RawFile

VENDORS = {"cienapps": TABLES}
AS_OF = datetime.fromisoformat("2024-03-10T08:00")
COVERED_SINCE = datetime.fromisoformat("2024-02-01")

STEPS = """vendor,document_type,step,stage,stage_order,outcome
cienapps,quotation,02 - QUOTING STAGE,Quoting,20,open
cienapps,quotation,03 - PRESENTED,Presented,30,open
cienapps,quotation,04 - ACCEPTED,Accepted,40,won
cienapps,order,01 - CONFIRMED,Confirmed,10,open
cienapps,order,02 - IN PRODUCTION,In production,20,open
cienapps,order,CANCELLED,Cancelled,90,lost
cienapps,work_order,02 CUTTING,Cutting,20,open
"""

THEBERGE: Mapping[str, Any] = {
    "customer_company_name": "THÉBERGE ET FILS",
    "customer_last_name": "ROY",
    "customer_phone": "(250) 111-2222",
    "customer_address": "1 OLD ROAD",
    "customer_city": "CEDAR",
    "customer_postal_code": "V9X 1T8",
    "customer_created_at": datetime.fromisoformat("2017-11-08"),
    "customer_origin": "WEB",
}
# the same customer, as another site types it
THEBERGE_EAST: Mapping[str, Any] = {
    "customer_company_name": "Theberge et  fils ",
    "customer_first_name": "ANN",
    "customer_phone": "1 250 111 2222",
    "customer_address": "2 NEW ROAD ",
    "customer_postal_code": "v9x1t8",
    "customer_created_at": datetime.fromisoformat("2019-01-02"),
}
DOE: Mapping[str, Any] = {
    "customer_first_name": "ANDREW",
    "customer_last_name": "DOE",
    "customer_phone": "250 748 1234",
}


def day(of_march: int) -> datetime:
    """Eight o'clock on that day of March 2024."""
    return datetime.fromisoformat(f"2024-03-{of_march:02}T08:00")


@dataclass(frozen=True)
class World:
    """What was built, and from what."""

    folder: Path
    raw: Path
    warehouse: Path
    report: BuildReport

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer of the built file, opened for this question alone."""
        with duckdb.connect(str(self.warehouse), read_only=True) as db:
            return db.execute(query).fetchall()


@cache
def world() -> World:
    """The small company's warehouse; built once per test process."""
    folder = Path(tempfile.mkdtemp(prefix="penstock-model-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return make(folder)


def make(folder: Path) -> World:
    """Writes the raw file and the maps, and builds."""
    raw = folder / "raw.duckdb"
    with RawFile(raw, VENDORS) as file:
        _orders(file)
        _quotations(file)
        _work_orders(file)
        _operations(file)
    write_maps(folder / "maps", steps=STEPS)
    return World(folder, raw, folder / "next" / "warehouse.duckdb", rebuild(folder))


def rebuild(folder: Path) -> BuildReport:
    """Builds again from what is in that folder."""
    return build(
        folder / "raw.duckdb",
        folder / "next" / "warehouse.duckdb",
        VENDORS,
        folder / "maps",
        folder / "dbt",
        AS_OF,
        "run-1",
    )


def write_maps(folder: Path, *, steps: str | None = None, customers: str | None = None) -> None:
    """Writes the files that are given; the others are not there."""
    folder.mkdir(exist_ok=True)
    for name, text in (("steps.csv", steps), ("customers.csv", customers)):
        (folder / name).unlink(missing_ok=True)
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")


def _orders(file: RawFile) -> None:
    order = {"order_number": 4700, "title": "KITCHEN ", **THEBERGE}
    first = {**order, "step": "01 - CONFIRMED", "order_quotations": [6122, 6123]}
    other = {"order_number": 4701, **DOE}
    file.page(
        "orders",
        day(1),
        {**first, "sync_id": 11},
        {**other, "step": "01 - CONFIRMED", "sync_id": 14, "_extra": {"New_Field": 1}},
    )
    # saved again, nothing changed
    file.page("orders", day(2), {**first, "sync_id": 21})
    # the same number with another content
    file.page("orders", day(3), {**other, "step": "CANCELLED", "sync_id": 14})
    started = {**order, "step": "02 - IN PRODUCTION"}
    file.page("orders", day(4), {**started, "order_quotations": [6123], "sync_id": 31})
    # its last line is gone
    file.page("orders", day(6), {**started, "due_on": "2024-04-01", "sync_id": 41})
    # another account of the same vendor numbers its orders alike
    file.page(
        "orders",
        day(5),
        {"order_number": 4700, "step": "99 -  Mystery ", "sync_id": 3, **THEBERGE_EAST},
        connection="east",
    )


def _quotations(file: RawFile) -> None:
    returning = {"quotation_number": 6122, **THEBERGE}
    late = {"quotation_number": 6123, "sales_rep_login": "WDDOE", **DOE}
    nameless = {"quotation_number": 6125, "customer_postal_code": "V9X 1T8"}
    file.page(
        "quotations",
        day(1),
        {**returning, "step": "02 - QUOTING STAGE", "sync_id": 12},
        {**late, "step": "02 - QUOTING STAGE", "sync_id": 13},
        {**nameless, "sync_id": 17},
    )
    file.page("quotations", day(2), {**returning, "step": "03 - PRESENTED", "sync_id": 22})
    file.page("quotations", day(3), {**returning, "step": "02 -  quoting stage", "sync_id": 32})
    file.page(
        "quotations",
        day(5),
        {**returning, "step": "02 - QUOTING STAGE", "title": "NEW", "sync_id": 42},
        {**late, "step": "04 - ACCEPTED", "sync_id": 53},
    )
    # an older save of 6123, delivered late
    file.page("quotations", day(7), {**late, "step": "03 - PRESENTED", "sync_id": 33})


def _work_orders(file: RawFile) -> None:
    cutting = {"step": "02 CUTTING", "is_back_order": False, "is_closed": False, **THEBERGE}
    file.page(
        "work_orders",
        day(5),
        {"work_order_number": "4700-1", "order_number": 4700, "sync_id": 50, **cutting},
        {"work_order_number": "4704-1", "order_number": 7953, "sync_id": 51, **cutting},
    )
    # older than all that was seen of it
    file.page(
        "work_orders",
        day(6),
        {"work_order_number": "4700-1", "order_number": 4700, "step": "01 READY", "sync_id": 40},
    )


def _operations(file: RawFile) -> None:
    who = {"connection": "cienapps", "vendor": "cienapps", "table_name": "orders"}
    file.ops("runs", run_id="run-1", started_at=day(1), outcome="running", seconds='{"dbt": 1}')
    file.ops("windows", window_id="w1", run_id="run-1", committed_at=day(1), rows_new=2, **who)
    expected = {"expected_at": day(12), "note": "no backfill"}
    file.ops("coverage", complete_since=COVERED_SINCE, **expected, **who)
    file.ops("freshness", last_read_at=day(9), expected_within_hours=26, **who)
    file.ops("drift", field="New_Field", first_seen_at=day(1), last_seen_at=day(1), **who)
    bad = {"reason": "not a date", "raw": '{"secret": 1}', "page_id": "p1", **who}
    for row, column, resolved_at in (
        (0, "due_on", None),
        (0, "created_on", None),
        (1, "due_on", None),
        (2, "due_on", day(4)),
    ):
        file.ops(
            "quarantine",
            quarantine_id=f"q{row}{column}",
            row_number=row,
            column_name=column,
            received_at=day(1 + row),
            resolved_at=resolved_at,
            **bad,
        )
    item = {"queue": "notifications", "window_id": "w1", "page_id": "p1", "received_at": day(1)}
    file.ops("outbox", item_id=11, document_key="4700", times_returned=2, **item, **who)
    file.ops("outbox", item_id=14, confirmed_at=day(2), times_returned=0, **item, **who)
    elsewhere = {"connection": "x", "vendor": "other", "table_name": "t"}
    file.ops("outbox", item_id=1, **item, **elsewhere)
