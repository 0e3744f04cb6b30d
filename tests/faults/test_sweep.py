"""Deletes seen, returns seen, outages not believed; and ranges read again on demand."""

from __future__ import annotations

import time

import pytest

import sources
from pipelines import boundaries
from pipelines.clock import SHIFT
from tests.faults.conftest import Open
from tests.faults.table_truth import assert_equal_to_books, expected
from tests.faults.test_first_load import RUN, lists
from tests.house import House

pytestmark = pytest.mark.long
SWEEP = ("sweep", "cimcloud", "--no-publish", "--max-minutes", "0")


def open_deletions(house: House) -> set[tuple[str, str]]:
    rows = house.ask_raw(
        "select table_name, split_part(_key, chr(31), 2) from ops.deletions "
        "where restored_at is null"
    )
    return {(str(table), str(key)) for table, key in rows}


def some(house: House, table: str, count: int) -> list[str]:
    return sorted(house.sandbox.tables("cimcloud").rows(table))[3 : 3 + count]


def test_what_vanished_is_marked_and_what_returns_is_unmarked(budgeted: Open) -> None:
    house = budgeted(rows=40)
    books = house.sandbox.tables("cimcloud")
    house.penstock(*RUN)
    orders, payments = some(house, "orders", 3), some(house, "payments", 2)
    books.delete("orders", orders)
    books.delete("payments", payments)
    assert house.penstock(*RUN).code == 0
    assert open_deletions(house) == set()  # nothing tells of a delete

    ended = house.penstock(*SWEEP, "--tables", "orders,payments")
    assert ended.code == 0, ended.output
    gone = {("orders", key) for key in orders} | {("payments", key) for key in payments}
    assert open_deletions(house) == gone
    assert "3 rows vanished" in ended.output
    assert_equal_to_books(house)

    books.restore("orders", orders[:2])
    books.save("orders", orders[0], po_number="PO-BACK")
    assert house.penstock(*RUN).code == 0  # the change shows one of them
    assert open_deletions(house) == gone - {("orders", orders[0])}
    assert house.penstock(*SWEEP, "--tables", "orders").code == 0
    assert open_deletions(house) == gone - {("orders", key) for key in orders[:2]}
    assert_equal_to_books(house)


def test_what_returns_is_unmarked_though_the_clock_was_set_back(budgeted: Open) -> None:
    house = budgeted(rows=20)
    books = house.sandbox.tables("cimcloud")
    house.penstock(*RUN)
    (key,) = some(house, "orders", 1)
    books.delete("orders", [key])
    assert house.penstock(*SWEEP, "--tables", "orders").code == 0
    assert open_deletions(house) == {("orders", key)}
    books.restore("orders", [key])
    books.save("orders", key, po_number="PO-BACK")
    an_hour_ago = str(float(house.environment[SHIFT]) - 3600)
    assert house.penstock(*RUN, environment={SHIFT: an_hour_ago}).code == 0
    assert open_deletions(house) == set()


def test_a_sweep_brings_what_bypassed_the_change_date(budgeted: Open) -> None:
    house = budgeted(rows=30)
    books = house.sandbox.tables("cimcloud")
    house.penstock(*RUN)
    (key,) = some(house, "invoices", 1)
    books.save("invoices", key, touch=False, status="REOPENED BY ERP")
    house.penstock(*RUN)
    ended = house.penstock(*SWEEP, "--tables", "invoices")
    assert ended.code == 0
    assert_equal_to_books(house)


def test_an_outage_that_answers_a_tenth_is_not_believed(budgeted: Open) -> None:
    house = budgeted(rows=40)
    house.penstock(*RUN)
    for table in ("order_lines", "payments"):
        house.sandbox.fault(
            "share_of_rows", vendor="cimcloud", route=f"/{_path(table)}/", times="always", share=0.1
        )
    ended = house.penstock(*SWEEP, "--tables", "order_lines,payments,orders")
    assert ended.code == 3, ended.output
    assert "answer in part" in ended.output
    assert "sweep_max_vanished" in ended.output
    assert open_deletions(house) == set()
    # the others are swept, and the next sweep begins anew
    outcomes = house.ask_raw("select table_name, outcome from ops.sweeps order by started_at")
    by_table = {str(table): str(outcome) for table, outcome in outcomes}
    assert by_table["order_lines"] == by_table["payments"] == "refused"
    assert by_table["orders"] == "done"
    house.sandbox.clear_faults()
    assert house.penstock(*SWEEP, "--tables", "order_lines,payments").code == 0
    assert open_deletions(house) == set()
    assert_equal_to_books(house)


def test_a_list_in_another_order_each_time_marks_nothing_wrongly(budgeted: Open) -> None:
    house = budgeted(rows=60, order="shuffled")
    books = house.sandbox.tables("cimcloud")
    house.penstock(*RUN)
    orders = some(house, "orders", 2)
    books.delete("orders", orders)
    ended = house.penstock(*SWEEP, "--tables", "orders")
    assert ended.code == 0, ended.output
    assert open_deletions(house) == {("orders", key) for key in orders}
    assert house.ask_raw("select passes > 1 from ops.sweeps where table_name = 'orders'") == [
        (True,)
    ]


@pytest.mark.parametrize("boundary", [boundaries.ARCHIVED, boundaries.PROMOTED])
def test_a_sweep_that_is_killed_goes_on(budgeted: Open, boundary: str) -> None:
    house = budgeted(rows=60)
    books = house.sandbox.tables("cimcloud")
    house.write_settings()
    house.penstock(*RUN)
    lines = some(house, "order_history_lines", 4)
    books.delete("order_history_lines", lines)
    arguments = (*SWEEP, "--tables", "order_history_lines")
    killed = house.penstock(*arguments, environment={boundaries.KILL_AT: boundary})
    assert killed.was_killed
    before = len(house.sandbox.log())
    ended = house.penstock(*arguments)
    assert ended.code == 0, ended.output
    again = [path for path in lists(house, before) if "searchexact" not in path]
    assert bool(again) is (boundary == boundaries.ARCHIVED), "what is committed is not asked again"
    assert open_deletions(house) == {("order_history_lines", key) for key in lines}


