"""From the raw file to the next warehouse, from scratch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

import sources
from pipelines.transform.dbt_process import ModelFailed, invoke, parse
from pipelines.transform.maps import read_maps
from pipelines.transform.own import Origins, read_own
from pipelines.transform.own_faults import explained, judge
from pipelines.transform.profile import (
    CATALOGUE,
    create,
    opened,
    profile,
    remove,
    write_inputs,
)
from pipelines.transform.project import HAND_WRITTEN, RESERVED, assemble
from pipelines.transform.properties import Loaded
from sources._tables.declare import Table
from sources._tables.quoting import identifier, literal


@dataclass(frozen=True)
class BuildReport:
    """What a build made.

    Attributes:
        run_id: the run it was part of.
        seconds: how long it took.
        models: how many published relations were built.
        rows: rows per published table, by `schema.table`.
    """

    run_id: str
    seconds: float
    models: int
    rows: Mapping[str, int]


def build(
    raw_file: Path,
    target_file: Path,
    vendors: Mapping[str, Sequence[Table]],
    maps_dir: Path,
    work_dir: Path,
    as_of: datetime,
    run_id: str,
    *,
    hand_written: Path = HAND_WRITTEN,
    models_dir: Path | None = None,
    macros_dir: Path | None = None,
) -> BuildReport:
    """Builds the warehouse file anew; afterwards nothing of it is open and no WAL is beside it.

    Args:
        raw_file: the work file; nothing else in this process has it open.
        target_file: the file to make, named `warehouse.duckdb`; an old one is replaced.
        vendors: every vendor's declared tables; one that was never loaded comes out empty.
        maps_dir: the folder of `steps.csv` and `customers.csv`.
        work_dir: where dbt's project, target and log are; kept between builds, it saves parsing.
        as_of: the moment of the build (UTC, naive): open steps last until then.
        run_id: the run it is part of.
        hand_written: the folder with the hand-written models.
        models_dir: the user's own models, beside ours or in their place.
        macros_dir: the user's own macros.

    Raises:
        MapsMisconfigured: a map cannot be used.
        ModelFailed: a model failed; the message names it and says what DuckDB said.
        OwnModelsWrong: the user's own models cannot be used as they are written.
        ValueError: a declaration collides with a name that the published tables add.
    """
    started = time.perf_counter()
    if target_file.name != f"{CATALOGUE}.duckdb":
        raise ValueError(f"the file's name is the catalogue's: {CATALOGUE}, not {target_file.stem}")
    raw_file, target_file, work_dir = (p.absolute() for p in (raw_file, target_file, work_dir))
    maps = read_maps(maps_dir)
    own = read_own(models_dir, macros_dir)
    project, inputs = work_dir / "project", work_dir / "inputs.duckdb"
    loaded = _loaded(raw_file, work_dir)
    origins = assemble(
        vendors, loaded, profile(target_file), project, hand_written=hand_written, own=own
    )
    write_inputs(inputs, maps, as_of, run_id)
    create(target_file)
    try:
        with opened(target_file, raw_file, inputs) as warehouse:
            results = _make(project, work_dir, origins, RESERVED.union(vendors, sources.names()))
            models = sum(r.node.config.materialized != "scratch" for r in results)
            rows = _counts(warehouse)
    except BaseException:
        remove(target_file)
        raise
    return BuildReport(run_id, time.perf_counter() - started, models, rows)


def _make(project: Path, work_dir: Path, origins: Origins, reserved: frozenset[str]) -> list[Any]:
    """Makes every relation; dbt's result of each."""
    command = ["run", "--fail-fast"]
    if not origins.own:
        return invoke(command, project, work_dir)
    try:
        manifest = parse(project, work_dir)
        judge(manifest, origins, reserved)
        return invoke(command, project, work_dir, manifest)
    except ModelFailed as error:
        raise explained(error, origins) from error


def _loaded(raw_file: Path, work_dir: Path) -> Loaded:
    """The (schema, table) pairs of the raw file."""
    try:
        with duckdb.connect(str(raw_file), read_only=True) as raw:
            found = raw.execute("select schema_name, table_name from duckdb_tables()").fetchall()
    except duckdb.Error as error:
        raise ModelFailed(f"the work file cannot be read: {error}", log=work_dir) from error
    return frozenset((schema, table) for schema, table in found)


def _counts(warehouse: duckdb.DuckDBPyConnection) -> dict[str, int]:
    tables = warehouse.execute(
        "select schema_name, table_name from duckdb_tables() "
        f"where database_name = {literal(CATALOGUE)} order by all"
    ).fetchall()
    counts = {}
    for schema, table in tables:
        place = f"{CATALOGUE}.{identifier(schema)}.{identifier(table)}"
        (count,) = warehouse.execute(f"select count(*) from {place}").fetchall()[0]
        counts[f"{schema}.{table}"] = int(count)
    return counts
