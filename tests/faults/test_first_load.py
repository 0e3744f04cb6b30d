"""A first load under a call budget: killed, stopped, shared, and still complete."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from pathlib import Path

import duckdb
import pytest

import sources
from pipelines import boundaries
from pipelines.archive import read_page
from tests.faults.conftest import Open
from tests.faults.table_truth import assert_equal_to_books
from tests.house import House

pytestmark = pytest.mark.long
WINDOW = 16  # pages of one window at most, by default
RUN = ("run", "--no-publish", "--max-minutes", "0")
WHOLE = ("inventory_levels", "product_prices")


def lists(house: House, after: int = 0) -> list[str]:
    """The lists that were asked for and answered, as paths."""
    return [
        entry["path"]
        for entry in house.sandbox.log(after)
        if entry["method"] == "GET" and entry["status"] == 200 and "health" not in entry["path"]
    ]


def assert_complete(house: House) -> None:
    assert_equal_to_books(house)
    shares = house.ask_raw("select min(backfill_share), count(*) from ops.coverage")
    assert shares == [(1.0, 16)]


def test_loads_all_sixteen_tables(budgeted: Open) -> None:
    house = budgeted(rows=40)
    house.penstock(*RUN)
    assert_complete(house)
    again = len(house.sandbox.log())
    ended = house.penstock(*RUN)
    assert ended.code == 0
    assert "landing" not in ended.output
    # one call a table that has a change date, and none for those that are read now and then
    assert Counter(path.split("/")[2] for path in lists(house, again)).most_common(1)[0][1] == 1
    assert len(lists(house, again)) == len(sources.load("cimcloud").tables) - len(WHOLE)


def test_killed_at_random_it_repeats_a_window_at_most(budgeted: Open) -> None:
    house = budgeted(rows=60)
    chance = random.Random(3)
    kills = 0
    while kills < 4:
        ended = house.penstock(*RUN, kill_after=chance.uniform(0.8, 2.2))
        kills += ended.was_killed
        if not ended.was_killed:
            assert ended.code == 0, ended.output
            break
    assert kills >= 2
    house.penstock(*RUN)
    assert_complete(house)
    asked = Counter(lists(house))
    first_loads = {path: n for path, n in asked.items() if "searchbetween" in path}
    repeated = sum(n - 1 for n in first_loads.values())
    assert repeated <= WINDOW * kills, repeated


def test_a_bounded_run_ends_well_and_says_how_far_it_is(budgeted: Open) -> None:
    # forty calls, and then a wait that is longer than the run may last
    house = budgeted(rows=150, speed=10, calls_per_quarter_hour=40)
    house.write_settings(calls_per_quarter_hour="40")
    ended = house.penstock("run", "--no-publish", "--max-minutes", "0.4")
    assert ended.code == 0, ended.output
    assert "the call budget is spent until" in ended.output
    assert "the next run goes on there" in ended.output
    assert "first load of" in ended.output
    assert "calls so far" in ended.output
    share = house.ask_raw("select min(backfill_share) from ops.coverage")[0][0]
    assert isinstance(share, float)
    assert share < 1
    said = json.loads((house.data / "warehouse.status.json").read_text())
    assert {t["backfill_share"] for t in said["tables"]} > {1.0}, "small tables are whole"
    (longest,) = [b for b in said["budgets"] if b["per_seconds"] == 900]
    assert longest["calls"] == 40
    assert longest["calls_left"] == 0
    again = len(house.sandbox.log())
    assert house.penstock("run", "--no-publish", "--max-minutes", "0.05").code == 0
    assert len(house.sandbox.log()) == again, "what is spent is spent, also for the next process"


def test_one_budget_for_two_processes(budgeted: Open) -> None:
    """A check beside a run: the sandbox's own count says that the budget held (see the fixture)."""
    house = budgeted(rows=60, speed=300)
    with house.started(*RUN) as running:
        for _ in range(3):
            assert house.penstock("check").code == 0
        running.join(100)
        assert running.exitcode == 0
    assert_complete(house)
    assert house.sandbox.tables("cimcloud").budget()["calls"] >= 60


def test_rows_that_move_while_they_are_read(budgeted: Open) -> None:
    """Busy lists: rows are saved, made and deleted between the pages; a sweep settles the rest."""
    house = budgeted(rows=40, busy=3)
    assert house.penstock(*RUN).code == 0
    # what was saved in between is news of the next run; the lists go on moving meanwhile
    assert house.penstock(*RUN).code == 0
    loaded = {
        name: {key for (key,) in house.ask_raw(f"select distinct {key} from cimcloud.{name}")}
        for name, key in (("orders", "web_order_number"), ("payments", "payment_id"))
    }
    assert all(loaded.values())


