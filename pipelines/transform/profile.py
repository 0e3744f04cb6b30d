"""What dbt connects to: the warehouse being built, with the raw file and the inputs attached.

One connection of ours stays open while dbt runs. dbt-duckdb would close and open the file between
models, and `duckdb.connect` (1.5.5) waits in a busy loop for whatever is left of the instance
closed before: one build in 350 stood still for 19 minutes. Ours also attaches, plainly: ATTACH IF
NOT EXISTS, which dbt-duckdb would say, has a loop of the same kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.transform.maps import Maps
from sources._tables.quoting import literal

STORAGE_VERSION = "v1.0.0"  # so that older clients can open the published file
CATALOGUE = "warehouse"
RAW, INPUTS = "raw", "inputs"  # dbt's sources are in these
SCRATCH = "scratch"  # what several models are made from
# Models at a time. Two are no faster: small ones wait for Python, large ones use every core alone
# (600,000 versions: 12 s with either, 680 MB instead of 890).
THREADS = 1

# dbt-duckdb connects with the same, or DuckDB would not let it in beside us
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_INPUT_TABLES = {
    "build": "as_of timestamp, run_id varchar",
    "steps": "line integer, vendor varchar, document_type varchar, step varchar, stage varchar, "
    "stage_order integer, outcome varchar",
    "customers": "line integer, customer_key varchar, same_as_customer_key varchar, "
    "final_customer_key varchar",
}


def profile(target_file: Path) -> dict[str, object]:
    """dbt-duckdb's profile for that file."""
    return {
        "type": "duckdb",
        "path": str(target_file),
        "schema": "main",
        "threads": THREADS,
        "keep_open": False,
        "config_options": dict(_CONFIG),
    }


def create(target_file: Path) -> None:
    """Makes the warehouse anew, empty, in the format that older clients read."""
    remove(target_file)
    target_file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as nowhere:
        nowhere.execute(
            f"attach {literal(str(target_file))} as {CATALOGUE} "
            f"(storage_version {literal(STORAGE_VERSION)})"
        )


def remove(file: Path) -> None:
    """Removes a DuckDB file and its WAL, where there are any."""
    file.unlink(missing_ok=True)
    file.with_name(f"{file.name}.wal").unlink(missing_ok=True)


@contextmanager
def opened(target_file: Path, raw_file: Path, inputs: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse as dbt sees it; nothing of it is open afterwards, and no WAL is left."""
    scratch = inputs.with_name(f"{SCRATCH}.duckdb")
    remove(scratch)
    try:
        with duckdb.connect(str(target_file), config=_CONFIG) as warehouse:
            for file, name in ((raw_file, RAW), (inputs, INPUTS)):
                warehouse.execute(f"attach {literal(str(file))} as {name} (read_only)")
            warehouse.execute(f"attach {literal(str(scratch))} as {SCRATCH}")
            yield warehouse
            warehouse.execute("checkpoint")
    finally:
        remove(scratch)


def write_inputs(file: Path, maps: Maps, as_of: datetime, run_id: str) -> None:
    """What a build is given beside the raw file, as tables that dbt reads as sources.

    Not as dbt's variables: another value of one of those and dbt parses everything again.
    """
    rows = {
        "build": [(as_of, run_id)],
        "steps": [astuple(step) for step in maps.steps],
        "customers": [astuple(customer) for customer in maps.customers],
    }
    remove(file)
    with duckdb.connect(str(file)) as inputs:
        for name, columns in _INPUT_TABLES.items():
            inputs.execute(f"create table {name} ({columns})")
            if rows[name]:
                places = ", ".join("?" * len(rows[name][0]))
                # one statement: DuckDB plans each of executemany's anew
                every = ", ".join([f"({places})"] * len(rows[name]))
                values = [value for row in rows[name] for value in row]
                inputs.execute(f"insert into {name} values {every}", values)
