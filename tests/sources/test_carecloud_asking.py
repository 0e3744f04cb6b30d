"""What is asked of a project besides changes: whole lists, single rows, days; and its refusals."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sources._http.client import Client
from sources._http.errors import Misconfigured, Refused, Rejected
from sources._reading.marks import SWEEP
from sources._vendor import Looked
from sources.carecloud.reading import backfill, look_up, read_whole
from sources.carecloud.settings import CarecloudSettings
from tests.sources.carecloud_project import (
    BEGIN,
    Project,
    Read,
    ask,
    cards,
    error,
    reading_of,
    runs,
    said,
    written,
)
from tests.sources.http_loopback import reply


def test_one_table_without_leave_does_not_stop_the_others() -> None:
    project, found = Project({"cards": cards(3), "vouchers": []}), Read()
    project.answers["vouchers"] = error(
        403, type="interface_not_allowed_exception", title="Not allowed"
    )
    runs(project, found, ("vouchers", "cards"))
    assert len(found.rows) == 3
    (trouble,) = found.troubles
    assert isinstance(trouble.error, Refused)
    assert trouble.error.table == "vouchers"
    assert "interface" in trouble.error.message
    assert "resources.<table> = false" in trouble.error.message


def test_an_error_is_told_without_the_values_it_quotes() -> None:
    project, found = Project(), Read()
    params = [{"name": "sort_field", "reason": "unknown", "value": "ann@x.example", "message": "M"}]
    project.answers["cards"] = error(
        400, title="Bad", detail="Look", error_data={"invalid_params": params}
    )
    runs(project, found)
    (trouble,) = found.troubles
    assert isinstance(trouble.error, Rejected)
    assert "Bad; Look; sort_field: unknown" in trouble.error.message
    assert "ann@x" not in trouble.error.message


@pytest.mark.parametrize(
    "data",
    [
        {"cards": {}, "total_items": 1},
        {"cards": None, "total_items": 1},
        {"rows": [], "others": [], "total_items": 0},
        {"cards": [{"card_id": "c1"}]},
        [],
        None,
    ],
    ids=["an-object", "null", "two-other-lists", "no-total", "data-a-list", "data-null"],
)
def test_what_is_no_list_is_told(data: object) -> None:
    project, found = Project(), Read()
    project.answers["cards"] = said(200, {"data": data})
    runs(project, found)
    assert [t.error.table for t in found.troubles] == ["cards"]
    assert not found.rows


def test_purchases_that_count_items_and_bring_none_are_drift() -> None:
    row = {"purchase_id": "p1", "items_count": 2, "last_change": written(BEGIN)}
    project, found = Project({"purchases": [row]}), Read()
    runs(project, found, ("purchases",))
    (trouble,) = found.troubles
    assert "purchase_items" in trouble.error.message
    # one of two may lack them: the audit tells of it
    project.rows["purchases"] = [row, {**row, "purchase_id": "p2", "purchase_items": [{}]}]
    found = Read()
    runs(project, found, ("purchases",))
    assert not found.troubles
    assert len(found.rows) == 2


def test_a_whole_list_goes_on_where_it_was_and_ends() -> None:
    project, found = (
        Project({"currencies": [{"currency_id": f"u{n:02}"} for n in range(17)]}),
        Read(),
    )
    runs(project, found, ("currencies",), how=read_whole, pages=2)
    before = sum(path == "currencies" for path, _ in project.asked)
    runs(project, found, ("currencies",), how=read_whole)
    assert {r["currency_id"] for r in found.rows} == {f"u{n:02}" for n in range(17)}
    assert found.positions["currencies", SWEEP]["is_over"] is True
    assert project.asked[before][1]["offset"] != "0"
    assert project.asked[0][1]["sort_field"] == "currency_id"


def looked(project: Project, table: str, *keys: str) -> list[Looked]:
    async def asking(client: Client, of: CarecloudSettings) -> list[Looked]:
        return [found async for found in look_up(client, of, table, [(key,) for key in keys])]

    found: list[Looked] = ask(project, asking)
    return found


def test_a_row_is_looked_up_by_its_key() -> None:
    project = Project({"cards": cards(3)}, keys={"cards": "card_id"})
    there, gone = looked(project, "cards", "c1", "c 9/x")
    assert there.page is not None
    assert there.page.rows_at == ("data",)
    assert (gone.page, gone.note) == (None, "")
    assert project.asked[-1][0] == "cards/c%209%2Fx"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (reply(404, b"<html>nothing here</html>"), "answered 404"),
        (error(405, title="No such method"), "answered 405"),
        (error(400, title="Bad"), "answered 400"),
        (said(200, {"data": {"card_id": "c2"}}), "answers another"),
        (reply(204, b""), "answers another"),
    ],
    ids=["404-of-a-path", "405", "400", "another-row", "204"],
)
def test_what_says_nothing_of_a_row_is_noted(answer: Any, told: str) -> None:
    project = Project({"cards": cards(1)}, keys={"cards": "card_id"})
    project.answers["cards/c1"] = answer
    (found,) = looked(project, "cards", "c1")
    assert found.page is None
    assert told in found.note


def test_a_purchase_that_comes_without_its_items_is_no_version_of_it() -> None:
    project = Project({"purchases": [{"purchase_id": "p1"}]}, keys={"purchases": "purchase_id"})
    (found,) = looked(project, "purchases", "p1")
    assert "comes without purchase_items" in found.note
    assert project.asked[-1][1]["purchase_items_extension"] == "true"
    project.rows["purchases"] = [{"purchase_id": "p1", "purchase_items": []}]
    (found,) = looked(project, "purchases", "p1")
    assert found.page is not None


def backfilled(project: Project, table: str) -> Read:
    found = Read()

    async def asking(client: Client, of: CarecloudSettings) -> None:
        reading = reading_of([table], {}, project)
        async for item in backfill(client, of, reading, date(2024, 1, 1), date(2024, 1, 31)):
            found.take(item)

    ask(project, asking)
    return found


@pytest.mark.parametrize(
    ("table", "fields", "sort"),
    [
        ("purchases", ("payment_time_from", "payment_time_to"), "last_change"),
        ("events", ("time_from", "time_to"), "created_at"),
    ],
)
def test_days_are_asked_for_whole(table: str, fields: tuple[str, str], sort: str) -> None:
    project = Project({table: [{sort: written(BEGIN)}]})
    found = backfilled(project, table)
    (query,) = [query for _, query in project.asked]
    assert [query[name] for name in fields] == ["2024-01-01 00:00:00", "2024-02-01 00:00:00"]
    assert len(found.rows) == 1
    assert found.positions == {}
    assert found.marks[-1].position is None


def test_what_takes_no_days_is_swept() -> None:
    with pytest.raises(Misconfigured, match="a sweep reads it whole"):
        backfilled(Project(), "customers")
