"""The contract, docs/model.md: it is what is published, and all of it."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from pipelines.model_page import COMMAND, FILE, page
from tests.once import Once
from tests.pipelines.published_schema import CONTRACT, empty_world

SPAN = "valid_from TIMESTAMP, valid_to TIMESTAMP, is_current BOOLEAN"
ROW = re.compile(r"\| `(\w+)` \| (.*?) \| ")

Columns = list[tuple[str, str]]


def test_the_contract_is_what_is_published(once: Once) -> None:
    published = page(empty_world(once).warehouse)
    is_same = CONTRACT.read_text(encoding="utf-8") == published
    assert is_same, f"{FILE} is not what is published: {COMMAND}; its change is a changelog entry"


def test_every_table_and_column_is_in_the_contract_and_nothing_else_is(once: Once) -> None:
    published: dict[str, Columns] = {}
    for place, *column in empty_world(once).rows(
        "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE NOT internal ORDER BY schema_name, table_name, column_index"
    ):
        published.setdefault(place, []).append((column[0], column[1]))
    assert len(published) > 150
    assert read(CONTRACT.read_text(encoding="utf-8")) == published


def read(text: str) -> dict[str, Columns]:
    """The page as an analyst reads it: each table with its columns, those of history worked out."""
    heading, listed, tables = "", set(), dict[str, Columns]()
    for line in text.splitlines():
        if line.startswith("##"):
            heading = line.lstrip("# ")
        elif heading.startswith("history of ") and line.startswith("| `"):
            listed.add(line.split("`")[1])
        elif found := ROW.match(line):
            tables.setdefault(heading, []).append((found[1], found[2]))
    span = tables.pop("history")
    for past in listed - tables.keys():
        vendor, _, table = past.removeprefix("history.").partition("__")
        now = [column for column in tables[f"{vendor}.{table}"] if column[0] != "deleted_at"]
        at = [name for name, _ in now].index("_key")
        tables[past] = [*now[:at], *span, *now[at:]]
    return tables


def test_what_history_does_not_have_in_common_is_said_in_full(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as db:
        db.execute("CREATE SCHEMA cleo; CREATE SCHEMA history")
        for table, past in (
            ("alike", f"no INTEGER, {SPAN}, _key VARCHAR"),
            ("retyped", f"no BIGINT, {SPAN}, _key VARCHAR"),
            ("moved", f"{SPAN}, no INTEGER, _key VARCHAR"),
            ("explained", f"no INTEGER, {SPAN}, _key VARCHAR"),
        ):
            db.execute(f"CREATE TABLE cleo.{table}(no INTEGER, deleted_at TIMESTAMP, _key VARCHAR)")
            db.execute(f"CREATE TABLE history.cleo__{table}({past})")
        db.execute("CREATE TABLE cleo.queue(no INTEGER)")
        db.execute("CREATE TABLE history.stray(no INTEGER)")
        db.execute("COMMENT ON COLUMN history.cleo__explained.no IS 'Its <number> | then.'")
    said = page(file)
    in_full = re.findall(r"^### (history[.]\w+)$", said, re.MULTILINE)
    assert in_full == [
        *(f"history.cleo__{t}" for t in ("explained", "moved", "retyped")),
        "history.stray",
    ]
    assert "| `no` | INTEGER | Its &lt;number> \\| then. |" in said
    assert "Without history: `cleo.queue`." in said
    retyped = said.partition("### history.cleo__retyped")[2].partition("###")[0]
    assert ROW.findall(retyped)[0] == ("no", "BIGINT")
