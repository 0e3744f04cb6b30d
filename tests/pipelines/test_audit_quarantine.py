"""How much of a table may be open in quarantine, and what a project's file says of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.audit.checks import Reads, Result, Severity, Status
from pipelines.audit.configuration import load_checks
from pipelines.audit.facts import judge_facts
from pipelines.ledger import prepare_ops
from sources.cienapps.tables import TABLES
from tests.pipelines.audit_files import CHECKS_FILE, NOW

SMALL, FLOOD, OWN = "quarantine_small", "quarantine_flood", "quarantine"
LATELY, LONG_AGO = NOW - timedelta(days=6.9), NOW - timedelta(days=7.1)


class Waiting:
    """A work file of bad rows and of windows, and the checks that are asked of it."""

    def __init__(self, folder: Path) -> None:
        self.db = duckdb.connect()
        prepare_ops(self.db)
        self._file = folder / "cienapps.yml"
        self._count = 0

    def came(self, rows: int, at: datetime = LATELY, **more: Any) -> Waiting:
        """A window that brought so many rows of orders."""
        said = {"committed_at": at, "rows_received": rows} | more
        self._insert("ops.windows", said)
        return self

    def bad(self, rows: int, at: datetime = LATELY, **more: Any) -> Waiting:
        """So many rows of orders in quarantine."""
        for _ in range(rows):
            self._count += 1
            name = f"q{self._count:04}"
            said = {"quarantine_id": name, "page_id": "p", "row_number": self._count}
            self._insert("ops.quarantine", said | {"received_at": at} | more)
        return self

    def _insert(self, place: str, more: dict[str, Any]) -> None:
        who = {"connection": "cienapps", "vendor": "cienapps", "table_name": "orders"}
        row = who | more
        self.db.execute(
            f"insert into {place} ({', '.join(row)}) values ({', '.join('?' for _ in row)})",
            list(row.values()),
        )

    def found(self, said: str = "") -> dict[str, Result]:
        """What does not pass, where the project's file says that."""
        self._file.write_text(said)
        checks = load_checks("cienapps", TABLES, [CHECKS_FILE, self._file])
        results = judge_facts(self.db, [checks], now=NOW, reads=Reads.RAW)
        broken = [r for r in results if r.check in (SMALL, FLOOD, OWN) and not r.passed]
        assert all(r.status is Status.FAIL for r in broken), broken
        return {r.check: r for r in broken}


@pytest.fixture
def waiting(tmp_path: Path) -> Waiting:
    return Waiting(tmp_path)


REPLAY: dict[str, Any] = {"is_replay": True}
SETTLED: dict[str, Any] = {"resolved_at": NOW, "resolution": "discarded: a test"}


def test_more_than_one_of_a_hundred_warns(waiting: Waiting) -> None:
    assert set(waiting.came(100).bad(1).found()) == set()
    found = waiting.bad(1).found()
    assert found[SMALL].severity is Severity.WARNING
    assert found[SMALL].examples == (
        {
            "connection": "cienapps",
            "table_name": "orders",
            "rows_open": 2,
            "rows_received": 100,
            "one_of_them": "q0001",
        },
    )
    assert "q0001" in str(waiting.db.execute(found[SMALL].query).fetchall())


@pytest.mark.parametrize(
    ("came", "bad", "refused"),
    [(100, 20, False), (100, 21, True), (90, 19, False), (19, 19, False), (20, 20, True)],
    ids=["a fifth", "more than a fifth", "not twenty", "all, not twenty", "all of twenty"],
)
def test_more_than_a_fifth_and_twenty_rows_refuse(
    waiting: Waiting, came: int, bad: int, refused: bool
) -> None:
    found = waiting.came(came).bad(bad).found()
    assert (FLOOD in found) is refused
    assert all(r.severity is Severity.CRITICAL for n, r in found.items() if n == FLOOD)


def test_what_is_settled_long_ago_or_bad_twice_does_not_count(waiting: Waiting) -> None:
    waiting.came(100).bad(20).bad(30, **SETTLED).bad(30, LONG_AGO)
    waiting.bad(10, row_number=1)  # another fault of a row that is counted
    assert waiting.found()[SMALL].examples[0]["rows_open"] == 20
    assert FLOOD not in waiting.found()


