"""Who is recognised as one customer, whatever the sites type; steps whatever their spelling."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from pipelines.transform import build
from tests.pipelines.model_world import AS_OF, VENDORS, World, day, write_maps
from tests.pipelines.raw_file import RawFile

PHONE, CODE = "(250) 111-2222", "V9X 1T8"

Block = tuple[str | None, ...]

# groups of (company, last name, first name, phone, postal code) that are one customer each
GROUPS: dict[str, list[Block]] = {
    "accents, case, punctuation and spaces": [
        ("THÉBERGE ET FILS", None, None, PHONE, CODE),
        ("Theberge  et fils ", "ROY", "ANN", "1-250-111-2222", "v9x1t8"),
        ("THE\u0301BERGE-ET-FILS.", None, None, "+1 250.111.2222", "V9X1T8 "),
        (" ", "théberge\u00a0et", "Fils", "2501112222", "V9X-1T8"),
    ],
    "ligatures and apostrophes": [
        ("SŒURS L'HEUREUX", None, None, PHONE, CODE),
        ("Soeurs L’Heureux", None, None, PHONE, CODE),
    ],
    "other scripts": [
        (None, "Παπά", "Ελένη", PHONE, CODE),
        (None, "ΠΑΠΑ", "ΕΛΕΝΗ", PHONE, CODE),
    ],
    "a person, by last and first name": [
        (None, "DOE", "ANDREW", PHONE, CODE),
        ("", "Doe", "Andrew ", PHONE, CODE),
    ],
    "the same without a phone": [
        (None, "DOE", "ANDREW", None, CODE),
        (None, "DOE", "ANDREW", "n/a", CODE),
    ],
    "the same with another phone": [(None, "DOE", "ANDREW", "250 111 2223", CODE)],
    "the same with another postal code": [(None, "DOE", "ANDREW", PHONE, "V9X 1T9")],
    "a name alone": [(None, "DOE", "ANDREW", None, None), (None, "doe", "andrew", "", " ")],
    "a country that is not 1": [(None, "DOE", "ANDREW", "44 250 111 2222", CODE)],
    "a phone alone": [(None, None, None, PHONE, None), ("-", "", None, PHONE, "")],
}
NOBODY: list[Block] = [(None, None, None, None, CODE), (" ", "-", "", "none", None)]

STEPS = (
    "vendor,document_type,step,stage,stage_order,outcome\ncienapps,order,04 -FACTURÉ,Billed,1,won\n"
)
SPELLINGS = [
    "04 -Facturé",
    " 04 -FACTURÉ ",
    "04\u00a0-FACTURÉ",
    "04 \t -facture\u0301",
    "04\x85-FACTURÉ",
]


def key(name: str, phone: str, code: str) -> str:
    """The customer key as docs/decisions/0002-customer-matching.md defines it."""
    return "c_" + hashlib.md5(chr(31).join([name, phone, code]).encode()).hexdigest()[:16]


DOE = key("doeandrew", "2501112222", "V9X1T8")
DOE_NO_PHONE = key("doeandrew", "", "V9X1T8")
DOE_OTHER_PHONE = key("doeandrew", "2501112223", "V9X1T8")


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One order per customer block above, built with a chain of customers declared the same."""
    folder = tmp_path_factory.mktemp("customers")
    names = ("company_name", "last_name", "first_name", "phone", "postal_code")
    blocks = [block for group in (*GROUPS.values(), NOBODY) for block in group]
    rows: list[dict[str, Any]] = []
    for number, block in enumerate(blocks):
        customer = {f"customer_{name}": text for name, text in zip(names, block, strict=True)}
        step = SPELLINGS[number % len(SPELLINGS)]
        rows.append({"order_number": number, "sync_id": number, "step": step, **customer})
    with RawFile(folder / "raw.duckdb", VENDORS) as file:
        file.page("orders", day(1), *rows)
    customers = (
        f"customer_key,same_as_customer_key\n{DOE_NO_PHONE},{DOE_OTHER_PHONE}\n"
        f"{DOE_OTHER_PHONE},{DOE}\nc_gone,{DOE}\n"
    )
    write_maps(folder / "maps", steps=STEPS, customers=customers)
    raw, target = folder / "raw.duckdb", folder / "next" / "warehouse.duckdb"
    report = build(raw, target, VENDORS, folder / "maps", folder / "dbt", AS_OF, "run-1")
    return World(folder, raw, target, report)


def orders_by_customer(sites: World) -> dict[str | None, set[int]]:
    found: dict[str | None, set[int]] = {}
    for customer, number in sites.rows("SELECT customer_key, order_number FROM sales.orders"):
        found.setdefault(customer, set()).add(int(number))
    return found


def test_each_group_is_one_customer_and_no_two_are(sites: World) -> None:
    expected, number = [], 0
    for group in GROUPS.values():
        expected.append(set(range(number, number + len(group))))
        number += len(group)
    named = list(GROUPS)
    # the map below declares two of them the same as a third
    kept = expected[named.index("a person, by last and first name")]
    for name in ("the same without a phone", "the same with another phone"):
        kept |= expected[named.index(name)]
        expected[named.index(name)] = set()
    found = orders_by_customer(sites)
    assert found.pop(None) == {number, number + 1}
    assert sorted(map(sorted, found.values())) == sorted(map(sorted, filter(None, expected)))


def test_keys_are_those_of_the_decision(sites: World) -> None:
    found = orders_by_customer(sites)
    assert found[key("thebergeetfils", "2501112222", "V9X1T8")] == {0, 1, 2, 3}
    assert found[key("soeurslheureux", "2501112222", "V9X1T8")] == {4, 5}
    assert found[key("", "2501112222", "")]
    assert found[key("doeandrew", "442501112222", "V9X1T8")]


def test_customers_declared_the_same_follow_the_chain(sites: World) -> None:
    assert sites.rows(
        "SELECT customer_key, customer_name, order_count FROM sales.customers WHERE is_mapped"
    ) == [(DOE, "ANDREW DOE", 5)]
    assert (
        sites.rows(
            f"FROM sales.customers WHERE customer_key IN ('{DOE_NO_PHONE}', '{DOE_OTHER_PHONE}')"
        )
        == []
    )


def test_lines_that_map_nobody_are_listed(sites: World) -> None:
    assert sites.rows("FROM ops.unmatched_customers") == [("c_gone", DOE, False, True)]


def test_every_customer_has_its_documents(sites: World) -> None:
    ((customers, orders),) = sites.rows("SELECT count(*), sum(order_count) FROM sales.customers")
    keys = orders_by_customer(sites)
    assert customers == len(keys) - 1
    assert orders == sum(len(numbers) for name, numbers in keys.items() if name)


def test_a_step_is_mapped_however_it_is_spelt(sites: World) -> None:
    assert sites.rows("SELECT DISTINCT stage, outcome FROM sales.orders") == [("Billed", "won")]
    assert sites.rows("FROM ops.unmapped_steps") == []
