"""What tests may do to any sandbox: each control does on the wire what it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sources
from sources._sandbox.process import RunningSandbox, SandboxFailedError, running_sandbox
from sources._sandbox.written import Written
from tests.sources.sandbox_wire import everything

NAMES = st.text("abc", min_size=1, max_size=2)
ROWS = st.dictionaries(
    NAMES,
    st.recursive(
        st.integers() | st.none(),
        lambda inside: st.lists(inside, max_size=3) | st.dictionaries(NAMES, inside, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(rows=40) as running:
        yield running
        assert running.complaints() == ""


@pytest.mark.parametrize("vendor", sources.names())
def test_every_table_has_rows_and_a_route(sandbox: RunningSandbox, vendor: str) -> None:
    books, tables = sandbox.books(vendor), {t.name for t in sources.load(vendor).tables}
    keys = books.keys()
    assert {table for table in tables if not keys.get(table)} == set()
    assert tables <= set(books.about().routes)


@pytest.mark.parametrize("vendor", sources.names())
def test_made_is_there_and_deleted_is_gone(sandbox: RunningSandbox, vendor: str) -> None:
    books = sandbox.books(vendor)
    table = sources.load(vendor).tables[0].name
    before = books.keys()[table]
    key = books.make(table)
    assert key not in before
    assert set(books.keys()[table]) == {*before, key}
    if not books.about().can_delete:
        with pytest.raises(SandboxFailedError, match="nothing can be deleted"):
            books.delete(table, [key])
        return
    books.delete(table, [key])
    assert books.keys()[table] == before


def test_what_a_vendor_must_be_told_is_toml(sandbox: RunningSandbox) -> None:
    told = {"timezone": '"America/Vancouver"', "currency": '"CAD"'}
    assert sandbox.settings("cimcloud") == told
    assert sandbox.settings("cienapps") == {}


def test_a_queue_tells_of_a_change_and_writes_as_it_is_told() -> None:
    with running_sandbox(rows=5) as sandbox:
        books = sandbox.books("cienapps")
        listed = {
            number: row for number, row in everything(sandbox).items() if "Order_Number" in row
        }
        key = books.change("orders")
        books.plant("orders", "Colour", "oak")
        books.rename("orders", "Order_Title", "Titel")

        now = {number: row for number, row in everything(sandbox).items() if "Order_Number" in row}

        (changed,) = set(now) - set(listed)
        assert str(now[changed]["Order_Number"]) == key
        assert {row["Colour"] for row in now.values()} == {"oak"}
        assert all("Titel" in row and "Order_Title" not in row for row in now.values())
        books.rename("orders", "Order_Title", "Order_Title")
        books.plant("orders", "Colour", "ash")
        again = [row for row in everything(sandbox).values() if "Order_Number" in row]
        assert {row["Colour"] for row in again} == {"ash"}
        assert all("Order_Title" in row for row in again)


def test_a_table_writes_as_it_is_told() -> None:
    with running_sandbox(rows=5) as sandbox:
        books, tables = sandbox.books("cimcloud"), sandbox.tables("cimcloud")
        before = tables.rows("accounts")
        key = books.change("accounts")
        changed = {k for k, row in tables.rows("accounts").items() if row != before[k]}
        assert changed == {key}
        books.plant("accounts", "colour", "oak")
        books.rename("accounts", "a_id", "id")
        for key, row in tables.rows("accounts").items():
            assert (row["colour"], str(row["id"])) == ("oak", key)
            assert "a_id" not in row


@given(ROWS, NAMES, st.lists(NAMES, min_size=1, max_size=3))
def test_a_renamed_field_moves_and_its_own_name_undoes_it(
    row: dict[str, Any], other: str, path: list[str]
) -> None:
    written, field = Written(), ".".join(path)
    written.rename("t", field, "X")
    assert _at(written.of("t", row), [*path[:-1], "X"]) == _at(row, path)
    assert _at(written.of("t", row), path) == []
    assert written.of("u", row) == row
    written.rename("t", field, field)
    assert written.of("t", row) == row
    written.plant("t", other, 1)
    assert written.of("t", row) == {**row, other: 1}


def _at(value: Any, path: list[str]) -> list[Any]:
    """Every value that a path leads to, through objects and arrays."""
    if isinstance(value, list):
        return [found for element in value for found in _at(element, path)]
    if not path:
        return [value]
    if not isinstance(value, dict) or path[0] not in value:
        return []
    return [value[path[0]]] if len(path) == 1 else _at(value[path[0]], path[1:])