def test_lists_in_another_order_each_time(budgeted: Open) -> None:
    house = budgeted(rows=30, order="shuffled")
    assert house.penstock(*RUN).code == 0
    loose = house.ask_raw(
        "select sum((position->'load'->>'loose')::int) from ops.positions "
        "where stream = 'first load'"
    )
    assert loose == [(0,)]
    assert_equal_to_books(house)


def test_a_site_whose_days_end_at_midnight_and_begin_elsewhere(budgeted: Open) -> None:
    house = budgeted(rows=30, between="midnight", today_offset=-1, dates="us", past_end="404")
    assert house.penstock(*RUN).code == 0
    assert_complete(house)


def test_http_basic(budgeted: Open) -> None:
    house = budgeted(rows=20, auth="basic")
    house.write_settings(auth_type='"basic"')
    assert house.penstock(*RUN).code == 0
    assert_complete(house)


def test_a_token_that_expires_in_the_middle(budgeted: Open) -> None:
    house = budgeted(rows=40)
    house.sandbox.fault("expired_token", vendor="cimcloud", route="/invoice_history", after=1)
    ended = house.penstock(*RUN)
    assert ended.code == 0, ended.output
    assert_complete(house)
    assert sum(entry["path"].endswith("/authenticate") for entry in house.sandbox.log()) == 2


def test_a_table_that_may_not_be_read_stops_no_other(budgeted: Open) -> None:
    house = budgeted(rows=20, deny="payments")
    ended = house.penstock(*RUN)
    assert ended.code == 1
    assert "payments" in ended.output
    assert "403" in ended.output
    assert_equal_to_books(house, but=("payments",))


def test_passwords_are_written_nowhere(budgeted: Open) -> None:
    house = budgeted(rows=20)
    rows = house.sandbox.tables("cimcloud").rows("customers").values()
    secrets = {str(row["pw"]) for row in rows if row.get("pw")}
    assert secrets
    assert house.penstock(*RUN).code == 0
    pages = house.ask_raw(
        "select archive_file, archive_offset, archive_length from ops.pages "
        "where table_name = 'customers'"
    )
    assert pages
    for file, offset, length in pages:
        folder = house.data / "work" / "archive"
        body = read_page(folder, str(file), int(str(offset)), int(str(length))).body
        assert b"c_id" in body
        assert not any(secret.encode() in body for secret in secrets)
    kept = b"".join(
        file.read_bytes()
        for file in house.data.rglob("*")
        if file.is_file() and not file.is_symlink()
    )
    assert not any(secret.encode() in kept for secret in secrets)


def test_a_page_that_is_no_list_stops_the_connection_and_loses_nothing(budgeted: Open) -> None:
    house = budgeted(rows=20)
    house.sandbox.fault("not_a_list", vendor="cimcloud", route="/order_history/", times="always")
    ended = house.penstock(*RUN)
    assert ended.code == 1
    assert "list of rows" in ended.output
    house.sandbox.clear_faults()
    assert house.penstock(*RUN).code == 0
    assert_complete(house)


def test_an_interrupted_call_is_paid_for_once(budgeted: Open, tmp_path: Path) -> None:
    """A killed process leaves its calls in the budget: the next one does not overspend."""
    house = budgeted(rows=60, speed=100)
    with house.started(*RUN) as running:
        until = time.monotonic() + 60
        while len(lists(house)) < 12 and time.monotonic() < until:
            time.sleep(0.02)
        running.kill()
        running.join()
    assert house.penstock(*RUN).code == 0
    assert_complete(house)
    assert json.dumps(house.sandbox.tables("cimcloud").budget())


def test_a_row_without_a_change_date_is_seen_when_it_is_made(budgeted: Open) -> None:
    """An ERP may leave the change date empty until the first change."""
    house = budgeted(rows=20)
    house.penstock(*RUN)
    made = house.sandbox.tables("cimcloud").make("orders", last_modify_date=None)
    assert house.penstock(*RUN).code == 0
    key = made["c_ordnum"]
    assert house.ask_raw(f"select 1 from cimcloud.orders where web_order_number = {key}") == [(1,)]


def test_days_that_are_none_are_read_too(budgeted: Open) -> None:
    """1900 is a usual default of an ERP, and a day to come a usual typing error."""
    house = budgeted(rows=150)
    books = house.sandbox.tables("cimcloud")
    for day in ("1900-01-01T00:00:00", "2031-05-05T00:00:00"):
        books.make("order_lines", create_date=day)
    house.write_settings(slice_pages="2")
    assert house.penstock(*RUN).code == 0
    assert_equal_to_books(house)


def test_reaching_further_back_is_taken_up(budgeted: Open) -> None:
    house = budgeted(rows=150)
    house.write_settings(history_since='"2023-12-01"', slice_pages="1")
    assert house.penstock(*RUN).code == 0
    some = house.ask_raw("select count(*) from cimcloud.orders")[0][0]
    house.write_settings(history_since='"2015-01-01"')
    assert house.penstock(*RUN).code == 0
    assert int(str(house.ask_raw("select count(*) from cimcloud.orders")[0][0])) > int(str(some))
    assert_equal_to_books(house)


