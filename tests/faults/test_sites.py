"""A site as it really is: its Swagger's settings, its own fields, a second site beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faults.conftest import Open
from tests.faults.test_first_load import RUN, lists
from tests.house import House

SECRETS = ("auth_key", "auth_user_name", "auth_password")


def add_to(house: House, file: str, text: str) -> None:
    with (house.folder / ".dlt" / file).open("a", encoding="utf-8") as settings:
        settings.write(text)


@pytest.mark.long
def test_a_sites_swagger_becomes_settings_and_columns(budgeted: Open, tmp_path: Path) -> None:
    house = budgeted(rows=20, extra_fields=True)
    file = tmp_path / "swagger.json"
    file.write_text(json.dumps(house.sandbox.tables("cimcloud").swagger()))
    before = len(house.sandbox.log())
    said = house.penstock("check", "cimcloud", "--swagger", str(file))
    assert said.code == 0
    assert len(house.sandbox.log()) == before, "a file is compared, nobody is asked"
    settings = said.output[said.output.index("# From the site's Swagger") :]
    add_to(house, "config.toml", "\n" + settings.replace("enabled = false", "enabled = true"))

    ended = house.penstock("run", "--max-minutes", "0")
    assert ended.code == 0, ended.output
    quotes = house.ask("select count(*) from cimcloud.quotes")
    assert quotes == [(len(house.sandbox.tables("cimcloud").rows("quotes")),)]
    added = house.ask("""
        select table_name, column_name from duckdb_columns() where schema_name = 'cimcloud'
            and column_name in ('credit_limit', 'batch_number') order by all""")
    assert added == [("accounts", "credit_limit"), ("invoices", "batch_number")]
    assert house.ask("select count(credit_limit) > 0 from cimcloud.accounts") == [(True,)]
    assert house.ask("select table_name, field from ops.drift") == []


def test_two_sites_are_kept_apart(budgeted: Open) -> None:
    """The same numbers at two sites of one vendor: two budgets, two sets of rows."""
    house = budgeted(rows=20)
    base = house.sandbox.base_url("cimcloud")
    given = house.sandbox.credentials("cimcloud")
    add_to(
        house,
        "config.toml",
        f'\n[sources.west]\nvendor = "cimcloud"\nbase_url = "{base}"\nsite = "{given["site"]}"\n'
        'timezone = "America/Vancouver"\n'
        "[sources.west.resources.payments]\nenabled = false\n",
    )
    secrets = "".join(f'{name} = "{given[name]}"\n' for name in SECRETS)
    add_to(house, "secrets.toml", f"\n[sources.west]\n{secrets}")
    assert house.penstock(*RUN).code == 0
    rows = house.ask_raw("select count(distinct _key) from cimcloud.orders group by connection")
    assert len(rows) == 2
    assert rows[0] == rows[1]
    payments = house.ask_raw("select distinct connection from cimcloud.payments")
    assert payments == [("cimcloud",)]
    positions = house.ask_raw("select distinct connection from ops.positions order by 1")
    assert positions == [("cimcloud",), ("west",)]


def test_only_the_tables_that_are_named(budgeted: Open) -> None:
    house = budgeted(rows=20)
    ended = house.penstock("run", "cimcloud", "--no-publish", "--tables", "orders,accounts")
    assert ended.code == 0, ended.output
    asked = {path.split("/")[2] for path in lists(house)}
    assert asked == {"orders", "accounts"}
    wrong = house.penstock("run", "cimcloud", "--tables", "ordrs")
    assert wrong.code == 2
    assert "did you mean orders?" in wrong.output


def test_a_secret_in_the_wrong_file_is_a_sentence(budgeted: Open) -> None:
    house = budgeted(rows=20)
    (house.folder / ".dlt" / "secrets.toml").write_text("[sources.cimcloud]\n")
    add_to(house, "config.toml", '\nsite = "coastal"\nauth_user_name = "in-the-open"\n')
    ended = house.penstock("run")
    assert ended.code == 2
    assert "secrets.toml" in ended.output
    assert "in-the-open" not in ended.output


def test_what_is_asked_of_whom_is_said(budgeted: Open) -> None:
    house = budgeted(rows=20)
    for arguments, said in (
        (
            ("backfill", "cimcloud", "orders", "--from", "2024-13-01", "--to", "2024-01-02"),
            "no day",
        ),
        (("backfill", "cimcloud", "orders", "--from", "2024-02-01", "--to", "2024-01-02"), "after"),
        (
            ("backfill", "cimcloud", "prices", "--from", "2024-01-01", "--to", "2024-01-02"),
            "prices",
        ),
        (("sweep", "cimcloud", "--tables", "nothing"), "no table"),
        (("sweep", "nobody"), "no connection"),
        (("run", "--tables", "orders", "cimcloud", "cimcloud"), "--tables"),
    ):
        ended = house.penstock(*arguments)
        assert ended.code == 2, (arguments, ended.output)
        assert said in ended.output
        assert "Next: penstock" in ended.output
    ended = house.penstock(
        *("backfill", "cimcloud", "product_prices", "--from", "2024-01-01", "--to", "2024-01-02")
    )
    assert "penstock sweep" in ended.output
