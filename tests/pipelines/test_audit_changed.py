"""Which rows are judged: the newest version of each document that no publish has judged yet."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.audit.changed import write_changed_rows
from pipelines.audit.checks import TableRef
from tests.pipelines.audit_files import GOOD_ORDER, SEEN, Files, Stored, checks, insert

SHIPPED = checks()
ORDERS = TableRef("cienapps", "orders")
LINES = TableRef("cienapps", "order_quotations")
RUNS = {"r1": SEEN, "r2": SEEN + timedelta(hours=1), "r3": SEEN + timedelta(hours=2)}


def order(number: int, sync_id: int, run: str, *lines: int) -> Stored:
    row = {**GOOD_ORDER, "order_number": number, "sync_id": sync_id}
    return Stored("orders", row, lines, observed_at=RUNS[run], window_id=f"w{run[1]}")


def changed(folder: Path, stored: list[Stored], published: list[str]) -> dict[TableRef, Path]:
    files = Files(folder, stored)
    with files.open_raw() as raw:
        raw.execute("delete from ops.runs")
        raw.execute("update ops.windows set run_id = 'r' || window_id[2:]")
        for run, started_at in RUNS.items():
            outcome = "published" if run in published else "refused"
            said = {"run_id": run, "started_at": started_at, "outcome": outcome}
            insert(raw, "ops.runs", said)
        return write_changed_rows(raw, [SHIPPED], folder / "changed")


def versions(path: Path) -> list[tuple[int, int]]:
    rows = duckdb.connect(":memory:").execute(
        f"select order_number, sync_id from '{path}' order by all"
    )
    return rows.fetchall()


STORED = [
    order(1, 10, "r1", 6000, 6001),
    order(2, 11, "r1"),
    order(1, 12, "r2", 6000),
    order(3, 13, "r2"),
    order(3, 14, "r3"),
    order(2, 9, "r3"),
]


@pytest.mark.parametrize(
    ("published", "judged"),
    [
        ([], [(1, 12), (2, 11), (3, 14)]),
        (["r1"], [(1, 12), (3, 14)]),
        (["r2"], [(3, 14)]),
        (["r1", "r3"], None),
    ],
    ids=["never published", "two runs unpublished", "one run unpublished", "all published"],
)
def test_what_no_publish_has_judged(
    tmp_path: Path, published: list[str], judged: list[tuple[int, int]] | None
) -> None:
    written = changed(tmp_path, STORED, published)
    assert (versions(written[ORDERS]) if ORDERS in written else None) == judged


def test_lines_come_with_their_version(tmp_path: Path) -> None:
    written = changed(tmp_path, STORED, ["r1"])
    rows = duckdb.connect(":memory:").execute(f"from '{written[LINES]}'")
    assert [column[0] for column in rows.description] == [
        "connection",
        "order_number",
        "quotation_number",
        "line_number",
    ]
    assert rows.fetchall() == [("cienapps", 1, 6000, 1)]


def test_tables_without_rows_are_not_written(tmp_path: Path) -> None:
    assert set(changed(tmp_path, STORED, [])) == {ORDERS, LINES}
    assert {p.name for p in (tmp_path / "changed").iterdir()} == {
        "cienapps.orders.parquet",
        "cienapps.order_quotations.parquet",
    }
