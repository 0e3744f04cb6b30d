"""Settings are refused when they are made, and errors say what to type next."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sources._http.errors import (
    Drifted,
    Misconfigured,
    OutOfTime,
    PenstockError,
    Refused,
    Rejected,
    Retryable,
)
from sources._http.settings import WireSettings


@pytest.mark.parametrize(
    "base_url",
    [
        "https://server:8443",
        "https://server:8443/",
        " https://api.example.com/site ",
        "https://[::1]:8443",
        "http://127.0.0.1:8000/cienapps",
        "http://localhost:8000",
        "http://[::1]:8000",
    ],
)
def test_a_base_url_that_can_be_used(base_url: str) -> None:
    assert WireSettings(base_url=base_url).url("x") == f"{base_url.strip().rstrip('/')}/x"


@pytest.mark.parametrize(
    ("base_url", "why"),
    [
        ("", "is not of the form"),
        ("server:8443", "is not of the form"),
        ("ftp://server", "is not of the form"),
        ("https://", "is not of the form"),
        ("https://server:port", "is no URL"),
        ("https://server:99999", "is no URL"),
        ("https://[::1", "is no URL"),
        ("https://server/?a=1", "more than scheme"),
        ("https://server/#a", "more than scheme"),
        ("http://server:8080", "unencrypted"),
        ("http://127.0.0.1.example.com", "unencrypted"),
    ],
)
def test_a_base_url_that_cannot(base_url: str, why: str) -> None:
    with pytest.raises(Misconfigured, match=why):
        WireSettings(base_url=base_url)


def test_credentials_in_the_base_url_are_refused_and_not_shown() -> None:
    with pytest.raises(Misconfigured, match="holds credentials") as caught:
        WireSettings(base_url="https://user:hunter2@server")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": 0},
        {"deadline_seconds": 0},
        {"read_seconds": -1},
        {"connect_seconds": float("nan")},
        {"max_body_bytes": 0},
        {"max_connections": 0},
        {"backoff_seconds": -1},
        {"backoff_seconds": 60},
    ],
    ids=str,
)
def test_a_limit_that_makes_no_sense_is_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured, match=f"^{next(iter(wrong))} is "):
        WireSettings(base_url="https://server", **wrong)


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        (Retryable, "penstock run cien2"),
        (OutOfTime, "penstock run cien2"),
        (Refused, "penstock check cien2"),
        (Drifted, "penstock check cien2"),
        (Rejected, "penstock check cien2"),
        (Misconfigured, "penstock check cien2"),
    ],
)
def test_an_error_says_what_where_and_what_next(kind: type[PenstockError], command: str) -> None:
    error = kind("it broke.", connection="cien2", table="orders")
    assert str(error) == f"cien2.orders: it broke. Next: {command}"


def test_an_error_is_told_where_it_is_on_the_way_up() -> None:
    error = Refused("no", next_command="penstock secrets")
    assert str(error) == "no. Next: penstock secrets"
    assert error.at(connection="cienapps").at(table="orders") is error
    assert error.at(connection="other", table="other").connection == "cienapps"
    assert str(error) == "cienapps.orders: no. Next: penstock secrets"


@pytest.mark.parametrize("twin", [copy.copy, lambda e: pickle.loads(pickle.dumps(e))])
@pytest.mark.parametrize(
    "error",
    [
        Retryable("it broke", connection="cien2", status=503, maybe_done=True),
        OutOfTime("it is over", connection="cien2", next_call_in=12.5),
    ],
)
def test_an_error_survives_the_way_to_another_process(error: PenstockError, twin: Any) -> None:
    again = twin(error)
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)


def test_errors_cost_no_import_of_httpx() -> None:
    script = "import sys, sources._http.errors; print('httpx' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
