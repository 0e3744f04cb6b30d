"""A project directory for any vendor, beside a sandbox, and what can be asked of both."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sources
from pipelines.clock import BUDGET_SPEED, SHIFT
from pipelines.vendor_settings import explained
from sources._sandbox.books_client import BooksClient
from sources._sandbox.company_world import World
from sources._sandbox.faults import FaultKind
from sources._sandbox.journal import Journal
from sources._sandbox.process import running_sandbox
from sources._sandbox.setup import Setup
from sources._sandbox.vendor import discover
from sources._tables.declare import Table
from tests.house import Ended, House

UNIT = "\x1f"
_SECRET = re.compile("key|pass|secret|token")
Hashes = dict[str, dict[str, str]]
ROWS = 12  # of the company: every table has some, and most lists are one page
SPEED = 600  # a quarter hour of a call budget takes a second and a half
PATIENT = {"backoff_seconds": "0.05"}
QUICK = {"attempts": "3", "backoff_seconds": "0.05", "read_seconds": "1.0"}
RUN = ("run", "--max-minutes", "0")
LOAD = (*RUN, "--no-publish")


@contextmanager
def vendor_house(
    folder: Path,
    vendor: str,
    settings: Mapping[str, str] = PATIENT,
    *,
    rows: int = ROWS,
    every_table: bool = False,
) -> Iterator[House]:
    """A house whose sandbox, and clock, stand where the company's past ends.

    Args:
        folder: where it may be put.
        vendor: whose.
        settings: of the connection, as TOML values.
        rows: about how many orders the company has.
        every_table: whether tables are read as well that a connection leaves out unless told.

    Raises:
        AssertionError: the sandbox complained.
    """
    options: Mapping[str, Mapping[str, object]] = {}
    if sources.load(vendor).budget is not None:
        options = {vendor: {"speed": SPEED}}
    with running_sandbox(rows=rows, options=options) as sandbox:
        shift = (sandbox.now().astimezone(UTC) - datetime.now(UTC)).total_seconds()
        environment = {BUDGET_SPEED: str(SPEED), SHIFT: str(shift)}
        told = {**(sandbox.books(vendor).about().every_table if every_table else {}), **settings}
        yield House(folder / "project", sandbox, told, vendor, environment)
        assert sandbox.complaints() == ""


def books_of(house: House) -> BooksClient:
    """The books of the house's vendor."""
    return house.sandbox.books(house.vendor)


def tables_of(house: House) -> tuple[Table, ...]:
    """The tables of the house's connection."""
    config = tomllib.loads((house.folder / ".dlt" / "config.toml").read_text())
    return sources.load(house.vendor).tables_in(config["sources"][house.vendor])


def later(house: House, hours: float) -> None:
    """Turns our clock, not the vendor's, which therefore has nothing new."""
    shift = float(house.environment[SHIFT]) + hours * 3600
    house.environment[SHIFT] = str(shift)


def hours_until_all_are_due(house: House) -> float:
    """After how long every table of the connection is read again, as the status file says it."""
    said = _status(house)
    due = [datetime.fromisoformat(at) for t in said["tables"] if (at := t["next_due_at"])]
    as_of = datetime.fromisoformat(said["as_of"])
    return max([(at - as_of) / timedelta(hours=1) for at in due], default=0.0)


def read_on_every_run(house: House) -> list[str]:
    """The tables that are due whenever somebody runs."""
    return [t["table"] for t in _status(house)["tables"] if t["next_due_at"] is None]


def share_read(house: House, table: str) -> float | None:
    """How much of a table is said to be here, 0 to 1; None where nothing is said."""
    return next(
        (t["backfill_share"] for t in _status(house)["tables"] if t["table"] == table), None
    )


def _status(house: House) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((house.data / "warehouse.status.json").read_text())
    return said


def versions(house: House, table: str) -> dict[str, list[str]]:
    """The row hashes of every document's versions, oldest first, by key."""
    if not has_table(house, table):
        return {}
    found: dict[str, list[str]] = {}
    rows = house.ask_raw(
        f"select substr(_key, instr(_key, chr(31)) + 1), _row_hash from {house.vendor}.{table} "
        "order by _version, _observed_at"
    )
    for key, row_hash in rows:
        found.setdefault(str(key), []).append(str(row_hash))
    return found


