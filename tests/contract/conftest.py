"""Every vendor there is, every table, every fault, as parameters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import sources
from sources._sandbox.faults import FaultKind
from tests.contract.worlds import own_faults


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `vendor` is asked of all; with `table` or `unseen`, of all they have.

    `unseen` are the vendor's own ways to go wrong that no answer shows.
    """
    asked = set(metafunc.fixturenames)
    if "vendor" not in asked:
        return
    both = next((name for name in ("table", "unseen") if name in asked), None)
    if both is None:
        metafunc.parametrize("vendor", sources.names())
        return
    pairs = _tables() if both == "table" else _unseen()
    metafunc.parametrize(
        ("vendor", both), [pytest.param(vendor, it, id=f"{vendor}-{n}") for vendor, n, it in pairs]
    )


# what takes half a minute each, and is asked of quicker vendors in `make test` too
LONG = frozenset(
    {
        "test_what_lasts_is_told[crm_com]",
        "test_what_lasts_is_told[carecloud]",
        "test_what_lasts_is_told[cimcloud]",
        "test_what_passes_is_recovered_from[carecloud]",
        "test_killed_at_every_place_that_matters[cimcloud]",
        "test_killed_in_the_midst_of_lists[cimcloud]",
        "test_killed_in_the_midst_of_lists[carecloud]",
        "test_a_renamed_required_field_is_told[crm_com]",
        "test_a_vendor_needs_only_its_folder",
        "test_nobody_who_stayed_is_missed[cimcloud]",
        "test_nobody_who_stayed_is_missed[carecloud]",
        "test_what_no_answer_shows_is_put_right_later[carecloud-share_of_rows]",
        "test_a_renamed_required_field_is_told[carecloud]",
        "test_the_archive_replayed_gives_what_it_gave[carecloud]",
        "test_the_archive_replayed_gives_what_it_gave[cimcloud]",
        "test_the_archive_replayed_gives_what_it_gave[crm_com]",
    }
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One vendor's tests stay together: test processes that share them out wait less on another."""
    here = Path(__file__).parent
    places = [place for place, item in enumerate(items) if here in item.path.parents]
    ours = sorted((items[place] for place in places), key=_vendor_of)
    for place, item in zip(places, ours, strict=True):
        items[place] = item
        if item.name in LONG:
            item.add_marker(pytest.mark.long)


def _vendor_of(item: pytest.Item) -> str:
    call = getattr(item, "callspec", None)
    return str(call.params.get("vendor", "")) if call is not None else ""


def _tables() -> Iterator[tuple[str, str, str]]:
    for vendor in sources.names():
        for table in sources.load(vendor).tables:
            yield vendor, table.name, table.name


def _unseen() -> Iterator[tuple[str, str, FaultKind]]:
    for vendor in sources.names():
        for kind in own_faults(vendor):
            if kind.unseen:
                yield vendor, kind.name, kind
