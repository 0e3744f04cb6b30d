"""The dbt project of one build, put together in the work folder: hand-written files and generated.

Files are written only where their content changed, and removed where nothing asks for them any
more, so that dbt parses what is new and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from pipelines.transform.declared import models
from pipelines.transform.own import OURS, PLACE, SCHEMA, Origins, Own, place
from pipelines.transform.profile import SCRATCH
from pipelines.transform.properties import Loaded, read_as_empty, vendor_properties
from sources._tables.declare import Table

HAND_WRITTEN = Path(__file__).parent
RESERVED = frozenset({"sales", "history", "ops", "main", "raw", "inputs", "scratch", "warehouse"})
SUFFIXES = frozenset({".sql", ".yml", ".md"})


def assemble(
    vendors: Mapping[str, Sequence[Table]],
    loaded: Loaded,
    profile: Mapping[str, object],
    target: Path,
    *,
    hand_written: Path = HAND_WRITTEN,
    own: Own | None = None,
) -> Origins:
    """Puts the dbt project into `target`.

    Args:
        vendors: the declared tables of each vendor; only their staging models are taken.
        loaded: the (schema, table) pairs that the raw file holds.
        profile: dbt-duckdb's output of the profile.
        target: the folder of the project; its other files are removed.
        hand_written: the folder with `dbt_project.yml`, `macros/` and `models/`.
        own: what the user's project adds.

    Returns:
        Where the user's files went.

    Raises:
        OwnModelsWrong: a file of the user's cannot take the place of ours.
        ValueError: a declaration collides with a name that the published tables add.
    """
    files = dict(_hand_written(hand_written, vendors, loaded))
    for vendor, tables in vendors.items():
        files |= _generated(vendor, tables, loaded)
    origins = place(own or Own(), files)
    files[PurePosixPath("dbt_project.yml")] = _project_file(hand_written, files, origins)
    files[PurePosixPath("profiles.yml")] = _yaml(
        {"penstock": {"target": "build", "outputs": {"build": profile}}}
    )
    _write(target, files)
    return origins


def _hand_written(
    folder: Path, vendors: Mapping[str, Sequence[Table]], loaded: Loaded
) -> Iterator[tuple[PurePosixPath, str]]:
    for file in sorted((*folder.glob("macros/**/*"), *folder.glob("models/**/*"))):
        path = PurePosixPath(file.relative_to(folder).as_posix())
        if file.suffix not in SUFFIXES:
            continue
        if path.parts[:2] == ("models", "staging") and path.parts[2] not in vendors:
            continue
        text = file.read_text(encoding="utf-8")
        yield path, _with_empty_sources(text, loaded) if file.name == "_sources.yml" else text


def _generated(vendor: str, tables: Sequence[Table], loaded: Loaded) -> dict[PurePosixPath, str]:
    if vendor in RESERVED or vendor == SCHEMA:
        raise ValueError(f"a vendor cannot be called {vendor}: the warehouse needs that name")
    folder = PurePosixPath("models", "vendors", vendor)
    generated = tuple(models(vendor, tables))
    files = {folder / f"{model.unique_name}.sql": model.sql for model in generated}
    files[folder / f"_{vendor}.yml"] = _yaml(vendor_properties(vendor, tables, generated, loaded))
    return files


def _with_empty_sources(text: str, loaded: Loaded) -> str:
    """The file with sources, those of them that are not there read as empty tables."""
    properties: dict[str, Any] = yaml.safe_load(text)
    for source in properties["sources"]:
        for table in source["tables"]:
            types = {c["name"]: c["data_type"] for c in table.get("columns", ())}
            if types and (source["schema"], table["name"]) not in loaded:
                read_as_empty(table, types)
    return _yaml(properties)


def _project_file(folder: Path, files: Mapping[PurePosixPath, str], origins: Origins) -> str:
    """`dbt_project.yml`, with each staging model tagged and listed under its entity.

    A staging model's entity is in its name, `stg_<vendor>__<entity>`; the marts' macro `union_of`
    reads the list, so a new vendor edits no mart.
    """
    properties: dict[str, Any] = yaml.safe_load((folder / "dbt_project.yml").read_text("utf-8"))
    staging: dict[str, list[str]] = {}
    tags = properties["models"]["penstock"]["staging"]
    for path in files:
        if path.parts[:2] != ("models", "staging") or path.suffix != ".sql":
            continue
        vendor, model = path.parts[2], path.stem
        prefix = f"stg_{vendor}__"
        if not model.startswith(prefix):
            raise ValueError(f"{path}: a staging model is named {prefix}<entity>.sql")
        entity = model.removeprefix(prefix)
        staging.setdefault(entity, []).append(model)
        tags.setdefault(vendor, {})[model] = {"+tags": [entity]}
    properties["vars"] = {"staging": staging}
    # dbt warns of a folder that has no model
    if origins.models.keys() - origins.replaced.keys():
        properties["models"]["penstock"][PLACE.name] = {"+schema": SCHEMA, "+meta": {"own": True}}
    if origins.replaced:
        ours = {"+materialized": "ephemeral", "+database": SCRATCH}
        properties["models"]["penstock"][OURS.name] = ours
    return _yaml(properties)


def _write(target: Path, files: Mapping[PurePosixPath, str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted(target.rglob("*"), reverse=True):
        if file.is_dir():
            if not any(file.iterdir()):
                file.rmdir()
        elif PurePosixPath(file.relative_to(target).as_posix()) not in files:
            file.unlink()
    for path, text in files.items():
        file = target / path
        content = text.encode("utf-8")
        if file.is_file() and file.read_bytes() == content:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _yaml(content: object) -> str:
    # libyaml, where PyYAML was built with it, is ten times as fast
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=100)
    return text