def quarantined(house: House, table: str) -> list[str]:
    """The rows of a table that could not be typed, as they came."""
    rows = house.ask_raw(f"select raw from ops.quarantine where table_name = '{table}'")
    return [str(raw) for (raw,) in rows]


def missing(theirs: Sequence[str], ours: Collection[str], bad: Sequence[str] = ()) -> list[str]:
    """Keys of documents that are not here, nor among the rows that could not be typed."""
    absent = [key for key in theirs if key not in ours]
    if len(absent) > len(bad):
        return absent
    return [k for k in absent if not any(all(p in raw for p in k.split(UNIT)) for raw in bad)]


def has_table(house: House, table: str) -> bool:
    """Whether the work file has come as far as to have that version table."""
    return house.raw.exists() and bool(
        house.ask_raw(
            "select 1 from duckdb_tables() "
            f"where schema_name = '{house.vendor}' and table_name = '{table}'"
        )
    )


def doubled(house: House, table: str) -> int:
    """How many rows of the work file are there twice, or are one content twice in a row."""
    ((twice,),) = house.ask_raw(f"""
        select count(*) from (
            select _key, _version, _row_hash from {house.vendor}.{table} group by all
            having count(*) > 1
            union all
            select _key, _version, _row_hash from {house.vendor}.{table}
            qualify _row_hash = lag(_row_hash) over (
                partition by _key order by _version, _observed_at))""")
    return int(str(twice))


def latest(house: House) -> Hashes:
    """The hash of every document's newest version, by table and key."""
    return {
        table.name: {key: hashes[-1] for key, hashes in versions(house, table.name).items()}
        for table in tables_of(house)
    }


def leaks(house: House, *outputs: str) -> list[str]:
    """Where a credential or a token that was handed out is written down: files, and "output"."""
    given = house.sandbox.credentials(house.vendor).items()
    hidden = {s.name for s in explained(sources.load(house.vendor).settings) if s.is_secret}
    secrets = [value for name, value in given if name in hidden or _SECRET.search(name)]
    secrets += books_of(house).issued()
    assert secrets, "nothing is secret here, so nothing can be found"
    found = ["output" for text in outputs if any(secret in text for secret in secrets)]
    for file in house.folder.rglob("*"):
        if file.is_file() and not file.is_symlink() and file.name != "secrets.toml":
            content = file.read_bytes()
            if any(secret.encode() in content for secret in secrets):
                found.append(str(file.relative_to(house.folder)))
    return found


def own_faults(vendor: str) -> Sequence[FaultKind]:
    """The vendor's own ways to go wrong."""
    setup = Setup(rows=0)
    world = World(setup.seed, setup.rows, setup.start_at)
    return discover()[vendor](world, Journal(), setup.options(vendor)).faults


def undisturbed_rows(folder: Path, vendor: str) -> Hashes:
    """What a run brings when nothing goes wrong."""
    with vendor_house(folder, vendor) as house:
        house.run(*LOAD[1:])
        return latest(house)


def assert_told(ended: Ended, *words: str, about: str = "") -> None:
    """A run that ended badly says so, names what it is about, and what to type next."""
    said = f"{about}: {ended.output}"
    assert ended.code == 1, said
    for word in words:
        assert word in ended.output, f"{word!r} is not in {said}"
    assert "Next: penstock" in ended.output, said
    assert "Traceback" not in ended.output, said


def assert_whole(house: House, undisturbed: Hashes) -> None:
    """Every document is here once, and as it would be if nothing had gone wrong.

    What was made meanwhile is among the vendor's, not among the undisturbed.
    """
    theirs = books_of(house).keys()
    for table, ours in latest(house).items():
        assert missing(theirs[table], ours, quarantined(house, table)) == [], table
        assert set(ours) <= set(theirs[table]), table
        assert difference(ours, {**ours, **undisturbed[table]}) == "", table
        assert doubled(house, table) == 0, table


def difference(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    """In a few words, how two tables' documents differ; empty where they do not."""
    lost = sorted(set(theirs) - set(ours))
    more = sorted(set(ours) - set(theirs))
    other = sorted(key for key in set(ours) & set(theirs) if ours[key] != theirs[key])
    parts = {"missing": lost, "too many": more, "other content": other}
    return ", ".join(f"{len(keys)} {what}: {keys[:3]}" for what, keys in parts.items() if keys)