def test_a_table_that_is_only_read_whole_is_swept_as_it_is_read(budgeted: Open) -> None:
    house = budgeted(rows=30)
    books = house.sandbox.tables("cimcloud")
    house.penstock(*RUN)
    gone = sorted(books.rows("product_prices"))[5]
    books.delete("product_prices", [gone.split("\x1f")])
    before = len(house.sandbox.log())
    house.penstock(*RUN)
    assert not [path for path in lists(house, before) if "product_pricing" in path]  # not due
    house.penstock("run", "cimcloud", "--no-publish", "--tables", "product_prices")
    marked = house.ask_raw("select replace(_key, 'cimcloud' || chr(31), '') from ops.deletions")
    assert marked == [(gone,)]
    assert_equal_to_books(house)


def test_a_sweep_that_is_cut_comes_round_to_every_table(budgeted: Open) -> None:
    house = budgeted(rows=20, speed=300, calls_per_quarter_hour=12)
    house.write_settings(calls_per_quarter_hour="12")
    house.penstock(*RUN)
    said = ""
    for _ in range(12):
        ended = house.penstock("sweep", "cimcloud", "--no-publish", "--max-minutes", "0.03")
        assert ended.code == 0, ended.output
        said += ended.output
        swept = house.ask_raw(
            "select count(distinct table_name) from ops.sweeps where outcome = 'done'"
        )
        if swept == [(16,)]:
            break
        time.sleep(1.5)
    assert swept == [(16,)], said
    assert "of 16 tables were swept; the next sweep goes on with" in said


def test_a_look_up_that_fails_marks_nothing(budgeted: Open) -> None:
    """A 404 may be the path's: some servers answer so to what they cannot route."""
    house = budgeted(rows=40)
    books = house.sandbox.tables("cimcloud")
    house.penstock(*RUN)
    books.delete("orders", some(house, "orders", 2))
    house.sandbox.fault("page_404", vendor="cimcloud", route="/orders/searchexact", times="always")
    ended = house.penstock(*SWEEP, "--tables", "orders")
    assert ended.code == 0, ended.output
    assert "could not be asked for singly" in ended.output
    assert "404" in ended.output
    assert open_deletions(house) == set()


def test_a_look_up_that_finds_nothing_at_all_is_not_believed(budgeted: Open) -> None:
    """An operator that is called otherwise may answer nothing, whatever it is asked."""
    house = budgeted(rows=40)
    books = house.sandbox.tables("cimcloud")
    house.penstock(*RUN)
    books.delete("orders", some(house, "orders", 2))
    house.sandbox.fault(
        "share_of_rows", vendor="cimcloud", route="/orders/searchexact", times="always", share=0
    )
    ended = house.penstock(*SWEEP, "--tables", "orders")
    assert ended.code == 0, ended.output
    assert "for a row that its list shows" in ended.output
    assert open_deletions(house) == set()


def test_rows_in_quarantine_are_not_missing(budgeted: Open) -> None:
    house = budgeted(rows=40)
    books = house.sandbox.tables("cimcloud")
    house.penstock(*RUN)
    for key in some(house, "orders", 12):
        books.save("orders", key, touch=False, order_total="twelve")
    ended = house.penstock(*SWEEP, "--tables", "orders")
    assert ended.code == 0, ended.output
    assert open_deletions(house) == set()


def test_a_clock_that_ran_ahead_hides_no_delete(budgeted: Open) -> None:
    house = budgeted(rows=20)
    books = house.sandbox.tables("cimcloud")
    ahead = str(float(house.environment[SHIFT]) + 3 * 86_400)
    assert house.penstock(*RUN, environment={SHIFT: ahead}).code == 0
    (key,) = some(house, "orders", 1)
    books.delete("orders", [key])
    assert house.penstock(*SWEEP, "--tables", "orders").code == 0
    assert open_deletions(house) == {("orders", key)}


def test_a_backfill_reads_its_days_and_touches_nothing_else(budgeted: Open) -> None:
    house = budgeted(rows=60)
    books = house.sandbox.tables("cimcloud")
    house.penstock(*RUN)
    live = "select table_name, position from ops.positions where stream = 'live' order by all"
    before = house.ask_raw(live)
    rows = books.rows("orders")
    days = sorted({str(row["create_date"])[:10] for row in rows.values()})
    first, last = days[len(days) // 3], days[len(days) // 2]
    for key, row in rows.items():
        if first <= str(row["create_date"])[:10] <= last:
            books.save("orders", key, touch=False, po_number=f"ERP-{key}")
    house.penstock(*RUN)

    arguments = ("backfill", "cimcloud", "orders", "--from", first, "--to", last, "--no-publish")
    killed = house.penstock(*arguments, environment={boundaries.KILL_AT: boundaries.LANDED})
    assert killed.was_killed
    ended = house.penstock(*arguments)
    assert ended.code == 0, ended.output
    assert house.ask_raw(live) == before
    assert house.ask_raw("select * from ops.positions where stream like 'backfill%'") == []
    assert_equal_to_books(house)
    assert expected(house, sources.load("cimcloud").table("orders"))


def _path(table: str) -> str:
    return {"order_lines": "order_detail", "payments": "payments"}[table]
