"""What a newcomer sees first: a month of a fictional company, run by run, against a sandbox.

Time is simulated: the sandbox's clock and ours start a month ago and are moved together, so that
"observed" times are days apart, as they would be.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

import sources
from pipelines import show
from pipelines.ask import ask
from pipelines.clock import BUDGET_SPEED, SHIFT
from pipelines.deliver import Deliveries, Wanted
from pipelines.deliver.declared import names as extracts
from pipelines.deliver.show import report
from pipelines.project import Project, open_project
from pipelines.run import DONE, Run
from pipelines.warehouse import Places, read_only
from sources._http.errors import Misconfigured, PenstockError
from sources._sandbox.process import RunningSandbox, running_sandbox

STEP_DAYS = 6
SPEED = 1000  # a quarter hour of a call budget takes a second
WIDTH = 52
QUERIES = (
    (
        "What is in the sales model?",
        "select table_name, estimated_size as rows from duckdb_tables() "
        "where schema_name = 'sales' order by table_name",
    ),
    (
        "Who tells of orders?",
        "select vendor, count(*) as orders, count(distinct customer_key) as customers, "
        "min(created_on) as first_order_on, max(created_on) as latest_order_on "
        "from sales.orders group by vendor order by vendor",
    ),
    (
        "Where do quotations stand?",
        "select stage, outcome, count(*) as quotations, "
        "round(median(date_diff('day', created_on, current_date))) as median_age_days "
        "from sales.quotations group by stage, outcome, stage_order order by stage_order",
    ),
    (
        "Who wins?",
        "select sales_rep, won_count, lost_count, round(100 * win_rate) as win_percent "
        "from sales.win_rate_by_rep where won_count + lost_count >= 5 and sales_rep is not null "
        "order by win_rate desc, sales_rep limit 5",
    ),
    (
        "What is owed, and for how long?",
        "select vendor, currency_code, ageing_bucket, invoice_count, open_amount "
        "from sales.receivables_ageing order by vendor, bucket_order",
    ),
    (
        "Which work orders are late?",
        "select work_order_number, customer_name, stage, due_on, "
        "current_date - due_on as days_late "
        "from sales.work_orders where outcome = 'open' and due_on < current_date "
        "order by due_on limit 5",
    ),
)


class Demo:
    """The demo in one project directory.

    Args:
        folder: must be marked as the demo's (`demo = true`), or hold no project yet.
        days: how much time passes.
        rows: about how many orders the company has at the start.
        seed: another seed is another company.
    """

    def __init__(self, folder: Path, *, days: int, rows: int, seed: int) -> None:
        self._folder = folder
        self._days = days
        self._rows = rows
        self._seed = seed
        self._console = Console(width=100 if not Console().is_terminal else None)

    def play(self) -> None:
        """Plays it.

        Raises:
            Misconfigured: the directory is somebody's real project.
            PenstockError: a run did not end well.
        """
        began = time.perf_counter()
        _claim(self._folder)
        today = datetime.now(UTC)
        with running_sandbox(
            seed=self._seed,
            rows=self._rows,
            start_at=today - timedelta(days=self._days),
            options=_in_fast_motion(),
        ) as sandbox:
            self._title("A fictional kitchen maker and those around it, one month ago")
            self._say(
                f"their servers run at {sandbox.url} (loopback, fictional, stop with the demo)"
            )
            with _settings(self._folder, sandbox) as project:
                _clear(project.places)
                self._month(project, sandbox)
                self._deliver(project)
                self._show(project.places)
        self._say(f"\nthe whole demo took {time.perf_counter() - began:.0f} seconds")

    def _month(self, project: Project, sandbox: RunningSandbox) -> None:
        passed = 0
        while True:
            os.environ[SHIFT] = str((passed - self._days) * 86_400)
            self._run(project, is_brief=0 < passed < self._days)
            if passed == self._days:
                break
            step = min(STEP_DAYS, self._days - passed)
            saves = sandbox.advance(days=step)
            passed += step
            self._title(f"Day {passed}: {saves} saves later")
        os.environ.pop(SHIFT)

    def _run(self, project: Project, *, is_brief: bool) -> None:
        with show.progress(self._console) as tell:
            summary = Run(project, project.connections(), progress=tell)()
        show.summary(self._console, summary, is_brief=is_brief)
        if summary.exit_code != DONE:
            raise PenstockError("the demo's run did not end well", next_command="penstock status")

    def _deliver(self, project: Project) -> None:
        """Sends what the project has to deliver, where it has anything."""
        names = extracts(project.places.project)
        if not names:
            return
        self._title("What a partner gets: last month's orders, once")
        self._say(f"{_command()} deliver")
        said = Deliveries.of(project)(Wanted())
        report(self._console, said)
        if said.exit_code != DONE:
            raise PenstockError(
                "the demo's delivery did not end well", next_command="penstock status"
            )

    def _show(self, places: Places) -> None:
        self._title("One order, as it was seen to move")
        self._story(places)
        for question, query in QUERIES:
            self._title(question)
            self._say(f'{_command()} sql "{query}"')
            self._say(ask(places.published, query))
        self._title("What is there now")
        for file, meaning in (
            (places.published, "the warehouse: open it with anything that reads DuckDB"),
            (places.page, "the page for the sales manager"),
            (places.audit_page, "what was checked, and what was found"),
            (places.status, "how fresh and how complete it is, for machines"),
        ):
            self._say(f"{_near(file):<30}  {meaning}")
        self._say(f"{f'{_command()} notebook':<30}  the same figures, with filters")

    def _story(self, places: Places) -> None:
        """The steps of the order that moved most, drawn along the month."""
        with read_only(places.published) as db:
            steps = db.execute("""
                select document_number, step, entered_at, left_at from sales.document_steps
                where document_type = 'order' and document_key = (
                    select document_key from sales.document_steps where document_type = 'order'
                    group by document_key order by count(*) desc, max(entered_at) desc limit 1)
                order by step_number""").fetchall()
        if not steps:
            return
        first, last = steps[0][2], datetime.now(UTC).replace(tzinfo=None)
        scale = WIDTH / max((last - first).total_seconds(), 1)
        self._say(f"order {steps[0][0]}, from {first:%d %B} to {last:%d %B}")
        colours = ("blue", "cyan", "green", "yellow", "magenta")
        for number, (_, step, entered, left) in enumerate(steps):
            start = round((entered - first).total_seconds() * scale)
            end = round(((left or last) - first).total_seconds() * scale)
            days = ((left or last) - entered).total_seconds() / 86_400
            line = Text(f"{step[:22]:<22} " + " " * start)
            line.append("█" * max(end - start, 1), style=colours[number % len(colours)])
            line.append(f" {days:.0f} days" + ("" if left else ", still there"))
            self._console.print(line, no_wrap=True, overflow="crop")

    def _title(self, text: str) -> None:
        self._console.rule(Text(text, style="bold"), align="left", characters="─")

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _command() -> str:
    """What to type for `penstock` here: a checkout's own command is on nobody's path."""
    started = Path(sys.argv[0]).absolute()
    return _near(started) if started.is_relative_to(Path.cwd()) else "penstock"


def _near(file: Path) -> str:
    """The path from here, where it is below."""
    here = Path.cwd()
    return str(file.relative_to(here)) if file.is_relative_to(here) else str(file)


def _claim(folder: Path) -> None:
    """Makes sure that nobody's real data is cleared."""
    config = folder / ".dlt" / "config.toml"
    if not config.exists():
        if any(folder.glob("*")):
            raise Misconfigured(
                f"{folder.name} is not empty and no project: the demo wants a directory of its own",
                next_command="penstock demo -C penstock-demo",
            )
        config.parent.mkdir(parents=True, exist_ok=True)
        connections = "".join(f"\n[sources.{name}]\n" for name in sources.names())
        config.write_text(f"[penstock]\ndemo = true\n{connections}", "utf-8")
    own = tomllib.loads(config.read_text("utf-8")).get("penstock", {})
    if own.get("demo") is not True:
        raise Misconfigured(
            "this project is not the demo's, which would clear its data directory",
            next_command="penstock demo -C penstock-demo",
        )


