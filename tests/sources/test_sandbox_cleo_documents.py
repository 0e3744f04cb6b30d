"""What is in Cleo's mailbox: right X12, JSON, and the orders that other vendors show as well."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest

from tests.sources.sandbox_cleo_wire import Caller, Interchange, read_x12, site
from tests.sources.sandbox_wire import everything

KINDS = {"850", "855", "856", "810"}
GROUPS = {"850": "PO", "855": "PR", "856": "SH", "810": "IN", "997": "FA"}
Document = dict[str, Any]


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with site(rows=150) as caller:
        yield caller


def _x12(files: Sequence[bytes]) -> list[Interchange]:
    return [read_x12(content) for content in files if content.startswith(b"ISA")]


def _json(files: Sequence[bytes]) -> list[Document]:
    """The JSON documents that nest."""
    found = [json.loads(content) for content in files if not content.startswith(b"ISA")]
    flat = [each for one in found for each in (one if isinstance(one, list) else [one])]
    return [document for document in flat if "header" in document]


def _contents(caller: Caller) -> list[bytes]:
    return [content for _row, content in caller.everything().values()]


@pytest.fixture(scope="module")
def contents(caller: Caller) -> list[bytes]:
    return _contents(caller)


def test_interchanges_are_right_in_many_notations(contents: list[bytes]) -> None:
    found = _x12(contents)

    marks = [each.marks for each in found]
    assert {mark[0] for mark in marks} == set("*|^,")
    assert {mark[1] for mark in marks} == set(":>;")
    assert {mark[2] for mark in marks} == set("~\n'\x1c")
    assert {mark[3] for mark in marks} == {"", "\n", "\r\n"}
    assert len({each.isa[13] for each in found}) == len(found)
    assert {each.isa[12] for each in found} == {"00401", "00501"}
    assert all(each.group == GROUPS[each.kind] for one in found for each in one.sets)
    assert all(len(set(each.groups)) == len(each.groups) for each in found)
    sizes = Counter(len(each.sets) for each in found)
    assert {1, 4} <= set(sizes)
    several = [each for each in found if len({one.group for one in each.sets}) > 1]
    assert several, "no interchange has several groups"
    assert any(len(e.sets) > len({one.group for one in e.sets}) for e in found)


def test_orders_add_up(contents: list[bytes]) -> None:
    orders = [each for one in _x12(contents) for each in one.sets if each.kind == "850"]
    assert len(orders) > 10
    for order in orders:
        lines = order.all("PO1")
        total = sum(Decimal(line[2]) * Decimal(line[4]) for line in lines)
        assert order.one("AMT") == ["AMT", "TT", f"{total:.2f}"]
        assert order.one("CTT") == ["CTT", str(len(lines))]
        assert [line[1] for line in lines] == [str(n + 1) for n in range(len(lines))]
        assert [len(said) for said in order.all("PID")] == [6] * len(lines)
        assert [party[1] for party in order.all("N1")] == ["BY", "SE", "ST", "BT"]


def test_invoices_add_up_with_their_charges(contents: list[bytes]) -> None:
    invoices = [each for one in _x12(contents) for each in one.sets if each.kind == "810"]
    charges = Counter(tuple(line[1] for line in each.all("SAC")) for each in invoices)
    assert set(charges) == {(), ("C",), ("C", "A")}
    for invoice in invoices:
        total = sum(Decimal(line[2]) * Decimal(line[4]) for line in invoice.all("IT1"))
        for charge in invoice.all("SAC"):
            total += Decimal(charge[5]) / (100 if charge[1] == "C" else -100)
        assert invoice.one("TDS") == ["TDS", str(int(total * 100))]
        assert invoice.one("BIG")[3] <= invoice.one("BIG")[1]


def test_notices_count_their_levels(contents: list[bytes]) -> None:
    notices = [each for one in _x12(contents) for each in one.sets if each.kind == "856"]
    assert notices
    for notice in notices:
        levels = notice.all("HL")
        assert [level[1] for level in levels] == [str(n + 1) for n in range(len(levels))]
        assert [level[3] for level in levels[:3]] == ["S", "O", "I"]
        assert notice.one("CTT") == ["CTT", str(len(levels))]


def test_json_documents_add_up(contents: list[bytes]) -> None:
    documents = _json(contents)
    assert {document["type"] for document in documents} == KINDS
    for document in documents:
        if document["type"] == "856":
            assert "total" not in document
            continue
        total = sum(line["quantity"] * Decimal(line["unitPrice"]) for line in document["lines"])
        total += sum(Decimal(charge["amount"]) for charge in document.get("charges", ()))
        assert document["total"] == str(total)
        assert document["header"]["currency"] == "CAD"
    shapes = [json.loads(c) for c in contents if not c.startswith(b"ISA")]
    lengths = {len(shape) if isinstance(shape, list) else 0 for shape in shapes}
    assert lengths == {0, 1, 2}
    assert shapes.count([{"type": "850", "value": "$99.99"}]) == 2


def test_a_kind_that_nobody_maps_is_there(contents: list[bytes]) -> None:
    assert [each.kind for one in _x12(contents) for each in one.sets].count("997") == 1


def _orders(contents: Sequence[bytes]) -> dict[str, str]:
    """Purchase order number by the seller's own, as acknowledgments say."""
    said = [each.one("BAK") for one in _x12(contents) for each in one.sets if each.kind == "855"]
    return {bak[8]: bak[3] for bak in said}


