"""The command line: help, settings that are wrong, two connections, what each verb says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from sources._sandbox.process import RunningSandbox, running_sandbox
from tests.house import House

COMMANDS = sorted(c.name or getattr(c.callback, "__name__", "") for c in app.registered_commands)


def test_the_commands() -> None:
    wanted = {
        *("backfill", "check", "deliver", "demo", "notebook", "rollback", "run", "sandbox", "sql"),
        *("status", "sweep"),
    }
    assert wanted == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_and_an_example(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"])
    assert shown.exit_code == 0
    assert f"Example: penstock {command}" in shown.output


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("", "no connection is configured"),
        ("[sources.cienapps]\n", "sources.cienapps.base_url\n      is missing"),
        ('[sources.west]\nbase_url = "https://x"\n', "names the vendor 'west'"),
        ('[sources.West]\nvendor = "cienapps"\n', "lower case"),
        ("[sources.cienapps\n", "config.toml\n      is not TOML"),
        ('[sources.cienapps]\nbase_url = "x"\ntimezone = "Mars"\n', "is no IANA zone"),
        ('[sources.cienapps]\nbase_url = "ftp://x"\n', "is not of the form https://"),
        ('[sources.cienapps]\nbase_url = "https://x"\nconfrim = false\n', "mean 'confirm'?"),
    ],
    ids=["none", "no-url", "no-vendor", "upper-case", "no-toml", "zone", "scheme", "misspelt"],
)
def test_wrong_settings_are_said(house: House, config: str, said: str) -> None:
    (house.folder / ".dlt" / "config.toml").write_text(config)
    if not config:
        (house.folder / ".dlt" / "secrets.toml").unlink()
    ended = house.penstock("run")
    assert ended.code == 2, ended.output
    assert said in ended.output
    assert "Traceback" not in ended.output


def test_everything_that_is_missing_is_said_at_once(house: House) -> None:
    (house.folder / ".dlt" / "config.toml").write_text(
        '[sources.cienapps]\n[sources.west]\nvendor = "cienapps"\n'
    )
    (house.folder / ".dlt" / "secrets.toml").unlink()
    ended = house.penstock("run")
    assert ended.code == 2
    for name in ("sources.cienapps.api_token", "sources.west.base_url", "SOURCES__WEST__API_TOKEN"):
        assert name in ended.output


def test_check_says_what_can_be_read(house: House) -> None:
    well = house.penstock("check")
    assert well.code == 0
    assert "ok   cienapps.orders: readable" in well.output
    assert [e for e in house.sandbox.log() if e["method"] == "POST"] == []

    (house.folder / ".dlt" / "secrets.toml").write_text(
        '[sources.cienapps]\napi_token = "not-the-key"\n'
    )
    ill = house.penstock("check")
    assert ill.code == 1
    assert "FAIL cienapps" in ill.output
    assert "401" in ill.output
    assert "not-the-key" not in ill.output


def test_check_hints_at_the_missing_module(tmp_path: Path) -> None:
    with running_sandbox(rows=20, options={"cienapps": {"triggers": False}}) as asleep:
        ended = House(tmp_path / "project", asleep).penstock("check")
    assert ended.code == 0
    assert "API Triggers Activation" in ended.output


def test_two_connections_of_one_vendor(house: House, sandbox: RunningSandbox) -> None:
    with running_sandbox(rows=20, seed=11) as west:
        config = house.folder / ".dlt" / "config.toml"
        config.write_text(
            config.read_text()
            + f'[sources.west]\nvendor = "cienapps"\nbase_url = "{west.base_url("cienapps")}"\n'
        )
        secrets = house.folder / ".dlt" / "secrets.toml"
        key = west.credentials("cienapps")["api_token"]
        secrets.write_text(secrets.read_text() + f'[sources.west]\napi_token = "{key}"\n')
        house.run()
        assert west.truth("cienapps")["pending"] == []
        wanted = {
            name: len({s["key"] for s in box.truth("cienapps", entity="order")["saves"]})
            for name, box in (("cienapps", sandbox), ("west", west))
        }
    counted = house.ask("select connection, count(*) from sales.orders group by connection")
    assert dict(counted) == wanted  # type: ignore[arg-type]

    one = house.penstock("run", "cienapps")
    assert one.code == 0
    assert "nothing new" in one.output
    assert house.ask("select count(distinct connection) from sales.orders") == [(2,)]


def test_status_sql_and_rollback(house: House) -> None:
    early = house.penstock("status")
    assert early.code == 1
    assert "Next: penstock run" in early.output
    assert house.penstock("sql", "select 1").code == 1

    house.run()

    said = json.loads(house.penstock("status", "--json").output)
    assert said["last_run"]["outcome"] == "published"
    assert said["audit"]["critical"] == 0
    rows = {t["table"]: t["rows"] for t in said["tables"]}
    assert rows == {
        table: house.ask(f"select count(*) from cienapps.{table}")[0][0]
        for table in ("orders", "quotations", "work_orders")
    }
    asked = house.penstock("sql", "--csv", "select 6 * 7 as answer")
    assert asked.output.split() == ["answer", "42"]
    wrong = house.penstock("sql", "select nothing from nowhere")
    assert wrong.code == 2
    assert "show all tables" in wrong.output
    assert house.penstock("sql", "delete from sales.orders").code == 2
    assert "oldest generation" in house.penstock("rollback").output


def test_the_demo_leaves_real_projects_alone(house: House) -> None:
    house.run("--no-publish")
    ended = house.penstock("demo")
    assert ended.code == 2
    assert "not the demo's" in ended.output
    assert house.raw.exists()
