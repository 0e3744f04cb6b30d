"""Whatever goes wrong is recovered from or told; never is a short table taken for a whole one.

Several things go wrong in one run, each on the way of another table, since a run costs seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

import sources
from sources._sandbox.faults import FaultKind
from tests.contract.worlds import (
    LOAD,
    QUICK,
    Hashes,
    assert_told,
    assert_whole,
    books_of,
    leaks,
    own_faults,
    read_on_every_run,
    tables_of,
    undisturbed_rows,
    vendor_house,
)
from tests.house import Ended, House
from tests.once import Once

Order = dict[str, Any]
PASSING: tuple[Order, ...] = (
    {"kind": "too_many"},
    {"kind": "cut"},
    {"kind": "too_many", "retry_after": 1},
    {"kind": "server_error"},
    {"kind": "timeout"},
    {"kind": "drop"},
    {"kind": "server_error", "status": 503},
    {"kind": "truncated_json"},
    {"kind": "slow", "ms": 20, "times": "always"},
    {"kind": "html"},
    {"kind": "repeated_list", "after": 1},
)
LASTING: dict[str, Order] = {
    "unauthorized": {"kind": "unauthorized"},
    "too many requests": {"kind": "too_many"},
    "come back tomorrow": {"kind": "too_many", "retry_after": 86_400},
    "server error": {"kind": "server_error"},
    "timeout": {"kind": "timeout"},
    "cut": {"kind": "cut"},
    "drop": {"kind": "drop"},
    "truncated json": {"kind": "truncated_json"},
    "html": {"kind": "html"},
}
AT_ONCE = 2  # of them on the way of one table, one after the other


@pytest.fixture
def undisturbed(once: Once, vendor: str) -> Hashes:
    """What a run brings when nothing goes wrong."""
    return once(f"undisturbed-{vendor}", lambda folder: undisturbed_rows(folder, vendor))


def test_what_passes_is_recovered_from(tmp_path: Path, vendor: str, undisturbed: Hashes) -> None:
    """Each table is struck twice in a first run, in as many as it takes to see every kind."""
    kinds, seen = cycle(PASSING), 0
    while seen < len(PASSING):
        with vendor_house(tmp_path / f"after-{seen}", vendor, QUICK) as house:
            for route in _routes(house):
                for order in islice(kinds, AT_ONCE):
                    house.sandbox.fault(vendor=vendor, route=route, **{"times": 1, **order})
                    seen += 1

            ended = house.run(*LOAD[1:])

            idle = [f"{f['kind']} {f['route']}" for f in house.sandbox.faults() if not f["struck"]]
            assert [fault for fault in idle if "repeated_list" not in fault] == []
            assert_whole(house, undisturbed)
            assert leaks(house, ended.output) == []


def test_what_lasts_is_told(tmp_path: Path, vendor: str, undisturbed: Hashes) -> None:
    """Each kind on the way of another table that has news; in the end all is here.

    A third of the kinds for each vendor, and all of the vendor's own, which may be recovered from
    as well.
    """
    own = {kind.name: {"kind": kind.name} for kind in _seen_faults(vendor)}
    with vendor_house(tmp_path, vendor, QUICK) as house:
        house.run(*LOAD[1:])
        books, tables, outputs = books_of(house), cycle(read_on_every_run(house)), []
        routes = books.about().routes
        for (name, order), table in zip({**_share(vendor), **own}.items(), tables, strict=False):
            books.make(table)
            route = _place(vendor, order["kind"]) or routes[table]
            house.sandbox.fault(vendor=vendor, route=route, times="always", **order)
            ended = house.penstock(*LOAD)
            outputs.append(ended.output)
            if name in own:
                _assert_settled(house, ended, undisturbed, about=name)
            else:
                assert_told(ended, f"{vendor}.{table}: ", about=name)
            house.sandbox.clear_faults()
        assert leaks(house, *outputs) == []
        house.run(*LOAD[1:])
        assert_whole(house, undisturbed)


def test_the_vendors_own_are_recovered_from_or_told(
    tmp_path: Path, vendor: str, undisturbed: Hashes
) -> None:
    """Each once, all in a first run."""
    with vendor_house(tmp_path, vendor, QUICK) as house:
        for kind, route in zip(_seen_faults(vendor), cycle(_routes(house)), strict=False):
            house.sandbox.fault(kind.name, vendor=vendor, route=kind.route or route, times=1)
        ended = house.penstock(*LOAD)
        _assert_settled(house, ended, undisturbed, about="once each")
        assert leaks(house, ended.output) == []
        house.sandbox.clear_faults()
        house.run(*LOAD[1:])
        assert_whole(house, undisturbed)


def test_what_no_answer_shows_is_put_right_later(
    tmp_path: Path, vendor: str, unseen: FaultKind, undisturbed: Hashes
) -> None:
    """By the next run, or by a sweep where lists can be read whole."""
    with vendor_house(tmp_path, vendor, QUICK) as house:
        table = tables_of(house)[0].name
        route = books_of(house).about().routes[table]
        house.sandbox.fault(unseen.name, vendor=vendor, route=route, times="always")
        house.penstock(*LOAD)
        assert any(armed["struck"] for armed in house.sandbox.faults())
        house.sandbox.clear_faults()
        house.run(*LOAD[1:])
        if sources.load(vendor).whole is not None:
            swept = house.penstock("sweep", vendor, "--tables", table, *LOAD[1:])
            assert swept.code == 0, swept.output
        assert_whole(house, undisturbed)


def _seen_faults(vendor: str) -> Sequence[FaultKind]:
    """The vendor's own ways to go wrong that an answer shows."""
    return [kind for kind in own_faults(vendor) if not kind.unseen]


def _share(vendor: str) -> dict[str, Order]:
    """A third of the lasting kinds, the others for the next vendors: one client asks them all."""
    own = sources.names().index(vendor) % 3
    return dict(list(LASTING.items())[own::3])


def _place(vendor: str, name: str) -> str:
    """Where a kind belongs, if it is one of the vendor's own that has a place."""
    return next((kind.route for kind in own_faults(vendor) if kind.name == name), "")


def _assert_settled(house: House, ended: Ended, undisturbed: Hashes, about: str) -> None:
    """All is here, or it is told what is not."""
    if ended.code != 0:
        assert_told(ended, house.vendor, about=about)
    else:
        assert_whole(house, undisturbed)


def _routes(house: House) -> Sequence[str]:
    routes = books_of(house).about().routes
    return list(dict.fromkeys(routes[table.name] for table in tables_of(house)))
