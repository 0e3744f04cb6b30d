"""Swagger documents of sites that tests make up, and what is made of them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sources._tables.declare import Kind, Table
from sources.cimcloud.resources import resources_of, tables_of
from sources.cimcloud.swagger import SiteReport, read_swagger
from sources.cimcloud.tables import TABLES

TYPES: dict[Kind, dict[str, str]] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer", "format": "int32"},
    Kind.DECIMAL: {"type": "number", "format": "double"},
    Kind.FLAG: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.TIMESTAMP: {"type": "string", "format": "date-time"},
}
Document = dict[str, Any]


def site_fields(table: Table) -> dict[str, dict[str, str]]:
    return {c.wire: {**TYPES[c.kind], "description": c.description} for c in table.columns}


def swagger_2(fields: Mapping[str, Mapping[str, Any]]) -> Document:
    """A document of lists by path, as Swagger 2.0 says it."""
    return {
        "swagger": "2.0",
        "basePath": "/acme",
        "paths": {
            f"/{path}/{{searchstring}}/{{page}}": {
                "get": {
                    "summary": f"The {path}.",
                    "responses": {
                        "200": {
                            "schema": {
                                "type": "array",
                                "items": {"$ref": "#/definitions/" + path.replace("/", "~1")},
                            }
                        }
                    },
                }
            }
            for path in fields
        },
        "definitions": {p: {"type": "object", "properties": dict(f)} for p, f in fields.items()},
    }


def openapi_3(fields: Mapping[str, Mapping[str, Any]]) -> Document:
    """The same as OpenAPI 3.0 says it, the site a parameter and the rows in parts."""
    paths: Document = {}
    schemas: Document = {}
    for path, held in fields.items():
        names = list(held)
        half = len(names) // 2
        schemas[path + "_base"] = {"properties": {n: held[n] for n in names[:half]}}
        schemas[path] = {
            "allOf": [
                {"$ref": f"#/components/schemas/{path}_base"},
                {"type": "object", "properties": {n: held[n] for n in names[half:]}},
            ]
        }
        paths[f"/{{site}}/{path}"] = {
            "get": {
                "responses": {
                    "200": {
                        "content": {
                            "text/plain": {},
                            "application/json": {
                                "schema": {
                                    "type": "array",
                                    "items": {"$ref": f"#/components/schemas/{path}"},
                                }
                            },
                        }
                    }
                }
            },
            "post": {"requestBody": {}},
        }
    return {"openapi": "3.0.1", "paths": paths, "components": {"schemas": schemas}}


def as_declared() -> dict[str, dict[str, dict[str, Any]]]:
    """The fields of a site that has exactly what is declared here, by path."""
    found = resources_of({})
    return {found[table.name].path: site_fields(table) for table in TABLES}


def report(
    folder: Path, document: Any, section: Mapping[str, Any] | None = None, name: str = "site.json"
) -> SiteReport:
    file = folder / name
    file.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return read_swagger(file, "cimcloud", {"site": "acme"} if section is None else section)


def pasted(said: SiteReport) -> Document:
    """The section as it is after the TOML was pasted."""
    held: Document = tomllib.loads(said.toml)["sources"]["cimcloud"]
    return held


def line(said: SiteReport, start: str) -> str:
    found = [
        f"{'ok' if ok else 'FAIL'} {text}" for ok, text in said.lines if text.startswith(start)
    ]
    assert len(found) == 1, said.lines
    return found[0]


def table(section: Document, name: str) -> Table:
    return {t.name: t for t in tables_of(section)}[name]
