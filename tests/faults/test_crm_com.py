"""CRM.COM from its sandbox into the work file: every field of every row, three that never come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipelines.archive import read_page
from pipelines.clock import SHIFT
from sources._sandbox.process import running_sandbox
from sources._tables.declare import Column, Kind
from sources.crm_com import NEVER_KEPT
from sources.crm_com.tables import TABLES
from tests.house import House

RUN = ("run", "--no-publish", "--max-minutes", "0")
ZONE = ZoneInfo("America/Vancouver")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_sandbox(rows=30) as sandbox:
        shift = (sandbox.now().astimezone(UTC) - datetime.now(UTC)).total_seconds()
        yield House(tmp_path / "p", sandbox, vendor="crm_com", environment={SHIFT: str(shift)})
        assert sandbox.complaints() == ""


def said(row: Mapping[str, Any], column: Column) -> object:
    """What a row says of a column, read a second time."""
    held: Any = row
    for name in column.within:
        held = (held or {}).get(name)
    value = next((held[w] for w in column.wires if held.get(w) is not None), None) if held else None
    text = None if value is None or column.kind is Kind.JSON else str(value).strip() or None
    if text is None:
        return None
    match column.kind:
        case Kind.INTEGER:
            return int(text)
        case Kind.DECIMAL:
            return Decimal(text).quantize(Decimal("0.0001"))
        case Kind.DATE:
            return datetime.fromisoformat(text).date()
        case Kind.TIMESTAMP:
            there = datetime.fromisoformat(text).replace(tzinfo=ZONE)
            return there.astimezone(UTC).replace(tzinfo=None)
        case _:
            return text


BY_ACCOUNT = ("invoices", "credit_notes", "subscriptions")


def assert_complete(house: House) -> None:
    """Every row that can be seen is here as it is, with its lines, once."""
    truth = house.sandbox.tables("crm_com").truth()["tables"]
    seen = house.sandbox.books("crm_com").keys()
    for table in TABLES:
        columns = [c for c in table.columns if c.kind is not Kind.JSON]
        names = ", ".join(c.name for c in columns)
        held = house.ask_raw(f"select {names} from crm_com.{table.name}")
        ours = {row[0]: dict(zip(names.split(", "), row, strict=True)) for row in held}
        assert len(ours) == len(held), table.name
        assert set(ours) == set(seen.get(table.name, ())), table.name
        for key, row in ours.items():
            theirs = {c.name: said(truth[table.name][key], c) for c in columns}
            for asked in (c.name for c in columns if c.asked and theirs[c.name] is None):
                # the row does not say it: it is the account that was asked for, where one was
                theirs[asked] = row[asked]
                assert row[asked] or table.name not in BY_ACCOUNT, f"{table.name} {key}"
            assert row == theirs, f"{table.name} {key}"
        for child in table.children:
            names = ", ".join(c.name for c in child.columns)
            lines = house.ask_raw(
                f"select split_part(_key, chr(31), 2), {names} from crm_com.{child.name}"
            )
            assert sorted(lines, key=str) == sorted(
                (
                    (key, *(said(line, c) for c in child.columns))
                    for key in ours
                    for wire in child.wires
                    for line in truth[table.name][key].get(wire) or ()
                ),
                key=str,
            ), child.name


def test_every_row_comes_as_it_is_and_a_second_run_adds_none(house: House) -> None:
    house.penstock(*RUN)
    assert_complete(house)
    assert house.ask_raw("select count(*) from ops.quarantine") == [(0,)]
    ended = house.penstock(*RUN)
    assert ended.code == 0
    assert_complete(house)


def test_national_identifiers_are_written_nowhere(house: House) -> None:
    house.write_settings(declared_fields_only="false")
    contacts = house.sandbox.tables("crm_com").rows("contacts").values()
    numbers = {
        str(value)
        for row in contacts
        for name, value in row["demographics"].items()
        if name in NEVER_KEPT and value
    }
    assert numbers
    # a row in quarantine is kept with its raw text
    spoilt = next(iter(house.sandbox.books("crm_com").keys()["contacts"]))
    house.sandbox.tables("crm_com").save(
        "contacts", spoilt, log_information={"created_date": "soon", "updated_date": "soon"}
    )
    house.penstock(*RUN)
    quarantined = house.ask_raw("select raw from ops.quarantine where table_name = 'contacts'")
    assert quarantined
    assert not any(number in str(quarantined) for number in numbers)
    pages = house.ask_raw("select archive_file, archive_offset, archive_length from ops.pages")
    folder = house.data / "work" / "archive"
    for file, offset, length in pages:
        body = read_page(folder, str(file), int(str(offset)), int(str(length))).body.decode()
        assert not any(name in body for name in NEVER_KEPT)
        assert not any(f'"{number}"' in body for number in numbers)
    kept = b"".join(f.read_bytes() for f in house.data.rglob("*") if f.is_file())
    assert not any(number.encode() in kept for number in numbers if len(number) > 6)
