"""Looks for secrets in whatever a project directory holds, and in every spelling they may have."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, quote_plus

import duckdb
import zstandard

SECRETS_FILE = "secrets.toml"  # where they belong
_ZSTD, _GZIP, _ZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b", b"PK\x03\x04"
_SQLITE, _PARQUET = b"SQLite format 3\x00", b"PAR1"


def spellings(secret: str) -> set[bytes]:
    """Every way in which a secret may be written; none is a part of another.

    Base64 shows a text in three ways, by where it begins among the groups of three; the characters
    at its edges, which are mixed with their neighbours', are left off.
    """
    utf8 = secret.encode()
    plain = {
        secret,
        quote(secret, safe=""),
        quote(quote(secret, safe=""), safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(json.dumps(secret)[1:-1])[1:-1],
        html.escape(secret),
        json.dumps(html.escape(secret))[1:-1],
        repr(secret)[1:-1],
    }
    found = {text.encode() for text in plain} | {utf8.hex().encode()}
    for offset, mixed in ((0, 0), (1, 2), (2, 3)):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = (offset + len(utf8)) * 8 // 6
            found.add(encode(bytes(offset) + utf8)[mixed:whole])
    return {one for one in found if not any(other in one for other in found - {one})}


class Hunt:
    """A search for some secrets.

    Args:
        secrets: what must not be found, by what it is called in a report.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._wanted = [(spelt, name) for name, it in secrets.items() for spelt in spellings(it)]

    def in_bytes(self, content: bytes) -> set[str]:
        """The names of the secrets that are in there."""
        return {name for spelt, name in self._wanted if spelt in content}

    def in_folder(self, folder: Path) -> list[str]:
        """Every file below a folder that holds a secret, and which; the file of secrets may."""
        return [
            f"{file.relative_to(folder)} ({part}): {name}"
            for file in sorted(folder.rglob("*"))
            if file.is_file() and not file.is_symlink() and file.name != SECRETS_FILE
            for part, content in contents(file)
            for name in sorted(self.in_bytes(content))
        ]


def contents(file: Path) -> Iterator[tuple[str, bytes]]:
    """What a file holds: as it is, and inflated or read where it is packed."""
    raw = file.read_bytes()
    yield "bytes", file.name.encode() + b"\n" + raw
    if raw.startswith(_ZSTD):
        stream = zstandard.ZstdDecompressor().stream_reader(
            io.BytesIO(raw), read_across_frames=True
        )
        yield "inflated", stream.read()
    elif raw.startswith(_GZIP):
        yield "inflated", gzip.decompress(raw)
    elif raw.startswith(_ZIP):
        with zipfile.ZipFile(file) as packed:
            yield "inflated", b"\n".join(map(packed.read, packed.namelist()))
    elif raw.startswith(_SQLITE):
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
            yield "rows", _dumped(db.iterdump())
    elif raw.startswith(_PARQUET):
        with duckdb.connect() as memory:
            yield "rows", _rows(memory, f"read_parquet('{file}')")
    elif raw[8:12] == b"DUCK":
        with duckdb.connect(str(file), read_only=True) as db:
            for schema, table in _relations(db):
                yield f"{schema}.{table}", _rows(db, f'"{schema}"."{table}"')
            yield (
                "catalogue",
                _dumped(
                    str(row) for row in db.execute("select * from duckdb_columns()").fetchall()
                ),
            )


def _relations(db: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return db.execute("select table_schema, table_name from information_schema.tables").fetchall()


def _rows(db: duckdb.DuckDBPyConnection, relation: str) -> bytes:
    """Every value of a relation as text; what is compressed in the file is not here."""
    query = f"select columns(*)::varchar from {relation}"
    return _dumped(
        "\n".join(value for value in row if value is not None)
        for row in db.execute(query).fetchall()
    )


def _dumped(lines: Iterable[str]) -> bytes:
    return "\n".join(lines).encode("utf-8", "surrogatepass")