def test_what_came_long_ago_or_once_more_is_not_what_came(waiting: Waiting) -> None:
    waiting.bad(21).came(100)
    assert FLOOD in waiting.found()
    waiting.came(900, **REPLAY).came(900, LONG_AGO).came(900, table_name="quotations")
    waiting.came(900, connection="west").came(900, vendor="other")
    assert FLOOD in waiting.found()
    assert FLOOD not in waiting.came(5, is_replay=False).found()


def test_bad_rows_of_which_no_window_is_known_are_told(waiting: Waiting) -> None:
    assert set(waiting.bad(20).found()) == {SMALL, FLOOD}


def test_each_connection_and_table_is_asked_for_itself(waiting: Waiting) -> None:
    waiting.came(100, connection="west").bad(30, connection="west").came(1000).bad(150)
    waiting.came(30, table_name="quotations").bad(10, table_name="quotations")
    waiting.bad(100, vendor="other")
    assert [e["connection"] for e in waiting.found()[FLOOD].examples] == ["west"]


@pytest.mark.parametrize(
    ("said", "bad", "refused"),
    [
        ("29%", 29, False),
        ("29%", 30, True),
        ("2.5 %", 2, False),
        ("2.5%", 3, True),
        ("0%", 1, True),
        ("100%", 100, False),
        ("3 rows", 3, False),
        ("3 rows", 4, True),
        ("1 row", 2, True),
        ("0 rows", 1, True),
    ],
)
def test_a_table_has_the_threshold_that_the_file_says(
    waiting: Waiting, said: str, bad: int, refused: bool
) -> None:
    found = waiting.came(100).bad(bad).found(f"quarantine: {{orders: {said}}}")
    assert (OWN in found) is refused
    assert FLOOD not in found
    if refused:
        assert found[OWN].table == "orders"
        assert found[OWN].severity is Severity.CRITICAL
        assert found[OWN].examples[0]["rows_open"] == bad


def test_a_share_is_of_the_last_days_and_rows_are_whenever_they_came(waiting: Waiting) -> None:
    waiting.came(100).bad(9, LONG_AGO).bad(9, **SETTLED)
    assert OWN not in waiting.found("quarantine: {orders: 5%}")
    assert OWN in waiting.found("quarantine: {orders: 5 rows}")
    assert OWN not in waiting.found("quarantine: {orders: 9 rows}")
    waiting.bad(1, LONG_AGO, row_number=1)
    assert OWN not in waiting.found("quarantine: {orders: 9 rows}")
    waiting.bad(9, LONG_AGO, connection="west").bad(9, table_name="quotations")
    assert OWN not in waiting.found("quarantine: {orders: 9 rows}")


def test_a_threshold_of_one_table_leaves_the_others_theirs(waiting: Waiting) -> None:
    for table, bad in (("orders", 50), ("quotations", 70)):
        waiting.came(100, table_name=table).bad(bad, table_name=table)
    found = waiting.found("quarantine: {orders: 60%, work_orders: 1 row}")
    assert OWN not in found
    assert [e["table_name"] for e in found[FLOOD].examples] == ["quotations"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("quarantine_flood: {parameters: {share: 0.6}}", {SMALL}),
        ("quarantine_flood: {parameters: {at_least: 51}}", {SMALL}),
        ("quarantine_flood: {parameters: {days: 6}}", {SMALL}),
        ("quarantine_flood: {severity: off}", {SMALL}),
        ("quarantine_small: {parameters: {share: 0.6}}", {FLOOD}),
    ],
)
def test_a_project_alters_them_by_name(waiting: Waiting, change: str, found: set[str]) -> None:
    waiting.came(100).bad(50)
    assert set(waiting.found("change: {" + change + "}")) == found


def test_a_threshold_can_warn_as_well(waiting: Waiting) -> None:
    waiting.came(100).bad(50)
    said = "quarantine: {orders: 2%}\nchange: {quarantine: {severity: warning}}"
    assert waiting.found(said)[OWN].severity is Severity.WARNING


def test_the_last_file_says_a_tables_threshold(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yml", tmp_path / "b.yml"
    first.write_text("quarantine: {orders: 2%, quotations: 1 row}")
    second.write_text("quarantine: {orders: 7 rows}")
    facts = load_checks("cienapps", TABLES, [first, second]).facts
    said = {f.table: dict(f.parameters) for f in facts if f.name == OWN}
    assert said == {"orders": {"rows": 7}, "quotations": {"rows": 1}}
