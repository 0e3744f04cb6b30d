"""One connection's life, watched: loaded, read again, changed by people, told of an unknown field.

It is lived once per vendor, and what was seen is looked at table by table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.contract.worlds import (
    LOAD,
    RUN,
    books_of,
    doubled,
    hours_until_all_are_due,
    later,
    leaks,
    quarantined,
    tables_of,
    vendor_house,
    versions,
)
from tests.house import House

UNKNOWN, SAID = "ContractUnknown", "oak & maple"
MOST_DAYS = 8  # a vendor that can only be asked bit by bit is through after a week

Versions = Mapping[str, Mapping[str, list[str]]]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What became of a change to one document of every table.

    Attributes:
        changed: the key of the document, by table.
        before: all versions, by table and key.
        after: all versions once the changes had been read.
    """

    changed: Mapping[str, str]
    before: Versions
    after: Versions


@dataclass(frozen=True, kw_only=True)
class Story:
    """What was seen of a connection's life.

    Attributes:
        theirs: the keys that the vendor shows, by table.
        loaded: all versions after the first run.
        bad: the rows of each table that could not be typed, as they came.
        doubled: how many rows of each version table are there twice then.
        published: rows and keys of each published current table.
        again: all versions after a second run.
        people: one document of every table is changed.
        unknown: the same, while every row carries an unknown field.
        kept: the documents that have the unknown field with what it says, by table.
        reported: the tables and fields of `ops.drift`.
        leaks: where secrets are written down.
    """

    theirs: Mapping[str, list[str]]
    loaded: Versions
    bad: Mapping[str, list[str]]
    doubled: Mapping[str, int]
    published: Mapping[str, tuple[int, int]]
    again: Versions
    people: Seen
    unknown: Seen
    kept: Mapping[str, list[str]]
    reported: set[tuple[str, str]]
    leaks: list[str]


def lived(folder: Path, vendor: str) -> Story:
    """Lives it.

    Raises:
        AssertionError: a run did not end well.
    """
    with vendor_house(folder, vendor, every_table=True) as house:
        books, tables = books_of(house), [table.name for table in tables_of(house)]
        ended = house.run(*RUN[1:])
        theirs, loaded = books.keys(), _versions(house)
        bad = {table: quarantined(house, table) for table in tables}
        twice = {table: doubled(house, table) for table in tables}
        published = {table: _published(house, table) for table in tables}
        house.run(*LOAD[1:])
        again = _versions(house)
        people = _changed(house)
        house.write_settings(**books.about().plant_settings)
        for table in tables:
            books.plant(table, UNKNOWN, SAID)
        unknown = _changed(house)
        return Story(
            theirs=theirs,
            loaded=loaded,
            bad=bad,
            doubled=twice,
            published=published,
            again=again,
            people=people,
            unknown=unknown,
            kept={table: _kept(house, table) for table in tables},
            reported={
                (str(table), str(field))
                for table, field in house.ask_raw("select table_name, field from ops.drift")
            },
            leaks=leaks(house, ended.output),
        )


def _changed(house: House) -> Seen:
    """Changes a document of every table and runs until each change was seen, day after day."""
    before = _versions(house)
    changed = {table.name: books_of(house).change(table.name) for table in tables_of(house)}
    for day in range(MOST_DAYS):
        later(house, hours_until_all_are_due(house) + 0.1 + 24 * bool(day))
        house.run(*LOAD[1:])
        after = _versions(house)
        if all(
            len(after[table][key]) > len(before[table].get(key, ()))
            for table, key in changed.items()
            if key in after[table]
        ):
            break
    return Seen(changed=changed, before=before, after=after)


def _versions(house: House) -> Versions:
    return {table.name: versions(house, table.name) for table in tables_of(house)}


def _published(house: House, table: str) -> tuple[int, int]:
    """How many rows readers find in a current table, and how many documents these are."""
    ((rows, keys),) = house.ask(
        f"select count(*), count(distinct _key) from {house.vendor}.{table}"
    )
    return int(str(rows)), int(str(keys))


def _kept(house: House, table: str) -> list[str]:
    rows = house.ask_raw(f"""
        select distinct substr(_key, instr(_key, chr(31)) + 1) from {house.vendor}.{table}
        where _extra->>'{UNKNOWN}' = '{SAID}'""")
    return [str(key) for (key,) in rows]
