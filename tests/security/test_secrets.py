"""No credential and no token is found in anything that a run leaves, in whatever spelling."""

from __future__ import annotations

import base64
import gzip
import html
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest
import zstandard

from tests.security.hunt import Hunt
from tests.security.world import Listened

SECRET = 'sesame/"open"+1=ü'


def test_there_is_something_to_look_for(listened: Listened) -> None:
    vendors = {"carecloud", "cienapps", "cimcloud", "cleo", "crm_com"}
    assert set(listened.tokens) == vendors
    assert all(listened.tokens.values()), listened.tokens.keys()
    assert len(listened.secrets()) > 2 * len(vendors)
    ended = {said: end.code for said, end in listened.ended.items()}
    assert ended["check"] == ended["run --no-publish"] == 1  # west is refused
    assert ended["status"] == 0
    assert "west.orders" in listened.ended["run --no-publish"].output


def test_every_kind_of_artefact_is_there(listened: Listened) -> None:
    work = listened.project / "data" / "work"
    for pattern in ("archive/*.zst", "raw.duckdb", "budget.sqlite", "dlt/**/*", "dbt/**/*.log"):
        assert any(work.glob(pattern)), pattern
    for name in ("warehouse.duckdb", "warehouse.status.json", "audit.html", "site/index.html"):
        assert (listened.project / "data" / name).exists()
    assert any(work.glob("data_docs/**/*.html"))
    with duckdb.connect(str(work / "raw.duckdb"), read_only=True) as db:
        assert db.execute("select count(*) from ops.quarantine").fetchone() != (0,)


def test_no_secret_is_left_anywhere(listened: Listened) -> None:
    hunt = Hunt(listened.secrets())
    assert hunt.in_folder(listened.project) == []
    found = {said: hunt.in_bytes(end.output.encode()) for said, end in listened.ended.items()}
    assert not any(found.values()), found


Plant = Callable[[Path, str], None]


def _duckdb(file: Path, text: str) -> None:
    """Among so many like it that the file holds it compressed."""
    with duckdb.connect(str(file)) as db:
        db.execute("create schema ops")
        db.execute(
            "create table ops.quarantine as "
            "select $text || md5(i::varchar) as raw from range(30000) t(i)",
            {"text": f"Bearer {text} for row "},
        )


def _sqlite(file: Path, text: str) -> None:
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("create table calls (note text)")
        db.execute("insert into calls values (?)", [text])


def _zstd(file: Path, text: str) -> None:
    page = [{"number": number, "echo": text} for number in range(99)]
    frames = (b"one page " * 99, json.dumps(page).encode())
    file.write_bytes(b"".join(map(zstandard.compress, frames)))


def _parquet(file: Path, text: str) -> None:
    duckdb.sql("select $text as note from range(9)", params={"text": text}).write_parquet(str(file))


def _gzip(file: Path, text: str) -> None:
    file.write_bytes(gzip.compress(f"log {text} ".encode() * 9))


def _text(file: Path, text: str) -> None:
    file.write_text(f"2026-01-01 something went wrong with {text}, said the vendor\n", "utf-8")


PLANTS: dict[str, Plant] = {
    "data/work/errors.log": _text,
    "data/work/archive/000001-x.zst": _zstd,
    "data/work/raw.duckdb": _duckdb,
    "data/warehouse-000001.duckdb": _duckdb,
    "data/work/budget.sqlite": _sqlite,
    "data/work/dlt/pipelines/state.json": _text,
    "data/work/dlt/load/x.parquet": _parquet,
    "data/work/dlt/load/x.jsonl.gz": _gzip,
    "data/work/dbt/logs/dbt.log": _text,
    "data/work/audit/task.json": _text,
    "data/work/outgoing/orders.csv": _text,
    "data/warehouse.status.json": _text,
    "data/audit.html": _text,
    "data/site/index.html": _text,
}
SPELT: dict[str, Callable[[str], str]] = {
    "plain": str,
    "url": lambda it: quote(it, safe=""),
    "json": lambda it: json.dumps({"a": it}),
    "html": html.escape,
    "repr": lambda it: repr({"x": it}),
    "basic": lambda it: base64.b64encode(f"anna:{it}".encode()).decode(),
    "basic-long": lambda it: base64.b64encode(f"annabel:{it}:".encode()).decode(),
    "token-url": lambda it: base64.urlsafe_b64encode(f"an:{it}".encode()).decode(),
    "hex": lambda it: it.encode().hex(),
}


@pytest.mark.parametrize("place", PLANTS)
def test_a_planted_secret_is_found(tmp_path: Path, place: str) -> None:
    hunt, file = Hunt({"the password": SECRET}), tmp_path / place
    file.parent.mkdir(parents=True)
    PLANTS[place](file, "nothing")
    assert hunt.in_folder(tmp_path) == []
    for spelt in SPELT.values():
        file.unlink()
        PLANTS[place](file, spelt(SECRET))
        assert any("the password" in found for found in hunt.in_folder(tmp_path)), spelt(SECRET)


def test_what_is_compressed_is_found_once_it_is_opened(tmp_path: Path) -> None:
    for name, plant in (("a.duckdb", _duckdb), ("b.zst", _zstd), ("c.gz", _gzip)):
        plant(tmp_path / name, SECRET)
    found = Hunt({"it": SECRET}).in_folder(tmp_path)
    assert {"a.duckdb (ops.quarantine): it", "b.zst (inflated): it", "c.gz (inflated): it"} <= {
        *found
    }


def test_a_planted_secret_is_found_in_the_real_artefacts(
    listened: Listened, tmp_path: Path
) -> None:
    """Real files, a copy of each, with a token of that very run put in."""
    secrets = listened.secrets()
    name, token = sorted(secrets.items())[0]
    work = listened.project / "data" / "work"
    for real in (work / "raw.duckdb", next((work / "archive").glob("*.zst"))):
        copy = tmp_path / real.name
        copy.write_bytes(real.read_bytes())
        if real.suffix == ".duckdb":
            with duckdb.connect(str(copy)) as db:
                db.execute("update ops.quarantine set raw = raw || $1", [token])
        else:
            with copy.open("ab") as file:
                file.write(zstandard.compress(f'{{"page": 1}}\n{token}'.encode()))
        assert any(name in found for found in Hunt(secrets).in_folder(tmp_path)), real.name
        copy.unlink()
