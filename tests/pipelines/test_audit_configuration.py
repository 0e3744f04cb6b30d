"""Checks files: validated whole, every problem at once, with its place and an example."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.audit.checks import Expectation, Fact, Severity, TableRef, VendorChecks
from pipelines.audit.configuration import load_checks, load_project
from pipelines.audit.problems import ChecksMisconfigured, Problem
from sources.cienapps.tables import TABLES
from tests.pipelines.audit_files import CHECKS_FILE, checks


def fact(name: str, failing: str, **more: str) -> str:
    said = {"table": "orders", "severity": "warning", "means": "Something is not right."} | more
    lines = "".join(f"    {key}: {value}\n" for key, value in said.items())
    return f"facts:\n  {name}:\n{lines}    failing: |\n      {failing}\n"


def expectation(expect: str, arguments: str, **more: str) -> str:
    said = {"table": "orders", "severity": "warning", "means": "Something is not right."} | more
    lines = "".join(f"    {key}: {value}\n" for key, value in said.items())
    return f"expectations:\n  mine:\n{lines}    expect: {expect}\n    with: {arguments}\n"


def load(tmp_path: Path, text: str, *earlier: Path) -> VendorChecks:
    path = tmp_path / "cienapps.yml"
    path.write_text(text, "utf-8")
    return load_checks("cienapps", TABLES, [*earlier, path])


def problems(tmp_path: Path, text: str, *earlier: Path) -> tuple[Problem, ...]:
    with pytest.raises(ChecksMisconfigured) as raised:
        load(tmp_path, text, *earlier)
    return raised.value.problems


def everything(known: VendorChecks) -> list[Expectation | Fact]:
    return [*known.expectations, *known.facts]


def by_name(known: VendorChecks, name: str) -> list[Expectation | Fact]:
    return [c for c in everything(known) if c.name == name]


def test_the_shipped_file_is_sound() -> None:
    known = checks()
    assert {e.severity for e in known.expectations} == set(Severity)
    assert {f.severity for f in known.facts} == set(Severity)
    assert all(c.means.endswith(".") for c in everything(known))
    assert known.freshness == {"orders": 120, "quotations": 120, "work_orders": 120}


def test_a_base_check_needs_no_file() -> None:
    known = load_checks("cienapps", TABLES, [])
    assert {f.name for f in known.facts} >= {"key_unique", "stored_row_unique", "parent_exists"}
    assert known.expectations == ()


SOUND = expectation("expect_column_values_to_not_be_null", "{column: step}")
ONE_PROBLEM = {
    "unknown section": ("expectation: {}", "expectation", "is no section"),
    "not a mapping": ("- facts", "", "not a mapping"),
    "broken yaml": ("facts: {", "", "while parsing"),
    "key twice": ("freshness: {orders: 1h, orders: 2h}", "", "said twice"),
    "bad name": (fact("Mine", "select 1"), "facts.Mine", "snake_case"),
    "no meaning": (
        fact("mine", "select 1").replace("    means: Something is not right.\n", ""),
        "facts.mine.means",
        "is missing",
    ),
    "unknown key": (fact("mine", "select 1", sql="x"), "facts.mine.sql", "not known here"),
    "bad severity": (
        fact("mine", "select 1", severity="fatal"),
        "facts.mine.severity",
        "'critical' or 'warning'",
    ),
    "unknown expectation": (
        expectation("expect_column_values_to_not_be_nul", "{column: step}"),
        "expectations.mine.expect",
        "did you mean expect_column_values_to_not_be_null?",
    ),
    "unknown column": (
        expectation("expect_column_values_to_not_be_null", "{column: stepp}"),
        "expectations.mine.with",
        "has no column 'stepp'; did you mean step?",
    ),
    "unknown column of a list": (
        expectation("expect_compound_columns_to_be_unique", "{column_list: [step, nope]}"),
        "expectations.mine.with",
        "has no column 'nope'",
    ),
    "unknown table": (
        expectation("expect_column_values_to_not_be_null", "{column: step}", table="order"),
        "expectations.mine.table",
        "did you mean orders?",
    ),
    "unknown argument": (
        expectation("expect_column_values_to_not_be_null", "{column: step, min_value: 1}"),
        "expectations.mine.with.min_value",
        "no such argument",
    ),
    "missing argument": (
        expectation("expect_column_values_to_match_regex", "{column: step}"),
        "expectations.mine.with.regex",
        "needs it",
    ),
    "broken regex": (
        expectation("expect_column_values_to_match_regex", "{column: step, regex: '(a'}"),
        "expectations.mine.with.regex",
        "no regular expression",
    ),
    "share of 95": (
        expectation("expect_column_values_to_not_be_null", "{column: step, mostly: 95}"),
        "expectations.mine.with.mostly",
        "share above 0",
    ),
    "text where a number is": (
        expectation("expect_column_values_to_be_between", "{column: order_number, min_value: '1'}"),
        "expectations.mine.with.min_value",
        "cannot be compared",
    ),
    "number where a date is": (
        expectation("expect_column_values_to_be_between", "{column: due_on, min_value: 2020}"),
        "expectations.mine.with.min_value",
        "cannot be compared",
    ),
    "fact about nothing": (
        fact("mine", "select 1", table="ordres"),
        "facts.mine.table",
        "did you mean orders?",
    ),
    "broken sql": (fact("mine", "selec 1"), "facts.mine.failing", "syntax error"),
    "two statements": (fact("mine", "select 1; select 2"), "facts.mine.failing", "exactly one"),
    "a statement that writes": (
        fact("mine", "delete from cienapps.orders"),
        "facts.mine.failing",
        "not one SELECT",
    ),
    "a file": (fact("mine", "select * from read_csv('x')"), "facts.mine.failing", "outside"),
    "unknown relation": (
        fact("mine", "select * from cienapps.order"),
        "facts.mine.failing",
        "there is no cienapps.order; did you mean orders?",
    ),
    "unknown history": (
        fact("mine", "select * from history.cienapps__order"),
        "facts.mine.failing",
        "did you mean orders?",
    ),
    "unknown ops": (
        fact("mine", "select * from ops.outbox"),
        "facts.mine.failing",
        "there is no ops.outbox",
    ),
    "no schema": (fact("mine", "select * from orders"), "facts.mine.failing", "write the schema"),
    "unknown column in sql": (
        fact("mine", "select order_nr from cienapps.orders"),
        "facts.mine.failing",
        "order_nr",
    ),
    "unknown parameter": (
        fact("mine", "select * from cienapps.orders where order_number > $least"),
        "facts.mine.failing",
        "needs $least",
    ),
    "unused parameter": (
        fact("mine", "select 1", parameters="{least: 1}"),
        "facts.mine.failing",
        "never used",
    ),
    "every run beyond ops": (
        fact("mine", "select * from cienapps.orders", every_run="true"),
        "facts.mine.failing",
        "a check of every run reads only",
    ),
    "every run of counts": (
        fact("mine", "select * from ops.quarantine", every_run="true"),
        "facts.mine.failing",
        "a check of every run reads only",
    ),
    "fresh what": ("freshness: {order: 3d}", "freshness.order", "did you mean orders?"),
    "fresh when": ("freshness: {orders: soon}", "freshness.orders", "90m, 72h or 3d"),
    "fresh at once": ("freshness: {orders: 0h}", "freshness.orders", "greater than 0"),
    "so many of what": ("quarantine: {order: 2%}", "quarantine.order", "did you mean orders?"),
    "so many": ("quarantine: {orders: many}", "quarantine.orders", "2% of what came in 7 days"),
    "a bare number": ("quarantine: {orders: 50}", "quarantine.orders", "50 rows"),
    "less than none": ("quarantine: {orders: -1 rows}", "quarantine.orders", "50 rows"),
    "more than all": ("quarantine: {orders: 200%}", "quarantine.orders", "2% of what"),
    "yes": ("quarantine: {orders: true}", "quarantine.orders", "2% of what"),
    "thresholds in a list": ("quarantine: [orders]", "quarantine", "not a mapping of names"),
    "a threshold's name": (
        fact("quarantine", "select 1"),
        "facts.quarantine",
        "use `change` to alter it",
    ),
    "a watch's name": (
        fact("quarantine_flood", "select 1"),
        "facts.quarantine_flood",
        "use `change` to alter it",
    ),
    "change of nothing": (
        "change: {key_uniqe: {severity: warning}}",
        "change.key_uniqe",
        "did you mean key_unique?",
    ),
    "base check off": (
        "change: {key_unique: {severity: off}}",
        "change.key_unique.severity",
        "never off",
    ),
    "change of no parameter": (
        "change: {key_unique: {parameters: {days: 3}}}",
        "change.key_unique.parameters.days",
        "it has none",
    ),
    "a base check's name": (
        fact("key_unique", "select 1"),
        "facts.key_unique",
        "use `change` to alter it",
    ),
}


@pytest.mark.parametrize("case", ONE_PROBLEM, ids=[c.replace(" ", "-") for c in ONE_PROBLEM])
def test_a_problem_names_file_and_place(tmp_path: Path, case: str) -> None:
    text, key, message = ONE_PROBLEM[case]
    (problem,) = problems(tmp_path, text)
    assert problem.file.endswith("cienapps.yml")
    assert problem.key == key
    assert message in problem.message


def test_all_problems_come_at_once_with_examples(tmp_path: Path) -> None:
    text = (
        "freshness: {order: 3d}\nmystery: {}\n"
        + expectation("expect_nothing", "{column: step}")
        + fact("first", "selec 1", severity="fatal")
        + "  second: 7\n"
        + fact("third", "select * from cienapps.orders where nope").removeprefix("facts:\n")
    )
    found = problems(tmp_path, text)
    assert [p.key for p in found] == [
        "mystery",
        "facts.first.severity",
        "facts.second",
        "expectations.mine.expect",
        "facts.third.failing",
        "freshness.order",
    ]
    shown = str(ChecksMisconfigured(found))
    assert shown.startswith("6 problems in the checks:")
    assert "for example:" in shown
    assert "due_before_created:" in shown


def test_a_threshold_is_shown_as_it_is_written(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "quarantine: {orders: some}")
    assert problem.example == "quarantine: {orders: 2%, quotations: 50 rows}"
    assert load(tmp_path, problem.example).facts


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ChecksMisconfigured, match="cannot be read"):
        load_checks("cienapps", TABLES, [tmp_path / "nothing.yml"])


def test_a_later_file_adds_and_changes(tmp_path: Path) -> None:
    text = (
        SOUND
        + fact("later_fact", "select order_number from cienapps.orders where order_number < 0")
        + """
