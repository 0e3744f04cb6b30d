"""No process of a run speaks to anybody but the vendors: no telemetry, of whatever library."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.security.interpreter import strangers, watching
from tests.security.world import Listened


def test_a_whole_run_connects_to_the_vendors_alone(listened: Listened) -> None:
    events = listened.interpreter.events()
    assert any(event == "socket.connect" for _, event, _ in events)
    assert strangers(events) == []


def test_the_process_of_great_expectations_was_watched_too(listened: Listened) -> None:
    events = listened.interpreter.events()
    judges = {pid for pid, event, _ in events if event == "import"}
    vendors = {pid for pid, event, _ in events if event == "socket.connect"}
    assert judges
    assert judges.isdisjoint(vendors)


PLANTED = {
    "address": "s.connect(('192.0.2.1', 443))",
    "datagram": "u.sendto(b'x', ('192.0.2.1', 53))",
    "ipv6": "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 443))",
    "name": "socket.getaddrinfo('telemetry.invalid', 443)",
    "old-name": "socket.gethostbyname('telemetry.invalid')",
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_connection_is_seen(tmp_path: Path, planted: str) -> None:
    """In a process that another started, with an environment of its own, as Great Expectations'."""
    interpreter = watching(tmp_path / "watching")
    inner = (
        "import contextlib, socket\n"
        "s = socket.socket(); s.settimeout(0.01)\n"
        "u = socket.socket(type=socket.SOCK_DGRAM)\n"
        f"with contextlib.suppress(OSError): {PLANTED[planted]}\n"
    )
    outer = (
        "import subprocess, sys\n"
        f"subprocess.run([sys.executable, '-P', '-c', {inner!r}], env={{}}, check=True)\n"
    )
    subprocess.run([interpreter.python, "-W", "ignore", "-c", outer], check=True, timeout=60)
    assert len(strangers(interpreter.events())) == 1


def test_loopback_is_no_stranger(tmp_path: Path) -> None:
    interpreter = watching(tmp_path / "watching")
    code = (
        "import contextlib, socket\n"
        "for where in (('127.0.0.1', 9), ('localhost', 9)):\n"
        "    with contextlib.suppress(OSError): socket.create_connection(where, 0.1)\n"
        "with contextlib.suppress(OSError): socket.socket(socket.AF_UNIX).connect('/nowhere')\n"
    )
    subprocess.run([interpreter.python, "-W", "ignore", "-c", code], check=True, timeout=60)
    assert len(interpreter.events()) >= 3
    assert strangers(interpreter.events()) == []
