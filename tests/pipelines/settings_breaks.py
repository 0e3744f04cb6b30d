"""A good configuration of five vendors, and ways to break it that are independent of each other."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CONFIG, SECRETS, ENVIRONMENT = ".dlt/config.toml", ".dlt/secrets.toml", "environment"
HIDDEN = "correct-horse-battery"  # part of every secret here
GONE = object()

GOOD: dict[str, dict[str, Any]] = {
    CONFIG: {
        "penstock": {"data_dir": "data", "max_minutes": 5, "window_pages": 20, "demo": False},
        "runtime": {"log_level": "WARNING"},  # dlt's own
        "sources": {
            "cienapps": {"base_url": "https://erp.example:8443", "confirm": True},
            "cimcloud": {
                "site": "acme",
                "timezone": "America/Chicago",
                "resources": {"orders": {"path": "web_orders"}},
            },
            "carecloud": {
                "project_url": "https://acme.crmcarecloud.com",
                "timezone": "Europe/Prague",
                "resources": {"rewards": True},
            },
            "crm_com": {
                "base_url": "https://crm.example",
                "classifications": ["RETAIL"],
                "paths": {"jobs/show": "jobs/view"},
            },
            "cleo": {"tenant": "acme", "username": "penstock"},
            "west": {"vendor": "cienapps", "base_url": "https://west.example"},
            "east": {"vendor": "cienapps", "base_url": "https://east.example"},
            "past": {"vendor": "cleo", "enabled": False},
        },
    },
    SECRETS: {
        "sources": {
            "cienapps": {"api_token": f"{HIDDEN}-1"},
            "cimcloud": {
                "auth_key": f"{HIDDEN}-2",
                "auth_user_name": f"{HIDDEN}-3",
                "auth_password": f"{HIDDEN}-4",
            },
            "carecloud": {
                "user_external_application_id": f"{HIDDEN}-5",
                "login": f"{HIDDEN}-6",
                "password": f"{HIDDEN}-7",
            },
            "crm_com": {"username": "u", "password": f"{HIDDEN}-8", "organisation": "o"},
            "cleo": {"password": f"{HIDDEN}-9"},
            "west": {"api_token": f"{HIDDEN}-10"},
            "east": {"api_token": f"{HIDDEN}-11"},
        }
    },
    ENVIRONMENT: {"SOURCES__CLEO__PAGE_SIZE": "50"},
}


@dataclass(frozen=True)
class Break:
    """One thing done to the good configuration.

    Attributes:
        name: the test's id.
        file: where it is done.
        keys: to which key.
        value: what it is set to; `GONE` takes it out.
        says: a part of the message.
        told: where the fault is told, when that is another place.
    """

    name: str
    file: str
    keys: tuple[str, ...]
    value: Any = field(repr=False)
    says: str
    told: tuple[str, tuple[str, ...]] | None = None

    @property
    def place(self) -> tuple[str, tuple[str, ...]]:
        """Where it has to be told."""
        return self.told or (self.file, self.keys)


def _of(connection: str, *keys: str) -> tuple[str, ...]:
    return ("sources", connection, *keys)


SECRET = f"{HIDDEN}-x"
NORTH = {"vendor": "cienapps", "base_url": "https://north.example"}
BREAKS = [
    Break("own-unknown", CONFIG, ("penstock", "max_minuts"), 5, "did you mean 'max_minutes'?"),
    Break("own-type", CONFIG, ("penstock", "window_pages"), "many", "has to be a whole number"),
    Break("own-flag", CONFIG, ("penstock", "demo"), "perhaps", "has to be true or false"),
    Break("own-below", CONFIG, ("penstock", "max_minutes"), -1, "must be 0 or above"),
    Break("own-blank", CONFIG, ("penstock", "data_dir"), " ", "names no folder"),
    Break("own-public", CONFIG, ("penstock", "publish_to"), "data/work/x", "private folder"),
    Break("own-is-secret", SECRETS, ("penstock",), {"demo": True}, "belongs into .dlt/config"),
    Break("stray-vendor", CONFIG, ("cleo",), {"tenant": "x"}, "begins with sources."),
    Break("stray-near", CONFIG, ("penstok",), {"demo": True}, "did you mean 'penstock'?"),
    Break("no-section", CONFIG, ("sources", "base_url"), "https://x", "section of its own"),
    Break("missing-url", CONFIG, _of("cienapps", "base_url"), GONE, "CIENAPPS__BASE_URL"),
    Break("missing-token", SECRETS, _of("cienapps", "api_token"), GONE, "CIENAPPS__API_TOKEN"),
    Break("misspelt", CONFIG, _of("cienapps", "confrim"), False, "did you mean 'confirm'?"),
    Break("blank-token", SECRETS, _of("west", "api_token"), "", "is missing"),
    Break("plain-http", CONFIG, _of("west", "base_url"), "http://x.example", "unencrypted"),
    Break("type-flag", CONFIG, _of("west", "confirm"), "maybe", "has to be true or false"),
    Break("not-finite", CONFIG, _of("west", "read_seconds"), float("nan"), "no finite number"),
    Break("zero", CONFIG, _of("west", "attempts"), 0, "must be above 0"),
    Break("share", CONFIG, _of("west", "sweep_max_vanished"), 7.5, "from 0 to 1"),
    Break("batch", CONFIG, _of("west", "confirm_batch_size"), 0, "must be above 0"),
    Break("route", CONFIG, _of("west", "confirm_path"), "../x?y", "a route below base_url"),
    Break("size", CONFIG, _of("west", "max_body_mb"), 0, "must be above 0"),
    Break("days", CONFIG, _of("west", "archive_days"), -1, "must be 0 or above"),
    Break("bundle", CONFIG, _of("west", "ca_bundle"), "nowhere.pem", "cannot be read"),
    Break("vendor", CONFIG, _of("east", "vendor"), "cienap", "did you mean 'cienapps'?"),
    Break("upper", CONFIG, ("sources", "North"), NORTH, "lower case letters"),
    Break("site", CONFIG, _of("cimcloud", "site"), "a/b", "one name of letters"),
    Break("zone", CONFIG, _of("cimcloud", "timezone"), "Mars", "no IANA zone"),
    Break("currency", CONFIG, _of("cimcloud", "currency"), "dollar", "ISO 4217"),
    Break("day", CONFIG, _of("cimcloud", "history_since"), "1/1/2000", "it is a day"),
    Break("operator", CONFIG, _of("cimcloud", "operator_exact"), "a~b", "operator"),
    Break("table", CONFIG, _of("cimcloud", "resources", "orders", "path"), "a b", "path"),
    Break("table-key", CONFIG, _of("cimcloud", "resources", "orders", "evry"), "6h", "every"),
    Break("in-plain", CONFIG, _of("cimcloud", "auth_password"), SECRET, "move it to .dlt/secrets"),
    Break("secret-type", SECRETS, _of("cimcloud", "auth_key"), [SECRET], "has to be a text"),
    Break("secret-misspelt", SECRETS, _of("cimcloud", "auth_pasword"), SECRET, "'auth_password'?"),
    Break("zone-missing", CONFIG, _of("carecloud", "timezone"), GONE, "is missing"),
    Break("interface", CONFIG, _of("carecloud", "interface"), "shop", '"enterprise" or'),
    Break("switch", CONFIG, _of("carecloud", "resources", "reward"), True, "mean rewards?"),
    Break("address", CONFIG, _of("carecloud", "project_url"), "acme", "not of the form https://"),
    Break("list", CONFIG, _of("crm_com", "classifications"), "RETAIL", "has to be a list of"),
    Break("list-item", CONFIG, _of("crm_com", "accounts"), [7], "a list of texts"),
    Break("names-nothing", CONFIG, _of("crm_com", "lead_categories"), [" "], "names nothing"),
    Break("map", CONFIG, _of("crm_com", "paths"), ["jobs"], "has to be a table"),
    Break("left-out", CONFIG, _of("crm_com", "tables_left_out"), ["leeds"], "names leeds"),
    Break("no-login", SECRETS, _of("crm_com", "password"), GONE, "or by web_api_key"),
    Break("folder", CONFIG, _of("cleo", "upload_folder"), "", "is blank"),
    Break(
        "two-addresses",
        CONFIG,
        _of("cleo", "base_url"),
        "https://x.example",
        "one of the two",
        (CONFIG, _of("cleo", "tenant")),
    ),
    Break("variable-type", ENVIRONMENT, ("SOURCES__CLEO__PAGE_SIZE",), "many", "whole number"),
    Break("variable-zero", ENVIRONMENT, ("SOURCES__CLEO__CONCURRENCY",), "0", "between 1 and"),
    Break("variable-unknown", ENVIRONMENT, ("SOURCES__CLEO__PASWORD",), SECRET, "'password'?"),
    Break(
        "variable-alone",
        ENVIRONMENT,
        ("SOURCES__SOUTH__API_TOKEN",),
        SECRET,
        "no connection 'south'",
    ),
]


def broken(breaks: Iterable[Break]) -> dict[str, dict[str, Any]]:
    """The good configuration with something done to it."""
    made = copy.deepcopy(GOOD)
    for one in breaks:
        if one.value is NORTH:  # it is whole but for its name
            made[SECRETS]["sources"]["North"] = {"api_token": f"{HIDDEN}-12"}
        put(made[one.file], one.keys, one.value)
    return made


def put(into: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    """Sets one key, or takes it out."""
    for key in keys[:-1]:
        into = into.setdefault(key, {})
    if value is GONE:
        into.pop(keys[-1])
    else:
        into[keys[-1]] = value


def write(folder: Path, made: Mapping[str, Mapping[str, Any]]) -> None:
    """Writes both files; the environment is the caller's."""
    (folder / ".dlt").mkdir(exist_ok=True)
    for file in (CONFIG, SECRETS):
        (folder / file).write_text(_toml(made[file]), "utf-8")


def _toml(table: Mapping[str, Any], head: tuple[str, ...] = ()) -> str:
    plain = {k: v for k, v in table.items() if not isinstance(v, dict)}
    lines = [f"[{'.'.join(map(json.dumps, head))}]"] if head else []
    lines += [f"{json.dumps(k)} = {_value(v)}" for k, v in plain.items()]
    inner = [_toml(v, (*head, k)) for k, v in table.items() if isinstance(v, dict)]
    return "\n".join([*lines, *inner, ""])


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(k)} = {_value(v)}' for k, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return "nan" if value != value else json.dumps(value)
