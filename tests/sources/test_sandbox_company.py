"""The fictional company: plausible enough that a report on it looks like one."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime

import pytest

from sources._sandbox.company import REPS
from sources._sandbox.company_deals import Document, Kind, Stage
from sources._sandbox.company_world import World, moment
from sources._sandbox.process import running_sandbox

START = datetime(2024, 1, 8, 13, tzinfo=UTC)
ROWS = 4000


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=7, rows=ROWS, start=START)


def _documents(world: World, kind: Kind) -> list[Document]:
    return [save.document for save in world.past() if save.document.kind is kind]


def test_the_past_holds_about_as_many_orders_as_asked(world: World) -> None:
    assert len(_documents(world, Kind.ORDER)) == pytest.approx(ROWS, rel=0.1)
    assert len(_documents(world, Kind.QUOTATION)) > ROWS * 1.5
    assert len(_documents(world, Kind.WORK_ORDER)) > ROWS


def test_reps_win_differently(world: World) -> None:
    decided: dict[str, Counter[bool]] = defaultdict(Counter)
    for document in _documents(world, Kind.QUOTATION):
        if document.part == 0 and document.closed and not document.steps:
            decided[REPS[document.deal.seller].name][document in document.deal.accepted] += 1

    rates = {name: count[True] / count.total() for name, count in decided.items()}
    assert set(rates) == {rep.name for rep in REPS}
    for rep in REPS:
        assert rates[rep.name] == pytest.approx(rep.win_rate, abs=0.1)


def test_business_follows_the_seasons_and_the_week(world: World) -> None:
    opened = [moment(first.created) for first in _documents(world, Kind.QUOTATION)]
    months = Counter(day.month for day in opened if day.year == 2023)
    weekdays = Counter(day.weekday() for day in opened)

    assert months[5] > 1.5 * months[12]
    assert 0 < weekdays[5] < weekdays[0] / 3
    assert weekdays[6] == 0


def test_an_order_follows_its_quotations_and_precedes_its_work_orders(world: World) -> None:
    for order in _documents(world, Kind.ORDER):
        deal = order.deal
        assert all(quotation.closed < order.created for quotation in deal.accepted)
        assert all(order.created < work_order.created for work_order in deal.work_orders)
        assert all(work_order.delivery < order.closed for work_order in deal.work_orders)


def test_steps_come_in_time() -> None:
    world = World(seed=11, rows=300, start=START)
    latest: dict[int, int] = {}
    for document, step in world.advance(60 * 24 * 60):
        assert step.at >= latest.get(document.serial, document.created)
        latest[document.serial] = step.at
    assert len(latest) > 300


def test_a_deal_sells_the_same_things_to_every_vendor(world: World) -> None:
    deal = _documents(world, Kind.ORDER)[0].deal

    assert deal.lines() == deal.lines()
    assert all(quantity >= 1 and product.price_cents > 0 for product, quantity in deal.lines())


def test_back_ordered_work_waits(world: World) -> None:
    waiting = [save for save in world.past() if save.step.is_back_ordered]

    assert waiting
    assert {save.step.stage for save in waiting} <= {Stage.READY, Stage.CUTTING}


def test_a_company_without_business_stays_without() -> None:
    world = World(seed=7, rows=0, start=START)

    assert world.past() == world.advance(30 * 24 * 60) == []


def test_known_customers_are_written_differently_yet_recognisably() -> None:
    with running_sandbox(rows=300) as sandbox:
        saves = sandbox.truth("cienapps")["saves"]

    written: dict[int, set[tuple[str, str, str]]] = defaultdict(set)
    meant: dict[int, set[tuple[str, str, str]]] = defaultdict(set)
    for save in saves:
        if (customer := save["customer"]) is None:
            continue
        row = save["row"]
        name = f"{row['Customer_First_Name'] or ''} {row['Customer_Last_Name']}"
        phone, postal_code = row["Customer_Main_Phone"], row["Customer_PostalCode"]
        written[customer].add((row["Customer_Last_Name"], phone, postal_code))
        digits = "".join(filter(str.isdigit, phone))
        meant[customer].add((" ".join(name.upper().split()), digits, postal_code.replace(" ", "")))

    assert {len(names) for names in meant.values()} == {1}
    assert sum(len(writings) > 1 for writings in written.values()) > 10
    people = [next(iter(names)) for names in meant.values()]
    assert len(set(people)) == len(people), "two customers look like one"
