"""Tables that sandboxes keep: sorted whatever happens to them, and never with two rows of a key."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources._sandbox.store import Row, Store, Table, TableKind, sort_value, with_changes

VALUES = st.one_of(
    st.none(), st.integers(-5, 5), st.floats(-2, 2), st.text(max_size=2), st.lists(st.booleans())
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["make", "save", "delete", "restore"]), st.integers(0, 9), VALUES),
    max_size=40,
)


def _revised(row: Row, _chance: random.Random) -> Mapping[str, Any]:
    return {"value": f"{row['value']}!"}


def _renewed(_row: Row, chance: random.Random) -> Mapping[str, Any]:
    return {"id": chance.randrange(1000)}


def _table() -> Table:
    ticks = iter(range(1_000_000))
    kind = TableKind(
        name="things",
        key=("id",),
        revised=_revised,
        renewed=_renewed,
        changed="at",
        created=("made",),
    )
    return Table(kind, lambda: next(ticks))


def _filled(count: int) -> Table:
    table = _table()
    for number in range(count):
        table.insert({"id": number, "value": number % 3, "made": -1, "at": -1})
    return table


@given(steps=STEPS)
def test_a_table_stays_sorted_whatever_happens(steps: list[tuple[str, int, Any]]) -> None:
    table = _table()
    table.by("value")
    table.by("at")
    for what, number, value in steps:
        key = str(number)
        if what == "make" and not table.knows(key):
            table.insert({"id": number, "value": value, "at": 0})
        elif what == "save" and table.knows(key):
            table.update(key, {"value": value})
        elif what == "delete" and table.get(key) is not None:
            table.delete(key)
        elif what == "restore" and key in table.deleted:
            table.restore(key)

    for name in ("value", "at"):
        kept = [record for _value, _moved, record in table.by(name)]
        expected = sorted(
            table.records(), key=lambda record: (sort_value(record.row[name]), record.moved)
        )
        assert kept == expected
    assert len(table) == len({record.key for record in table.records()})


@pytest.mark.parametrize(
    "ordered",
    [[None, -1, 0.5, 2, "", "10", "9", "a", {"a": 1}, {"b": 1}]],
    ids=["mixed"],
)
def test_values_of_any_type_can_be_sorted(ordered: list[Any]) -> None:
    shuffled = random.Random(3).sample(ordered, len(ordered))

    assert sorted(shuffled, key=sort_value) == ordered


def test_a_row_with_other_values_leaves_the_old_one_alone() -> None:
    row = {"a": {"b": {"c": 1, "d": 2}}, "e": None}

    changed = with_changes(row, {"a.b.c": 5, "e.f": 6, "g": 7})

    assert changed == {"a": {"b": {"c": 5, "d": 2}}, "e": {"f": 6}, "g": 7}
    assert row == {"a": {"b": {"c": 1, "d": 2}}, "e": None}


def test_a_key_is_given_once() -> None:
    table = _filled(3)
    table.delete("1")

    for number in (0, 1):
        with pytest.raises(ValueError, match=f"has a row '{number}'"):
            table.insert({"id": number})


def test_a_save_moves_a_row_and_stamps_it_unless_told_otherwise() -> None:
    table = _filled(3)

    table.update("2", {"value": 9}, at=77)
    table.update("0", {"value": 9})
    table.update("1", {"value": 9}, touch=False)

    rows = {record.key: record for record in table.records()}
    assert [rows[key].row["at"] for key in "012"] == [0, -1, 77]
    assert [record.key for _v, _m, record in table.by("value")] == ["2", "0", "1"]
    with pytest.raises(ValueError, match="another row's key"):
        table.update("0", {"id": 5})
    with pytest.raises(KeyError):
        table.update("9", {})


def test_a_deleted_row_can_be_saved_and_comes_back_as_it_is() -> None:
    table = _filled(2)
    table.delete("0")
    table.update("0", {"value": "new"})

    assert [record.key for record in table.records()] == ["1"]
    table.restore("0")

    found = table.get("0")
    assert found is not None
    assert found.row["value"] == "new"
    assert len(table.by("value")) == 2


def test_chance_leaves_spared_rows_alone() -> None:
    table = _filled(4)
    table.spared |= {"0", "2"}
    store = Store("vendor", 1, [table])

    assert store.change(1.0) == {"things": ["1", "3"]}
    assert {store.amend_one(table).key for _ in range(30)} == {"1", "3"}
    store.stir(table)
    assert table.get("0") is not None
    assert table.get("2") is not None


def test_the_same_seed_changes_the_same_rows() -> None:
    chosen = [Store("vendor", seed, [_filled(50)]).change(0.2) for seed in (1, 1, 2)]

    assert chosen[0] == chosen[1] != chosen[2]
    assert len(chosen[0]["things"]) == 10


def test_a_row_is_made_like_the_last_one_with_times_of_its_own() -> None:
    table = _filled(2)
    store = Store("vendor", 1, [table])

    made = store.make(table, {"extra": 1}).row

    assert made["value"] == 1
    assert made["extra"] == 1
    assert made["id"] not in (0, 1)
    assert (made["made"], made["at"]) == (0, 1)
    with pytest.raises(ValueError, match="no row to make another one like"):
        store.make(_table(), {})
    with pytest.raises(ValueError, match="no table 'nothing'"):
        store.table("nothing")
