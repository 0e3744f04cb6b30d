"""The tables' settings: what the sheet says without them, and what a user may change."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources._http.errors import Misconfigured
from sources._tables.declare import Kind, Table, VersionBy
from sources.cimcloud.guard import forbidden
from sources.cimcloud.resources import Resource, resources_of, tables_of
from sources.cimcloud.search import list_path
from sources.cimcloud.tables import TABLES

SHEET = """
accounts              accounts                a_id              last_modify_date
customers             customers               c_id              last_modify_date
addresses             shipping_addresses      sa_id             last_modify_date
products              products                sku               last_modify_date
inventory_levels      inventory               sku,warehouse     -
product_prices        product_pricing         sku,price_level   -
orders                orders                  c_ordnum          last_modify_date
order_lines           order_detail            od_id             last_modify_date
invoice_payments      online_invoice_payments oip_id            last_modify_date
order_history         order_history           oh_id             last_modify_date
order_history_lines   order_history_detail    ohd_id            last_modify_date
shipments             shipments               sh_id             last_modify_date
invoices              invoice_history         ih_id             last_modify_date
invoice_lines         invoice_history_detail  ihd_id            last_modify_date
payments              payments                pay_id            last_modify_date
credits               credits                 cr_id             last_modify_date
"""
QUOTES = {
    "path": "sales_quotes",
    "primary_key": "quote_id",
    "description": "Quotes, one row per quote.",
    "columns": [
        {"wire": "quote_id", "name": "quote_id", "kind": "integer", "description": "Its id."},
        {"wire": "made", "name": "made_at", "kind": "timestamp", "description": "When."},
        {"wire": "due", "name": "due_on", "kind": "date", "description": "Until when."},
        {"wire": "won", "name": "is_won", "kind": "flag", "description": "Whether it was won."},
        {"wire": "total", "name": "total_amount", "kind": "decimal", "description": "How much."},
    ],
}


def section(toml: str) -> dict[str, Any]:
    held: dict[str, Any] = tomllib.loads(toml)["sources"]["cimcloud"]
    return held


def only(tables: tuple[Table, ...], name: str) -> Table:
    return {table.name: table for table in tables}[name]


def problems_of(resources: Any, connection: str = "") -> str:
    with pytest.raises(Misconfigured) as caught:
        resources_of({"resources": resources}, connection)
    with pytest.raises(Misconfigured):
        tables_of({"resources": resources}, connection)
    return caught.value.message


def test_without_settings_they_are_the_sheets() -> None:
    told = [line.split() for line in SHEET.split("\n") if line]
    found = resources_of({})
    assert [r.table for r in found.values()] == [row[0] for row in told]
    for name, path, key, cursor in told:
        whole = cursor == "-"
        assert found[name] == Resource(
            table=name,
            path=path,
            key=tuple(key.split(",")),
            cursor=None if whole else cursor,
            created=None if whole else "create_date",
            every_hours={"inventory_levels": 6.0, "product_prices": 24.0}.get(name),
        )


def test_without_settings_the_tables_are_the_declared_ones() -> None:
    assert tables_of({}) == TABLES
    assert tables_of({"resources": {}}) == TABLES


def test_every_default_key_is_declared_on_the_wire() -> None:
    found = resources_of({})
    for table in TABLES:
        by_wire = {c.wire: c.name for c in table.columns}
        assert tuple(by_wire[wire] for wire in found[table.name].key) == table.key


def test_what_is_said_is_laid_over_the_default() -> None:
    said = section("""
        [sources.cimcloud.resources.orders]
        path = "web_orders"
        cursor = "changed_on"
        every = "90m"
        [sources.cimcloud.resources.inventory_levels]
        cursor = "last_modify_date"
        every = ""
        [sources.cimcloud.resources.payments]
        cursor = ""
        [sources.cimcloud.resources.credits]
        created = ""
        [sources.cimcloud.resources.shipments]
        enabled = false
    """)
    found = resources_of(said)
    orders = Resource(
        table="orders", path="web_orders", key=("c_ordnum",), cursor="changed_on", every_hours=1.5
    )
    assert found["orders"] == orders
    assert found["inventory_levels"].created == "create_date"
    assert found["inventory_levels"].every_hours is None
    assert (found["payments"].cursor, found["payments"].created) == (None, None)
    assert (found["credits"].cursor, found["credits"].created) == ("last_modify_date", None)
    assert "shipments" not in found
    assert [t.name for t in tables_of(said)] == list(found)


def test_another_key_is_required_and_the_old_one_is_not() -> None:
    orders = only(tables_of({"resources": {"orders": {"primary_key": "o_key"}}}), "orders")
    assert orders.key == ("web_order_key",)
    assert orders.column("web_order_key").required
    assert not orders.column("web_order_number").required
    assert resources_of({"resources": {"orders": {"primary_key": ["o_key"]}}})["orders"].key == (
        "o_key",
    )


def test_further_columns_are_read_as_the_vendor_writes_them() -> None:
    columns = [
        {"wire": "shipped", "name": "shipped_at", "kind": "timestamp", "description": "When."},
        {"wire": "picked", "name": "picked_on", "kind": "date", "description": "Which day."},
    ]
    orders = only(tables_of({"resources": {"orders": {"columns": columns}}}), "orders")
    assert orders.columns[:-2] == only(TABLES, "orders").columns
    declared = orders.column("created_at")
    shipped = orders.column("shipped_at")
    assert (shipped.kind, shipped.zone, shipped.patterns) == (
        Kind.TIMESTAMP,
        "site",
        declared.patterns,
    )
    assert orders.column("picked_on").patterns == orders.column("ordered_on").patterns


def test_a_further_column_can_be_the_key() -> None:
    columns = [{"wire": "row_id", "name": "row_id", "kind": "text", "description": "Its id."}]
    said = {"orders": {"primary_key": "row_id", "columns": columns}}
    assert only(tables_of({"resources": said}), "orders").key == ("row_id",)


def test_a_table_of_ones_own() -> None:
    quotes = only(tables_of({"resources": {"quotes": QUOTES}}), "quotes")
    assert (quotes.key, quotes.version_by, quotes.swept) == (("quote_id",), VersionBy.SEEN, True)
    assert quotes.column("quote_id").required
    assert [c.kind for c in quotes.columns] == [
        Kind.INTEGER,
        Kind.TIMESTAMP,
        Kind.DATE,
        Kind.FLAG,
        Kind.DECIMAL,
    ]
    resource = resources_of({"resources": {"quotes": QUOTES | {"cursor": "made"}}})["quotes"]
    assert resource == Resource(
        table="quotes", path="sales_quotes", key=("quote_id",), cursor="made"
    )
    assert resources_of({"resources": {"quotes": QUOTES}})["quotes"].cursor is None


@pytest.mark.parametrize(
    ("resources", "told"),
    [
        ([], "resources: is no table of settings"),
        ({"orders": 3}, "resources.orders: is no table of settings"),
        ({"orders": {"pth": "x"}}, "resources.orders.pth: is not known here; did you mean path?"),
        ({"ordrs": {}}, "did you mean orders?"),
        ({"Quotes": QUOTES}, "resources.Quotes: a table's name is lower case"),
        ({"orders": {"path": ""}}, "resources.orders.path: "),
        ({"orders": {"path": "a/../b"}}, "resources.orders.path: "),
        ({"orders": {"path": "a%2Fb"}}, "resources.orders.path: "),
        ({"orders": {"path": "OnlineOrders"}}, "resources.orders.path: OnlineOrders marks"),
        ({"orders": {"path": "credit_cards"}}, "payment cards are never read"),
        ({"orders": {"path": "Accounts"}}, "is what accounts is read from already"),
        ({"orders": {"path": 3}}, "resources.orders.path: "),
        ({"orders": {"primary_key": []}}, "resources.orders.primary_key: names no field"),
        ({"orders": {"primary_key": ["o_key", "o_key"]}}, "names a field twice"),
        ({"orders": {"primary_key": "c_ordnumm"}}, "did you mean c_ordnum?"),
        ({"orders": {"primary_key": "web_order_key"}}, "on the wire, the column is o_key"),
        ({"orders": {"cursor": "a b"}}, "resources.orders.cursor: 'a b' is no field's name"),
        ({"orders": {"created": "a~b"}}, "resources.orders.created: "),
        ({"orders": {"every": "6"}}, "resources.orders.every: is a time like"),
        ({"orders": {"every": "0h"}}, "resources.orders.every: is a time like"),
        ({"orders": {"every": 6}}, "resources.orders.every: is a time like"),
        ({"orders": {"enabled": "no"}}, "resources.orders.enabled: "),
        ({"orders": {"description": " "}}, "resources.orders.description: is blank"),
        ({"quotes": QUOTES | {"path": None}}, "resources.quotes.path: "),
        ({"quotes": {"path": "quotes"}}, "resources.quotes.columns: is needed"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_with_its_place(resources: Any, told: str) -> None:
    message = problems_of(resources)
    assert told in message
    assert ".dlt/config.toml: resources" in message


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ({"name": "Ship"}, "a column's name is lower case"),
        ({"name": "connection"}, "is the name of a column that every table has"),
        ({"name": "deleted_at"}, "is the name of a column that every table has"),
        ({"name": "total_amount"}, "is the name of a column of kind decimal"),
        ({"wire": ""}, "'' is no field's name"),
        ({"wire": "a\nb"}, "is no field's name"),
        ({"wire": "pw"}, "never kept"),
        ({"wire": "CardNumber"}, "never kept"),
        ({"wire": "C_OrdNum"}, "is a column already"),
        ({"description": ""}, "its description is blank"),
        ({"kind": "money"}, "columns.0.kind: "),
        ({"unit": "kg"}, "columns.0.unit: is not known here"),
    ],
    ids=str,
)
def test_a_column_that_cannot_be(column: dict[str, str], told: str) -> None:
    plain = {"wire": "ship_via", "name": "ship_via", "kind": "text", "description": "Carrier."}
    assert told in problems_of({"orders": {"columns": [plain | column]}})


def test_a_column_said_twice_is_told_once_more() -> None:
    plain = {"wire": "ship_via", "name": "ship_via", "kind": "text", "description": "Carrier."}
    told = problems_of({"orders": {"columns": [plain, plain]}})
    assert "columns.ship_via: is said twice" in told


def test_a_column_of_a_declared_name_is_read_from_another_field() -> None:
    columns = [
        {"wire": "grand_total", "name": "total_amount", "kind": "decimal", "description": "All."}
    ]
    said = {"orders": {"columns": columns}}
    orders, declared = only(tables_of({"resources": said}), "orders"), only(TABLES, "orders")
    assert [c.name for c in orders.columns] == [c.name for c in declared.columns]
    assert orders.column("total_amount").wire == "grand_total"
    assert orders.column("total_amount").kind is Kind.DECIMAL


def test_everything_wrong_is_told_at_once_and_where() -> None:
    told = problems_of(
        {
            "orders": {"path": "a b", "evry": "6h", "primary_key": "nope"},
            "shipments": {"every": "never", "columns": [{"wire": "x"}]},
            "mine": {"every": "6h"},
        },
        "west",
    )
    for place in (
        "orders.path",
        "orders.evry",
        "orders.primary_key",
        "shipments.every",
        "shipments.columns.0.name",
        "mine.path",
        "mine.primary_key",
        "mine.columns",
        "mine.description",
    ):
        assert f".dlt/config.toml: sources.west.resources.{place}: " in told
    assert 'for example: every = "6h"' in told


def test_what_has_no_form_is_not_called_missing_as_well() -> None:
    told = problems_of({"quotes": QUOTES | {"columns": ["quote_id"], "primary_key": 3}})
    assert "columns.0: is no table of settings" in told
    assert "is needed" not in told


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
SETTING_NAMES = st.sampled_from(
    ["path", "primary_key", "cursor", "created", "every", "enabled", "columns", "description", "x"]
)
TABLE_NAMES = st.one_of(st.sampled_from(["orders", "accounts", "mine"]), st.text(max_size=5))
COLUMN = st.fixed_dictionaries(
    {
        "wire": st.text(max_size=4),
        "name": st.one_of(st.just("own"), st.text(max_size=4)),
        "kind": st.sampled_from(["text", "date", "flag"]),
        "description": st.text(max_size=3),
    }
)
SETTINGS = st.dictionaries(
    SETTING_NAMES, st.one_of(ANYTHING, st.lists(COLUMN, max_size=2)), max_size=4
)


@given(st.one_of(ANYTHING, st.dictionaries(TABLE_NAMES, st.one_of(SETTINGS, ANYTHING), max_size=3)))
def test_any_settings_are_usable_or_misconfigured(resources: Any) -> None:
    try:
        found, tables = resources_of({"resources": resources}), tables_of({"resources": resources})
    except Misconfigured:
        return
    assert list(found) == [table.name for table in tables]
    for resource in found.values():
        assert forbidden(list_path(resource.path, page=1)) is None
