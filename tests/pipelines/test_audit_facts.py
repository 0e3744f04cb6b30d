"""Every fact proven to fail once on a planted fault, and all of them to hold on good data."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.audit.checks import Fact, Reads, Result, Severity, Status, VendorChecks, Verdict
from pipelines.audit.facts import judge_facts
from pipelines.transform import build
from sources.cienapps.tables import TABLES
from tests.pipelines.audit_files import (
    GOOD_ORDER,
    NOW,
    SEEN,
    Files,
    Stored,
    checks,
    good,
    samples,
)
from tests.pipelines.faulty import askable

SHIPPED = checks()
Planted = dict[tuple[str, str], str]

TWICE = "insert into {0} select * from {0}"
PUBLISHED: Planted = {
    (table, check): statement.format(table)
    for table in ("orders", "quotations", "work_orders")
    for check, statement in {
        "key_unique": "insert into cienapps.{0} select * from cienapps.{0}",
        "key_present": "update cienapps.{0} set _version = null",
        "traceable": "update cienapps.{0} set _window_id = 'elsewhere'",
        "one_current_version": "update history.cienapps__{0} set is_current = false",
        "history_without_overlap": "insert into history.cienapps__{0} "
        "select * replace (valid_from - interval 1 hour as valid_from) from history.cienapps__{0}",
        "newest_is_current": "update cienapps.{0} set _version = 1",
    }.items()
} | {
    ("order_quotations", "key_unique"): TWICE.format("cienapps.order_quotations"),
    ("order_quotations", "parent_exists"): "update cienapps.order_quotations set _key = 'other'",
    ("order_quotations", "quotation_of_order_known"): "delete from cienapps.quotations",
    (
        "work_orders",
        "order_of_work_order_known",
    ): "update cienapps.work_orders set order_number = 1",
    ("notifications", "documents_have_their_notification"): (
        "delete from cienapps.notifications where entity = 'work_orders'"
    ),
    ("notifications", "notifications_have_their_document"): "delete from cienapps.quotations",
    ("notifications", "notification_noted_once"): TWICE.format("cienapps.notifications"),
    ("notifications", "sync_id_of_one_document"): "update cienapps.notifications set sync_id = 11",
    ("notifications", "confirmed_in_time"): (
        "update cienapps.notifications set confirmed_at = null, "
        "received_at = received_at - interval 2 day"
    ),
    ("notifications", "confirmed_stays_gone"): "update cienapps.notifications set times_returned=3",
    ("sales.orders", "orders_all_in_sales"): "delete from sales.orders",
    ("sales.quotations", "quotations_all_in_sales"): TWICE.format("sales.quotations"),
    ("sales.work_orders", "work_orders_all_in_sales"): "delete from cienapps.work_orders",
    ("orders", "document_in_one_connection"): (
        "insert into cienapps.orders select * replace ('second' as connection) from cienapps.orders"
    ),
    ("orders", "order_due_after_created"): "update cienapps.orders set due_on = '2023-11-02'",
    ("orders", "document_not_from_the_future"): (
        "update cienapps.quotations set created_on = '2023-12-03'"
    ),
    ("orders", "customer_has_a_name"): "update cienapps.orders set customer_last_name = ' '",
    ("quotations", "quotation_closed_after_validated"): (
        "update cienapps.quotations set closed_on = '2023-11-10'"
    ),
    ("work_orders", "work_order_delivered_by_due_day"): (
        "update cienapps.work_orders set due_on = '2024-01-01'"
    ),
    ("work_orders", "work_order_installed_after_delivery"): (
        "update cienapps.work_orders set installation_on = '2024-01-01'"
    ),
    (
        "work_orders",
        "work_order_closed_with_day",
    ): "update cienapps.work_orders set is_closed = true",
    ("ops.unmapped_steps", "step_has_a_meaning"): (
        "insert into ops.unmapped_steps values ('cienapps', 'cienapps', 'order', 'NEW STEP', 3)"
    ),
}
RAW: Planted = {
    (table, check): statement.format(table)
    for table in ("orders", "quotations", "work_orders")
    for check, statement in {
        # an exact copy of a version
        "stored_row_unique": "insert into cienapps.{0} select * from cienapps.{0}",
        # the same version again, from another page
        "stored_version_unique": "insert into cienapps.{0} "
        "select * replace (_page_id || 'x' as _page_id) from cienapps.{0}",
    }.items()
} | {
    ("order_quotations", "stored_row_unique"): TWICE.format("cienapps.order_quotations"),
    ("order_quotations", "stored_parent_exists"): (
        "update cienapps.order_quotations set _row_number = 9"
    ),
}
# twenty changes a day for five weeks, then so many a day for the last one
SLOWED = """
insert into ops.windows (window_id, run_id, connection, vendor, table_name, committed_at,
    rows_received, rows_new, rows_changed, rows_quarantined)
