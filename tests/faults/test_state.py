"""Where readings go on: shown, set back, carried elsewhere; never moved by stealth."""

from __future__ import annotations

import json
from pathlib import Path

from tests.faults.conftest import Open
from tests.faults.table_truth import assert_equal_to_books
from tests.house import House, change

LOAD = ("--no-publish", "--max-minutes", "0")
LIVE = "table_name = 'orders' and stream = 'live'"


def _since(house: House) -> str:
    ((since,),) = house.ask_raw(f"select position->>'since' from ops.positions where {LIVE}")
    return str(since)


def test_a_cursor_is_shown_set_back_and_carried(budgeted: Open, tmp_path: Path) -> None:
    house = budgeted()
    house.run(*LOAD)
    stood = _since(house)
    assert stood in house.penstock("state", "show", "cimcloud").output
    exported = tmp_path / "state.json"
    exported.write_text(house.penstock("state", "export", "cimcloud").output)
    versions = house.ask_raw("select count(*) from cimcloud.orders")

    back = house.penstock("state", "rewind", "cimcloud", "--tables", "orders", "--to", "2023-12-01")
    assert back.code == 0, back.output
    assert f"goes on from 2023-12-01 (was {stood})" in back.output
    assert _since(house) == "2023-12-01"
    house.run("cimcloud", "--tables", "orders", *LOAD)
    assert house.ask_raw("select count(*) from cimcloud.orders") == versions
    assert _since(house) == stood
    assert_equal_to_books(house)

    house.penstock("state", "rewind", "cimcloud", "--tables", "orders", "--to", "2023-12-01")
    ahead = house.penstock("state", "import", "cimcloud", str(exported))
    assert ahead.code == 1
    assert f"would go ahead from 2023-12-01 to {stood}" in ahead.output
    assert _since(house) == "2023-12-01"
    assert house.penstock("state", "import", "cimcloud", str(exported), "--anyway").code == 0
    assert _since(house) == stood

    later = json.loads(exported.read_text())
    for one in later["positions"]:
        if one["table"] == "orders" and one["stream"] == "live":
            one["position"]["since"] = "2023-11-01"
    exported.write_text(json.dumps(later))
    behind = house.penstock("state", "import", "cimcloud", str(exported))
    assert behind.code == 1
    assert f"would go back from {stood} to 2023-11-01" in behind.output


def test_a_reading_that_would_take_its_cursor_back_is_refused(budgeted: Open) -> None:
    house = budgeted()
    house.run(*LOAD)
    house.sandbox.tables("cimcloud").change(0.2)
    # what no reading does: it stands ahead of the day that the next one ends with
    change(
        house.raw,
        "update ops.positions set position = json_merge_patch(position, "
        f'\'{{"since": "2031-01-01", "begun_on": "2024-01-01"}}\') where {LIVE}',
    )

    ended = house.penstock("run", "cimcloud", "--tables", "orders", *LOAD)

    assert ended.code == 0, ended.output
    assert _since(house) == "2031-01-01"


def test_a_queue_has_no_cursor_and_says_so(house: House, tmp_path: Path) -> None:
    house.run("--no-publish")
    assert "needs none" in house.penstock("state", "show").output
    refused = house.penstock(
        "state", "rewind", "cienapps", "--tables", "orders", "--to", "2024-01-01"
    )
    assert refused.code == 2
    assert "no cursor that knows of days" in refused.output
    strange = tmp_path / "state.json"
    strange.write_text('{"format": 7}')
    said = house.penstock("state", "import", "cienapps", str(strange))
    assert said.code == 2
    assert "its format is 7" in said.output
