"""Times as CareCloud writes them: in project time, without an offset, in both hours of autumn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sources._sandbox.company_world import World
from sources.carecloud.sandbox.clock import ProjectClock
from tests.sources.sandbox_carecloud_wire import NEWEST, Caller, project

FORMAT = "%Y-%m-%d %H:%M:%S"
AUTUMN = datetime(2024, 10, 27, 0, 30, tzinfo=UTC)  # 02:30 in Prague, for the first time
SPRING = datetime(2024, 3, 31, 0, 59, tzinfo=UTC)
ZONES = ("Europe/Prague", "America/Vancouver", "America/St_Johns", "Australia/Lord_Howe", "UTC")


@given(
    moment=st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(ZONES),
)
@example(moment=AUTUMN, zone="Europe/Prague")
@example(moment=AUTUMN + timedelta(hours=1), zone="Europe/Prague")
@example(moment=datetime(2024, 4, 6, 15, 0, tzinfo=UTC), zone="Australia/Lord_Howe")
@example(moment=datetime(2024, 4, 6, 14, 59, 59, tzinfo=UTC), zone="Australia/Lord_Howe")
def test_a_moment_is_written_as_the_zone_has_it(moment: datetime, zone: str) -> None:
    moment = moment.replace(microsecond=0)
    clock = ProjectClock(World(1, 0, AUTUMN), ZoneInfo(zone))

    assert clock.text_of(moment) == moment.astimezone(ZoneInfo(zone)).strftime(FORMAT)


def test_later_saves_have_greater_times_and_none_is_ahead_of_the_clock() -> None:
    clock = ProjectClock(World(1, 0, AUTUMN), ZoneInfo("UTC"))

    times = [clock.tick() for _ in range(200)]

    assert times == sorted(times)
    assert len(set(times)) == 60
    assert max(times) < clock.now


def _saved(caller: Caller, key: str) -> str:
    text: str = caller.books.save("purchases", key, cashdesk_number="9z")["last_change"]
    return text


def test_both_hours_of_autumn_are_written_alike() -> None:
    with project(start_at=AUTUMN) as caller:
        first, second, third = caller.keys("purchases", {"count": 3})
        before = _saved(caller, first)
        caller.sandbox.advance(hours=1)
        after = _saved(caller, second)
        caller.sandbox.advance(hours=1)
        later = _saved(caller, third)
        listed = caller.keys("purchases", {**NEWEST, "count": 3})

    assert before[:16] == after[:16] == "2024-10-27 02:29"
    assert later[:16] == "2024-10-27 03:29"
    assert listed[0] == third


def test_an_hour_is_left_out_in_spring() -> None:
    with project(start_at=SPRING) as caller:
        first, second = caller.keys("purchases", {"count": 2})
        before = _saved(caller, first)
        caller.sandbox.advance(hours=2 / 60)
        after = _saved(caller, second)

    assert (before[:16], after[:16]) == ("2024-03-31 01:58", "2024-03-31 03:00")


@pytest.mark.parametrize(
    ("at", "written"),
    [
        ("2024-10-27T00:15:00+00:00", "2024-10-27 02:15:00"),
        ("2024-10-27T01:15:07Z", "2024-10-27 02:15:07"),
        ("2024-10-27T02:15:00Z", "2024-10-27 03:15:00"),
        ("2024-07-01T12:00:00+02:00", "2024-07-01 12:00:00"),
    ],
)
def test_a_row_can_be_saved_at_a_moment(at: str, written: str) -> None:
    with project(start_at=datetime(2024, 11, 1, tzinfo=UTC)) as caller:
        key = caller.keys("orders")[0]
        order = {"table": "orders", "key": key, "fields": {"customer_note": "x"}, "at": at}
        saved = caller.control("/save", order)["row"]
        listed = {row["order_id"]: row for row in caller.everything("orders")}

    assert saved["last_change"] == listed[key]["last_change"] == written


def test_another_timezone_writes_the_same_moments_otherwise() -> None:
    with project(timezone="UTC") as in_utc, project() as in_prague:
        utc = in_utc.books.rows("purchases")
        prague = in_prague.books.rows("purchases")

    assert utc.keys() == prague.keys()
    for key, row in utc.items():
        moment = datetime.strptime(row["last_change"], FORMAT).replace(tzinfo=UTC)
        there = moment.astimezone(ZoneInfo("Europe/Prague")).strftime(FORMAT)
        assert prague[key]["last_change"] == there


def test_the_fraction_of_a_group_moves_with_its_save() -> None:
    with project() as caller:
        before = caller.rows("product_groups")[0]
        after = caller.books.save("product_groups", before["product_group_id"], code="1")

    assert after["last_change"] > before["last_change"]
    assert len(after["last_change"]) == len("2021-04-16 15:55:44.33538")
