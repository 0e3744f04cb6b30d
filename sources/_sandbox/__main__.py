"""`python -m sources._sandbox`: plays the vendors until stopped, and says where."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sources._sandbox.server import serve
from sources._sandbox.setup import DEFAULT_START, NOW, READY, SAVED, Setup, SetupError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the sandbox.

    Returns:
        0 when it was told to stop, 2 when it could not be played as asked.
    """
    asked = _parser().parse_args(arguments)
    try:
        setup = Setup(
            seed=asked.seed,
            rows=asked.rows,
            start_at=datetime.fromisoformat(asked.start_at),
            journal=asked.journal,
            rows_as=asked.rows_as,
            list_limit=asked.list_limit,
            vendors=_by_vendor(asked.set),
        )
        serve(setup, port=asked.port, ready=_say, follow_stdin=asked.follow_stdin)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"penstock sandbox: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sources._sandbox", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    add("--seed", type=int, default=7, help="the same seed is the same company")
    add("--rows", type=int, default=200, help="about how many orders there are at the start")
    add("--start-at", default=DEFAULT_START.isoformat(), help="what the clock shows at first, ISO")
    add("--journal", type=Path, help="folder for requests and confirmations as JSON lines")
    add("--rows-as", choices=(SAVED, NOW), default=SAVED, help="what a listed row shows")
    add("--list-limit", type=int, help="how many rows a list shows at once")
    add("--set", action="append", default=[], metavar="VENDOR.OPTION=VALUE", help="repeatable")
    add("--follow-stdin", action="store_true", help="stop when standard input ends")
    return parser


def _by_vendor(settings: Sequence[str]) -> dict[str, dict[str, str]]:
    vendors: dict[str, dict[str, str]] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        vendor, dot, option = name.partition(".")
        if not (vendor and dot and option and equals):
            raise SetupError(f"--set {setting}: expected VENDOR.OPTION=VALUE")
        vendors.setdefault(vendor, {})[option] = value
    return vendors


def _say(url: str) -> None:
    sys.stdout.write(f"{READY}{url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
