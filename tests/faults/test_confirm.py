"""Confirmations: partial, repeated, refused, switched off, and notifications that come back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sources._sandbox.process import RunningSandbox, running_sandbox
from tests.faults.truth import assert_equal_to_truth
from tests.house import VENDOR, House


def _confirms(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    return [entry for entry in sandbox.log() if entry["path"].endswith("/confirm")]


def test_each_is_confirmed_once_in_batches(house: House) -> None:
    house.write_settings(confirm_batch_size="7")
    house.run("--no-publish")
    asked = [item for entry in _confirms(house.sandbox) for item in entry["asked"]]
    assert len(asked) == len(set(asked))
    assert max(len(entry["asked"]) for entry in _confirms(house.sandbox)) == 7
    assert_equal_to_truth(house)


def test_a_trial_reads_and_confirms_nothing(house: House) -> None:
    house.write_settings(confirm="false")
    house.run("--no-publish")
    house.run("--no-publish")
    assert _confirms(house.sandbox) == []
    assert house.ask_raw("select count(*) = count(distinct sync_id) from cienapps.orders") == [
        (True,)
    ]
    house.write_settings(confirm="true")
    house.run("--no-publish")
    assert_equal_to_truth(house)


def test_what_comes_back_is_reported_and_not_looped_on(house: House) -> None:
    house.run("--no-publish")
    ids = [e["sync_id"] for e in house.sandbox.truth(VENDOR)["history"] if e["sync_id"] > 10][:3]
    assert sorted(house.sandbox.requeue(VENDOR, ids)) == sorted(ids)
    calls = len(house.sandbox.log())

    ended = house.run("--no-publish")

    assert "3 notifications came back after they had been confirmed" in ended.output
    assert len(house.sandbox.log()) - calls < 12
    assert house.ask_raw("select item_id from ops.outbox where times_returned = 1") != []
    assert_equal_to_truth(house)


@pytest.fixture
def strict(request: pytest.FixtureRequest) -> Iterator[RunningSandbox]:
    with running_sandbox(rows=20, options={VENDOR: request.param}) as running:
        yield running


@pytest.mark.parametrize("strict", [{"write": False}], indirect=True, ids=["read-only"])
def test_a_key_that_may_not_write_is_said(strict: RunningSandbox, tmp_path: Path) -> None:
    house = House(tmp_path / "project", strict)
    ended = house.penstock("run", "--no-publish")
    assert ended.code == 1
    assert "403" in ended.output
    assert house.ask_raw("select count(*) > 0 from cienapps.orders") == [(True,)]


@pytest.mark.parametrize(
    "strict", [{"confirm_route": "/sync/confirm"}], indirect=True, ids=["other-route"]
)
def test_a_wrong_route_is_said_and_a_setting_mends_it(
    strict: RunningSandbox, tmp_path: Path
) -> None:
    house = House(tmp_path / "project", strict)
    house.write_settings(refusals_before_stop="10", confirm_batch_size="5")
    ended = house.penstock("run", "--no-publish")
    assert ended.code == 1
    assert "the confirm route is wrong" in ended.output
    assert house.ask_raw("select * from ops.outbox where confirmed_at is not null") == []
    house.write_settings(confirm_path='"/sync/confirm"')
    house.run("--no-publish")
    assert_equal_to_truth(house)


@pytest.mark.parametrize(
    "strict",
    [{"unknown_ids": "refuse"}, {"unknown_ids": "refuse_all"}],
    indirect=True,
    ids=["refuse", "refuse-all"],
)
def test_an_unknown_id_does_not_hold_up_the_others(strict: RunningSandbox, tmp_path: Path) -> None:
    """One id of a batch was confirmed by somebody else: the vendor answers 4xx for the batch."""
    house = House(tmp_path / "project", strict)
    house.write_settings(confirm="false")
    house.run("--no-publish")
    gone = house.ask_raw("select item_id from ops.outbox order by item_id limit 1")[0][0]
    _confirm_elsewhere(strict, int(str(gone)))
    house.write_settings(confirm="true")

    ended = house.penstock("run", "--no-publish")

    assert ended.code == 0, ended.output
    assert strict.truth(VENDOR)["pending"] == []
    assert house.ask_raw("select item_id from ops.outbox where confirmed_at is null") == []


def _confirm_elsewhere(sandbox: RunningSandbox, item: int) -> None:
    import json
    import urllib.request

    request = urllib.request.Request(
        sandbox.base_url(VENDOR) + "/api/sync/confirm",
        data=json.dumps({"SyncID": [item]}).encode(),
        headers={"ApiToken": sandbox.credentials(VENDOR)["api_token"]},
        method="POST",
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("strict", [{"unknown_ids": "refuse_all"}], indirect=True, ids=["refuse"])
def test_many_unknown_ids_do_not_lock_the_connection_out(
    strict: RunningSandbox, tmp_path: Path
) -> None:
    """A whole batch was confirmed and its answer lost: the next start is refused all of it."""
    house = House(tmp_path / "project", strict)
    house.write_settings(confirm="false")
    house.run("--no-publish")
    gone = house.ask_raw("select item_id from ops.outbox order by item_id limit 10")
    for (item,) in gone:
        _confirm_elsewhere(strict, int(str(item)))
    house.write_settings(confirm="true", confirm_batch_size="5", refusals_before_stop="5")

    ended = house.penstock("run", "--no-publish")

    assert ended.code == 0, ended.output
    assert strict.truth(VENDOR)["pending"] == []
    assert house.ask_raw("select item_id from ops.outbox where confirmed_at is null") == []


def test_a_clock_that_jumps_back_turns_nothing_around(house: House) -> None:
    back = {"PENSTOCK_CLOCK_SHIFT": "-3600"}
    house.run("--no-publish")
    ids = [e["sync_id"] for e in house.sandbox.truth(VENDOR)["history"] if e["sync_id"] > 10][:3]
    house.sandbox.requeue(VENDOR, ids)

    ended = house.run("--no-publish", environment=back)

    assert "3 notifications came back" in ended.output
    assert_equal_to_truth(house)
