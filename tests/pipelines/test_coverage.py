"""What is not complete yet, said so that nobody takes it for complete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.coverage import listed, percent, unfinished

AS_OF = datetime.fromisoformat("2025-03-10T07:05")
MARCH, JANUARY, LATER = (
    datetime.fromisoformat(day) for day in ("2025-03-03", "2024-01-08", "2025-03-12T14:00")
)


@dataclass(frozen=True)
class Table:
    table: str
    backfill_share: float | None
    complete_since: datetime | None = None
    expected_at: datetime | None = None
    vendor: str = "cimcloud"
    connection: str = "cimcloud"


@pytest.mark.parametrize(
    ("tables", "text"),
    [
        pytest.param(
            [Table("orders", 0.617, MARCH, LATER)],
            "About 61% is loaded, complete since 3 March 2025. "
            "The rest is expected around 12 March 2025.",
            id="one table",
        ),
        pytest.param(
            [Table("orders", 0.0)],
            "Nothing is loaded yet; no part is complete. "
            "When the rest will be here cannot be told yet.",
            id="not begun",
        ),
        pytest.param(
            [Table("orders", 0.4, JANUARY, LATER), Table("order_lines", 0.12, MARCH, AS_OF)],
            "About 12% to 40% of each is loaded, complete since 8 January 2024 (orders) to "
            "3 March 2025 (order lines). The rest is expected around 12 March 2025.",
            id="several: the worst share, the range, the latest end",
        ),
        pytest.param(
            [Table("orders", 0.5, MARCH), Table("shipments", 0.0), Table("credits", 0.001)],
            "About 0% to 50% of each is loaded, complete since 3 March 2025; no part of shipments "
            "and credits is complete. When the rest will be here cannot be told yet.",
            id="some without any certain day",
        ),
        pytest.param(
            [Table("orders", 0.5, MARCH, JANUARY)],
            "About 50% is loaded, complete since 3 March 2025. "
            "The rest was expected by 8 January 2024.",
            id="late",
        ),
        pytest.param(
            [Table("orders", 0.9999, MARCH), Table("credits", 0.9951, MARCH)],
            "About 99% of each is loaded, complete since 3 March 2025. "
            "When the rest will be here cannot be told yet.",
            id="nearly",
        ),
    ],
)
def test_one_connection(tables: list[Table], text: str) -> None:
    (behind,) = unfinished(tables, AS_OF)
    assert behind.text == text


def test_each_connection_is_one_entry_and_what_is_whole_is_none() -> None:
    tables = [
        Table("orders", 1.0, MARCH),
        Table("documents", None, MARCH),
        Table("order_lines", 0.5),
        Table("orders", 0.5, connection="west"),
        Table("invoice_lines", 0.5),
    ]
    found = [(behind.label, behind.named) for behind in unfinished(tables, AS_OF)]
    assert found == [("Cimcloud", "order lines and invoice lines"), ("West (cimcloud)", "orders")]


@given(st.floats(0, 1))
def test_only_what_is_whole_is_called_whole(share: float) -> None:
    assert (percent(share) == "100%") == (share == 1)
    assert (percent(share) == "0%") == (share == 0)


def test_names_in_a_row() -> None:
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "a",
        "a and b",
        "a, b and c",
    ]