freshness: {orders: 90m}
change:
  phone_like_a_phone: {severity: off}
  order_due_after_created: {severity: critical}
  volume_as_usual: {parameters: {share: 0.5}}
  key_unique: {severity: warning}
  freshness: {severity: critical}
  feed_alive: {parameters: {hours: 400}}
  volume_collapsed: {severity: off}
"""
    )
    known = load(tmp_path, text, CHECKS_FILE)
    assert by_name(known, "mine")
    assert by_name(known, "later_fact")
    assert not by_name(known, "phone_like_a_phone")
    assert {c.severity for c in by_name(known, "order_due_after_created")} == {Severity.CRITICAL}
    assert {c.severity for c in by_name(known, "key_unique")} == {Severity.WARNING}
    assert {c.severity for c in by_name(known, "freshness")} == {Severity.CRITICAL}
    (volume,) = by_name(known, "volume_as_usual")
    assert isinstance(volume, Fact)
    assert volume.parameters == {"days": 7, "periods": 4, "share": 0.5, "at_least": 20}
    (alive,) = by_name(known, "feed_alive")
    assert isinstance(alive, Fact)
    assert alive.parameters == {"hours": 400}
    assert not by_name(known, "volume_collapsed")
    assert known.freshness["orders"] == 1.5


def test_a_later_file_cannot_redefine(tmp_path: Path) -> None:
    text = fact("volume_as_usual", "select 1")
    (problem,) = problems(tmp_path, text, CHECKS_FILE)
    assert "use `change`" in problem.message
    assert problem.example == "change:\n  volume_as_usual: {severity: warning}"


def test_one_expectation_of_several_tables(tmp_path: Path) -> None:
    text = expectation(
        "expect_column_values_to_not_be_null",
        "{column: order_number}",
        table="[orders, work_orders]",
    )
    first, second = load(tmp_path, text).expectations
    assert first.table == TableRef("cienapps", "orders")
    assert first.key == ("connection", "order_number")
    assert second.key == ("connection", "work_order_number")


def test_a_child_table_is_known_by_its_parents_key(tmp_path: Path) -> None:
    text = expectation(
        "expect_column_values_to_be_between",
        "{column: line_number, max_value: 99}",
        table="order_quotations",
    )
    (only,) = load(tmp_path, text).expectations
    assert only.key == ("connection", "order_number", "line_number")


def test_a_query_may_read_other_vendors_and_its_own_names(tmp_path: Path) -> None:
    failing = (
        "with mixed as (select 1 as n from other.things union all "
        "select 2 from history.other__things) select * from mixed join sales.orders on true"
    )
    path = tmp_path / "cienapps.yml"
    path.write_text(fact("mine", failing))
    with pytest.raises(ChecksMisconfigured, match=r"no other\.things"):
        load_checks("cienapps", TABLES, [path])
    assert load_checks("cienapps", TABLES, [path], others=["other"]).facts


def test_a_project_adds_its_own_file(tmp_path: Path) -> None:
    vendors = {"cienapps": TABLES}
    shipped, marts = load_project(vendors, tmp_path)
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "cienapps.yml").write_text(SOUND)
    more, same = load_project(vendors, tmp_path)
    assert len(more.expectations) == len(shipped.expectations) + 1
    assert same == marts


@pytest.mark.parametrize("wrong", ["cienaps.yml", "cienapps.yaml"])
def test_a_projects_file_that_nobody_reads_is_a_problem(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / wrong).write_text(SOUND)
    with pytest.raises(ChecksMisconfigured, match=r"read by nobody; did you mean cienapps\.yml"):
        load_project({"cienapps": TABLES}, tmp_path)


MARTS_ONE_PROBLEM = {
    "no such mart": (
        fact("mine", "select * from sales.order"),
        "facts.mine.failing",
        "there is no sales.order; did you mean orders?",
    ),
    "about no mart": (
        fact("mine", "select 1", table="sales.order_line"),
        "facts.mine.table",
        "there is no sales.order_line",
    ),
    "no such vendor": (
        fact("mine", "select * from shop.orders"),
        "facts.mine.failing",
        "write the schema: sales, history, own or ops",
    ),
    "expectation of a mart": (SOUND, "expectations.mine.table", "of a mart ask a fact"),
    "fresh mart": ("freshness: {orders: 3d}", "freshness.orders", "is no table"),
    "mart in quarantine": ("quarantine: {orders: 2%}", "quarantine.orders", "is no table"),
    "mart's promise off": (
        "change: {key_unique: {severity: off}}",
        "change.key_unique.severity",
        "never off",
    ),
}


@pytest.mark.parametrize("case", MARTS_ONE_PROBLEM, ids=list(MARTS_ONE_PROBLEM))
def test_a_problem_of_the_marts_file_names_its_place(tmp_path: Path, case: str) -> None:
    text, key, message = MARTS_ONE_PROBLEM[case]
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "sales.yml").write_text(text)
    with pytest.raises(ChecksMisconfigured) as raised:
        load_project({"cienapps": TABLES}, tmp_path)
    (problem,) = raised.value.problems
    assert problem.file.endswith("checks/sales.yml")
    assert problem.key == key
    assert message in problem.message


def test_a_project_asks_of_the_marts_and_of_its_own_models(tmp_path: Path) -> None:
    failing = (
        "select order_key from own.margins join sales.orders using (order_key) "
        "join cienapps.orders on true join history.cienapps__orders on true"
    )
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "sales.yml").write_text(
        fact("margins_sane", failing, table="own.margins", severity="critical")
        + "change:\n  order_line_has_its_order: {severity: critical}\n"
    )
    marts = load_project({"cienapps": TABLES}, tmp_path)[-1]
    assert marts.vendor == "sales"
    (mine,) = by_name(marts, "margins_sane")
    assert mine.table == "own.margins"
    (orphans,) = by_name(marts, "order_line_has_its_order")
    assert orphans.severity is Severity.CRITICAL


def test_a_vendors_file_names_only_marts_that_there_are(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, fact("mine", "select * from sales.ordrs"))
    assert problem.message == "there is no sales.ordrs; did you mean orders?"


def test_great_expectations_stays_out_of_this_process() -> None:
    program = (
        "import sys, pipelines.audit.configuration, pipelines.audit.expectations, "
        "pipelines.audit.facts, pipelines.audit.changed, pipelines.audit.ledger, "
        "pipelines.audit.page; "
        "assert not {'great_expectations', 'pandas'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
