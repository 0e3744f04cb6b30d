"""Every fault, as it looks to a client that has never heard of it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sources._sandbox.process import RunningSandbox, SandboxFailedError, running_sandbox
from tests.sources.sandbox_wire import ask, confirm, everything, listed

ORDERS = "/api/sync/order/list"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(rows=40) as sandbox:
        yield sandbox
        assert sandbox.complaints() == "", "a fault left a trace on standard error"


@pytest.fixture
def sandbox(running: RunningSandbox) -> Iterator[RunningSandbox]:
    yield running
    running.clear_faults()
    running.requeue("cienapps", [11, 12, 13])


def _struck(sandbox: RunningSandbox) -> list[int]:
    return [fault["struck"] for fault in sandbox.faults()]


@pytest.mark.parametrize(
    ("kind", "params", "status"),
    [
        ("unauthorized", {}, 401),
        ("too_many", {}, 429),
        ("server_error", {}, 500),
        ("server_error", {"status": 503}, 503),
    ],
)
def test_a_refusal_strikes_once(
    sandbox: RunningSandbox, kind: str, params: dict[str, Any], status: int
) -> None:
    sandbox.fault(kind, vendor="cienapps", **params)

    refused, answered = ask(sandbox, ORDERS), ask(sandbox, ORDERS)

    assert (refused.status, answered.status) == (status, 200)
    assert "retry-after" not in refused.headers
    assert _struck(sandbox) == [1]
    assert [entry["fault"] for entry in sandbox.log()[-2:]] == [kind, None]


def test_too_many_may_say_when_to_come_back(sandbox: RunningSandbox) -> None:
    sandbox.fault("too_many", vendor="cienapps", retry_after=3)

    assert ask(sandbox, ORDERS).headers["retry-after"] == "3"


def test_a_page_of_html_comes_with_200(sandbox: RunningSandbox) -> None:
    sandbox.fault("html", vendor="cienapps")

    answer = ask(sandbox, ORDERS)

    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.body.startswith(b"<!doctype html>")


def test_json_may_break_off_in_a_whole_answer(sandbox: RunningSandbox) -> None:
    whole = len(ask(sandbox, ORDERS).body)
    sandbox.fault("truncated_json", vendor="cienapps")

    answer = ask(sandbox, ORDERS)

    assert answer.status == 200
    assert len(answer.body) == int(answer.headers["content-length"]) == whole // 2
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_body_may_be_cut_short(sandbox: RunningSandbox) -> None:
    whole = len(ask(sandbox, ORDERS).body)
    sandbox.fault("cut", vendor="cienapps", share=0.25)

    with pytest.raises(http.client.IncompleteRead) as cut:
        ask(sandbox, ORDERS)

    assert len(cut.value.partial) == whole // 4
    assert cut.value.expected == whole - whole // 4


def test_a_body_may_be_cut_by_a_reset(sandbox: RunningSandbox) -> None:
    sandbox.fault("cut", vendor="cienapps", reset=True)

    with pytest.raises(ConnectionResetError):
        ask(sandbox, ORDERS)


@pytest.mark.parametrize(
    ("reset", "seen"),
    [(False, http.client.RemoteDisconnected), (True, ConnectionResetError)],
    ids=["closed", "reset"],
)
def test_a_connection_may_die_unanswered(
    sandbox: RunningSandbox, reset: bool, seen: type[Exception]
) -> None:
    sandbox.fault("drop", vendor="cienapps", reset=reset)

    with pytest.raises(seen):
        confirm(sandbox, [11])

    assert 11 in everything(sandbox), "a dropped request never reached the vendor"


def test_an_answer_may_be_late(sandbox: RunningSandbox) -> None:
    sandbox.fault("timeout", vendor="cienapps", seconds=0.3)

    started = time.monotonic()
    answer = ask(sandbox, ORDERS)

    assert answer.status == 200
    assert time.monotonic() - started >= 0.3


def test_an_answer_may_never_come(sandbox: RunningSandbox) -> None:
    sandbox.fault("timeout", vendor="cienapps")

    with pytest.raises(TimeoutError):
        ask(sandbox, ORDERS, seconds=0.2)

    assert ask(sandbox, ORDERS).status == 200


def test_a_slow_vendor_is_slow_every_time_and_confirms_all_the_same(
    sandbox: RunningSandbox,
) -> None:
    sandbox.fault("slow", vendor="cienapps", ms=60)

    started = time.monotonic()
    ask(sandbox, ORDERS)
    answer = confirm(sandbox, [11])

    assert time.monotonic() - started >= 0.12
    assert answer.status == 200
    assert _struck(sandbox) == [2]
    sandbox.clear_faults()
    assert 11 not in everything(sandbox)


def test_slowness_adds_to_another_fault(sandbox: RunningSandbox) -> None:
    sandbox.fault("slow", vendor="cienapps", ms=60, times="always")
    sandbox.fault("server_error", vendor="cienapps")

    started = time.monotonic()
    assert ask(sandbox, ORDERS).status == 500

    assert time.monotonic() - started >= 0.06
    assert sandbox.log()[-1]["fault"] == "slow, server_error"


def test_a_dead_feed_is_an_empty_list(sandbox: RunningSandbox) -> None:
    sandbox.fault("empty_list", vendor="cienapps", times="always")

    assert everything(sandbox) == {}

    sandbox.clear_faults()
    assert everything(sandbox) != {}


def test_a_list_may_repeat_what_is_confirmed(sandbox: RunningSandbox) -> None:
    before = listed(sandbox, "order")
    confirm(sandbox, [11])
    sandbox.fault("repeated_list", vendor="cienapps")

    repeated, honest = listed(sandbox, "order"), listed(sandbox, "order")

    assert repeated == before
    assert {row["SyncID"] for row in repeated} - {row["SyncID"] for row in honest} == {11}


def test_half_a_confirmation_is_an_error(sandbox: RunningSandbox) -> None:
    sandbox.fault("half_confirm", vendor="cienapps")
    everything(sandbox)

    answer = confirm(sandbox, [11, 12, 13])

    assert answer.status == 500
    entry = sandbox.log()[-1]
    assert (entry["asked"], entry["confirmed"]) == ([11, 12, 13], [11])
    assert {11, 12, 13} & set(everything(sandbox)) == {12, 13}


def test_a_confirmation_may_be_lost_on_the_way_back(sandbox: RunningSandbox) -> None:
    sandbox.fault("lost_confirm", vendor="cienapps")

    with pytest.raises(http.client.RemoteDisconnected):
        confirm(sandbox, [11, 12])

    entry = sandbox.log()[-1]
    assert (entry["status"], entry["confirmed"]) == (None, [11, 12])
    assert not {11, 12} & set(everything(sandbox))
    assert confirm(sandbox, [11, 12]).status == 200


def test_a_fault_waits_for_its_route_and_its_turn(sandbox: RunningSandbox) -> None:
    sandbox.fault("server_error", vendor="cienapps", route="order/", after=2, times=2)

    other = ask(sandbox, "/api/sync/quotation/list").status
    # "workorder/list" has the route within it as well
    statuses = [ask(sandbox, f"/api/sync/{at}/list").status for at in ["order", "workorder"] * 3]

    assert other == 200
    assert statuses == [200, 200, 500, 500, 200, 200]
    assert sandbox.faults()[0]["passed"] == 2


def test_two_faults_take_turns(sandbox: RunningSandbox) -> None:
    sandbox.fault("server_error", vendor="cienapps", status=502)
    sandbox.fault("too_many", vendor="cienapps")

    assert [ask(sandbox, ORDERS).status for _ in range(3)] == [502, 429, 200]


@pytest.mark.parametrize(
    ("vendor", "kind", "params", "reason"),
    [
        ("nobody", "cut", {}, "no vendor 'nobody'"),
        ("cienapps", "flood", {}, "no fault 'flood'"),
        ("cienapps", "too_many", {"after_retry": 3}, "not ['after_retry']"),
    ],
)
def test_a_fault_that_is_none_is_refused(
    sandbox: RunningSandbox, vendor: str, kind: str, params: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SandboxFailedError) as refused:
        sandbox.fault(kind, vendor=vendor, **params)

    assert reason in str(refused.value)
    assert sandbox.faults() == []
