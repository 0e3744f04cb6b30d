"""A site's Swagger against the settings: what it tells, and settings that can be used unchanged."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sources._tables.declare import Kind
from sources.cimcloud.resources import Resource, resources_of
from tests.sources.cimcloud_swagger import (
    Document,
    as_declared,
    line,
    openapi_3,
    pasted,
    report,
    swagger_2,
    table,
)


@pytest.mark.parametrize("make", [swagger_2, openapi_3])
@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_a_site_that_is_as_declared_needs_nothing(tmp_path: Path, make: Any, suffix: str) -> None:
    document = make(as_declared())
    text = json.dumps(document) if suffix == "json" else yaml.safe_dump(document)
    said = report(tmp_path, text, name=f"site.{suffix}")
    assert said.toml == ""
    assert [ok for ok, _ in said.lines] == [True] * 17
    assert line(said, "orders:") == "ok orders: fits"
    assert said.lines[-1].text == "the settings fit this site as they are"


def test_a_path_of_another_name_is_found_by_its_fields(tmp_path: Path) -> None:
    fields = as_declared()
    fields["web_orders"] = fields.pop("orders")
    fields["quote_lines"] = {
        k: v for k, v in fields["order_detail"].items() if k not in ("od_id", "c_ordnum")
    }
    said = report(tmp_path, swagger_2(fields))
    assert line(said, "orders:") == "FAIL orders: the site calls it web_orders"
    assert line(said, "order_lines:") == "ok order_lines: fits"
    assert resources_of(pasted(said))["orders"].path == "web_orders"


def test_a_list_of_such_fields_without_the_key_is_another_list(tmp_path: Path) -> None:
    fields = as_declared()
    fields["quote_lines"] = fields.pop("order_detail")
    fields["quote_lines"]["ql_id"] = fields["quote_lines"].pop("od_id")
    said = report(tmp_path, swagger_2(fields))
    assert line(said, "order_lines:").startswith("FAIL order_lines: the site has no resource")
    assert "offered as quote_lines" in line(said, "quote_lines:")


def test_a_resource_belongs_to_the_table_that_is_read(tmp_path: Path) -> None:
    own = {
        "path": "orders",
        "primary_key": "c_ordnum",
        "description": "Orders, in other words.",
        "columns": [
            {"wire": "c_ordnum", "name": "number", "kind": "integer", "description": "Its number."}
        ],
    }
    section = {"resources": {"orders": {"enabled": False}, "sales": own}}
    entries = pasted(report(tmp_path, swagger_2(as_declared()), section))["resources"]
    assert entries["orders"] == {"enabled": False}
    assert len(entries["sales"]["columns"]) == 18  # all but the gift card


def test_one_field_is_read_into_one_column(tmp_path: Path) -> None:
    fields = as_declared()
    for name in ("last_modify_date", "create_date"):
        del fields["shipments"][name]
    fields["shipments"]["created_or_updated"] = {"type": "string", "format": "date-time"}
    section = pasted(report(tmp_path, swagger_2(fields)))
    shipments = table(section, "shipments")
    assert shipments.column("modified_at").wire == "created_or_updated"
    assert shipments.column("created_at").wire == "create_date"
    assert resources_of(section)["shipments"].created == "created_or_updated"


def test_a_path_in_another_casing_or_spelling_is_the_sites(tmp_path: Path) -> None:
    fields = as_declared()
    fields["Order-History"] = fields.pop("order_history")
    fields["ACCOUNTS"] = fields.pop("accounts")
    found = resources_of(pasted(report(tmp_path, swagger_2(fields))))
    assert (found["order_history"].path, found["accounts"].path) == ("Order-History", "ACCOUNTS")


def test_a_resource_that_is_not_there_is_switched_off(tmp_path: Path) -> None:
    fields = as_declared()
    del fields["credits"]
    said = report(tmp_path, swagger_2(fields))
    assert line(said, "credits:").startswith("FAIL credits: the site has no resource credits")
    assert "credits" not in resources_of(pasted(said))
    again = report(tmp_path, swagger_2(fields), pasted(said))
    assert again.toml == ""
    assert line(again, "credits:").startswith("ok credits: switched off")


def test_a_key_and_change_fields_of_other_names_are_found(tmp_path: Path) -> None:
    fields = as_declared()
    rows = fields["shipments"]
    rows["shipment_id"] = rows.pop("sh_id")
    rows["date_updated"] = rows.pop("last_modify_date")
    rows["entered_on"] = rows.pop("create_date")
    said = report(tmp_path, swagger_2(fields))
    assert line(said, "shipments:").startswith("FAIL shipments: no sh_id, which the key needs")
    section = pasted(said)
    assert resources_of(section)["shipments"] == Resource(
        table="shipments",
        path="shipments",
        key=("shipment_id",),
        cursor="date_updated",
        created="entered_on",
    )
    shaped, declared = table(section, "shipments"), table({}, "shipments")
    assert shaped.key == declared.key == ("shipment_id",)
    assert [c.name for c in shaped.columns] == [c.name for c in declared.columns]
    assert shaped.column("modified_at").wire == "date_updated"
    assert shaped.column("modified_at").patterns == declared.column("modified_at").patterns
    assert shaped.column("created_at").wire == "entered_on"
    assert report(tmp_path, swagger_2(fields), section).toml == ""


def test_a_key_of_another_kind_is_a_column_of_its_own(tmp_path: Path) -> None:
    fields = as_declared()
    del fields["shipments"]["sh_id"]
    fields["shipments"]["shipment_id"] = {"type": "string"}
    shaped = table(pasted(report(tmp_path, swagger_2(fields))), "shipments")
    assert shaped.key == ("shipment_id_2",)
    assert not shaped.column("shipment_id").required


def test_without_a_change_field_a_table_is_read_whole_and_not_each_time(tmp_path: Path) -> None:
    fields = as_declared()
    for name in ("last_modify_date", "create_date"):
        del fields["payments"][name]
    del fields["credits"]["create_date"]
    found = resources_of(pasted(report(tmp_path, swagger_2(fields))))
    payments = found["payments"]
    assert (payments.cursor, payments.created, payments.every_hours) == (None, None, 24.0)
    assert (found["credits"].cursor, found["credits"].created) == ("last_modify_date", None)


def test_a_key_that_cannot_be_told_switches_the_table_off(tmp_path: Path) -> None:
    fields = as_declared()
    fields["inventory"]["left_id"] = fields["inventory"].pop("warehouse")
    fields["inventory"]["right_id"] = {"type": "string"}
    said = report(tmp_path, swagger_2(fields))
    assert "name the key in primary_key" in line(said, "inventory_levels:")
    assert "inventory_levels" not in resources_of(pasted(said))


def test_further_fields_are_declared_with_type_and_description(tmp_path: Path) -> None:
    fields = as_declared()
    fields["orders"] |= {
        "ShipVia": {"type": "string", "description": 'Carrier "by road",\n a\ttext\\.'},
        "weight": {"type": ["null", "number"]},
        "boxes": {"type": "integer", "description": "  "},
        "picked": {"type": "string", "format": "date-time"},
        "due": {"type": "string", "format": "date"},
        "is_rush": {"type": "boolean", "title": "Rush."},
        "order total": {"description": "An amount \u2028in words \x7f"},
        "lines": {"type": "array", "items": {"type": "string"}},
        "ship_to": {"$ref": "#/definitions/accounts"},
        "connection": {"type": "string"},
        "O_Key": {"type": "string"},
    }
    section = pasted(report(tmp_path, swagger_2(fields)))
    told = [(c.wire, c.name, c.kind, c.description) for c in table(section, "orders").columns[19:]]
    assert told == [
        ("ShipVia", "ship_via", Kind.TEXT, 'Carrier "by road", a text\\.'),
        ("weight", "weight", Kind.DECIMAL, "weight, which the site does not describe."),
        ("boxes", "boxes", Kind.INTEGER, "boxes, which the site does not describe."),
        (
            "picked",
            "picked",
            Kind.TIMESTAMP,
            "picked, which the site does not describe. (UTC here)",
        ),
        ("due", "due", Kind.DATE, "due, which the site does not describe."),
        ("is_rush", "is_rush", Kind.FLAG, "Rush."),
        ("order total", "order_total", Kind.TEXT, "An amount in words"),
        ("connection", "connection_2", Kind.TEXT, "connection, which the site does not describe."),
    ]


def test_what_must_never_land_is_never_offered(tmp_path: Path) -> None:
    fields = as_declared()
    secret = ["pw", "UserPassword", "cardNumber", "card_type", "cvv", "api_token", "secret_answer"]
    fields["customers"] |= {name: {"type": "string"} for name in secret}
    fields["credit_cards"] = {"id": {"type": "integer"}, "name": {"type": "string"}}
    fields["OnlineOrders"] = fields["orders"]
    fields["orderpassthrough"] = fields["orders"]
    del fields["orders"]
    said = report(tmp_path, swagger_2(fields))
    assert "orders" not in resources_of(pasted(said))
    everything = said.toml + "\n".join(text for _, text in said.lines)
    for name in (*secret, "credit_cards", "OnlineOrders", "orderpassthrough"):
        assert name not in everything


def test_further_lists_are_offered_switched_off(tmp_path: Path) -> None:
    fields = as_declared()
    fields["sales_quotes"] = {
        "sales_quote_id": {"type": "integer", "description": "The quote's id."},
        "modified": {"type": "string", "format": "date-time"},
        "created": {"type": "string", "format": "date-time"},
    }
    fields["admin/regions"] = {"id": {"type": "string"}, "nm": {"type": "string"}}
    fields["moods"] = {"mood": {"type": "string"}}
    document = swagger_2(fields)
    document["paths"]["/imports"] = {"post": {"responses": {}}}
    document["paths"]["/settings"] = {
        "get": {"responses": {"200": {"schema": {"$ref": "#/definitions/moods"}}}}
    }
    document["paths"]["/accounts/{id}/contacts"] = document["paths"]["/moods/{searchstring}/{page}"]
    said = report(tmp_path, document)
    assert line(said, "sales_quotes:").endswith(
        "offered as sales_quotes, switched off: enabled = true reads it"
    )
    assert "no field is surely its key" in line(said, "moods:")
    assert "no list of objects" in line(said, "settings:")
    assert "imports" not in said.toml
    assert "contacts" not in said.toml
    section = pasted(said)
    assert list(resources_of(section)) == list(resources_of({}))
    for entry in section["resources"].values():
        entry["enabled"] = True
    found = resources_of(section)
    assert found["sales_quotes"] == Resource(
        table="sales_quotes",
        path="sales_quotes",
        key=("sales_quote_id",),
        cursor="modified",
        created="created",
    )
    assert found["admin_regions"].path == "admin/regions"
    assert (found["admin_regions"].cursor, found["admin_regions"].every_hours) == (None, 24.0)
    quotes = table(section, "sales_quotes")
    assert quotes.description == "The sales_quotes."
    assert quotes.column("sales_quote_id").description == "The quote's id."


def test_what_a_user_has_said_is_kept(tmp_path: Path) -> None:
    section: Document = {
        "site": "acme",
        "resources": {
            "orders": {
                "every": "2h",
                "columns": [
                    {"wire": "via", "name": "carrier", "kind": "text", "description": "Carrier."}
                ],
            },
            "shipments": {"enabled": False},
            "regions": {
                "path": "regions",
                "primary_key": "id",
                "description": "Regions.",
                "columns": [{"wire": "id", "name": "id", "kind": "text", "description": "Its id."}],
            },
        },
    }
    before = copy.deepcopy(section)
    fields = as_declared()
    fields["orders"] |= {"via": {"type": "string"}, "dock": {"type": "string"}}
    fields["regions"] = {"id": {"type": "string"}, "nm": {"type": "string"}}
    said = report(tmp_path, swagger_2(fields), section)
    assert section == before
    entries = pasted(said)["resources"]
    assert entries["orders"]["every"] == "2h"
    assert [c["name"] for c in entries["orders"]["columns"]] == ["carrier", "dock"]
    assert entries["shipments"] == {"enabled": False}
    assert [c["name"] for c in entries["regions"]["columns"]] == ["id", "nm"]
    assert line(said, "shipments:") == "ok shipments: switched off"
    assert report(tmp_path, swagger_2(fields), pasted(said)).toml == ""


def test_a_resource_whose_fields_are_not_described_is_there(tmp_path: Path) -> None:
    document = swagger_2(as_declared())
    document["paths"]["/orders/{searchstring}/{page}"]["get"] = {"responses": {"200": {}}}
    said = report(tmp_path, document)
    assert line(said, "orders:") == "ok orders: orders is there; its fields are not described"
    assert said.toml == ""
