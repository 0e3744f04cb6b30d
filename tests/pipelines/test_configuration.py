"""Every fault of the settings is told in one error: once, with its file, key and what works."""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import certifi
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.project import open_project
from pipelines.settings.faults import Fault, WrongSettings
from sources._http.errors import Misconfigured
from tests.house import House
from tests.pipelines.settings_breaks import (
    BREAKS,
    CONFIG,
    ENVIRONMENT,
    GONE,
    GOOD,
    HIDDEN,
    NORTH,
    SECRETS,
    Break,
    broken,
    put,
    write,
)


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def faults_of(folder: Path, made: Mapping[str, Mapping[str, Any]]) -> tuple[Fault, ...]:
    """What is told of a configuration; nothing where it can be used."""
    write(folder, made)
    return told(folder, made[ENVIRONMENT])


def told(folder: Path, environment: Mapping[str, str]) -> tuple[Fault, ...]:
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        open_project(folder).connections()
    except WrongSettings as error:
        text, faults = str(error), error.faults
    else:
        return ()
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert HIDDEN not in text
    # an example is one line, however long
    assert max(len(line) for line in text.splitlines() if "for example" not in line) < 80
    return faults


def test_the_good_one_can_be_used(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    os.environ.update(GOOD[ENVIRONMENT])
    project = open_project(tmp_path)
    found = {c.name: c for c in project.connections()}
    assert set(found) == {
        *("cienapps", "cimcloud", "carecloud", "crm_com", "cleo", "west", "east"),
    }
    assert getattr(found["cleo"].settings, "page_size") == 50  # noqa: B009 - the vendor's own
    assert found["west"].settings.base_url == "https://west.example"
    assert "rewards" in {t.name for t in found["carecloud"].tables}
    assert (project.max_minutes, project.limits.pages) == (5, 20)
    assert "password" not in repr(project)


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.name)
def test_a_fault_is_told_where_it_is_and_its_example_works(tmp_path: Path, one: Break) -> None:
    made = broken([one])
    (fault,) = faults_of(tmp_path, made)
    assert (fault.file, fault.keys) == one.place
    assert one.says in fault.message
    assert fault.example or "did you mean" in fault.message
    shutil.copy(certifi.where(), tmp_path / "our-own-ca.pem")
    _mend(made, one, fault)
    assert faults_of(tmp_path, made) == ()


def _mend(made: dict[str, dict[str, Any]], one: Break, fault: Fault) -> None:
    """Does as the example says."""
    example = fault.example.partition("=")[0].strip()
    if one.value is not GONE and (one.told or fault.keys[-1] != example):
        put(made[one.file], one.keys, GONE)
    if one.value is NORTH:
        put(made[SECRETS], one.keys, GONE)
    if fault.file == ENVIRONMENT:
        name, _, value = fault.example.partition("=")
        made[ENVIRONMENT] |= {} if name.startswith("[") else {name: value}
    elif fault.example and not fault.example.startswith("["):
        file = SECRETS if "move it to" in fault.message else fault.file
        ((key, value),) = tomllib.loads(fault.example).items()
        if file != one.file:
            put(made[one.file], one.keys, GONE)
        put(made[file], (*fault.keys[:-1], key), value)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(BREAKS), min_size=2, max_size=9, unique_by=lambda b: b.name))
def test_every_fault_is_told_once_however_many_there_are(
    tmp_path: Path, breaks: list[Break]
) -> None:
    found = faults_of(tmp_path, broken(breaks))
    assert sorted((f.file, f.keys) for f in found) == sorted(b.place for b in breaks)


SECRET_TOML = f'[sources.cienapps]\napi_token = "{HIDDEN}-1"\n'
CONFIG_TOML = '[sources.cienapps]\nbase_url = "https://erp.example"\n'


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        (CONFIG, b"[sources.cienapps\n", "is not TOML"),
        (CONFIG, b'[sources.cienapps]\nbase_url = "a"\nbase_url = "b"\n', "line 3"),
        (CONFIG, CONFIG_TOML.encode() + b"# caf\xe9\n", "line 3 is not UTF-8"),
        (CONFIG, CONFIG_TOML.encode("utf-8-sig"), "byte order mark"),
        (CONFIG, CONFIG_TOML.encode("utf-16"), "line 1 is not UTF-8"),
        (CONFIG, b"x = " + b"[" * 5000, "is not TOML"),
        (SECRETS, SECRET_TOML.replace('"', "").encode(), "(at line 2"),
        (SECRETS, SECRET_TOML.encode()[:-2], "(at the end, line 2"),
        (SECRETS, SECRET_TOML.encode() + f"{HIDDEN}\n".encode(), "(at line 3"),
        (SECRETS, SECRET_TOML.encode() + SECRET_TOML.encode(), "twice (at line 3"),
    ],
    ids=[
        "bracket",
        "twice",
        "latin-1",
        "bom",
        "utf-16",
        "deep",
        "no-quotes",
        "cut",
        "bare",
        "again",
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_line_and_no_value(
    tmp_path: Path, file: str, content: bytes, says: str
) -> None:
    made = broken([b for b in BREAKS if b.name in ("own-type", "misspelt", "secret-misspelt")])
    write(tmp_path, made)
    (tmp_path / file).write_bytes(content)
    found = told(tmp_path, {})
    (unread,) = [fault for fault in found if not fault.keys]
    assert unread.file == file
    assert says in unread.message
    # what can be judged without it is told with it, and nothing is missing for its sake
    rest = {".".join(fault.keys) for fault in found if fault.keys}
    assert rest == (
        set() if file == CONFIG else {"penstock.window_pages", "sources.cienapps.confrim"}
    )


def test_a_file_that_may_not_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / SECRETS).mkdir(parents=True)
    (tmp_path / CONFIG).write_text(CONFIG_TOML)
    (fault,) = told(tmp_path, {})
    assert fault == Fault(SECRETS, (), "cannot be read: Is a directory")


