"""The payloads that the vendor prints land exactly, through the front door."""

from __future__ import annotations

from datetime import date

from tests.house import House


def test_samples_land_exactly(house: House) -> None:
    house.run()

    assert house.ask("""
        select created_on, due_on from sales.orders where order_number = '4700'""") == [
        (date(2023, 11, 3), date(2023, 11, 6))
    ]
    assert house.ask("""
        select quotation_number from cienapps.order_quotations where order_number = 4700""") == [
        (6122,)
    ]
    assert house.ask("""
        select validated_on, customer_address from cienapps.quotations
        where quotation_number = 6139""") == [(date(2023, 11, 24), "PO BOX 9458")]
    assert house.ask("""
        select order_number, is_back_order, delivery_on, former_quotation_number, is_closed,
            closed_on
        from cienapps.work_orders where work_order_number = '4704-1'""") == [
        (7953, False, date(2024, 1, 2), 4704, False, None)
    ]
    assert (
        house.ask("""
        select severity, status from ops.audit_results
        where severity = 'critical' and status <> 'pass'""")
        == []
    )
