"""What must be in the work file of a vendor with tables, worked out from the sandbox's own books.

Values are read here a second time, with Python: a declaration says which field is which column, and
nothing else of the product is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sources
from sources._tables.declare import Column, Kind, Table
from tests.house import House

ZONE = ZoneInfo("America/Vancouver")
Rows = dict[str, dict[str, object]]
_MIDNIGHT = ("12", "0", "0", "AM")


def expected(house: House, table: Table) -> Rows:
    """The rows of a table as the vendor has them now, by key."""
    books = house.sandbox.tables(house.vendor).truth(table.name)
    return {
        key: {c.name: _value(row.get(c.wire), c) for c in table.columns}
        for key, row in books["tables"][table.name].items()
    }


def held(house: House, table: Table) -> Rows:
    """The newest version of each row that is not marked as deleted, by key."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    rows = house.ask_raw(f"""
        select split_part(_key, chr(31), 2) || case when _key like '%' || chr(31) || '%' || chr(31)
                || '%' then chr(31) || split_part(_key, chr(31), 3) else '' end, {names}
        from {house.vendor}.{table.name} as v
        where not exists (
            select 1 from ops.deletions as d
            where d._key = v._key and d.table_name = '{table.name}' and d.restored_at is null)
        qualify row_number() over (partition by _key order by _version desc) = 1""")
    columns = [column.name for column in table.columns]
    return {str(key): dict(zip(columns, values, strict=True)) for key, *values in rows}


def assert_equal_to_books(house: House, but: tuple[str, ...] = ()) -> None:
    """Every table holds what the vendor has now, and no version is there twice."""
    for table in sources.load(house.vendor).tables:
        if table.name in but:
            continue
        ours, theirs = held(house, table), expected(house, table)
        assert set(ours) == set(theirs), (
            f"{table.name}: missing {sorted(set(theirs) - set(ours))[:5]}, "
            f"too many {sorted(set(ours) - set(theirs))[:5]}"
        )
        for key, row in theirs.items():
            assert ours[key] == row, f"{table.name} {key}"
        assert (
            house.ask_raw(
                f"select _page_id, _row_number from {house.vendor}.{table.name} "
                "group by all having count(*) > 1"
            )
            == []
        ), table.name


def _value(said: Any, column: Column) -> object:
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
        case Kind.DATE:
            return _moment(text).date()
        case Kind.TIMESTAMP:
            return _moment(text).replace(tzinfo=ZONE).astimezone(UTC).replace(tzinfo=None)
        case _:
            return text


def _moment(text: str) -> datetime:
    if "/" not in text:
        return datetime.fromisoformat(text)
    day, _, clock = text.partition(" ")
    month, of_month, year = map(int, day.split("/"))
    hour, minute, second, half = clock.replace(" ", ":").split(":") if clock else _MIDNIGHT
    return datetime(
        year, month, of_month, int(hour) % 12 + 12 * (half == "PM"), int(minute), int(second)
    )


def rows_in(books: Mapping[str, Any]) -> int:
    """How many rows all tables have."""
    return sum(len(rows) for rows in books["tables"].values())
