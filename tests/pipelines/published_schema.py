"""The list of published schemas, tables and columns: a change of it is an entry in the changelog.

python -m tests.pipelines.published_schema     writes it anew from what the model builds
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

import sources
from pipelines.transform import build
from tests.pipelines.model_world import AS_OF, World

FILE = Path(__file__).with_name("published_schema.txt")
_HEADER = """\
# What the model publishes: every schema, table and column, in order.
# Changing it is a changelog entry.
# Written by: python -m tests.pipelines.published_schema
# (ops.audit_results joins them later: the audit writes it into the finished file.)
"""


def empty_world(folder: Path) -> World:
    """The warehouse of all vendors before anything was loaded."""
    raw = folder / "raw.duckdb"
    duckdb.connect(str(raw)).close()
    target = folder / "next" / "warehouse.duckdb"
    vendors = {name: sources.load(name).tables for name in sources.names()}
    report = build(raw, target, vendors, folder / "maps", folder / "dbt", AS_OF, "run-0")
    return World(folder, raw, target, report)


def pinned(*vendors: str) -> str:
    """The file's text, but for the relations of vendors that are not named; all without any."""
    blocks = FILE.read_text(encoding="utf-8").split("\n\n")
    others = [name for name in sources.names() if vendors and name not in vendors]
    left_out = tuple(start for name in others for start in (f"{name}.", f"history.{name}__"))
    kept = [block for block in blocks if not (left_out and block.startswith(left_out))]
    return "\n\n".join(kept).rstrip("\n") + "\n"


def listing(built: World) -> str:
    """The file's text for what was built."""
    lines = [_HEADER.rstrip("\n")]
    table = ""
    for schema, name, column, kind in built.rows(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE NOT internal ORDER BY schema_name, table_name, column_index"
    ):
        if table != f"{schema}.{name}":
            table = f"{schema}.{name}"
            lines += ["", table]
        lines.append(f"  {column} {kind}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as where:
        FILE.write_text(listing(empty_world(Path(where))), encoding="utf-8")
