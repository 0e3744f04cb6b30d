"""What the audit must not let through: planted at the vendor where that is the way in, found by a
run, told on the terminal, and readers keep the file they have until it is mended.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from pipelines.clock import SHIFT
from sources._sandbox.process import RunningSandbox
from tests.contract.worlds import later
from tests.faults.conftest import Open
from tests.house import Ended, House

RUN = ("run", "--max-minutes", "0")
DAY = 24.0
EVIL = "<script>alert(1)</script>"


OWN = """
change: {order_line_has_its_order: {severity: critical}}
facts:
  name_without_brackets:
    table: customers
    severity: warning
    means: A customer is named like a page's own text.
    failing: select customer_key, customer_name from sales.customers where customer_name like '%<%'
"""


@contextmanager
def readers_see_no_change(house: House) -> Iterator[None]:
    """The published name leads to the same file with the same bytes before and after."""
    before = _published(house)
    yield
    assert _published(house) == before


def _published(house: House) -> tuple[Path, str]:
    content = hashlib.sha256(house.published.read_bytes()).hexdigest()
    return house.published.resolve(), content


def refused(house: House, *criticals: str) -> Ended:
    """A run that must end with exit 3 because of just these checks, readers undisturbed."""
    with readers_see_no_change(house):
        ended = house.penstock(*RUN)
    assert ended.code == 3, ended.output
    told = re.findall(
        r"^CRITICAL \w+ [\w.]+: (\w+) \((?:[\d,]+ rows?|.*evaluated)\)", ended.output, re.M
    )
    assert sorted(told) == sorted(criticals), ended.output
    return ended


def rows_of_the_query_for(house: House, ended: Ended, check: str) -> list[str]:
    """What the query beside a refusal shows, typed in as it is told: header and rows."""
    told = ended.output[ended.output.rindex(f": {check} (") :]
    command = re.search(r"all of them: (penstock sql .*)", told)
    assert command, told
    asked = house.penstock(*shlex.split(command[1])[1:], "--csv")
    assert asked.code == 0, asked.output
    return asked.output.splitlines()


def project_says(house: House, file: str, text: str) -> None:
    """The project's own checks."""
    (house.folder / "checks").mkdir(exist_ok=True)
    (house.folder / "checks" / file).write_text(text)


# what a version that is stored twice breaks
TWICE = (
    *("stored_row_unique", "stored_version_unique"),
    *("one_current_version", "history_without_overlap"),
)


def test_what_is_wrong_is_refused_until_it_is_mended(budgeted: Open) -> None:
    """A duplicate key, an orphan line where the project calls that critical, an invoice off by 100,
    and a list of which a tenth is answered, each named; then, mended, a step that nobody knows.
    """
    house = budgeted(rows=12)
    project_says(house, "sales.yml", OWN)
    books = house.sandbox.tables("cimcloud")
    books.save("accounts", next(iter(books.rows("accounts"))), nm=EVIL)
    assert house.penstock(*RUN).code == 0

    invoice, row = next(iter(books.rows("invoices").items()))
    line, said = next(iter(books.rows("order_history_lines").items()))
    books.save("invoices", invoice, invoice_total=float(row["invoice_total"]) + 100)
    books.save("order_history_lines", line, order_number="NO-SUCH-ORDER")
    with duckdb.connect(str(house.raw)) as db:
        db.execute("insert into cimcloud.accounts from cimcloud.accounts limit 1")
    house.sandbox.fault("share_of_rows", vendor="cimcloud", route="/inventory/", times="always")
    later(house, DAY)
    each = ("order_line_has_its_order", "invoice_total_right", "last_sweep_believed")
    _assert_told_whole(house, refused(house, *TWICE, *each))

    books.save("invoices", invoice, invoice_total=row["invoice_total"])
    books.save("order_history_lines", line, order_number=said["order_number"])
    with duckdb.connect(str(house.raw)) as db:
        db.execute("""
            delete from cimcloud.accounts where rowid in (
                select max(rowid) from cimcloud.accounts group by _page_id, _row_number
                having count(*) > 1)""")
    house.sandbox.clear_faults()
    books.save("order_history", next(iter(books.rows("order_history"))), status="IN A DRAWER")
    published = _published(house)
    later(house, DAY)
    ended = house.penstock(*RUN, "--data-docs")
    assert ended.code == 0, ended.output
    assert _published(house) != published
    _assert_the_unknown_step_warns(house)
    _assert_the_trend_is_whole(house)
    _assert_data_docs_quote_nobody(house, ended)


