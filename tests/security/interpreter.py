"""An interpreter that watches itself: this environment's packages, and `netwatch` before them."""

from __future__ import annotations

import ast
import ipaddress
import shutil
import site
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Interpreter:
    """Where it is, and what it saw.

    Attributes:
        python: its path.
        seen: what was connected to or looked up; no file where nothing was.
    """

    python: Path
    seen: Path

    def events(self) -> list[tuple[str, str, object]]:
        """Process, event and what it was about."""
        if not self.seen.exists():
            return []
        lines = [line.split("\t") for line in self.seen.read_text("utf-8").splitlines()]
        return [(pid, event, ast.literal_eval(about)) for pid, event, about in lines]


def watching(folder: Path) -> Interpreter:
    """Makes one."""
    venv.create(folder, with_pip=False, symlinks=True)
    place = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    shutil.copy(Path(__file__).with_name("netwatch.py"), place)
    packages = [p for p in site.getsitepackages() if Path(p).is_dir()]
    lines = ["import netwatch", *(f"import site; site.addsitedir({p!r})" for p in packages)]
    (place / "watch.pth").write_text("\n".join([*lines, ""]))
    return Interpreter(folder / "bin" / Path(sys.executable).name, place / "seen")


def strangers(events: list[tuple[str, str, object]]) -> list[str]:
    """What is neither loopback nor a socket of this machine; a name that is looked up counts."""
    found = []
    for pid, event, about in events:
        host = about[0] if isinstance(about, tuple) else about
        if event == "import" or (isinstance(about, (str, bytes)) and "connect" in event):
            continue  # a path: a socket of this machine
        if not _is_loopback(host):
            found.append(f"{event} {about!r} by {pid}")
    return found


def _is_loopback(host: object) -> bool:
    if host is None or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False
