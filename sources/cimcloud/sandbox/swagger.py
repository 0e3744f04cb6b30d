"""The site's own Swagger: every resource with every field that it has, and what each is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sources.cimcloud.sandbox.resources import Field, Kind, Resource
from sources.cimcloud.sandbox.tokens import SITE

TYPES: Mapping[Kind, Mapping[str, str]] = {
    Kind.INT: {"type": "integer", "format": "int32"},
    Kind.FLAG: {"type": "integer", "format": "int32"},
    Kind.TEXT: {"type": "string"},
    Kind.MONEY: {"type": "string", "format": "decimal"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.TIME: {"type": "string", "format": "date-time"},
}


def swagger(resources: Mapping[str, Resource], host: str) -> dict[str, Any]:
    """A Swagger 2.0 document."""
    paths: dict[str, Any] = {}
    for resource in resources.values():
        paths |= _lists(resource)
    paths["/OnlineOrders"] = _online_orders()
    paths["/orderpassthrough"] = {"post": _operation("orderpassthrough", "Writes orders.", {})}
    return {
        "swagger": "2.0",
        "info": {"title": f"CIMcloud API2, {SITE}", "version": "v1"},
        "host": host,
        "basePath": f"/cimcloud/{SITE}",
        "schemes": ["http"],
        "paths": paths,
        "definitions": {r.path: _definition(r) for r in resources.values()},
    }


def _definition(resource: Resource) -> dict[str, Any]:
    fields = {**resource.fields, **resource.extra}
    return {
        "type": "object",
        "description": resource.about,
        "required": list(resource.key),
        "properties": {name: _property(field) for name, field in fields.items()},
    }


def _property(field: Field) -> dict[str, str]:
    return {**TYPES[field.kind], "description": field.about}


def _lists(resource: Resource) -> dict[str, Any]:
    """The ways to list a resource; a record is found by a search for its key."""
    answer = {"type": "array", "items": {"$ref": f"#/definitions/{resource.path}"}}
    search = {"name": "searchstring", "in": "path", "required": True, "type": "string"}
    page = {"name": "page", "in": "path", "required": True, "type": "integer"}
    ways: tuple[tuple[str, list[dict[str, Any]]], ...] = (
        ("", []),
        ("/{page}", [page]),
        ("/{searchstring}/{page}", [search, page]),
    )
    return {
        f"/{resource.path}{way}": {
            "get": {**_operation(resource.path, resource.about, answer), "parameters": parameters}
        }
        for way, parameters in ways
    }


def _online_orders() -> dict[str, Any]:
    about = "Orders that are not exported; marks them exported."
    answer = {"type": "array", "items": {"$ref": "#/definitions/orders"}}
    return {"get": _operation("OnlineOrders", about, answer)}


def _operation(tag: str, about: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "OK"}
    if schema:
        answer["schema"] = dict(schema)
    return {
        "tags": [tag],
        "summary": about,
        "produces": ["application/json"],
        "responses": {"200": answer},
    }
