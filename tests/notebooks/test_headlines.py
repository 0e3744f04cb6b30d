"""What a vendor's numbers are shown as, and that one without such documents shows none."""

from __future__ import annotations

from typing import Any

from notebooks.headlines import headlines

ROW: dict[str, Any] = {
    "vendor": "cienapps",
    "document_types": ["order", "quotation", "work_order"],
    "open_quotations": 12,
    "old_open_quotations": 3,
    "median_days_in_step": 4.0,
    "quotations_won_in_7_days": 2,
    "quotations_lost_in_7_days": 1,
    "orders_this_month": 7,
    "orders_last_month_by_this_day": 9,
    "is_last_month_covered": True,
    "open_work_orders": 5,
    "late_work_orders": 1,
}


def test_a_shop_without_quotations_has_no_number_of_them() -> None:
    shop = ROW | {"vendor": "cimcloud", "document_types": ["order"], "orders_this_month": 40}
    shown = {h.label: [r.vendor for r in h.readings] for h in headlines([ROW, shop])}
    assert shown == {
        "Open quotations": ["cienapps"],
        "Days in step, median": ["cienapps"],
        "Won in 7 days": ["cienapps"],
        "Orders this month": ["cienapps", "cimcloud"],
        "Work orders in progress": ["cienapps"],
    }


def test_numbers_of_a_vendor_that_is_still_loading_say_so() -> None:
    (first, *_) = headlines([ROW], partial={"cienapps"})
    assert first.readings[0].caption == "incomplete, still loading; 3 older than 30 days"
