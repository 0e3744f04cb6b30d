"""`[penstock]`: what a project says of itself, held to what can be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import sources
from pipelines.settings.faults import CONFIG, SECRETS, Fault, did_you_mean
from pipelines.settings.values import WrongType, read_as
from pipelines.settings.written import Written

SECTION = "penstock"


@dataclass(frozen=True)
class Key:
    """One setting of `[penstock]`.

    Attributes:
        kind: its type.
        example: a line that works.
        least: the lowest number that makes sense; None of what is no number.
    """

    kind: type
    example: str
    least: float | None = None


KEYS: Mapping[str, Key] = {
    "demo": Key(bool, "demo = false"),
    "data_dir": Key(str, 'data_dir = "data"'),
    "publish_to": Key(str, 'publish_to = "/srv/sales"'),
    "max_minutes": Key(float, "max_minutes = 30", 0),
    "window_pages": Key(int, "window_pages = 200", 1),
    "window_mb": Key(int, "window_mb = 64", 0),  # 0: every page is a window
    "window_marked_pages": Key(int, "window_marked_pages = 16", 1),
}


def own_settings(written: Written, folder: Path, faults: list[Fault]) -> dict[str, Any]:
    """What `[penstock]` says and can be used; what cannot is added to the faults."""
    faults.extend(_strays(written))
    said = written.config.get(SECTION, {})
    if not isinstance(said, Mapping):
        faults.append(Fault(CONFIG, (SECTION,), "is no table of settings", "[penstock]"))
        return {}
    usable: dict[str, Any] = {}
    for name, value in said.items():
        message = _objection(name, value, usable)
        if message:
            near = name if name in KEYS else "".join(get_close_matches(name, KEYS, 1))
            example = KEYS[near].example if near else ""
            faults.append(Fault(CONFIG, (SECTION, name), message, example))
    faults.extend(_folders(folder, usable))
    return usable


def _objection(name: str, value: object, usable: dict[str, Any]) -> str:
    """What is wrong with a setting; where nothing is, it is kept."""
    if name not in KEYS:
        return f"is no setting of a project{did_you_mean(name, KEYS)}"
    key = KEYS[name]
    try:
        read = read_as(key.kind, value)
    except WrongType as error:
        return str(error)
    if key.least is not None and read < key.least:
        return f"is {read:g}, it must be {key.least:g} or above"
    if key.kind is str and (not read.strip() or "\x00" in read):
        return "names no folder"
    usable[name] = read
    return ""


def _folders(folder: Path, usable: dict[str, Any]) -> Iterator[Fault]:
    data = folder / usable.get("data_dir", "data")
    for name in ("data_dir", "publish_to"):
        if name in usable and _is_file(folder / usable[name]):
            message = "is a file, and has to be a folder"
            yield Fault(CONFIG, (SECTION, name), message, KEYS[name].example)
    if "publish_to" in usable and (folder / usable["publish_to"]).is_relative_to(data / "work"):
        message = "lies in the private folder, which analysts cannot read"
        yield Fault(CONFIG, (SECTION, "publish_to"), message, KEYS["publish_to"].example)


def _is_file(path: Path) -> bool:
    try:
        return path.exists() and not path.is_dir()
    except OSError:
        return False  # it is told when it is opened


def _strays(written: Written) -> Iterator[Fault]:
    """Tables that are meant for Penstock and stand where it does not look."""
    vendor = sources.names()[0]
    for file, said in ((CONFIG, written.config), (SECRETS, written.secrets)):
        if SECTION in said and file == SECRETS:
            yield Fault(file, (SECTION,), f"belongs into {CONFIG}", "[penstock]")
        if not isinstance(said.get("sources", {}), Mapping):
            yield Fault(file, ("sources",), "is no table of settings", f"[sources.{vendor}]")
            continue
        for name, section in said.get("sources", {}).items():
            if not isinstance(section, Mapping):
                message = "is no table of settings: a connection has a section of its own"
                yield Fault(file, ("sources", name), message, f"[sources.{vendor}]")
        for name in sorted(set(said) - {SECTION, "sources"}):
            near = get_close_matches(name.lower(), (SECTION, "sources"), 1, 0.75)
            example = f"[sources.{name}]" if name in sources.names() else ""
            if example:
                message = "is read by nobody: a connection's section begins with sources."
                yield Fault(file, (name,), message, example)
            elif near:
                message = f"is read by nobody; did you mean {near[0]!r}?"
                yield Fault(file, (name,), message, f"[{near[0]}]")
