"""CareCloud read for real: all of it, under a limit, in another language, by one customer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import sources
from pipelines.clock import SHIFT
from sources._sandbox.process import running_sandbox
from sources._tables.declare import Child, Column, Kind, Table
from tests.house import House

pytestmark = pytest.mark.long
VENDOR = "carecloud"
LOAD = ("run", "--no-publish", "--max-minutes", "0")
PRAGUE = ZoneInfo("Europe/Prague")
OFF = {"languages", "countries", "statuses", "segments", "rewards"}
ALL = "{languages = true, countries = true, statuses = true, segments = true, rewards = true}"
TABLES: dict[str, Table] = {table.name: table for table in sources.load(VENDOR).tables}
Open = Callable[..., House]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens houses of CareCloud: `rows`, settings as TOML, then options of its sandbox."""
    with ExitStack() as stack:

        def open_house(
            rows: int = 20, settings: Mapping[str, str] | None = None, **options: object
        ) -> House:
            sandbox = stack.enter_context(running_sandbox(rows=rows, options={VENDOR: options}))
            shift = sandbox.now().astimezone(UTC) - datetime.now(UTC)
            house = House(
                tmp_path / "project",
                sandbox,
                settings=dict(settings or {}),
                vendor=VENDOR,
                environment={SHIFT: str(shift.total_seconds())},
            )
            stack.callback(lambda: _assert_well(house))
            return house

        yield open_house


def _assert_well(house: House) -> None:
    assert house.sandbox.complaints() == ""


def lists(house: House, after: int = 0) -> list[dict[str, Any]]:
    """The requests for lists and objects."""
    return [entry for entry in house.sandbox.log(after) if entry["method"] == "GET"]


def theirs(table: Table, row: Mapping[str, Any]) -> dict[str, object]:
    """What a row of the vendor's must be here, read a second time with Python."""
    return {c.name: _value(row, c) for c in table.columns if c.kind is not Kind.JSON}


def _value(row: Mapping[str, Any], column: Column) -> object:
    held: Any = row
    for name in column.within:
        held = held.get(name) or {}
    said = next((held[wire] for wire in column.wires if held.get(wire) is not None), None)
    text = None if said is None else str(said).strip(" \t\r\n\xa0") or None
    if text is None:
        return None
    match column.kind:
        case Kind.INTEGER:
            return int(text)
        case Kind.DECIMAL:
            return Decimal(text).quantize(Decimal("0.0001"))
        case Kind.FLAG:
            return text.lower() in ("1", "true")
        case Kind.TIMESTAMP:
            at = datetime.fromisoformat(text).replace(tzinfo=PRAGUE, fold=1)
            return at.astimezone(UTC).replace(tzinfo=None)
        case _:
            return text


def assert_as_theirs(house: House, *but: str) -> None:
    """Every table holds what the vendor has now, lines and all, and no version twice."""
    books = house.sandbox.tables(VENDOR).truth()["tables"]
    for name, table in TABLES.items():
        if name in but:
            continue
        found = _newest(house, table)
        wanted = {key: theirs(table, row) for key, row in books[name].items()}
        assert found == wanted, name
        for child in table.children:
            lines = _lines(house, child, table)
            assert lines == {
                (key, number): {c.name: _value(element, c) for c in _plain(child)}
                for key, row in books[name].items()
                for number, element in enumerate(row.get(child.wire) or ())
            }, child.name
        assert house.ask_raw(
            f"select count(*), count(distinct (_page_id, _row_number)) from {VENDOR}.{name}"
        ) == [(len(rows := _rows(house, name)), len(rows))]


def _rows(house: House, table: str) -> list[tuple[object, ...]]:
    return house.ask_raw(f"select _key from {VENDOR}.{table}")


def _plain(child: Child) -> list[Column]:
    return [c for c in child.columns if c.kind is not Kind.JSON]


NEWEST = """qualify row_number() over (partition by _key order by _version desc,
    _observed_at desc) = 1"""
GONE = """not exists (select 1 from ops.deletions as d where d._key = v._key
    and d.table_name = '{0}' and d.restored_at is null)"""


def _newest(house: House, table: Table) -> dict[str, dict[str, object]]:
    names = [c.name for c in table.columns if c.kind is not Kind.JSON]
    quoted = ", ".join(f'"{name}"' for name in names)
    rows = house.ask_raw(
        f"select split_part(_key, chr(31), 2), {quoted} from {VENDOR}.{table.name} as v "
        f"where {GONE.format(table.name)} {NEWEST}"
    )
    return {str(key): dict(zip(names, values, strict=True)) for key, *values in rows}


def _lines(house: House, child: Child, table: Table) -> dict[tuple[str, int], dict[str, object]]:
    names = [c.name for c in _plain(child)]
    quoted = ", ".join(f'line."{name}"' for name in names)
    rows = house.ask_raw(
        f"select split_part(line._key, chr(31), 2), line._line_number, {quoted} "
        f"from {VENDOR}.{child.name} as line semi join ("
        f"select _key, _page_id, _row_number from {VENDOR}.{table.name} as v "
        f"where {GONE.format(table.name)} {NEWEST}) using (_key, _page_id, _row_number)"
    )
    return {
        (str(key), int(str(number))): dict(zip(names, values, strict=True))
        for key, number, *values in rows
    }


