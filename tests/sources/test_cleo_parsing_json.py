"""JSON files: what is recognised is in columns, all of it is in `content`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.cleo.parsing import Unreadable, json_names, parse
from sources.cleo.tables import DOCUMENTS


def read(text: str) -> dict[str, Any]:
    (document,) = parse(text.encode()).documents
    return document


def reason(content: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        parse(content)
    told = str(caught.value)
    assert told.isprintable()
    assert 0 < len(told) < 300
    return told


def told(document: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in document.items() if v not in (None, []) and k != "content"}


def test_the_sheets_sample() -> None:
    parsed = parse(b'[{"type":"850","value":"$99.99"}]')
    assert parsed.format == "json"
    assert [told(document) for document in parsed.documents] == [
        {
            "position": 1,
            "format": "json",
            "document_type": "850",
            "is_mapped": True,
            "total_amount": "99.99",  # a dollar sign names no currency
            "line_count": 0,
        }
    ]
    assert parsed.documents[0]["content"] == {"type": "850", "value": "$99.99"}


RICH = """{
  "Type": 850,
  "header": {"PO_Number": "PO-77", "orderDate": "2024-05-30T08:00:00Z", "currency": "cad"},
  "sender": "ACME", "receiver": "US", "purpose": "00",
  "buyer": {"name": "Northwind Mills", "id": "0042", "id_qualifier": "92"},
  "shipTo": {"name": "Northwind Dock 4", "address": {"line1": "1 Main St", "line2": "Unit 2",
    "city": "Vancouver", "province": "BC", "postalCode": "V6B 1A1", "countryCode": "CA"}},
  "parties": [{"role": "VN", "name": "Pump Works"}, {"type": "RI", "name": "Remit Here"}],
  "lines": [
    {"line_number": 1, "qty": 12, "uom": "EA", "unitPrice": 12.70, "buyerPart": "A-1",
     "sku": "V-1", "upc": "012345678905", "description": "Pump"},
    {"lineNo": "2", "quantity": "1,000.5", "price": "$2", "lineTotal": "2001.00"}
  ],
  "summary": {"total": 2153.40},
  "loyalty": {"points": 1.50}
}"""


def test_a_rich_document() -> None:
    document = read(RICH)
    assert told(document) == {
        "position": 1,
        "format": "json",
        "document_type": "850",
        "is_mapped": True,
        "sender_id": "ACME",
        "receiver_id": "US",
        "purpose_code": "00",
        "purchase_order_number": "PO-77",
        "purchase_order_on": "2024-05-30",
        "document_on": "2024-05-30",
        "currency_code": "CAD",
        "total_amount": "2153.40",
        "lines_amount": "2153.40",
        "line_count": 2,
        "buyer_id": "0042",
        "buyer_name": "Northwind Mills",
        "seller_name": "Pump Works",
        "ship_to_name": "Northwind Dock 4",
        "ship_to_address": "1 Main St, Unit 2",
        "ship_to_city": "Vancouver",
        "ship_to_region": "BC",
        "ship_to_postal_code": "V6B 1A1",
        "parties": document["parties"],
        "lines": document["lines"],
        "loyalty": {"points": "1.50"},
    }
    assert [party["role"] for party in document["parties"]] == ["seller", "RI", "buyer", "ship_to"]
    assert document["content"]["header"]["PO_Number"] == "PO-77"
    assert document["content"]["summary"] == {"total": "2153.40"}
    assert document["content"]["Type"] == 850


def test_the_lines_of_a_rich_document() -> None:
    first, second = read(RICH)["lines"]
    assert first == {
        "line_id": "1",
        "quantity": "12",
        "unit_code": "EA",
        "unit_price_amount": "12.70",
        "line_amount": "152.40",
        "buyer_part_number": "A-1",
        "vendor_part_number": "V-1",
        "upc": "012345678905",
        "description": "Pump",
        "status_code": None,
    }
    amounts = (second["quantity"], second["unit_price_amount"], second["line_amount"])
    assert amounts == ("1000.5", "2", "2001.00")


@pytest.mark.parametrize(
    ("fields", "amount", "currency"),
    [
        ('"total": 12.70', "12.70", None),
        ('"amount": "CAD 12.00"', "12.00", "CAD"),
        ('"amount": "CAD 12.00", "currency": "cad"', "12.00", "CAD"),
        ('"amount": "CAD 12.00", "currency": "USD"', "12.00", None),
        ('"amount": 5, "currency": "$"', "5", None),
        ('"total": "1.234,50"', None, None),
        ('"total": 5, "value": 6', "5", None),
        ('"total": null, "value": 6', "6", None),
        ('"total": true, "value": 6', "6", None),
    ],
)
def test_the_total_and_its_currency(fields: str, amount: str | None, currency: str | None) -> None:
    document = read(f'{{"type": "810", {fields}}}')
    assert (document["total_amount"], document["currency_code"]) == (amount, currency)


def test_a_lines_own_amount_that_has_two_readings_is_not_replaced() -> None:
    document = read('{"type": "850", "lines": [{"qty": 2, "price": 3, "lineTotal": "1.234,50"}]}')
    assert (document["lines"][0]["line_amount"], document["lines_amount"]) == (None, None)


@pytest.mark.parametrize(("kind", "mapped"), [("855", True), ("856", False), ("memo", False)])
def test_any_kind_is_a_row(kind: str, mapped: bool) -> None:
    document = read(json.dumps({"type": kind}))
    assert (document["document_type"], document["is_mapped"]) == (kind, mapped)


def test_an_invoices_day_is_the_documents() -> None:
    document = read('{"type": "810", "invoice": {"number": 1}, "invoiceNo": 9, "date": "20240602"}')
    assert (document["invoice_on"], document["document_on"]) == ("2024-06-02", "2024-06-02")
    assert document["invoice_number"] == "9"


def test_what_is_not_recognised_is_reported_unless_the_row_has_that_name() -> None:
    document = read(
        '{"type": "850", "foo": [1.50], "FOO": 2, "Format": "x", "content": 3, "a": {}}'
    )
    names = {column.wire for column in DOCUMENTS.columns} - {"file_id", "is_withdrawn"}
    assert set(document) == names | {"lines", "foo", "a"}
    assert document["foo"] == ["1.50"]
    assert document["format"] == "json"
    assert document["content"]["content"] == 3


def test_two_names_of_one_field_are_not_both_recognised() -> None:
    document = read('{"type": "850", "po_number": "A", "poNumber": "B"}')
    assert document["purchase_order_number"] == "A"
    assert document["poNumber"] == "B"


def test_names_are_told_apart_once() -> None:
    for table in (json_names.HEADER, json_names.DAYS, json_names.LINE_TEXTS, json_names.ROLES):
        names = [name for called in table.values() for name in called]
        assert len(names) == len(set(names))
        assert names == [json_names.plain(name) for name in names]


@pytest.mark.parametrize(
    "number",
    ["12345678901234567890", "9" * 5_000, "0.1000000000000000055", "1E400"],
    ids=["long", "endless", "exact", "great"],
)
def test_long_numbers_stay_exact(number: str) -> None:
    assert read(f'{{"type": "850", "x": {number}}}')["x"] == number


def test_many_documents_and_none() -> None:
    many = b"[" + b",".join([b'{"type":"850"}'] * 1_000) + b"]"
    assert [d["position"] for d in parse(many).documents] == list(range(1, 1_001))
    assert parse(b" []\n").documents == ()
    assert parse(b"\xef\xbb\xbf[]").documents == ()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"[1]", "document 1 is no object"),
        (b'[{"type": 850}, null]', "document 2 is no object"),
        (b"{}", "document 1 has no type"),
        (b'[{"type": "850"}, {"type": null}]', "document 2 has no type"),
        (b'{"type": " "}', "document 1 has no type"),
        (b'{"type": true}', "document 1 has no type"),
        (b'{"type": ["850"]}', "document 1 has no type"),
        (b'{"type": "850"', "it is no valid JSON: Expecting ',' delimiter at line 1, column 15"),
        (b'{"type": "850"} x', "it is no valid JSON: Extra data at line 1"),
        (b'{"type": "850", "a": NaN}', "NaN is no number"),
        (b'{"type": "850", "a": -Infinity}', "-Infinity is no number"),
        (b'{"type": "850", "a": {"b": 1, "b": 2}}', "an object has the key 'b' more than once"),
        (b'{"type": "850", "a": "\\ud800"}', "a text has half of a surrogate pair"),
        (b'{"type": "850", "\\udfff": 1}', "a text has half of a surrogate pair"),
        (b'{"type": "850", "a": ' + b"[" * 101 + b"]" * 101 + b"}", "nested more than 100 deep"),
        (b"[" * 10_000_000, "nested more than 100 deep"),
        (b'"type"', "it is neither X12 (it would begin with ISA) nor JSON"),
        (b"850", "it is neither X12"),
    ],
)
def test_the_reason_says_what_is_wrong(content: bytes, why: str) -> None:
    assert why in reason(content)


def test_what_json_allows_is_read() -> None:
    document = read('{"type": "850", "a": "\\ud83d\\ude00", "b": ' + "[" * 98 + "]" * 98 + "}")
    assert document["a"] == "\U0001f600"


def checked(content: bytes) -> None:
    """Whatever it is: documents that can be written as JSON, or a reason."""
    try:
        parsed = parse(content)
    except Unreadable:
        reason(content)
        return
    json.dumps(parsed.documents, allow_nan=False, ensure_ascii=False).encode()
    for position, document in enumerate(parsed.documents, start=1):
        assert document["position"] == position
        assert isinstance(document["lines"], list)
        assert not any(isinstance(value, float) for value in document.values())


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
)


@given(values)
def test_any_json_is_read_or_refused(value: Any) -> None:
    checked(json.dumps(value).encode())


tables = (json_names.HEADER, json_names.DAYS, json_names.LINE_TEXTS, json_names.ROLES)
known = [
    name for table in (*tables, json_names.PARTY) for called in table.values() for name in called
]
known += [*json_names.HOLDERS, *json_names.TOTAL, *json_names.LINES, *json_names.PARTIES]
known += [*json_names.QUANTITY, *json_names.UNIT_PRICE, *json_names.ADDRESS, *json_names.ROLE]
plausible = st.sampled_from(
    ["$99.99", "1,234.50", "2024-05-31", "BY", "CAD", 0, -1, 12.70, "", "1e9"]
)
shaped = st.recursive(
    scalars | plausible,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(known), inner),
    max_leaves=20,
)


@settings(max_examples=300)
@given(fields=st.dictionaries(st.sampled_from(known), shaped, max_size=8))
def test_any_value_under_any_known_name(fields: dict[str, Any]) -> None:
    document = {**fields, "documenttype": "850", "type": "850"}
    text = json.dumps([document])
    checked(text.encode())
    try:
        (row,) = parse(text.encode()).documents
    except Unreadable:
        return
    exact = json.loads(text, parse_float=str)
    kept = json.dumps(row["content"], sort_keys=True)
    long = max((len(str(n)) for n in _integers(exact)), default=0) > 18
    assert long or kept == json.dumps(exact[0], sort_keys=True)


def _integers(value: Any) -> list[int]:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [n for each in inner for n in _integers(each)]
    return [value] if isinstance(value, int) else []


@settings(max_examples=300)
@given(start=st.integers(0, len(RICH)), length=st.integers(0, 30), by=st.binary(max_size=8))
def test_a_damaged_document_is_read_or_refused(start: int, length: int, by: bytes) -> None:
    content = RICH.encode()
    checked(content[:start] + by + content[start + length :])


@given(cut=st.integers(0, len(RICH) - 1))
def test_a_document_that_is_cut_is_refused(cut: int) -> None:
    reason(RICH[:cut].encode())
