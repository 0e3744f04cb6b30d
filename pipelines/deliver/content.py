"""An extract's rows as the bytes of a file: CSV, JSON lines or Parquet.

The query reads the published file and nothing else: it can neither open another file nor write one.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb

from pipelines.deliver.declared import FOLDER, Extract
from pipelines.deliver.periods import Period, midnight
from pipelines.warehouse import read_only
from sources._http.errors import Misconfigured

SHOWN_ROWS = 5


@dataclass(frozen=True)
class Content:
    """What is sent for one period.

    Attributes:
        data: the file, whole.
        rows: how many rows are in it.
        columns: their names.
        first: its first rows.
    """

    data: bytes = field(repr=False)
    rows: int
    columns: tuple[str, ...]
    first: tuple[tuple[Any, ...], ...] = field(repr=False)

    @property
    def sha256(self) -> str:
        """Of the file, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


def make(extract: Extract, period: Period, warehouse: Path) -> Content:
    """Runs an extract's query for a period, and makes the file.

    Args:
        extract: which.
        period: its bounds are what the query may ask for.
        warehouse: the published file.

    Raises:
        Misconfigured: the query does not run, or its result cannot be written in the format.
    """
    bounds: Mapping[str, object] = {
        "period_start": period.start,
        "period_end": period.end,
        "period_start_at": midnight(period.start, extract.zone),
        "period_end_at": midnight(period.end, extract.zone),
    }
    try:
        with read_only(warehouse) as db:
            db.execute("set enable_external_access = false")
            db.execute("set lock_configuration = true")
            asked = {name: bounds[name] for name in extract.parameters}
            found = db.execute(extract.query, asked)
            columns = tuple(str(column[0]) for column in found.description or ())
            _refuse_twins(columns)
            if extract.format == "parquet":
                return _parquet(found, columns)
            rows = found.fetchall()
        data = _WRITERS[extract.format](columns, rows)
    except (duckdb.Error, Unwritable) as error:
        raise Misconfigured(
            f"{FOLDER}/{extract.name}.sql: {error}",
            next_command=f"penstock deliver {extract.name} --dry-run",
        ) from None
    return Content(data, len(rows), columns, tuple(rows[:SHOWN_ROWS]))


class Unwritable(ValueError):  # noqa: N818 - of a value
    """A value has no form in the format."""


def _refuse_twins(columns: Sequence[str]) -> None:
    for name in columns:
        if columns.count(name) > 1:
            raise Unwritable(f"two columns are called {name!r}: give them names of their own")


def csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    r"""RFC 4180 in UTF-8 with a header, but for the ends of lines: \n.

    An empty text is "", NULL is nothing at all; but where it is all of a row, that would be an
    empty line, which most readers pass over, so it is "" there.
    """
    lines = [",".join(map(_csv_field, columns))]
    lines += [",".join(map(_csv_field, row)) or '""' for row in rows]
    return ("\n".join(lines) + "\n").encode()


def _csv_field(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else _text(value)
    if text == "" or any(sign in text for sign in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def json_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """An object per row and line, in UTF-8; a decimal keeps every digit."""
    names = [json.dumps(name, ensure_ascii=False) + ":" for name in columns]
    return "".join(
        "{" + ",".join(n + _json(v) for n, v in zip(names, row, strict=True)) + "}\n"
        for row in rows
    ).encode()


def _json(value: Any) -> str:
    match value:
        case None | bool() | int() | str():
            return json.dumps(value, ensure_ascii=False)
        case float():
            if not math.isfinite(value):
                raise Unwritable(f"JSON has no {value}: replace it in the query")
            return json.dumps(value)
        case Decimal():
            return format(value, "f")
        case dict():
            return (
                "{" + ",".join(f"{json.dumps(str(k))}:{_json(v)}" for k, v in value.items()) + "}"
            )
        case list() | tuple():
            return "[" + ",".join(map(_json, value)) + "]"
        case _:
            return json.dumps(_text(value))


def _text(value: Any) -> str:
    """A value as ISO 8601 has it, or plain."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float() | UUID() | timedelta():
            return str(value)
        case Decimal():
            return format(value, "f")
        case datetime() | date() | time():
            return value.isoformat()
        case dict() | list() | tuple():
            return _json(value)
        case _:
            raise Unwritable(
                f"a value of the type {type(value).__name__} has no form in text: cast it in the "
                "query"
            )


def _parquet(found: duckdb.DuckDBPyConnection, columns: tuple[str, ...]) -> Content:
    import pyarrow as pa
    from pyarrow import parquet

    table = found.to_arrow_table()
    out = io.BytesIO()
    try:
        parquet.write_table(table, out, compression="zstd")
    except pa.ArrowException as error:
        raise Unwritable(f"Parquet does not take it: {error}") from None
    first = table.slice(0, SHOWN_ROWS).to_pylist()
    return Content(
        out.getvalue(),
        table.num_rows,
        columns,
        tuple(tuple(row[name] for name in columns) for row in first),
    )


_WRITERS: Mapping[str, Callable[[Sequence[str], Iterable[Sequence[Any]]], bytes]] = {
    "csv": csv,
    "jsonl": json_lines,
}
