"""From the raw file to the next warehouse, from scratch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.transform.dbt_process import ModelFailed, invoke
from pipelines.transform.maps import Maps, read_maps
from pipelines.transform.project import HAND_WRITTEN, assemble
from pipelines.transform.properties import Loaded
from sources._tables.declare import Table
from sources._tables.quoting import identifier, literal

STORAGE_VERSION = "v1.0.0"  # so that older clients can open the published file
CATALOGUE = "warehouse"
THREADS = 2  # models at a time: 1.3 s instead of 2.0 for 22 models on 2 cores

_INPUTS = {
    "build": "as_of timestamp, run_id varchar",
    "steps": "line integer, vendor varchar, document_type varchar, step varchar, stage varchar, "
    "stage_order integer, outcome varchar",
    "customers": "line integer, customer_key varchar, same_as_customer_key varchar, "
    "final_customer_key varchar",
}


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

    Raises:
        MapsMisconfigured: a map cannot be used.
        ModelFailed: a model failed; the message names it and says what DuckDB said.
        ValueError: a declaration collides with a name that the published tables add.
    """
    started = time.perf_counter()
    if target_file.name != f"{CATALOGUE}.duckdb":
        raise ValueError(f"the file's name is the catalogue's: {CATALOGUE}, not {target_file.stem}")
    raw_file, target_file, work_dir = (p.absolute() for p in (raw_file, target_file, work_dir))
    maps = read_maps(maps_dir)
    project, inputs = work_dir / "project", work_dir / "inputs.duckdb"
    profile = _profile(raw_file, target_file, inputs)
    assemble(vendors, _loaded(raw_file, work_dir), profile, project, hand_written=hand_written)
    _write_inputs(inputs, maps, as_of, run_id)
    _create(target_file)
    try:
        results = invoke(["run", "--fail-fast"], project, work_dir)
    except BaseException:
        _remove(target_file)
        raise
    rows = _count_and_close(target_file)
    return BuildReport(
        run_id=run_id, seconds=time.perf_counter() - started, models=len(results), rows=rows
    )


def _loaded(raw_file: Path, work_dir: Path) -> Loaded:
    """The (schema, table) pairs of the raw file."""
    try:
        with duckdb.connect(str(raw_file), read_only=True) as raw:
            found = raw.execute("select schema_name, table_name from duckdb_tables()").fetchall()
    except duckdb.Error as error:
        raise ModelFailed(f"the work file cannot be read: {error}", log=work_dir) from error
    return frozenset((schema, table) for schema, table in found)


def _profile(raw_file: Path, target_file: Path, inputs: Path) -> dict[str, object]:
    """dbt-duckdb's profile: the only thing that says the warehouse is a local file."""
    return {
        "type": "duckdb",
        "path": str(target_file),
        "schema": "main",
        "threads": THREADS,
        "keep_open": False,
        "config_options": {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
        "attach": [
            {"path": str(raw_file), "alias": "raw", "read_only": True},
            {"path": str(inputs), "alias": "inputs", "read_only": True},
        ],
    }


def _create(target_file: Path) -> None:
    """An empty file; dbt opens it afterwards and cannot say the storage version itself."""
    _remove(target_file)
    target_file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as nowhere:
        nowhere.execute(
            f"attach {literal(str(target_file))} as {CATALOGUE} "
            f"(storage_version {literal(STORAGE_VERSION)})"
        )


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.with_name(f"{file.name}.wal").unlink(missing_ok=True)


def _write_inputs(file: Path, maps: Maps, as_of: datetime, run_id: str) -> None:
    """What a build is given beside the raw file, as tables that dbt reads as sources."""
    rows = {
        "build": [(as_of, run_id)],
        "steps": [astuple(step) for step in maps.steps],
        "customers": [astuple(customer) for customer in maps.customers],
    }
    _remove(file)
    with duckdb.connect(str(file)) as inputs:
        for name, columns in _INPUTS.items():
            inputs.execute(f"create table {name} ({columns})")
            if rows[name]:
                places = ", ".join("?" * len(rows[name][0]))
                inputs.executemany(f"insert into {name} values ({places})", rows[name])


def _count_and_close(target_file: Path) -> Mapping[str, int]:
    """Rows per published table; leaves one file and no WAL."""
    with duckdb.connect(str(target_file)) as warehouse:
        tables = warehouse.execute(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall()
        counts = {}
        for schema, table in tables:
            place = f"{identifier(schema)}.{identifier(table)}"
            (count,) = warehouse.execute(f"select count(*) from {place}").fetchall()[0]
            counts[f"{schema}.{table}"] = int(count)
        warehouse.execute("checkpoint")
    return counts
