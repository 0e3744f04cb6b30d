"""The sales manager's page: right, whole, and harmless whatever a vendor sends."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from notebooks.charts import stages_chart
from notebooks.look import COLOURS
from pipelines.report import write_page
from pipelines.report.drawing import DARK, inline_svg

from ..notebooks.published import AS_OF, NASTY_NAME, UNMAPPED_STEP, changed, publish, status

VOID = {"meta", "link", "br", "img", "hr", "input"}
Write = Callable[..., "Page"]


class Page(HTMLParser):
    """A page taken apart: its elements, and the text a reader sees."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(source)
        assert self._open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and "style" not in self._open:
            self.words.append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def attributes(self, name: str) -> list[str]:
        return [value for _, known in self.elements if (value := known.get(name)) is not None]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="module")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("nothing"), empty=True)


@pytest.fixture(scope="module")
def write() -> Write:
    def written(warehouse: Path, known: Mapping[str, Any] | None = None) -> Page:
        out = warehouse.parent / "site" / "index.html"
        write_page(warehouse, status() if known is None else known, out)
        assert [file.name for file in out.parent.iterdir()] == ["index.html"]
        return Page(out.read_text(encoding="utf-8"))

    return written


@pytest.fixture(scope="module")
def page(warehouse: Path, write: Write) -> Page:
    return write(warehouse)


def ask(warehouse: Path, question: str) -> Any:
    with duckdb.connect(str(warehouse.resolve()), read_only=True) as con:
        return con.execute(question).fetchone()


def test_it_says_as_of_when(page: Page) -> None:
    assert "As of Monday 10 March 2025, 07:05 UTC" in page.text
    assert page.attributes("datetime") == ["2025-03-10T07:05:00Z"]


@pytest.mark.parametrize(
    ("label", "question"),
    [
        ("Open quotations", "SELECT count(*) FROM sales.quotations WHERE outcome = 'open'"),
        (
            "Won in 7 days",
            "SELECT count(*) FROM sales.sales_pipeline WHERE outcome = 'won' "
            "AND quotation_count > 0 "
            "AND settled_on BETWEEN DATE '2025-03-04' AND DATE '2025-03-10'",
        ),
        (
            "Late",
            "SELECT (SELECT count(*) FROM sales.orders WHERE outcome = 'open' "
            "AND delivered_on IS NULL AND due_on < DATE '2025-03-10') + (SELECT count(*) "
            "FROM sales.work_orders WHERE outcome = 'open' AND due_on < DATE '2025-03-10')",
        ),
    ],
)
def test_headline_numbers(page: Page, warehouse: Path, label: str, question: str) -> None:
    assert page.words[page.words.index(label) + 1] == str(*ask(warehouse, question))


@pytest.mark.parametrize(
    ("label", "currencies", "question"),
    [
        (
            "Sold this month",
            ["CAD"],
            "SELECT sum(counted_amount) FROM sales.orders WHERE outcome <> 'lost' "
            "AND created_on >= DATE '2025-03-01' AND currency_code = '{}'",
        ),
        (
            "Overdue",
            ["CAD", "USD"],
            "SELECT sum(open_amount) FROM sales.invoices WHERE days_overdue > 0 "
            "AND NOT is_void AND currency_code = '{}'",
        ),
    ],
)
def test_amounts_of_two_currencies_stand_side_by_side(
    page: Page, warehouse: Path, label: str, currencies: list[str], question: str
) -> None:
    tile = page.words[page.words.index(label) + 1 :]
    for currency in currencies:
        (amount,) = ask(warehouse, question.format(currency))
        assert tile[tile.index(currency) + 1] == f"{amount:,.0f}"


def test_a_chart_has_its_numbers_to_the_cent(page: Page, warehouse: Path) -> None:
    (owed,) = ask(
        warehouse,
        "SELECT sum(open_amount) FROM sales.invoices WHERE ageing_bucket = 'over 90' "
        "AND currency_code = 'CAD'",
    )
    assert str(owed) in page.words[page.words.index("What customers owe") :]