select 'q' || day, 'r1', 'cienapps', 'cienapps', 'orders',
    timestamp '2023-11-30 09:00:00' - to_days(day::integer), 20, 0, if(day < 7, {0}, 20), 0
from range(40) as days(day)"""
REPLAYED = SLOWED.replace("'q' || day", "'replay-' || day") + (
    "; update ops.windows set is_replay = true where starts_with(window_id, 'replay-')"
)
NO_CHANGE = "update ops.freshness set last_change_at = last_change_at - interval {0} hour"
EVERY_RUN: Planted = {
    (table, "freshness"): f"{NO_CHANGE.format(144)} where table_name = '{table}'"
    for table in ("orders", "quotations", "work_orders")
} | {
    ("ops.windows", "volume_as_usual"): SLOWED.format(4),
    ("ops.windows", "volume_collapsed"): SLOWED.format(2),
    ("ops.freshness", "feed_alive"): NO_CHANGE.format(168),
    ("ops.drift", "no_unknown_field"): (
        "insert into ops.drift values ('cienapps', 'cienapps', 'orders', 'Order_Colour', "
        "timestamp '2023-11-29', timestamp '2023-11-29', 4)"
    ),
}
# bad rows: kept in the work file alone
HELD = """
insert into ops.quarantine by name select 'cienapps' as connection, 'cienapps' as vendor,
    'orders' as table_name, 'p' as page_id, n as row_number, 'q' || n as quarantine_id,
    timestamp '2023-11-29' as received_at from range({0}) as rows(n)"""
EVERY_RUN_OF_RAW: Planted = {
    ("ops.quarantine", "quarantine_small"): HELD.format(1),
    ("ops.quarantine", "quarantine_flood"): HELD.format(20),
    ("ops.retyping", "retyping_finished"): (
        "insert into ops.retyping values ('cienapps', 'cienapps', 'orders', '2023-11-30')"
    ),
}
# what a lesser check says of a greater fault
BESIDES = {
    "volume_collapsed": {("ops.windows", "volume_as_usual")},
    "quarantine_flood": {("ops.quarantine", "quarantine_small")},
    "feed_alive": {fault for fault in EVERY_RUN if fault[1] == "freshness"},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("good"))


@pytest.fixture
def files(made: Files, tmp_path: Path) -> Files:
    """Good files of one's own, to plant a fault in."""
    shutil.copytree(made.folder, tmp_path / "files")
    mine = object.__new__(Files)
    mine.folder = tmp_path / "files"
    return mine


def found(results: list[Result]) -> dict[tuple[str, str], Result]:
    """What did not pass, by table and check."""
    return {(r.table, r.check): r for r in results if not r.passed}


def only(name: str) -> list[VendorChecks]:
    return [replace(SHIPPED, facts=tuple(f for f in SHIPPED.facts if f.name == name))]


def every_run(files: Files) -> list[Result]:
    """What is found of the published file without a build."""
    return judge_facts(files.published, askable(SHIPPED, raw=False), now=NOW, every_run_only=True)


def ids(planted: Planted) -> list[str]:
    return [f"{table}-{check}" for table, check in planted]


def test_everything_holds_on_good_data(made: Files) -> None:
    results = judge_facts(made.published, [SHIPPED], now=NOW)
    results += judge_facts(made.raw, [SHIPPED], now=NOW, reads=Reads.RAW)
    assert found(results) == {}
    assert len(results) == len(SHIPPED.facts)


