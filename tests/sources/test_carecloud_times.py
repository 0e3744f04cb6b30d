"""The project's clock: whatever autumn repeats, nothing that changed is below the floor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sources.carecloud.times import earliest, edge, floor, latest, local, newest, oldest, rank

PRAGUE = ZoneInfo("Europe/Prague")
ZONES = [
    PRAGUE,
    ZoneInfo("America/Vancouver"),
    ZoneInfo("Australia/Lord_Howe"),  # half an hour
    ZoneInfo("Africa/Casablanca"),  # a month in winter time
    ZoneInfo("UTC"),
    ZoneInfo("Asia/Kathmandu"),
]
# both transitions of each zone are near
AROUND = [datetime(2024, 10, 27, 1), datetime(2024, 4, 6, 15), datetime(2024, 11, 3, 9)]
AROUND += [datetime(2024, 3, 31, 1), datetime(2024, 3, 10, 2), datetime(2024, 4, 14, 2)]

zones = st.sampled_from(ZONES)
instants = st.builds(
    lambda base, seconds: base + timedelta(seconds=seconds),
    st.sampled_from(AROUND),
    st.integers(-200_000, 200_000),
)
spans = st.timedeltas(timedelta(0), timedelta(days=3)).map(lambda t: t - t % timedelta(seconds=1))


def written(instant: datetime, zone: ZoneInfo) -> str:
    """An instant (UTC, naive) as the vendor writes it."""
    return instant.replace(tzinfo=UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


@settings(max_examples=400)
@given(zone=zones, seen=instants, later=spans, overlap=spans)
@example(
    PRAGUE, datetime(2024, 10, 27, 0, 50), timedelta(minutes=20), timedelta(0)
)  # 02:50 in summer time, then 02:10 in winter time
def test_what_changes_later_is_never_below_the_floor(
    zone: ZoneInfo, seen: datetime, later: timedelta, overlap: timedelta
) -> None:
    now = seen + later
    below = floor(written(seen, zone), overlap, zone, now)
    assert written(now, zone) >= below
    assert written(seen - overlap, zone) >= below


@settings(max_examples=300)
@given(zone=zones, seen=instants, overlap=spans)
def test_the_floor_is_no_further_down_than_clocks_are_set_back(
    zone: ZoneInfo, seen: datetime, overlap: timedelta
) -> None:
    below = floor(written(seen, zone), overlap, zone, seen)
    # an hour that is repeated, and one that comes within a day
    assert below >= written(seen - overlap - timedelta(hours=3), zone)


def test_an_ordinary_day_has_the_overlap_alone() -> None:
    now = datetime(2024, 6, 1, 12)
    assert floor("2024-06-01 13:30:00.5", timedelta(hours=1), PRAGUE, now) == "2024-06-01 12:30:00"


@settings(max_examples=300)
@given(zone=zones, times=st.lists(instants, min_size=2, max_size=30), by_text=st.booleans())
def test_a_list_is_in_the_order_of_its_ranks_whichever_way_it_is_sorted(
    zone: ZoneInfo, times: list[datetime], by_text: bool
) -> None:
    if by_text:
        texts = sorted((written(t, zone) for t in times), reverse=True)
    else:
        texts = [written(t, zone) for t in sorted(times, reverse=True)]
    ranks = [rank(text, zone) or "" for text in texts]
    assert ranks == sorted(ranks, reverse=True)


@given(zone=zones, at=instants)
def test_a_rank_tells_times_apart_outside_the_repeated_hour(zone: ZoneInfo, at: datetime) -> None:
    text = written(at, zone)
    moment = datetime.fromisoformat(text)
    offsets = {moment.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
    assert (rank(text, zone) == text) or len(offsets) == 2
    assert (rank(text, zone) or "") <= text


def test_the_repeated_hour_has_one_rank() -> None:
    texts = [f"2024-10-27 02:{minute:02}:59" for minute in range(60)]
    assert {rank(text, PRAGUE) for text in texts} == {"2024-10-27 02:00:00"}
    assert rank("2024-10-27 03:00:00", PRAGUE) == "2024-10-27 03:00:00"
    assert rank("2024-10-27 01:59:59.9", PRAGUE) == "2024-10-27 01:59:59.9"


@given(zone=zones, at=instants)
def test_an_instant_lies_between_the_earliest_and_the_latest_it_may_be(
    zone: ZoneInfo, at: datetime
) -> None:
    text = written(at, zone)
    assert earliest(text, zone) <= at <= latest(text, zone)
    assert at in (earliest(text, zone), latest(text, zone))


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2024-01-08 12:00:00", "2024-01-08 12:00:00"),
        (" 2024-01-08 12:00:00 ", "2024-01-08 12:00:00"),
        ("2021-04-16 15:55:44.33538", "2021-04-16 15:55:44.33538"),
        ("0000-00-00 00:00:00", None),
        ("0985-02-12 00:00:00", None),
        ("2024-02-30 00:00:00", None),
        ("2024-01-08", None),
        ("2024-01-08T12:00:00", None),
        ("", None),
        (None, None),
        (1704715200, None),
    ],
)
def test_what_is_a_time(value: object, read: str | None) -> None:
    assert local(value) == read
    assert rank(value, PRAGUE) == read


@given(st.one_of(st.text(), st.integers(), st.none(), st.floats(), st.lists(st.text())))
def test_whatever_comes_is_a_time_or_none(value: object) -> None:
    assert local(value) is None or isinstance(value, str)


def test_no_time_is_neither_newest_nor_oldest() -> None:
    times = [None, "2024-01-08 12:00:00", "zzz", "2024-01-07 12:00:00", 3]
    assert newest(times) == "2024-01-08 12:00:00"
    assert oldest(times) == "2024-01-07 12:00:00"
    assert newest([None]) is None
    assert oldest([]) is None


@pytest.mark.parametrize("odd", [0, 1, 2, 3])
def test_a_row_out_of_its_place_is_not_the_end_of_a_page(odd: int) -> None:
    times = [f"2024-01-0{8 - place} 12:00:00" for place in range(4)]
    assert edge(times) == "2024-01-06 12:00:00"
    times[odd] = "1999-12-31 00:00:00"
    assert (edge(times) or "") >= "2024-01-05"


def test_the_edge_of_no_times_is_none() -> None:
    assert edge([None, "", 7]) is None
    assert edge([None, "2024-01-05 12:00:00", ""]) == "2024-01-05 12:00:00"