def test_two_connections_that_declare_a_table_differently(tmp_path: Path) -> None:
    made = broken([])
    column = {"wire": "ship_via", "name": "ship_via", "kind": "text", "description": "Carrier."}
    for name, kind in (("shop", "text"), ("mall", "integer")):
        made[CONFIG]["sources"][name] = {
            "vendor": "cimcloud",
            "site": name,
            "auth_type": "basic",
            "resources": {"orders": {"columns": [column | {"kind": kind}]}},
        }
        made[SECRETS]["sources"][name] = {"auth_user_name": f"{name}-1", "auth_password": "xyz-2"}
    (fault,) = faults_of(tmp_path, made)
    assert fault.keys == ("sources", "mall", "resources", "orders")
    assert "unlike another connection of CIMcloud: ship_via is integer" in fault.message


def test_a_secret_is_not_quoted_wherever_it_stands(tmp_path: Path) -> None:
    made = broken([])
    token = f"{HIDDEN}-1"
    made[CONFIG]["sources"]["cienapps"] |= {"timezone": token, "base_url": f"https://u:{token}@x"}
    made[SECRETS]["sources"]["west"] |= {"currency": f"{HIDDEN}-13"}
    assert {f.keys[-1] for f in faults_of(tmp_path, made)} == {"timezone", "base_url", "currency"}


def test_a_desktops_user_name_is_nobodys_login(tmp_path: Path) -> None:
    made = broken([])
    del made[CONFIG]["sources"]["cleo"]["username"]
    made[ENVIRONMENT] |= {"USERNAME": "alex", "SOURCES__USERNAME": "alex", "BASE_URL": "https://x"}
    (fault,) = faults_of(tmp_path, made)
    assert (fault.keys, fault.message[:10]) == (("sources", "cleo", "username"), "is missing")


def test_a_blank_variable_says_nothing(tmp_path: Path) -> None:
    made = broken([])
    made[ENVIRONMENT] |= {"SOURCES__WEST__BASE_URL": "", "SOURCES__WEST__API_TOKEN": ""}
    assert faults_of(tmp_path, made) == ()


def test_the_environment_goes_before_the_files_and_shapes_the_tables(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    os.environ.update(
        {
            "SOURCES__CARECLOUD__RESOURCES": '{"events": false}',
            "SOURCES__WEST__API_TOKEN": f"{HIDDEN}-20\n",
            "SOURCES__WEST__CONFIRM": "false",
        }
    )
    found = {c.name: c for c in open_project(tmp_path).connections()}
    tables = {table.name for table in found["carecloud"].tables}
    assert not {"rewards", "events"} & tables
    settings = found["west"].settings
    assert (settings.confirm, dict(settings)["api_token"]) == (False, f"{HIDDEN}-20")


def test_a_connection_that_is_not_wanted_stops_none(tmp_path: Path) -> None:
    write(tmp_path, broken([b for b in BREAKS if b.name == "misspelt"]))
    project = open_project(tmp_path)
    assert [c.name for c in project.connections(("cleo",))] == ["cleo"]
    with pytest.raises(Misconfigured, match="there is no connection 'cloe'"):
        project.connections(("cleo", "cloe"))


def test_how_it_reads_in_a_terminal(house: House) -> None:
    (house.folder / CONFIG).write_text(
        '[penstock]\nwindow_mb = "big"\n[sources.cienapps]\nconfrim = false\n'
        f'api_token = "{HIDDEN}-1"\n'
    )
    (house.folder / SECRETS).unlink()
    ended = house.penstock("run", environment={"SOURCES__CIENAPPS__ATTEMPTS": "often"})
    assert ended.code == 2
    assert ended.output == (
        "penstock: 5 faults in the settings:\n"
        "  .dlt/config.toml: penstock.window_mb\n"
        "      is a text, and has to be a whole number\n"
        "      for example: window_mb = 64\n"
        "  .dlt/config.toml: sources.cienapps.confrim\n"
        "      is no setting of Cienapps; did you mean 'confirm'?\n"
        "      for example: confirm = true\n"
        "  .dlt/config.toml: sources.cienapps.api_token\n"
        "      is a secret: move it to .dlt/secrets.toml, which is never committed\n"
        '      for example: api_token = "..."\n'
        "  .dlt/config.toml: sources.cienapps.base_url\n"
        "      is missing; it may also be the variable SOURCES__CIENAPPS__BASE_URL\n"
        '      for example: base_url = "https://server:8443"\n'
        "  environment: SOURCES__CIENAPPS__ATTEMPTS\n"
        "      is a text, and has to be a whole number\n"
        "      for example: SOURCES__CIENAPPS__ATTEMPTS=5\n"
        "Next: penstock check\n"
    )
