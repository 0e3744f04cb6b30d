"""A table that lacks too many rows is refused, on every run, until these are settled."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.house import House

NO_DAY = {"Order_DateDue": "2024-02-31"}


@pytest.mark.long
def test_too_much_in_quarantine_is_refused_until_it_is_settled(house: House) -> None:
    (house.folder / "checks").mkdir()
    (house.folder / "checks" / "cienapps.yml").write_text("quarantine: {orders: 0 rows}\n")
    house.sandbox.save("cienapps", "order", row=NO_DAY)

    refused = house.penstock("run", "--no-publish")
    assert refused.code == 3, refused.output
    told = re.findall(r"^CRITICAL cienapps ([\w.]+): (\w+) \(1 row\)", refused.output, re.M)
    assert told == [("orders", "quarantine")]
    assert "penstock quarantine list" in refused.output
    command = re.search(r"all of them: (penstock sql --raw .*)", refused.output)
    assert command, refused.output
    shown = house.penstock(*shlex.split(command[1])[1:], "--csv").output
    assert re.search(r"^cienapps,1,\w+$", shown, re.M), shown
    name = shown.split(",")[-1].strip()

    given_up = house.penstock("quarantine", "discard", name, "--reason", "a test order")
    assert given_up.code == 0, given_up.output
    house.run()
    assert house.ask("select rows_open, rows_resolved from ops.quarantine") == [(0, 1)]
    assert house.ask("select bool_or(is_replay) from ops.windows") == [(False,)]
