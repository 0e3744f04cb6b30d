"""What documents of each kind say, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from sources.cleo.parsing import parse
from sources.cleo.tables import DOCUMENTS
from tests.sources.cleo_x12_writer import Group, Interchange, Marks, Set, order, written


def only(text: str) -> dict[str, Any]:
    (document,) = parse(text.encode()).documents
    return document


def said(document: dict[str, Any], *left_out: str) -> dict[str, Any]:
    return {k: v for k, v in document.items() if v not in (None, []) and k not in left_out}


PURCHASE_ORDER = order(
    "BEG*00*SA*PO-77**20240530",
    "CUR*BY*CAD",
    "REF*DP*038",
    "N1*BY*Northwind Mills*92*0042",
    "N1*ST*Northwind*9*12",
    "N2*Dock 4",
    "N3*1 Main St*Unit 2",
    "N3*Rear",
    "N4*Vancouver*BC*V6B 1A1*CA",
    "N1*VN*Pump Works",
    "N1*RI*Remit Here",
    "PO1*1*12*EA*12.70*PE*BP*A-1*VN*V-1*UP*012345678905",
    "PID*F****Pump, cast iron",
    "PID*F****DN50",
    "N1*ST*Other Dock",
    "PO1*2*.5*CA*10",
    "SLN*1**I*2*EA",
    "PID*F****Part of it",
    "CTT*2",
    "AMT*TT*157.40",
)


def test_a_purchase_order() -> None:
    document = only(PURCHASE_ORDER)
    assert said(document, "parties", "lines", "content") == {
        "position": 1,
        "format": "x12",
        "document_type": "850",
        "is_mapped": True,
        "sender_id": "ACME",
        "receiver_id": "PENSTOCK",
        "x12_version": "004010",
        "interchange_control_number": "000000001",
        "group_control_number": "1",
        "set_control_number": "0001",
        "sent_on": "2024-05-31",
        "purpose_code": "00",
        "kind_code": "SA",
        "purchase_order_number": "PO-77",
        "purchase_order_on": "2024-05-30",
        "document_on": "2024-05-30",
        "currency_code": "CAD",
        "total_amount": "157.40",
        "lines_amount": "157.40",
        "line_count": 2,
        "buyer_id": "0042",
        "buyer_name": "Northwind Mills",
        "seller_name": "Pump Works",
        "ship_to_name": "Northwind Dock 4",
        "ship_to_address": "1 Main St, Unit 2, Rear",
        "ship_to_city": "Vancouver",
        "ship_to_region": "BC",
        "ship_to_postal_code": "V6B 1A1",
    }
    assert document["content"][0] == ["ST", "850", "0001"]
    assert document["content"][3] == ["REF", "DP", "038"]
    assert document["content"][-1] == ["SE", "22", "0001"]


def test_the_lines_of_a_purchase_order() -> None:
    assert only(PURCHASE_ORDER)["lines"] == [
        {
            "line_id": "1",
            "quantity": "12",
            "unit_code": "EA",
            "unit_price_amount": "12.70",
            "line_amount": "152.40",
            "buyer_part_number": "A-1",
            "vendor_part_number": "V-1",
            "upc": "012345678905",
            "description": "Pump, cast iron DN50",
            "status_code": None,
        },
        {
            "line_id": "2",
            "quantity": "0.5",
            "unit_code": "CA",
            "unit_price_amount": "10",
            "line_amount": "5.0",
            "buyer_part_number": None,
            "vendor_part_number": None,
            "upc": None,
            "description": None,
            "status_code": None,
        },
    ]


def test_all_parties_are_kept_with_their_roles() -> None:
    parties = only(PURCHASE_ORDER)["parties"]
    assert [(p["role"], p["name"]) for p in parties] == [
        ("buyer", "Northwind Mills"),
        ("ship_to", "Northwind Dock 4"),
        ("seller", "Pump Works"),
        ("RI", "Remit Here"),
        ("ship_to", "Other Dock"),
    ]
    assert parties[1] == {
        "role": "ship_to",
        "name": "Northwind Dock 4",
        "id_qualifier": "9",
        "id": "12",
        "address": ["1 Main St", "Unit 2", "Rear"],
        "city": "Vancouver",
        "region": "BC",
        "postal_code": "V6B 1A1",
        "country": "CA",
    }


def test_a_party_of_one_line_is_not_the_documents() -> None:
    document = only(order("BEG*00*SA*P**20240530", "PO1*1*1*EA*1", "N1*ST*Dock of line 1"))
    assert document["ship_to_name"] is None
    assert [party["name"] for party in document["parties"]] == ["Dock of line 1"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_names_with_accents(encoding: str) -> None:
    (document,) = parse(order("N1*BY*Société Dupré").encode(encoding)).documents
    assert document["buyer_name"] == "Société Dupré"


def test_an_acknowledgment() -> None:
    document = only(
        order(
            "BAK*00*AC*PO-77*20240530*****20240601",
            "PO1*1*12*EA*1.5**SK*V-1",
            "ACK*IA*10*EA",
            "ACK*IB*2*EA",
            "ACK*IA*0*EA",
            "PO1*2*1*EA",
            "ACK*IR",
            kind="855",
        )
    )
    assert (document["purpose_code"], document["kind_code"]) == ("00", "AC")
    assert document["purchase_order_number"] == "PO-77"
    assert document["purchase_order_on"] == "2024-05-30"
    assert document["document_on"] == "2024-06-01"
    assert [line["status_code"] for line in document["lines"]] == ["IA,IB", "IR"]
    assert [line["line_amount"] for line in document["lines"]] == ["18.0", None]
    assert document["lines_amount"] is None  # one has none
    assert document["is_mapped"] is True


def test_an_invoice() -> None:
    document = only(
        order(
            "BIG*20240602*INV-9*20240530*PO-77***CR*00",
            "IT1*1*2*EA*10.005**IN*A-1*EN*4006381333931",
            "TDS*2101",
            "SAC*C*D240***100",
            kind="810",
        )
    )
    told = {
        "document_type": "810",
        "invoice_on": "2024-06-02",
        "document_on": "2024-06-02",
        "invoice_number": "INV-9",
        "purchase_order_on": "2024-05-30",
        "purchase_order_number": "PO-77",
        "kind_code": "CR",
        "purpose_code": "00",
        "total_amount": "21.01",
        "lines_amount": "20.010",
    }
    assert {name: document[name] for name in told} == told
    assert ["SAC", "C", "D240", "", "", "100"] in document["content"]
    assert document["lines"][0]["upc"] == "4006381333931"


@pytest.mark.parametrize(
    ("orders", "number"),
    [(("PRF*PO-77***20240530",), "PO-77"), (("PRF*PO-1", "PRF*PO-2"), None), ((), None)],
    ids=["one order", "two orders", "no order"],
)
def test_a_shipment_is_not_mapped_but_known(orders: tuple[str, ...], number: str | None) -> None:
    document = only(order("BSN*00*S-1*20240603*1200", "HL*1**S", *orders, kind="856"))
    assert document["is_mapped"] is False
    assert document["document_on"] == "2024-06-03"
    assert document["purchase_order_number"] == number
    assert (document["lines"], document["line_count"], document["parties"]) == ([], None, None)


def test_a_kind_that_nobody_knows_is_kept_whole() -> None:
    document = only(order("B2**SCAC**123", "PO1*1*1*EA*1", kind="204"))
    assert (document["document_type"], document["is_mapped"]) == ("204", False)
    assert document["set_control_number"] == "0001"
    assert document["lines"] == []
    assert document["content"][1] == ["B2", "", "SCAC", "", "123"]


@pytest.mark.parametrize(
    ("body", "total"),
    [
        (("AMT*TT*9", "PO1*1*1*EA*5", "AMT*TT*5", "CTT*1", "AMT*TT*7"), "7"),
        (("AMT*TT*9", "PO1*1*1*EA*5", "AMT*TT*5"), "9"),
        (("PO1*1*1*EA*5", "AMT*TT*5"), "5"),
        (("PO1*1*1*EA*5", "AMT*TT*5", "PO1*2*1*EA*6", "AMT*TT*6"), None),
        (("PO1*1*1*EA*5", "CTT*1", "AMT*1*5"), None),
    ],
    ids=["behind the count", "before the lines", "the only one", "one per line", "another amount"],
)
def test_the_total_is_the_documents_own(body: tuple[str, ...], total: str | None) -> None:
    assert only(order("BEG*00*SA*P**20240530", *body))["total_amount"] == total


@pytest.mark.parametrize(
    ("line", "price", "amount"),
    [
        ("PO1*1*200*EA*12.5*HP", "0.125", "25.000"),
        ("PO1*1*2000*EA*3*TP", "0.003", "6.000"),
        ("PO1*1*3*EA*0.00005", "0.0000", "0.0002"),
        ("PO1*1*1*EA*0.00005", "0.0000", "0.0000"),
        ("PO1*1*-3*EA*-2", "-2", "6"),
        ("PO1*1*many*EA*2", "2", None),
        ("PO1*1*2*EA*1E3", "1E3", None),
        ("PO1*1*2*EA", None, None),
        ("PO1*1*99999999999999*EA*10", "10", None),
        ("PO1", None, None),
    ],
)
def test_the_amount_of_a_line(line: str, price: str | None, amount: str | None) -> None:
    (read,) = only(order("BEG*00*SA*P**20240530", line))["lines"]
    assert (read["unit_price_amount"], read["line_amount"]) == (price, amount)


def test_what_is_no_number_and_no_day_stays_for_typing_to_refuse() -> None:
    document = only(order("BEG*00*SA*P**20240230", "PO1*1*many*EA*2"))
    assert document["document_on"] == "20240230"
    assert document["lines"][0]["quantity"] == "many"


@pytest.mark.parametrize(("day", "iso"), [("691231", "2069-12-31"), ("700101", "1970-01-01")])
def test_the_century_of_a_short_day(day: str, iso: str) -> None:
    text = written(Interchange("000000001", [Group("1", [Set("850", "1", [])])], day=day))
    assert only(text)["sent_on"] == iso


def test_every_column_is_there_and_no_other() -> None:
    wires = {column.wire for column in DOCUMENTS.columns} - {"file_id", "is_withdrawn"}
    assert set(only(PURCHASE_ORDER)) == wires | {"lines"}
    assert set(only(order(kind="204"))) == wires | {"lines"}
    columns = {column.wire for column in DOCUMENTS.children[0].columns}
    assert {frozenset(line) for line in only(PURCHASE_ORDER)["lines"]} == {frozenset(columns)}


def test_several_interchanges_each_with_its_own_terminators() -> None:
    one = Interchange("000000001", [Group("1", [Set("850", "1", []), Set("810", "2", [])])])
    two = Interchange(
        "000000002", [Group("1", [Set("855", "1", [])])], marks=Marks("|", ":", "\n", "")
    )
    read = parse(written(one, two).encode())
    assert read.format == "x12"
    assert [(d["position"], d["document_type"]) for d in read.documents] == [
        (1, "850"),
        (2, "810"),
        (3, "855"),
    ]


@pytest.mark.parametrize("version", ["00200", "00400", "00501", "00705"])
def test_every_version_of_the_standard(version: str) -> None:
    text = PURCHASE_ORDER.replace("*00401*", f"*{version}*", 1)
    assert only(text)["purchase_order_number"] == "PO-77"


def test_a_segment_of_any_length_and_what_comes_behind_it() -> None:
    text = order("BEG*00*SA*P**20240530", "MSG*" + "x" * 100_000, "PO1*1*1*EA*1")
    assert len(only(text)["lines"]) == 1


def test_an_acknowledged_interchange_is_no_document() -> None:
    text = written(Interchange("000000001", [])).replace("IEA", "TA1*000000009*1*A*000~\nIEA")
    assert parse(text.encode()).documents == ()
