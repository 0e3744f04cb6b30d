"""What a user may write into maps/, and what is said of what cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.transform.maps import (
    CustomerMapping,
    Maps,
    MapsMisconfigured,
    StepMapping,
    read_maps,
    step_key,
)
from tests.pipelines.model_world import write_maps

STEP_HEADER = "vendor,document_type,step,stage,stage_order,outcome\n"
GOOD_STEP = "cienapps,order,01 - CONFIRMED,Confirmed,10,open\n"
CUSTOMER_HEADER = "customer_key,same_as_customer_key\n"


def problems(folder: Path) -> tuple[str, ...]:
    with pytest.raises(MapsMisconfigured) as failure:
        read_maps(folder)
    for problem in failure.value.problems:
        assert problem in str(failure.value)
    return failure.value.problems


def test_the_repositorys_own_maps_can_be_used() -> None:
    maps = read_maps(Path(__file__).parents[2] / "maps")
    assert {m.document_type for m in maps.steps} == {"quotation", "order", "work_order"}
    assert maps.customers == ()


@pytest.mark.parametrize("text", [None, "", "\n\n", STEP_HEADER], ids=repr)
def test_nothing_is_an_empty_map(tmp_path: Path, text: str | None) -> None:
    write_maps(tmp_path / "maps", steps=text)
    assert read_maps(tmp_path / "maps") == Maps()


def test_cells_are_trimmed_and_a_spreadsheets_marks_do_no_harm(tmp_path: Path) -> None:
    text = (
        "\ufeffVendor, document_type ,step,stage,stage_order,outcome\r\n"
        '\r\ncienapps,order," 04 -INVOICED, ""ALL"" ",Facturé , 50 ,won\r\n'
    )
    write_maps(tmp_path / "maps", steps=text)
    assert read_maps(tmp_path / "maps").steps == (
        StepMapping(3, "cienapps", "order", '04 -INVOICED, "ALL"', "Facturé", 50, "won"),
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cienapps,order,A,Stage,10,maybe", "outcome is 'maybe', not open, won or lost"),
        ("cienapps,order,A,Stage,ten,open", "stage_order is 'ten', not a whole number"),
        ("cienapps,order,A,Stage,1.5,open", "stage_order is '1.5', not a whole number"),
        ("cienapps,order,A,Stage,3000000000,open", "stage_order is '3000000000'"),
        ("cienapps,invoice,A,Stage,10,open", "document_type is 'invoice', not quotation, order"),
        ("cienapps,order,A,,10,open", "stage is empty"),
        ("cienapps,order, ,Stage,10,open", "step is empty"),
        ("cienapps,order,A,Stage,10", "5 cells instead of 6"),
        ('cienapps,order,"A,Stage,10,open', "not CSV: unexpected end of data"),
        ("CIENAPPS,order,01  -  confirmed ,Other,11,won", "is mapped in line 2"),
    ],
    ids=lambda value: value[-24:],
)
def test_a_line_that_cannot_be_used_is_named_with_an_example(
    tmp_path: Path, line: str, said: str
) -> None:
    write_maps(tmp_path / "maps", steps=f"{STEP_HEADER}{GOOD_STEP}{line}\n")
    (problem,) = problems(tmp_path / "maps")
    assert problem.startswith(f"{tmp_path / 'maps' / 'steps.csv'}, line 3: ")
    assert said in problem
    assert "for example cienapps,quotation,02 - QUOTING STAGE,Quoting,20,open" in problem


def test_all_problems_of_both_files_are_told_at_once(tmp_path: Path) -> None:
    steps = f"{STEP_HEADER}cienapps,order,A,Stage,x,maybe\n{GOOD_STEP}a,b\n"
    write_maps(tmp_path / "maps", steps=steps, customers=f"{CUSTOMER_HEADER}c_1,\n")
    first, second, third = problems(tmp_path / "maps")
    assert "line 2: outcome is 'maybe'" in first
    assert "stage_order is 'x'" in first
    assert "line 4: 2 cells" in second
    assert "customers.csv, line 2: same_as_customer_key is empty" in third


def test_another_separator_is_recognised(tmp_path: Path) -> None:
    write_maps(tmp_path / "maps", steps=STEP_HEADER.replace(",", ";"))
    (problem,) = problems(tmp_path / "maps")
    assert "separated by ; instead of ," in problem


def test_another_encoding_is_recognised(tmp_path: Path) -> None:
    write_maps(tmp_path / "maps")
    text = f"{STEP_HEADER}{GOOD_STEP}cienapps,order,CONFIRMÉ,Confirmé,10,open\n"
    (tmp_path / "maps" / "steps.csv").write_bytes(text.encode("cp1252"))
    (problem,) = problems(tmp_path / "maps")
    assert "line 3: not UTF-8 text; save the file as CSV UTF-8" in problem


def test_customers_follow_their_chain_to_its_end(tmp_path: Path) -> None:
    write_maps(tmp_path / "maps", customers=f"{CUSTOMER_HEADER}c_1,c_2\nc_3,c_2\nc_2,c_4\n")
    assert read_maps(tmp_path / "maps").customers == (
        CustomerMapping(2, "c_1", "c_2", "c_4"),
        CustomerMapping(3, "c_3", "c_2", "c_4"),
        CustomerMapping(4, "c_2", "c_4", "c_4"),
    )


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("c_1,c_1\n", ["line 2: customers go in a circle: c_1 → c_1"]),
        ("c_0,c_1\nc_1,c_2\nc_2,c_1\n", ["line 2: customers go in a circle: c_1 → c_2 → c_1"]),
        ("c_1,c_2\nc_1,c_3\n", ["line 3: the customer c_1 is mapped in line 2"]),
        (
            "c_1,c_2\nc_2,c_1\nc_3,c_3\n",
            ["line 2: customers go in a circle", "line 4: customers go in a circle"],
        ),
    ],
    ids=["itself", "circle with a tail", "twice", "two circles"],
)
def test_customers_that_lead_nowhere_are_refused(
    tmp_path: Path, lines: str, said: list[str]
) -> None:
    write_maps(tmp_path / "maps", customers=CUSTOMER_HEADER + lines)
    found = problems(tmp_path / "maps")
    assert len(found) == len(said)
    assert all(words in problem for words, problem in zip(said, found, strict=True))


@pytest.mark.parametrize(
    "spelling",
    [
        "04 -Facturé",
        " 04 -FACTURÉ ",
        "04\u00a0-factur\u00e9",
        "04 \t -FACTURE\u0301",
        "04\x85-facturé",
    ],
    ids=ascii,
)
def test_spellings_of_one_step_have_one_key(spelling: str) -> None:
    assert step_key(spelling) == "04 -facturé"
