"""Versions, in whatever order, window and number of times their rows arrive."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sources
from pipelines.archive import Kept
from pipelines.landing import Landing, Window
from pipelines.ledger import prepare_ops
from pipelines.project import Connection, open_project
from pipelines.promote import Promoted, Promotion
from pipelines.schema import prepare_vendor
from pipelines.warehouse import Places
from sources._tables.page import Page
from sources._tables.typer import Typer
from sources._vendor import ConnectionSettings
from sources.cienapps.tables import ORDERS

START = datetime(2024, 1, 8, 12)
VENDOR = sources.load("cienapps")
Row = tuple[int, int, str]  # order number, SyncID, step


class Bench:
    """A work file that windows of orders are landed in and promoted."""

    def __init__(self, folder: Path) -> None:
        project = open_project(folder)
        self.places: Places = project.places
        self.places.prepare()
        self.db = duckdb.connect(str(self.places.raw))
        prepare_ops(self.db)
        prepare_vendor(self.db, "cien", VENDOR.name, VENDOR.tables, self.places)
        self._typers = {name: Typer(name) for name in ("cien", "cien2")}
        self._count = itertools.count()

    def land(self, *pages: Sequence[Row], connection: str = "cien") -> None:
        """Lands one window of pages; each page is seen a minute after the one before."""
        kept = []
        for rows in pages:
            number = next(self._count)
            body = json.dumps(
                [
                    {
                        "Order_Number": n,
                        "SyncID": s,
                        "Order_Step_Desc": step,
                        "Order_Quotation_Number": [n, n * 10] if step != "bare" else [],
                    }
                    for n, s, step in rows
                ]
            )
            page = Page(
                table="orders",
                body=body.encode(),
                received_at=START + timedelta(minutes=number),
                request="GET /orders",
                page_id=f"p{number:06d}",
            )
            kept.append(Kept(page, "segment", 0, 0))
        window_id = f"w{next(self._count):06d}"
        typed = self._typers[connection].type_pages(ORDERS, [k.page for k in kept], window_id)
        Landing(self.places, connection, VENDOR).land(
            Window(window_id, tuple(kept), ((ORDERS, typed),))
        )

    def promote(self, connection: str = "cien") -> Promoted:
        """Promotes what has landed."""
        return Promotion(
            self.db, Connection(connection, VENDOR, ConnectionSettings(), VENDOR.tables), "run"
        ).promote()

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """A query over the work file."""
        return self.db.execute(query).fetchall()

    def current(self) -> dict[object, object]:
        """The step of each order's last version."""
        rows = self.ask("""
            select order_number, step from cienapps.orders
            qualify row_number() over (
                partition by _key order by _version desc, _observed_at desc, _page_id desc,
                    _row_number desc) = 1""")
        return {number: step for number, step in rows}  # noqa: C416 - each row is a pair

    def clear(self) -> None:
        """Empties the version tables for the next example."""
        for name in ("cienapps.orders", "cienapps.order_quotations", "ops.outbox", "ops.windows"):
            self.db.execute(f"delete from {name}")

    def close(self) -> None:
        """Lets go of everything."""
        self.db.close()
        for typer in self._typers.values():
            typer.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("bench"))
    yield bench
    bench.close()


@pytest.fixture
def bench(shared: Bench) -> Bench:
    shared.clear()
    return shared


