"""Current rows, history and lines of documents; the notifications that brought them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipelines.model_world import day, world


def history(table: str, key: str, *columns: str) -> list[tuple[Any, ...]]:
    return world().rows(
        f"SELECT {', '.join(columns)} FROM history.{table} WHERE _key = '{key}' "
        f"ORDER BY valid_from, _version, _observed_at, {columns[0]}"
    )


def key(number: object, connection: str = "cienapps") -> str:
    return f"{connection}{chr(31)}{number}"


def test_a_document_is_one_current_row_with_its_newest_version() -> None:
    assert world().rows(
        "SELECT connection, order_number, sync_id, step, _version, _observed_at "
        "FROM cienapps.orders ORDER BY ALL"
    ) == [
        ("cienapps", 4700, 41, "02 - IN PRODUCTION", 41, day(6)),
        ("cienapps", 4701, 14, "CANCELLED", 14, day(3)),
        ("east", 4700, 3, "99 -  Mystery ", 3, day(5)),
    ]


def test_history_has_each_consecutive_content_once() -> None:
    columns = ("_version", "valid_from", "valid_to", "is_current")
    assert history("cienapps__orders", key(4700), *columns) == [
        (11, day(1), day(4), False),  # 21 repeats it
        (31, day(4), day(6), False),
        (41, day(6), None, True),
    ]


def test_a_late_version_never_was_current() -> None:
    columns = ("_version", "_observed_at", "valid_from", "valid_to", "is_current")
    assert history("cienapps__quotations", key(6123), *columns) == [
        (13, day(1), day(1), day(5), False),
        (33, day(7), day(5), day(5), False),
        (53, day(5), day(5), None, True),
    ]


def test_a_first_version_delivered_late_begins_no_earlier_than_the_document_was_seen() -> None:
    columns = ("_version", "valid_from", "valid_to", "is_current")
    assert history("cienapps__work_orders", key("4700-1"), *columns) == [
        (40, day(5), day(5), False),
        (50, day(5), None, True),
    ]


def test_one_number_with_another_content_is_another_version_by_arrival() -> None:
    columns = ("_version", "step", "valid_from", "valid_to", "unknown_fields")
    assert history("cienapps__orders", key(4701), *columns) == [
        (14, "01 - CONFIRMED", day(1), day(3), '{"New_Field": 1}'),
        (14, "CANCELLED", day(3), None, None),
    ]


@pytest.mark.parametrize(
    ("moment", "valid"),
    [(1, [11]), (3, [11]), (4, [31]), (5, [31]), (6, [41]), (9, [41])],
    ids=lambda value: str(value),
)
def test_one_content_is_valid_at_any_moment(moment: int, valid: list[int]) -> None:
    found = world().rows(
        f"SELECT _version FROM history.cienapps__orders WHERE _key = '{key(4700)}' "
        f"AND valid_from <= '{day(moment)}' AND (valid_to > '{day(moment)}' OR valid_to IS NULL)"
    )
    assert [version for (version,) in found] == valid


def test_lines_belong_to_their_documents_content() -> None:
    columns = ("quotation_number", "line_number", "_version", "valid_from", "valid_to")
    assert history("cienapps__order_quotations", key(4700), *columns) == [
        (6122, 1, 11, day(1), day(4)),
        (6123, 2, 11, day(1), day(4)),
        (6123, 1, 31, day(4), day(6)),
    ]


def test_a_document_that_lost_its_last_line_has_none() -> None:
    assert world().rows("FROM cienapps.order_quotations") == []


def test_notifications_are_the_queue_of_this_vendor() -> None:
    assert world().rows(
        "SELECT connection, sync_id, entity, document, confirmed_at, times_returned "
        "FROM cienapps.notifications ORDER BY sync_id"
    ) == [
        ("cienapps", 11, "orders", "4700", None, 2),
        ("cienapps", 14, "orders", None, day(2), 0),
    ]


def test_any_row_leads_back_to_its_page() -> None:
    assert world().rows(
        "SELECT _window_id, _page_id FROM history.cienapps__orders WHERE _version = 31"
    ) == [("w-cienapps-orders-0304T0800", "cienapps-orders-0304T0800")]
