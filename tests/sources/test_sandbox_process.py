"""The sandbox as a process: how it starts, repeats itself, turns its clock and ends."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

import sources
from sources._sandbox.process import RunningSandbox, SandboxFailedError, running_sandbox
from tests.sources.sandbox_wire import ask, everything

Save = dict[str, Any]


def _saves(sandbox: RunningSandbox) -> list[Save]:
    saves: list[Save] = sandbox.truth("cienapps")["saves"]
    return saves


def test_the_same_seed_is_the_same_company_however_the_clock_is_turned() -> None:
    with running_sandbox(seed=3, rows=60) as one, running_sandbox(seed=3, rows=60) as two:
        one.advance(days=4)
        for hours in (24, 30, 6, 36):
            two.advance(hours=hours)
        first, second, lists = _saves(one), _saves(two), [everything(one), everything(two)]

    assert first == second
    assert lists[0] == lists[1]
    with running_sandbox(seed=4, rows=60) as other:
        assert _saves(other) != first[: len(_saves(other))]


def test_the_clock_stands_still_until_it_is_turned() -> None:
    start = datetime(2025, 5, 5, 12, tzinfo=UTC)
    with running_sandbox(rows=30, start_at=start) as sandbox:
        before = len(_saves(sandbox))
        assert sandbox.now() == start
        brought = sandbox.advance(days=5, hours=1)
        assert sandbox.now() == datetime(2025, 5, 10, 13, tzinfo=UTC)
        saves = sandbox.truth("cienapps", after=10 + before)["saves"]
        with pytest.raises(SandboxFailedError, match="cannot go back"):
            sandbox.advance(days=-1)

    assert len(saves) == brought > 10
    times = [datetime.fromisoformat(save["saved_at"]) for save in saves]
    assert times == sorted(times)
    assert start < times[0]
    assert times[-1] <= datetime(2025, 5, 10, 13, tzinfo=UTC)


def test_documents_move_on_and_hang_together() -> None:
    with running_sandbox(rows=120) as sandbox:
        sandbox.advance(days=21)
        saves = [save for save in _saves(sandbox) if save["sync_id"] > 13]

    keys = {entity: {s["key"] for s in saves if s["entity"] == entity} for entity in ENTITY_STEPS}
    for save in saves:
        row = save["row"]
        if save["entity"] == "order":
            assert 1 <= len(row["Order_Quotation_Number"]) <= 3
            assert {str(number) for number in row["Order_Quotation_Number"]} <= keys["quotation"]
        elif save["entity"] == "workorder":
            assert str(row["WorkOrder_Order_Number"]) in keys["order"]
            assert row["WorkOrder_Number"].startswith(f"{row['AncienSoumission']}-")
            assert str(row["AncienSoumission"]) in keys["quotation"]
            closed = row["WorkOrder_Step_Desc"].strip().upper().endswith("INSTALLED")
            assert row["WorkOrder_Close"] == int(closed) == int(bool(row["WorkOrder_Close_Date"]))
    assert not {"4700", "6139", "6122", "7953", "4704-1"} & set().union(*keys.values())
    _only_forward(saves)
    busiest = Counter((save["entity"], save["key"]) for save in saves).most_common(1)[0][1]
    assert busiest > 3, "no document was saved several times"


ENTITY_STEPS = {
    "quotation": "Quotation_Step_Desc",
    "order": "Order_Step_Desc",
    "workorder": "WorkOrder_Step_Desc",
}
LATER = [
    *("FIRST MEETING", "QUOTING", "PRESENTED", "ACCEPTED", "LOST"),
    *("CONFIRMED", "ON HOLD", "IN PRODUCTION", "03 - DELIVERED", "PARTIAL INVOICING", "INVOICED"),
    *("READY FOR PROCESSING", "CUTTING", "ASSEMBLY", "FINISHING", "READY TO SHIP", "06 DELIVERED"),
    "INSTALLED",
]


def _only_forward(saves: list[Save]) -> None:
    """Every document's steps come in the order of its life."""
    reached: dict[tuple[str, str], int] = {}
    for save in saves:
        text = " ".join(save["row"][ENTITY_STEPS[save["entity"]]].upper().split())
        step = next(i for i, word in enumerate(LATER) if word in text)
        assert step >= reached.get((save["entity"], save["key"]), 0), (save["key"], text)
        reached[save["entity"], save["key"]] = step


def test_what_every_reader_must_survive_is_there() -> None:
    with running_sandbox(rows=200) as sandbox:
        rows = everything(sandbox).values()

    texts = {value for row in rows for value in row.values() if isinstance(value, str)}
    back_orders = {repr(row["WorkOrder_BackOrder"]) for row in rows if "WorkOrder_Number" in row}
    assert "<script>alert(1)</script>" in texts
    assert "THÉBERGE" in texts
    assert "" in texts
    assert any(None in row.values() for row in rows)
    assert any(text.endswith(" ") for text in texts)
    assert {" " in row["Customer_PostalCode"] for row in rows} == {True, False}
    assert {"-" in row["WorkOrder_DateDue"] for row in rows if "WorkOrder_Number" in row} == {
        True,
        False,
    }
    assert back_orders >= {"0", "1", "False"}
    assert any(len(row.get("Order_Quotation_Number", [])) > 1 for row in rows)
    assert any(len(row.get("Order_Reference", "")) == 24 for row in rows)
    orders = sum("Order_Number" in row for row in rows)
    assert 160 < orders < 240


def test_it_stops_at_once_even_while_somebody_is_kept_waiting() -> None:
    with running_sandbox(rows=0) as sandbox:
        sandbox.fault("timeout", vendor="cienapps")
        key = sandbox.credentials("cienapps")["api_token"]
        failures: list[Exception] = []

        def wait() -> None:
            try:
                ask(sandbox, "/api/sync/order/list", key=key)
            except OSError as error:
                failures.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        while not sandbox.log():
            time.sleep(0.01)
        started = time.monotonic()
        assert sandbox.stop() == 0
        assert time.monotonic() - started < 2
        waiting.join()
        assert len(failures) == 1
        assert sandbox.complaints() == ""


def test_it_ends_with_the_process_that_started_it() -> None:
    with running_sandbox(rows=0) as sandbox:
        assert sandbox.process.stdin is not None
        sandbox.process.stdin.close()
        assert sandbox.process.wait(5) == 0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"nobody": {"write": True}}, r"no sandbox for \['nobody'\]"),
        ({"cienapps": {"writ": True}}, "cienapps has no option 'writ'"),
        ({"cienapps": {"write": "maybe"}}, "cienapps.write is 'maybe'; it is one of true, false"),
    ],
)
def test_it_refuses_what_it_cannot_play(options: dict[str, dict[str, object]], reason: str) -> None:
    with pytest.raises(SandboxFailedError, match=reason), running_sandbox(rows=0, options=options):
        pass


def test_it_never_loads_the_client() -> None:
    clients = [f"sources.{name}" for name in sources.names()]
    heavy = ["dlt", "httpx", "duckdb", "sources._http", "sources._tables", *clients]
    code = (
        "import sys; from sources._sandbox.vendor import discover; print(*discover());"
        f"print(*(m for m in {heavy} if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == [" ".join(sources.names()), ""]
