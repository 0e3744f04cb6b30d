"""What is wrong with a project's own models, told by the names of its files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath
from typing import Any

from pipelines.transform.dbt_process import ModelFailed
from pipelines.transform.own import (
    NEXT,
    PLACED_BY,
    Origins,
    OwnModelsWrong,
    cannot_move,
    is_name,
    listed,
)
from pipelines.transform.profile import CATALOGUE, SCRATCH

PUBLISHED, INLINED = "published", "ephemeral"
UNPUBLISHED = frozenset({"staging", "intermediate"})  # folders of ours
UNCHANGED = "Nothing new is published."
# what DuckDB would take for something else
_OF_DUCKDB = frozenset({"temp", "system", "information_schema", "pg_catalog"})


def judge(manifest: Any, origins: Origins, reserved: Collection[str]) -> None:
    """Looks at where the project's models would be made, before any is.

    Args:
        manifest: dbt's, of the assembled project.
        origins: where its files come from.
        reserved: schemas that are ours.

    Raises:
        OwnModelsWrong: a model would be made where it cannot be published.
    """
    nodes = {n.name: n for n in manifest.nodes.values() if n.resource_type == "model"}
    taken = _OF_DUCKDB.union(reserved)
    problems: list[str] = []
    for name, path in origins.models.items():
        if name in origins.replaced:
            problems += _moved(path, origins.replaced[name], nodes.get(name))
        elif name in nodes:
            problems += _misplaced(path, nodes[name], taken)
    if problems:
        raise OwnModelsWrong(problems, models=sorted(origins.models))


def _moved(path: PurePosixPath, place: PurePosixPath, node: Any) -> Iterator[str]:
    given = {"enabled"} if node is None else PLACED_BY & set(node.config_call_dict)
    if node is not None and node.config.materialized not in _as_ours(place):
        given = {*given, "materialized"}
    if given:
        yield cannot_move(path, place.stem, given)


def _as_ours(place: PurePosixPath) -> tuple[str, ...]:
    return (INLINED, SCRATCH) if place.parts[1] in UNPUBLISHED else (PUBLISHED,)


def _misplaced(path: PurePosixPath, node: Any, taken: Collection[str]) -> Iterator[str]:
    how = node.config.materialized
    if how not in (PUBLISHED, INLINED):
        yield (
            f"{path}: says materialized='{how}': a model is published as a table, which it says by "
            f"saying nothing, or is there for other models alone: materialized='{INLINED}'"
        )
    if node.database != CATALOGUE:
        yield f"{path}: says database='{node.database}', and there is one file"
    if node.schema in taken:
        yield f"{path}: schema {node.schema} is ours: choose another, or say none"
    for text in (node.schema, node.alias):
        if not is_name(text):
            yield f"{path}: {text} is no name for a schema or a table"


def explained(error: ModelFailed, origins: Origins) -> ModelFailed:
    """The same failure in terms of the project's files, where one of them may be why."""
    if isinstance(error, OwnModelsWrong):
        return error
    known = {str(place): str(path) for place, path in origins.own.items()}
    places = "|".join(re.escape(place) for place in sorted(known, key=len, reverse=True))
    said = re.sub(rf"({places})\b", lambda found: known[found[1]], error.message)
    if not any(path in said for path in known.values()):
        # what dbt says of a cycle or of a description names models and no file
        for name, path in origins.models.items():
            said = re.sub(rf"model\.penstock\.{name}\b", str(path), said)
    if any(path in said for path in known.values()):
        return ModelFailed(f"{said}\n{UNCHANGED}", models=error.models, next_command=NEXT)
    unreadable = list(_unreadable(origins))
    if unreadable:
        said = f"{listed(unreadable)}: {said}\n{UNCHANGED}"
        return ModelFailed(said, models=error.models, next_command=NEXT)
    if origins.replaced:
        mine = listed(origins.models[name] for name in origins.replaced)
        said = (
            f"{said}\nIt may need what the project puts in the place of ours: {mine}\n{UNCHANGED}"
        )
        return ModelFailed(said, models=error.models, next_command=error.next_command)
    return error


def _unreadable(origins: Origins) -> Iterator[PurePosixPath]:
    """The files whose blocks are wrong or do not end: dbt says so, and not where."""
    from dbt_common.clients.jinja import extract_toplevel_blocks, parse
    from dbt_common.exceptions import CompilationError

    for place, text in origins.texts.items():
        blocks = {"docs"} if place.suffix == ".md" else {"macro", "materialization", "test"}
        try:
            extract_toplevel_blocks(text, allowed_blocks=blocks, collect_raw_data=False)
            parse(text)
        except CompilationError:
            yield origins.own[place]
