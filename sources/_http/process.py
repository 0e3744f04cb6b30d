"""Whether another process still runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
_STATE, _STARTED = 0, 19  # of /proc/PID/stat, counted from behind the command's name
_DEAD = ("Z", "X")


def birth(pid: int, proc: Path = PROC) -> str | None:
    """Something that a process keeps as long as it lives, and no later one of its number has.

    None when there is none, or when it is dead and only not yet mourned. On systems without
    `/proc` all living processes have the same birth: a number that is used again passes for the
    process that had it before.
    """
    try:
        told = (proc / str(pid) / "stat").read_bytes()
    except ProcessLookupError:
        return None
    except OSError:
        return None if (proc / "self" / "stat").exists() else _without_proc(pid)
    fields = told.rpartition(b")")[2].decode("ascii").split()
    return None if fields[_STATE] in _DEAD else fields[_STARTED]


def is_alive(pid: int, born: str) -> bool:
    """Whether the process of that number is the one of that birth."""
    return birth(pid) == born


def _without_proc(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ""
