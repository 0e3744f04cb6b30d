"""Settings that cannot be used are refused before anything is asked; how things are named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources._http.errors import Misconfigured
from sources.crm_com.identifier import read_identifier
from sources.crm_com.settings import CrmComSettings
from sources.crm_com.tables import TABLES, fields_of, tables_of

SOUND = {
    "base_url": "https://crm.example.com",
    "username": "u",
    "password": "p",
    "organisation": "o",
}


def made(**said: Any) -> CrmComSettings:
    settings = CrmComSettings()
    for name, value in {**SOUND, **said}.items():
        setattr(settings, name, value)
    settings.on_resolved()
    return settings


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"page_size": 51}, "page_size is 51"),
        ({"page_size": 1}, "page_size is 1"),
        ({"concurrency": 65}, "concurrency is 65"),
        ({"concurrency": 0}, "concurrency is 0"),
        ({"revisit_days": -1}, "revisit_days"),
        ({"whole_lists_hours": -0.5}, "whole_lists_hours"),
        ({"password": None}, "password missing"),
        ({"username": None, "organisation": None}, "username and organisation missing"),
        ({"classifications": [" "]}, "classifications"),
        ({"accounts": ["number="]}, "accounts"),
        ({"history_since": "1.1.2015"}, "history_since"),
        ({"day_pattern": "%d/%m"}, "day_pattern"),
        ({"paths": {"jobs/show": "/jobs?x"}}, "no path of a method"),
        ({"activity_lists": ["activities/../x"]}, "no path of a method"),
    ],
    ids=lambda said: str(said)[:50],
)
def test_what_cannot_be_used_is_named(said: dict[str, Any], named: str) -> None:
    made()
    with pytest.raises(Misconfigured, match=named):
        made(**said)


def test_a_web_api_key_stands_for_the_rest() -> None:
    made(web_api_key="k", username=None, password=None, organisation=None)


@pytest.mark.parametrize(
    "base_url",
    [
        "https://crm.example.com",
        "https://crm.example.com/",
        "https://crm.example.com/crmapi/rest/v2/",
    ],
)
def test_the_api_s_path_is_part_of_the_base(base_url: str) -> None:
    assert made(base_url=base_url).wire().url("jobs/show") == (
        "https://crm.example.com/crmapi/rest/v2/jobs/show"
    )


@pytest.mark.parametrize(
    ("text", "parameter", "said"),
    [
        ("Retail", "category_identifier", "name=Retail"),
        ("code=RETAIL", "category_identifier", "code=RETAIL"),
        ("source_identifier=name=Web", "source_identifier", "name=Web"),
        (
            "0123456789ABCDEF0123456789ABCDEF",
            "category_identifier",
            "id=0123456789ABCDEF0123456789ABCDEF",
        ),
        (" name = A=B ", "category_identifier", None),
        ("name=A=B", "category_identifier", "name=A=B"),
        ("A = B", "category_identifier", "name=A = B"),
    ],
    ids=lambda text: str(text)[:20],
)
def test_identifiers_as_settings_say_them(text: str, parameter: str, said: str | None) -> None:
    found = read_identifier(text, "category_identifier", "name")
    assert found.parameter == parameter
    if said is not None:
        assert found.text == said
        assert found.query == {parameter: said}
        assert found.body == {parameter: dict([said.split("=", 1)])}


@given(st.text(min_size=1, max_size=30))
def test_an_identifier_keeps_its_value(value: str) -> None:
    try:
        found = read_identifier(f"name={value}", "category_identifier", "name")
    except ValueError:
        assert not value.strip()
    else:
        assert found.text == f"name={value.strip()}"


def test_declared_fields_are_asked_for_where_they_are_printed() -> None:
    fields = {table.name: fields_of(table, None).split(",") for table in TABLES}
    assert {name for name, said in fields.items() if said == [""]} == {
        *("invoices", "credit_notes", "leads", "activities", "subscriptions", "products"),
        "provisioning_requests",
    }
    assert {"demographics", "addresses_set", "address_set", "phone_set"} <= set(fields["contacts"])
    assert {"products_set", "accounts_receivable", "log_information"} <= set(fields["purchases"])
    assert "first_name" in fields["contacts"]
    assert len(fields["contacts"]) == len(set(fields["contacts"]))
    invoices = next(
        table for table in tables_of({"invoice_items_field": "rows"}) if table.name == "invoices"
    )
    assert "rows" in fields_of(invoices, "rows").split(",")
    assert invoices.children[0].wires == ("rows",)


def test_tables_can_be_left_out() -> None:
    left = tables_of({"tables_left_out": ["subscriptions", "leads"]})
    assert len(left) == len(TABLES) - 2
    with pytest.raises(Misconfigured, match="tables_left_out names subscription;"):
        tables_of({"tables_left_out": ["subscription"]})
    with pytest.raises(Misconfigured, match="invoice_items_field"):
        tables_of({"invoice_items_field": "number"})
