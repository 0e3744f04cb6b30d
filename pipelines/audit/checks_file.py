"""The shape of a checks file: YAML in, validated sections out, problems beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipelines.audit.checks import Severity
from pipelines.audit.problems import Problem
from pipelines.audit.quarantine import Threshold

_EXPECTATION = """\
step_given:
  table: orders
  severity: warning
  means: The order has no step, so no report knows where it stands.
  expect: expect_column_values_to_not_be_null
  with: {column: step}"""
_FACT = """\
due_before_created:
  table: orders
  severity: warning
  means: The order is due before it was made.
  failing: select order_number from shop.orders where due_on < created_on"""
_EXAMPLES = {
    "expectations": _EXPECTATION,
    "facts": _FACT,
    "freshness": "freshness: {orders: 72h}",
    "quarantine": "quarantine: {orders: 2%, quotations: 50 rows}",
    "change": "change:\n  step_given: {severity: critical}",
}
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_off(value: object) -> object:
    return "off" if value is False else value  # YAML reads a bare `off` as false


def _as_hours(value: object) -> object:
    units = {"m": 1 / 60, "h": 1.0, "d": 24.0}
    if isinstance(value, str) and (read := re.fullmatch(r"(\d+(?:\.\d+)?)\s*([mhd])", value)):
        return float(read[1]) * units[read[2]]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise ValueError("is a time like 90m, 72h or 3d, or a number of hours")


def _as_threshold(value: object) -> object:
    if isinstance(value, str):
        read = re.fullmatch(r"(\d{1,3}(?:\.\d{1,9})?)\s*%", value)
        if read and float(read[1]) <= 100:
            return Threshold(float(read[1]) / 100, is_share=True)
        if read := re.fullmatch(r"(\d{1,12})\s*rows?", value):
            return Threshold(int(read[1]), is_share=False)
    raise ValueError("is a share like 2% of what came in 7 days, or a number like 50 rows")


_Means = Annotated[str, Field(min_length=10)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SaidExpectation(_Section):
    """One entry under `expectations`."""

    table: Annotated[list[str], BeforeValidator(_as_list), Field(min_length=1)]
    severity: Severity
    means: _Means
    expect: str
    arguments: dict[str, Any] = Field(alias="with", default_factory=dict)


class SaidFact(_Section):
    """One entry under `facts`."""

    table: str
    severity: Severity
    means: _Means
    failing: str
    every_run: bool = False
    parameters: dict[str, bool | int | float | date | str] = Field(default_factory=dict)


class _Limit(_Section):
    """One entry under `freshness`."""

    within: Annotated[float, BeforeValidator(_as_hours), Field(gt=0)]


class _Threshold(_Section):
    """One entry under `quarantine`."""

    beyond: Annotated[Threshold, BeforeValidator(_as_threshold)]


class SaidChange(_Section):
    """One entry under `change`: what a file does to a check that another one defined."""

    severity: Annotated[Literal["critical", "warning", "off"] | None, BeforeValidator(_as_off)] = (
        None
    )
    parameters: dict[str, bool | int | float | date | str] = Field(default_factory=dict)


@dataclass
class ChecksFile:
    """What of a file could be read, under its sections' names, and what could not.

    Attributes:
        path: the file.
        expectations: by name.
        facts: by name.
        freshness: hours by table.
        quarantine: how much of a table may be open in quarantine, by table.
        change: by the name of a check.
        problems: what was wrong; the rest of the file is there all the same.
    """

    path: Path
    expectations: dict[str, SaidExpectation] = field(default_factory=dict)
    facts: dict[str, SaidFact] = field(default_factory=dict)
    freshness: dict[str, float] = field(default_factory=dict)
    quarantine: dict[str, Threshold] = field(default_factory=dict)
    change: dict[str, SaidChange] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, key: str, message: str, example: str | None = None) -> None:
        """Note something wrong; the example is the section's own unless one is given."""
        shown = _EXAMPLES.get(key.split(".")[0], "") if example is None else example
        self.problems.append(Problem(str(self.path), key, message, shown))


_SECTIONS: dict[str, type[BaseModel]] = {
    "expectations": SaidExpectation,
    "facts": SaidFact,
    "freshness": _Limit,
    "quarantine": _Threshold,
    "change": SaidChange,
}
# the sections whose entries are a value, and the one field that it is read into
_VALUES = {"freshness": "within", "quarantine": "beyond"}


def read_checks_file(path: Path) -> ChecksFile:
    """Read one file, entry by entry, so that one bad entry hides nothing about the others."""
    file = ChecksFile(path)
    try:
        said = yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    except (OSError, UnicodeDecodeError) as error:
        file.problem("", f"cannot be read: {error}")
        return file
    except yaml.YAMLError as error:
        file.problem("", " ".join(str(error).split()))
        return file
    if not isinstance(said, dict | None):
        file.problem("", "is not a mapping", _EXAMPLES["facts"])
        return file
    for section, entries in (said or {}).items():
        if section not in _SECTIONS:
            file.problem(str(section), f"is no section; there are: {', '.join(_SECTIONS)}", "")
        elif not isinstance(entries, dict | None):
            file.problem(section, "is not a mapping of names")
        else:
            for name, entry in (entries or {}).items():
                _read_entry(file, section, name, entry)
    return file


def _read_entry(file: ChecksFile, section: str, name: object, entry: object) -> None:
    key = f"{section}.{name}"
    if not isinstance(name, str) or not _NAME.match(name):
        file.problem(key, "a name is lower snake_case")
        return
    value = _VALUES.get(section)
    said = {value: entry} if value else entry
    model = _SECTIONS[section]
    try:
        read = model.model_validate(said)
    except ValidationError as error:
        for one in error.errors():
            _note(file, key, model, one["loc"], one["type"], one["msg"])
        return
    getattr(file, section)[name] = getattr(read, value) if value else read


def _note(
    file: ChecksFile,
    key: str,
    model: type[BaseModel],
    place: tuple[int | str, ...],
    kind: str,
    message: str,
) -> None:
    known = [said.alias or name for name, said in model.model_fields.items()]
    at = [str(p) for p in place[:2] if p not in _VALUES.values()]
    told = {
        "missing": "is missing",
        "extra_forbidden": f"is not known here; known: {', '.join(known)}",
        "model_type": f"is not a mapping of {', '.join(known)}",
    }.get(kind, message.removeprefix("Value error, "))
    file.problem(".".join([key, *at]), told)


class _Loader(yaml.SafeLoader):
    """YAML that refuses a key said twice; PyYAML would silently keep the last."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[object] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"{key!r} is said twice", key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