STEPS = """vendor,document_type,step,stage,stage_order,outcome
cienapps,quotation,02 - QUOTING STAGE,Quoting,10,open
cienapps,order,04 -INVOICED,Invoiced,40,won
cienapps,work_order,01 READY FOR PROCESSING - DO NOT OR,Ready,10,open
"""


def test_everything_holds_on_what_the_models_build(tmp_path: Path) -> None:
    files = Files(tmp_path)
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "steps.csv").write_text(STEPS)
    built = tmp_path / "next" / "warehouse.duckdb"
    vendors = {"cienapps": TABLES}
    build(files.raw, built, vendors, tmp_path / "maps", tmp_path / "dbt", NOW, "r1")
    assert found(judge_facts(built, [SHIPPED], now=NOW)) == {}


def test_every_fact_has_its_planted_fault() -> None:
    assert {(f.table, f.name) for f in SHIPPED.facts} == {
        *(*PUBLISHED, *RAW, *EVERY_RUN, *EVERY_RUN_OF_RAW)
    }


@pytest.mark.parametrize("fault", PUBLISHED, ids=ids(PUBLISHED))
def test_a_fault_in_the_build_is_found(files: Files, fault: tuple[str, str]) -> None:
    files.plant(PUBLISHED[fault])
    broken = found(judge_facts(files.published, only(fault[1]), now=NOW))
    assert broken[fault].status is Status.FAIL
    assert broken[fault].failing_rows
    assert 1 <= len(broken[fault].examples) <= 5
    assert all(r.status is Status.FAIL for r in broken.values())


@pytest.mark.parametrize(
    ("held", "lost"),
    [
        ("'cienapps', 'cienapps', 'quotations', 1, 0", False),
        ("'cienapps', 'cienapps', 'quotations', 0, 1", False),
        ("'cienapps', 'cienapps', 'orders', 1, 0", True),
        ("'west', 'cienapps', 'quotations', 1, 0", True),
        ("'cienapps', 'other', 'quotations', 1, 0", True),
    ],
    ids=["open", "given up", "of another table", "elsewhere", "of another vendor"],
)
def test_a_document_in_quarantine_is_not_lost(files: Files, held: str, lost: bool) -> None:
    files.plant("delete from cienapps.quotations", f"insert into ops.quarantine values ({held})")
    name = "notifications_have_their_document"
    assert bool(found(judge_facts(files.published, only(name), now=NOW))) is lost


@pytest.mark.parametrize("fault", RAW, ids=ids(RAW))
def test_a_fault_in_the_stored_versions_is_found(files: Files, fault: tuple[str, str]) -> None:
    files.plant(RAW[fault], raw=True)
    broken = found(judge_facts(files.raw, only(fault[1]), now=NOW, reads=Reads.RAW))
    assert broken[fault].status is Status.FAIL
    assert broken[fault].severity is Severity.CRITICAL
    assert all(r.status is Status.FAIL for r in broken.values())


@pytest.mark.parametrize("raw", [True, False], ids=["raw", "published"])
@pytest.mark.parametrize("fault", EVERY_RUN, ids=ids(EVERY_RUN))
def test_a_dead_or_poor_feed_is_found_in_either_file(
    files: Files, fault: tuple[str, str], raw: bool
) -> None:
    files.plant(EVERY_RUN[fault], raw=raw)
    place = files.raw if raw else files.published
    results = judge_facts(place, askable(SHIPPED, raw=raw), now=NOW, every_run_only=True)
    assert {(r.table, r.check) for r in results} == {*EVERY_RUN, *(EVERY_RUN_OF_RAW if raw else ())}
    assert set(found(results)) == {fault} | BESIDES.get(fault[1], set())


