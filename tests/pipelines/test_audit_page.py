"""audit.html: safe whatever a vendor wrote, self-contained, and clear about what was refused."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from pipelines.audit.checks import Reads, Result, Severity, Status, Verdict
from pipelines.audit.page import (
    Coverage,
    Freshness,
    Outcome,
    audit_page,
    read_coverage,
    read_freshness,
    write_audit_page,
)
from tests.pipelines.audit_files import NOW, Files
from tests.pipelines.test_audit_ledger import HELD, LOST, UNKNOWN, WARNED

EVIL = "<script>alert(1)</script>"
COVERAGE = Coverage(
    connection="cienapps",
    vendor="cienapps",
    table="orders",
    complete_since=NOW - timedelta(days=40),
    backfill_share=0.25,
    expected_at=NOW + timedelta(days=3),
    note="Saved since the module was enabled.",
)
FRESHNESS = Freshness(
    connection="cienapps",
    vendor="cienapps",
    table="orders",
    last_read_at=NOW - timedelta(minutes=3),
    last_change_at=NOW - timedelta(hours=30),
    expected_within_hours=24,
)


def page(*results: Result, outcome: Outcome = Outcome.REFUSED, **more: object) -> str:
    said = {"run_id": "run-7", "now": NOW, "last_published_at": NOW - timedelta(hours=26)}
    known = {"coverage": [COVERAGE], "freshness": [FRESHNESS], **said, **more}
    return audit_page(Verdict(results), outcome=outcome, **known)  # type: ignore[arg-type]


class Reader(HTMLParser):
    """The text a browser would show, and the tags it would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] != "style":
            self.text += data

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def test_the_refused_page_says_which_check_how_many_rows_and_how_to_see_them() -> None:
    five = tuple({"order_number": n, "said": f"row {n}"} for n in range(1, 6))
    words = Reader(page(replace(LOST, examples=five, query="select order_number\nfrom x"))).words
    assert "Refused" in words
    assert "Everyone keeps reading the last good file." in words
    assert "published 2023-11-29 10:00 UTC, 26 h ago" in words
    assert "Something is not right." in words
    assert "lost" in words
    assert "1,234 rows" in words
    for n in range(1, 6):
        assert f"row {n}" in words
    assert "All of them, in penstock sql" in words
    assert "select order_number from x" in words


def test_the_command_and_the_file_of_a_query_are_named() -> None:
    words = Reader(page(LOST, sql_command="penstock sql --next")).words
    assert "All of them, in penstock sql --next" in words
    words = Reader(page(replace(LOST, reads=Reads.RAW))).words
    assert "in the private file raw.duckdb" in words


def test_a_check_that_was_not_evaluated_says_why() -> None:
    words = Reader(page(replace(UNKNOWN, detail="Binder Error: no such column"))).words
    assert "not evaluated" in words
    assert "counts as failed: Binder Error: no such column" in words


def test_critical_comes_before_warnings_and_what_holds_comes_last() -> None:
    words = Reader(page(HELD, WARNED, LOST)).words
    places = [words.index(w) for w in ("What refused", "Warnings", "How fresh", "What holds")]
    assert places == sorted(places)
    assert "1 critical failed" in words
    assert "1 of 3 checks hold" in words


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.PUBLISHED, "Published The build passed"),
        (Outcome.NOTHING_NEW, "Nothing new No rows came"),
        (Outcome.NOT_PUBLISHED, "Not published Publishing was switched off"),
    ],
)
def test_other_outcomes(outcome: Outcome, words: str) -> None:
    shown = Reader(page(HELD, WARNED, outcome=outcome)).words
    assert words in shown
    assert "What refused" not in shown


def test_a_critical_check_outside_a_build_refuses_nothing() -> None:
    shown = Reader(page(LOST, outcome=Outcome.NOTHING_NEW)).words
    assert "Critical checks that failed" in shown


EVIL_RESULT = Result(
    vendor=EVIL,
    check=EVIL,
    kind="fact",
    table=EVIL,
    severity=Severity.CRITICAL,
    means=EVIL,
    status=Status.FAIL,
    failing_rows=1,
    examples=({EVIL: EVIL, "quoted": '" onmouseover="alert(1)'},),
    query=f"select '{EVIL}'",
    detail=EVIL,
)


