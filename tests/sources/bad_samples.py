"""Something valid of every kind that vendors send: what is declared, as it would come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from sources._tables.declare import Column, Kind, Table
from sources.cimcloud.tables import TABLES as CIMCLOUD
from tests.sources.cimcloud_swagger import openapi_3, site_fields, swagger_2
from tests.sources.cleo_x12_writer import order

_OF_KIND: Final[dict[Kind, Any]] = {
    Kind.TEXT: "PO BOX 9458",
    Kind.INTEGER: 4700,
    Kind.DECIMAL: 12.75,
    Kind.FLAG: True,
    Kind.JSON: [{"name": "colour", "value": "blue"}],
}
_MOMENTS: Final = {"%d": "13", "%m": "08", "%Y": "2023", "%H": "10", "%M": "09", "%S": "08"} | {
    "%-m": "8",
    "%-d": "13",
    "%-I": "10",
    "%p": "AM",
    "%g": "123",
    "%f": "123456",
}


def row_of(table: Table, number: int = 1) -> dict[str, Any]:
    """A row with every declared field and two lines of each child table."""
    row = _fields(table.columns)
    for name in table.key:
        column = table.column(name)
        holder = row
        for inner in column.within:
            holder = holder[inner]
        holder[column.wire] = number if column.kind is Kind.INTEGER else f"A{number}"
    for child in table.children:
        line = _fields(child.columns)
        row[child.wire] = [line.get("$", line)] * 2
    return row


def _fields(columns: tuple[Column, ...]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in columns:
        holder = row
        for name in column.within:
            holder = holder.setdefault(name, {})
        holder[column.wire] = _OF_KIND.get(column.kind) or _moment(column)
    return row


def _moment(column: Column) -> str:
    pattern = next((p for p in column.patterns if p != "ISO"), "")
    if not pattern or "ISO" in column.patterns:
        return "2023-08-13" if column.kind is Kind.DATE else "2023-08-13T10:09:08"
    for directive, text in _MOMENTS.items():
        pattern = pattern.replace(directive, text)
    return pattern


def page_of(*rows: Any) -> bytes:
    """A page that is its rows."""
    return json.dumps(rows).encode()


_PRINTED = json.loads(Path(__file__).with_name("cienapps_samples.json").read_text("utf-8"))
PRINTED: Final = {name: page_of(row) for name, row in _PRINTED.items()}
X12: Final = order("BEG*00*SA*4500012345**20240531", "CUR*BY*CAD", "N1*BY*ACME*92*17").encode()
DOCUMENT: Final = json.dumps(
    {
        "type": "850",
        "purchaseOrderNumber": "4500012345",
        "date": "2024-05-31",
        "value": "$99.99",
        "buyer": {"name": "ACME", "id": "17", "address": ["1 Main", "Suite 2"]},
        "lines": [{"lineNumber": 1, "quantity": 3, "unitPrice": "33.33", "sku": "A1"}],
    }
).encode()
FOLDER: Final = json.dumps(
    {
        "totalResults": 2,
        "startIndex": 0,
        "count": 2,
        "resources": [
            {"id": "a-1", "type": "file", "name": "po.x12", "length": 12, "meta": {}},
            {"id": "b-2", "type": "folder", "name": "old", "permissions": ["view"]},
        ],
    }
).encode()
JWT: Final = "eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjE2MDAwMDAwMDAsImV4cCI6MTYwMDAwMzYwMH0.c2ln"
FIELDS: Final = {table.name: site_fields(table) for table in CIMCLOUD[:3]}
SWAGGERS: Final = tuple(json.dumps(made(FIELDS)).encode() for made in (swagger_2, openapi_3))

# what has broken parsers of all kinds before
NASTY: Final = (
    *(b"1e400", b"-0", b"NaN", b"-Infinity", b"1" + b"0" * 5000, b"0.1e-400", b"9" * 20),
    *(b'"\\ud800"', b'"\\udfff\\ud800"', b'"\\u0000"', b'"a\\u001fb"', b'""', b"\xff\xfe", b"\x00"),
    *(b"[" * 3000, b'{"a":' * 3000, b"[" * 1100 + b"]" * 1100, b'{"a":' * 990 + b"1" + b"}" * 990),
    *(b'"0001-01-01T00:00:00"', b'"9999-12-31 23:59:59"', b'"10000-01-01"', b'"2023-02-30"'),
    *(b'"0001-01-01 00:00:00+14:00"', b"null", b"true", b"{}", b"[]", b'"' + b"x" * 3000 + b'"'),
    *(b'"1,234.50"', b'"%2e%2e/"', b'"../../etc"', b"'; drop table x --", b"\xef\xbb\xbf", b"'\""),
    *(b'{"a":1,"a":2}', b'"\\', b"\r\n\r\n", b"~", b"*", b"ISA*", b"%" * 50, b"\xc2\xa0", b"1_0"),
)


def _is_a_value(text: bytes) -> bool:
    try:
        json.loads(text, parse_int=str)
    except (ValueError, RecursionError):
        return False
    return True


VALUES: Final = tuple(filter(_is_a_value, NASTY))


def long_order(lines: int) -> bytes:
    """A purchase order of so many lines, in X12."""
    said = [f"PO1*{n}*3*EA*33.33**VP*A{n}" for n in range(1, lines + 1)]
    return order("BEG*00*SA*4500012345**20240531", *said).encode()
