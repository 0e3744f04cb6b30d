"""One query over one of our files, read-only, as text."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb

from pipelines.warehouse import read_only
from sources._http.errors import Misconfigured, PenstockError

SHOWN_ROWS = 200


def ask(file: Path, query: str, *, as_csv: bool = False, missing: str = "") -> str:
    """The answer as a table, or whole as CSV.

    Args:
        file: asked read-only.
        query: one SELECT.
        as_csv: whole, for machines.
        missing: what it means that the file is not there.

    Raises:
        PenstockError: there is no such file yet, or a run holds it.
        Misconfigured: the query does not run.
    """
    if not file.exists():
        raise PenstockError(missing or f"{file.name} is not there yet", next_command="penstock run")
    try:
        with read_only(file) as db:
            answer = db.sql(query)
            if answer is None:
                return ""
            if not as_csv:
                shown: str = answer.limit(SHOWN_ROWS).__str__()
                return shown
            out = io.StringIO()
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(answer.columns)
            writer.writerows(answer.fetchall())
            return out.getvalue().rstrip("\n")
    except duckdb.IOException as error:
        raise PenstockError(
            f"{file.name} cannot be opened now: {error}", next_command="penstock status"
        ) from None
    except duckdb.Error as error:
        raise Misconfigured(
            f"the query does not run: {error}",
            next_command='penstock sql "show all tables"',
        ) from None
