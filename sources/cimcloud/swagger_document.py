"""A Swagger file of somebody else's making, read within bounds: size, depth, work.

References are followed inside the file alone, and whatever has not the expected shape is passed
over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import yaml

from sources._http.errors import Misconfigured

MOST_BYTES: Final = 20_000_000
MOST_YAML_BYTES: Final = 5_000_000  # YAML is read forty times slower than JSON
_MOST_STEPS: Final = 1_000_000
_MOST_DEPTH: Final = 100
_MOST_REFERENCES: Final = 16
_MOST_PARTS_WITHIN: Final = 8  # allOf inside allOf
_LONGEST_TEXT: Final = 300


def one_line(text: object) -> str:
    """A description as one printable line, cut where it is long."""
    if not isinstance(text, str):
        return ""
    printable = "".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST_TEXT])
    return " ".join(printable.split())[:_LONGEST_TEXT].strip()


def unusable(file: Path, why: str) -> Misconfigured:
    """The error about a file, and what to do."""
    return Misconfigured(
        f"{file.name} cannot be used: {why}. The Worker Portal shows the site's own Swagger; save "
        "it as JSON"
    )


def load(file: Path) -> Any:
    """What a file holds: JSON, or YAML.

    Raises:
        Misconfigured: it cannot be read within the bounds.
    """
    try:
        with file.open("rb") as opened:
            held = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise unusable(file, f"{error.strerror or error}") from None
    if len(held) > MOST_BYTES:
        raise unusable(file, f"it is over {MOST_BYTES // 1_000_000} MB")
    try:
        text = held.decode("utf-8-sig")
        return json.loads(text)
    except UnicodeDecodeError:
        raise unusable(file, "it is not UTF-8") from None
    except RecursionError:
        raise unusable(file, "it is nested too deep") from None
    except ValueError as error:
        if text.lstrip()[:1] in ("{", "["):
            raise unusable(file, f"it is no JSON ({error})") from None
    if len(held) > MOST_YAML_BYTES:
        raise unusable(file, f"as YAML it may hold {MOST_YAML_BYTES // 1_000_000} MB at most")
    return _load_yaml(file, text)


def _load_yaml(file: Path, text: str) -> Any:
    """YAML, every scalar as text: numbers written in base 60 could take hours to read.

    Its events are looked at first, since the loader crashes on depth.
    """
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    depth = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _MOST_DEPTH:
                raise unusable(file, "it is nested too deep")
            if isinstance(event, yaml.ScalarEvent) and event.value == "<<":
                raise unusable(file, "it holds YAML merges (<<)")
        return yaml.load(text, Loader=loader)  # noqa: S506 - a BaseLoader makes nothing but text
    except (yaml.YAMLError, ValueError) as error:
        raise unusable(file, f"it is no YAML ({one_line(str(error))})") from None


class Document:
    """A parsed file whose references can be followed, within bounds."""

    def __init__(self, file: Path, root: Mapping[str, Any]) -> None:
        self._file = file
        self.root = root
        self._steps = 0

    def at(self, node: object) -> Mapping[str, Any]:
        """The mapping that a node is or refers to; an empty one where it leads nowhere.

        Raises:
            Misconfigured: the file's references take too many steps.
        """
        for _ in range(_MOST_REFERENCES):
            self._step()
            if not isinstance(node, dict):
                return {}
            if not isinstance(reference := node.get("$ref"), str):
                return node
            node = self._target(reference)
        return {}

    def fields(self, schema: object, within: int = 0) -> dict[str, Mapping[str, Any]]:
        """The properties of an object's schema, those of its parts among them.

        Raises:
            Misconfigured: as `at`.
        """
        if within > _MOST_PARTS_WITHIN:
            return {}
        held = self.at(schema)
        found: dict[str, Mapping[str, Any]] = {}
        for joint in ("allOf", "anyOf", "oneOf"):
            for part in listed(held.get(joint)):
                found |= self.fields(part, within + 1)
        properties = held.get("properties")
        if isinstance(properties, dict):
            found |= {str(name): self.at(one) for name, one in properties.items()}
        return found

    def _target(self, reference: str) -> object:
        if not reference.startswith("#/"):
            return None
        node: object = self.root
        for part in reference[2:].split("/"):
            self._step()
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and name.isascii() and name.isdecimal():
                node = node[int(name)] if len(name) < 9 and int(name) < len(node) else None
            else:
                node = node.get(name) if isinstance(node, dict) else None
        return node

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise unusable(self._file, "its references take too many steps to follow")


def listed(value: object) -> list[Any]:
    """The list that a value is; an empty one where it is none."""
    return value if isinstance(value, list) else []
