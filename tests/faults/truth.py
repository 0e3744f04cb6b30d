"""What must be in the work file, worked out from the sandbox's own books, not with our SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from tests.house import VENDOR, House

TABLES = {
    "order": ("orders", "order_number", "Order"),
    "quotation": ("quotations", "quotation_number", "Quotation"),
    "workorder": ("work_orders", "work_order_number", "WorkOrder"),
}
TEXTS = {
    "customer_last_name": "Customer_Last_Name",
    "customer_address": "Customer_Address",
    "customer_postal_code": "Customer_PostalCode",
}
DUE = {"order": "Order_DateDue", "workorder": "WorkOrder_DateDue"}

Version = tuple[str, int, Mapping[str, object]]


def _text(value: Any) -> str | None:
    return (str(value).strip(" \t\r\n\xa0") or None) if value is not None else None


def _day(value: Any) -> date | None:
    text = _text(value)
    if text is None:
        return None
    return datetime.strptime(text, "%Y-%m-%d" if "-" in text else "%Y%m%d").date()  # noqa: DTZ007


def _expected(entity: str, row: Mapping[str, Any], prefix: str) -> dict[str, object]:
    found: dict[str, object] = {name: _text(row[wire]) for name, wire in TEXTS.items()}
    found["step"] = _text(row[f"{prefix}_Step_Desc"])
    if entity in DUE:
        found["due_on"] = _day(row[DUE[entity]])
    return found


def saves(house: House) -> dict[tuple[str, int], tuple[str, dict[str, object]]]:
    """Per (entity, SyncID): the document and what its row says."""
    books = house.sandbox.truth(VENDOR)
    return {
        (s["entity"], s["sync_id"]): (
            str(s["key"]),
            _expected(s["entity"], s["row"], TABLES[s["entity"]][2]),
        )
        for s in books["saves"]
        if s["sync_id"] > 10
    }


def landed(house: House) -> dict[tuple[str, int], tuple[str, dict[str, object]]]:
    """The same out of the version tables.

    Raises:
        AssertionError: a version is there twice.
    """
    found: dict[tuple[str, int], tuple[str, dict[str, object]]] = {}
    for entity, (table, key, _) in TABLES.items():
        names = [*TEXTS, "step", *(["due_on"] if entity in DUE else [])]
        rows = house.ask_raw(f"select {key}, sync_id, {', '.join(names)} from cienapps.{table}")
        for document, sync_id, *values in rows:
            mark = (entity, int(str(sync_id)))
            assert mark not in found, f"{mark} is there twice"
            found[mark] = (str(document), dict(zip(names, values, strict=True)))
    return found


def assert_nothing_confirmed_before_commit(house: House) -> None:
    """Every id that the vendor took is in the outbox, and its row in a version table."""
    confirmed = {entry["sync_id"] for entry in house.sandbox.truth(VENDOR)["history"]}
    confirmed = {sync_id for sync_id in confirmed if sync_id > 10}
    durable = {sync_id for _, sync_id in landed(house)} if _has_tables(house) else set()
    assert confirmed <= durable, f"confirmed, not durable: {sorted(confirmed - durable)[:5]}"
    if confirmed:
        outbox = {int(str(i)) for (i,) in house.ask_raw("select item_id from ops.outbox")}
        assert confirmed <= outbox


def _has_tables(house: House) -> bool:
    """Whether a first run came far enough to make the version tables."""
    return house.raw.exists() and house.ask_raw(
        "select count(*) from duckdb_tables() where schema_name = 'cienapps'"
    ) == [(4,)]


def assert_equal_to_truth(house: House) -> None:
    """All versions, each once, as the sandbox knows them; everything confirmed; lines with them."""
    assert landed(house) == saves(house)
    assert house.sandbox.truth(VENDOR)["pending"] == []
    assert house.ask_raw("select * from ops.outbox where confirmed_at is null") == []
    lines = house.ask_raw("""
        select order_number, sync_id, list(quotation_number order by _line_number)
        from cienapps.order_quotations
        join cienapps.orders using (_page_id, _row_number) group by all""")
    books = house.sandbox.truth(VENDOR, entity="order")["saves"]
    expected = {
        (str(s["key"]), s["sync_id"]): s["row"]["Order_Quotation_Number"]
        for s in books
        if s["row"]["Order_Quotation_Number"] and s["sync_id"] > 10
    }
    assert {(str(n), s): q for n, s, q in lines} == expected