def test_a_table_is_read_otherwise_once_its_settings_say_so(budgeted: Open) -> None:
    """A create date that is none fails; without one, the past is read whole, and then goes on."""
    house = budgeted(rows=30)
    config = house.folder / ".dlt" / "config.toml"
    plain = config.read_text()
    config.write_text(plain + '[sources.cimcloud.resources.payments]\ncreated = "made_on"\n')
    ended = house.penstock(*RUN)
    assert ended.code == 1
    assert "cimcloud.payments" in ended.output
    config.write_text(plain + '[sources.cimcloud.resources.payments]\ncreated = ""\n')
    assert house.penstock(*RUN).code == 0
    assert_complete(house)
    config.write_text(plain)
    assert house.penstock(*RUN).code == 0
    assert_equal_to_books(house)


def test_a_past_that_was_read_by_another_day_is_read_anew(budgeted: Open) -> None:
    """Everything paid since a day is not everything made since then."""
    house = budgeted(rows=20)
    config = house.folder / ".dlt" / "config.toml"
    plain = config.read_text()
    config.write_text(plain + '[sources.cimcloud.resources.payments]\ncreated = "payment_date"\n')
    assert house.penstock(*RUN).code == 0
    config.write_text(plain)
    before = len(house.sandbox.log())
    assert house.penstock(*RUN).code == 0
    again = [path for path in lists(house, before) if "searchbetween~create_date" in path]
    assert {path.split("/")[2] for path in again} == {"payments"}


def test_what_failed_is_told_though_the_time_was_over(budgeted: Open) -> None:
    house = budgeted(rows=150, speed=10, calls_per_quarter_hour=40, deny="accounts+customers")
    house.write_settings(calls_per_quarter_hour="40")
    ended = house.penstock("run", "--no-publish", "--max-minutes", "0.3")
    assert ended.code == 1, ended.output
    assert "cimcloud.accounts" in ended.output
    assert "cimcloud.customers" in ended.output
    assert "the next run goes on there" in ended.output


def test_one_table_of_another_shape_stops_no_other(budgeted: Open) -> None:
    house = budgeted(rows=20)
    house.sandbox.fault("not_a_list", vendor="cimcloud", route="/customers/", times="always")
    ended = house.penstock(*RUN)
    assert ended.code == 1
    assert "cimcloud.customers" in ended.output
    assert_equal_to_books(house, but=("customers",))


def test_one_table_whose_rows_are_of_another_kind_stops_no_other(budgeted: Open) -> None:
    """A wrong path answers rows without the key: that table waits where it was, and is told."""
    house = budgeted(rows=30)
    config = house.folder / ".dlt" / "config.toml"
    plain = config.read_text()
    config.write_text(plain + '[sources.cimcloud.resources.customers]\npath = "quotes"\n')
    ended = house.penstock(*RUN)
    assert ended.code == 1
    assert "no row of" in ended.output
    assert_equal_to_books(house, but=("customers",))
    config.write_text(plain)
    assert house.penstock(*RUN).code == 0
    assert_complete(house)


def test_a_vendor_that_is_down_is_not_asked_table_by_table(budgeted: Open) -> None:
    house = budgeted(rows=20)
    house.write_settings(attempts="2", backoff_seconds="0.01")
    house.sandbox.fault("server_error", vendor="cimcloud", route="/search", times="always")
    before = len(house.sandbox.log())
    ended = house.penstock(*RUN)
    assert ended.code == 1
    assert len(house.sandbox.log()) - before <= 6


def test_what_an_older_version_landed_is_promoted(budgeted: Open) -> None:
    house = budgeted(rows=20)
    killed = house.penstock(*RUN, environment={boundaries.KILL_AT: boundaries.LANDED})
    assert killed.was_killed
    with duckdb.connect(str(house.raw)) as db:
        db.execute("alter table landing_cimcloud.penstock_pages drop column stream")
        db.execute("alter table ops.coverage drop column expected_at")
        db.execute("alter table ops.pages drop column stream")
    assert house.penstock(*RUN).code == 0
    assert_complete(house)


def test_a_key_that_becomes_another_is_refused(budgeted: Open) -> None:
    house = budgeted(rows=20)
    house.penstock(*RUN)
    before = house.ask_raw("select count(*) from cimcloud.shipments")
    with (house.folder / ".dlt" / "config.toml").open("a") as config:
        config.write('[sources.cimcloud.resources.shipments]\nprimary_key = "tracking_number"\n')
    ended = house.penstock(*RUN)
    assert ended.code == 2
    assert "cimcloud.shipments" in ended.output
    assert "Put primary_key back" in ended.output
    assert house.ask_raw("select count(*) from cimcloud.shipments") == before