def _bought(contents: Sequence[bytes]) -> list[str]:
    numbers = [
        each.one("BEG")[3] for one in _x12(contents) for each in one.sets if each.kind == "850"
    ]
    documents = [each for each in _json(contents) if each["type"] == "850"]
    return numbers + [each["header"]["purchaseOrderNumber"] for each in documents]


def _shown(caller: Caller) -> dict[str, tuple[str, str]]:
    """What Cienapps shows of its orders: purchase order number and company, by order number."""
    rows = [row for row in everything(caller.sandbox).values() if "Order_Reference_PO" in row]
    return {
        str(row["Order_Number"]): (row["Order_Reference_PO"] or "", row["Customer_Company_Name"])
        for row in rows
    }


def test_purchase_order_numbers_are_those_that_cienapps_shows(
    caller: Caller, contents: list[bytes]
) -> None:
    bought, acknowledged, shown = _bought(contents), _orders(contents), _shown(caller)

    expected = {number for number, _company in shown.values() if number.startswith("PO 2")}
    assert len(expected) > 20
    assert expected <= set(bought)
    assert len(bought) == len(set(bought))
    for own, number in acknowledged.items():
        assert number == (shown[own][0] or f"45{int(own):08}")
    others = {number for number in bought if number not in expected}
    assert others <= {f"45{int(own):08}" for own in shown}
    thirds = {
        f"45{int(own):08}"
        for own, (number, _c) in shown.items()
        if not number and int(own) % 3 == 0
    }
    assert thirds <= others


def test_what_happens_brings_documents(caller: Caller) -> None:
    before, at = _contents(caller), caller.sandbox.now()
    caller.sandbox.advance(days=20)
    caller.log_in()
    files = caller.everything()
    new = [content for _row, content in files.values() if content not in before]

    kinds = [each.kind for one in _x12(new) for each in one.sets]
    kinds += [document["type"] for document in _json(new)]
    assert set(kinds) == KINDS
    assert len(files) == len(before) + len(new)
    bought, shown = _bought(new), _shown(caller)
    assert set(bought) <= {number or f"45{int(own):08}" for own, (number, _c) in shown.items()}
    stamps = [r["meta"]["lastModified"] for r, c in files.values() if c in new]
    assert {stamp[:4] for stamp in stamps} == {"1970", "2024"}
    now = caller.sandbox.now().isoformat()
    assert all(at.isoformat() < stamp <= now for stamp in stamps if stamp[:4] != "1970")


@pytest.mark.parametrize(("rows", "seed"), [(0, 1), (5, 2), (12, 7), (30, 3)])
def test_a_small_mailbox_has_some_of_everything(rows: int, seed: int) -> None:
    with site(rows=rows, seed=seed) as caller:
        files = caller.everything()
        keys = caller.books.keys()
    contents = [content for _row, content in files.values()]
    assert len(files) >= 8
    assert {each.kind for one in _x12(contents) for each in one.sets} == {*KINDS, "997"}
    assert [c for c in contents if not c.startswith(b"ISA") and len(_json([c])) == 1]
    assert len(keys["documents"]) == (
        sum(len(one.sets) for one in _x12(contents)) + len(_json(contents)) + 2
    )


def test_a_big_mailbox_is_in_proportion() -> None:
    sizes = []
    for rows in (40, 400):
        with site(rows=rows) as caller:
            sizes.append(len(caller.books.keys()["documents"]))
    assert sizes[1] > 5 * sizes[0]


def test_a_file_may_be_big() -> None:
    with site(big_mb=3) as caller:
        (row,) = (r for r in caller.files("download") if "BATCH" in r["name"])
        content = caller.ask(f"/files/{row['id']}").body
        keys = caller.books.keys()["documents"]
    assert 2_900_000 < len(content) < 3_100_000
    assert row["length"] == len(content)
    sets = read_x12(content).sets
    numbers = {each.one("BEG")[3] for each in sets}
    assert len(numbers) == len(sets) == len([key for key in keys if key.startswith(row["id"])])


def test_the_same_seed_is_the_same_mailbox() -> None:
    seen = []
    for seed, days in ((3, (9,)), (3, (4, 5)), (4, (9,))):
        with site(seed=seed, rows=30) as caller:
            for by in days:
                caller.sandbox.advance(days=by)
                caller.log_in()
                caller.folder("download")
            caller.books.make("files")
            caller.books.change("files")
            seen.append(caller.everything())
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]
