"""What the fork server imports once, so that each run does not: seconds of every process."""

import anyio
import dbt.adapters.duckdb.impl
import dbt.cli.main
import dbt.task.run
import dlt.common.libs.pyarrow
import dlt.destinations.impl.duckdb.duck
import dlt.destinations.impl.duckdb.sql_client
import dlt.sources.helpers.requests
import h11
import httpcore
import pandas
import pyarrow.compute
import pyarrow.dataset
import pyarrow.parquet
import rich.table
import typer.core

import pipelines.cli
import pipelines.run
import pipelines.show
import pipelines.sweep
import sources

for _name in sources.names():
    sources.load(_name)

__all__ = [
    "anyio",
    "dbt",
    "dlt",
    "h11",
    "httpcore",
    "pandas",
    "pipelines",
    "pyarrow",
    "rich",
    "sources",
    "typer",
]
