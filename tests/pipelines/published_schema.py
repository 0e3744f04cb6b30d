"""The list of published schemas, tables and columns: a change of it is an entry in the changelog.

python -m tests.pipelines.published_schema     writes it anew from what the model builds
"""

from __future__ import annotations

from pathlib import Path

from tests.pipelines.cimcloud_world import world
from tests.pipelines.model_world import World

FILE = Path(__file__).with_name("published_schema.txt")
_HEADER = """\
# What the model publishes: every schema, table and column, in order.
# Changing it is a changelog entry.
# Written by: python -m tests.pipelines.published_schema
# (ops.audit_results joins them later: the audit writes it into the finished file.)
"""


def pinned(*, without: str = "") -> str:
    """The file's text, but for the relations of a vendor that is not built."""
    blocks = FILE.read_text(encoding="utf-8").split("\n\n")
    left_out = (f"{without}.", f"history.{without}__")
    kept = [block for block in blocks if not (without and block.startswith(left_out))]
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
    FILE.write_text(listing(world()), encoding="utf-8")
