"""What a project adds to the model: its `models/` and `macros/`, beside ours or in their place.

    models/**/*.sql    a model; one with the name of one of ours takes its place
    models/**/*.yml    what dbt calls properties: descriptions, sources
    models/**/*.md     descriptions' texts
    macros/**/*.sql    macros

All of it is read and judged before dbt sees it: every problem is told at once, by the name that the
user knows, which is not that of the assembled copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from pipelines.transform.dbt_process import ModelFailed

SCHEMA = "own"  # of models that name no other
PLACE = PurePosixPath("models", "own")
OURS = PurePosixPath("models", "ours")  # what is replaced, still there to be read
OURS_PREFIX = "ours__"
NEXT = "penstock run"
# dbt's configuration of where and whether a model is made
PLACED_BY = frozenset({"schema", "alias", "database", "enabled"})

_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_READ = {"models": frozenset({".sql", ".yml", ".md"}), "macros": frozenset({".sql"})}
_MISTAKEN = frozenset({".sql", ".yml", ".md", ".py", ".yaml"})  # what is taken for a model
_CONFIG = re.compile(r"\{\{-?\s*config\(.*?\)\s*-?\}\}", re.DOTALL)
_DEFINES = re.compile(r"\{%-?\s*(macro|materialization|test|data_test)\b")

Files = MutableMapping[PurePosixPath, str]


class OwnModelsWrong(ModelFailed):
    """What a project adds to the model cannot be used as it is written.

    Attributes:
        problems: all that was found, each with the file's name in the project directory.
    """

    def __init__(self, problems: Sequence[str], *, models: Sequence[str] = ()) -> None:
        self.problems = tuple(problems)
        count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
        super().__init__(
            f"{count} in the project's own models; nothing new is published:\n"
            + "\n".join(f"  {problem}" for problem in problems),
            models=models,
            next_command=NEXT,
        )


@dataclass(frozen=True)
class Own:
    """The project's own files.

    Attributes:
        texts: each file's text, by its path in the project directory.
        properties: what the `*.yml` among them say.
    """

    texts: Mapping[PurePosixPath, str] = field(default_factory=dict)
    properties: Mapping[PurePosixPath, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def models(self) -> dict[str, PurePosixPath]:
        """The models among them, by name."""
        return {p.stem: p for p in self.texts if p.parts[0] == "models" and p.suffix == ".sql"}


@dataclass(frozen=True)
class Origins:
    """Where files of the assembled project come from.

    Attributes:
        own: the project's file, by its place in the assembled project.
        texts: what those files say, by the same.
        replaced: the place of each model that stands for one of ours, by name.
    """

    own: Mapping[PurePosixPath, PurePosixPath]
    texts: Mapping[PurePosixPath, str]
    replaced: Mapping[str, PurePosixPath]

    @cached_property
    def models(self) -> dict[str, PurePosixPath]:
        """The project's models, by name."""
        named = ((place, path) for place, path in self.own.items() if place.parts[0] == "models")
        return {place.stem: path for place, path in named if place.suffix == ".sql"}


def read_own(models_dir: Path | None, macros_dir: Path | None) -> Own:
    """Reads and judges what the project adds; folders that are not there add nothing.

    Raises:
        OwnModelsWrong: a file cannot be used.
    """
    problems: list[str] = []
    texts: dict[PurePosixPath, str] = {}
    for top, folder in (("models", models_dir), ("macros", macros_dir)):
        for file in sorted(folder.rglob("*")) if folder else ():
            path = PurePosixPath(top, file.relative_to(folder or file).as_posix())
            if not file.is_file() or file.suffix not in _MISTAKEN:
                continue
            if file.suffix not in _READ[top]:
                problems.append(f"{path}: not read; only {listed(_READ[top])} are")
                continue
            try:
                texts[path] = file.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                problems.append(f"{path}: not UTF-8 text")
    properties = {path: _properties(path, texts[path], problems) for path in texts if _is_yml(path)}
    own = Own(texts, properties)
    problems += (*_misnamed(texts), *_without_content(texts), *_strangers(own))
    if problems:
        raise OwnModelsWrong(problems)
    return own


def place(own: Own, files: Files) -> Origins:
    """Puts the project's own files among ours.

    Args:
        own: the project's files.
        files: ours, by their place in the assembled project; changed.

    Raises:
        OwnModelsWrong: the properties of a model that replaces one of ours would move it.
    """
    ours = {p.stem: p for p in files if p.parts[0] == "models" and p.suffix == ".sql"}
    replaced = {name: ours[name] for name in own.models if name in ours}
    for name, where in replaced.items():
        files[OURS / f"{OURS_PREFIX}{name}.sql"] = files[where]
    described = _describe(own, replaced, files)
    origins: dict[PurePosixPath, PurePosixPath] = {}
    for path, text in own.texts.items():
        top = PLACE if path.parts[0] == "models" else PurePosixPath("macros", "own")
        where = top.joinpath(*path.parts[1:])
        if path.suffix == ".sql" and path.parts[0] == "models":
            where = replaced.get(path.stem, where)
        files[where] = described.get(path, _made_alike(text, files.get(where, "")))
        origins[where] = path
    return Origins(origins, {where: files[where] for where in origins}, replaced)


def _made_alike(text: str, ours: str) -> str:
    """The project's text, made as what it replaces says of itself where it says nothing."""
    said = None if "config(" in text else _CONFIG.search(ours)
    return f"{' '.join(said[0].split())}{text}" if said else text


