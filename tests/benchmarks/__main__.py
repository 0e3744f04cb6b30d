"""`make bench`: every measurement there is, one after the other."""

from __future__ import annotations

import subprocess
import sys

MODULES = (
    *("first_load", "budgeted_load", "offset_load", "account_rotation"),
    *("moving_list", "audit"),
)


def main() -> None:
    """Runs each in a process of its own, so that peak memory is its own."""
    for module in MODULES:
        print(f"## {module}", flush=True)
        subprocess.run([sys.executable, "-m", f"tests.benchmarks.{module}"], check=True)


if __name__ == "__main__":
    main()