def versions(house: House) -> dict[str, int]:
    """How many different contents each table's rows have had, added up."""
    return {
        name: int(str(count))
        for name in TABLES
        for (count,) in house.ask_raw(
            f"select count(distinct (_key, _row_hash)) from {VENDOR}.{name}"
        )
    }


def test_all_twenty_two_tables_come_as_they_are(opened: Open) -> None:
    house = opened(rows=40, settings={"resources": ALL})
    house.run(*LOAD[1:])
    assert_as_theirs(house)
    assert house.ask_raw("select table_name, field from ops.drift") == []
    assert house.ask_raw("select table_name, reason from ops.quarantine") == []
    shares = house.ask_raw("select min(backfill_share), count(*) from ops.coverage")
    assert shares == [(1.0, len(TABLES))]
    before = len(house.sandbox.log())
    house.run(*LOAD[1:])
    asked = [entry["path"] for entry in lists(house, before)]
    sorted_lists = [r for r in TABLES if TABLES[r].version is not None] + ["events"]
    assert len(asked) == len(set(asked)) == len(sorted_lists), "one page each, and no small list"


def test_what_changes_comes_once_and_what_vanishes_is_marked(opened: Open) -> None:
    house = opened(rows=40)
    house.run(*LOAD[1:])
    books = house.sandbox.tables(VENDOR)
    house.sandbox.advance(days=2)
    shift = house.sandbox.now().astimezone(UTC) - datetime.now(UTC)
    house.environment[SHIFT] = str(shift.total_seconds())
    books.change(0.1)
    house.run(*LOAD[1:])
    assert_as_theirs(house, *OFF)
    gone = {table: sorted(books.rows(table))[:2] for table in ("purchases", "customers", "events")}
    for table, keys in gone.items():
        books.delete(table, keys)
    ended = house.penstock("sweep", VENDOR, "--no-publish", "--max-minutes", "0")
    assert ended.code == 0, ended.output
    deleted: dict[str, list[str]] = {table: [] for table in gone}
    for name, key in house.ask_raw(
        "select table_name, split_part(_key, chr(31), 2) from ops.deletions order by all"
    ):
        deleted[str(name)].append(str(key))
    assert deleted == gone
    assert_as_theirs(house, *OFF)


def test_another_language_makes_no_versions(opened: Open) -> None:
    house = opened(rows=30, settings={"lists_every_hours": "0.001"})
    house.run(*LOAD[1:])
    before = versions(house)
    (czech,) = house.ask_raw(f"select min(product_name) from {VENDOR}.products")
    house.write_settings(accept_language='"en"')
    ended = house.penstock("sweep", VENDOR, "--no-publish", "--max-minutes", "0")
    assert ended.code == 0, ended.output
    after = versions(house)
    # nothing but their names would ever tell of a change
    nameless = {"purchase_types", "purchase_item_types"}
    assert {t: n for t, n in after.items() if n != before[t]}.keys() <= nameless
    assert czech != (None,)
    asked = house.sandbox.log()[-1]
    assert asked["status"] == 200


def test_where_more_at_once_is_refused_the_load_is_whole_all_the_same(opened: Open) -> None:
    house = opened(
        rows=60,
        settings={"page_size": "5", "backoff_seconds": "0.05"},
        at_once=3,
        latency_ms=5,
    )
    house.run(*LOAD[1:])
    assert_as_theirs(house, *OFF)
    refused = [entry for entry in lists(house) if entry["status"] == 429]
    assert refused, "it was never tried"
    assert len(refused) < 0.1 * len(lists(house))


def test_a_token_that_ends_in_the_middle_of_a_scan(opened: Open) -> None:
    house = opened(rows=60, settings={"page_size": "5"}, token_requests=40)
    house.run(*LOAD[1:])
    assert_as_theirs(house, *OFF)
    logins = [e for e in house.sandbox.log() if e["path"].endswith("/users/actions/login")]
    served = [entry for entry in lists(house) if entry["status"] == HTTPStatus.OK]
    assert len(served) / 40 <= len(logins) <= len(served) / 40 + 2
    raw = json.dumps(house.ask_raw("select request from ops.pages"))
    assert all(token not in raw for token in house.sandbox.books(VENDOR).issued())


def test_one_customers_own_data(opened: Open) -> None:
    house = opened(rows=40, interface="customer")
    said = house.penstock("check", VENDOR)
    assert said.code == 0, said.output
    assert "One customer's own data" in said.output
    house.run(*LOAD[1:])
    (me,) = house.ask_raw(f"select customer_id from {VENDOR}.customers")
    for table in ("purchases", "orders", "cards", "vouchers", "bookings"):
        found = house.ask_raw(f"select distinct customer_id from {VENDOR}.{table}")
        assert found in ([], [me]), table
    assert house.ask_raw(f"select count(*) > 0 from {VENDOR}.purchases") == [(True,)]
    notes = house.ask_raw("select distinct note from ops.coverage where table_name = 'purchases'")
    assert "One customer's own data" in str(notes)


def test_credentials_that_are_wrong_stop_at_once(opened: Open) -> None:
    house = opened(rows=20)
    secrets = house.folder / ".dlt" / "secrets.toml"
    secrets.write_text(secrets.read_text().replace('password = "', 'password = "wrong'))
    ended = house.penstock(*LOAD)
    assert ended.code == 1
    assert "check user_external_application_id, login and password" in ended.output
    assert len(house.sandbox.log()) == 1
