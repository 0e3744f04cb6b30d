"""The rows that no publish has judged yet, as one parquet file per table.

Not just this run's rows: what came in a run whose publish was refused, stopped or switched off is
still to be judged when the next one builds. And of each document only its newest version, the one
that readers will see: a bad save that the vendor has corrected since must not refuse for ever. Nor
must a bad document that the vendor has deleted since.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipelines.audit.checks import TableRef, VendorChecks
from pipelines.audit.relations import by_name, columns
from sources._tables.declare import Child, Table
from sources._tables.quoting import identifier, literal

# windows of runs that began after the last run which published
_UNJUDGED = """
select window_id from ops.windows
where not exists (
    from ops.runs
    where runs.run_id = windows.run_id
        and runs.run_id <= (select max(run_id) from ops.runs where outcome = 'published')
)"""


def write_changed_rows(
    raw: duckdb.DuckDBPyConnection, checks: Sequence[VendorChecks], folder: Path
) -> dict[TableRef, Path]:
    """Write the rows to judge.

    Args:
        raw: the private file with all versions.
        checks: all checks; only tables with an expectation are written.
        folder: where to; a file of the same name is replaced.

    Returns:
        The parquet file of every table that has rows to judge.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[TableRef, Path] = {}
    with raw.cursor() as cursor:
        for vendor in checks:
            known = by_name(vendor.tables)
            for ref in sorted({e.table for e in vendor.expectations}):
                path = folder / f"{ref}.parquet"
                # a COPY takes no parameters, so the path is written out
                copy = f"copy ({_newest(ref, *known[ref.name])}) to {literal(str(path))}"
                counted = cursor.execute(f"{copy} (format parquet)").fetchall()
                if counted[0][0]:
                    written[ref] = path
                else:
                    path.unlink()
    return written


def _newest(ref: TableRef, table: Table, child: Child | None) -> str:
    parent = f"{identifier(ref.vendor)}.{identifier(table.name)}"
    newest = f"""
select * from {parent}
where _key in (select _key from {parent} where _window_id in ({_UNJUDGED}))
    and {_still_there(ref, table)}
qualify row_number() over (
    partition by _key
    order by _version desc, _observed_at desc, _page_id desc, _row_number desc
) = 1"""
    wanted = ", ".join(_wanted(name, table, child) for name in columns(table, child))
    lines = ""
    if child is not None:
        lines = f"join {identifier(ref.vendor)}.{identifier(child.name)} as line "
        lines += "using (_page_id, _row_number)"
    return f"""
select {wanted} from ({newest}) as document {lines}
where document._window_id in ({_UNJUDGED})"""


def _still_there(ref: TableRef, table: Table) -> str:
    if not table.swept:
        return "true"
    return f"""_key not in (
        select _key from ops.deletions
        where vendor = {literal(ref.vendor)} and table_name = {literal(table.name)}
            and restored_at is null
    )"""


def _wanted(name: str, table: Table, child: Child | None) -> str:
    if child is None or name == "connection" or name in table.key:
        return f"document.{identifier(name)}"
    if name == "line_number":
        return "line._line_number + 1 as line_number"
    return f"line.{identifier(name)}"
