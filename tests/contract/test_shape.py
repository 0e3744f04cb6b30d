"""A required field that is called otherwise is told, and nothing of such a page becomes a row."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from sources._tables.declare import Column, Table
from tests.contract.worlds import (
    LOAD,
    assert_told,
    books_of,
    missing,
    quarantined,
    share_read,
    tables_of,
    vendor_house,
    versions,
)

OTHERWISE = "ContractRenamed"


def required_fields(table: Table) -> deque[str]:
    """A field of the key and one that is none of it, if there is one; dotted where nested."""
    others = [c for c in table.columns if c.required and c.name not in table.key]
    return deque(_wire_name(column) for column in (table.column(table.key[0]), *others[:1]))


def _wire_name(column: Column) -> str:
    return ".".join((*column.within, column.wire))


def test_a_renamed_required_field_is_told(tmp_path: Path, vendor: str) -> None:
    """Of every table, until it is told; a vendor whose reading stops at the first is asked again.

    Once a table's key is told, another of its fields is renamed instead; then it is let be.
    """
    with vendor_house(tmp_path, vendor, every_table=True) as house:
        books = books_of(house)
        derived = books.about().derived
        left = {t.name: required_fields(t) for t in tables_of(house) if t.name not in derived}
        for table, fields in left.items():
            books.rename(table, fields[0], OTHERWISE)
        while left:
            ended = house.penstock(*LOAD)
            waiting = {table: fields[0] for table, fields in left.items()}
            assert_told(ended, about=f"renamed are {waiting}")
            told = [t for t, field in waiting.items() if _is_told(ended.output, vendor, t, field)]
            assert told, f"none of {waiting} is told: {ended.output}"
            for table in told:
                assert versions(house, table) == {}, table
                assert share_read(house, table) != 1, f"{table} is said to be whole"
                field = left[table].popleft()
                books.rename(table, field, field)
                if left[table]:
                    books.rename(table, left[table][0], OTHERWISE)
                else:
                    del left[table]
        house.run(*LOAD[1:])
        theirs = books.keys()
        for table in (t.name for t in tables_of(house)):
            ours = versions(house, table)
            assert missing(theirs[table], ours, quarantined(house, table)) == [], table


def _is_told(output: str, vendor: str, table: str, field: str) -> bool:
    return any(
        f"{vendor}.{table}: " in line and f"'{field}'" in line for line in output.split("\n")
    )
