"""Cienapps as played: what its sheet says, seen through a plain HTTP client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sources._sandbox.process import RunningSandbox, running_sandbox
from tests.sources.sandbox_wire import ENTITIES, KEYS, ask, confirm, everything, listed

# as the vendor's document prints them
SAMPLES = json.loads(Path(__file__).with_name("cienapps_samples.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(rows=40) as sandbox:
        yield sandbox
        assert sandbox.complaints() == ""


@pytest.fixture
def sandbox(running: RunningSandbox) -> Iterator[RunningSandbox]:
    """The sandbox; afterwards what was planted is gone and everything else pending again."""
    before = [save["sync_id"] for save in _saves(running) if save["confirmed_at"] is None]
    yield running
    planted = [save["sync_id"] for save in _saves(running) if save["sync_id"] > before[-1]]
    confirm(running, planted)
    running.requeue("cienapps", before)


def _saves(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    saves: list[dict[str, Any]] = sandbox.truth("cienapps")["saves"]
    return saves


@pytest.mark.parametrize(
    ("method", "path"),
    [*[("GET", f"/api/sync/{entity}/list") for entity in ENTITIES], ("POST", "/api/sync/confirm")],
)
@pytest.mark.parametrize("key", ["wrong", None])
def test_every_call_needs_the_key(
    sandbox: RunningSandbox, method: str, path: str, key: str | None
) -> None:
    answer = ask(sandbox, path, method=method, key=key, body={"SyncID": [11]})

    assert answer.status == 401
    assert answer.headers["content-type"].startswith("text/plain")
    assert 11 in sandbox.truth("cienapps")["pending"]


@pytest.mark.parametrize("entity", ENTITIES)
def test_the_printed_sample_is_among_the_rows(sandbox: RunningSandbox, entity: str) -> None:
    sample = SAMPLES[entity]

    row = next(row for row in listed(sandbox, entity) if row["SyncID"] == sample["SyncID"])

    assert json.dumps(row) == json.dumps(sample)  # values, types and the order of the fields


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_row_has_the_samples_fields_and_types(sandbox: RunningSandbox, entity: str) -> None:
    sample = SAMPLES[entity]
    may_be = {name: {type(value), str, type(None)} for name, value in sample.items()}
    for number in ("SyncID", KEYS[entity], "WorkOrder_Order_Number", "AncienSoumission"):
        may_be[number] = {type(sample.get(number))}
    for number in ("WorkOrder_IDCust_Delivery", "WorkOrder_Close"):
        may_be[number] = {int}
    may_be["WorkOrder_BackOrder"] = {int, bool}
    may_be["Order_Quotation_Number"] = {list}

    for row in listed(sandbox, entity):
        assert list(row) == list(sample)
        assert {name for name in row if type(row[name]) not in may_be[name]} == set()


def test_the_lists_are_what_is_pending_and_no_more(sandbox: RunningSandbox) -> None:
    confirm(sandbox, [12])
    truth = sandbox.truth("cienapps")
    pending = {save["sync_id"]: save["row"] for save in truth["saves"] if not save["confirmed_at"]}

    shown = everything(sandbox)

    assert shown == pending
    assert sorted(shown) == truth["pending"]


def test_one_sequence_serves_all_lists_after_ten_of_old(sandbox: RunningSandbox) -> None:
    truth = sandbox.truth("cienapps")

    assert [line["sync_id"] for line in truth["history"]][:10] == list(range(1, 11))
    assert [save["sync_id"] for save in truth["saves"]] == list(
        range(11, 11 + len(_saves(sandbox)))
    )
    assert {save["entity"] for save in truth["saves"][3:20]} > {"order"}


def test_the_order_of_a_list_is_no_order(sandbox: RunningSandbox) -> None:
    first, second = ([row["SyncID"] for row in listed(sandbox, "quotation")] for _ in range(2))

    assert sorted(first) == sorted(second)
    assert len({tuple(first), tuple(second), tuple(sorted(first))}) == 3


def test_a_confirmation_takes_its_ids_off_all_lists(sandbox: RunningSandbox) -> None:
    before = len(sandbox.log())

    answer = confirm(sandbox, [11, 12, 13])

    assert (answer.status, answer.body) == (200, b"")
    assert not {11, 12, 13} & set(everything(sandbox))
    entry = sandbox.log(before)[0]
    assert (entry["asked"], entry["confirmed"]) == ([11, 12, 13], [11, 12, 13])
    history = sandbox.truth("cienapps")["history"]
    assert [line["sync_id"] for line in history[-3:]] == [11, 12, 13]
    assert all(line["confirmed_at"] for line in history)


def test_unknown_and_confirmed_ids_are_tolerated(sandbox: RunningSandbox) -> None:
    confirm(sandbox, [12])
    before = len(sandbox.log())

    answer = confirm(sandbox, [4, 12, 13, 13, 987_654])

    assert answer.status == 200
    assert sandbox.log(before)[0]["confirmed"] == [13]


@pytest.mark.parametrize(
    "body", [b"", b"[11]", b'{"SyncID": 11}', b'{"SyncID": ["11"]}', b'{"SyncIDs": [11]}', b"{"]
)
def test_a_confirmation_that_is_none_is_refused(sandbox: RunningSandbox, body: bytes) -> None:
    answer = ask(sandbox, "/api/sync/confirm", method="POST", body=body)

    assert answer.status == 400
    assert 11 in sandbox.truth("cienapps")["pending"]


def test_what_is_requeued_comes_back_as_it_was(sandbox: RunningSandbox) -> None:
    before = everything(sandbox)
    confirm(sandbox, [11, 12])

    assert sandbox.requeue("cienapps", [11, 13, 999_999]) == [11]

    assert everything(sandbox) == {number: row for number, row in before.items() if number != 12}


def test_a_planted_save_differs_only_where_told(sandbox: RunningSandbox) -> None:
    made = sandbox.save("cienapps", "order", key=4700, row={"Order_Step_Desc": "ON HOLD"})

    row = everything(sandbox)[made["sync_id"]]

    expected = {**SAMPLES["order"], "Order_Step_Desc": "ON HOLD"}
    assert row == {**expected, "SyncID": made["sync_id"]}
    assert made["key"] == "4700"


def test_a_planted_document_is_a_new_one(sandbox: RunningSandbox) -> None:
    known = {save["key"] for save in _saves(sandbox)}

    made = [sandbox.save("cienapps", entity) for entity in ENTITIES]

    rows = everything(sandbox)
    for entity, save in zip(ENTITIES, made, strict=True):
        assert save["key"] not in known
        assert str(rows[save["sync_id"]][KEYS[entity]]) == save["key"]


def test_fields_can_be_renamed_dropped_and_added(sandbox: RunningSandbox) -> None:
    made = sandbox.save(
        "cienapps",
        "quotation",
        row={"Quotation_Score": 7},
        rename={"SyncID": "SyncId"},
        drop=["Customer_City"],
    )

    row = next(row for row in listed_raw(sandbox, "quotation") if "SyncId" in row)

    assert row["SyncId"] == made["sync_id"]
    assert row["Quotation_Score"] == 7
    assert not {"SyncID", "Customer_City"} & set(row)


def listed_raw(sandbox: RunningSandbox, entity: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ask(sandbox, f"/api/sync/{entity}/list").json()
    return rows


def test_a_row_may_be_numbered_by_something_else(sandbox: RunningSandbox) -> None:
    made = sandbox.save("cienapps", "quotation", row={"SyncID": "twelve"})

    assert "twelve" in [row["SyncID"] for row in listed_raw(sandbox, "quotation")]

    assert confirm(sandbox, [made["sync_id"]]).status == 200
    assert "twelve" not in [row["SyncID"] for row in listed_raw(sandbox, "quotation")]


@pytest.mark.parametrize(
    ("raw", "sent"),
    [
        ('{"SyncID": %SYNC_ID%, "half', b'{"SyncID": %d, "half'),
        (b'{"name": "TH\xc9BERGE", "SyncID": %SYNC_ID%}', b'{"name": "TH\xc9BERGE", "SyncID": %d}'),
        (r'{"name": "\ud83d", "SyncID": %SYNC_ID%}', rb'{"name": "\ud83d", "SyncID": %d}'),
    ],
    ids=["broken JSON", "Latin-1", "half a surrogate pair"],
)
def test_a_planted_row_is_sent_byte_for_byte(
    sandbox: RunningSandbox, raw: str | bytes, sent: bytes
) -> None:
    made = sandbox.save("cienapps", "order", raw=raw)

    body = ask(sandbox, "/api/sync/order/list").body

    assert sent % made["sync_id"] in body
    assert _saves(sandbox)[-1]["sync_id"] == made["sync_id"]
    confirm(sandbox, [made["sync_id"]])
    assert sent % made["sync_id"] not in ask(sandbox, "/api/sync/order/list").body


def test_rows_as_saved_show_each_save(sandbox: RunningSandbox) -> None:
    first = sandbox.save("cienapps", "order", row={"Order_Step_Desc": "01 - CONFIRMED"})
    second = sandbox.save("cienapps", "order", key=first["key"], row={"Order_Step_Desc": "ON HOLD"})

    rows = everything(sandbox)

    assert rows[first["sync_id"]]["Order_Step_Desc"] == "01 - CONFIRMED"
    assert rows[second["sync_id"]]["Order_Step_Desc"] == "ON HOLD"


def test_rows_as_now_show_the_document_as_it_is() -> None:
    with running_sandbox(rows=0, rows_as="now") as sandbox:
        number = sandbox.save("cienapps", "order", key=4700, row={"Order_Step_Desc": "A"})[
            "sync_id"
        ]
        before = everything(sandbox)
        sandbox.save("cienapps", "order", key=4700, row={"Order_Step_Desc": "B"})
        after = everything(sandbox)
        told = {save["sync_id"]: save for save in _saves(sandbox)}

    assert {before[id_]["Order_Step_Desc"] for id_ in (11, number)} == {"A"}
    assert {after[id_]["Order_Step_Desc"] for id_ in (11, number, number + 1)} == {"B"}
    assert told[11]["row"]["Order_Step_Desc"] == "04 -INVOICED"
    assert [told[id_]["shown"] for id_ in (11, 12, number)] == [
        [number, number + 1],
        [12],
        [number, number + 1],
    ]


def test_a_site_may_limit_its_lists() -> None:
    with running_sandbox(rows=30, list_limit=5) as sandbox:
        pending = [save["sync_id"] for save in _saves(sandbox) if save["entity"] == "quotation"]
        first = [row["SyncID"] for row in listed(sandbox, "quotation")]
        confirm(sandbox, first)
        second = [row["SyncID"] for row in listed(sandbox, "quotation")]

    assert sorted(first) == pending[:5]
    assert sorted(second) == pending[5:10]


def test_a_key_may_lack_write_permission() -> None:
    with running_sandbox(rows=0, options={"cienapps": {"write": False}}) as sandbox:
        answer = confirm(sandbox, [11])
        assert len(everything(sandbox)) == 3

    assert answer.status == 403
    assert answer.headers["content-type"].startswith("text/plain")


def test_without_triggers_the_lists_stay_empty() -> None:
    with running_sandbox(rows=20, options={"cienapps": {"triggers": False}}) as sandbox:
        sandbox.advance(days=3)
        assert sandbox.save("cienapps", "order") == {"sync_id": None, "key": None}
        assert everything(sandbox) == {}
        assert _saves(sandbox) == []


@pytest.mark.parametrize(
    ("unknown_ids", "status", "confirmed"), [("refuse", 404, [11]), ("refuse_all", 400, [])]
)
def test_a_site_may_refuse_unknown_ids(
    tmp_path: Path, unknown_ids: str, status: int, confirmed: list[int]
) -> None:
    options = {"cienapps": {"unknown_ids": unknown_ids, "confirm_route": "/sync/confirm"}}
    with running_sandbox(rows=0, options=options, journal=tmp_path) as sandbox:
        body = {"SyncID": [11, 999]}
        assert ask(sandbox, "/api/sync/confirm", method="POST", body=body).status == 404
        answer = ask(sandbox, "/sync/confirm", method="POST", body=body)
        assert sandbox.log()[-1]["confirmed"] == confirmed

    assert answer.status == status
    history = _lines(tmp_path / "cienapps.confirmed.jsonl")
    assert [line["sync_id"] for line in history] == [*range(1, 11), *confirmed]
    requests = _lines(tmp_path / "requests.jsonl")
    assert [request["status"] for request in requests] == [404, status]


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