@pytest.mark.parametrize("fault", EVERY_RUN_OF_RAW, ids=ids(EVERY_RUN_OF_RAW))
def test_rows_that_wait_are_found_on_every_run(files: Files, fault: tuple[str, str]) -> None:
    files.plant(EVERY_RUN_OF_RAW[fault], raw=True)
    results = judge_facts(files.raw, [SHIPPED], now=NOW, every_run_only=True)
    results += judge_facts(files.raw, only(fault[1]), now=NOW, reads=Reads.RAW)
    assert [(r.table, r.check) for r in results if not r.passed].count(fault) == 2
    broken = found(results)
    assert set(broken) == {fault} | BESIDES.get(fault[1], set())
    assert all(r.status is Status.FAIL for r in broken.values())


def test_facts_of_every_run_read_ops_alone(files: Files) -> None:
    for raw, schemas in ((False, ("sales", "history", "cienapps")), (True, ("cienapps",))):
        files.plant(*(f"drop schema {schema} cascade" for schema in schemas), raw=raw)
        place = files.raw if raw else files.published
        asked = askable(SHIPPED, raw=raw)
        assert found(judge_facts(place, asked, now=NOW, every_run_only=True)) == {}


def test_a_table_never_read_is_not_fresh(files: Files) -> None:
    files.plant("delete from ops.freshness where table_name = 'orders'")
    broken = found(every_run(files))
    assert broken[("orders", "freshness")].examples[0]["connection"] == "cienapps"


USUAL, COLLAPSED = "volume_as_usual", "volume_collapsed"
SET = (
    "update ops.windows set rows_changed = {0} where try_cast(substr(window_id, 2) as integer) {1}"
)
VOLUMES: dict[str, tuple[list[str], list[str]]] = {
    "steady": ([SLOWED.format(20)], []),
    "a quarter": ([SLOWED.format(5)], []),
    "a fifth": ([SLOWED.format(4)], [USUAL]),
    "a tenth": ([SLOWED.format(2)], [USUAL, COLLAPSED]),
    "nothing where few are usual": ([SLOWED.format(0), SET.format(6, ">= 7")], [USUAL]),
    "nothing, not known for five weeks": (
        [
            SLOWED.format(0),
            "delete from ops.windows where window_id in ('q35','q36','q37','q38','q39')",
        ],
        [],
    ),
    "nothing, still loading": (
        [SLOWED.format(0), "update ops.coverage set backfill_share = 0.9"],
        [],
    ),
    "nothing, and nobody asked": (
        [SLOWED.format(0), "update ops.freshness set last_read_at = last_read_at - interval 7 day"],
        [],
    ),
    "steady, after a first load of two weeks": ([SLOWED.format(20), SET.format(9000, ">= 25")], []),
    # the quietest week is what the critical check goes by
    "a tenth, after a quiet week": (
        [SLOWED.format(2), SET.format(0, "between 14 and 20")],
        [USUAL],
    ),
    "a tenth, beside a replay of as much as usual": (
        [SLOWED.format(2), REPLAYED.format(20)],
        [USUAL, COLLAPSED],
    ),
    "steady, after weeks of replays": (
        [
            SLOWED.format(20),
            REPLAYED.format(0),
            "update ops.windows set rows_changed = 900 where is_replay and rows_changed > 0",
        ],
        [],
    ),
    "a week that began when it was last read": (
        [
            SLOWED.format(20),
            "update ops.windows set committed_at = committed_at - interval 6 day",
            "update ops.freshness set last_read_at = last_read_at - interval 6 day",
        ],
        [],
    ),
}


@pytest.mark.parametrize(("statements", "says"), VOLUMES.values(), ids=list(VOLUMES))
def test_volume_is_compared_with_the_usual(
    files: Files, statements: list[str], says: list[str]
) -> None:
    files.plant(*statements)
    broken = found(every_run(files))
    assert sorted(name for _, name in broken if name.startswith("volume")) == says


@pytest.mark.parametrize(
    ("planted", "alive"),
    [
        (NO_CHANGE.format(164), True),
        (NO_CHANGE.format(168), False),
        (f"{NO_CHANGE.format(900)} where table_name <> 'orders'", True),
        ("update ops.freshness set last_change_at = null", True),
        (f"{NO_CHANGE.format(200)}, last_read_at = last_read_at - interval 200 hour", True),
        (
            f"{NO_CHANGE.format(300)}, last_read_at = "
            "if(table_name = 'orders', last_read_at, last_read_at - interval 200 hour)",
            True,
        ),
    ],
    ids=[
        "less than a week",
        "a week",
        "one table lives",
        "never brought anything",
        "nobody reads it",
        "of most tables nobody knows",
    ],
)
def test_a_feed_is_dead_when_it_answers_and_nothing_changes(
    files: Files, planted: str, alive: bool
) -> None:
    files.plant(planted)
    broken = found(judge_facts(files.published, only("feed_alive"), now=NOW, every_run_only=True))
    assert (broken == {}) is alive


