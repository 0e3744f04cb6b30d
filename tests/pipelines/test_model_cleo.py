"""Cleo in the marts: one order per buyer and number, its steps, what withdrawn files leave."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from pipelines.transform.dbt_process import invoke
from pipelines.transform.profile import opened
from sources.cleo.tables import TABLES
from tests.pipelines.cleo_world import of, world
from tests.pipelines.model_world import day

OURS = "vendor = 'cleo'"
RULES = 5  # of the staging models that dbt tests


def customer(name: str, code: str = "") -> str:
    """The customer key as docs/decisions/0002-customer-matching.md defines it."""
    return "c_" + hashlib.md5(chr(31).join([name, "", code]).encode()).hexdigest()[:16]


THEBERGE = customer("thebergeetfils", "V9X1T8")
DOE = customer("doekitchens")


def key(*parts: str) -> str:
    """The parts of a key, joined."""
    return chr(31).join(parts)


def ordered(buyer: str, number: str, connection: str = "cleo") -> str:
    """The key of a purchase order."""
    return key(connection, "order", buyer, number)


def test_a_purchase_order_is_one_order_of_its_buyer() -> None:
    assert world().rows(
        "SELECT order_key, order_number, purchase_order, created_on, customer_key, coverage_since "
        f"FROM sales.orders WHERE {OURS} ORDER BY order_key"
    ) == [
        (key("cleo", "f5", "1"), None, None, None, None, day(1)),
        *(
            (ordered(buyer, number), number, number, of(made), customer_key, day(1))
            for buyer, number, made, customer_key in [
                ("B1", "18", 1, THEBERGE),  # whose cancellation names nobody
                ("B1", "30", 1, THEBERGE),
                ("B1", "41", 1, THEBERGE),
                ("B1", "50", 1, THEBERGE),
                ("B1", "60", 1, THEBERGE),
                ("B1", "70", 1, THEBERGE),  # as it was ordered anew
                ("B1", "PO 17", 1, THEBERGE),
                ("B2", "50", 1, DOE),
            ]
        ),
        (
            *(ordered("B1", "PO 17", "west"), "PO 17", "PO 17", of(1)),
            *(customer("west", "V9X1T8"), day(1)),
        ),
    ]


def test_an_order_stands_where_its_documents_say() -> None:
    sent = {n: day(n).replace(hour=0) for n in range(1, 7)}
    assert world().rows(
        "SELECT order_key, step, stage, outcome, first_seen_at, step_entered_at, changed_at "
        f"FROM sales.orders WHERE {OURS} AND connection = 'cleo' ORDER BY order_key"
    ) == [
        (key("cleo", "f5", "1"), *RECEIVED, day(3), day(3), day(3)),
        # acknowledged afterwards, and cancelled all the same
        (ordered("B1", "18"), "Cancelled", "Cancelled", "lost", sent[1], sent[2], day(3)),
        (ordered("B1", "30"), "Invoiced", "Invoiced", "won", sent[1], sent[1], day(5)),
        # its one invoice was taken back
        (ordered("B1", "41"), *RECEIVED, day(4), day(4), day(4)),
        (ordered("B1", "50"), *RECEIVED, sent[1], sent[1], day(2)),
        (ordered("B1", "60"), "Rejected", "Rejected", "lost", sent[1], sent[2], day(2)),
        (ordered("B1", "70"), *RECEIVED, sent[3], sent[4], day(6)),
        (ordered("B1", "PO 17"), "Invoiced", "Invoiced", "won", sent[1], sent[5], day(7)),
        (ordered("B2", "50"), "Invoiced", "Invoiced", "won", sent[1], sent[4], day(5)),
    ]
    assert world().rows(f"FROM ops.unmapped_steps WHERE {OURS}") == []


RECEIVED = ("Purchase order received", "Placed", "open")


@pytest.mark.parametrize(
    ("order_key", "stays"),
    [
        (
            # sent again on the third: that leads nowhere back
            ordered("B1", "PO 17"),
            [
                ("Purchase order received", 1, 2),
                ("Acknowledged", 2, 4),
                ("Shipped", 4, 5),
                ("Invoiced", 5, None),
            ],
        ),
        (
            ordered("B1", "70"),
            [
                ("Purchase order received", 3, 3),
                ("Cancelled", 3, 4),
                ("Purchase order received", 4, None),
            ],
        ),
    ],
    ids=["sent again", "ordered anew"],
)
def test_steps_are_of_the_days_that_documents_say(
    order_key: str, stays: list[tuple[str, int, int | None]]
) -> None:
    assert world().rows(
        "SELECT step, entered_at::DATE, left_at::DATE, time_source FROM sales.document_steps "
        f"WHERE document_key = '{order_key}' ORDER BY step_number"
    ) == [(step, of(entered), left and of(left), "recorded") for step, entered, left in stays]


def test_a_time_that_no_document_says_is_when_it_was_seen() -> None:
    assert world().rows(
        "SELECT entered_at, time_source FROM sales.document_steps "
        f"WHERE document_key = '{key('cleo', 'f5', '1')}'"
    ) == [(day(3), "observed")]


@pytest.mark.parametrize("gone", ["31", "40"], ids=["withdrawn", "another in its place"])
def test_what_a_replaced_file_has_no_more_is_in_no_mart(gone: str) -> None:
    assert world().rows(f"FROM sales.orders WHERE {OURS} AND purchase_order = '{gone}'") == []
    assert world().rows(f"FROM sales.invoices WHERE {OURS} AND purchase_order = '{gone}'") == []
    assert world().rows(
        f"SELECT count(*) > 0 FROM history.cleo__documents WHERE purchase_order_number = '{gone}'"
    ) == [(True,)]


def test_lines_are_of_the_document_that_brought_them() -> None:
    assert world().rows(
        "SELECT file_id, position, line_number, line_amount::INTEGER FROM cleo.document_lines "
        "WHERE connection = 'cleo' AND file_id IN ('f1', 'i2', 'r3') ORDER BY ALL"
    ) == [("f1", 1, 1, 100), ("i2", 1, 1, 100), ("r3", 1, 1, 100)]


def test_rules_hold_in_dbts_unit_tests() -> None:
    built = world()
    dbt = built.folder / "dbt"
    with opened(built.warehouse, built.raw, dbt / "inputs.duckdb"):
        results = invoke(
            ["test", "--select", "path:models/staging/cleo,test_type:unit"], dbt / "project", dbt
        )
    assert len(results) == RULES
    assert {str(result.status): result.node.name for result in results}.keys() == {"pass"}


def test_files_and_documents_are_known_by_the_time_they_were_seen() -> None:
    keys: dict[str, Any] = {table.name: table.key for table in TABLES}
    assert keys == {"files": ("file_id",), "documents": ("file_id", "position")}
    assert not any(table.swept or table.queue or table.version for table in TABLES)
