"""A service company's rows in CRM.COM, and the warehouse built from them once for all tests.

Every figure that the tests expect is worked out by hand from the pages below. Days are of March
2024, everything was received at eight; amounts are in one currency.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.transform import build
from sources.crm_com.tables import TABLES
from tests.pipelines import model_world
from tests.pipelines.model_world import AS_OF, World, day, write_maps
from tests.pipelines.raw_file import RawFile

VENDORS = {**model_world.VENDORS, "crm_com": TABLES}
MAPS = Path(__file__).parents[2] / "maps"
OF_ROY: Mapping[str, Any] = {
    "account_id": "A1",
    "account_number": "ACR1",
    "account_name": "As it was called",
}


def of(month_day: int) -> date:
    """That day of March 2024."""
    return date(2024, 3, month_day)


@cache
def world() -> World:
    """The warehouse; built once per test process."""
    folder = Path(tempfile.mkdtemp(prefix="penstock-crm-com-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    raw = folder / "raw.duckdb"
    with RawFile(raw, VENDORS) as file:
        _people(file)
        _sales(file)
        _work(file)
        _operations(file)
    write_maps(folder / "maps", steps=(MAPS / "steps.csv").read_text("utf-8"))
    target = folder / "next" / "warehouse.duckdb"
    report = build(raw, target, VENDORS, folder / "maps", folder / "dbt", AS_OF, "run-1")
    return World(folder, raw, target, report)


def _page(
    file: RawFile, table: str, at: int, *rows: Mapping[str, Any], connection: str = "crm_com"
) -> None:
    """One page, and the window that it came in."""
    file.page(table, day(at), *rows, vendor="crm_com", connection=connection)
    file.ops(
        "windows",
        window_id=f"w-{connection}-{table}-{day(at):%m%dT%H%M}",
        connection=connection,
        vendor="crm_com",
        table_name=table,
        committed_at=day(at),
        rows_received=len(rows),
        rows_quarantined=0,
    )


def _people(file: RawFile) -> None:
    roy = {
        "contact_id": "C1",
        "contact_type": "PERSON",
        "contact_name": "ANN ROY",
        "first_name": " Ann ",
        "last_name": "Roy",
        "created_at": datetime.fromisoformat("2015-02-03T04:05"),
        "contact_phones": [
            {"phone_id": "P1", "phone_number": "none"},
            {"phone_id": "P2", "phone_number": "1 250 111 2222"},
        ],
        "contact_addresses": [
            {"address_id": "D1", "street_number": "1", "street_name": "OLD ROAD", "city": "CEDAR"},
            {"address_id": "D2", "street_name": "NEW ROAD"},
        ],
        "contact_emails": [{"email_id": "E1", "email_address": "ann@example.com"}],
    }
    strata = {"contact_id": "C2", "contact_type": "COMPANY", "company_name": "Strata  Ltd"}
    nameless = {"contact_id": "C3", "contact_type": "COMPANY", "contact_name": "The Mill"}
    _page(file, "contacts", 1, roy, strata, nameless)
    _page(
        file,
        "accounts",
        1,
        {"account_id": "A1", "account_number": "ACR1", "owner_contact_id": "C1"},
        {"account_id": "A2", "account_number": "ACR2", "owner_contact_id": "C2"},
        {"account_id": "A3", "account_number": "ACR3", "owner_contact_id": "C3"},
        {"account_id": "A4", "account_number": "ACR4", "account_name": "Ownerless Ltd"},
    )
    west = {"account_id": "A1", "account_number": "ACR1", "owner_contact_name": "Someone West"}
    _page(file, "accounts", 1, west, connection="west")


def _sales(file: RawFile) -> None:
    line = {
        "purchase_product_id": "L1",
        "quantity": 2,
        "net_amount": 100,
        "vat_amount": 5,
        "total_amount": 105,
    }
    sums = {"net_amount": 100, "vat_amount": 5, "total_amount": 105}
    sold = {
        "purchase_id": "S1",
        "purchase_number": "PU1",
        "reference_number": " R 1 ",
        "external_reference_number": "WEB-1",
        "life_cycle_state": "POSTED",
        "performed_on": of(2),
        "updated_at": day(2),
        **OF_ROY,
        **sums,
        "purchase_products": [line],
    }
    other = {
        "purchase_id": "S2",
        "purchase_number": "PU2",
        "external_reference_number": "WEB-2",
        "life_cycle_state": "POSTED",
        "performed_on": of(3),
        "account_id": "A2",
    }
    _page(file, "purchases", 2, sold, other)
    _page(file, "purchases", 5, {**sold, "life_cycle_state": "CANCELLED"})
    of_the_mill = {"purchase_id": "S3", "purchase_number": "PU3", "account_id": "A3"}
    of_none = {"purchase_id": "S4", "purchase_number": "PU4", "account_id": "A4"}
    _page(file, "purchases", 3, of_the_mill, of_none)
    theirs = {"purchase_id": "S1", "purchase_number": "PU1", "performed_on": of(2), **OF_ROY}
    _page(file, "purchases", 2, theirs, connection="west")
    billed = {
        "net_amount": 100,
        "tax_amount": 5,
        "discount_amount": 0,
        "total_amount": 105,
        "issued_on": of(3),
        **OF_ROY,
    }
    item = {"invoice_item_id": "I1", "net_amount": 100}
    _page(
        file,
        "invoices",
        3,
        {"invoice_id": "N1", "invoice_number": "IN1", **billed, "invoice_items": [item]},
    )
    _page(file, "credit_notes", 3, {"credit_note_id": "K1", "total_amount": 5, **OF_ROY})


def _work(file: RawFile) -> None:
    job = {
        "job_id": "J1",
        "job_number": "J 1",
        "life_cycle_state": "IN PROGRESS",
        "expected_on": of(8),
        "scheduled_on": of(6),
        "type_name": "REPAIR ",
        "assigned_to_name": "CREW 2",
        **OF_ROY,
    }
    _page(file, "jobs", 2, job)
    _page(file, "jobs", 6, {**job, "life_cycle_state": "COMPLETED", "completed_on": of(6)})
    _page(
        file,
        "leads",
        2,
        {
            "lead_id": "Q1",
            "lead_number": "L1",
            "description": "Would like  a kitchen",
            "created_at": day(2),
            "status": json.dumps({"id": "7", "name": "QUALIFIED"}),
            "assigned_to": json.dumps("CARRIE DOE"),
            "contact_id": "C2",
            "contact_name": "as the lead has it",
        },
        {
            "lead_id": "Q2",
            "lead_number": "L2",
            "lead_name": "Kitchen",
            "description": "Longer",
            "life_cycle_state": "OPEN",
            "status": json.dumps("HOT"),
            "assigned_to": json.dumps({"name": "BO"}),
            "created_at": day(2),
            "contact_id": "C9",
            "contact_name": "Nobody Yet",
        },
        {"lead_id": "Q3", "lead_number": "L3", "status": json.dumps("HOT"), "account_id": "A1"},
    )
    _page(file, "activities", 2, {"activity_id": "T1"})
    _page(file, "subscriptions", 2, {"subscription_id": "U1"})
    _page(file, "products", 2, {"product_id": "R1"})
    _page(file, "provisioning_requests", 2, {"provisioning_request_id": "V1"})


def _operations(file: RawFile) -> None:
    file.ops("runs", run_id="run-1", started_at=day(2), outcome="running")
    for connection in ("crm_com", "west"):
        for table in TABLES:
            whose = {"connection": connection, "vendor": "crm_com", "table_name": table.name}
            file.ops("freshness", last_read_at=day(9), last_change_at=day(7), **whose)
            file.ops("coverage", backfill_share=1.0, complete_since=day(1), **whose)