def _in_fast_motion() -> dict[str, dict[str, object]]:
    """Sandboxes whose call budgets last as long as the demo can wait."""
    return {name: {"speed": SPEED} for name in sources.names() if sources.load(name).budget}


@contextmanager
def _settings(folder: Path, sandbox: RunningSandbox) -> Iterator[Project]:
    """The project with the sandbox's addresses, settings and keys, only in the environment."""
    settings = {BUDGET_SPEED: str(SPEED)} | {
        f"SOURCES__{vendor.upper()}__{name.upper()}": value
        for vendor in sandbox.vendors()
        for name, value in {
            "base_url": sandbox.base_url(vendor),
            **{name: _plain(toml) for name, toml in sandbox.settings(vendor).items()},
            **sandbox.credentials(vendor),
        }.items()
    }
    os.environ.update(settings)
    try:
        yield open_project(folder)
    finally:
        for name in settings:
            del os.environ[name]


def _plain(value: str) -> str:
    """A TOML value as the environment would say it."""
    read = tomllib.loads(f"value = {value}")["value"]
    return read if isinstance(read, str) else json.dumps(read)


def _clear(places: Places) -> None:
    """Removes what an earlier demo left, and nothing else."""
    shutil.rmtree(places.work, ignore_errors=True)
    places.published.unlink(missing_ok=True)
    for pattern in ("warehouse-*.duckdb*", "warehouse.status.json", "audit.html"):
        for file in places.publish_to.glob(pattern):
            file.unlink()
    shutil.rmtree(places.page.parent, ignore_errors=True)
