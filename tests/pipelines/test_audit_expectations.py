"""Great Expectations in its own process: each expectation proven to fail once, and to hold."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.audit.changed import write_changed_rows
from pipelines.audit.checks import (
    Expectation,
    Result,
    Severity,
    Status,
    TableRef,
    VendorChecks,
    Verdict,
)
from pipelines.audit.expectations import DataDocs, start_expectations
from pipelines.audit.vocabulary import TERMS
from tests.pipelines.audit_files import (
    GOOD_ORDER,
    GOOD_QUOTATION,
    GOOD_WORK_ORDER,
    Files,
    Stored,
    checks,
    samples,
)

SHIPPED = checks()
BAD: dict[str, object] = {
    "created_on": date(1890, 1, 1),
    "step": None,
    "customer_phone": "<script>alert(1)</script>",
    "customer_postal_code": "Recognisable 90210",
    "sync_id": 0,
}
BROKEN = [
    Stored("orders", {**GOOD_ORDER, **BAD, "order_number": 0}, lines=(0,)),
    Stored("orders", {**GOOD_ORDER, "order_number": 1, "sync_id": 99, "created_on": None}),
    Stored("quotations", {**GOOD_QUOTATION, **BAD, "quotation_number": -1}),
    Stored("quotations", {**GOOD_QUOTATION, "quotation_number": 1, "sync_id": 98}),
    Stored(
        "work_orders",
        {k: v for k, v in {**GOOD_WORK_ORDER, **BAD}.items() if k != "created_on"}
        | {"work_order_number": "4704"},
    ),
    Stored("work_orders", {**GOOD_WORK_ORDER, "work_order_number": "1-1", "sync_id": 97}),
]
NULLED = [
    "update cienapps.orders set sync_id = null where sync_id = 99",
    "update cienapps.quotations set sync_id = null, created_on = null where sync_id = 98",
    "update cienapps.work_orders set sync_id = null where sync_id = 97",
]

moment = datetime.fromisoformat
MIDNIGHT = moment("2020-01-02")
KINDS = TableRef("shop", "kinds")
ROWS = pa.table(
    {
        "connection": ["shop"] * 4,
        "id": pa.array([1, 2, 3, 4], pa.int64()),
        "big": pa.array([2**53 + 1, 2**53, None, 2**53 + 1], pa.int64()),
        "amount": pa.array(
            [Decimal("0.1"), Decimal("9.9999"), None, Decimal("10")], pa.decimal128(18, 4)
        ),
        "day": pa.array([date(2020, 1, 1), date(985, 2, 12), None, date(2020, 1, 2)]),
        "at": pa.array(
            [moment("2020-01-01T10:00:00"), MIDNIGHT, None, moment("9000-01-01")],
            pa.timestamp("us"),
        ),
        "flag": pa.array([True, False, None, True]),
        "said": pa.array(["é", "longer text", None, ""]),
    }
)


def ask(name: str, expect: str, *columns: str, **arguments: object) -> Expectation:
    named = TERMS[expect].columns
    about = dict(zip(named, columns, strict=True)) if named != ("column_list",) else {}
    listed = {"column_list": list(columns)} if named == ("column_list",) else {}
    return Expectation(
        name=name,
        table=KINDS,
        severity=Severity.CRITICAL,
        means="Something is not right.",
        expect=expect,
        arguments={**about, **listed, **arguments},
        columns=columns,
        key=("connection", "id"),
    )


BETWEEN = "expect_column_values_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"
LENGTH = "expect_column_value_lengths_to_be_between"
GREATER = "expect_column_pair_values_a_to_be_greater_than_b"
# name: (expectation, ids of the rows that break it, or None where it is about a figure)
OWN: list[tuple[Expectation, list[int] | None]] = [
    (ask("exact_integer", IN_SET, "big", value_set=[2**53 + 1]), [2]),
    (ask("decimal_bound", BETWEEN, "amount", min_value=0.1, max_value=9.9999), [4]),
    (ask("day_bound", BETWEEN, "day", min_value=date(1990, 1, 1)), [2]),
    (ask("time_bound", BETWEEN, "at", max_value=MIDNIGHT), [4]),
    (ask("day_set", IN_SET, "day", value_set=[date(2020, 1, 1)]), [2, 4]),
    (ask("flag_set", IN_SET, "flag", value_set=[True]), [2]),
    (ask("length", LENGTH, "said", min_value=1, max_value=5), [2, 4]),
    (ask("after", GREATER, "at", "day", or_equal=True), []),
    (ask("unique", "expect_column_values_to_be_unique", "flag"), [1, 4]),
    (ask("together", "expect_compound_columns_to_be_unique", "flag", "big"), [1, 4]),
    (ask("where", "expect_column_values_to_not_be_null", "said", row_condition="id > 3"), []),
    (ask("mostly", "expect_column_values_to_not_be_null", "said", mostly=0.75), [3]),
    (ask("mean", "expect_column_mean_to_be_between", "id", max_value=2), None),
    (ask("mostly_again", "expect_column_values_to_not_be_null", "said", mostly=0.75), [3]),
    (ask("common", "expect_column_most_common_value_to_be_in_set", "said", value_set=["x"]), None),
    (ask("rows", "expect_table_row_count_to_be_between", max_value=3), None),
]
PASSES = {"after", "where", "mostly", "mostly_again"}
UNANSWERABLE = [
    ask("no_such_column", "expect_column_values_to_not_be_null", "nope"),
    ask("of_another_kind", BETWEEN, "said", min_value=3),
    ask("refused_at_once", BETWEEN, "id", min_value=9, max_value=1),
    replace(ask("unreadable", BETWEEN, "id", max_value=9), table=TableRef("shop", "damaged")),
]


def shop(*expectations: Expectation) -> VendorChecks:
    return VendorChecks(vendor="shop", tables=(), expectations=expectations, facts=(), freshness={})


def changed_rows(files: Files) -> dict[TableRef, Path]:
    with files.open_raw() as raw:
        return write_changed_rows(raw, [SHIPPED], files.folder / "changed")


@dataclass
class Asked:
    """What three processes answered, run at the same time."""

    good: list[Result]
    bad: dict[tuple[str, str], Result]
    own: dict[str, Result]
    samples: list[Result]
    folder: Path
    docs_failure: str


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    folder = tmp_path_factory.mktemp("asked")
    for name in ("good", "bad", "samples"):
        (folder / name).mkdir()
    good, bad = Files(folder / "good"), Files(folder / "bad", BROKEN)
    printed = Files(folder / "samples", samples())
    bad.plant(*NULLED, raw=True)
    rows = folder / "kinds.parquet"
    pq.write_table(ROWS, rows)
    damaged = folder / "damaged.parquet"
    damaged.write_bytes(rows.read_bytes()[:100])
    (folder / "taken").write_text("where Data Docs are wanted")
    first = start_expectations(
        changed_rows(good),
        [SHIPPED],
        folder / "good" / "audit",
        docs=DataDocs(folder / "taken", "run-6"),
    )
    own = shop(*(e for e, _ in OWN))
    second = start_expectations(
        changed_rows(bad) | {KINDS: rows},
        [SHIPPED, own],
        folder / "bad" / "audit",
        docs=DataDocs(folder / "docs", "run-7"),
    )
    held = first.results()
    third = start_expectations(
        changed_rows(printed) | {KINDS: rows, TableRef("shop", "damaged"): damaged},
        [SHIPPED, shop(*UNANSWERABLE)],
        folder / "samples" / "audit",
        docs=DataDocs(folder / "samples" / "docs", "run-8"),
    )
    everything = second.results()
    assert second.docs_failure() == ""
    return Asked(
        good=held,
        bad={(r.table, r.check): r for r in everything if r.vendor == "cienapps"},
        own={r.check: r for r in everything if r.vendor == "shop"},
        samples=third.results(),
        folder=folder,
        docs_failure=first.docs_failure(),
    )


def test_all_hold_on_good_rows(asked: Asked) -> None:
    assert [r for r in asked.good if not r.passed] == []
    assert len(asked.good) == len(SHIPPED.expectations)


SHIPPED_IDS = [(e.table.name, e.name) for e in SHIPPED.expectations]


@pytest.mark.parametrize("which", SHIPPED_IDS, ids=["-".join(w) for w in SHIPPED_IDS])
def test_each_expectation_fails_on_its_fault(asked: Asked, which: tuple[str, str]) -> None:
    result = asked.bad[which]
    assert result.status is Status.FAIL, result.detail
    assert result.failing_rows == 1
    (example,) = result.examples
    assert "connection" in example
    assert "changed rows" in result.detail


@pytest.mark.parametrize("which", SHIPPED_IDS, ids=["-".join(w) for w in SHIPPED_IDS])
def test_the_query_beside_it_finds_the_same_rows(asked: Asked, which: tuple[str, str]) -> None:
    result = asked.bad[which]
    with duckdb.connect(":memory:") as connection:
        connection.execute("create schema cienapps")
        rows = asked.folder / "bad" / "changed" / f"cienapps.{result.table}.parquet"
        connection.execute(f"create table cienapps.{result.table} as from '{rows}'")
        found = connection.execute(result.query)
        names = [column[0] for column in found.description]
        told = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    assert json.loads(json.dumps(told, default=str)) == list(result.examples)


OWN_IDS = [e.name for e, _ in OWN]


@pytest.mark.parametrize(("expectation", "rows"), OWN, ids=OWN_IDS)
def test_values_compare_as_their_own_kind(
    asked: Asked, expectation: Expectation, rows: list[int] | None
) -> None:
    result = asked.own[expectation.name]
    expected = Status.PASS if expectation.name in PASSES else Status.FAIL
    assert result.status is expected, result.detail
    if rows is None:
        assert result.failing_rows is None
        assert result.detail.startswith("found ")
    else:
        assert [e["id"] for e in result.examples] == rows
        assert result.failing_rows == len(rows)


def test_examples_keep_what_was_stored(asked: Asked) -> None:
    (big,) = asked.own["exact_integer"].examples
    assert big == {"connection": "shop", "id": 2, "big": 2**53}
    (day,) = asked.own["day_bound"].examples
    assert day["day"] == "0985-02-12"


def test_vendor_samples_pass_with_one_warning(asked: Asked) -> None:
    shipped = Verdict([r for r in asked.samples if r.vendor == "cienapps"])
    assert not shipped.refused
    assert [(r.table, r.check) for r in shipped.warnings] == [
        ("quotations", "postal_code_canadian")
    ]


@pytest.mark.parametrize("name", [e.name for e in UNANSWERABLE])
def test_what_cannot_be_evaluated_has_failed_alone(asked: Asked, name: str) -> None:
    (result,) = [r for r in asked.samples if r.check == name]
    assert result.status is Status.ERROR
    assert result.detail


def test_nothing_is_left_beside_the_answer(asked: Asked) -> None:
    left = {path.name for path in (asked.folder / "good" / "audit").rglob("*")}
    assert left == {"task.json", "answer.json", "worker.log"}


# what the changed rows hold that is a vendor's own text, the fingerprint of a script among it
THEIRS = ("alert(1)", "Recognisable", "longer text", "90210", "ANDREW", "DOE", "SUNKRAFT")


def test_data_docs_hold_figures_and_nothing_that_a_vendor_wrote(asked: Asked) -> None:
    for folder in (asked.folder / "docs", asked.folder / "samples" / "docs"):
        written = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        for file, content in written.items():
            assert [text for text in THEIRS if text.encode() in content] == [], file
    judged = {*(str(e.table) for e in SHIPPED.expectations), str(KINDS)}
    pages = [page.read_text("utf-8") for page in (asked.folder / "docs").rglob("changed-rows.html")]
    assert len(pages) == len(judged)
    for page in pages:
        words = " ".join(re.sub(r"<[^>]*>", " ", page).split())
        assert "Run Name run-7" in words
        assert any(f"Expectation Suite: {table} " in words for table in judged)
        assert "1 unexpected values found" in words


def test_data_docs_that_cannot_be_written_are_told_and_nothing_else_suffers(asked: Asked) -> None:
    assert "taken" in asked.docs_failure


def start(folder: Path, worker: str, **more: Any) -> Any:
    """One expectation handed to a program that is not the worker."""
    program = folder / "worker.py"
    program.write_text(worker)
    pq.write_table(ROWS, folder / "rows.parquet")
    return start_expectations(
        {KINDS: folder / "rows.parquet"},
        [shop(OWN[0][0])],
        folder / "audit",
        worker=program,
        **more,
    )


@pytest.mark.parametrize(
    ("worker", "said"),
    [
        ("import sys; print('half way'); sys.exit('out of luck')", "code 1: half way / out of"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "code -9"),
        ("pass", "without an answer"),
        ("open('answer.json', 'w').write('{\"answers\": [')", "without an answer"),
        ("open('answer.json', 'w').write('{\"answers\": []}')", "without an answer"),
    ],
    ids=["exits", "killed", "silent", "half an answer", "other answers"],
)
def test_a_broken_process_fails_its_checks(tmp_path: Path, worker: str, said: str) -> None:
    (result,) = start(tmp_path, worker).results()
    assert result.status is Status.ERROR
    assert said in result.detail
    assert Verdict([result]).refused


def test_a_process_that_hangs_is_ended(tmp_path: Path) -> None:
    began = time.monotonic()
    pending = start(tmp_path, "import time; time.sleep(60)", timeout_seconds=0.5)
    (result,) = pending.results()
    assert result.status is Status.ERROR
    assert "did not finish in time" in result.detail
    assert time.monotonic() - began < 10
    assert pending.process.poll() is not None


def test_an_old_answer_is_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    answer = '{"answers": [{"id": 0, "success": true, "rows": 1, "failing": 0, "examples": []}]}'
    (tmp_path / "audit" / "answer.json").write_text(answer)
    (result,) = start(tmp_path, "pass").results()
    assert result.status is Status.ERROR


def test_the_process_is_told_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__CIENAPPS__API_TOKEN", "x")
    start(
        tmp_path,
        "import json, os; open('answer.json', 'w').write(json.dumps(dict(os.environ)))",
    ).results()
    known = json.loads((tmp_path / "audit" / "answer.json").read_text())
    assert "SOURCES__CIENAPPS__API_TOKEN" not in known
    assert known["GX_ANALYTICS_ENABLED"] == "False"
    assert known["HOME"] == str(tmp_path / "audit")


@pytest.mark.parametrize("changed", [{}, {TableRef("shop", "others"): Path("nowhere")}])
def test_nothing_to_judge_starts_no_process(
    tmp_path: Path, changed: Mapping[TableRef, Path]
) -> None:
    pending = start_expectations(changed, [shop(OWN[0][0])], tmp_path / "audit")
    assert pending.process is None
    assert pending.results() == []
    assert pending.docs_failure() == "no changed rows were judged"
    assert not (tmp_path / "audit").exists()


def test_cancelling_ends_the_process(tmp_path: Path) -> None:
    pending = start(tmp_path, "import time; time.sleep(60)")
    pending.cancel()
    assert pending.process.returncode == -9


# prints every expectation of the library with its arguments and whether each is required
_LIBRARY = """
import json
from great_expectations.expectations.registry import (
    get_expectation_impl, list_registered_expectation_implementations)
import great_expectations
print(json.dumps({
    name: {field: told.required for field, told in get_expectation_impl(name).__fields__.items()}
    for name in list_registered_expectation_implementations()
}))
"""


def test_the_vocabulary_is_the_librarys() -> None:
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _LIBRARY],
        capture_output=True,
        check=True,
        env={"GX_ANALYTICS_ENABLED": "False"},
    )
    library: dict[str, dict[str, bool]] = json.loads(said.stdout)
    for name, term in TERMS.items():
        known = library[name]
        assert term.arguments <= known.keys(), name
        required = {argument for argument, needed in known.items() if needed}
        assert required <= {*term.columns, *term.required}, name
