"""Names, keys and contents of vendors stay what they are: data, never a path or a statement."""

from __future__ import annotations

import duckdb
import pytest

from tests.house import ask
from tests.security.world import FILE_NAMES, STATEMENT, Listened


def raw(listened: Listened, query: str) -> list[tuple[object, ...]]:
    return ask(listened.project / "data" / "work" / "raw.duckdb", query)


def test_every_file_of_such_a_name_is_read_as_it_is_called(listened: Listened) -> None:
    names = {name for (name,) in raw(listened, "select file_name from cleo.files")}
    assert {name for name in FILE_NAMES if name} <= names
    orders = raw(listened, "select distinct purchase_order_number from cleo.documents")
    wanted = {f"{STATEMENT}-{number}" for number, name in enumerate(FILE_NAMES)}
    assert wanted <= {number for (number,) in orders}


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("carecloud.customers", "customer_id"),
        ("cimcloud.products", "sku"),
        ("cienapps.orders", "customer_last_name"),
    ],
)
def test_a_statement_for_a_key_or_content_is_kept_as_text(
    listened: Listened, table: str, column: str
) -> None:
    kept = raw(listened, f"select {column} from {table}")
    assert (STATEMENT,) in kept
    assert len(kept) > 10


def test_an_unknown_field_of_such_a_name_is_told(listened: Listened) -> None:
    fields = {name for (name,) in raw(listened, "select field from ops.drift")}
    assert STATEMENT in fields


def test_nothing_was_written_beside_the_project(listened: Listened) -> None:
    beside = {path.name for path in listened.project.parent.iterdir()}
    assert beside == {"project", "watching"}
    found = [path for path in listened.project.rglob("*") if "escaped" in path.name]
    assert found == []
    # whatever is named after a connection, a table or a run is of letters that a path may have
    odd = [
        path.relative_to(listened.project)
        for path in (listened.project / "data" / "work").rglob("*")
        if set(path.name) & set("'\";\n\0$~\\")
    ]
    assert odd == []


def test_everything_is_still_there(listened: Listened) -> None:
    with duckdb.connect(
        str(listened.project / "data" / "work" / "raw.duckdb"), read_only=True
    ) as db:
        assert len(db.execute("select * from ops.runs").fetchall()) >= 4
