"""The marts and the ops tables against figures worked out by hand from model_world."""

from __future__ import annotations

from tests.pipelines.model_world import COVERED_SINCE, day, world

THEBERGE_KEY = "c_7c88a34195ae158c"  # md5 of theberge et fils, 2501112222, V9X1T8 (folded, chr(31))
DOE_KEY = "c_97765388dae2a518"  # md5 of doe andrew, 2507481234, nothing


def test_steps_are_stays_and_going_back_is_another() -> None:
    assert world().rows(
        "SELECT step_number, step, stage, stage_order, outcome, entered_at, left_at, is_current, "
        "days_in_step, time_source FROM sales.document_steps WHERE document_number = '6122' "
        "ORDER BY step_number"
    ) == [
        (1, "02 - QUOTING STAGE", "Quoting", 20, "open", day(1), day(2), False, 1.0, "observed"),
        (2, "03 - PRESENTED", "Presented", 30, "open", day(2), day(3), False, 1.0, "observed"),
        (3, "02 - quoting stage", "Quoting", 20, "open", day(3), None, True, 7.0, "observed"),
    ]


def test_a_step_seen_late_took_no_time() -> None:
    assert world().rows(
        "SELECT stage, entered_at, left_at, days_in_step FROM sales.document_steps "
        "WHERE document_number = '6123' ORDER BY step_number"
    ) == [
        ("Quoting", day(1), day(5), 4.0),
        ("Presented", day(5), day(5), 0.0),
        ("Accepted", day(5), None, 5.0),
    ]


def test_a_document_without_a_step_has_no_stay() -> None:
    assert world().rows(
        "SELECT step, stage, outcome, step_entered_at, first_seen_at, customer_key "
        "FROM sales.quotations WHERE quotation_number = '6125'"
    ) == [(None, None, None, None, day(1), None)]


def test_orders_are_one_row_each_with_what_stands_around_them() -> None:
    assert world().rows(
        "SELECT order_key, order_number, customer_key, title, quotation_count, work_order_count, "
        "stage, outcome, first_seen_at, step_entered_at, changed_at, coverage_since "
        "FROM sales.orders ORDER BY order_key"
    ) == [
        (
            *("cienapps\x1f4700", "4700", THEBERGE_KEY, "KITCHEN", 0, 1),
            *("In production", "open", day(1), day(4), day(6), COVERED_SINCE),
        ),
        (
            *("cienapps\x1f4701", "4701", DOE_KEY, None, 0, 0),
            *("Cancelled", "lost", day(1), day(3), day(3), COVERED_SINCE),
        ),
        (
            *("east\x1f4700", "4700", THEBERGE_KEY, None, 0, 0),
            *(None, None, day(5), day(5), day(5), None),
        ),
    ]


def test_quotations_show_who_sold_them() -> None:
    assert world().rows(
        "SELECT quotation_number, sales_rep, rep, outcome, changed_at FROM sales.quotations "
        "ORDER BY quotation_key"
    ) == [
        ("6122", None, None, "open", day(5)),
        ("6123", "WDDOE", None, "won", day(5)),
        ("6125", None, None, None, day(1)),
    ]


def test_work_orders_name_their_order_whether_it_is_here_or_not() -> None:
    assert world().rows(
        "SELECT work_order_number, w.order_number, w.order_key, o.order_key IS NOT NULL, "
        "w.customer_key, is_back_order FROM sales.work_orders AS w "
        "LEFT JOIN sales.orders AS o USING (order_key) ORDER BY work_order_key"
    ) == [
        ("4700-1", "4700", "cienapps\x1f4700", True, THEBERGE_KEY, False),
        ("4704-1", "7953", "cienapps\x1f7953", False, THEBERGE_KEY, False),
    ]


def test_customers_are_one_row_each_as_the_document_saved_last_shows_them() -> None:
    assert world().rows(
        "SELECT customer_key, customer_name, phone, address, customer_since_on::VARCHAR, "
        "is_mapped, quotation_count, order_count, work_order_count, vendors "
        "FROM sales.customers ORDER BY customer_key"
    ) == [
        (
            *(THEBERGE_KEY, "THÉBERGE ET FILS", "(250) 111-2222", "1 OLD ROAD", "2017-11-08"),
            *(False, 1, 2, 2, "cienapps"),
        ),
        (DOE_KEY, "ANDREW DOE", "250 748 1234", None, None, False, 1, 1, 0, "cienapps"),
    ]


def test_unmapped_steps_are_listed_with_their_documents() -> None:
    assert world().rows(
        "SELECT vendor, connection, document_type, step, documents FROM ops.unmapped_steps "
        "ORDER BY ALL"
    ) == [
        ("cienapps", "cienapps", "work_order", "01 READY", 1),
        ("cienapps", "east", "order", "99 - Mystery", 1),
    ]


def test_quarantine_is_counted_and_its_payloads_stay_private() -> None:
    assert world().rows("FROM ops.quarantine") == [
        (
            *("cienapps", "cienapps", "orders", "not a date", "created_on, due_on"),
            *(2, 1, day(1), day(3)),
        )
    ]


def test_operations_are_carried_over() -> None:
    assert world().rows("SELECT run_id, outcome, seconds FROM ops.runs") == [
        ("run-1", "running", '{"dbt": 1}')
    ]
    assert world().rows("SELECT window_id, rows_new, is_replay FROM ops.windows") == [
        ("w1", 2, False)
    ]
    assert world().rows("SELECT complete_since, expected_at, note FROM ops.coverage") == [
        (COVERED_SINCE, day(12), "no backfill")
    ]
    assert world().rows("SELECT last_read_at, expected_within_hours FROM ops.freshness") == [
        (day(9), 26.0)
    ]
    assert world().rows("SELECT field, first_seen_at FROM ops.drift") == [("New_Field", day(1))]