def test_nothing_runs_and_nothing_is_fetched(page: Page) -> None:
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "iframe", "object", "embed", "foreignobject", "image", "form"}
    assert not [name for _, known in page.elements for name in known if name.startswith("on")]
    assert sorted(set(page.attributes("href"))) == ["../audit.html", "data:,"]
    assert not page.attributes("src")
    unnamed = re.sub(r'xmlns(:xlink)?="http://www\.w3\.org/[^"]*"', "", page.source)
    assert not re.findall(r"https?://|@import|url\((?!#)", unnamed)
    (policy,) = (v for v in page.attributes("content") if v.startswith("default-src"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_vendor_text_stays_text(page: Page) -> None:
    assert "<script" not in page.source
    assert "<b>ON HOLD" not in page.source
    assert NASTY_NAME in page.words
    assert page.text.count(UNMAPPED_STEP) == 1  # the hint


def test_drawings_stand_apart(page: Page) -> None:
    drawings = [known for tag, known in page.elements if tag == "svg"]
    assert len(drawings) == 14  # seven charts, each for a desk and for a phone
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    used = re.findall(r"url\(#([^)]+)\)", page.source)
    assert used
    assert set(used) <= set(ids)
    assert all("width" not in known for known in drawings)


def test_a_drawings_ids_begin_with_its_name() -> None:
    stage = {"vendor": "v", "document_type": "order", "stage": "Open", "outcome": "open"}
    frame = pa.Table.from_pylist([stage | {"has_step": True, "documents": 1}])
    drawing = inline_svg(stages_chart(frame), "orders-wide")
    ids = re.findall(r'\bid="([^"]*)"', drawing)
    assert ids
    assert set(re.findall(r"url\(#([^)]*)\)", drawing)) <= set(ids)
    assert all(name.startswith("orders-wide-") for name in ids)


def test_every_colour_has_a_dark_twin(page: Page) -> None:
    assert DARK.keys() == COLOURS.keys()
    for name, colour in COLOURS.items():
        assert f'[fill="{colour}"] {{ fill: var(--{name}) }}' in page.source


def test_the_oldest_open_quotations_are_listed(page: Page, warehouse: Path) -> None:
    oldest = ask(
        warehouse,
        "SELECT list(quotation_number ORDER BY created_on, quotation_key)[:8] "
        "FROM sales.quotations WHERE outcome = 'open'",
    )[0]
    listed = page.words[page.words.index("Oldest open quotations") :]
    places = [listed.index(number) for number in oldest]
    assert places == sorted(places)


def test_unmapped_steps_get_a_hint(page: Page) -> None:
    assert "maps/steps.csv" in page.words
    assert "7 quotations, cienapps" in page.words


def test_coverage_and_freshness_are_said(page: Page, empty_warehouse: Path, write: Write) -> None:
    assert "Cienapps is complete since 18 November 2024." in page.text
    assert "not read in time" not in page.text
    known = status()
    known["tables"] = [{"vendor": "cienapps", "table": "orders", "fresh": False}]
    assert "Cienapps was not read in time: orders." in write(empty_warehouse, known).text


LOADING = {"vendor": "cienapps", "connection": "cienapps", "table": "order_lines"}
SCRIPT = "<script>alert(1)</script>"


def test_what_is_still_being_loaded_stands_on_top(warehouse: Path, write: Write) -> None:
    known = status()
    known["tables"][0] |= {
        "complete_since": "2025-03-03T00:00:00",
        "backfill_share": 0.617,
        "expected_at": "2025-03-12T14:00:00",
    }
    known["tables"].append(LOADING | {"backfill_share": 0.12, "fresh": True})
    page = write(warehouse, known)
    assert (
        "Not complete yet These sources are still being loaded. Until they are, a figure drawn "
        "from them shows only a part. Cienapps : orders and order lines. About 12% to 61% of each "
        "is loaded, complete since 3 March 2025; no part of order lines is complete. The rest is "
        "expected around 12 March 2025." in page.text
    )
    assert page.text.index("Not complete yet") < page.text.index("Open quotations")
    assert page.text.count("Not complete yet") == page.text.count("is loaded") == 1
    assert "3 Mar 2025, 61% loaded" in page.text
    assert page.words.count("incomplete") == 5  # every tile
    # under every chart and every list
    assert page.text.count("Incomplete: the past of cienapps is still being loaded.") == 11
    assert page.text.count("Orders · incomplete: 150") == 2


def test_what_is_complete_is_not_marked(page: Page) -> None:
    assert not [word for word in page.words if "ncomplete" in word and "feed began" not in word]
    assert "Not complete yet" not in page.words


def test_a_name_that_is_a_script_stays_text_in_the_banner(
    empty_warehouse: Path, write: Write
) -> None:
    hostile = {"vendor": "v", "connection": SCRIPT, "table": SCRIPT, "backfill_share": 0.5}
    page = write(empty_warehouse, {"as_of": AS_OF.isoformat(), "tables": [hostile]})
    assert "<script" not in page.source
    assert f"{SCRIPT} (v) : {SCRIPT}. About 50% is loaded" in page.text


def test_the_page_goes_by_the_file_that_it_is_about(write: Write, tmp_path: Path) -> None:
    """A load that went on after the publish makes the published figures no more complete."""
    warehouse = publish(tmp_path)
    behind = "UPDATE ops.coverage SET backfill_share = 0.3 WHERE table_name = 'orders'"
    with changed(warehouse, tmp_path, behind):
        pass
    warehouse.unlink()
    (tmp_path / "changed.duckdb").rename(warehouse)
    known = status()
    known["tables"][0] |= {"backfill_share": 1.0}
    assert "About 30% is loaded" in write(warehouse, known).text


@pytest.mark.parametrize(
    ("audit", "said"),
    [
        ({"verdict": "passed", "checks": 41}, "Audit passed, 41 checks"),
        (
            {"verdict": "passed with warnings", "warnings": 2, "checks": 41},
            "Audit passed, 2 warnings in 41 checks",
        ),
        (
            {"verdict": "refused", "critical": 1, "checks": 41},
            "The latest run was refused (1 critical); this is the last good data",
        ),
        (None, "No audit is recorded"),
    ],
    ids=["passed", "warnings", "refused", "none"],
)
def test_the_audits_verdict_leads_to_its_page(
    empty_warehouse: Path, write: Write, audit: dict[str, object] | None, said: str
) -> None:
    page = write(empty_warehouse, {"as_of": AS_OF.isoformat(), "audit": audit})
    assert said in page.words


def test_an_empty_warehouse_makes_a_page(empty_warehouse: Path, write: Write) -> None:
    page = write(empty_warehouse, status(empty=True))
    assert "Nothing to show yet: no document has been read." in page.text
    assert not [tag for tag, _ in page.elements if tag == "svg"]
    assert "No source table has been read yet." in page.text


def test_a_page_without_its_time_is_not_written(warehouse: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="as_of"):
        write_page(warehouse, {"run_id": "r1"}, tmp_path / "index.html")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_publishes_nothing_pays_no_import() -> None:
    heavy = {"altair", "vl_convert", "pandas", "pyarrow", "jinja2"}
    code = f"import sys, pipelines.report; print({heavy} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