def _assert_told_whole(house: House, ended: Ended) -> None:
    """Which check, how many rows, examples, the query for all of them; on the page as well."""
    assert "CRITICAL sales invoices: invoice_total_right (1 row)" in ended.output
    assert '"off_by": 100.0' in ended.output
    assert "NO-SUCH-ORDER" in ended.output
    assert "the whole list lacks" in ended.output
    # all of them: of the work file where a build cannot show it
    _, *twice = rows_of_the_query_for(house, ended, "stored_row_unique")
    _, *orphans = rows_of_the_query_for(house, ended, "order_line_has_its_order")
    assert len(twice) == 2
    assert [row.split(",")[2] for row in orphans] == ["NO-SUCH-ORDER"]
    page = (house.data / "audit.html").read_text("utf-8")
    assert "Refused" in page
    assert "invoice_total_right" in page
    assert "NO-SUCH-ORDER" in page
    assert "name_without_brackets" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert not (house.data / "work" / "data_docs").exists()


def _assert_data_docs_quote_nobody(house: House, ended: Ended) -> None:
    ((accounts,),) = house.ask(
        f"select count(*) from cimcloud.accounts where account_name = '{EVIL}'"
    )
    assert accounts == 1
    docs = house.data / "work" / "data_docs"
    assert f"Data Docs: {docs / 'index.html'}" in ended.output
    files = [file for file in docs.rglob("*") if file.is_file()]
    pages = [f.read_text("utf-8") for f in files if f.name == "changed-rows.html"]
    assert any("1 unexpected values found" in page for page in pages)
    assert [f for f in files if b"alert(1)" in f.read_bytes()] == []
    assert [f for f in files if b"IN A DRAWER" in f.read_bytes()] == []


def _assert_the_unknown_step_warns(house: House) -> None:
    assert house.ask("select step from ops.unmapped_steps") == [("IN A DRAWER",)]
    last = "run_id = (select max(run_id) from ops.audit_results)"
    failed = (
        f"select severity, failing_rows from ops.audit_results where {last} and status <> 'pass'"
    )
    assert house.ask(f"{failed} and check_name = 'step_has_a_meaning'") == [("warning", 1)]
    assert house.ask(f"select count(*) from ({failed}) where severity = 'critical'") == [(0,)]


def _assert_the_trend_is_whole(house: House) -> None:
    """The published file holds what earlier audits found, those that refused among them."""
    trend = """
        select count(*) filter (where status = 'fail') from ops.audit_results
        where check_name = 'stored_row_unique' and table_name = 'accounts'
        group by run_id order by run_id"""
    assert house.ask(trend) == [(0,), (1,), (0,)]


@pytest.mark.long
def test_a_dead_feed_is_refused_and_so_is_one_that_tells_a_tenth(
    house: House, sandbox: RunningSandbox
) -> None:
    house.environment[SHIFT] = "0"
    house.run()
    house.sandbox.fault("empty_list", vendor="cienapps", times="always")
    later(house, 6.9 * DAY)
    house.run()
    later(house, 0.2 * DAY)
    ended = refused(house, "feed_alive")
    assert "nothing new: the published file stays" in ended.output
    (_, row) = rows_of_the_query_for(house, ended, "feed_alive")
    assert row.startswith("cienapps,3,")
    # it lives again, and tells of a tenth
    house.sandbox.clear_faults()
    house.sandbox.save("cienapps", "order")
    for _ in range(10):
        house.sandbox.save("cienapps", "quotation")
    _plant_usual_weeks(house, "quotations", 100)
    ended = refused(house, "volume_collapsed")
    _, row = rows_of_the_query_for(house, ended, "volume_collapsed")
    assert row == "cienapps,10,100"
    for _ in range(10):
        house.sandbox.save("cienapps", "quotation")
    published = _published(house)
    house.run()
    assert _published(house) != published
    # what runs without a build found is in the trend as well: alive, dead, alive
    trend = "select status from ops.audit_results where check_name = 'feed_alive' order by run_id"
    assert house.ask(trend) == [("pass",), ("pass",), ("fail",), ("pass",), ("pass",)]


def _plant_usual_weeks(house: House, table: str, changes: int) -> None:
    """A past of five weeks in which so many changes came in each."""
    with duckdb.connect(str(house.raw)) as db:
        db.execute(
            """
            insert into ops.windows by name
            select 'usual-' || week as window_id, connection, vendor, table_name,
                last_read_at - to_days((7 * week + 3)::integer) as committed_at,
                $changes as rows_received, 0 as rows_new, $changes as rows_changed,
                0 as rows_unchanged, 0 as rows_quarantined
            from ops.freshness, range(1, 7) as weeks(week) where table_name = $table""",
            {"table": table, "changes": changes},
        )
