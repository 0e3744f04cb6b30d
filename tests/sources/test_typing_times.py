"""Days and times as several sites write them, compared with an independent slow reading."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sources._tables.casts import pattern_regex
from sources._tables.declare import ISO, Column, Kind, Table, VersionBy
from sources._tables.page import Page
from sources._tables.typer import Typed, Typer
from tests.sources.typing_oracle import read_row

AT = datetime(2024, 1, 8, 12)
AMERICAN = "%-m/%-d/%Y"
PATTERNS = (ISO, AMERICAN, f"{AMERICAN} %-I:%M:%S %p")


def _column(name: str, kind: Kind, **more: Any) -> Column:
    return Column(name=name, wire=name.title(), kind=kind, description=f"a {name}", **more)


TABLE = Table(
    name="things",
    description="Days and times.",
    key=("id",),
    version_by=VersionBy.SEEN,
    columns=(
        _column("id", Kind.INTEGER, required=True),
        _column("saved", Kind.TIMESTAMP, patterns=PATTERNS),
        _column("due", Kind.DATE, patterns=PATTERNS),
    ),
)


@pytest.fixture(scope="module")
def typer() -> Iterator[Typer]:
    typer = Typer("here")
    yield typer
    typer.close()


def type_rows(typer: Typer, texts: list[str], table: Table = TABLE) -> Typed:
    body = ("[" + ",".join(texts) + "]").encode()
    page = Page(table="things", body=body, received_at=AT, request="GET /things", page_id="p")
    return typer.type_pages(table, [page], "w")


def type_one(typer: Typer, field: str, written: str) -> Any:
    """The typed value, or the reason why its row is in quarantine."""
    typed = type_rows(typer, [json.dumps({"Id": 1, field.title(): written})])
    found = typed.quarantine["reason"] if typed.quarantine.num_rows else typed.rows[field]
    return found[0].as_py()


# a month, a day and an hour of twelve, padded or not, some of them none that there is
DAYS = st.tuples(
    st.sampled_from(["", "0"]), st.integers(0, 13), st.integers(0, 32), st.integers(1890, 2210)
).map(lambda d: f"{d[0]}{d[1]}/{d[2]}/{d[3]}")
CLOCKS = st.tuples(
    st.integers(0, 13), st.integers(0, 60), st.integers(0, 60), st.sampled_from(["AM", "PM", "am"])
).map(lambda c: f"{c[0]}:{c[1]:02}:{c[2]:02} {c[3]}")
BLANKS = st.sampled_from([" ", " ", " ", "  ", "T"])
MOMENTS = st.datetimes(datetime(1899, 1, 1), datetime(2200, 12, 31))
WRITTEN = (
    DAYS
    | st.tuples(DAYS, BLANKS, CLOCKS).map("".join)
    | MOMENTS.map(lambda d: f"{d.month}/{d.day}/{d.year}")
    | MOMENTS.map(lambda d: f"{d.month}/{d.day}/{d.year} {d:%I:%M:%S %p}")
    | MOMENTS.map(lambda d: f"{d:%m/%d/%Y}")
    | MOMENTS.map(lambda d: d.isoformat())
    | MOMENTS.map(lambda d: d.date().isoformat())
    | st.text("0123456789/: -APMT", max_size=12)
)


@settings(max_examples=120, deadline=None)
@given(st.lists(WRITTEN, min_size=1, max_size=20))
@example(["2/29/2000", "2/29/2100", "12/31/1899", "1/1/2200", "12/31/2199 11:59:59 PM"])
def test_as_the_oracle_reads_it(typer: Typer, written: list[str]) -> None:
    texts = [json.dumps({"Id": n, "Saved": w}) for n, w in enumerate(written)]
    texts += [json.dumps({"Id": n, "Due": w}) for n, w in enumerate(written)]
    typed = type_rows(typer, texts)
    expected = {n: read_row(TABLE, text) for n, text in enumerate(texts)}
    good = {row["_row_number"]: row for row in typed.rows.to_pylist()}
    assert {n: {name: row[name] for name in ("id", "saved", "due")} for n, row in good.items()} == {
        n: row for n, row in expected.items() if row is not None
    }
    assert typed.received == len(texts)


@pytest.mark.parametrize(
    ("field", "written", "expected"),
    [
        ("saved", "1/5/2021", datetime(2021, 1, 5)),
        ("saved", "01/05/2021", datetime(2021, 1, 5)),
        ("saved", "1/5/2021 3:04:05 PM", datetime(2021, 1, 5, 15, 4, 5)),
        ("saved", "1/5/2021 12:00:00 AM", datetime(2021, 1, 5)),
        ("saved", "12/31/2021 12:00:00 pm", datetime(2021, 12, 31, 12)),
        ("saved", "2021-01-05T03:04:05", datetime(2021, 1, 5, 3, 4, 5)),
        ("saved", "2021-01-05T03:04:05-05:00", datetime(2021, 1, 5, 8, 4, 5)),
        ("due", "2/29/2020", date(2020, 2, 29)),
        ("due", "2020-02-29", date(2020, 2, 29)),
        ("due", "2/29/2020 11:59:59 PM", date(2020, 2, 29)),
    ],
)
def test_reads(typer: Typer, field: str, written: str, expected: object) -> None:
    assert type_one(typer, field, written) == expected


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("saved", "13/1/2021"),
        ("saved", "2/30/2021"),
        ("saved", "0/5/2021"),
        ("saved", "1/5/21"),
        ("saved", "001/5/2021"),
        ("saved", "1/5/2021  3:04:05 PM"),
        ("saved", "1/5/2021 3:04:05"),
        ("saved", "1/5/2021 13:04:05 PM"),
        ("saved", "1/5/2021 0:04:05 AM"),
        ("saved", "1/5/2200"),
        ("saved", "2021-01-05"),
        ("due", "2/29/2100"),
        ("due", "2020-02-29T00:00:00Z"),
    ],
)
def test_quarantines(typer: Typer, field: str, written: str) -> None:
    kind = TABLE.column(field).kind.name.lower()
    assert type_one(typer, field, written) == f"{field} is no {kind}"


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("1/5/2021 3:04:05 PM", datetime(2021, 1, 5, 20, 4, 5)),
        ("7/5/2021", datetime(2021, 7, 5, 4)),
        ("2021-07-05T15:04:05", datetime(2021, 7, 5, 19, 4, 5)),
        ("2021-07-05T15:04:05Z", datetime(2021, 7, 5, 15, 4, 5)),
    ],
)
def test_times_of_the_site_become_utc(written: str, utc: datetime) -> None:
    key, saved, due = TABLE.columns
    site = replace(TABLE, columns=(key, replace(saved, zone="site"), due))
    typer = Typer("here", "America/Toronto")
    typed = type_rows(typer, [json.dumps({"Id": 1, "Saved": written, "Due": "7/5/2021"})], site)
    typer.close()
    assert typed.rows["saved"].to_pylist() == [utc]
    assert typed.rows["due"].to_pylist() == [date(2021, 7, 5)]


def _at_site(zone: str, seen_at: datetime, *written: str) -> list[datetime]:
    """Times without offset as a page that was received then is read (UTC)."""
    key, saved, _ = TABLE.columns
    site = replace(TABLE, columns=(key, replace(saved, zone="site")))
    rows = [{"Id": n, "Saved": w} for n, w in enumerate(written)]
    page = Page(
        table="things",
        body=json.dumps(rows).encode(),
        received_at=seen_at,
        request="GET /things",
        page_id="p",
    )
    typer = Typer("here", zone)
    typed = typer.type_pages(site, [page], "w")
    typer.close()
    assert typed.quarantine.num_rows == 0
    return list(typed.rows["saved"].to_pylist())


@pytest.mark.parametrize(
    ("written", "seen_at", "utc"),
    [
        ("2024-03-31T01:59:59", datetime(2024, 4, 1), datetime(2024, 3, 31, 0, 59, 59)),
        ("2024-03-31T02:30:00", datetime(2024, 4, 1), datetime(2024, 3, 31, 1, 30)),
        ("2024-03-31T03:30:00", datetime(2024, 4, 1), datetime(2024, 3, 31, 1, 30)),
        ("2024-10-27T02:30:00", datetime(2024, 11, 1), datetime(2024, 10, 27, 1, 30)),
        ("2024-10-27T02:30:00", datetime(2024, 10, 27, 1, 30), datetime(2024, 10, 27, 1, 30)),
        ("2024-10-27T02:30:00", datetime(2024, 10, 27, 1, 29), datetime(2024, 10, 27, 0, 30)),
        ("2024-10-27T02:30:00", datetime(2024, 10, 27, 0, 30), datetime(2024, 10, 27, 0, 30)),
        ("2024-10-27T02:30:00", datetime(2024, 10, 27, 0, 29), datetime(2024, 10, 27, 1, 30)),
        ("2024-10-27T02:30:00", datetime(2024, 6, 1), datetime(2024, 10, 27, 1, 30)),
        ("2024-10-27T02:30:00+02:00", datetime(2024, 11, 1), datetime(2024, 10, 27, 0, 30)),
        ("2024-10-27T03:00:00", datetime(2024, 10, 27, 1, 30), datetime(2024, 10, 27, 2)),
        ("2024-10-27T01:59:59", datetime(2024, 10, 26, 23), datetime(2024, 10, 26, 23, 59, 59)),
    ],
    ids=[
        "before-spring",
        "skipped",
        "after-spring",
        "repeated",
        "repeated-just-now",
        "later-not-yet",
        "earlier-just-now",
        "neither-yet",
        "months-ahead",
        "with-offset",
        "after-autumn",
        "before-autumn",
    ],
)
def test_the_hours_that_clocks_skip_and_repeat(
    written: str, seen_at: datetime, utc: datetime
) -> None:
    assert _at_site("Europe/Prague", seen_at, written) == [utc]


def _by_zoneinfo(clock: datetime, zone: str, seen_at: datetime) -> datetime | None:
    """What the clock of a zone means, read by Python; None where it never showed that."""
    here = ZoneInfo(zone)
    both = {clock.replace(tzinfo=here, fold=fold).astimezone(UTC) for fold in (0, 1)}
    meant = sorted(
        moment.replace(tzinfo=None)
        for moment in both
        if moment.astimezone(here).replace(tzinfo=None) == clock
    )
    seen = [moment for moment in meant if moment <= seen_at]
    return (seen or meant)[-1] if meant else None


CLOCKS_SET = (datetime(2024, 10, 27, 2), datetime(2024, 4, 7, 1), datetime(2024, 3, 31, 2))


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(["Europe/Prague", "Australia/Lord_Howe", "Antarctica/Troll", "UTC"]),
    seen_at=st.sampled_from(CLOCKS_SET).flatmap(
        lambda at: st.integers(-1000, 1000).map(lambda minutes: at + timedelta(minutes=minutes))
    ),
    before=st.lists(st.integers(-300, 300), min_size=1, max_size=20),
)
def test_a_site_is_read_as_python_reads_it(zone: str, seen_at: datetime, before: list[int]) -> None:
    shift = ZoneInfo(zone).utcoffset(seen_at) or timedelta()
    clocks = [seen_at + shift - timedelta(minutes=minutes) for minutes in before]
    read = _at_site(zone, seen_at, *(clock.isoformat() for clock in clocks))
    for clock, utc in zip(clocks, read, strict=True):
        assert utc == (_by_zoneinfo(clock, zone, seen_at) or utc)


@pytest.mark.parametrize("pattern", ["%-m/%-d/%y", "%b %d", "%-I:%M", "%H:%M %p", "%-H:%M"])
def test_a_pattern_that_could_be_read_in_two_ways_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern '%"):
        pattern_regex(pattern)