def test_whatever_a_vendor_wrote_is_text() -> None:
    everywhere = page(
        EVIL_RESULT,
        replace(EVIL_RESULT, status=Status.ERROR),
        replace(EVIL_RESULT, status=Status.PASS),
        coverage=[replace(COVERAGE, connection=EVIL, table=EVIL, note=EVIL)],
        freshness=[replace(FRESHNESS, connection=EVIL, table=EVIL)],
        run_id=EVIL,
        sql_command=EVIL,
    )
    assert "<script" not in everywhere
    assert everywhere.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 15
    reader = Reader(everywhere)
    assert not [attrs for _, attrs in reader.tags if any(a.startswith("on") for a in attrs)]
    assert EVIL in reader.text


@pytest.mark.parametrize("hidden", ["\x1f", "\u202e", "\x00", "\n"])
def test_characters_that_hide_or_reorder_text_are_not_shown(hidden: str) -> None:
    html = page(replace(LOST, examples=({"said": f"in{hidden}voice"},)))
    assert "in voice" in html


def test_long_values_are_cut() -> None:
    html = page(replace(LOST, examples=({"said": "x" * 5000},)))
    assert "x" * 119 + "…" in html
    assert "x" * 121 not in html


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    html = page(HELD, WARNED, LOST)
    reader = Reader(html)
    loading = {"src", "href", "srcset", "action", "data", "poster"}
    assert not [(tag, attrs) for tag, attrs in reader.tags if loading & attrs.keys()]
    assert not {"script", "iframe", "link", "img", "object", "embed"} & {t for t, _ in reader.tags}
    assert not re.findall(r"url\(|@import|https?://", html)
    policy = next(a["content"] for t, a in reader.tags if a.get("http-equiv"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


@pytest.mark.parametrize(
    ("freshness", "tag"),
    [
        (FRESHNESS, "stale"),
        (replace(FRESHNESS, expected_within_hours=31), "fresh"),
        (replace(FRESHNESS, expected_within_hours=None), "fresh"),
        (replace(FRESHNESS, last_change_at=None), "stale"),
    ],
    ids=["too old", "in time", "no limit", "never"],
)
def test_freshness_is_judged_by_the_last_change(freshness: Freshness, tag: str) -> None:
    html = page(freshness=[freshness])
    assert {t for t in ("stale", "fresh") if f">{t}</span>" in html} == {tag}


def test_an_unfinished_table_says_so() -> None:
    assert "25%" in page()
    assert "not yet" in Reader(page(coverage=[replace(COVERAGE, complete_since=None)])).words


def test_what_is_not_complete_is_said_before_anything_is_judged() -> None:
    lines = replace(COVERAGE, table="order_lines", backfill_share=0.999, expected_at=None)
    words = Reader(page(HELD, LOST, WARNED, coverage=[COVERAGE, lines])).words
    assert (
        "Not complete yet The past of these tables is still being loaded. Until it is, every count "
        "of them is too low; the checks saw only what is here. Cienapps: orders and order lines. "
        "About 25% to 99% of each is loaded, complete since 21 October 2023. The rest is expected "
        "around 3 December 2023." in words
    )
    assert words.index("Not complete yet") < words.index("What refused")
    assert "25% rest by 2023-12-03" in words


@pytest.mark.parametrize("share", [1.0, None], ids=["loaded", "nothing to load"])
def test_what_is_complete_gets_no_banner(share: float | None) -> None:
    words = Reader(page(HELD, coverage=[replace(COVERAGE, backfill_share=share)])).words
    assert "Not complete yet" not in words
    assert "rest by" not in words


def test_the_state_of_the_tables_is_read_from_either_file(tmp_path: Path) -> None:
    files = Files(tmp_path)
    for place in (files.raw, files.published):
        with duckdb.connect(str(place), read_only=True) as connection:
            coverage, freshness = read_coverage(connection), read_freshness(connection)
        assert [one.table for one in coverage] == ["orders", "quotations", "work_orders"]
        assert [one.table for one in freshness] == ["orders", "quotations", "work_orders"]
        assert freshness[0].expected_within_hours == 120


def test_the_page_replaces_the_old_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "audit.html"
    path.write_text("old")
    write_audit_page(path, page(HELD))
    assert path.read_text("utf-8").startswith("<!doctype html>")
    assert [p.name for p in tmp_path.iterdir()] == ["audit.html"]
