"""The files of `deliveries/`: what they say, and what is wrong with them; periods; what is due."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.deliver import declared
from pipelines.deliver.declared import Extract, parse
from pipelines.deliver.due import period_named, periods_due
from pipelines.deliver.periods import Kind, Period, last_complete, through
from sources._http.errors import Misconfigured

NOW = datetime(2026, 11, 24, 6)
VANCOUVER = ZoneInfo("America/Vancouver")


def written(*settings: str, query: str = "select 1 as one") -> Extract:
    return parse("orders", "\n".join(["-- connection: shop", *settings, query]))


def test_what_a_file_says() -> None:
    said = written(
        "-- What the partner plans with: one line per order.",
        *("-- format: jsonl", "-- period: week", "-- timezone: America/Vancouver"),
        *("-- file: {name}.{period}.{format}", "-- since: 2026-11-04", "-- needs: shop, west"),
        "-- wait_seconds: 0",
        query="select $period_start as first -- timezone: ignored here\n;\n",
    )
    assert (said.connection, said.format, said.kind) == ("shop", "jsonl", Kind.WEEK)
    assert (said.zone, said.needs, said.wait_seconds) == (VANCOUVER, ("shop", "west"), 0.0)
    assert said.since == Period(Kind.WEEK, date(2026, 11, 2))
    assert said.parameters == {"period_start"}
    assert said.file_name(said.since) == "orders.2026-W45.jsonl"


def test_what_it_says_by_itself() -> None:
    said = written()
    assert (said.format, said.kind, said.since, said.needs) == ("csv", Kind.DAY, None, ())
    assert said.wait_seconds == 60
    assert said.file_name(Period(Kind.DAY, date(2026, 11, 23))) == "orders_2026-11-23.csv"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("select 1", "-- connection: NAME"),
        ("-- connection:\nselect 1", "-- connection: NAME"),
        ("-- conection: shop\nselect 1", "did you mean connection"),
        ("-- connection: shop\n-- connection: west\nselect 1", "connection twice"),
        ("-- connection: shop\n-- format: xlsx\nselect 1", "csv, jsonl, parquet"),
        ("-- connection: shop\n-- period: year\nselect 1", "day, week, month"),
        ("-- connection: shop\n-- timezone: Mars\nselect 1", "no IANA zone"),
        ("-- connection: shop\n-- since: soon\nselect 1", "no day like"),
        ("-- connection: shop\n-- wait_seconds: nan\nselect 1", "from 0 to 600"),
        ("-- connection: shop\n-- file: {period}/a.csv\nselect 1", "no plain file name"),
        ("-- connection: shop\n-- file: ..{period}\nselect 1", "no plain file name"),
        ("-- connection: shop\n-- file: .{period}\nselect 1", "no plain file name"),
        ("-- connection: shop\n-- file: a b{period}\nselect 1", "no plain file name"),
        ("-- connection: shop\n-- file: {period!r}.csv\nselect 1", "{period} in it"),
        ("-- connection: shop\n-- file: {period}{\nselect 1", "no plain file name"),
        ("-- connection: shop\n-- file: orders.csv\nselect 1", "{period} in it"),
        ("-- connection: shop\n-- file: {period}{day}.csv\nselect 1", "{day}"),
        ("-- connection: shop\n", "no statements"),
        ("-- connection: shop\nselect 1; select 2", "2 statements"),
        ("-- connection: shop\ndelete from sales.orders", "has a DELETE"),
        ("-- connection: shop\ncopy (select 1) to 'x.csv'", "has a COPY"),
        ("-- connection: shop\nselect $day", "asks for $day"),
        ("-- connection: shop\nselect ?", "asks for $1"),
        ("-- connection: shop\nselekt 1", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "deliveries").mkdir()
    (tmp_path / "deliveries" / "orders.sql").write_text(text)
    with pytest.raises(Misconfigured) as wrong:
        declared.load(tmp_path, "orders")
    assert said in str(wrong.value)
    assert "deliveries/orders.sql" in str(wrong.value)
    assert "Next: penstock deliver orders --dry-run" in str(wrong.value)


def test_all_that_is_wrong_with_an_extract_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "deliveries").mkdir()
    (tmp_path / "deliveries" / "orders.sql").write_text(
        "-- conection: shop\n-- format: xml\n-- timezone: Mars\n-- since: today\n"
        "-- file: orders.csv\n-- wait_seconds: -1\ndelete from sales.orders"
    )
    with pytest.raises(Misconfigured) as wrong:
        declared.load(tmp_path, "orders")
    for part in (
        *("did you mean connection?", "where it goes", "format is 'xml'", "no IANA zone"),
        *("no day like", "{period} in it", "from 0 to 600", "has a DELETE"),
    ):
        assert str(wrong.value).count(part) == 1


def test_an_extract_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "deliveries").mkdir()
    (tmp_path / "deliveries" / "orders.sql").write_text("")
    for name in ("order", "../orders"):
        with pytest.raises(Misconfigured, match="did you mean orders"):
            declared.load(tmp_path, name)


@pytest.mark.parametrize(
    ("kind", "zone", "label"),
    [
        (Kind.DAY, "UTC", "2026-11-23"),
        (Kind.DAY, "America/Vancouver", "2026-11-22"),  # it is the 23rd there until eight
        (Kind.WEEK, "UTC", "2026-W47"),
        (Kind.MONTH, "UTC", "2026-10"),
    ],
)
def test_the_last_complete_period(kind: Kind, zone: str, label: str) -> None:
    assert last_complete(kind, NOW, ZoneInfo(zone)).label == label


@given(
    st.sampled_from(list(Kind)),
    st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1)),
    st.sampled_from(["UTC", "America/Vancouver", "Pacific/Kiritimati", "Africa/Cairo"]),
)
def test_periods_follow_each_other(kind: Kind, now: datetime, zone: str) -> None:
    last = last_complete(kind, now, ZoneInfo(zone))
    assert last.ends_at(ZoneInfo(zone)) <= now < last.next().ends_at(ZoneInfo(zone))
    assert kind.named(last.label) == last
    assert [k for k in Kind if k.is_label(last.label)] == [kind]
    assert {kind.containing(last.start + timedelta(days=n)) for n in (0, 6)} <= {
        last if kind is not Kind.DAY else Period(kind, last.start + timedelta(days=n))
        for n in (0, 6)
    }
    assert last.next().start == last.end


def test_periods_from_one_to_another() -> None:
    months = through(Period(Kind.MONTH, date(2025, 11, 1)), Period(Kind.MONTH, date(2026, 2, 1)))
    assert [month.label for month in months] == ["2025-11", "2025-12", "2026-01", "2026-02"]


@pytest.mark.parametrize(
    ("settings", "labels"),
    [((), ["2026-11-23"]), (("-- since: 2026-11-21",), ["2026-11-21", "2026-11-22", "2026-11-23"])],
)
def test_what_is_due_at_first(settings: tuple[str, ...], labels: list[str]) -> None:
    assert [p.label for p in periods_due(written(*settings), [], NOW)] == labels


@pytest.mark.parametrize("label", ["2026-11-24", "2026-12-01"])
def test_a_period_that_is_not_over_is_refused(label: str) -> None:
    with pytest.raises(Misconfigured, match="is not over"):
        period_named(written(), label, NOW)


@pytest.mark.parametrize("label", ["2026-11", "yesterday", "2026-11-31", "2026-W47"])
def test_a_name_that_is_no_day_is_refused(label: str) -> None:
    with pytest.raises(Misconfigured, match="is no day, such as 2026-11-23"):
        period_named(written(), label, NOW)