DELIVERIES = st.lists(
    st.lists(
        st.lists(st.tuples(st.integers(1, 3), st.integers(1, 6)), min_size=1, max_size=4),
        min_size=1,
        max_size=2,
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=12, deadline=None)
@given(windows=DELIVERIES)
def test_order_and_repetition_do_not_matter(
    shared: Bench, windows: list[list[list[tuple[int, int]]]]
) -> None:
    """Each SyncID says one thing; however it is delivered, the highest of a document wins."""
    shared.clear()
    said = {s: ("early", "late", "early", "late", "late", "bare")[s - 1] for s in range(1, 7)}
    truth: dict[int, set[int]] = defaultdict(set)
    for window in windows:
        pages = [[(n, s, said[s]) for n, s in page] for page in window]
        shared.land(*pages)
        shared.promote()
        for n, s, _ in itertools.chain.from_iterable(pages):
            truth[n].add(s)

    versions = shared.ask("select order_number, sync_id from cienapps.orders order by all")
    assert versions == sorted((n, s) for n, all_s in truth.items() for s in all_s)
    assert shared.current() == {n: said[max(all_s)] for n, all_s in truth.items()}
    lines = shared.ask("""
        select order_number, sync_id, quotation_number from cienapps.orders
        join cienapps.order_quotations using (_page_id, _row_number) order by all""")
    assert lines == sorted(
        (n, s, q)
        for n, all_s in truth.items()
        for s in all_s
        for q in (n, n * 10)
        if said[s] != "bare"
    )


@pytest.mark.parametrize("windows", [1, 2], ids=["one-window", "two-windows"])
def test_an_older_number_never_wins(bench: Bench, windows: int) -> None:
    if windows == 1:
        bench.land([(1, 13, "new"), (1, 12, "old")])
    else:
        bench.land([(1, 13, "new")])
        bench.promote()
        bench.land([(1, 12, "old")])
    bench.promote()
    assert bench.current() == {1: "new"}
    assert bench.ask("select count(*) from cienapps.orders") == [(2,)]


def test_a_repeat_under_a_later_number_is_kept(bench: Bench) -> None:
    """A, then A again, then the B between them arrives: the document is A, not B."""
    bench.land([(1, 11, "A")], [(1, 13, "A")])
    bench.promote()
    bench.land([(1, 12, "B")])
    bench.promote()
    assert bench.current() == {1: "A"}


def test_a_number_whose_row_changed_is_a_version(bench: Bench) -> None:
    """Where a list shows documents as they are now, one number can say two things."""
    bench.land([(1, 11, "A")])
    bench.promote()
    bench.land([(1, 11, "B")])
    assert bench.promote().counts["orders"].changed == 1
    bench.land([(1, 11, "B")])
    assert bench.promote().counts["orders"].unchanged == 1
    assert bench.current() == {1: "B"}
    assert bench.ask("select count(*) from cienapps.orders") == [(2,)]


def test_counts(bench: Bench) -> None:
    bench.land([(1, 11, "A"), (2, 12, "A"), (1, 13, "B"), (1, 14, "B")])
    first = bench.promote().counts["orders"]
    assert (first.received, first.new, first.changed, first.unchanged) == (4, 2, 1, 1)
    bench.land([(2, 12, "A"), (3, 15, "A"), (2, 16, "C")])
    second = bench.promote().counts["orders"]
    assert (second.received, second.new, second.changed, second.unchanged) == (3, 1, 1, 1)


def test_connections_are_apart(bench: Bench) -> None:
    """("cien", 21) and ("cien2", 1) are two documents, and one does not retire the other."""
    bench.land([(21, 5, "A")], connection="cien")
    bench.promote("cien")
    bench.land([(1, 6, "B")], connection="cien2")
    bench.promote("cien2")
    assert bench.ask("select connection, order_number, step from cienapps.orders order by all") == [
        ("cien", 21, "A"),
        ("cien2", 1, "B"),
    ]


def test_a_window_that_landed_in_part_is_not_promoted(bench: Bench) -> None:
    bench.land([(1, 11, "A"), (2, 12, "B")])
    bench.db.execute("delete from landing_cien.orders where order_number = 2")
    assert bench.promote().is_cleared
    assert bench.ask("select * from cienapps.orders") == []
    assert bench.ask("select * from ops.outbox") == []
    assert bench.ask("select * from landing_cien.orders") == []


def test_a_window_that_landed_twice_is_promoted_once(bench: Bench) -> None:
    bench.land([(1, 11, "A"), (2, 12, "B")])
    for name in ("orders", "order_quotations", "penstock_manifest", "penstock_queue"):
        bench.db.execute(f"insert into landing_cien.{name} from landing_cien.{name}")
    assert bench.promote().counts["orders"].new == 2
    assert bench.ask("select count(*) from cienapps.orders") == [(2,)]
    assert bench.ask("select count(*) from cienapps.order_quotations") == [(4,)]
    assert bench.ask("select count(*) from ops.outbox") == [(2,)]


def test_a_failed_promotion_leaves_everything(bench: Bench) -> None:
    bench.land([(1, 11, "A")])
    bench.db.execute("alter table ops.outbox rename to hidden")
    try:
        with pytest.raises(duckdb.CatalogException):
            bench.promote()
    finally:
        bench.db.execute("alter table ops.hidden rename to outbox")
    assert bench.ask("select * from cienapps.orders") == []
    assert bench.promote().counts["orders"].new == 1