def test_the_vendors_samples_pass_with_warnings(tmp_path: Path) -> None:
    files = Files(tmp_path, samples())
    verdict = Verdict(judge_facts(files.published, [SHIPPED], now=NOW))
    assert not verdict.refused
    assert {r.check for r in verdict.warnings} == {
        "quotation_of_order_known",
        "order_of_work_order_known",
        "quotation_closed_after_validated",
        "work_order_delivered_by_due_day",
    }


def test_history_of_several_versions_holds(tmp_path: Path) -> None:
    later = SEEN + timedelta(hours=1)
    again = GOOD_ORDER | {"sync_id": 14, "step": "05"}
    saved_twice_at_once = [
        Stored("orders", again, (6139,), observed_at=later),
        Stored("orders", again | {"sync_id": 15, "step": "06"}, (6139,), observed_at=later),
        Stored("orders", again | {"sync_id": 16, "step": "06"}, (6139,), observed_at=later),
    ]
    files = Files(tmp_path, good() + saved_twice_at_once)
    results = judge_facts(files.published, [SHIPPED], now=NOW)
    results += judge_facts(files.raw, [SHIPPED], now=NOW, reads=Reads.RAW)
    assert found(results) == {}


def with_fact(failing: str, severity: Severity = Severity.CRITICAL) -> VendorChecks:
    fact = Fact(
        name="own",
        vendor="cienapps",
        table="orders",
        severity=severity,
        means="Something is not as it should be.",
        failing=failing,
        parameters={"least": 1},
    )
    return replace(SHIPPED, facts=(fact,), expectations=())


@pytest.mark.parametrize(
    "failing",
    [
        "select nothing_like_it from cienapps.orders",
        "select * from cienapps.no_such_table",
        "selec 1",
        "select order_number / 'x'::integer as broken from cienapps.orders",
        "select $unknown",
        "delete from cienapps.orders",
    ],
)
def test_a_fact_that_cannot_be_evaluated_has_failed(files: Files, failing: str) -> None:
    both = [with_fact(failing), with_fact("select 1 where false")]
    broken, fine = judge_facts(files.published, both, now=NOW)
    assert broken.status is Status.ERROR
    assert broken.failing_rows is None
    assert broken.detail
    assert fine.status is Status.PASS
    assert Verdict([broken]).refused


def test_examples_are_few_and_the_query_runs_as_shown(files: Files) -> None:
    own = with_fact(
        "-- a remark\nselect n, $now as at, 'é\"' as said from range(7) as t(n) "
        "where n >= $least -- the rest"
    )
    (result,) = judge_facts(files.published, [own], now=NOW)
    assert result.failing_rows == 6
    assert [e["n"] for e in result.examples] == [1, 2, 3, 4, 5]
    assert result.examples[0]["said"] == 'é"'
    assert "$" not in result.query
    with duckdb.connect(str(files.published), read_only=True) as connection:
        assert len(connection.execute(result.query).fetchall()) == 6


def test_shown_queries_of_all_facts_run(files: Files) -> None:
    results = judge_facts(files.published, [SHIPPED], now=NOW)
    with duckdb.connect(str(files.published), read_only=True) as connection:
        for result in results:
            assert connection.execute(result.query).fetchall() == []


def test_a_failing_fact_leaves_the_callers_transaction_alone(files: Files) -> None:
    with files.open_raw() as raw:
        raw.execute("begin; create table ops.mine (n integer)")
        judge_facts(raw, [with_fact("select nothing_like_it")], now=NOW)
        raw.execute("commit")
        assert raw.execute("select count(*) from ops.mine").fetchall() == [(0,)]
