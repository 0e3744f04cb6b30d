"""One project's settings: its address in every way it is written, and which tables are read."""

from __future__ import annotations

from typing import Any

import pytest

from sources._http.errors import Misconfigured
from sources.carecloud.resources import RESOURCES, resources_of, tables_of
from sources.carecloud.settings import CarecloudSettings
from sources.carecloud.tables import TABLES

HOST = "https://acme.crmcarecloud.com"
BEHIND = "/webservice/rest-api/enterprise-interface/v1.0"
OFF = {"languages", "countries", "statuses", "segments", "rewards"}


def made(**said: Any) -> CarecloudSettings:
    settings = CarecloudSettings()
    plain = {"user_external_application_id": "a", "login": "l", "password": "p"}
    plain |= {"timezone": "Europe/Prague"}
    for name, value in (plain | said).items():
        setattr(settings, name, value)
    settings.on_resolved()
    return settings


@pytest.mark.parametrize(
    "address",
    [
        HOST,
        f"{HOST}/",
        f" {HOST} ",
        f"{HOST}{BEHIND}",
        f"{HOST}{BEHIND}/",
        f"{HOST}/webservice",
        f"{HOST}/webservice/rest-api/",
        f"{HOST}/webservice/rest-api/enterprise-interface",
    ],
)
@pytest.mark.parametrize("name", ["project_url", "base_url"])
def test_an_address_with_or_without_the_path_is_the_same(name: str, address: str) -> None:
    assert made(**{name: address}).wire().base_url == f"{HOST}{BEHIND}"


def test_a_prefix_before_the_path_stays() -> None:
    settings = made(base_url="http://127.0.0.1:8010/carecloud", interface="customer")
    behind = "/webservice/rest-api/customer-interface/v1.0"
    assert settings.wire().base_url == f"http://127.0.0.1:8010/carecloud{behind}"


def test_the_version_is_a_setting() -> None:
    assert made(project_url=HOST, api_version="v1.12").wire().base_url.endswith("/v1.12")


def test_both_names_of_one_address_may_be_said() -> None:
    assert made(project_url=f"{HOST}/", base_url=HOST).wire().base_url == f"{HOST}{BEHIND}"


def test_what_the_wire_is_told_beside_the_address_is_kept() -> None:
    wire = made(project_url=HOST, attempts=3, read_seconds=7.0, max_body_mb=2).wire()
    assert (wire.attempts, wire.read_seconds, wire.max_body_bytes) == (3, 7.0, 2_000_000)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "project_url is missing"),
        ({"project_url": HOST, "base_url": "https://other.example"}, "two addresses"),
        ({"project_url": f"{HOST}{BEHIND}", "interface": "customer"}, "enterprise interface"),
        ({"project_url": f"{HOST}{BEHIND}", "api_version": "v1.1"}, "is of v1.0"),
        ({"project_url": HOST, "interface": "shop"}, "interface is 'shop'"),
        ({"project_url": HOST, "api_version": "1"}, "api_version is '1'"),
        ({"project_url": HOST, "login_type": "name"}, "login_type is 'name'"),
        ({"project_url": HOST, "page_size": 1}, "page_size is 1"),
        ({"project_url": HOST, "overlap_minutes": -1}, "overlap_minutes is -1"),
        ({"project_url": HOST, "concurrency": 0}, "concurrency is 0"),
        ({"project_url": HOST, "concurrency": 65}, "concurrency is 65"),
        ({"project_url": HOST, "lists_every_hours": 0.0}, "lists_every_hours is 0.0"),
        ({"project_url": HOST, "accept_language": " "}, "accept_language is blank"),
        ({"project_url": HOST, "timezone": "Prague"}, "timezone is 'Prague'"),
        ({"project_url": HOST, "resources": {"reward": True}}, "resources.reward is no table"),
        ({"project_url": HOST, "resources": {"rewards": "yes"}}, "resources.rewards is 'yes'"),
        (
            {"project_url": HOST, "interface": "customer", "resources": {"events": True}},
            "resources.events cannot be read",
        ),
    ],
)
def test_what_cannot_be_used_is_named(said: dict[str, Any], told: str) -> None:
    with pytest.raises(Misconfigured, match=told):
        made(**said)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(Misconfigured) as wrong:
        made(project_url=HOST, page_size=0, concurrency=0, interface="x")
    assert all(name in str(wrong.value) for name in ("page_size", "concurrency", "interface"))


def test_a_host_without_a_scheme_is_refused_when_the_wire_is_made() -> None:
    with pytest.raises(Misconfigured, match="https://host"):
        made(project_url="acme.crmcarecloud.com").wire()


def test_every_table_has_its_resource_in_order() -> None:
    assert [r.table for r in RESOURCES] == [t.name for t in TABLES]
    for resource, table in zip(RESOURCES, TABLES, strict=True):
        (key,) = table.key
        assert table.column(key).wire == resource.key
        if resource.sorted_by is not None:
            assert resource.sorted_by in {c.wire for c in table.columns}
        assert table.swept


def test_five_lists_are_off_until_they_are_asked_for() -> None:
    assert {r.table for r in RESOURCES} - set(resources_of({})) == OFF
    read = resources_of({"resources": {"rewards": True, "events": False}})
    assert "rewards" in read
    assert "events" not in read
    assert [t.name for t in tables_of({"resources": {"rewards": True, "events": False}})] == list(
        read
    )


def test_the_customer_interface_has_no_lists_of_others() -> None:
    read = set(resources_of({"interface": "customer"}))
    assert {"customers", "purchases", "orders", "bookings", "cards", "vouchers"} <= read
    assert not read & {"events", "customer_source_records", "customer_sources", "segments"}


def test_what_the_customer_interface_is_told_of_its_application() -> None:
    told = made(project_url=HOST, accept_language="en-gb;q=0.8, cs").token_request()
    assert told["external_application_id"] == "a"
    assert told["setup"]["language_id"] == "en"
    own = made(project_url=HOST, device={"device_id": "x"}, setup={"y": 1}).token_request()
    assert (own["device"], own["setup"]) == ({"device_id": "x"}, {"y": 1})
