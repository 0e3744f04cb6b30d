"""Each fault of a vendor ends in recovery or in a clear error; never in a short table."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.truth import assert_equal_to_truth, assert_nothing_confirmed_before_commit
from tests.house import VENDOR, Ended, House

pytestmark = pytest.mark.long
RECOVERED: dict[str, dict[str, Any]] = {
    "too many requests": {"kind": "too_many", "times": 2},
    "too many requests, come back": {"kind": "too_many", "times": 1, "retry_after": 1},
    "server error": {"kind": "server_error", "times": 2},
    "bad gateway": {"kind": "server_error", "times": 1, "status": 502},
    "cut connection": {"kind": "cut", "times": 2},
    "dropped connection": {"kind": "drop", "times": 1},
    "truncated json": {"kind": "truncated_json", "times": 1},
    "a page of html": {"kind": "html", "times": 1},
    "half a confirm": {"kind": "half_confirm", "times": 1},
    "a lost confirm": {"kind": "lost_confirm", "times": 1},
    "a repeated list": {"kind": "repeated_list", "times": 3, "after": 3},
    "slow answers": {"kind": "slow", "times": "always", "ms": 30},
}
LASTING: dict[str, tuple[dict[str, Any], str]] = {
    "wrong key": ({"kind": "unauthorized"}, "401"),
    "truncated json": ({"kind": "truncated_json"}, "JSON"),
    "html": ({"kind": "html"}, "no whole JSON"),
    "server error": ({"kind": "server_error"}, "500"),
    "cut": ({"kind": "cut"}, "cienapps"),
    "too many requests": ({"kind": "too_many"}, "429"),
    "come back tomorrow": ({"kind": "too_many", "retry_after": 86_400}, "429"),
    "never answers": ({"kind": "timeout"}, "cienapps"),
}
QUICK = {"attempts": "3", "backoff_seconds": "0.05", "read_seconds": "1.0"}


def assert_no_secret(house: House, ended: Ended) -> None:
    """The key is in no output, and in no file of ours but the secrets file."""
    key = house.sandbox.credentials(VENDOR)["api_token"]
    assert key not in ended.output
    for file in house.folder.rglob("*"):
        if file.is_file() and file.name != "secrets.toml":
            assert key.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("fault", RECOVERED)
def test_recovers(house: House, fault: str) -> None:
    house.write_settings(confirm_batch_size="20", **QUICK)
    house.sandbox.fault(vendor=VENDOR, **RECOVERED[fault])

    ended = house.run("--no-publish")

    assert sum(f["struck"] for f in house.sandbox.faults()) > 0
    house.sandbox.clear_faults()
    house.run("--no-publish")
    assert_equal_to_truth(house)
    assert_no_secret(house, ended)


@pytest.mark.parametrize("fault", LASTING)
def test_fails_loudly_and_loses_nothing(house: House, fault: str) -> None:
    house.write_settings(**QUICK)
    order, said = LASTING[fault]
    house.sandbox.fault(vendor=VENDOR, route="workorder/list", times="always", **order)

    ended = house.penstock("run", "--no-publish")

    assert ended.code == 1, ended.output
    assert "cienapps: stopped early" in ended.output
    assert said in ended.output
    assert "Next: penstock" in ended.output
    assert "Traceback" not in ended.output
    assert_no_secret(house, ended)
    assert_nothing_confirmed_before_commit(house)
    house.sandbox.clear_faults()
    house.run("--no-publish")
    assert_equal_to_truth(house)


def test_a_vanished_required_field_stops_before_anything_is_confirmed(house: House) -> None:
    house.run("--no-publish")
    before = house.sandbox.truth(VENDOR)["history"]
    house.sandbox.save(VENDOR, "order", rename={"Order_Number": "OrderNo"})

    ended = house.penstock("run", "--no-publish")

    assert ended.code == 1
    assert "cienapps.orders" in ended.output
    assert "required field 'Order_Number'" in ended.output
    assert house.sandbox.truth(VENDOR)["history"] == before


def test_bad_rows_are_kept_whole_then_confirmed(house: House) -> None:
    """What cannot be typed is quarantined with its raw text; the rest goes on; all is confirmed."""
    house.write_settings(**QUICK)
    bad = house.sandbox.save(VENDOR, "order", row={"Order_DateDue": "2023-13-45"})
    spoilt = house.sandbox.save(
        VENDOR, "quotation", raw=b'{"Quotation_Number": 7, "SyncID": %SYNC_ID%, "x": "\xff"}'
    )
    extra = house.sandbox.save(VENDOR, "order", row={"Order_Colour": "oak"})

    ended = house.run("--no-publish")

    assert "Order_Colour" in ended.output
    found = house.ask_raw("select table_name, reason, raw from ops.quarantine order by 1")
    assert [(table, reason) for table, reason, _ in found] == [
        ("orders", "due_on is no date"),
        ("quotations", "the row is not valid Unicode text"),
    ]
    assert "2023-13-45" in str(found[0][2])
    pending = house.sandbox.truth(VENDOR)["pending"]
    assert pending == []
    outbox = {i for (i,) in house.ask_raw("select item_id from ops.outbox")}
    assert {bad["sync_id"], spoilt["sync_id"], extra["sync_id"]} <= outbox
    assert house.ask_raw(
        f"select _extra->>'Order_Colour' from cienapps.orders where sync_id = {extra['sync_id']}"
    ) == [("oak",)]
    assert house.ask_raw("select table_name, field from ops.drift") == [("orders", "Order_Colour")]


def test_archive_holds_what_came(house: House) -> None:
    from pipelines.archive import read_page
    from pipelines.project import open_project

    house.run("--no-publish")
    places = open_project(house.folder).places
    ((segment, offset, length, size),) = house.ask_raw("""
        select archive_file, archive_offset, archive_length, bytes from ops.pages
        where table_name = 'orders'""")
    page = read_page(places.archive, str(segment), int(str(offset)), int(str(length)))
    assert len(page.body) == size
    assert b'"Order_Number": 4700' in page.body or b'"Order_Number":4700' in page.body
    assert places.work.stat().st_mode & 0o777 == 0o700


def test_archive_keeps_nothing_of_empty_answers(house: House) -> None:
    house.run("--no-publish")
    house.run("--no-publish")
    assert len(list((house.data / "work" / "archive").iterdir())) == 1


def test_a_field_whose_name_holds_a_nul_is_kept_too(house: House) -> None:
    made = house.sandbox.save(VENDOR, "order", row={"Order_\x00Odd": "x"})
    house.run("--no-publish")
    assert house.ask_raw(
        f"select json_keys(_extra) from cienapps.orders where sync_id = {made['sync_id']}"
    ) == [(["Order_\x00Odd"],)]
    assert_equal_to_truth(house)
