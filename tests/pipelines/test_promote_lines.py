"""Lines that are objects: landed, promoted with their document, and gone with its new version."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

import sources
from pipelines.archive import Archive, Kept, read_page
from pipelines.landing import Landing, Window
from pipelines.ledger import prepare_ops
from pipelines.project import Connection, open_project
from pipelines.promote import Promoted, Promotion
from pipelines.schema import prepare_vendor
from sources._tables.declare import Child, Column, Kind, Table, VersionBy
from sources._tables.page import Page
from sources._tables.typer import Typer
from sources._vendor import ConnectionSettings

START = datetime(2024, 1, 8, 12)


def column(name: str, kind: Kind = Kind.TEXT, *within: str, **more: Any) -> Column:
    """A column of its own name on the wire."""
    return Column(name=name, wire=name, kind=kind, within=within, description="It.", **more)


SALES = Table(
    name="sales_of_toys",
    description="Sales.",
    key=("number",),
    version_by=VersionBy.CHANGE_TIME,
    version="changed_at",
    columns=(
        column("number", Kind.INTEGER, required=True),
        column("changed_at", Kind.TIMESTAMP, "log", required=True),
        column("records", Kind.JSON),
    ),
    children=(
        Child(
            name="toys",
            wire="toys",
            description="Toys.",
            key=("toy",),
            columns=(
                column("toy", required=True),
                column("price", Kind.DECIMAL, "cost"),
                column("colour", volatile=True),
            ),
        ),
    ),
)
VENDOR = replace(sources.load("cienapps"), name="toyland", tables=(SALES,))
Row = dict[str, Any]


class Bench:
    """A work file that windows of sales are landed in and promoted."""

    def __init__(self, folder: Path) -> None:
        self.places = open_project(folder).places
        self.places.prepare()
        self.db = duckdb.connect(str(self.places.raw))
        prepare_ops(self.db)
        prepare_vendor(self.db, "cien", VENDOR.name, VENDOR.tables, self.places)
        self._typer = Typer("toyland")
        self._count = itertools.count()

    def land(self, *rows: Row) -> None:
        """Lands a window of one page, seen a minute after the one before."""
        number = next(self._count)
        page = Page(
            table=SALES.name,
            body=json.dumps({"data": {"sales": rows}}).encode(),
            received_at=START + timedelta(minutes=number),
            request="GET /sales",
            page_id=f"p{number:06d}",
            rows_at=("data", "sales"),
        )
        window_id = f"w{number:06d}"
        typed = self._typer.type_pages(SALES, [page], window_id)
        window = Window(window_id, (Kept(page, "segment", 0, 0),), ((SALES, typed),))
        Landing(self.places, "toyland", VENDOR).land(window)

    def promote(self) -> Promoted:
        """Promotes what has landed."""
        connection = Connection("toyland", VENDOR, ConnectionSettings(), VENDOR.tables)
        return Promotion(self.db, connection, "run").promote()

    def brings(self, *rows: Row) -> tuple[int, int, int]:
        """Lands and promotes; how many documents were new, changed, and as they were."""
        self.land(*rows)
        counts = self.promote().counts[SALES.name]
        return counts.new, counts.changed, counts.unchanged

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """A query over the work file."""
        return self.db.execute(query).fetchall()

    def lines(self) -> list[tuple[Any, ...]]:
        """Every stored line with the time of its version, in order."""
        return self.ask("""
            select changed_at::time::varchar, _line_number, toy, price, colour, toys._extra
            from toyland.toys join toyland.sales_of_toys using (_page_id, _row_number, _key)
            order by 1, 2""")

    def close(self) -> None:
        """Lets go of everything."""
        self.db.close()
        self._typer.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def sale(minute: int, *toys: Row, **more: Any) -> Row:
    """Sale 1 as it was changed in that minute of the hour."""
    changed = {"changed_at": f"2024-01-08 11:{minute:02}:00"}
    return {"number": 1, "log": changed, "toys": list(toys), **more}


CAR: Row = {"toy": "car", "cost": {"price": "2.50", "tax": 1}, "colour": "red"}
BALL: Row = {"toy": "ball"}


def test_lines_are_stored_with_what_is_unknown_of_them(bench: Bench) -> None:
    assert bench.brings(sale(1, CAR, BALL, records=[{"a": 1.5}])) == (1, 0, 0)
    assert bench.ask("select toy, price::varchar, _extra from toyland.toys order by all desc") == [
        ("car", "2.5000", '{"cost":{"tax":1}}'),
        ("ball", None, None),
    ]
    assert bench.ask("select records, typeof(records) from toyland.sales_of_toys") == [
        ('[{"a":1.5}]', "JSON")
    ]
    assert bench.ask("select table_name, field, rows_seen from ops.drift") == [
        ("sales_of_toys", "toys[].cost.tax", 1)
    ]


def test_what_says_nothing_new_is_no_version(bench: Bench) -> None:
    bench.brings(sale(1, CAR, BALL))
    assert bench.brings(sale(1, CAR, BALL)) == (0, 0, 1)
    assert bench.brings(sale(1, BALL, CAR | {"colour": "blue"})) == (0, 0, 1)
    assert [line[:3] for line in bench.lines()] == [("11:01:00", 0, "car"), ("11:01:00", 1, "ball")]


@pytest.mark.parametrize(
    ("toys", "left"),
    [([CAR], ["car"]), ([], []), ([CAR | {"cost": {"price": 3}}, BALL], ["car", "ball"])],
    ids=["one-less", "the-last-gone", "another-price"],
)
def test_changed_lines_are_a_version_of_their_own(
    bench: Bench, toys: list[Row], left: list[str]
) -> None:
    bench.brings(sale(1, CAR, BALL))
    assert bench.brings(sale(2, *toys)) == (0, 1, 0)
    found = [(line[0], line[2]) for line in bench.lines()]
    assert found == [("11:01:00", "car"), ("11:01:00", "ball"), *(("11:02:00", t) for t in left)]


def test_a_bad_line_keeps_its_document_out(bench: Bench) -> None:
    bench.brings(sale(1, CAR))
    bad = sale(2, CAR, {"toy": "top", "cost": {"price": "much"}})
    assert bench.brings(bad) == (0, 0, 0)
    assert bench.ask("select column_name, reason, raw from ops.quarantine") == [
        ("toys.price", "toys.price is no decimal", json.dumps(bad))
    ]
    assert [line[0] for line in bench.lines()] == ["11:01:00"]


def test_a_window_that_lost_lines_is_not_promoted(bench: Bench) -> None:
    bench.land(sale(1, CAR, BALL))
    bench.db.execute("delete from landing_toyland.toys where toy = 'ball'")
    assert bench.promote().is_cleared
    assert bench.lines() == []


def test_a_window_that_landed_twice_is_promoted_once(bench: Bench) -> None:
    bench.land(sale(1, CAR, BALL))
    for name in ("sales_of_toys", "toys", "penstock_manifest", "penstock_pages"):
        bench.db.execute(f"insert into landing_toyland.{name} from landing_toyland.{name}")
    assert bench.promote().counts[SALES.name].new == 1
    assert len(bench.lines()) == 2


def test_a_page_says_where_its_rows_are(bench: Bench) -> None:
    bench.brings(sale(1, CAR))
    assert bench.ask("select rows_at->>'$[*]' from ops.pages") == [(["data", "sales"],)]


def test_a_window_of_an_older_version_says_nothing_of_it(bench: Bench) -> None:
    bench.land(sale(1, CAR))
    bench.db.execute("alter table landing_toyland.penstock_pages drop column rows_at")
    assert bench.promote().counts[SALES.name].new == 1
    assert bench.ask("select rows_at from ops.pages") == [("[]",)]


def test_the_archive_keeps_where_the_rows_are(tmp_path: Path) -> None:
    page = Page(
        table="t", body=b"{}", received_at=START, request="GET /t", rows_at=("data", "*", "rows")
    )
    with Archive(tmp_path, "toyland", "run") as archive:
        kept = archive.keep(page)
        archive.need()
        archive.flush()
    found = read_page(tmp_path, kept.segment, kept.offset, kept.length)
    assert found == replace(page, page_id=kept.page.page_id)
