"""A project of five vendors that was listened to, and what a user does in it after a run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.house import REPOSITORY, Ended, House
from tests.security.interpreter import Interpreter
from tests.security.wiretap import Wiretap
from tests.sources.cleo_mailbox import MailboxControls

NO_SECRETS = ("site", "username", "organisation", "auth_user_name", "login")
STALE = "stale/token+of=last year&more"
STATEMENT = """'; drop table ops.runs; --"); drop schema ops cascade; -- ../../../x"""
FILE_NAMES = (
    *("../../../escaped", "..", "/tmp/escaped", "C:\\\\escaped.edi", "~/.ssh/escaped", "$(id).edi"),
    *("nul\0escaped", "line\nescaped", "o'brien\".edi", STATEMENT, "x" * 5000, "\u202egpj.edi", ""),
)
COMMAND = "from pipelines.cli import main; main()"
ASKED = ("check", "run --no-publish", "status", "status --json", "deliver orders", "sql nonsense")


@dataclass(frozen=True)
class Listened:
    """What is left of it.

    Attributes:
        project: the project directory.
        credentials: what the settings hold, by vendor and setting.
        tokens: what requests were authorised by, by vendor.
        interpreter: what the processes of the run that published connected to.
        ended: how each command ended, and what it printed.
    """

    project: Path
    credentials: Mapping[str, str]
    tokens: Mapping[str, set[str]]
    interpreter: Interpreter
    ended: Mapping[str, Ended]

    def secrets(self) -> dict[str, str]:
        """All that must be found nowhere, by what it is called."""
        handed_out = {
            f"{vendor} token {number}": token
            for vendor, tokens in self.tokens.items()
            for number, token in enumerate(sorted(tokens))
        }
        return {**handed_out, **self.credentials}


def run_watched(house: House, interpreter: Interpreter, *arguments: str) -> Ended:
    """`penstock run` by the interpreter that watches itself, where nothing is closed by habit."""
    done = subprocess.run(
        [interpreter.python, "-c", COMMAND, "run", *arguments, "--project", house.folder],
        env={**os.environ, **house.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=240,
        umask=0,  # what is private, or not to be written, has to be so by itself
    )
    return Ended(done.returncode, done.stdout.decode())


def listened(house: House, tap: Wiretap, interpreter: Interpreter) -> Listened:
    """Asks what a user asks, with a row that cannot be read and a connection that is refused."""
    sandbox = house.sandbox
    credentials = {
        f"{vendor} {name}": value
        for vendor in sandbox.vendors()
        for name, value in sandbox.credentials(vendor).items()
        if name not in NO_SECRETS
    }
    _add_refused(house, tap)
    shutil.copytree(REPOSITORY / "deliveries", house.folder / "deliveries")
    sandbox.save("cienapps", "order", row={"Order_DateDue": "2023-13-45"})
    _add_hostile(house)
    ended = {said: house.penstock(*said.split()) for said in ASKED}
    tokens = {
        vendor: sent | {*sandbox.books(vendor).issued()} for vendor, sent in tap.tokens().items()
    }
    return Listened(house.folder, {**credentials, "stale token": STALE}, tokens, interpreter, ended)


def _add_hostile(house: House) -> None:
    """Names, keys and contents that would be paths, statements or pages where they are not held."""
    for number, name in enumerate(FILE_NAMES):
        document = {"type": "850", "header": {"purchaseOrderNumber": f"{STATEMENT}-{number}"}}
        MailboxControls.of(house.sandbox).put(name, json.dumps([document]).encode())
    house.sandbox.save("cienapps", "order", row={"Customer_Last_Name": STATEMENT, STATEMENT: "x"})
    house.sandbox.tables("carecloud").make("customers", customer_id=STATEMENT)
    house.sandbox.tables("cimcloud").make("products", sku=STATEMENT)


def _add_refused(house: House, tap: Wiretap) -> None:
    """A connection whose token the vendor does not know; it is as secret as another."""
    added = {
        "config": f'vendor = "cienapps"\nbase_url = "{tap.url}/cienapps"\n',
        "secrets": f'api_token = "{STALE}"\n',
    }
    for name, lines in added.items():
        file = house.folder / ".dlt" / f"{name}.toml"
        file.write_text(f"{file.read_text()}[sources.west]\n{lines}")
