"""Settings as dlt reads them from a project directory, held to what can be used."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sources._http.errors import Misconfigured
from sources.cimcloud.settings import CimcloudSettings

CONFIG = """
[sources.cimcloud]
site = "acme"
timezone = "America/Chicago"
lookback_days = 3

[sources.cimcloud.resources.orders]
path = "web_orders"
primary_key = "c_ordnum"
every = "30m"
columns = [
  {wire = "ship_via", name = "ship_via", kind = "text", description = "Carrier."},
]

[sources.cimcloud.resources.credits]
enabled = false

[sources.west]
vendor = "cimcloud"
site = "west"
auth_type = "basic"
base_url = "https://api.example"
"""
SECRETS = """
[sources.cimcloud]
auth_key = "key-1"
auth_user_name = "user-1"
auth_password = "password-1"

[sources.west]
auth_user_name = "user-2"
auth_password = "password-2"
"""
SCRIPT = """
import json, pathlib, sys
from pipelines.project import open_project

for connection in open_project(pathlib.Path(sys.argv[1])).connections():
    settings = connection.settings
    print(json.dumps({
        "name": connection.name,
        "vendor": connection.vendor.name,
        "settings": dict(settings),
        "url": settings.wire().base_url,
        "tables": [table.name for table in connection.tables],
    }))
"""


def opened(folder: Path, config: str, secrets: str) -> subprocess.CompletedProcess[str]:
    """A project directory, read by a process of its own: dlt remembers the first one."""
    (folder / ".dlt").mkdir()
    (folder / ".dlt" / "config.toml").write_text(config)
    (folder / ".dlt" / "secrets.toml").write_text(secrets)
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )


def test_dlt_reads_them_nested_tables_and_all(tmp_path: Path) -> None:
    done = opened(tmp_path, CONFIG, SECRETS)
    assert done.returncode == 0, done.stderr
    first, second = map(json.loads, done.stdout.splitlines())

    assert (first["name"], first["vendor"]) == ("cimcloud", "cimcloud")
    assert first["url"] == "https://api.cimcloud.com/acme"
    settings = first["settings"]
    assert settings["timezone"] == "America/Chicago"
    assert settings["lookback_days"] == 3
    assert settings["calls_per_quarter_hour"] == 100
    assert settings["auth_key"] == "key-1"
    assert settings["resources"]["orders"] == {
        "path": "web_orders",
        "primary_key": "c_ordnum",
        "every": "30m",
        "columns": [
            {"wire": "ship_via", "name": "ship_via", "kind": "text", "description": "Carrier."}
        ],
    }
    assert len(first["tables"]) == 15
    assert "credits" not in first["tables"]

    assert (second["name"], second["vendor"]) == ("west", "cimcloud")
    assert second["url"] == "https://api.example/west"
    assert second["settings"]["auth_key"] is None
    assert second["settings"]["resources"] is None
    assert len(second["tables"]) == 16


def test_what_is_missing_is_named_where_it_belongs(tmp_path: Path) -> None:
    done = opened(tmp_path, '[sources.cimcloud]\nsite = "acme"\n', "")
    assert done.returncode == 1
    assert ".dlt/secrets.toml: sources.cimcloud.auth_password" in done.stderr


def settings_of(**said: Any) -> CimcloudSettings:
    settings = CimcloudSettings()
    plain = {"site": "acme", "auth_key": "k", "auth_user_name": "u", "auth_password": "p"}
    for name, value in (plain | said).items():
        setattr(settings, name, value)
    return settings


def test_the_defaults_can_be_used() -> None:
    settings = settings_of()
    settings.on_resolved()
    assert settings.first_day() == date(1900, 1, 1)
    assert settings.operators().since == "searchgreatherthanequal"
    assert settings.wire().base_url == "https://api.cimcloud.com/acme"


def test_the_site_is_put_behind_a_base_with_a_slash() -> None:
    settings = settings_of(base_url=" http://127.0.0.1:8010/cimcloud/ ")
    assert settings.wire().url("orders/1") == "http://127.0.0.1:8010/cimcloud/acme/orders/1"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"site": ""}, "^site is ''"),
        ({"site": "a/b"}, "^site is 'a/b'"),
        ({"site": ".."}, "^site is"),
        ({"site": "acme?x"}, "^site is"),
        ({"site": "Online_Orders"}, "^site cannot be used"),
        ({"auth_type": "oauth"}, "^auth_type is 'oauth'"),
        ({"auth_key": None}, "^auth_key is missing"),
        ({"auth_type": "basic", "auth_user_name": "a:b"}, "^auth_user_name holds a colon"),
        ({"calls_per_second": 0}, "^calls_per_second is 0"),
        ({"calls_per_quarter_hour": -1}, "^calls_per_quarter_hour is -1"),
        ({"slice_pages": 0}, "^slice_pages is 0"),
        ({"page_rows": 0}, "^page_rows is 0"),
        ({"max_pages": 0}, "^max_pages is 0"),
        ({"lookback_days": -1}, "^lookback_days is -1"),
        ({"history_since": "1/1/2000"}, "^history_since is '1/1/2000'"),
        ({"operator_since": "a~b"}, "^operator_since"),
        ({"resources": {"orders": {"path": "a b"}}}, "resources.orders.path"),
        ({"site": "a b", "page_rows": 0}, "^site is 'a b'.*; page_rows is 0"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_named(said: dict[str, Any], why: str) -> None:
    with pytest.raises(Misconfigured, match=why):
        settings_of(**said).on_resolved()


def test_basic_needs_no_key() -> None:
    settings_of(auth_type="basic", auth_key=None).on_resolved()
