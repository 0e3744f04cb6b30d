"""A project directory whose connection has a call budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.clock import BUDGET_SPEED, SHIFT
from sources._sandbox.process import running_sandbox
from tests.house import House

SPEED = 600  # a quarter hour of the budget takes a second and a half
Open = Callable[..., House]


@pytest.fixture
def budgeted(tmp_path: Path) -> Iterator[Open]:
    """Opens houses of CIMcloud: `rows`, then options of its sandbox."""
    with ExitStack() as stack:

        def open_house(rows: int = 20, speed: int = SPEED, **options: object) -> House:
            sandbox = stack.enter_context(
                running_sandbox(rows=rows, options={"cimcloud": {"speed": speed, **options}})
            )
            shift = sandbox.now().astimezone(UTC) - datetime.now(UTC)
            house = House(
                tmp_path / f"project{len(list(tmp_path.iterdir()))}",
                sandbox,
                settings={"timezone": '"America/Vancouver"'},
                vendor="cimcloud",
                environment={BUDGET_SPEED: str(speed), SHIFT: str(shift.total_seconds())},
            )
            stack.callback(_assert_kept, house)
            return house

        yield open_house


def _assert_kept(house: House) -> None:
    """Whatever a test does, the budget holds, nobody calls OnlineOrders, the sandbox is well."""
    books = house.sandbox.tables(house.vendor)
    assert house.sandbox.complaints() == ""
    assert books.truth()["online_orders_calls"] == 0
    spent = books.budget()
    assert spent["refused"] == 0, spent
    assert not any(entry.get("over_budget") for entry in house.sandbox.log())