def _describe(
    own: Own, replaced: Mapping[str, PurePosixPath], files: Files
) -> dict[PurePosixPath, str]:
    """Joins what the project says of models that replace ours with what we say of them.

    dbt takes one description of a model. Those models are marked as the project's, in ours too: a
    column that is described and not there fails ours alone.

    Returns:
        The project's properties files without what went into ours.
    """
    said = {path: dict(content) for path, content in own.properties.items()}
    theirs: dict[str, dict[str, Any]] = {}
    for path, content in said.items():
        for entry in content.get("models", ()):
            moved = (PLACED_BY | {"materialized"}) & set(entry.get("config", ()))
            if entry["name"] in replaced and moved:
                raise OwnModelsWrong([cannot_move(path, entry["name"], moved)])
            theirs[entry["name"]] = entry
    known = _described(files, replaced)
    for where, content in known.items():
        for index, entry in enumerate(content["models"]):
            if entry["name"] in replaced:
                content["models"][index] = _joined(entry, theirs.pop(entry["name"], {}))
        files[where] = _yaml(content)
    for content in said.values():
        left = [e for e in content.get("models", ()) if e["name"] in theirs]
        content["models"] = [_joined(e, {}) if e["name"] in replaced else e for e in left]
    return {path: _yaml(content) for path, content in said.items()} if replaced else {}


def cannot_move(path: PurePosixPath, name: str, given: set[str] | frozenset[str]) -> str:
    """The problem of a model that replaces one of ours and wants to be somewhere else."""
    return (
        f"{path}: {name} takes the place of ours and is made as ours is: it cannot say "
        f"{listed(given)}. Under another name it is a model of its own"
    )


def _described(
    files: Files, replaced: Mapping[str, PurePosixPath]
) -> dict[PurePosixPath, dict[str, Any]]:
    """Our properties files that describe a replaced model."""
    found = {}
    for path, text in files.items():
        if _is_yml(path) and any(f"name: {name}" in text for name in replaced):
            content = yaml.safe_load(text)
            if any(entry["name"] in replaced for entry in content.get("models", ())):
                found[path] = content
    return found


def _joined(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    columns = {column["name"]: column for column in ours.get("columns", ())}
    for column in theirs.get("columns", ()):
        columns[column["name"]] = {**columns.get(column["name"], {}), **column}
    config = {**ours.get("config", {}), **theirs.get("config", {})}
    config["meta"] = {**config.get("meta", {}), "own": True}
    return {**ours, **theirs, "columns": list(columns.values()), "config": config}


def _properties(path: PurePosixPath, text: str, problems: list[str]) -> Mapping[str, Any]:
    """What a properties file says; nothing where that is a problem."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        problems.append(f"{where}: not YAML: {getattr(error, 'problem', None) or error}")
        return {}
    if not isinstance(content, dict):
        problems.append(f"{path}: says nothing; it begins with `models:`")
        return {}
    if not _are_named(content.get("models", [])):
        problems.append(f"{path}: `models:` is a list of entries with a `name:`")
        return {}
    for entry in content.get("models", ()):
        if not _are_named(entry.get("columns", [])):
            problems.append(f"{path}: {entry['name']}: `columns:` is a list with a `name:` each")
        elif not isinstance(entry.get("config", {}), dict):
            problems.append(f"{path}: {entry['name']}: `config:` is a mapping")
        else:
            continue
        return {}
    return content


def _are_named(entries: object) -> bool:
    return isinstance(entries, list) and all(
        isinstance(entry, dict) and isinstance(entry.get("name"), str) for entry in entries
    )


def _misnamed(texts: Mapping[PurePosixPath, str]) -> Iterator[str]:
    seen: dict[str, PurePosixPath] = {}
    for path in texts:
        if path.suffix != ".sql" or path.parts[0] != "models":
            continue
        name = path.stem
        if not _NAME.fullmatch(name):
            yield f"{path}: {name} is no name for a table: lower-case letters, digits and _ are"
        elif name.startswith(OURS_PREFIX):
            yield f"{path}: names that begin with {OURS_PREFIX} are of our models that are replaced"
        elif name in seen:
            yield f"{path}: {seen[name]} has the same name"
        seen.setdefault(name, path)


def _without_content(texts: Mapping[PurePosixPath, str]) -> Iterator[str]:
    for path, text in texts.items():
        if path.suffix == ".sql" and not text.strip():
            yield f"{path}: empty"
        elif path.parts[0] == "macros" and not _DEFINES.search(text):
            yield f"{path}: defines no macro; a model goes into models/"


def _strangers(own: Own) -> Iterator[str]:
    """Descriptions of models that the project does not have, which dbt would pass over."""
    seen: dict[str, PurePosixPath] = {}
    for path, content in own.properties.items():
        for entry in content.get("models", ()):
            name = entry["name"]
            if name not in own.models:
                yield f"{path}: describes {name}, and models/ has no {name}.sql"
            elif name in seen:
                yield f"{path}: describes {name}, as {seen[name]} does"
            seen.setdefault(name, path)


def is_name(text: str) -> bool:
    """Whether that can be a schema or a table."""
    return _NAME.fullmatch(text) is not None


def _is_yml(path: PurePosixPath) -> bool:
    return path.suffix == ".yml"


def listed(names: Iterable[object]) -> str:
    """Their names in order, as a sentence has them."""
    *first, last = sorted(map(str, names))
    return f"{', '.join(first)} and {last}" if first else last


def _yaml(content: object) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
