"""`penstock check` of a project: what can be read, what not, and why."""

from __future__ import annotations

from typing import Any

from sources._http.client import Client
from sources._vendor import Finding
from sources.carecloud.check import check
from sources.carecloud.settings import CarecloudSettings
from tests.sources.carecloud_project import Project, ask, error

CARD = {"card_id": "c1", "last_change": "2024-01-08 12:00:00", "state": 1}
ONLY = dict.fromkeys(
    (
        *("customers", "purchases", "orders", "bookings", "products", "customer_source_records"),
        *("events", "stores", "partners", "currencies", "purchase_types", "purchase_item_types"),
        *("product_groups", "product_brands", "customer_sources"),
    ),
    False,
)


def findings(project: Project, **more: Any) -> list[Finding]:
    async def asking(client: Client, settings: CarecloudSettings) -> list[Finding]:
        return [finding async for finding in check(client, settings)]

    found: list[Finding] = ask(project, asking, **({"resources": ONLY} | more))
    return found


def said(found: list[Finding], table: str) -> Finding:
    (one,) = [finding for finding in found if finding.table == table]
    return one


def test_one_row_of_each_table_is_enough() -> None:
    project = Project({"cards": [CARD, {**CARD, "card_id": "c2"}]})
    found = findings(project)
    assert all(finding.ok for finding in found)
    assert [query["count"] for _, query in project.asked] == ["1", "1"]
    assert said(found, "cards").message == (
        "readable; 2 rows; 3 of 10 columns are there, without customer_id, card_type_id, "
        "card_number, secondary_card_number, valid_from, valid_to, store_id"
    )
    assert said(found, "vouchers").message == "readable; it has no rows"
    assert "the enterprise interface accepts the login" in [f.message for f in found]
    assert "Europe/Prague" in found[0].message


def test_a_table_without_leave_is_told_and_the_others_looked_at() -> None:
    project = Project({"cards": [CARD]})
    project.answers["cards"] = error(403, type="interface_not_allowed_exception")
    found = findings(project)
    assert not said(found, "cards").ok
    assert "`interface`" in said(found, "cards").message
    assert said(found, "vouchers").ok


def test_a_login_that_is_refused_ends_it() -> None:
    project = Project()
    project.answers["users/actions/login"] = error(403, detail="Bad login")
    found = findings(project)
    assert [f.ok for f in found] == [True, False]
    assert "check user_external_application_id" in found[-1].message
    assert len(project.posted) == 1


def test_a_change_that_is_yet_to_come_shows_a_wrong_timezone() -> None:
    project = Project({"cards": [{**CARD, "last_change": "2101-01-01 00:00:00"}]})
    last = findings(project)[-1]
    assert not last.ok
    assert "set timezone to the project's" in last.message


def test_whose_data_a_customers_login_sees_is_said() -> None:
    project = Project({"cards": [CARD]}, prefix="/webservice/rest-api/customer-interface/v1.0/")
    on = {name: False for name in ONLY if name not in ("events", "customer_source_records")}
    found = findings(project, interface="customer", resources=on)
    assert any("One customer's own data" in finding.message for finding in found)
