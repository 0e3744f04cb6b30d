"""A window's typed tables as a dlt resource."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import dlt
import pyarrow as pa
from dlt.sources import DltResource


def window_resource(landed: Iterable[tuple[str, pa.Table]]) -> DltResource:
    """One resource that appends each table under its own name.

    Arrow tables go through dlt as they are: no Python dictionary per row.
    """

    @dlt.resource(name="window", write_disposition="append")
    def window() -> Iterator[Any]:
        for name, table in landed:
            yield dlt.mark.with_table_name(table, name)

    return window()
