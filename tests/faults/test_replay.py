"""The archive is read once more: what a repaired typing, or a vendor's word, makes of a bad row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines import boundaries
from pipelines.clock import SHIFT
from tests.faults.truth import assert_equal_to_truth
from tests.house import House, change

NO_DAY = {"Order_DateDue": "2024-02-31"}
# what an earlier version of the product would have left, whose typing knew no such row
AS_IF_IT_COULD_NOT_BE_TYPED = """
    insert into ops.quarantine
    select 'feed', connection, 'cienapps', 'orders', 'due_on', 'due_on is no day', '{}', _page_id,
        _row_number, _window_id, _observed_at, null, null from cienapps.orders limit 1;
    delete from cienapps.orders where (_page_id, _row_number) in (
        select (page_id, row_number) from ops.quarantine);
    delete from cienapps.order_quotations where (_page_id, _row_number) in (
        select (page_id, row_number) from ops.quarantine);"""
AS_IF_IT_WAS_TYPED_WRONG = """
    update cienapps.orders set due_on = due_on + 1, _row_hash = md5(_row_hash)"""


def test_a_bad_row_is_kept_shown_and_given_up(house: House) -> None:
    house.sandbox.save("cienapps", "order", row=NO_DAY)
    house.run("--no-publish")
    ((name, raw),) = house.ask_raw("select quarantine_id, raw from ops.quarantine")

    assert str(name) in house.penstock("quarantine", "list").output
    shown = house.penstock("quarantine", "show", str(name)).output
    assert str(raw) in shown
    assert "due_on" in shown

    nothing = house.penstock("quarantine", "discard", str(name), "--reason", " ")
    assert nothing.code == 2
    assert "--reason" in nothing.output
    given_up = house.penstock("quarantine", "discard", str(name), "--reason", "a test order")
    assert given_up.code == 0, given_up.output
    assert "nothing is open" in house.penstock("quarantine", "list").output
    assert "a test order" in house.penstock("quarantine", "list", "--all").output
    house.penstock("archive", "replay", "cienapps", "--tables", "orders", "--no-publish")
    assert "nothing is open" in house.penstock("quarantine", "list").output
    again = house.penstock("quarantine", "discard", str(name), "--reason", "twice")
    assert again.code == 2
    assert "settled already" in again.output
    ((kept,),) = house.ask_raw("select raw from ops.quarantine")
    assert kept == raw


def test_a_row_that_can_be_typed_now_comes_out_under_its_own_time(house: House) -> None:
    house.run("--no-publish")
    change(house.raw, AS_IF_IT_COULD_NOT_BE_TYPED)
    ((received_at,),) = house.ask_raw("select received_at from ops.quarantine")
    before = house.ask_raw("select count(*) from ops.pages")
    house.sandbox.fault("server_error", vendor="cienapps", times="always")

    ended = house.penstock("quarantine", "replay", "feed", "--no-publish")

    assert ended.code == 0, ended.output
    ((when, how),) = house.ask_raw(
        "select _observed_at, resolution from cienapps.orders join ops.quarantine "
        "on _page_id = page_id and _row_number = row_number"
    )
    assert (when, how) == (received_at, "typed by a replay")
    assert house.ask_raw("select count(*) from ops.pages") == before
    assert_equal_to_truth(house)


def test_what_the_vendor_has_sent_again_is_settled_by_a_replay(house: House) -> None:
    saved = house.sandbox.save("cienapps", "order", row=NO_DAY)
    house.run("--no-publish")
    house.penstock("quarantine", "replay", "--no-publish")
    assert house.ask_raw("select resolution from ops.quarantine") == [(None,)]

    house.sandbox.save("cienapps", "order", key=saved["key"], row={"Order_DateDue": "2024-02-28"})
    house.run("--no-publish")
    house.penstock("quarantine", "replay", "--no-publish")

    assert house.ask_raw("select resolution from ops.quarantine") == [("sent again by the vendor",)]


def test_a_row_corrected_by_hand_takes_the_bad_ones_place(house: House, tmp_path: Path) -> None:
    saved = house.sandbox.save("cienapps", "order", row=NO_DAY)
    house.run("--no-publish")
    ((name, raw, received_at),) = house.ask_raw(
        "select quarantine_id, raw, received_at from ops.quarantine"
    )
    row = json.loads(str(raw))
    file = tmp_path / "row.json"
    file.write_text(json.dumps(row))
    bad = house.penstock("quarantine", "replay", str(name), "--with", str(file), "--no-publish")
    assert bad.code == 2, bad.output
    assert "cannot be typed either: due_on" in bad.output
    assert house.ask_raw("select resolved_at from ops.quarantine") == [(None,)]

    file.write_text(json.dumps({**row, "Order_DateDue": "2024-02-29"}))
    ended = house.penstock("quarantine", "replay", str(name), "--with", str(file), "--no-publish")

    assert ended.code == 0, ended.output
    ((due, when, page, how),) = house.ask_raw(
        "select due_on, _observed_at, _page_id, resolution from cienapps.orders, ops.quarantine "
        f"where sync_id = {saved['sync_id']}"
    )
    assert (str(due), when) == ("2024-02-29", received_at)
    assert how == f"corrected by hand: {page}"
    assert "2024-02-29" in house.penstock("archive", "show", str(page)).output
    assert house.ask_raw("select * from ops.outbox where confirmed_at is null") == []
    assert house.ask_raw(
        "select bool_and(is_replay) from ops.windows where run_id = "
        "(select max(run_id) from ops.runs)"
    ) == [(True,)]
    house.penstock("archive", "replay", "cienapps", "--tables", "orders", "--no-publish")
    assert house.ask_raw("select resolution from ops.quarantine") == [(how,)]
    held = house.ask_raw(
        f"select due_on::varchar from cienapps.orders where sync_id = {saved['sync_id']}"
    )
    assert held == [("2024-02-29",)]


@pytest.mark.parametrize(
    "killed_at",
    [
        pytest.param("", marks=pytest.mark.long),
        boundaries.LANDED,
        pytest.param(boundaries.MID_PROMOTE, marks=pytest.mark.long),
    ],
)
def test_a_table_typed_wrong_is_typed_right_from_the_archive(house: House, killed_at: str) -> None:
    house.run("--no-publish")
    house.sandbox.advance(days=2)
    house.run("--no-publish")
    change(house.raw, AS_IF_IT_WAS_TYPED_WRONG)
    replay = ("archive", "replay", "cienapps", "--tables", "orders", "--no-publish")
    if killed_at:
        ended = house.penstock(*replay, environment={boundaries.KILL_AT: killed_at})
        assert ended.was_killed, ended.output

    ended = house.penstock(*replay)

    assert ended.code == 0, ended.output
    assert_equal_to_truth(house)
    changed = "select sum(rows_changed), sum(rows_new) from ops.windows where is_replay"
    ((rows,),) = house.ask_raw("select count(*) from cienapps.orders")
    assert house.ask_raw(changed) == [(rows, 0)]
    house.penstock(*replay)
    assert house.ask_raw(changed) == [(rows, 0)]


def test_pages_are_kept_as_long_as_the_settings_say(house: House) -> None:
    house.write_settings(archive_days="3")
    house.sandbox.save("cienapps", "order", row=NO_DAY)
    house.run("--no-publish")
    house.sandbox.advance(days=1)
    house.run("--no-publish")
    folder = house.data / "work" / "archive"
    first, second = sorted(folder.glob("*.zst"))

    house.environment[SHIFT] = str(4 * 86_400)
    house.run("--no-publish")
    orders = house.ask_raw("select count(*) from cienapps.orders")

    assert first.exists(), "a bad row of it is in quarantine still"
    assert not second.exists()
    listed = house.penstock("archive", "list").output
    assert "dropped" in listed
    ended = house.penstock("archive", "replay", "cienapps", "--no-publish")
    assert "older than the archive keeps them" in ended.output
    assert house.ask_raw("select count(*) from cienapps.orders") == orders


def test_the_archive_is_checked_page_by_page(house: House) -> None:
    house.run("--no-publish")
    assert house.penstock("archive", "check").code == 0
    (segment,) = (house.data / "work" / "archive").glob("*.zst")
    content = segment.read_bytes()
    segment.write_bytes(content[:-5])

    torn = house.penstock("archive", "check")

    assert torn.code == 1
    assert f"FAIL {segment.name}: its last page is torn" in torn.output


def test_a_column_that_cannot_hold_what_is_stored_is_filled_anew(house: House) -> None:
    house.run("--no-publish")
    change(
        house.raw,
        "alter table cienapps.orders alter due_on type varchar; "
        "update cienapps.orders set due_on = strftime(due_on::date, '%d/%m/%Y')",
    )
    refused = house.penstock("run", "--no-publish")
    assert refused.code == 1
    command = "penstock archive replay cienapps --tables orders --retype"
    assert command in refused.output
    assert "stored values would not survive" in refused.output

    retype = (*command.split()[1:], "--no-publish")
    killed = house.penstock(*retype, environment={boundaries.KILL_AT: boundaries.LANDED})
    assert killed.was_killed, killed.output
    unfinished = house.penstock("run", "--no-publish")
    assert unfinished.code == 3
    assert "CRITICAL cienapps ops.retyping: retyping_finished (1 row)" in unfinished.output
    assert "not finished for orders" in unfinished.output
    assert command in unfinished.output

    assert house.penstock(*retype).code == 0
    house.run("--no-publish")
    assert_equal_to_truth(house)


@pytest.mark.long
def test_nothing_is_emptied_whose_pages_are_gone(house: House) -> None:
    house.run("--no-publish")
    change(
        house.raw,
        "alter table cienapps.orders alter due_on type varchar; "
        "update cienapps.orders set due_on = strftime(due_on::date, '%d/%m/%Y')",
    )
    (segment,) = (house.data / "work" / "archive").glob("*.zst")
    segment.rename(house.folder / "elsewhere.zst")

    ended = house.penstock("archive", "replay", "cienapps", "--tables", "orders", "--retype")

    assert ended.code == 1
    assert "does not have any more" in ended.output
    assert house.ask_raw("select count(due_on) > 0 from cienapps.orders") == [(True,)]
